"""The tree, rule by rule, as the real server behaves (ZooKeeper 3.8; Programmer's Guide)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.sim.process import change
from app.sim.trace import plain
from protocols.zookeeper.apply import apply
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    ADMIN,
    ALL,
    CONTAINER,
    CREATE,
    DELETE,
    EPHEMERAL,
    EPHEMERAL_SEQUENTIAL,
    OPEN,
    READ,
    SEQUENTIAL,
    TTL,
    TTL_SEQUENTIAL,
    WRITE,
    Acl,
    AclOf,
    Check,
    ChildrenOf,
    CloseSession,
    Create,
    Create2,
    CreateContainer,
    Created,
    CreateSession,
    CreateTtl,
    DataOf,
    Delete,
    DeleteContainer,
    Done,
    Exists,
    Failed,
    GetAcl,
    GetAllChildrenNumber,
    GetChildren,
    GetChildren2,
    GetData,
    GetEphemerals,
    Identities,
    Multi,
    MultiRead,
    NumberOf,
    PathsOf,
    Results,
    SetAcl,
    SetData,
    StatOf,
    WhoAmI,
)
from protocols.zookeeper.paths import problem
from protocols.zookeeper.prepare import TreeOptions
from protocols.zookeeper.tree import empty
from tests.zookeeper.ensemble import ADDRESS, Server

ALICE = ("digest", "alice:iYjYf3kpi2tDUzzAOgXzxYXtgK4=")


@pytest.fixture
def server() -> Server:
    return Server()


# --- what is there from the beginning -----------------------------------------------------------------------


def test_a_new_ensemble_has_four_znodes(server: Server) -> None:
    assert [path for path, _ in server.tree.walk()] == [
        *("/", "/zookeeper", "/zookeeper/config", "/zookeeper/quota"),
    ]
    assert (server.stat("/").cversion, server.stat("/zookeeper").cversion) == (-1, -2)
    assert server.code(SetData("/zookeeper/config", b"", -1)) is Code.NO_AUTH


# --- stats --------------------------------------------------------------------------------------------------


def test_create_sets_the_child_and_counts_in_the_parent(server: Server) -> None:
    server.create("/p")
    server.create("/p/c", b"12345")
    child, parent = server.stat("/p/c"), server.stat("/p")
    assert (child.czxid, child.mzxid, child.pzxid) == (2, 2, 2)
    assert (child.ctime, child.mtime, child.data_length) == (2000, 2000, 5)
    assert (child.version, child.cversion, child.aversion, child.num_children) == (0, 0, 0, 0)
    assert (parent.czxid, parent.mzxid, parent.pzxid) == (1, 1, 2)
    assert (parent.cversion, parent.num_children, parent.version) == (1, 1, 0)


def test_set_changes_the_znode_alone_and_the_same_data_count_too(server: Server) -> None:
    server.create("/p")
    server.create("/p/c", b"x")
    parent = server.stat("/p")
    assert server.set("/p/c", b"x") is Code.OK
    child = server.stat("/p/c")
    assert (child.czxid, child.mzxid, child.mtime, child.version, child.pzxid) == (2, 3, 3000, 1, 2)
    assert server.stat("/p") == parent


def test_set_acl_changes_aversion_alone(server: Server) -> None:
    server.create("/p")
    before = server.stat("/p")
    assert server.set_acl("/p", OPEN) is Code.OK
    after = server.stat("/p")
    assert (after.aversion, after.mzxid, after.version) == (1, before.mzxid, before.version)


def test_delete_counts_in_the_parents_cversion(server: Server) -> None:
    server.create("/p")
    server.create("/p/c")
    assert server.delete("/p/c") is Code.OK
    parent = server.stat("/p")
    assert (parent.cversion, parent.num_children, parent.pzxid, parent.mzxid) == (2, 0, 3, 1)


def test_a_grandchild_is_nothing_to_the_parent(server: Server) -> None:
    server.create("/p")
    server.create("/p/c")
    parent = server.stat("/p")
    server.create("/p/c/g")
    assert server.stat("/p") == parent
    assert (server.stat("/p/c").cversion, server.stat("/p/c").pzxid) == (1, 3)


def test_only_an_ephemeral_shows_an_owner(server: Server) -> None:
    server.create("/e", flags=EPHEMERAL)
    server.write(CreateContainer("/c", b"", OPEN, CONTAINER))
    server.write(CreateTtl("/t", b"", OPEN, TTL, 500))
    assert [server.stat(path).ephemeral_owner for path in ("/e", "/c", "/t")] == [1, 0, 0]


def test_no_data_is_not_empty_data(server: Server) -> None:
    server.create("/null", None)
    assert server.read(GetData("/null")) == DataOf(None, server.stat("/null"))
    assert server.stat("/null").data_length == 0
    other = Server()
    other.create("/null", b"")
    assert other.tree != server.tree


# --- sequence numbers ---------------------------------------------------------------------------------------


def test_the_sequence_number_counts_creates_and_only_them(server: Server) -> None:
    server.create("/q")
    assert server.create("/q/n-", flags=SEQUENTIAL) == "/q/n-0000000000"
    server.create("/q/n-", flags=SEQUENTIAL)
    last = server.create("/q/n-", flags=EPHEMERAL_SEQUENTIAL)
    assert server.delete(last) is Code.OK
    assert server.create("/q/n-", flags=SEQUENTIAL) == "/q/n-0000000003"
    server.create("/q/plain")
    assert server.code(Create("/q/plain", b"", OPEN)) is Code.NODE_EXISTS
    assert server.create("/q/n-", flags=SEQUENTIAL) == "/q/n-0000000005"
    server.create("/q/other-", flags=SEQUENTIAL)
    assert server.create("/q/", flags=SEQUENTIAL) == "/q/0000000007"


def test_a_sequential_create_under_a_root(server: Server) -> None:
    assert server.create("/", flags=SEQUENTIAL) == "/0000000000"


# --- checks, in their order ---------------------------------------------------------------------------------

NOBODY = (Acl(ALL, "ip", "10.9.9.9"),)


@pytest.fixture
def guarded(server: Server) -> Server:
    """/closed lets nobody do anything; /open/leaf too, but its parent is open."""
    server.create("/closed", acl=NOBODY)
    server.create("/open")
    server.create("/open/leaf", acl=NOBODY)
    server.create("/open/full")
    server.create("/open/full/child")
    server.create("/open/e", flags=EPHEMERAL)
    return server


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Create("none", b"", (), 7), Code.BAD_ARGUMENTS),  # flags
        (Create("none", b"", ()), Code.BAD_ARGUMENTS),  # a path without a slash
        (Create("", b"", ()), Code.BAD_ARGUMENTS),
        (Create("/closed/\0", b"", ()), Code.BAD_ARGUMENTS),
        (Create("/none/x", b"", ()), Code.INVALID_ACL),  # before the parent is looked up
        (Create("/none/x", b"", (Acl(ALL, "bad", "id"),)), Code.INVALID_ACL),
        (Create("/none//x", b"", OPEN), Code.NO_NODE),  # before the path is looked at
        (Create("/../x", b"", OPEN), Code.NO_NODE),
        (Create("a/b", b"", OPEN), Code.NO_NODE),
        (Create("/closed/.", b"", OPEN), Code.NO_AUTH),  # so is the permission
        (Create("/open/.", b"", OPEN), Code.BAD_ARGUMENTS),
        (Create("/open/leaf", b"", OPEN), Code.NODE_EXISTS),
        (Create("/open/e/child", b"", OPEN), Code.NO_CHILDREN_FOR_EPHEMERALS),
        (Create("/", b"", OPEN), Code.NODE_EXISTS),
        (Create("/x", b"", OPEN, TTL), Code.BAD_ARGUMENTS),
        (CreateTtl("/x", b"", OPEN, TTL, 0), Code.BAD_ARGUMENTS),
        (CreateTtl("/x", b"", OPEN, TTL_SEQUENTIAL, 1 << 40), Code.BAD_ARGUMENTS),
        (CreateTtl("/x", b"", OPEN, 0, 10), Code.BAD_ARGUMENTS),
        (Delete("/"), Code.BAD_ARGUMENTS),
        (Delete("/zookeeper"), Code.BAD_ARGUMENTS),
        (Delete("nothing"), Code.BAD_ARGUMENTS),
        (Delete("/closed/none", 5), Code.NO_NODE),  # before the permission on the parent
        (Delete("/open/full", 5), Code.BAD_VERSION),  # before the children
        (Delete("/open/full", 0), Code.NOT_EMPTY),
        (Delete("/open/leaf"), Code.OK),  # the parent's permission, not its own
        (SetData("/open/", b""), Code.BAD_ARGUMENTS),
        (SetData("/none", b"", 5), Code.NO_NODE),
        (SetData("/closed", b"", 5), Code.NO_AUTH),
        (SetData("/open", b"", 5), Code.BAD_VERSION),
        (SetAcl("/none/", ()), Code.BAD_ARGUMENTS),
        (SetAcl("/none", ()), Code.INVALID_ACL),
        (SetAcl("/none", OPEN, 5), Code.NO_NODE),
        (SetAcl("/closed", OPEN, 5), Code.NO_AUTH),
        (SetAcl("/open", OPEN, 5), Code.BAD_VERSION),
        (Check("/closed", 5), Code.NO_AUTH),
        (Check("/open", 5), Code.BAD_VERSION),
        (DeleteContainer("/open/full"), Code.NOT_EMPTY),
        (DeleteContainer("/open/leaf"), Code.BAD_VERSION),
        (GetData("/open"), Code.UNIMPLEMENTED),
    ],
)  # fmt: skip
def test_the_first_thing_that_is_wrong_counts(guarded: Server, operation: Create, code: Code) -> None:
    assert guarded.code(operation) is code


def test_a_child_of_a_closed_parent_cannot_be_deleted(server: Server) -> None:
    server.create("/p", acl=(Acl(ALL & ~DELETE, "world", "anyone"),))
    server.create("/p/c")
    assert server.delete("/p/c", 9) is Code.NO_AUTH


def test_ttl_nodes_can_be_switched_off() -> None:
    server = Server(TreeOptions(ttl_nodes=False))
    assert server.code(CreateTtl("/x", b"", OPEN, TTL, 10)) is Code.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/", None),
        ("/a/b.c/...", None),
        ("/中文", None),
        ("", "Path length must be > 0"),
        ("a", "Path must start with / character"),
        ("//", "Path must not end with / character"),
        ("/a/", "Path must not end with / character"),
        ("/a/../b", 'Invalid path string "/a/../b" caused by relative paths not allowed @4'),
        ("/a/.", 'Invalid path string "/a/." caused by relative paths not allowed @3'),
        ("/g//h", 'Invalid path string "/g//h" caused by empty node name specified @3'),
        ("//x", 'Invalid path string "//x" caused by empty node name specified @1'),
        ("/a\0", 'Invalid path string "/a\0" caused by null character not allowed @2'),
        ("/a\t", 'Invalid path string "/a\t" caused by invalid character @2'),
        ("/\U0001f600", 'Invalid path string "/\U0001f600" caused by invalid character @1'),
    ],
)
def test_paths(path: str, reason: str | None) -> None:
    assert problem(path) == reason


# --- multi --------------------------------------------------------------------------------------------------


def test_a_multi_is_one_transaction_and_sees_itself(server: Server) -> None:
    done = server.write(
        Multi(
            (
                Create("/m", b"", OPEN),
                Create2("/m/s-", b"", OPEN, SEQUENTIAL),
                Create("/m/s-", b"", OPEN, SEQUENTIAL),
                SetData("/m", b"new", 0),
                Check("/m", 1),
                Delete("/m/s-0000000000"),
            )
        )
    )
    results = done.result.results if isinstance(done.result, Results) else ()
    assert [type(r) for r in results] == [Created, Created, Created, StatOf, Done, Done]
    assert results[0] == Created("/m")
    assert results[2] == Created("/m/s-0000000001")
    assert isinstance(results[1], Created)
    assert results[1].stat
    assert results[1].stat.czxid == 1
    assert {server.stat("/m").czxid, server.stat("/m").mzxid, server.stat("/m").pzxid} == {1}
    assert (server.stat("/m").version, server.stat("/m").cversion) == (1, 3)
    assert server.tree.children("/m") == ("s-0000000001",)


def test_a_multi_that_fails_changes_nothing_and_says_where(server: Server) -> None:
    before = server.tree
    operations = (Create("/a", b"", OPEN), Create("/a", b"", OPEN), Delete("/none"), Check("/", 0))
    done = server.write(Multi(operations))
    codes = (Code.OK, Code.NODE_EXISTS, Code.RUNTIME_INCONSISTENCY, Code.RUNTIME_INCONSISTENCY)
    assert done.code is Code.OK
    assert done.result == Results(tuple(Failed(code) for code in codes))
    assert server.tree == before
    assert not done.changes
    assert server.create("/next")
    assert server.stat("/next").czxid == 2


def test_an_empty_multi_and_one_of_what_cannot_be_in_it(server: Server) -> None:
    assert server.write(Multi(())).result == Results(())
    assert server.code(Multi((GetData("/"),))) is Code.MARSHALLING_ERROR


# --- sessions, containers, TTL ------------------------------------------------------------------------------


def test_the_end_of_a_session_is_one_transaction(server: Server) -> None:
    server.create("/p")
    for name in "bac":
        server.create(f"/p/{name}", flags=EPHEMERAL)
    server.write(Create("/p/other", b"", OPEN, EPHEMERAL), session=2)
    assert server.tree.sessions() == (1, 2)
    assert server.read(GetEphemerals("/")) == PathsOf(("/p/a", "/p/b", "/p/c"))
    assert server.read(GetEphemerals("/p/b")) == PathsOf(("/p/b",))
    assert server.code(CloseSession()) is Code.OK
    assert server.tree.children("/p") == ("other",)
    assert server.stat("/p").pzxid == server.zxid
    assert server.stat("/p").cversion == 7
    assert server.tree.sessions() == (2,)


def test_a_session_begins_with_a_transaction_that_changes_no_znode(server: Server) -> None:
    before = server.tree
    assert server.code(CreateSession(6000)) is Code.OK
    assert server.tree == before


def test_a_container_goes_when_its_last_child_has_gone(server: Server) -> None:
    server.write(CreateContainer("/c", b"", OPEN, CONTAINER))
    assert server.tree.expired(10**9) == ()  # it has never had a child
    server.create("/c/x")
    assert server.tree.expired(10**9) == ()
    assert server.code(DeleteContainer("/c")) is Code.NOT_EMPTY
    server.delete("/c/x")
    assert server.tree.expired(0) == ("/c",)
    assert server.code(DeleteContainer("/c")) is Code.OK
    assert server.tree.expired(10**9) == ()


def test_a_ttl_node_goes_when_nobody_has_changed_it_for_long_enough(server: Server) -> None:
    path = server.write(CreateTtl("/t-", b"", OPEN, TTL_SEQUENTIAL, 500)).result
    assert path == Created("/t-0000000000", server.stat("/t-0000000000"))
    assert server.tree.expired(1500) == ()
    assert server.tree.expired(1501) == ("/t-0000000000",)
    server.set("/t-0000000000", b"")  # at 2000
    assert server.tree.expired(2500) == ()
    server.create("/t-0000000000/x")
    assert server.tree.expired(9999) == ()


# --- ACLs ---------------------------------------------------------------------------------------------------


def test_each_permission_is_asked_for_by_itself(server: Server) -> None:
    for name, perms in {"r": READ, "w": WRITE, "c": CREATE, "a": ADMIN}.items():
        acl = (Acl(perms, "world", "anyone"),)
        server.create(f"/{name}", acl=acl)
        allowed = {
            "r": may_read(server, GetData(f"/{name}")) and may_read(server, GetChildren(f"/{name}")),
            "w": server.set(f"/{name}", b"") is Code.OK,
            "c": server.code(Create(f"/{name}/x", b"", OPEN)) is Code.OK,
            "a": server.set_acl(f"/{name}", acl) is Code.OK,
        }
        assert [n for n, yes in allowed.items() if yes] == [name]


def may_read(server: Server, operation: GetData | GetChildren | GetAcl) -> bool:
    try:
        server.read(operation)
    except ZooKeeperError as error:
        return error.code is not Code.NO_AUTH
    return True


def test_exists_needs_no_permission_and_get_acl_read_or_admin(guarded: Server) -> None:
    assert guarded.read(Exists("/closed")).stat == guarded.stat("/closed")
    assert not may_read(guarded, GetAcl("/closed"))
    assert not may_read(guarded, GetData("/closed"))


def test_without_admin_the_hashes_of_digests_are_hidden(server: Server) -> None:
    acl = (Acl(READ, "world", "anyone"), Acl(ALL, *ALICE))
    server.create("/p", acl=acl)
    shown = (acl[0], Acl(ALL, "digest", "alice:x"))
    assert server.read(GetAcl("/p")) == AclOf(shown, server.stat("/p"))
    server.identities = (*ADDRESS, ALICE)
    assert server.read(GetAcl("/p")) == AclOf(acl, server.stat("/p"))


def test_who_am_i(server: Server) -> None:
    server.identities = (*ADDRESS, ALICE)
    assert server.read(WhoAmI()) == Identities((("ip", "10.0.0.7"), ("digest", "alice")))


# --- reads --------------------------------------------------------------------------------------------------


def test_reads_do_not_validate_paths(server: Server) -> None:
    for operation in (GetData("zz"), GetChildren("/a/"), Exists("//"), GetAcl(""), GetAllChildrenNumber("x")):
        with pytest.raises(ZooKeeperError) as refused:
            server.read(operation)
        assert refused.value.code is Code.NO_NODE


def test_children_are_sorted_and_come_in_pages(server: Server) -> None:
    server.create("/p")
    for name in ("b", "a", "d", "c"):
        server.create(f"/p/{name}")
    server.create("/p/a/deep")
    assert server.read(GetChildren("/p")) == ChildrenOf(("a", "b", "c", "d"))
    assert server.read(GetChildren2("/p")) == ChildrenOf(("a", "b", "c", "d"), server.stat("/p"))
    assert server.tree.page("/p", most=2) == ("a", "b")
    assert server.tree.page("/p", after="b", most=2) == ("c", "d")
    assert server.read(GetAllChildrenNumber("/p")) == NumberOf(5)
    assert server.read(GetAllChildrenNumber("/")) == NumberOf(9)


def test_in_a_multi_read_each_fails_by_itself(guarded: Server) -> None:
    found = guarded.read(MultiRead((GetData("/none"), GetChildren("/open/full"), GetData("/closed"))))
    assert found == Results((Failed(Code.NO_NODE), ChildrenOf(("child",)), Failed(Code.NO_AUTH)))


# --- the tree as a value ------------------------------------------------------------------------------------

SCRIPT = """
from protocols.zookeeper.operations import EPHEMERAL, SEQUENTIAL, CloseSession
from tests.zookeeper.ensemble import Server
s = Server()
s.create("/p")
for n in range(200):
    s.create(f"/p/{n * 7919 % 1000}", b"x" * n, n % 2)
