"""Servers that come and go, and who listens to that: each server is an ephemeral znode under one path; a
listener watches the path's children."""

from __future__ import annotations

from protocols.zookeeper.paths import name_of
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_sequential, data_of, delete_if_there


async def server(zk: Zk, path: str, up: int = 5000) -> None:
    """Be a server that is up for `up` milliseconds."""
    await zk.retry(zk.ensure, path)
    mine = await create_sequential(zk, path, "server", zk.client.encode())
    zk.say(f"{zk.client} is online as {name_of(mine)}")
    await zk.sleep(up * 1000)
    await delete_if_there(zk, mine)
    zk.say(f"{zk.client} goes offline")


async def listener(zk: Zk, path: str, changes: int = 10) -> None:
    """Say who is online, at first and after each of `changes` changes. Changes that come close together may
    be seen as one: the watch says that something has changed, not what."""
    await zk.retry(zk.ensure, path)
    for change in range(changes + 1):
        if change:
            await zk.changed(path)
        online = await who_is_online(zk, path)
        zk.say(f"online: {', '.join(online) or 'nobody'}")


async def who_is_online(zk: Zk, path: str) -> list[str]:
    """The watch is set with the same request that lists them: no change falls between the two."""
    names = await zk.retry(zk.children, path, watch=True)
    online = [await data_of(zk, f"{path}/{name}") for name in names]
    return sorted(name for name in online if name is not None)
