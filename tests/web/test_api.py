"""The HTTP API: rooms, history, exports, and what it says when something is wrong."""

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from tests.serving import LIVE_TOKEN, Served, serving

SCENARIO = """
title = {en = "A crash", zh = "崩溃"}
protocol = "raft"
nodes = 3
[[step]]
at = "100ms"
do = "crash n1"
"""


def played(served: Served, seconds: float = 3.0, **body: Any) -> tuple[str, str]:
    """A room in which so much virtual time has gone by, and its token."""
    made = served.make(**body)
    room = served.hub.rooms[made["id"]]
    line = room.tree.current.timeline
    served.inside(lambda: line.advance(int(seconds * 1_000_000)))
    return f"/api/rooms/{made['id']}", made["token"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# -- making rooms --------------------------------------------------------------------------------


def test_a_room_from_a_configuration(served: Served) -> None:
    made = served.make(config={"nodes": 3, "seed": 9})
    assert set(made) == {"id", "url", "token"}
    assert made["url"] == f"/rooms/{made['id']}"
    described = served.http.get(f"/api/rooms/{made['id']}").json()
    assert described["config"]["nodes"] == ["n1", "n2", "n3"]
    assert described["title"] == {"en": "A cluster of 3 nodes", "zh": "3 个节点的集群"}
    assert described["branch"] == "b1"
    assert described["people"] == {"viewers": 0, "driving": False}
    assert made["token"] not in json.dumps(described)


def test_a_room_from_a_scenario_text(served: Served) -> None:
    base, _ = played(served, toml=SCENARIO)
    described = served.http.get(base).json()
    assert described["title"] == {"en": "A crash", "zh": "崩溃"}
    marks = served.http.get(f"{base}/branches/b1/marks").json()
    assert [100_000, "crash", "n1"] in [mark[1:] for mark in marks]


def test_a_room_from_each_shipped_scenario(served: Served) -> None:
    listed = served.http.get("/api/scenarios").json()
    assert {"name", "title", "summary", "protocol", "nodes", "picture"} == set(listed[0])
    for scenario in listed:
        made = served.make(scenario=scenario["name"])
        assert served.http.get(f"/api/rooms/{made['id']}").json()["title"] == scenario["title"]


def test_a_moment_carried_elsewhere_is_the_same_moment(served: Served) -> None:
    made = served.make(config={"seed": 4})
    base = f"/api/rooms/{made['id']}"
    room = served.hub.rooms[made["id"]]
    line = room.tree.current.timeline
    served.inside(lambda: line.advance(900_000))
    for text in ("crash n1", "partition n2 n3 | n4 n5"):
        served.http.post(f"{base}/commands", json={"text": text}, headers=bearer(made["token"]))
    served.inside(lambda: line.advance(2_000_000))
    journal = served.http.get(f"{base}/branches/b1/journal").json()
    assert [entry[2] for entry in journal["commands"]] == ["crash n1", "partition n2 n3 | n4 n5"]
    again = served.hub.rooms[served.make(journal=journal)["id"]].tree.current
    assert again.timeline.hash() == line.hash()
    assert (again.timeline.head, again.timeline.time) == (line.head, line.time)
    assert not again.playing, "a moment is looked at first"


def test_an_earlier_moment_has_only_the_commands_before_it(served: Served) -> None:
    base, token = played(served, 1.0)
    first = served.http.post(f"{base}/commands", json={"text": "crash n1"}, headers=bearer(token)).json()
    served.http.post(f"{base}/commands", json={"text": "crash n2"}, headers=bearer(token))
    url = f"{base}/branches/b1/journal"
    journal = served.http.get(url, params={"seq": first["seq"], "time": 1_000_000}).json()
    assert [entry[2] for entry in journal["commands"]] == ["crash n1"]
    assert (journal["seq"], journal["time"]) == (first["seq"], 1_000_000)


def codes(served: Served, body: Any) -> tuple[int, str]:
    answer = served.http.post("/api/rooms", json=body)
    said = answer.json()
    assert set(said) == {"code", "params", "message"}
    assert said["message"]
    assert not said["message"].startswith("errors.")
    return answer.status_code, said["code"]


DOUBLED = [[60, 0, "duplicate * * -> *"]] * 40
JOURNAL = {"config": {}, "commands": [], "seq": 20, "time": 0}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"config": {"nodes": 0}}, 422, "count"),
        ({"config": {"nodes": 100}}, 422, "count"),
        ({"config": {"nodes": "five"}}, 422, "count"),
        ({"config": {"clients": 1.5}}, 422, "count"),
        ({"config": {"nodes": ["n1", "<script>alert(1)</script>"]}}, 422, "bad-name"),
        ({"config": {"nodes": ["n1", "n1"]}}, 422, "names-twice"),
        ({"config": {"colour": 1}}, 422, "unknown-key"),
        ({"config": []}, 422, "bad-request"),
        ({"scenario": "no-such"}, 404, "unknown-scenario"),
        ({"scenario": "../../etc/passwd"}, 404, "unknown-scenario"),
        ({"toml": "protocol = "}, 422, "scenario"),
        ({"toml": SCENARIO + "\nthen = 1"}, 422, "scenario"),
        ({}, 422, "bad-request"),
        ({"scenario": "figure-8", "config": {}}, 422, "bad-request"),
        ({"room": 1}, 422, "bad-request"),
        ([], 422, "bad-request"),
        ({"journal": JOURNAL | {"seq": 10**9}}, 422, "journal-too-long"),
        ({"journal": JOURNAL | {"commands": [[1, 0, "sing"]]}}, 422, "unknown-command"),
        ({"journal": JOURNAL | {"commands": [[1, 0, "restart n1"]]}}, 422, "not-crashed"),
        ({"journal": JOURNAL | {"commands": [[10**12, 0, "crash n1"]]}}, 422, "journal-order"),
        ({"journal": JOURNAL | {"commands": DOUBLED, "seq": 60}}, 422, "too-many-messages"),
        ({"journal": JOURNAL | {"commands": "all"}}, 422, "bad-request"),
    ],
)
def test_what_cannot_become_a_room(served: Served, body: Any, status: int, code: str) -> None:
    rooms = len(served.hub.rooms)
    assert codes(served, body) == (status, code)
    assert len(served.hub.rooms) == rooms


