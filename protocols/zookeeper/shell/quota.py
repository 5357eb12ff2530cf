"""Commands for quotas: setquota, listquota, delquota.

What a quota is made of: protocols/zookeeper/quota.py. The four limits have a letter each: -n and -b are soft,
-N and -B hard.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.paths import QUOTA, join, parent_of
from protocols.zookeeper.programs import Zk
from protocols.zookeeper.quota import LIMITS, STATS, Quota, decode
from protocols.zookeeper.shell.memory import Shell
from protocols.zookeeper.shell.parse import LONG, Given, Refused, checked, integer

FIELDS = {"n": "count", "b": "size", "N": "count_hard_limit", "B": "byte_hard_limit"}
NOT_A_NUMBER = "NumberFormatException happens when parsing the option value"


async def set_quota(shell: Shell, given: Given) -> None:
    path = given.words[0]
    if path.startswith(QUOTA):
        raise Refused(f"cannot set a quota under the path: {QUOTA}")
    letter, text = next(iter(given.options.items()))
    limit = integer(text, NOT_A_NUMBER, LONG)
    if letter in "nN" and limit <= 0:
        raise Refused("the num quota must be greater than zero")
    if limit < 0:
        raise Refused("the bytes quota must be greater than or equal to zero")
    if await shell.zk.exists(checked(path)) is None:
        raise Refused(f"{path} does not exist.")
    await refuse_nested(shell.zk, path)
    await write_limit(shell, path, FIELDS[letter], limit)


async def write_limit(shell: Shell, path: str, field: str, limit: int) -> None:
    zk, home = shell.zk, home_of(path)
    await zk.ensure(home)
    if await zk.exists(f"{home}/{LIMITS}") is None:
        await zk.create(f"{home}/{LIMITS}", replace(Quota(), **{field: limit}).encode())
        await zk.create(f"{home}/{STATS}", Quota(0, 0).encode())
    else:
        quota = await quota_at(zk, f"{home}/{LIMITS}")
        await zk.set(f"{home}/{LIMITS}", replace(quota, **{field: limit}).encode())
    stats = await quota_at(zk, f"{home}/{STATS}")
    what, used = ("count", stats.count) if field.startswith("count") else ("bytes", stats.size)
    if limit < used:
        shell.say(f"[Warning]: the {what} quota you create is less than the existing {what}:{used}")


async def refuse_nested(zk: Zk, path: str) -> None:
    """One quota on the way from the root to any leaf."""
    for at in range(1, path.count("/")):
        above = "/".join(path.split("/")[: at + 1])
        if LIMITS in await names(zk, home_of(above)):
            raise Refused(f"{path} has a parent {above} which has a quota")
    below = [path]
    for branch in below:
        found = await names(zk, home_of(branch))
        if LIMITS in found and branch != path:
            raise Refused(f"{path} has a child {branch} which has a quota")
        below += [join(branch, name) for name in found if name not in (LIMITS, STATS)]


async def list_quota(shell: Shell, given: Given) -> None:
    path = checked(given.words[0])
    home = home_of(path)
    shell.say(f"absolute path is {home}/{LIMITS}")
    try:
        for what, name in (("quota", LIMITS), ("stat", STATS)):
            quota = await quota_at(shell.zk, f"{home}/{name}")
            shell.say(f"Output {what} for {path} {quota.encode().decode()}")
    except ZooKeeperError as e:
        if e.code != Code.NO_NODE:
            raise
        shell.say(f"quota for {path} does not exist.")


async def del_quota(shell: Shell, given: Given) -> None:
    """One limit, or all of them, and then also the empty znodes above."""
    zk, path = shell.zk, checked(given.words[0])
    home = home_of(path)
    if await zk.exists(f"{home}/{LIMITS}") is None:
        raise Refused(f"Quota does not exist for {path}")
    if given.options:
        quota = await quota_at(zk, f"{home}/{LIMITS}")
        without = replace(quota, **{FIELDS[letter]: -1 for letter in given.options})
        await zk.set(f"{home}/{LIMITS}", without.encode())
        return
    for name in await zk.children(home):
        await zk.delete(f"{home}/{name}")
    while home != QUOTA and not await zk.children(home):
        await zk.delete(home)
        home = parent_of(home)


def home_of(path: str) -> str:
    """Where the quota of `path` is kept."""
    return QUOTA + path.rstrip("/")


async def quota_at(zk: Zk, path: str) -> Quota:
    return decode((await zk.get(path))[0])


async def names(zk: Zk, path: str) -> tuple[str, ...]:
    """Its children; none if it is not there."""
    try:
        return await zk.children(path)
    except ZooKeeperError as e:
        if e.code != Code.NO_NODE:
            raise
        return ()
