"""A double barrier ("Double Barriers"): nobody begins before all have come, nobody leaves before all are
done."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import create_if_missing, delete_if_there
from protocols.zookeeper.recipes.waiting import until_gone, until_own, until_there


async def double_barrier(zk: Zk, path: str, size: int = 3, work: int = 1000) -> None:
    """Enter with `size` clients, work for `work` milliseconds, leave with all of them."""
    await enter(zk, path, size)
    zk.say(f"{zk.client} works")
    await zk.sleep(work * 1000)
    await leave(zk, path)
    zk.say(f"{zk.client} leaves with all others")


async def enter(zk: Zk, path: str, size: int) -> None:
    """The last to come creates `ready`, which wakes the others: one event each."""
    await zk.retry(zk.ensure, path)
    await until_own(zk, f"{path}/{zk.client}")
    zk.say(f"{zk.client} has come")
    names = await zk.retry(zk.children, path)
    if len([name for name in names if name != "ready"]) >= size:
        await create_if_missing(zk, f"{path}/ready")
    await until_there(zk, f"{path}/ready")


async def leave(zk: Zk, path: str) -> None:
    """The first by name waits for the last, each other for the first: no herd. The first is the last to go,
    and takes `ready` with it."""
    mine = zk.client
    while True:
        names = [name for name in await zk.retry(zk.children, path) if name != "ready"]
        if names == [mine] or not names:
            await delete_if_there(zk, f"{path}/ready")
            await delete_if_there(zk, f"{path}/{mine}")
            return
        if mine == names[0]:
            await until_gone(zk, f"{path}/{names[-1]}")
        else:
            await delete_if_there(zk, f"{path}/{mine}")
            await until_gone(zk, f"{path}/{names[0]}")
