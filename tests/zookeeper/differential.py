"""`make test-zookeeper`: the same requests to Apache ZooKeeper, as Debian has it, and to ours.

What differs by nature (zxids, times, sessions, the order of children) is only compared for being there.
A `check` outside of a multi, which no client sends, is left out: Apache's server never answers it.
"""

import sys
from typing import Any

import msgspec

from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import ZooKeeperError
from tests.zookeeper.apache import apache, installed
from tests.zookeeper.live import Plain, live

WORLD = (ops.Acl(31, "world", "anyone"),)
READ_ONLY = (ops.Acl(1, "world", "anyone"),)


def create(path: str, data: bytes | None = b"", flags: int = 0, acl: Any = WORLD) -> ops.Operation:
    return ops.Create(path, data, acl, flags)


SCRIPT: tuple[ops.Operation, ...] = (
    create("/d"), create("/d"), create("/d/a", b"x"), create("/x/y"), create("d"), create("/d/"),
    create("//d"), create("/d/../e"), create("/d/bad", acl=()),
    create("/d/bad", acl=(ops.Acl(31, "no", "such"),)), create("/d/none", None), ops.GetData("/d/none"),
    create("/d/e", flags=1), create("/d/e/child"), create("/d/n-", flags=2), create("/d/n-", flags=3),
    ops.Delete("/d/n-0000000004"), create("/d/n-", flags=2), create("/d/odd", flags=9), ops.Exists("/d"),
    ops.Exists("/none"), ops.Exists("zz"), ops.GetData("zz"), ops.SetData("/d/a", b"y", 0),
    ops.SetData("/d/a", b"z", 0), ops.SetData("/d/a", b"z"), ops.GetData("/d/a"), ops.SetData("/none", b""),
    ops.GetChildren("/d"), ops.GetChildren2("/d"), ops.GetChildren("/none"), ops.Delete("/d"),
    ops.Delete("/"), ops.Delete("/zookeeper"), ops.Delete("/none"), ops.Delete("/d/a", 9), ops.Sync("/d"),
    ops.Sync("/none"), ops.GetAcl("/d"), ops.GetAcl("/"), ops.GetAcl("/none"),
    ops.SetAcl("/d/a", READ_ONLY), ops.SetData("/d/a", b"no"), ops.GetData("/d/a"), ops.GetAcl("/d/a"),
    ops.SetAcl("/d/none", (), 0), ops.SetAcl("/d/none", WORLD, 7), ops.SetAcl("/d/none", WORLD, 0),
    ops.Create2("/d/two", b"2", WORLD, 0), ops.CreateContainer("/d/c", b"", WORLD, 4),
    ops.CreateTtl("/d/t", b"", WORLD, 5, ttl=100_000), ops.CreateTtl("/d/t0", b"", WORLD, 5, ttl=0),
    ops.GetEphemerals("/d"), ops.GetEphemerals("/"), ops.GetAllChildrenNumber("/d"),
    ops.GetAllChildrenNumber("/none"),
    ops.Multi((create("/d/m"), ops.SetData("/d/m", b"1"), ops.Check("/d/m", 1), ops.Delete("/d/m"))),
    ops.Multi((create("/d/m"), ops.Check("/d", 99), ops.Delete("/none"))), ops.Multi(()),
    ops.MultiRead((ops.GetData("/d/two"), ops.GetChildren("/d/none"), ops.GetData("/none"))),
    ops.Exists("/d/w", True), create("/d/w"), ops.GetData("/d/w", True), ops.GetChildren("/d/w", True),
    ops.SetData("/d/w", b"1"), ops.SetData("/d/w", b"2"), create("/d/w/x"), ops.Delete("/d/w/x"),
    ops.GetData("/d/w", True), ops.GetChildren("/d/w", True), ops.GetChildren("/d", True),
    ops.Delete("/d/w"), ops.AddWatch("/d", 1), create("/d/r"), create("/d/r/s"), ops.Delete("/d/r/s"),
    ops.SetData("/d/r", b""), ops.CheckWatches("/d", 3), ops.RemoveWatches("/d", 3),
    ops.RemoveWatches("/d", 3), ops.AddWatch("/d", 7), ops.AddWatch("/none", 0), create("/none"),
    ops.Delete("/none"), ops.SetWatches(1, ("/d/two", "/gone"), ("/d", "/nil"), ("/d",)),
    ops.Exists("/zookeeper"), ops.GetChildren("/zookeeper"), ops.Exists("/zookeeper/quota"),
    ops.GetChildren("/"),
)  # fmt: skip
HIDDEN = {"czxid", "mzxid", "pzxid", "ctime", "mtime", "ephemeralOwner", "names"}
"""Of children the order: Apache's is that of a hash table."""


def hidden(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple) else bool(value)


def told(value: Any) -> Any:
    """What can be compared."""
    match value:
        case dict():
            return {k: hidden(v) if k in HIDDEN else told(v) for k, v in value.items()}
        case list() | tuple():
            return [told(v) for v in value]
    return value


def answers(host: str, port: int) -> list[Any]:
    found: list[Any] = []
    plain = Plain(host, port)
    for operation in SCRIPT:
        before = len(plain.events)
        try:
            result = told(msgspec.to_builtins(plain.ask(operation)))
        except ZooKeeperError as failed:
            result = failed.code.name
        except (OSError, AssertionError):
            result = "no answer"
        found.append((result, plain.events[before:]))
        if result == "no answer":
            plain.socket.close()
            plain = Plain(host, port)
    plain.socket.close()
    return found


def main() -> int:
    if not installed:
        print("Apache ZooKeeper is not here; on Debian: apt install zookeeper default-jre-headless")
        return 1
    with apache() as (address,):
        theirs = answers(*address)
    with live() as room:
        room.client()
        ours = answers(*room.served.zookeeper["n3"])
    differ = 0
    for operation, one, other in zip(SCRIPT, theirs, ours, strict=True):
        if one != other:
            differ += 1
            print(f"{operation}\n  Apache: {one}\n  ours:   {other}")
    print(f"{len(SCRIPT)} requests, {differ} answered differently")
    return min(differ, 1)


if __name__ == "__main__":
    sys.exit(main())
