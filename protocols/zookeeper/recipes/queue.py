"""A queue, first in first out ("Queues"): an item is a sequential znode; the one with the lowest number is
next, and whoever deletes it has got it."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_sequential, data_of, delete_if_there, number


async def produce(zk: Zk, path: str, *items: str) -> None:
    """Put `items` into the queue."""
    await zk.retry(zk.ensure, path)
    for at, item in enumerate(items or ("one", "two", "three")):
        await create_sequential(zk, path, f"item{at}", item.encode(), ephemeral=False)
        zk.say(f"{zk.client} puts {item}")


async def consume(zk: Zk, path: str, count: int = 3) -> list[str]:
    """Take `count` items out of it, waiting where there is none.

    At most once: when the answer to the delete is lost, the item may be gone with it. (A consumer that must
    not lose any would first mark the item as its own.)
    """
    await zk.retry(zk.ensure, path)
    taken: list[str] = []
    while len(taken) < count:
        names = sorted(await zk.retry(zk.children, path, watch=True), key=number)
        for name in names:
            item = await take(zk, f"{path}/{name}")
            if item is not None:
                zk.say(f"{zk.client} takes {item}")
                taken.append(item)
            if len(taken) == count:
                break
        if not names:
            await zk.changed(path)
    return taken


async def take(zk: Zk, path: str) -> str | None:
    """The item, unless somebody else was faster."""
    item = await data_of(zk, path)
    if item is None or not await delete_if_there(zk, path):
        return None
    return item
