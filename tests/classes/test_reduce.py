"""The class model: tables of cases. A class is told what happened, and says what it is then."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from app.classes.events import LEAD, SERVER, Event, Fact, Place, pack, unpack
from app.classes.export import as_csv, as_json
from app.classes.reduce import MOST_QUESTIONS, MOST_UNANSWERED, fold, reduce
from app.classes.state import ClassState
from app.classes.views import lead, own, public
from app.sim.errors import Refused

NODES = ("n1", "n2", "n3")
TAGS = ("join", "came", "went")
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def event(tag: str, **fields: Any) -> Event:
    return _events.decode(msgspec.json.encode({"type": tag} | fields))


def fact(by: str, tag: str, /, at: int = 1_000, **fields: Any) -> Fact:
    return Fact(SERVER if tag in TAGS else by, at, event(tag, **fields))


def a_class(*people: str, seats: int = 10) -> ClassState:
    state = ClassState(NODES, seats)
    for person in people:
        state = after(
            state, (person, "join", {"person": person, "name": person.upper(), "lang": "en", "seat": "x"})
        )
        state = after(state, (person, "came", {"person": person}))
    return state


def after(state: ClassState, *said: tuple[str, str, dict[str, Any]]) -> ClassState:
    return fold(state, (fact(by, tag, **fields) for by, tag, fields in said))


def refusal(state: ClassState, by: str, tag: str, **fields: Any) -> str:
    with pytest.raises(Refused) as refused:
        reduce(state, fact(by, tag, **fields))
    assert not refused.value.message("en").startswith("errors."), "it has its sentence"
    assert not refused.value.message("zh").startswith("errors.")
    return refused.value.code


JOIN: dict[str, Any] = {"name": "Ada", "lang": "en", "seat": "hash"}
WHICH: dict[str, Any] = {"kind": "choices", "text": "Who wins?", "choices": ["n1", "n2", "nobody"]}


# --- seats ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("A\u202edA\n", "A dA"),
        ("x" * 60, "x" * 24),
        ("小明", "小明"),
    ],
)
def test_a_nickname_is_one_line_of_text(name: str, shown: str) -> None:
    state = after(a_class(), (SERVER, "join", JOIN | {"person": "p1", "name": name}))
    assert state.people["p1"].name == shown


@pytest.mark.parametrize("name", ["", "   ", "\u200b\n"])
def test_nobody_is_called_nothing(name: str) -> None:
    assert refusal(a_class(), SERVER, "join", person="p1", **(JOIN | {"name": name})) == "class-name"
    assert refusal(a_class("p1"), "p1", "rename", name=name) == "class-name"


def test_seats_are_counted_and_a_removed_one_is_free_again() -> None:
    full = a_class("p1", "p2", seats=2)
    assert refusal(full, SERVER, "join", person="p3", **JOIN) == "class-full"
    freed = after(full, (LEAD, "remove", {"person": "p1"}), (SERVER, "join", JOIN | {"person": "p3"}))
    assert public(freed)["seats"] == 2


def test_who_was_removed_can_say_nothing_and_what_was_answered_is_kept() -> None:
    state = after(
        a_class("p1"),
        (LEAD, "ask", WHICH),
        ("p1", "answer", {"question": "q1", "value": "2"}),
        (LEAD, "remove", {"person": "p1"}),
    )
    assert refusal(state, "p1", "hand", up=True) == "class-removed"
    assert refusal(state, SERVER, "came", person="p1") == "class-nobody"
    assert state.questions[0].answers == {"p1": "2"}


def test_a_locked_class_lets_nobody_in_but_those_who_are() -> None:
    state = after(a_class("p1"), (LEAD, "lock", {"on": True}), (SERVER, "went", {"person": "p1"}))
    assert refusal(state, SERVER, "join", person="p2", **JOIN) == "class-locked"
    assert public(state)["here"] == 0
    assert public(after(state, (SERVER, "came", {"person": "p1"})))["here"] == 1


def test_two_connections_of_one_seat_are_one_person() -> None:
    state = after(a_class("p1"), (SERVER, "came", {"person": "p1"}), (SERVER, "went", {"person": "p1"}))
    assert public(state)["here"] == 1
    assert public(after(state, (SERVER, "went", {"person": "p1"})))["here"] == 0


def test_a_hidden_name_is_a_number_to_all_but_the_lead() -> None:
    state = after(a_class("p1"), (LEAD, "play", {"on": True}), ("p1", "claim", {"node": "n2"}))
    assert public(state)["players"]["n2"]["name"] == "P1"
    hidden = after(state, (LEAD, "hide", {"person": "p1", "on": True}))
    assert public(hidden)["players"]["n2"] == {"id": "p1", "number": 1, "name": ""}
    assert lead(hidden)["roster"][0]["name"] == "P1"


# --- who may say what -------------------------------------------------------------------------------------

LEADS = [
    ("ask", WHICH), ("close", {}), ("again", {}), ("reveal", {}), ("dismiss", {}), ("lock", {"on": True}),
    ("back", {}), ("hand-over", {"person": "p1"}), ("take-back", {}), ("hide", {"person": "p1", "on": True}),
    ("remove", {"person": "p1"}), ("lower", {}), ("settle", {"written": 1}), ("play", {"on": True}),
    ("end", {}),
    ("place", {"branch": "b1", "seq": 1, "time": 2, "live": True}), ("rename", {"person": "p2", "name": "x"}),
]  # fmt: skip
STUDENTS: list[tuple[str, dict[str, Any]]] = [
    ("answer", {"question": "q1", "value": "0"}), ("hand", {"up": True}), ("write", {"text": "why?"}),
    ("follow", {"on": False}), ("claim", {}),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "fields"), LEADS)
def test_only_the_lead_leads(tag: str, fields: dict[str, Any]) -> None:
    for by in ("p1", "projector", "nobody", ""):
        assert refusal(a_class("p1", "p2"), by, tag, **fields) == "class-not-yours"


@pytest.mark.parametrize(("tag", "fields"), STUDENTS)
def test_only_students_answer(tag: str, fields: dict[str, Any]) -> None:
    for by in (LEAD, "projector", SERVER, "p7"):
        assert refusal(a_class("p1"), by, tag, **fields) == "class-not-yours"


def test_nobody_speaks_for_the_server() -> None:
    for tag, fields in (
        ("join", JOIN | {"person": "p9"}),
        ("came", {"person": "p1"}),
        ("went", {"person": "p1"}),
    ):
        with pytest.raises(Refused):
            reduce(a_class("p1"), Fact(LEAD, 1, event(tag, **fields)))


@pytest.mark.parametrize(("tag", "fields"), [*LEADS, *STUDENTS])
def test_after_the_end_nothing_changes(tag: str, fields: dict[str, Any]) -> None:
    over = after(a_class("p1"), (LEAD, "end", {}))
    by = LEAD if (tag, fields) in LEADS else "p1"
    assert refusal(over, by, tag, **fields) == "class-over"


# --- following --------------------------------------------------------------------------------------------


def test_how_many_follow_and_bringing_everyone_back() -> None:
    state = after(a_class("p1", "p2", "p3"), ("p1", "follow", {"on": False}), ("p2", "follow", {"on": False}))
    assert public(state)["following"] == 1
    state, told = reduce(state, fact(LEAD, "back"))
    assert public(state)["following"] == 3
    assert told.now
    assert told.people == ("p1", "p2")


def test_one_driver_at_any_time() -> None:
    state = after(a_class("p1", "p2"), ("p1", "hand", {"up": True}))
    assert public(state)["driver"] is None, "the lead drives"
    state = after(state, (LEAD, "hand-over", {"person": "p1"}))
    assert public(state)["driver"]["id"] == "p1"
    assert public(state)["hands"] == 0, "the hand that was seen is down"
    state = after(state, (LEAD, "hand-over", {"person": "p2"}))
    assert public(state)["driver"]["id"] == "p2"
    assert public(after(state, (LEAD, "take-back", {})))["driver"] is None
    assert public(after(state, (LEAD, "remove", {"person": "p2"})))["driver"] is None
    away = after(state, (SERVER, "went", {"person": "p1"}))
    assert refusal(away, LEAD, "hand-over", person="p1") == "class-away"
    assert refusal(away, LEAD, "hand-over", person="p9") == "class-nobody"


# --- predict, then reveal ---------------------------------------------------------------------------------


def test_answers_are_hidden_until_they_are_revealed_and_only_counted() -> None:
    state = after(
        a_class("p1", "p2"),
        (LEAD, "ask", WHICH | {"truth": "1"}),
        ("p1", "answer", {"question": "q1", "value": "2"}),
    )
    shown = public(state)["question"]
    assert (shown["count"], shown["of"], shown["phase"]) == (1, 2, "open")
    assert not {"truth", "tallies", "votes"} & set(shown)
    assert own(state, state.people["p1"])["answer"] == {"question": "q1", "round": 1, "value": "2"}
    assert own(state, state.people["p2"])["answer"] is None
    shown = public(after(state, (LEAD, "reveal", {})))["question"]
    assert shown["truth"] == "1"
    assert shown["tallies"] == [{"0": 0, "1": 0, "2": 1}]


def test_the_last_answer_counts_while_the_question_is_open() -> None:
    state = after(a_class("p1"), (LEAD, "ask", WHICH))
    for value in "012":
        state = after(state, ("p1", "answer", {"question": "q1", "value": value}))
    assert public(state)["question"]["count"] == 1
    closed = after(state, (LEAD, "close", {}))
    assert refusal(closed, "p1", "answer", question="q1", value="0") == "class-closed"
    assert closed.questions[0].answers == {"p1": "2"}


def test_a_second_vote_keeps_the_first_and_the_split() -> None:
    said = [("p1", "0"), ("p2", "1"), ("p3", "1")]
    state = after(a_class("p1", "p2", "p3"), (LEAD, "ask", WHICH))
    state = after(state, *((p, "answer", {"question": "q1", "value": v}) for p, v in said))
    state = after(state, (LEAD, "again", {}))
    assert public(state)["question"] | {"round": 2, "count": 0} == public(state)["question"]
    assert refusal(state, LEAD, "again") == "class-voted-twice"
    state = after(
        state, *((p, "answer", {"question": "q1", "value": "1"}) for p, _ in said), (LEAD, "reveal", {})
    )
    assert public(state)["question"]["tallies"] == [{"0": 1, "1": 2, "2": 0}, {"0": 0, "1": 3, "2": 0}]
    assert lead(state)["questions"][0]["split"], "two of three are less than seven tenths"
    assert refusal(state, LEAD, "again") == "class-revealed"


def test_what_is_right_may_become_known_after_the_reveal() -> None:
    state = after(
        a_class("p1"), (LEAD, "ask", {"kind": "node", "text": "Who leads next?"}), (LEAD, "reveal", {})
    )
    assert public(state)["question"]["truth"] is None
    state = after(state, (LEAD, "reveal", {"truth": "n3"}))
    assert public(state)["question"]["truth"] == "n3"
    assert refusal(state, LEAD, "reveal", truth="n3") == "class-revealed"


@pytest.mark.parametrize(
    ("kind", "value", "counted"),
    [
        ("choices", "2", "2"), ("choices", "3", None), ("choices", "-1", None), ("choices", "n1", None),
        ("node", "n3", "n3"), ("node", "n4", None), ("node", "0", None),
        ("message", "1187", "1187"), ("message", "-1", None), ("message", "x", None), ("message", "²", None),
        ("number", "3", "3"), ("number", "3.0", "3"), ("number", "-2.50", "-2.5"), ("number", "nan", None),
        ("number", "1e999", None), ("number", "three", None),
    ],
)  # fmt: skip
def test_an_answer_fits_its_question(kind: str, value: str, counted: str | None) -> None:
    asked = {"kind": kind, "text": "?", "choices": WHICH["choices"] if kind == "choices" else []}
    state = after(a_class("p1"), (LEAD, "ask", asked))
    if counted is None:
        assert refusal(state, "p1", "answer", question="q1", value=value) == "class-answer"
    else:
        assert (
            after(state, ("p1", "answer", {"question": "q1", "value": value})).questions[0].tally()[counted]
            == 1
        )


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "choices", "text": "?", "choices": ["one"]},
        {"kind": "choices", "text": "?", "choices": ["one", " "]},
        {"kind": "node", "text": "?", "choices": ["a", "b"]},
        {"kind": "number", "text": "  "},
    ],
)
def test_a_question_that_cannot_be_answered_is_not_asked(asked: dict[str, Any]) -> None:
    assert refusal(a_class(), LEAD, "ask", **asked) == "class-question-form"


def test_an_answer_to_another_question_counts_for_none() -> None:
    state = after(a_class("p1"), (LEAD, "ask", WHICH), (LEAD, "ask", WHICH))
    assert refusal(state, "p1", "answer", question="q1", value="0") == "class-other-question"
    gone = after(state, (LEAD, "dismiss", {}))
    assert public(gone)["question"] is None
    assert refusal(gone, "p1", "answer", question="q2", value="0") == "class-no-question"
    assert len(gone.questions) == 2, "what was asked is kept"


def test_a_class_has_room_for_so_many_questions() -> None:
    state = after(a_class(), *[(LEAD, "ask", WHICH)] * MOST_QUESTIONS)
    assert refusal(state, LEAD, "ask", **WHICH) == "class-questions"


# --- hands, questions in writing --------------------------------------------------------------------------


def test_the_first_hand_stands_first() -> None:
    state = a_class("p1", "p2")
    for at, by in ((5, "p2"), (6, "p1"), (7, "p2")):
        state, _ = reduce(state, fact(by, "hand", at=at, up=True))
    assert [(p.id, p.hand) for p in sorted(state.people.values(), key=lambda p: p.hand)] == [
        ("p2", 5),
        ("p1", 6),
    ]
    assert public(after(state, (LEAD, "lower", {"person": "p2"})))["hands"] == 1
    assert public(after(state, (LEAD, "lower", {})))["hands"] == 0


def test_questions_in_writing_reach_the_lead_alone() -> None:
    state = after(a_class("p1", "p2"), ("p1", "write", {"text": " <i>why?</i> "}))
    assert "why" not in str(public(state))
    assert own(state, state.people["p2"])["written"] == []
    assert lead(state)["written"] == [{"id": 1, "person": "p1", "name": "P1", "text": "<i>why?</i>"}]
    settled = after(state, (LEAD, "settle", {"written": 1}))
    assert lead(settled)["written"] == []
    assert own(settled, settled.people["p1"])["written"] == [{"id": 1, "text": "<i>why?</i>", "done": True}]
    many = after(state, *[("p1", "write", {"text": "and?"})] * (MOST_UNANSWERED - 1))
    assert refusal(many, "p1", "write", text="and?") == "class-written"
    assert refusal(state, LEAD, "settle", written=7) == "class-no-question"


# --- playing the nodes ------------------------------------------------------------------------------------


def test_one_node_a_student_and_one_student_a_node() -> None:
    state = after(a_class("p1", "p2"))
    assert refusal(state, "p1", "claim", node="n1") == "class-no-play"
    state = after(state, (LEAD, "play", {"on": True}), ("p1", "claim", {"node": "n1"}))
    assert refusal(state, "p2", "claim", node="n1") == "class-taken"
    assert refusal(state, "p2", "claim", node="n9") == "unknown-node"
    state = after(state, ("p1", "claim", {"node": "n2"}), ("p2", "claim", {"node": "n1"}))
    assert {n: p["id"] for n, p in public(state)["players"].items()} == {"n2": "p1", "n1": "p2"}
    assert public(after(state, (LEAD, "play", {"on": False})))["players"] == {}
    assert set(public(after(state, ("p1", "claim", {})))["players"]) == {"n1"}


def test_the_node_of_somebody_who_stays_away_may_be_taken() -> None:
    state = after(a_class("p1", "p2"), (LEAD, "play", {"on": True}), ("p1", "claim", {"node": "n1"}))
    state = after(state, (SERVER, "went", {"person": "p1"}))
    assert refusal(state, "p2", "claim", node="n1", at=1_500) == "class-taken", (
        "a phone that slept comes back"
    )
    state, _ = reduce(state, fact("p2", "claim", node="n1", at=90_000))
    assert public(state)["players"]["n1"]["id"] == "p2"
    assert state.people["p1"].node == ""


# --- keeping it -------------------------------------------------------------------------------------------


def test_the_same_facts_make_the_same_class_again() -> None:
    facts = [fact(SERVER, "join", person=p, **JOIN) for p in ("p1", "p2")]
    facts += [
        fact(LEAD, "ask", **WHICH),
        fact("p2", "answer", question="q1", value="1"),
        fact("p1", "write", text="?"),
    ]
    once = fold(ClassState(NODES, 10), facts)
    assert fold(ClassState(NODES, 10), [unpack(pack(f)) for f in facts]) == once


def test_who_comes_late_sees_where_the_lead_is() -> None:
    place = {"branch": "b1", "seq": 17, "time": 2_000.5, "live": False, "services": ["raft"]}
    state = after(a_class(), (LEAD, "place", place))
    assert isinstance(state.place, Place)
    assert (state.place.seq, state.place.services) == (17, ("raft",))


def test_what_is_taken_away_has_everything_and_no_formulas() -> None:
    state = after(
        a_class("p1"),
        (LEAD, "ask", WHICH | {"truth": "2"}),
        ("p1", "answer", {"question": "q1", "value": "2"}),
        ("p1", "rename", {"name": "=1+1"}),
        ("p1", "write", {"text": "@why"}),
    )
    rows = as_csv(state).splitlines()
    assert rows[1] == "answer,p1,'=1+1,1970-01-01T00:00:01+00:00,q1,Who wins?,1,2,nobody,yes"
    assert [row.partition(",")[0] for row in rows[2:]] == ["attendance", "written"]
    assert "'@why" in rows[3]
    taken = as_json(state)
    assert taken["questions"][0]["votes"] == ({"p1": "2"},)
    assert taken["attendance"][0]["name"] == "=1+1"
    assert "seat" not in taken["attendance"][0]