def test_a_body_that_is_no_json_or_too_large(served: Served) -> None:
    json_type = {"Content-Type": "application/json"}
    assert served.http.post("/api/rooms", content="{nope", headers=json_type).status_code == 422
    large = served.http.post("/api/rooms", content=b" " * 2_000_000, headers=json_type)
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    unannounced = served.http.post("/api/rooms", content=iter([b" " * 600_000] * 3), headers=json_type)
    assert (unannounced.status_code, unannounced.json()["code"]) == (413, "too-large")


def test_bounds_on_rooms_nodes_and_haste() -> None:
    with serving(max_rooms=3, max_nodes=6, rooms_per_minute=4) as served:
        assert codes(served, {"config": {"nodes": 7}}) == (422, "too-many-nodes")
        served.make()
        served.make()
        assert codes(served, {"config": {}}) == (503, "too-many-rooms")
        assert codes(served, {"config": {}}) == (429, "too-many-new-rooms")


# -- commands ------------------------------------------------------------------------------------


def test_a_command_by_http(served: Served) -> None:
    base, token = played(served, 1.0)
    done = served.http.post(f"{base}/commands", json={"text": "crash n1"}, headers=bearer(token))
    assert done.status_code == 200
    assert done.json()["branch"] == "b1"
    at = {"branch": "b1", "seq": 20, "time": 0}
    past = served.http.post(f"{base}/commands", json={"text": "crash n2", "at": at}, headers=bearer(token))
    assert past.json()["branch"] == "b2"
    again = served.http.post(f"{base}/commands", json={"text": "crash n2"}, headers=bearer(token))
    assert again.status_code == 422


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", f"Bearer {LIVE_TOKEN}", "Basic eDp5"]
)
def test_a_command_without_the_token(served: Served, authorization: str) -> None:
    base, _ = played(served)
    headers = {"Authorization": authorization} if authorization else {}
    answer = served.http.post(f"{base}/commands", json={"text": "crash n1"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_bound_on_commands_by_http() -> None:
    with serving(message_rate=1, message_burst=2) as served:
        for expected in (200, 422, 429):
            answer = served.http.post(
                "/api/rooms/live/commands", json={"text": "crash n1"}, headers=bearer(LIVE_TOKEN)
            )
            assert answer.status_code == expected


# -- history -------------------------------------------------------------------------------------


def test_chunks_of_history_join_without_gaps(served: Served) -> None:
    base, _ = played(served, 12.0)
    head = served.http.get(base).json()["branches"][0]["head"]
    assert head > 1000
    seq, events = 1, []
    while seq <= head:
        answer = served.http.get(f"{base}/branches/b1/history", params={"seq": seq})
        chunk = answer.json()
        assert set(chunk) == {"branch", "base", "events", "complete"}
        assert ("max-age" in answer.headers["cache-control"]) == chunk["complete"]
        assert chunk["events"][0][0] == seq
        assert chunk["base"]["seq"] == seq - 1
        events += chunk["events"]
        seq = events[-1][0] + 1
    assert [event[0] for event in events] == list(range(1, head + 1))


def test_the_whole_run_as_one_file(served: Served) -> None:
    base, token = played(served, 6.0)
    served.http.post(f"{base}/commands", json={"text": "crash n1"}, headers=bearer(token))
    answer = served.http.get(f"{base}/branches/b1/trace.json")
    trace = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert trace["journal"][0][2] == "crash n1"
    assert [event[0] for event in trace["events"]] == list(range(1, len(trace["events"]) + 1))
    room = served.hub.rooms[base.rpartition("/")[2]]
    assert trace["hash"] == room.tree.current.timeline.hash()


def test_the_space_time_diagram(served: Served) -> None:
    base, _ = played(served, 5.0)
    pictures = []
    for params in ({}, {"from": 1_000_000, "to": 2_000_000}, {"lang": "zh"}):
        answer = served.http.get(f"{base}/branches/b1/spacetime.svg", params=params)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert ElementTree.fromstring(answer.text).tag.endswith("svg")
        pictures.append(answer.text)
    assert len(set(pictures)) == 3


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/rooms/nowhere", 404, "unknown-room"),
        ("/api/rooms/live/branches/b9/history?seq=1", 404, "unknown-branch"),
        ("/api/rooms/live/branches/b1/history?seq=99999999", 422, "history-ahead"),
        ("/api/rooms/live/branches/b1/history?seq=0", 422, "bad-request"),
        ("/api/rooms/live/branches/b1/history?seq=x", 422, "bad-request"),
        ("/api/rooms/live/branches/b1/history", 422, "bad-request"),
        ("/api/source/nothing", 404, "unknown-page"),
        ("/api/nothing", 404, "unknown-page"),
        ("/i18n/fr.json", 404, "unknown-page"),
        ("/static/nothing.js", 404, "unknown-page"),
        ("/static/../pyproject.toml", 404, "unknown-page"),
        ("/static/%2e%2e/pyproject.toml", 404, "unknown-page"),
    ],
)
def test_what_is_not_there(served: Served, path: str, status: int, code: str) -> None:
    answer = served.http.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    chinese = served.http.get(path, headers={"Accept-Language": "zh-CN,en;q=0.5"}).json()
    assert chinese["message"] != answer.json()["message"]


