"""A lock that readers share ("Shared Locks"): a reader waits for the last writer before it, a writer for
whoever is right before it."""

from __future__ import annotations

from protocols.zookeeper.paths import name_of
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.lock import release
from protocols.zookeeper.recipes.retrying import create_sequential, line_of


async def read_lock(zk: Zk, path: str, hold: int = 1000) -> None:
    """Read for `hold` milliseconds, together with other readers."""
    await hold_shared(zk, path, "read", hold)


async def write_lock(zk: Zk, path: str, hold: int = 1000) -> None:
    """Write for `hold` milliseconds, alone."""
    await hold_shared(zk, path, "write", hold)


async def hold_shared(zk: Zk, path: str, kind: str, hold: int) -> None:
    await zk.retry(zk.ensure, path)
    mine = await create_sequential(zk, path, kind, zk.client.encode())
    while (before := in_the_way(await line_of(zk, path, mine), name_of(mine), kind)) is not None:
        if await zk.retry(zk.exists, f"{path}/{before}", watch=True):
            zk.say(f"{zk.client} waits for {before}, to {kind}")
            await zk.changed(f"{path}/{before}")
    zk.say(f"{zk.client} has the {kind} lock {path}")
    await zk.sleep(hold * 1000)
    await release(zk, mine)


def in_the_way(line: list[str], mine: str, kind: str) -> str | None:
    """The last one before ours that cannot share with us."""
    before = [name for name in line[: line.index(mine)] if kind == "write" or "-write-" in name]
    return before[-1] if before else None
