"""What a client does when the connection is lost while a request is under way: it cannot know whether the
request was executed, so it asks, or asks again, in such a way that doing it twice does no harm.
"""

from __future__ import annotations

from protocols.zookeeper.errors import Code, ZooKeeperError
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


async def delete_if_there(zk: Zk, path: str) -> bool:
    """Whether it was there, as far as one can know."""
    try:
        await zk.retry(zk.delete, path)
    except ZooKeeperError as e:
        if e.code != Code.NO_NODE:
            raise
        return False
    return True


def number(name: str) -> int:
    """The sequence number at the end of a name."""
    return int(name[-10:])


def name_of(path: str) -> str:
    return path.rpartition("/")[2]