def test_history_that_was_trimmed() -> None:
    with serving(max_events=2000) as served:
        base, _ = played(served, 60.0)
        gone = served.http.get(f"{base}/branches/b1/history", params={"seq": 1})
        assert (gone.status_code, gone.json()["code"]) == (410, "history-trimmed")
        whole = served.http.get(f"{base}/branches/b1/trace.json")
        assert (whole.status_code, whole.json()["code"]) == (410, "history-trimmed")


def test_a_private_branch_is_in_no_description(served: Served) -> None:
    made = served.make()
    with served.enter(made["id"]) as member:
        private = member.ask("fork")["branch"]
        described = served.http.get(f"/api/rooms/{made['id']}").text
        assert private not in described
        assert served.http.get(f"/api/rooms/{made['id']}/branches/{private}/marks").status_code == 200


def test_the_source_that_runs(served: Served) -> None:
    source = served.http.get("/api/source/raft").json()
    assert source["file"] == "protocols/raft/"
    lines = source["source"].splitlines()
    for rule, (line, _function, first, last) in source["rules"].items():
        assert first <= line <= last <= len(lines), rule


def test_a_wrong_method(served: Served) -> None:
    answer = served.http.delete("/api/rooms/live")
    assert (answer.status_code, answer.json()["code"]) == (405, "bad-method")


# -- the browser's own safeguards ----------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_a_foreign_page_cannot_post(served: Served, origin: str) -> None:
    answer = served.http.post("/api/rooms", json={"config": {}}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "bad-origin")


def test_our_own_page_can(served: Served) -> None:
    answer = served.http.post("/api/rooms", json={"config": {}}, headers={"Origin": served.address})
    assert answer.status_code == 201


def test_a_body_that_cannot_be_parsed_is_refused_with_a_sentence(served: Served) -> None:
    answer = served.http.post("/api/rooms", content=b"[" * 5000, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"


def test_a_sentence_of_ours_is_not_announced_as_a_value_error(served: Served) -> None:
    said = served.http.post("/api/rooms", json={}).json()["message"]
    assert "give exactly one of scenario, toml, config and journal" in said
    assert "Value error" not in said
