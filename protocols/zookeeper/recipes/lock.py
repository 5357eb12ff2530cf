"""A lock without the herd ("Locks"): everybody waits for the one right before, so that one client wakes when
the lock becomes free, however many wait."""

from __future__ import annotations

from protocols.zookeeper.paths import name_of
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_sequential, delete_if_there, line_of


async def lock(zk: Zk, path: str, hold: int = 1000) -> None:
    """Take the lock at `path`, hold it for `hold` milliseconds, release it."""
    mine = await acquire(zk, path, "lock")
    zk.say(f"{zk.client} has the lock {path}")
    await zk.sleep(hold * 1000)
    await release(zk, mine)


async def acquire(zk: Zk, path: str, kind: str) -> str:
    """Wait until we are the first in the line; gives the znode that stands for us."""
    await zk.retry(zk.ensure, path)
    mine = await create_sequential(zk, path, kind, zk.client.encode())
    zk.say(f"{zk.client} is in the line as {name_of(mine)}")
    while True:
        line = await line_of(zk, path, mine)
        place = line.index(name_of(mine))
        if place == 0:
            return mine
        before = line[place - 1]
        if await zk.retry(zk.exists, f"{path}/{before}", watch=True):
            zk.say(f"{zk.client} waits for {before}")
            await zk.changed(f"{path}/{before}")


async def release(zk: Zk, mine: str) -> None:
    await delete_if_there(zk, mine)
    zk.say(f"{zk.client} has released {name_of(mine)}")
