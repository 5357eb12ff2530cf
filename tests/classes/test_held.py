"""A class over real sockets: what docs/classes.md promises."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.classes.play import WAYS
from app.classes.registry import LETTERS, WRONG_AT_ONCE
from app.texts import full_catalogue
from protocols.registry import PROTOCOLS
from tests.classes.held import Browser, Class
from tests.serving import Served, serving

MakeClass = Callable[..., Class]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(rooms_per_minute=10_000, max_rooms=1_000, max_classes=1_000) as running:
        yield running


@pytest.fixture
def a_class(served: Served) -> MakeClass:
    return lambda **config: Class(served, **config)


# --- opening and joining ---


def test_whoever_drives_a_room_opens_a_class_on_it(served: Served) -> None:
    room = served.make()
    stranger = Browser(served)
    assert stranger.post("classes", 403, room=room["id"])["code"] == "class-driver"
    stranger.http.headers["Authorization"] = f"Bearer {room['token']}"
    made = stranger.post("classes", room=room["id"])
    assert re.fullmatch(f"[{LETTERS}]{{6}}", made["code"])
    assert not set("0O1IL") & set(LETTERS)
    assert stranger.post("classes", 422, room=room["id"])["code"] == "class-exists"


def test_cookies_are_for_the_server_alone(a_class: MakeClass, served: Served) -> None:
    held = a_class()
    answer = Browser(served).http.post("/api/join", json={"code": held.code})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"qs-seat-{held.id}=p1.")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie, "plain HTTP"
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    behind_tls = Browser(served).http.post("/api/join", json={"code": held.code}, headers=proxied)
    assert "Secure" in behind_tls.headers["set-cookie"]


def test_secrets_are_kept_as_hashes_and_said_to_nobody(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    session = held.served.classes.get(held.id)
    tokens = [held.token, next(iter(ada.http.cookies.values())).partition(".")[2]]
    with held.lead.talk(held.id, "lead") as lead:
        said = str([lead.hear("class"), lead.hear("lead")])
    for token in tokens:
        assert token not in said
        assert token not in repr(session.state) + repr(session.opened)


def test_a_nickname_is_made_up_in_the_students_language(a_class: MakeClass, served: Served) -> None:
    held = a_class()
    chinese = Browser(served).post("join", code=held.code, lang="zh")["name"]
    english = Browser(served).post("join", code=held.code, lang="en")["name"]
    assert re.fullmatch(r"[\u4e00-\u9fff]{3,}", chinese)
    assert re.fullmatch(r"[A-Z]\w+ [A-Z]\w+", english)


def test_a_code_is_read_as_people_type_it_and_a_wrong_one_is_told(a_class: MakeClass, served: Served) -> None:
    held = a_class()
    typed = f" {held.code[:3].lower()} {held.code[3:]} "
    assert Browser(served).post("join", code=typed)["id"] == held.id
    assert Browser(served).post("join", 404, code="AAAAAA")["code"] == "class-code"


def test_joining_twice_keeps_the_seat(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student("Ada")
    assert ada.post("join", code=held.code, name="Eve")["name"] == "Ada"
    assert len(held.served.classes.get(held.id).state.people) == 1


def test_the_private_link_leads_and_nothing_else_does(a_class: MakeClass, served: Served) -> None:
    held = a_class()
    other = Browser(served)
    assert other.post(f"classes/{held.id}/lead", 403, token="wrong")["code"] == "class-lead"
    with other.talk(held.id, "lead") as refused:
        assert refused.ended()[0]["code"] == "class-lead"
    other.post(f"classes/{held.id}/lead", 204, token=held.token)
    with other.talk(held.id, "lead") as lead:
        assert lead.hear("class")["lead"] is True


def test_roles_are_checked_by_message(a_class: MakeClass) -> None:
    held = a_class()
    with held.student().talk(held.id, "student") as ada:
        for tag, fields in (("end", {}), ("reveal", {}), ("rename", {"name": "x", "person": "p2"})):
            assert ada.does(tag, **fields)["code"] == "class-not-yours"
        assert ada.does("join", person="p9", name="x", lang="en", seat="")["code"] == "bad-message"
    with Browser(held.served).talk(held.id, "projector") as projector:
        assert projector.does("lock", on=True)["code"] == "class-not-yours"
    with Browser(held.served).talk(held.id, "student") as nobody:
        assert nobody.ended()[0]["code"] == "class-seat"


def test_wrong_codes_are_slowed_down_and_a_class_behind_the_same_address_is_not(served: Served) -> None:
    with serving() as own:
        held, other = Class(own), Class(own)
        own.classes.get(other.id).addresses.clear()  # that one is held elsewhere
        guesser = Browser(own)
        answers = [guesser.http.post("/api/join", json={"code": "AAAAAA"}) for _ in range(WRONG_AT_ONCE + 20)]
        codes = [answer.json()["code"] for answer in answers]
        assert codes[:WRONG_AT_ONCE] == ["class-code"] * WRONG_AT_ONCE
        assert "too-many-codes" in codes
        while guesser.http.post("/api/join", json={"code": "AAAAAA"}).status_code != 429:
            pass
        assert guesser.post("join", 429, code=other.code)["code"] == "too-many-codes"
        assert Browser(own).post("join", code=held.code)["id"] == held.id, "the class that sits here"
        assert Browser(own).post("join", id=other.id)["id"] == other.id, "the QR code"


def test_a_removed_student_is_out_and_a_locked_class_shut(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    with held.lead.talk(held.id, "lead") as lead, ada.talk(held.id, "student") as page:
        page.hear("you")
        lead.does("remove", person="p1")
        assert page.until("you", removed=True)
        lead.does("lock", on=True)
    with ada.talk(held.id, "student") as again:
        assert again.ended()[0]["code"] == "class-seat"
    assert ada.post("join", 422, code=held.code)["code"] == "class-locked"


# --- in class ---


def test_a_question_from_asking_to_the_reveal(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    with (
        held.lead.talk(held.id, "lead") as lead,
        ada.talk(held.id, "student") as page,
        Browser(held.served).talk(held.id, "projector") as projector,
    ):
        lead.does("ask", kind="choices", text="Who wins?", choices=["n1", "n2"], truth="1")
        while projector.hear("class")["question"] is None:
            pass
        assert page.does("answer", question="q1", value="1")["type"] == "ok"
        assert page.until("you")["answer"] == {"question": "q1", "round": 1, "value": "1"}
        hidden = projector.hear("class")["question"]
        assert (hidden["count"], hidden["of"]) == (1, 1)
        assert not {"truth", "tallies"} & set(hidden)
        lead.does("reveal")
        assert projector.hear("class")["question"]["tallies"] == [{"0": 0, "1": 1}]
        assert not any(message["type"] in ("lead", "you") for message in projector.seen)


def test_the_leads_place_reaches_all_and_who_comes_late(a_class: MakeClass) -> None:
    held = a_class()
    place = {"branch": "b1", "seq": 12, "time": 40_000.0, "live": False, "services": ["raft"]}
    with held.lead.talk(held.id, "lead") as lead, held.student().talk(held.id, "student") as page:
        lead.does("place", **place)
        assert place.items() <= page.hear("place").items()
    with held.student().talk(held.id, "student") as late:
        assert late.hear("place")["seq"] == 12


def test_one_seat_drives_the_room_and_nobody_else(a_class: MakeClass) -> None:
    held = a_class()
    room, ada = held.room["id"], held.student()
    bearer = {"Authorization": f"Bearer {held.room['token']}"}
    with (
        held.lead.talk(held.id, "lead") as lead,
        ada.talk(held.id, "student"),
        held.lead.watch(room, "lead") as desk,
        ada.watch(room) as phone,
        held.served.enter(room, token=held.room["token"]) as owner,
    ):
        assert desk.ask("command", text="crash n1")["type"] == "ok"
        for other in (phone, owner):
            assert other.ask("command", text="crash n2")["code"] == "not-driver"
        by_http = held.served.http.post(
            f"/api/rooms/{room}/commands", json={"text": "crash n2"}, headers=bearer
        )
        assert by_http.json()["code"] == "class-drives"
        lead.does("hand-over", person="p1")
        while phone.hear("people").get("you", {}).get("role") != "driver":
            pass
        assert phone.ask("command", text="restart n1")["type"] == "ok"
        assert desk.ask("command", text="crash n2")["code"] == "not-driver"
        lead.does("take-back")
        assert phone.ask("command", text="crash n2")["code"] == "not-driver"
        assert desk.ask("command", text="crash n2")["type"] == "ok"
        lead.does("end")
        assert owner.ask("command", text="restart n2")["type"] == "ok", "after class the room is its owner's"


def test_a_phone_that_slept_has_its_seat_its_answer_and_its_node(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    with held.lead.talk(held.id, "lead") as lead:
        lead.does("play", on=True)
        lead.does("ask", kind="node", text="Who?")
        with ada.talk(held.id, "student") as page:
            page.does("claim", node="n2")
            page.does("answer", question="q1", value="n3")
        with ada.talk(held.id, "student") as again:
            you = again.hear("you")
            assert (you["node"], you["answer"]["value"]) == ("n2", "n3")
            assert again.seen[0]["type"] == "class"


def test_without_a_lead_the_class_goes_on(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    with ada.talk(held.id, "student") as page:
        with held.lead.talk(held.id, "lead"):
            assert page.until("class", lead=True)
        assert page.until("class", lead=False)
        assert page.does("follow", on=False)["type"] == "ok"
        with ada.watch(held.room["id"]) as phone:
            assert phone.ask("fork")["type"] == "ok"
            assert phone.ask("command", text="crash n1")["type"] == "ok", "in a branch of one's own"


def test_a_whole_class_may_explore_at_once(served: Served) -> None:
    with serving(max_branches=4) as own, contextlib.ExitStack() as phones:
        held = Class(own)
        for _ in range(6):
            phone = phones.enter_context(held.student().watch(held.room["id"]))
            assert phone.ask("fork")["type"] == "ok"


# --- playing the nodes ---


def a_transfer(held: Class, desk: Any) -> dict[str, int]:
    """A transfer is under way; gives the vote requests that wait, by node."""
    assert desk.ask("command", text="request c1 transfer 10")["type"] == "ok"
    for _ in range(200):
        desk.ask("transport", action="step")
        view = held.served.hub.rooms[held.room["id"]].tree.current.timeline.view()
        waiting = {
            m["dst"]: m["id"] for m in view["messages"].values() if m["type"] == "Prepare" and m["held"]
        }
        if waiting:
            return waiting
    raise AssertionError("nobody was asked for a vote")


def outcome(held: Class, desk: Any) -> set[str]:
    for _ in range(400):
        desk.ask("transport", action="step")
        view = held.served.hub.rooms[held.room["id"]].tree.current.timeline.view()
        states = {
            s
            for n in view["nodes"].values()
            if not n["client"]
            for s in n["services"]["2pc"]["state"]["states"].values()
        }
        if states & {"a", "c"}:
            return states & {"a", "c"}
    raise AssertionError("no decision")


@pytest.mark.parametrize(("way", "decided"), [("yes", "c"), ("no", "a")])
def test_a_student_votes_and_the_protocol_decides(a_class: MakeClass, way: str, decided: str) -> None:
    held = a_class(services=["2pc"], nodes=3, clients=1)
    ada = held.student()
    with (
        held.lead.talk(held.id, "lead") as lead,
        ada.talk(held.id, "student") as page,
        held.lead.watch(held.room["id"], "lead") as desk,
    ):
        lead.does("play", on=True)
        assert page.ask("act", way="crash")["code"] == "class-inbox", "nobody's node"
        page.does("claim", node="n2")
        waiting = a_transfer(held, desk)
        assert list(waiting) == ["n2"], "nodes that nobody plays run by themselves"
        assert page.ask("act", message=waiting["n2"], way="promise")["code"] == "class-inbox"
        assert page.ask("act", message=waiting["n2"], way=way)["type"] == "ok"
        assert page.ask("act", message=waiting["n2"], way=way)["code"] == "message-gone"
        assert outcome(held, desk) == {decided}


def test_a_student_who_breaks_a_rule_is_caught_by_the_law(a_class: MakeClass) -> None:
    """n2 says yes and gives its locks back at once (BHG 7.4: it must not)."""
    held = a_class(services=["2pc"], nodes=3, clients=2)
    with (
        held.lead.talk(held.id, "lead") as lead,
        held.student().talk(held.id, "student") as page,
        held.lead.watch(held.room["id"], "lead") as desk,
    ):
        lead.does("play", on=True)
        page.does("claim", node="n2")
        waiting = a_transfer(held, desk)
        assert page.ask("act", message=waiting["n2"], way="2pc-unlocks-at-vote")["type"] == "ok"
        laws = held.served.hub.rooms[held.room["id"]].tree.current.timeline.view()["laws"]
        assert laws["2pc-locks"] > 0


def test_every_way_to_play_names_messages_and_mutants_that_exist() -> None:
    for service, types in WAYS.items():
        protocol = PROTOCOLS[service]
        assert set(types) <= {message.__name__ for message in protocol.actor.messages}
        for way in (way for ways in types.values() for way in ways):
            mutant = way.commands[-1].partition(" as ")[2]
            assert not mutant or mutant in protocol.mutants
            if not mutant:
                assert f"class.play.{way.name}" in full_catalogue("zh")


def test_a_node_that_is_given_up_runs_by_itself_again(a_class: MakeClass) -> None:
    held = a_class(services=["2pc"], nodes=3, clients=1)
    with (
        held.lead.talk(held.id, "lead") as lead,
        held.student().talk(held.id, "student") as page,
        held.lead.watch(held.room["id"], "lead") as desk,
    ):
        lead.does("play", on=True)
        page.does("claim", node="n3")
        assert a_transfer(held, desk)
        page.does("claim")
        assert outcome(held, desk) == {"c"}
        view = held.served.hub.rooms[held.room["id"]].tree.current.timeline.view()
        assert view["network"]["rules"] == []


# --- a lesson ---


def test_a_class_on_a_lesson_has_its_steps_and_only_the_lead_its_answers(served: Served) -> None:
    lead = Browser(served)
    made = lead.post("classes", lesson="2pc-blocks")
    ada = Browser(served)
    ada.post("join", code=made["code"])
    leads, follows = (b.http.get(f"/api/classes/{made['id']}/lesson").json() for b in (lead, ada))
    asked = next(step for step in leads if step["predict"])
    assert asked["predict"]["truth"] in "012"
    assert any(step["notes"]["zh"] for step in leads)
    assert not any("truth" in (step["predict"] or {}) or step["notes"] for step in follows)
    assert set(asked["predict"]["choices"][0]) == {"en", "zh"}
    with ada.watch(served.classes.get(made["id"]).opened.room) as phone:
        welcome = phone.hear("welcome")
        assert welcome["view"]["seq"] == leads[-1]["end"]["seq"], "the room holds the whole run"
        assert welcome["transport"]["playing"] is False
    assert lead.post("classes", 404, lesson="no-such")["code"] == "unknown-lesson"


# --- after ---


def test_what_is_taken_away_and_deleted_is_the_leads(a_class: MakeClass) -> None:
    held = a_class()
    ada = held.student()
    with held.lead.talk(held.id, "lead") as lead, ada.talk(held.id, "student") as page:
        lead.does("ask", kind="number", text="How many?")
        page.does("answer", question="q1", value="3")
        lead.does("end")
        assert ada.http.get(f"/api/classes/{held.id}/answers.csv").status_code == 403
        sheet = held.lead.http.get(f"/api/classes/{held.id}/answers.csv").text
        assert ",q1,How many?,1,3,3," in sheet
        taken = held.lead.http.get(f"/api/classes/{held.id}/answers.json").json()
        assert taken["questions"][0]["votes"] == [{"p1": "3"}]
        assert ada.post(f"classes/{held.id}/delete", 403)["code"] == "class-lead"
        held.lead.post(f"classes/{held.id}/delete", 204)
        page.hear("deleted")
    assert ada.post("join", 404, id=held.id)["code"] == "unknown-class"


def test_what_is_acknowledged_survives_the_server(tmp_path: Path) -> None:
    settings = {"database": str(tmp_path / "db"), "live_loopback_drives": True}
    with serving(**settings) as first:
        lead, ada = Browser(first), Browser(first)
        made = lead.post("classes", room="live")
        ada.post("join", code=made["code"], name="Ada")
        with lead.talk(made["id"], "lead") as desk, ada.talk(made["id"], "student") as page:
            desk.does("ask", kind="number", text="How many?")
            assert page.does("answer", question="q1", value="3")["type"] == "ok"
            before = first.classes.get(made["id"]).state.questions
    with serving(**settings) as second:
        assert second.classes.get(made["id"]).state.questions == before
        ada.served = lead.served = second
        with ada.talk(made["id"], "student") as page:
            assert page.hear("you")["answer"]["value"] == "3"
        with lead.talk(made["id"], "lead") as desk:
            assert desk.does("reveal", truth="3")["type"] == "ok"
        assert Browser(second).post("join", code=made["code"])["id"] == made["id"], "the same code"


def test_a_class_that_is_forgotten_ends_and_goes(a_class: MakeClass) -> None:
    held = a_class()
    classes = held.served.classes
    session = classes.get(held.id)
    hour, day = 3_600_000, 24 * 3_600_000

    def over_after(later: int) -> bool:
        held.served.work(classes.sweep(session.opened.opened + later))
        return session.state.ended

    assert not over_after(hour)
    assert over_after(day)
    assert over_after(20 * day)
    assert held.id in classes.sessions
    assert over_after(40 * day)
    assert held.id not in classes.sessions
