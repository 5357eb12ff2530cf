"""Group membership ("Group Membership"): a member is an ephemeral znode, named after it,
under the group's."""

from __future__ import annotations

from protocols.zookeeper.programs import Zk
from protocols.zookeeper.recipes.retrying import delete_if_there
from protocols.zookeeper.recipes.waiting import until_own


async def member(zk: Zk, path: str, stay: int = 5000) -> None:
    """Join the group, say who is in it whenever that changes, leave after `stay` milliseconds."""
    await zk.retry(zk.ensure, path)
    mine = f"{path}/{zk.client}"
    await until_own(zk, mine)
    names = await zk.retry(zk.children, path)
    zk.say(f"{zk.client} joins: {', '.join(names)}")
    await zk.sleep(stay * 1000)
    await delete_if_there(zk, mine)
    zk.say(f"{zk.client} leaves")


async def observe_group(zk: Zk, path: str, changes: int = 10) -> None:
    """Say who is in the group, at first and after each of `changes` changes."""
    await zk.retry(zk.ensure, path)
    for change in range(changes + 1):
        if change:
            await zk.changed(path)
        names = await zk.retry(zk.children, path, watch=True)
        zk.say(f"the group is {', '.join(names) or 'empty'}")
