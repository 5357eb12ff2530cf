"""What a client does when the connection is lost while a request is under way: it cannot know whether the
request was executed, so it asks, or asks again, in such a way that doing it twice does no harm.
"""

from __future__ import annotations

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.paths import name_of
from protocols.zookeeper.programs import Zk


async def create_sequential(zk: Zk, path: str, kind: str, data: bytes = b"", ephemeral: bool = True) -> str:
    """A sequential znode under `path`, created once. Its name begins with what no other run of a program
    has, so that it can be found when the answer was lost."""
    mine = f"{zk.unique}-{kind}-"
    while True:
        try:
            return await zk.create(f"{path}/{mine}", data, ephemeral=ephemeral, sequence=True)
        except ZooKeeperError as e:
            if e.code != Code.CONNECTION_LOSS:
                raise
        zk.say("the answer was lost: look whether the znode is there")
        await zk.retry(zk.sync, path)  # or the server that we came to may not know of it yet
        for name in await zk.retry(zk.children, path):
            if name.startswith(mine):
                return f"{path}/{name}"


async def create_if_missing(zk: Zk, path: str, data: bytes = b"", ephemeral: bool = False) -> bool:
    """Whether it was missing, as far as one can know."""
    try:
        await zk.retry(zk.create, path, data, ephemeral=ephemeral)
    except ZooKeeperError as e:
        if e.code != Code.NODE_EXISTS:
            raise
        return False
    return True


async def own(zk: Zk, path: str) -> bool:
    """Create `path` for as long as this session lives; whether it is ours now. If the answer was lost, its
    owner tells."""
    if await create_if_missing(zk, path, zk.client.encode(), ephemeral=True):
        return True
    await zk.retry(zk.sync, path)
    stat = await zk.retry(zk.exists, path)
    return stat is not None and stat.ephemeral_owner == zk.session


async def disown(zk: Zk, path: str) -> None:
    """Delete what `own` created. If the answer was lost, it is deleted again only if it still is ours:
    somebody else may own the name by now."""
    while True:
        try:
            await zk.delete(path)
        except ZooKeeperError as e:
            if e.code == Code.NO_NODE:
                return
            if e.code != Code.CONNECTION_LOSS:
                raise
        else:
            return
        await zk.retry(zk.sync, path)
        stat = await zk.retry(zk.exists, path)
        if stat is None or stat.ephemeral_owner != zk.session:
            return


async def delete_if_there(zk: Zk, path: str) -> bool:
    """Whether it was there, as far as one can know."""
    try:
        await zk.retry(zk.delete, path)
    except ZooKeeperError as e:
        if e.code != Code.NO_NODE:
            raise
        return False
    return True


async def ensure_parent(zk: Zk, path: str) -> None:
    """All that is above `path`."""
    parent = path.rpartition("/")[0]
    if parent:
        await zk.retry(zk.ensure, parent)


async def data_of(zk: Zk, path: str) -> str | None:
    """Its data as text; None if it is not there (any more)."""
    try:
        data, _ = await zk.retry(zk.get, path)
    except ZooKeeperError as e:
        if e.code != Code.NO_NODE:
            raise
        return None
    return (data or b"").decode(errors="replace")


async def line_of(zk: Zk, path: str, mine: str) -> list[str]:
    """The names under `path` in the order of their numbers, ours among them."""
    line = sorted(await zk.retry(zk.children, path), key=number)
    if name_of(mine) not in line:
        raise ZooKeeperError(Code.NO_NODE, mine)  # somebody has deleted it
    return line


def number(name: str) -> int:
    """The sequence number at the end of a name."""
    return int(name[-10:])
