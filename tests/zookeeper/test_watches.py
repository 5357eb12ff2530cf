"""Watches, as the real server fires them (Programmer's Guide, "ZooKeeper Watches")."""

from __future__ import annotations

import pytest

from protocols.zookeeper.apply import Event
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import (
    EPHEMERAL,
    OPEN,
    CloseSession,
    Create,
    Delete,
    Exists,
    GetChildren,
    GetChildren2,
    GetData,
    Multi,
    Operation,
    SetAcl,
    SetData,
    SetWatches,
    SetWatches2,
)
from protocols.zookeeper.watches import ANY_KIND, CHILDREN_KIND, DATA_KIND, Watches, left_by, set_watches
from tests.zookeeper.ensemble import Server

CREATED, DELETED, DATA, CHILDREN = Event.CREATED, Event.DELETED, Event.DATA, Event.CHILDREN
ME, OTHER = 7, 3


@pytest.fixture
def server() -> Server:
    """/p with the child /p/c."""
    server = Server()
    server.create("/p")
    server.create("/p/c")
    return server


def fired(server: Server, watches: Watches, operation: Operation) -> list[tuple[int, Event, str]]:
    server.write(operation)
    return list(watches.fire(server.changes)[1])


def mine(*watches: tuple[str, str]) -> Watches:
    found = Watches()
    for kind, path in watches:
        found = found.add(ME, kind, path)
    return found


CREATE, SET, DELETE = Create("/p/n", b"", OPEN), SetData("/p/c", b""), Delete("/p/c")


@pytest.mark.parametrize(
    ("operation", "kind", "path", "event"),
    [
        (CREATE, "data", "/p/n", CREATED),
        (CREATE, "exist", "/p/n", CREATED),
        (CREATE, "child", "/p/n", None),
        (CREATE, "child", "/p", CHILDREN),
        (CREATE, "data", "/p", None),
        (CREATE, "child", "/", None),
        (SET, "data", "/p/c", DATA),
        (SET, "exist", "/p/c", DATA),
        (SET, "child", "/p/c", None),
        (SET, "child", "/p", None),
        (DELETE, "data", "/p/c", DELETED),
        (DELETE, "exist", "/p/c", DELETED),
        (DELETE, "child", "/p/c", DELETED),
        (DELETE, "child", "/p", CHILDREN),
        (DELETE, "data", "/p", None),
        (SetAcl("/p/c", OPEN), "data", "/p/c", None),
        (SetData("/p/c", b"", 9), "data", "/p/c", None),
        (CREATE, "persistent", "/p/n", CREATED),
        (CREATE, "persistent", "/p", CHILDREN),
        (SET, "persistent", "/p/c", DATA),
        (SET, "persistent", "/p", None),
        (DELETE, "persistent", "/p/c", DELETED),
        (DELETE, "persistent", "/p", CHILDREN),
        (CREATE, "recursive", "/p/n", CREATED),
        (CREATE, "recursive", "/", CREATED),
        (SET, "recursive", "/p", DATA),
        (DELETE, "recursive", "/p", DELETED),
        (DELETE, "recursive", "/p/c/deeper", None),
    ],
)  # fmt: skip
def test_the_table(server: Server, operation: Operation, kind: str, path: str, event: Event | None) -> None:
    about = {CREATED: "/p/n", DATA: "/p/c", DELETED: "/p/c", CHILDREN: "/p"}
    expected = [(ME, event, about[event])] if event is not None else []
    watches = mine((kind, path))
    assert fired(server, watches, operation) == expected
    after = watches.fire(server.changes)[0]
    stays = event is None or kind in ("persistent", "recursive")
    assert after == (watches if stays else Watches())
    assert (after.traced() == Watches().traced()) is not stays


def test_a_delete_is_told_once_however_many_kinds_of_watch_there_are(server: Server) -> None:
    watches = mine(
        *[(kind, "/p/c") for kind in ("data", "exist", "child", "persistent", "recursive")],
        ("recursive", "/"),
        ("child", "/p"),
    )
    assert fired(server, watches, DELETE) == [(ME, DELETED, "/p/c"), (ME, CHILDREN, "/p")]


def test_sessions_are_told_in_their_order(server: Server) -> None:
    watches = mine(("data", "/p/c")).add(OTHER, "child", "/p/c").add(1, "recursive", "/p")
    assert fired(server, watches, DELETE) == [(s, DELETED, "/p/c") for s in (1, OTHER, ME)]


def test_a_multi_fires_a_standard_watch_once(server: Server) -> None:
    watches = mine(("data", "/p/c"), ("persistent", "/p"))
    operation = Multi((SET, SetData("/p/c", b"again"), Create("/p/n", b"", OPEN), Delete("/p/n")))
    told = [(ME, DATA, "/p/c"), (ME, CHILDREN, "/p"), (ME, CHILDREN, "/p")]
    assert fired(server, watches, operation) == told


