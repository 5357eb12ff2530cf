"""A lock without the herd (recipes, "Locks"): everybody waits for the one right before, so that one client
wakes when the lock becomes free, however many wait."""

from __future__ import annotations

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_sequential, delete_if_there, name_of, number


async def lock(zk: Zk, path: str, hold: int = 1000) -> None:
    """Take the lock at `path`, hold it for `hold` milliseconds, release it."""
    mine = await acquire(zk, path)
    zk.say(f"{zk.client} has the lock {path}")
    await zk.sleep(hold * 1000)
    await release(zk, mine)


async def acquire(zk: Zk, path: str) -> str:
    """Wait for the lock; gives the znode that stands for it."""
    await zk.retry(zk.ensure, path)
    mine = await create_sequential(zk, path, "lock", zk.client.encode())
    zk.say(f"{zk.client} is in the line as {name_of(mine)}")
    while True:
        line = sorted(await zk.retry(zk.children, path), key=number)
        if name_of(mine) not in line:
            raise ZooKeeperError(Code.NO_NODE, mine)  # somebody has deleted it
        place = line.index(name_of(mine))
        if place == 0:
            return mine
        before = f"{path}/{line[place - 1]}"
        if await zk.retry(zk.exists, before, watch=True):
            zk.say(f"{zk.client} waits for {name_of(before)}")
            await zk.changed(before)


async def release(zk: Zk, mine: str) -> None:
    await delete_if_there(zk, mine)
    zk.say(f"{zk.client} has released the lock")
