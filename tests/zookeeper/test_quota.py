"""Quotas (Administrator's Guide, "Quotas")."""

from __future__ import annotations

import pytest

from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import OPEN, Create
from protocols.zookeeper.prepare import TreeOptions
from protocols.zookeeper.quota import Excess, Quota, decode, excess, limits_path, stats_path
from tests.zookeeper.ensemble import Server


def limit(server: Server, path: str, quota: bytes) -> None:
    """As the shell sets a quota."""
    server.create(f"/zookeeper/quota{path}")
    server.create(limits_path(path), quota)
    server.create(stats_path(path), b"count=0,bytes=0")


def use(server: Server, path: str) -> tuple[int, int]:
    stats = decode(server.tree[stats_path(path)].data)
    return stats.count, stats.size


@pytest.fixture
def server() -> Server:
    server = Server()
    server.create("/g", b"123")
    server.create("/g/a", b"45")
    limit(server, "/g", b"count=3,bytes=10")
    return server


def test_the_count_includes_the_znode_itself(server: Server) -> None:
    assert use(server, "/g") == (2, 5)


def test_every_write_below_is_counted_and_makes_no_version(server: Server) -> None:
    before = server.stat(stats_path("/g"))
    server.create("/g/a/b", b"6789")
    assert use(server, "/g") == (3, 9)
    server.set("/g/a/b", b"")
    assert use(server, "/g") == (3, 5)
    server.set("/g", None)
    server.delete("/g/a/b")
    assert use(server, "/g") == (2, 2)
    server.create("/gg", b"no child of /g")
    assert use(server, "/g") == (2, 2)
    after = server.stat(stats_path("/g"))
    assert (after.version, after.mzxid) == (before.version, before.mzxid)
    assert all(event.name != "DATA" for event, _ in server.changes)


def test_soft_limits_are_only_told(server: Server) -> None:
    for name in "bc":
        server.create(f"/g/{name}")
    assert list(excess(server.tree, "/g/c")) == [Excess("/g", "count", 3, 4, False)]
    server.set("/g/c", b"0123456789")
    assert list(excess(server.tree, "/g")) == [
        Excess("/g", "count", 3, 4, False),
        Excess("/g", "bytes", 10, 15, False),
    ]
    assert list(excess(server.tree, "/")) == []


def test_hard_limits_are_enforced_where_an_option_says_so() -> None:
    for enforced, code in ((True, Code.QUOTA_EXCEEDED), (False, Code.OK)):
        server = Server(TreeOptions(enforce_quota=enforced))
        server.create("/h")
        limit(server, "/h", b"count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=2")
        server.create("/h/a", b"1234")
        assert server.code(Create("/h/b", b"", OPEN)) is code
        assert server.set("/h/a", b"12345") is code
        assert server.set("/h/a", b"12", 7) is Code.BAD_VERSION


def test_without_limits_nothing_is_counted_any_more(server: Server) -> None:
    server.delete(limits_path("/g"))
    server.create("/g/b")
    assert use(server, "/g") == (2, 5)
    assert list(excess(server.tree, "/g")) == []


def test_the_deepest_quota_counts(server: Server) -> None:
    """The shell does not let one set it; a client can."""
    limit(server, "/g/a", b"count=1,bytes=-1")
    server.create("/g/a/x")
    assert (use(server, "/g"), use(server, "/g/a")) == ((2, 5), (2, 2))


def test_what_clients_write_as_limits_never_makes_a_server_stumble(server: Server) -> None:
    for data in (b"", None, b"count=", b"count=x,bytes=7", b"\xff\xfe", b"nonsense"):
        server.set(limits_path("/g"), data)
        server.create("/g/s", b"")
        server.delete("/g/s")
    assert decode(b"count=5,bytes=5=;byteHardLimit=-1") == Quota(5, 5)
    assert decode(Quota(1, 2, 3, 4).encode()) == Quota(1, 2, 3, 4)
    for path in ("/zookeeper/quota/zookeeper_limits", "/zookeeper/quota/zookeeper_stats"):
        server.create(path)
    assert server.tree.limited == server.tree.limited.insert("/g")
