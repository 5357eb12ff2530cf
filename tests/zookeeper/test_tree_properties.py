"""Random requests, against a model that is plain dictionaries."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.zookeeper.apply import apply
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import (
    CONTAINER,
    OPEN,
    TTL,
    CloseSession,
    Create,
    Create2,
    CreateContainer,
    CreateTtl,
    Delete,
    Multi,
    Operation,
    SetAcl,
    SetData,
)
from protocols.zookeeper.transactions import CloseSessionTxn, ErrorTxn
from protocols.zookeeper.tree import Tree, empty
from protocols.zookeeper.znode import digest_of
from tests.zookeeper.ensemble import Server

names = st.sampled_from("abc")
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
versions = st.sampled_from([-1, 0, 1])
data = st.sampled_from([None, b"", b"x", b"long enough"])
creates = st.one_of(
    st.builds(Create2, paths, data, st.just(OPEN), st.integers(0, 3)),
    st.builds(CreateContainer, paths, data, st.just(OPEN), st.just(CONTAINER)),
    st.builds(CreateTtl, paths, data, st.just(OPEN), st.just(TTL), st.integers(1, 9)),
)
simple = st.one_of(
    creates,
    creates,
    st.builds(Delete, paths, versions),
    st.builds(SetData, paths, data, versions),
)
requests = st.one_of(
    simple,
    simple,
    simple,
    st.builds(SetAcl, paths, st.just(OPEN), versions),
    st.builds(CloseSession),
    st.lists(simple, max_size=4).map(lambda o: Multi(tuple(o))),
)
schedules = st.lists(st.tuples(st.integers(1, 2), requests), max_size=40)


class Model:
    """The rules once more, without versions of anything but data: dictionaries changed in place."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {"/": {"version": 0, "creates": 0, "owner": 0, "data": b""}}

    def below(self, path: str) -> list[str]:
        prefix = path.rstrip("/") + "/"
        return [p for p in self.nodes if p != "/" and p.startswith(prefix) and "/" not in p[len(prefix) :]]

    def do(self, session: int, o: Operation) -> Code:
        match o:
            case Create():
                return self.create(session, o)
            case Delete(path, version) | SetData(path, _, version) if path not in self.nodes:
                return Code.NO_NODE
            case Delete(path, version) | SetData(path, _, version) if version not in (
                -1,
                self.nodes[path]["version"],
            ):
                return Code.BAD_VERSION
            case Delete(path):
                if self.below(path):
                    return Code.NOT_EMPTY
                del self.nodes[path]
            case SetData(path, value):
                self.nodes[path]["version"] += 1
                self.nodes[path]["data"] = value
            case Multi(operations):
                return self.multi(session, operations)
            case CloseSession():
                for path in [p for p, node in self.nodes.items() if node["owner"] == session]:
                    del self.nodes[path]
        return Code.OK

    def create(self, session: int, o: Create) -> Code:
        parent = self.nodes.get(o.path.rpartition("/")[0] or "/")
        if parent is None:
            return Code.NO_NODE
        path = o.path + (f"{parent['creates']:010d}" if o.flags in (2, 3) else "")
        if path in self.nodes:
            return Code.NODE_EXISTS
        if parent["owner"]:
            return Code.NO_CHILDREN_FOR_EPHEMERALS
        parent["creates"] += 1
        owner = session if o.flags in (1, 3) else 0
        self.nodes[path] = {"version": 0, "creates": 0, "owner": owner, "data": o.data}
        return Code.OK

    def multi(self, session: int, operations: tuple[Operation, ...]) -> Code:
        kept = {path: dict(node) for path, node in self.nodes.items()}
        for o in operations:
            code = self.do(session, o)
            if code is not Code.OK:
                self.nodes = kept
                return code
        return Code.OK


def run(schedule: list[tuple[int, Operation]]) -> tuple[Server, Model]:
    server, model = Server(), Model()
    for session, request in schedule:
        server.write(request, session)
        body = server.log[-1].body
        code = body.code if isinstance(body, ErrorTxn) else Code.OK
        if not isinstance(request, SetAcl):
            assert code is model.do(session, request)
        check(server.tree)
    return server, model


def check(tree: Tree) -> None:
    """What holds for any tree: the indices are what a search finds, and the digest is the sum."""
    found = dict(tree.walk())
    assert len(found) == len(tree)
    for path, node in found.items():
        below = [p for p in found if p != "/" and (p.rpartition("/")[0] or "/") == path]
        assert node.stat.num_children == len(below)
        assert node.stat.cversion == 2 * node.creates - len(below)
        assert node.digest == digest_of(path, node)
    assert tree.digest == sum(node.digest for node in found.values()) % 2**64
    owners = {path: node.owner for path, node in found.items() if node.owner}
    by_session = {s: tuple(sorted(p for p in owners if owners[p] == s)) for s in owners.values()}
    assert {s: tree.ephemerals_of(s) for s in tree.sessions()} == by_session
    assert sorted(tree.expendable) == sorted(p for p, node in found.items() if node.container or node.ttl)


@given(schedules)
def test_a_tree_is_what_the_model_says(schedule: list[tuple[int, Operation]]) -> None:
    server, model = run(schedule)
    told = {
        path: {"version": n.version, "creates": n.creates, "owner": n.owner, "data": n.data}
        for path, n in server.tree.walk()
        if not path.startswith("/zookeeper")
    }
    assert told == model.nodes


@given(schedules)
def test_every_server_has_the_same_tree_and_applies_nothing_twice(
    schedule: list[tuple[int, Operation]],
) -> None:
    server, _ = run(schedule)
    follower = empty()
    for txn in server.log:
        before, follower = follower, apply(follower, txn).tree
        if not isinstance(txn.body, ErrorTxn):
            assert apply(follower, txn).tree == follower or has_multi_that_undoes(txn.body)
        else:
            assert follower == before
    assert follower == server.tree


def has_multi_that_undoes(body: Any) -> bool:
    """A multi that deletes what it creates, or the other way round, does it again when applied again."""
    return hasattr(body, "bodies") and len({getattr(b, "path", "") for b in body.bodies}) < len(body.bodies)


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_the_digest_does_not_depend_on_how_a_tree_came_about(one: list[int], other: list[int]) -> None:
    def built(order: list[int]) -> Tree:
        """Six children of one znode, of one zxid and time, but created in this order."""
        server = Server()
        server.create("/p")
        server.write(Multi(tuple(Create(f"/p/{n}", b"%d" % n, OPEN) for n in order)))
        return server.tree

    assert built(one) == built(other)
    assert built(one)["/p"] != built(one[:5])["/p"]


def test_the_paths_of_a_closed_session_are_in_the_transaction() -> None:
    server = Server()
    server.create("/e", flags=1)
    server.write(CloseSession())
    assert server.log[-1].body == CloseSessionTxn(("/e",))
    again = replace(server.log[-1], zxid=99)
    assert apply(server.tree, again).tree == server.tree
