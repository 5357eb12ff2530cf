"""How a class goes on: a state and a fact make the next state, and say who must be told.

Nothing here waits, looks at a clock or rolls dice: what comes from outside is in the fact. Whatever cannot be
is refused with a sentence, and nothing has changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import singledispatch
from typing import Any

import msgspec
from msgspec.structs import replace

from app.classes.events import (
    LEAD,
    LONGEST_NAME,
    SERVER,
    Again,
    Answer,
    Ask,
    Back,
    Came,
    Claim,
    Close,
    Dismiss,
    End,
    Fact,
    Follow,
    Hand,
    HandOver,
    Hide,
    Join,
    Lock,
    Lower,
    Place,
    Play,
    Remove,
    Rename,
    Reveal,
    Settle,
    TakeBack,
    Went,
    Write,
)
from app.classes.state import ClassState, Person, Question, Written
from app.sim.errors import Refused

MOST_QUESTIONS, MOST_WRITTEN, MOST_UNANSWERED = 200, 500, 5
"""In one class: questions of the lead, written ones, and of these not yet answered from one student."""


class Told(msgspec.Struct, frozen=True):
    """Who must be told. The lead is, whenever anything has changed."""

    public: bool = False
    """Everybody: something changed that all see."""
    now: bool = False
    """At once: not a count that may wait for the next."""
    people: tuple[str, ...] = ()
    """These, of themselves."""
    lead: bool = True


BY_THE_LEAD = (
    Ask, Close, Again, Reveal, Dismiss, Lock, Back, HandOver, TakeBack, Hide, Remove, Lower, Settle, Play,
    End, Place,
)  # fmt: skip
BY_THE_SERVER = (Join, Came, Went)
BY_STUDENTS = (Answer, Hand, Write, Follow, Claim)


def reduce(state: ClassState, fact: Fact) -> tuple[ClassState, Told]:
    """The class after `fact`. Raises Refused when it cannot be."""
    event = fact.event
    _check_speaker(state, fact.by, event)
    if state.ended and not isinstance(event, Came | Went):
        raise Refused("class-over")
    return _apply(event, state, fact.by, fact.at)


def fold(state: ClassState, facts: Iterable[Fact]) -> ClassState:
    for fact in facts:
        state, _ = reduce(state, fact)
    return state


def _check_speaker(state: ClassState, by: str, event: Any) -> None:
    if isinstance(event, BY_THE_SERVER):
        allowed = by == SERVER
    elif isinstance(event, BY_THE_LEAD):
        allowed = by == LEAD
    else:
        allowed = by in state.people or (by == LEAD and isinstance(event, Rename))
        if by in state.people and state.people[by].removed:
            raise Refused("class-removed")
    if not allowed:
        raise Refused("class-not-yours")


@singledispatch
def _apply(event: Any, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    raise NotImplementedError(type(event))  # pragma: no cover - the union is closed


# --- people -----------------------------------------------------------------------------------------------


def _known(state: ClassState, person: str) -> Person:
    found = state.people.get(person)
    if found is None or found.removed:
        raise Refused("class-nobody", person=person)
    return found


def _with(state: ClassState, person: Person, **changes: Any) -> ClassState:
    return replace(state, people={**state.people, person.id: replace(person, **changes)})


def clean_name(name: str) -> str:
    """One line of printable characters, no longer than a roster shows."""
    line = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return line[:LONGEST_NAME].strip()


@_apply.register
def _(event: Join, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if state.locked:
        raise Refused("class-locked")
    taken = sum(not p.removed for p in state.people.values())
    if taken >= state.seats:
        raise Refused("class-full", limit=state.seats)
    if event.person in state.people:
        raise Refused("class-name", name=event.person)
    name = clean_name(event.name)
    if not name:
        raise Refused("class-name", name=event.name)
    person = Person(event.person, name, event.lang, event.seat, joined=at, last=at)
    return replace(state, people={**state.people, person.id: person}), Told(public=True)


@_apply.register
def _(event: Came, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if event.person == LEAD:
        return replace(state, leads=state.leads + 1), Told(public=True)
    person = _known(state, event.person)
    return _with(state, person, links=person.links + 1, last=at), Told(public=True, people=(person.id,))


@_apply.register
def _(event: Went, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if event.person == LEAD:
        return replace(state, leads=max(0, state.leads - 1)), Told(public=True)
    person = state.people[event.person]
    return _with(state, person, links=max(0, person.links - 1), last=at), Told(public=True)


@_apply.register
def _(event: Rename, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if by != LEAD and event.person not in ("", by):
        raise Refused("class-not-yours")
    person = _known(state, event.person or by)
    name = clean_name(event.name)
    if not name:
        raise Refused("class-name", name=event.name)
    return _with(state, person, name=name), Told(public=True, people=(person.id,))


@_apply.register
def _(event: Hide, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    person = _known(state, event.person)
    return _with(state, person, hidden=event.on), Told(public=True, now=True)


@_apply.register
def _(event: Remove, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """The seat is lost; what it answered is kept."""
    person = _known(state, event.person)
    state = _with(state, person, removed=True, hand=0, node="")
    driver = "" if state.driver == person.id else state.driver
    return replace(state, driver=driver), Told(public=True, now=True, people=(person.id,))


@_apply.register
def _(event: Lock, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    return replace(state, locked=event.on), Told(public=True, now=True)


@_apply.register
def _(event: End, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    people = {id: replace(p, node="", hand=0) for id, p in state.people.items()}
    return replace(state, ended=True, driver="", plays=False, people=people), Told(public=True, now=True)


# --- following --------------------------------------------------------------------------------------------


@_apply.register
def _(event: Place, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """Told by itself, to everybody: see app/classes/session.py."""
    return replace(state, place=event), Told(lead=False)


@_apply.register
def _(event: Follow, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    return _with(state, state.people[by], follows=event.on), Told(public=True, people=(by,))


@_apply.register
def _(event: Back, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    strayed = tuple(p.id for p in state.people.values() if not p.follows)
    people = {id: replace(p, follows=True) for id, p in state.people.items()}
    return replace(state, people=people), Told(public=True, now=True, people=strayed)


@_apply.register
def _(event: HandOver, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """One driver at any time: whoever had the controls has them no longer."""
    person = _known(state, event.person)
    if not person.here:
        raise Refused("class-away", name=person.name)
    state = _with(state, person, hand=0, follows=True)
    return replace(state, driver=person.id), Told(public=True, now=True, people=(person.id,))


@_apply.register
def _(event: TakeBack, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    return replace(state, driver=""), Told(public=True, now=True)


# --- questions of the lead --------------------------------------------------------------------------------


def _asked(state: ClassState) -> Question:
    if state.question is None:
        raise Refused("class-no-question")
    return state.question


def _change(state: ClassState, **changes: Any) -> ClassState:
    last = replace(state.questions[-1], **changes)
    return replace(state, questions=(*state.questions[:-1], last))


@_apply.register
def _(event: Ask, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if len(state.questions) >= MOST_QUESTIONS:
        raise Refused("class-questions", limit=MOST_QUESTIONS)
    choices = tuple(" ".join(choice.split()) for choice in event.choices)
    if not event.text.strip() or (event.kind == "choices") != (len(choices) > 1) or not all(choices):
        raise Refused("class-question-form")
    id = f"q{len(state.questions) + 1}"
    question = Question(id, event.kind, event.text.strip(), choices, None, event.step, at)
    if event.truth is not None:
        question = replace(question, truth=_checked(state, question, event.truth))
    return replace(state, questions=(*state.questions, question), showing=True), Told(public=True, now=True)


@_apply.register
def _(event: Close, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if _asked(state).phase != "open":
        raise Refused("class-closed")
    return _change(state, phase="closed"), Told(public=True, now=True)


@_apply.register
def _(event: Again, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    question = _asked(state)
    if question.phase == "revealed":
        raise Refused("class-revealed")
    if len(question.votes) > 1:
        raise Refused("class-voted-twice")
    return _change(state, phase="open", votes=(*question.votes, {})), Told(public=True, now=True)


@_apply.register
def _(event: Reveal, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """What is right may become known only later, when the run has decided it."""
    question = _asked(state)
    truth = question.truth if event.truth is None else _checked(state, question, event.truth)
    if question.phase == "revealed" and truth == question.truth:
        raise Refused("class-revealed")
    return _change(state, phase="revealed", truth=truth), Told(public=True, now=True)


@_apply.register
def _(event: Dismiss, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    _asked(state)
    return replace(state, showing=False), Told(public=True, now=True)


@_apply.register
def _(event: Answer, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """As often as one likes while it is open: the last one counts, and nobody is asked to be quick."""
    question = _asked(state)
    if question.id != event.question:
        raise Refused("class-other-question")
    if question.phase != "open":
        raise Refused("class-closed")
    answers = {**question.answers, by: _checked(state, question, event.value)}
    state = _change(state, votes=(*question.votes[:-1], answers))
    return state, Told(public=True, people=(by,))


def _checked(state: ClassState, question: Question, value: str) -> str:
    """An answer as it is counted: the number of a choice, a node, a message's id, a number."""
    wanted: tuple[str, ...] = ()
    if question.kind == "choices":
        wanted = tuple(str(i) for i in range(len(question.choices)))
    elif question.kind == "node":
        wanted = state.nodes
    elif question.kind == "message" and value.isascii() and value.isdecimal():
        wanted = (value,)
    elif question.kind == "number":
        value = _number(value)
        wanted = (value,)
    if value not in wanted:
        raise Refused("class-answer", value=value)
    return value


