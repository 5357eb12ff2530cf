"""Quotas: how many znodes there may be under a path, and how many bytes of data.

The quota of `/a` is the znode `/zookeeper/quota/a/zookeeper_limits`, which clients write; beside it lies
`zookeeper_stats`, where every server notes what is used, in no transaction of its own, with no version and
no watch. Both count the znode `/a` itself.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.paths import QUOTA, ROOT, ancestors, name_of, parent_of
from protocols.zookeeper.tree import Tree

LIMITS, STATS = "zookeeper_limits", "zookeeper_stats"


class Quota(msgspec.Struct, frozen=True, gc=False):
    """What is used, or what may be; -1 where there is no limit (`StatsTrack`)."""

    count: int = -1
    size: int = -1
    count_hard_limit: int = -1
    byte_hard_limit: int = -1

    def encode(self) -> bytes:
        """Hard limits only where there are some, as servers and shells before 3.7 wrote."""
        hard = f",countHardLimit={self.count_hard_limit}" if self.count_hard_limit >= 0 else ""
        hard += f",byteHardLimit={self.byte_hard_limit}" if self.byte_hard_limit >= 0 else ""
        return f"count={self.count},bytes={self.size}{hard}".encode()


_NAMES = {
    "count": "count",
    "bytes": "size",
    "countHardLimit": "count_hard_limit",
    "byteHardLimit": "byte_hard_limit",
}


def decode(data: bytes | None) -> Quota:
    """As tolerant as it must be: clients write limits as they please, and a server must not stumble. The
    real shell's `bytes=5=;byteHardLimit=-1` is read too."""
    found: dict[str, int] = {}
    for item in (data or b"").decode(errors="replace").replace(";", ",").split(","):
        key, _, value = item.partition("=")
        digits = value.rstrip("=")
        if key in _NAMES and digits.removeprefix("-").isdecimal():
            found[_NAMES[key]] = int(digits)
    return Quota(**found)


class Excess(msgspec.Struct, frozen=True, gc=False):
    """A limit that is passed: of `path`, on "count" or "bytes"."""

    path: str
    what: str
    limit: int
    used: int
    hard: bool


def limits_path(path: str) -> str:
    return f"{QUOTA}{path}/{LIMITS}"


def stats_path(path: str) -> str:
    return f"{QUOTA}{path}/{STATS}"


def covering(tree: Tree, path: str) -> str | None:
    """The deepest path at or above this one that has a quota."""
    if not tree.limited:
        return None
    return next((each for each in ancestors(path) if each in tree.limited), None)


def excess(tree: Tree, path: str, size: int = 0, count: int = 0) -> Iterator[Excess]:
    """The limits that are passed with so many bytes and znodes more at `path`: asked after a write with none,
    what a server logs. A hard limit goes before a soft one."""
    of = covering(tree, path)
    if of is None:
        return
    limit = decode(tree[limits_path(of)].data)
    stats = tree.get(stats_path(of))
    if stats is None:
        return
    use = decode(stats.data)
    for what, soft, hard, now in (
        ("count", limit.count, limit.count_hard_limit, use.count + count),
        ("bytes", limit.size, limit.byte_hard_limit, use.size + size),
    ):
        most = hard if hard >= 0 else soft
        if 0 <= most < now:
            yield Excess(of, what, most, now, hard >= 0)


def enforce(tree: Tree, path: str, size: int, count: int) -> None:
    """Refuse what would pass a hard limit."""
    if any(each.hard for each in excess(tree, path, size, count)):
        raise ZooKeeperError(Code.QUOTA_EXCEEDED, path)


# --- what a write does to the quotas ------------------------------------------------------------------------


def created(tree: Tree, path: str, size: int) -> Tree:
    of = subject(path)
    if of is not None and name_of(path) == LIMITS:
        tree = tree.limit(of, True)
    elif of is not None:
        tree = counted(tree, of)
    return used(tree, path, size, 1)


def deleted(tree: Tree, path: str, size: int) -> Tree:
    of = subject(path)
    if of is not None and name_of(path) == LIMITS:
        tree = tree.limit(of, False)
    return used(tree, path, -size, -1)


def subject(path: str) -> str | None:
    """The path that this znode is the limits or the stats of. The root has no quota."""
    if not path.startswith(QUOTA + "/") or name_of(path) not in (LIMITS, STATS):
        return None
    of = parent_of(path).removeprefix(QUOTA)
    return of if of and of != ROOT else None


def counted(tree: Tree, of: str) -> Tree:
    """The stats as they are when somebody begins to keep them."""
    sizes = [len(node.data or b"") for _, node in tree.walk(of)] if of in tree else []
    return tree.change(stats_path(of), data=Quota(len(sizes), sum(sizes)).encode())


def used(tree: Tree, path: str, size: int, count: int) -> Tree:
    of = covering(tree, path)
    if of is None or stats_path(of) not in tree:
        return tree
    use = decode(tree[stats_path(of)].data)
    return tree.change(stats_path(of), data=Quota(use.count + count, use.size + size).encode())
