"""A barrier ("Barriers"): while its znode is there, everybody waits; when it is deleted, all go on."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_if_missing, delete_if_there, ensure_parent
from protocols.zookeeper.recipes.waiting import until_gone


async def barrier_close(zk: Zk, path: str, shut: int = 3000) -> None:
    """Close the barrier, and open it after `shut` milliseconds."""
    await ensure_parent(zk, path)
    await create_if_missing(zk, path, zk.client.encode())
    zk.say(f"{zk.client} has closed the barrier {path}")
    await zk.sleep(shut * 1000)
    await delete_if_there(zk, path)
    zk.say(f"{zk.client} has opened the barrier")


async def barrier_pass(zk: Zk, path: str) -> None:
    """Wait in front of the barrier until it is open."""
    zk.say(f"{zk.client} is at the barrier {path}")
    await until_gone(zk, path)
    zk.say(f"{zk.client} goes on")