def _number(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e12:
        raise Refused("class-answer", value=value)
    return f"{number:.12g}"


# --- hands, and questions in writing ----------------------------------------------------------------------


@_apply.register
def _(event: Hand, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """Whoever raised it first stands first: raising it again changes nothing."""
    person = state.people[by]
    return _with(state, person, hand=(person.hand or at) if event.up else 0), Told(public=True, people=(by,))


@_apply.register
def _(event: Lower, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    up = [p for p in state.people.values() if p.hand and event.person in ("", p.id)]
    if event.person:
        _known(state, event.person)
    people = {**state.people, **{p.id: replace(p, hand=0) for p in up}}
    return replace(state, people=people), Told(public=True, people=tuple(p.id for p in up))


@_apply.register
def _(event: Write, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    if not event.text.strip():
        raise Refused("class-question-form")
    waiting = sum(w.person == by and not w.done for w in state.written)
    if waiting >= MOST_UNANSWERED or len(state.written) >= MOST_WRITTEN:
        raise Refused("class-written", limit=MOST_UNANSWERED)
    written = Written(len(state.written) + 1, by, event.text.strip(), at)
    return replace(state, written=(*state.written, written)), Told(people=(by,))


@_apply.register
def _(event: Settle, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    found = next((w for w in state.written if w.id == event.written), None)
    if found is None:
        raise Refused("class-no-question")
    written = tuple(replace(w, done=True) if w is found else w for w in state.written)
    return replace(state, written=written), Told(people=(found.person,))


# --- playing the nodes ------------------------------------------------------------------------------------


@_apply.register
def _(event: Play, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """Who played a node is nobody any more when it ends."""
    players = tuple(p.id for p in state.people.values() if p.node)
    people = state.people if event.on else {id: replace(p, node="") for id, p in state.people.items()}
    return replace(state, plays=event.on, people=people), Told(public=True, now=True, people=players)


@_apply.register
def _(event: Claim, state: ClassState, by: str, at: int) -> tuple[ClassState, Told]:
    """One node a student, one student a node."""
    if event.node and not state.plays:
        raise Refused("class-no-play")
    if event.node and event.node not in state.nodes:
        raise Refused("unknown-node", name=event.node, known=", ".join(state.nodes))
    player = state.player(event.node)
    if player is not None and player.id != by and (player.here or at - player.last < AWAY):
        raise Refused("class-taken", node=event.node)
    if player is not None and player.id != by:
        state = _with(state, player, node="")
    state = _with(state, state.people[by], node=event.node)
    return state, Told(public=True, now=True, people=(by,))


AWAY = 60_000
"""Milliseconds after which the node of somebody who has gone may be taken by another."""
