"""A client is told what to ask for, as JSON: what the pages do with znodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.sim.config import read_config
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from protocols.zookeeper.tree import Tree

OPEN = [{"perms": 31, "scheme": "world", "id": "anyone"}]


def create(path: str) -> dict[str, Any]:
    return {"op": "create", "path": path, "data": "aGVsbG8=", "acl": OPEN, "flags": 0}


@pytest.fixture
def run() -> Timeline:
    line = Timeline(read_config({"services": ["zookeeper"], "nodes": 3, "clients": 1, "seed": 3}))
    line.advance(1_500_000)
    return line


def ask(run: Timeline, *operations: Any) -> Tree:
    for operation in operations:
        run.execute(f"tell c1 ask '{json.dumps(operation)}'")
    run.advance(run.time + 600_000)
    tree: Tree = run.sim.cluster.machines["n3"].processes[0].state.tree
    return tree


def test_requests_by_name(run: Timeline) -> None:
    tree = ask(run, create("/a"), {"op": "setData", "path": "/a", "data": None, "version": 0})
    assert (tree["/a"].data, tree["/a"].version) == (None, 1)


def test_all_or_nothing(run: Timeline) -> None:
    renamed = [create("/b"), {"op": "delete", "path": "/a"}]
    tree = ask(run, {"op": "multi", "operations": renamed})
    assert "/b" not in tree  # there is no /a
    tree = ask(run, create("/a"), {"op": "multi", "operations": renamed})
    assert "/b" in tree
    assert "/a" not in tree


@pytest.mark.parametrize(
    "text", ["x", "[]", '{"op": "addAuth"}', '{"op": "create"}', '{"op": "multi"}', '{"op": "closeSession"}']
)
def test_what_cannot_be_asked_for_changes_nothing(run: Timeline, text: str) -> None:
    head = run.head
    with pytest.raises(Refused) as refused:
        run.execute(f"tell c1 ask '{text}'")
    assert (refused.value.code, run.head) == ("bad-operation", head)


def test_what_is_told_may_be_long_but_not_endless(run: Timeline) -> None:
    long = create("/a") | {"data": "aGVs" * 1_000}
    assert len(ask(run, long)["/a"].data or b"") == 3_000
    with pytest.raises(Refused) as refused:
        ask(run, long | {"data": "aGVs" * 4_000})
    assert refused.value.code == "command-too-long"
