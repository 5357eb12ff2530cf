"""What several recipes wait for."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import own


async def until_gone(zk: Zk, path: str) -> None:
    """Until there is no such znode."""
    while await zk.retry(zk.exists, path, watch=True) is not None:
        await zk.changed(path)


async def until_there(zk: Zk, path: str) -> None:
    while await zk.retry(zk.exists, path, watch=True) is None:
        await zk.changed(path)


async def until_own(zk: Zk, path: str) -> None:
    """Be there as `path`. One that this client's last session has left behind goes first."""
    while not await own(zk, path):
        await until_gone(zk, path)
