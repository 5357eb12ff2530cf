"""Configuration that is pushed: the publisher sets a znode's data, the listeners read and watch it."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_if_missing, ensure_parent
from protocols.zookeeper.recipes.waiting import until_there


async def publish(zk: Zk, path: str, *values: str) -> None:
    """Publish `values`, one every half second."""
    await ensure_parent(zk, path)
    await create_if_missing(zk, path)
    for value in values or ("one", "two", "three"):
        stat = await zk.retry(zk.set, path, value.encode())
        zk.say(f"{zk.client} publishes {value}, version {stat.version}")
        await zk.sleep(500_000)


async def subscribe(zk: Zk, path: str, changes: int = 3) -> None:
    """Say the configuration, as it is and after each of `changes` changes. What is read is the latest, and
    never goes back; a value that is replaced at once may not be seen at all."""
    await until_there(zk, path)
    for change in range(changes + 1):
        if change:
            await zk.changed(path)
        data, stat = await zk.retry(zk.get, path, watch=True)
        zk.say(f"{zk.client} runs with {(data or b'').decode(errors='replace')}, version {stat.version}")
