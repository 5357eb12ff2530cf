"""A lock with the herd: everybody waits for the holder, and all wake when one of them can have it.

This is how it should not be done ("Locks" avoids it): n clients that wait cost n events and n requests each
time that the lock changes hands.
"""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import disown, own
from protocols.zookeeper.recipes.waiting import until_gone


async def lock_herd(zk: Zk, path: str, hold: int = 1000) -> None:
    """Take the lock, hold it for `hold` milliseconds, release it."""
    await zk.retry(zk.ensure, path)
    held = f"{path}/holder"
    while not await own(zk, held):
        zk.say(f"{zk.client} waits for {held} to go, as all others do")
        await until_gone(zk, held)
    zk.say(f"{zk.client} has the lock {path}")
    await zk.sleep(hold * 1000)
    await disown(zk, held)
    zk.say(f"{zk.client} has released the lock")
