"""Lessons over HTTP: what pages and classes are given, rooms to play in, verdicts, lessons being written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.lessons.skeleton import FILES
from tests.serving import Served, serving

RAFT = "/api/lessons/raft-election"


def get(served: Served, path: str, status: int = 200, **options: Any) -> Any:
    answer = served.http.get(path, **options)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_course_is_listed_in_its_order(served: Served) -> None:
    listed = get(served, "/api/lessons")
    parts = [it["part"] for it in listed]
    assert parts == sorted(parts)
    raft = next(it for it in listed if it["name"] == "raft-election")
    assert raft["title"]["zh"].startswith("Raft")
    assert raft["challenges"] == ["majority"]
    assert 2 <= raft["minutes"] <= 8


def test_a_lesson_tells_its_spans_questions_and_what_came_true(served: Served) -> None:
    it = get(served, RAFT)
    steps = {step["id"]: step for step in it["steps"]}
    assert [step["start"] for step in it["steps"][1:]] == [step["end"] for step in it["steps"][:-1]]
    assert steps["crash"]["predict"]["answer"] == "n5"
    assert [choice["id"] for choice in steps["crash"]["predict"]["choices"]] == ["n1", "n2", "n4", "n5"]
    assert steps["votes"]["caption"]["en"][0] == ["n3", "node", ["n3"]]
    assert ["RequestVote", "message", ["RequestVote"]] in steps["votes"]["caption"]["zh"]
    assert steps["majority"]["challenge"]["allow"] == ["crash", "restart"]
    assert "three roles" in steps["followers"]["notes"]["en"]


def test_its_run_is_what_its_spans_speak_of_and_never_changes(served: Served) -> None:
    first = served.http.get(f"{RAFT}/recording")
    run, it = first.json(), get(served, RAFT)
    assert len(run["events"]) == it["steps"][-1]["end"]["seq"]
    assert run["view"]["seq"] == 0
    crash = next(step for step in it["steps"] if step["id"] == "crash")
    assert run["events"][crash["start"]["seq"]][2] == "command"
    tag = {"If-None-Match": first.headers["etag"]}
    assert served.http.get(f"{RAFT}/recording", headers=tag).status_code == 304


def make(served: Served, name: str, **at: Any) -> dict[str, str]:
    answer = served.http.post(f"/api/lessons/{name}/rooms", json=at)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def test_a_room_stands_where_the_step_ends_or_where_somebody_was(served: Served) -> None:
    it = get(served, RAFT)
    ends = {step["id"]: step["end"] for step in it["steps"]}
    for at, seq in (
        ({"step": "votes"}, ends["votes"]["seq"]),
        (
            {"step": "votes", "seq": ends["timers"]["seq"], "time": ends["timers"]["time"] + 3},
            ends["timers"]["seq"],
        ),
        ({"step": "majority"}, ends["majority"]["seq"]),
    ):
        made = make(served, "raft-election", **at)
        told = get(served, f"/api/rooms/{made['id']}")
        assert told["branches"][0]["head"] == seq
        assert not told["transport"]["playing"]
        assert told["title"]["zh"].startswith("Raft")
    assert served.http.post(f"{RAFT}/rooms", json={"step": "nowhere"}).status_code == 404
    assert served.http.post(f"{RAFT}/rooms", json={"step": "votes", "seq": 9_999}).status_code == 422


def command(served: Served, made: dict[str, str], text: str) -> None:
    proof = {"Authorization": f"Bearer {made['token']}"}
    answer = served.http.post(f"/api/rooms/{made['id']}/commands", json={"text": text}, headers=proof)
    assert answer.status_code == 200, answer.text


def verdict(served: Served, made: dict[str, str], name: str, step: str, status: int = 200) -> Any:
    where = {"room": made["id"], "branch": "b1"}
    return get(served, f"/api/lessons/{name}/steps/{step}/verdict", status, params=where)


def run_on(served: Served, made: dict[str, str], micros: int) -> None:
    line = served.hub.rooms[made["id"]].tree.current.timeline
    served.inside(lambda: line.advance(line.time + micros))


def test_the_server_judges_a_challenge(served: Served) -> None:
    made = make(served, "2pc-blocks", step="moment")
    assert verdict(served, made, "2pc-blocks", "moment")["reached"] is False
    run_on(served, made, 30_000)
    command(served, made, "crash n1")
    run_on(served, made, 400_000)
    told = verdict(served, made, "2pc-blocks", "moment")
    assert (told["reached"], told["given"], told["problem"]) == (True, 1, "")


def test_what_is_not_allowed_does_not_count(served: Served) -> None:
    made = make(served, "2pc-blocks", step="moment")
    run_on(served, made, 30_000)
    command(served, made, "crash n1")
    command(served, made, "pause n4")
    command(served, made, "resume n4")
    run_on(served, made, 800_000)
    told = verdict(served, made, "2pc-blocks", "moment")
    assert told["reached"] is False
    assert "pause n4" in told["problem"]


def test_only_a_branch_of_the_challenge_is_judged(served: Served) -> None:
    other = served.make(config={"services": ["raft"], "seed": 3})
    assert verdict(served, other, "raft-election", "majority", 422)["code"] == "not-this-challenge"
    assert verdict(served, other, "raft-election", "votes", 422)["code"] == "no-challenge"
    assert get(served, "/api/lessons/nowhere", 404)["code"] == "unknown-lesson"


def test_a_lesson_is_read_like_a_room_but_driven_by_nobody(served: Served) -> None:
    run = get(served, f"{RAFT}/recording")
    chunk = get(served, "/api/rooms/lesson.raft-election/branches/b1/history", params={"seq": 9})
    assert chunk["events"] == run["events"]
    assert get(served, "/api/rooms/lesson.raft-election/branches/b1/costs")["services"]
    proof = {"Authorization": "Bearer anything"}
    answer = served.http.post(
        "/api/rooms/lesson.raft-election/commands", json={"text": "crash n1"}, headers=proof
    )
    assert answer.status_code == 401
    assert get(served, "/api/rooms/lesson.nowhere", 404)["code"] == "unknown-lesson"


# --- being written ------------------------------------------------------------------------------------------


@pytest.fixture
def author(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path / "mine"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with serving(lessons=tmp_path, live=False) as running:
        yield running, folder


def test_a_lesson_of_ones_own_is_read_again_when_it_is_saved(author: tuple[Served, Path]) -> None:
    served, folder = author
    first = get(served, "/api/lessons/mine")
    assert first["own"]
    assert get(served, "/api/lessons")[-1]["name"] == "mine"
    text = (folder / "en.toml").read_text(encoding="utf-8")
    (folder / "en.toml").write_text(text.replace("Nobody leads", "Nobody rules"), encoding="utf-8")
    second = get(served, "/api/lessons/mine")
    assert second["version"] != first["version"]
    assert "Nobody rules" in second["steps"][0]["caption"]["en"][-1]
    (folder / "en.toml").write_text(text.replace("title =", "titel ="), encoding="utf-8")
    wrong = get(served, "/api/lessons/mine", 422)
    assert "mine/en.toml, titel" in wrong["message"]
    assert served.http.get("/lessons/mine", headers={"Accept": "text/html"}).status_code == 200
    assert "mine" not in [it["name"] for it in get(served, "/api/lessons")]
