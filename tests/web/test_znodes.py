"""What the server tells of a ZooKeeper server's tree, sessions and watches."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.serving import Served

Get = Callable[..., Any]
SHELL = [
    {"at": "1500ms", "do": ["tell c1 zk 'create /a hello'", "tell c1 zk 'create -e -s /a/e- x'"]},
    {"at": "1900ms", "do": ["tell c1 zk 'create -c /c'", "tell c1 zk 'create -t 60000 /t lives'"]},
    {"at": "2300ms", "do": ["tell c2 zk 'ls -w /a'", "tell c2 zk 'addWatch /a'"]},
]


@pytest.fixture(scope="module")
def get(served: Served) -> Get:
    made = served.make(
        config={"services": ["zookeeper"], "nodes": 3, "clients": 2, "seed": 3, "script": SHELL}
    )
    line = served.hub.rooms[made["id"]].tree.current.timeline
    served.inside(lambda: line.advance(2_900_000))
    served.hub.rooms[made["id"]].tree.current.playing = False
    base = f"/api/rooms/{made['id']}/branches/b1/znodes"

    def ask(rest: str = "", status: int = 200, **query: Any) -> Any:
        answer = served.http.get(base + rest, params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    return ask


def test_a_znode_with_its_stat_and_its_children(get: Get) -> None:
    said = get(path="/a", server="n2")
    assert (said["server"], said["status"], said["path"]) == ("n2", "up", "/a")
    node = said["node"]
    assert base64.b64decode(node["data"]) == b"hello"
    assert list(node["stat"]) == [
        "czxid", "mzxid", "ctime", "mtime", "version", "cversion", "aversion", "ephemeralOwner",
        "dataLength", "numChildren", "pzxid",
    ]  # fmt: skip
    assert node["acl"] == [{"perms": 31, "scheme": "world", "id": "anyone"}]
    (child,) = said["children"]
    assert (child["name"], child["kinds"]) == ("e-0000000000", ["ephemeral", "sequential"])
    assert child["ephemeralOwner"] in {s["id"] for s in get("/sessions")["sessions"]}


def test_kinds_and_what_is_left_of_a_time_to_live(get: Get) -> None:
    rows = {row["name"]: row for row in get()["children"]}
    assert rows["c"]["kinds"] == ["container"]
    assert rows["t"]["kinds"] == ["ttl"]
    assert 58_000 < rows["t"]["ttlLeft"] < 60_000


def test_children_come_in_pages(get: Get) -> None:
    first = get(limit=2)
    assert [row["name"] for row in first["children"]] == ["a", "c"]
    assert first["next"] == "c"
    rest = get(limit=2, after="c")
    assert [row["name"] for row in rest["children"]] == ["t", "zookeeper"]
    assert rest["next"] is None


def test_the_past_and_a_server_that_is_behind(get: Get) -> None:
    """Between the leader's commit and a follower's, the two trees differ: the lag can be seen."""
    head = get()["seq"]
    seen = {get(path="/a", seq=seq, limit=0)["node"] is not None for seq in (1, head)}
    assert seen == {False, True}
    low, high = 1, head
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if get(path="/a", seq=middle)["node"] else (middle, high)
    behind = get(server="n1", beside="n3", seq=high)
    assert {row["name"]: row["side"] for row in behind["children"]} == {"a": "there", "zookeeper": "same"}
    assert behind["lastProcessed"] == get(server="n3", seq=high)["lastProcessed"] - 1


def test_searching(get: Get) -> None:
    assert [row["path"] for row in get("/search", text="E-0")["found"]] == ["/a/e-0000000000"]
    assert get("/search", text="e-0", path="/c")["found"] == []


def test_what_is_carried_away(get: Get) -> None:
    said = get("/export", path="/a")
    assert [(row["path"], row["text"], row["kind"]) for row in said["znodes"]] == [
        ("/a", "hello", "persistent"), ("/a/e-0000000000", "x", "ephemeral"),
    ]  # fmt: skip


def test_sessions_with_their_ephemerals_and_watches(get: Get) -> None:
    rows = {row["client"]: row for row in get("/sessions")["sessions"]}
    assert set(rows) == {"c1", "c2"}
    assert (rows["c1"]["server"], rows["c1"]["ephemerals"]) == ("n1", ["/a/e-0000000000"])
    assert rows["c2"]["watches"] == [{"path": "/a", "kind": "child"}, {"path": "/a", "kind": "recursive"}]
    assert rows["c1"]["expires"] > get()["time"]


def test_completion(get: Get) -> None:
    assert get("/completion", line="get /a/e") == ["/a/e-0000000000"]
    assert "create" in get("/completion", line="cr")


@pytest.mark.parametrize(
    ("rest", "query", "status", "code"),
    [
        ("", {"path": "a"}, 422, "bad-znode-path"),
        ("", {"path": "/a/"}, 422, "bad-znode-path"),
        ("", {"server": "n9"}, 422, "unknown-node"),
        ("", {"server": "c1"}, 422, "unknown-node"),
        ("", {"limit": 100_000}, 422, "bad-request"),
        ("/search", {}, 422, "bad-request"),
        ("/export", {"path": "/none"}, 404, "no-such-znode"),
    ],
)
def test_what_cannot_be_told(get: Get, rest: str, query: dict[str, Any], status: int, code: str) -> None:
    assert get(rest, status, **query)["code"] == code


def test_a_room_without_zookeeper(served: Served) -> None:
    made = served.make()
    answer = served.http.get(f"/api/rooms/{made['id']}/branches/b1/znodes")
    assert (answer.status_code, answer.json()["code"]) == (422, "service-not-here")
