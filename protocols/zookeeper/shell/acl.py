"""Commands for access: addauth, setAcl, getAcl, whoami."""

from __future__ import annotations

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import ADMIN, CREATE, DELETE, READ, WRITE, Acl
from protocols.zookeeper.paths import join
from protocols.zookeeper.shell.memory import Shell
from protocols.zookeeper.shell.parse import Given, Refused, checked, integer
from protocols.zookeeper.shell.texts import acl_lines, keeper_error, stat_lines, state_lines

PERMS = {"r": READ, "w": WRITE, "c": CREATE, "d": DELETE, "a": ADMIN}


def parsed_acl(shell: Shell, text: str, path: str) -> tuple[Acl, ...]:
    """`scheme:id:perms,…`. zkCli drops what it cannot read, and so sets an ACL that nobody meant; here
    nothing is set."""
    acl, problems = [], []
    for entry in text.split(","):
        scheme, colon, rest = entry.partition(":")
        identity, second, perms = rest.rpartition(":")
        if not colon or not second:
            problems.append(f"{entry} does not have the form scheme:id:perm")
        problems += [f"Unknown perm type: {p}" for p in perms if second and p not in PERMS]
        acl.append(Acl(sum(PERMS.get(p, 0) for p in set(perms)), scheme, identity))
    if problems:
        raise Refused("\n".join([*problems, f"Acl is not valid : {path}"]))
    return tuple(acl)


async def add_auth(shell: Shell, given: Given) -> None:
    """A credential that is refused ends the session."""
    auth = given.words[1].encode(errors="replace") if len(given.words) > 1 else b""
    try:
        await shell.zk.add_auth(given.words[0], auth)
    except ZooKeeperError as e:
        if e.code != Code.AUTH_FAILED:
            raise
        shell.closed(*state_lines("AuthFailed"))


async def set_acl(shell: Shell, given: Given) -> None:
    path, text = given.words
    acl = parsed_acl(shell, text, path)
    version = -1
    if "v" in given.options:
        version = integer(given.options["v"], "-v argument must be an int value")
    checked(path)
    if "R" in given.options:
        await set_acl_below(shell, path, acl, version)
        return
    stat = await shell.zk.set_acl(path, acl, version)
    if "s" in given.options:
        shell.say(*stat_lines(stat))


async def set_acl_below(shell: Shell, path: str, acl: tuple[Acl, ...], version: int) -> None:
    """A znode that refuses is told, and the next one is tried. Names are read before the ACL is set: it may
    forbid reading them."""
    if await shell.zk.exists(path) is None:
        raise ZooKeeperError(Code.NO_NODE, path)
    branches = [path]
    while branches:
        branch = branches.pop()
        try:
            names = await shell.zk.children(branch)
            await shell.zk.set_acl(branch, acl, version)
        except ZooKeeperError as e:
            shell.say(keeper_error(e.code, e.path))
            continue
        branches += [join(branch, name) for name in reversed(names)]


async def get_acl(shell: Shell, given: Given) -> None:
    acl, stat = await shell.zk.get_acl(checked(given.words[0]))
    shell.say(*acl_lines(acl))
    if "s" in given.options:
        shell.say(*stat_lines(stat))


async def who_am_i(shell: Shell, given: Given) -> None:
    identities = await shell.zk.who_am_i()
    shell.say("Auth scheme: User", *(f"{scheme}: {user}" for scheme, user in identities))
