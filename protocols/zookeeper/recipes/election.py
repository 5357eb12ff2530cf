"""Master election ("Leader Election"): the one with the lowest number leads; each other watches the one right
before it, and takes over when that one is gone and nobody lower is left."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.lock import acquire, release


async def election(zk: Zk, path: str, lead: int = 3000) -> None:
    """Stand for election; when elected, lead for `lead` milliseconds, then resign."""
    mine = await acquire(zk, path, "candidate")
    zk.say(f"{zk.client} is the master")
    await zk.sleep(lead * 1000)
    zk.say(f"{zk.client} resigns")
    await release(zk, mine)