s.write(CloseSession())
print(s.tree.traced(), s.tree.children("/p"), s.log[-1], s.changes)
"""


def test_nothing_depends_on_how_python_hashes() -> None:
    told = set()
    for seed in ("0", "1", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
        )
        told.add(run.stdout)
    assert len(told) == 1


def test_a_tree_that_is_kept_does_not_change(server: Server) -> None:
    server.create("/a")
    kept = server.tree
    server.create("/a/b")
    server.delete("/a/b")
    assert kept.children("/a") == ()
    assert kept["/a"].creates == 0
    assert kept != server.tree
    assert empty() == empty() != kept


def test_trees_that_differ_in_an_acl_alone_are_different() -> None:
    one, other = Server(), Server()
    one.create("/p")
    other.create("/p", acl=(Acl(READ, "world", "anyone"),))
    assert one.stat("/p") == other.stat("/p")
    assert one.tree != other.tree


def test_a_body_says_what_will_be(server: Server) -> None:
    """Applied late once more, a create does not count as another (real servers replay logs like that)."""
    server.create("/p")
    server.create("/p/c")
    server.delete("/p/c")
    again = apply(server.tree, server.log[1]).tree
    assert (again["/p"].creates, again["/p"].pzxid) == (1, 3)


def test_the_trace_tells_a_tree_by_its_size_and_digest(server: Server) -> None:
    before = server.tree
    server.create("/p")
    told = {"znodes": 5, "digest": f"{server.tree.digest:#018x}"}
    assert change("tree", before, server.tree) == ("tree", told)
    assert plain({"tree": server.tree}) == {"tree": told}