def test_the_end_of_a_session_fires_for_each_of_its_ephemerals(server: Server) -> None:
    for name in ("b", "a"):
        server.create(f"/p/{name}", flags=EPHEMERAL)
    watches = mine(("data", "/p/b"), ("data", "/p/a"), ("child", "/p"))
    expected = [(ME, DELETED, "/p/a"), (ME, CHILDREN, "/p"), (ME, DELETED, "/p/b")]
    assert fired(server, watches, CloseSession()) == expected


def test_a_persistent_watch_survives_beside_a_standard_one(server: Server) -> None:
    watches = mine(("persistent", "/p/c"), ("data", "/p/c"))
    server.write(SET)
    after, told = watches.fire(server.changes)
    assert told == ((ME, DATA, "/p/c"),)
    assert after == mine(("persistent", "/p/c"))


@pytest.mark.parametrize(
    ("operation", "code", "left"),
    [
        (GetData("/p", True), Code.OK, ("data", "/p")),
        (GetData("/p", True), Code.NO_NODE, None),
        (GetData("/p"), Code.OK, None),
        (Exists("/p", True), Code.OK, ("data", "/p")),
        (Exists("/p", True), Code.NO_NODE, ("exist", "/p")),
        (GetChildren("/p", True), Code.OK, ("child", "/p")),
        (GetChildren2("/p", True), Code.OK, ("child", "/p")),
        (GetChildren("/p", True), Code.NO_NODE, None),
        (GetChildren("/p", True), Code.NO_AUTH, None),
    ],
)
def test_what_a_read_leaves(operation: Operation, code: Code, left: tuple[str, str] | None) -> None:
    assert left_by(operation, code) == left


# --- a client that has moved --------------------------------------------------------------------------------


def test_set_watches_fires_what_was_missed_and_sets_the_rest(server: Server) -> None:
    server.create("/new")  # 3
    server.set("/p/c", b"")  # 4
    server.create("/p/d")  # 5, changes the children of /p
    asked = SetWatches(3, ("/p/c", "/new", "/gone"), ("/new", "/never"), ("/p", "/new", "/gone"))
    watches, told = set_watches(Watches(), server.tree, ME, asked)
    assert told == (
        (DATA, "/p/c"),
        (DELETED, "/gone"),
        (CREATED, "/new"),
        (CHILDREN, "/p"),
        (DELETED, "/gone"),
    )
    assert watches == mine(("data", "/new"), ("exist", "/never"), ("child", "/new"))


def test_set_watches_is_exact_about_the_zxid(server: Server) -> None:
    zxid = server.stat("/p/c").mzxid
    assert set_watches(Watches(), server.tree, ME, SetWatches(zxid, ("/p/c",)))[1] == ()
    assert set_watches(Watches(), server.tree, ME, SetWatches(zxid - 1, ("/p/c",)))[1] == ((DATA, "/p/c"),)


def test_set_watches_2_sets_persistent_ones_without_a_word(server: Server) -> None:
    asked = SetWatches2(0, persistent=("/none",), recursive=("/p",))
    watches, told = set_watches(Watches(), server.tree, ME, asked)
    assert told == ()
    assert watches == mine(("persistent", "/none"), ("recursive", "/p"))


# --- removing, counting -------------------------------------------------------------------------------------


def test_removing_by_kind() -> None:
    watches = mine(("data", "/p"), ("child", "/p"), ("data", "/q")).add(OTHER, "data", "/p")
    assert [watches.check(ME, kind, "/q") for kind in (DATA_KIND, CHILDREN_KIND, ANY_KIND)] == [
        True,
        False,
        True,
    ]
    assert not watches.check(ME, ANY_KIND, "/none")
    assert watches.remove(ME, CHILDREN_KIND, "/p").of(ME) == (("/p", "data"), ("/q", "data"))
    assert watches.remove(ME, ANY_KIND, "/p").of(ME) == (("/q", "data"),)
    assert watches.remove(ME, ANY_KIND, "/p").at("/p") == ((OTHER, "data"),)
    assert watches.drop(ME) == Watches().add(OTHER, "data", "/p")
    assert watches.drop(ME).drop(OTHER) == Watches()


def test_counts_and_equality_do_not_depend_on_the_order() -> None:
    kinds = ["data", "child", "persistent", "recursive"]
    one, other = mine(*[(k, f"/{k}") for k in kinds]), mine(*[(k, f"/{k}") for k in reversed(kinds)])
    assert one == other
    assert one.counts() == (1, 3, 3)
    assert one != one.add(ME, "data", "/child")
    assert one.add(ME, "data", "/data") == one
    assert one.of(ME) == tuple((f"/{k}", k) for k in sorted(kinds))
