"""Names and unique ids ("Name Service"): a name is a path, which only one client can create; an id is the
number of a sequential znode."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import (
    create_sequential,
    delete_if_there,
    ensure_parent,
    number,
    own,
)


async def unique_id(zk: Zk, path: str, count: int = 3) -> list[int]:
    """Draw `count` ids that nobody else ever gets; they grow, and may have gaps."""
    await zk.retry(zk.ensure, path)
    ids: list[int] = []
    for _ in range(count):
        mine = await create_sequential(zk, path, f"id{len(ids)}", ephemeral=False)
        ids.append(number(mine))
        zk.say(f"{zk.client} draws id {number(mine)}")
        await delete_if_there(zk, mine)
    return ids


async def claim(zk: Zk, path: str) -> bool:
    """Claim a name, for as long as this session lives."""
    await ensure_parent(zk, path)
    if await own(zk, path):
        zk.say(f"{path} is {zk.client}'s")
        return True
    zk.say(f"{path} is taken")
    return False
