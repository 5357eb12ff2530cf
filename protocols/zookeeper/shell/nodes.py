"""Commands for znodes: ls, create, get, set, stat, delete, deleteall, sync, and counting."""

from __future__ import annotations

from msgspec.structs import replace

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import OPEN, Delete
from protocols.zookeeper.paths import join
from protocols.zookeeper.shell.acl import parsed_acl
from protocols.zookeeper.shell.memory import Shell
from protocols.zookeeper.shell.parse import LONG, Given, Refused, checked, integer
from protocols.zookeeper.shell.texts import data_lines, listed, stat_lines

MAX_TTL = (1 << 40) - 1
BATCH = 1000

NOT_BOTH = "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential."
QUOTES = "Data with spaces in it goes in quotes: set path 'some data'"
BAD_VERSION = "-v argument must be an int value"


async def ls(shell: Shell, given: Given) -> None:
    given = with_watch(shell, given, "'ls path [watch]'", "'ls [-w] path'")
    path, watch = checked(given.words[0]), "w" in given.options
    if "R" in given.options:
        await list_tree(shell, path, watch)
    elif "s" in given.options:
        names, stat = await shell.zk.children2(path, watch)
        shell.say(listed(names), *stat_lines(stat))
    else:
        shell.say(listed(await shell.zk.children(path, watch)))


async def list_tree(shell: Shell, path: str, watch: bool) -> None:
    """Every znode before its children, and brothers before their children."""
    await shell.zk.get(path, watch)
    shell.say(path)
    branches = [path]
    while branches:
        branch = branches.pop()
        try:
            children = [join(branch, name) for name in await shell.zk.children(branch, watch)]
        except ZooKeeperError as e:
            if e.code != Code.NO_NODE:
                raise
            continue  # deleted meanwhile
        shell.say(*children)
        branches += reversed(children)


async def ls2(shell: Shell, given: Given) -> None:
    shell.say("'ls2' has been deprecated. Please use 'ls [-s] path' instead.")
    path, watch = checked(given.words[0]), len(given.words) > 1
    names, stat = await shell.zk.children2(path, watch)
    shell.say(listed(names), *stat_lines(stat))


async def create(shell: Shell, given: Given) -> None:
    options = given.options
    ephemeral, sequence, container = "e" in options, "s" in options, "c" in options
    if container and (ephemeral or sequence):
        raise Refused(NOT_BOTH)
    ttl = integer(options["t"], "-t argument must be a long value", LONG) if "t" in options else None
    if ttl is not None and ephemeral:
        raise Refused("TTLs cannot be used with Ephemeral znodes")
    if ttl is not None and container:
        raise Refused("TTLs cannot be used with Container znodes")
    if ttl is not None and not 0 < ttl <= MAX_TTL:
        raise Refused(f"ttl must be positive and cannot be larger than: {MAX_TTL}")
    path = given.words[0]
    data = encoded(given.words[1]) if len(given.words) > 1 else None
    acl = parsed_acl(shell, given.words[2], path) if len(given.words) > 2 else OPEN
    checked(path, sequence)
    shell.say("Created " + await shell.zk.create(path, data, acl, ephemeral, sequence, container, ttl))


async def get(shell: Shell, given: Given) -> None:
    given = with_watch(shell, given, "'get path [watch]'", "'get [-s] [-w] path'")
    data, stat = await shell.zk.get(checked(given.words[0]), "w" in given.options)
    shell.say(*data_lines(data))
    if "s" in given.options:
        shell.say(*stat_lines(stat))


async def set_data(shell: Shell, given: Given) -> None:
    path, data, *old = given.words
    version = version_of(given)
    if old:
        version = integer(old[0], f"'{old[0]}' is not a version. {QUOTES}")
        shell.say(
            f"zkCli ignores the version {version} here; this shell heeds it. "
            "Please use 'set [-v version] path data' instead."
        )
    stat = await shell.zk.set(checked(path), encoded(data), version)
    if "s" in given.options:
        shell.say(*stat_lines(stat))


async def stat(shell: Shell, given: Given) -> None:
    given = with_watch(shell, given, "'stat path [watch]'", "'stat [-w] path'")
    path = checked(given.words[0])
    found = await shell.zk.exists(path, "w" in given.options)
    if found is None:
        raise ZooKeeperError(Code.NO_NODE, path)
    shell.say(*stat_lines(found))


async def delete(shell: Shell, given: Given) -> None:
    path, *old = given.words
    version = version_of(given)
    if old:
        shell.say(
            "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' instead."
        )
        version = integer(old[0], BAD_VERSION)
        shell.say(f"zkCli ignores the version {version} here; this shell heeds it.")
    await shell.zk.delete(checked(path), version)


async def delete_all(shell: Shell, given: Given) -> None:
    """Leaves first, as many in one multi as `-b` says; the first multi that fails is the last."""
    batch = BATCH
    if "b" in given.options:
        batch = integer(given.options["b"], "-b argument must be an int value")
    path = checked(given.words[0])
    tree = [path]
    for node in tree:
        tree += [join(node, name) for name in await shell.zk.children(node)]
    tree.reverse()
    if batch <= 0:
        for node in tree:
            await shell.zk.delete(node)
        return
    try:
        for at in range(0, len(tree), batch):
            await shell.zk.multi(*(Delete(node) for node in tree[at : at + batch]))
    except ZooKeeperError:
        shell.say("Failed to delete some node(s) in the subtree!")


async def rmr(shell: Shell, given: Given) -> None:
    shell.say("The command 'rmr' has been deprecated. Please use 'deleteall' instead.")
    await delete_all(shell, given)


async def sync(shell: Shell, given: Given) -> None:
    try:
        await shell.zk.sync(checked(given.words[0]))
    except ZooKeeperError as e:
        raise Refused(f"Sync has failed. rc={e.code.value}") from None
    shell.say("Sync is OK")


async def get_ephemerals(shell: Shell, given: Given) -> None:
    """This session's."""
    shell.say(listed(await shell.zk.ephemerals(checked(given.words[0]) if given.words else "/")))


async def get_all_children_number(shell: Shell, given: Given) -> None:
    shell.say(str(await shell.zk.all_children_number(checked(given.words[0]))))


# --- helpers ------------------------------------------------------------------------------------------------


def with_watch(shell: Shell, given: Given, old: str, new: str) -> Given:
    """A second word, whatever it is, asks for a watch, as it did in the old days."""
    if len(given.words) < 2:
        return given
    shell.say(f"{old} has been deprecated. Please use {new} instead.")
    return replace(given, words=given.words[:1], options={**given.options, "w": ""})


def version_of(given: Given) -> int:
    return integer(given.options["v"], BAD_VERSION) if "v" in given.options else -1


def encoded(text: str) -> bytes:
    return text.encode(errors="replace")
