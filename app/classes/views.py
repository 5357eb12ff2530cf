"""What each may see of a class: everybody, one student of itself, the lead."""

from __future__ import annotations

from typing import Any

from app.classes.state import ClassState, Person, Question


def public(state: ClassState) -> dict[str, Any]:
    """For every screen, the projector's too. Nobody's answer is in it, and no count by answers until it is
    revealed."""
    here = state.present
    return {
        "here": len(here),
        "seats": sum(not p.removed for p in state.people.values()),
        "following": sum(p.follows for p in here),
        "hands": sum(p.hand > 0 for p in here),
        "lead": state.leads > 0,
        "locked": state.locked,
        "ended": state.ended,
        "plays": state.plays,
        "nodes": state.nodes,
        "players": {p.node: _shown(p) for p in state.people.values() if p.node},
        "driver": _shown(state.people[state.driver]) if state.driver else None,
        "question": _question(state.question, len(here)) if state.question else None,
    }


def _shown(person: Person) -> dict[str, Any]:
    """A name that is hidden is a number."""
    return {"id": person.id, "number": person.number, "name": "" if person.hidden else person.name}


def _question(q: Question, here: int) -> dict[str, Any]:
    shown = {
        "id": q.id,
        "kind": q.kind,
        "text": q.text,
        "choices": q.choices,
        "step": q.step,
        "round": len(q.votes),
        "phase": q.phase,
        "count": len(q.answers),
        "of": max(here, len(q.answers)),
    }
    return shown | _result(q) if q.phase == "revealed" else shown


def _result(q: Question) -> dict[str, Any]:
    return {
        "truth": q.truth,
        "tallies": [q.tally(i) for i in range(len(q.votes))],
    }


def own(state: ClassState, person: Person) -> dict[str, Any]:
    q = state.question
    return {
        "id": person.id,
        "number": person.number,
        "name": person.name,
        "hand": person.hand > 0,
        "follows": person.follows,
        "node": person.node,
        "removed": person.removed,
        "answer": (
            {"question": q.id, "round": len(q.votes), "value": q.answers[person.id]}
            if q and person.id in q.answers
            else None
        ),
        "written": [
            {"id": w.id, "text": w.text, "done": w.done} for w in state.written if w.person == person.id
        ],
    }


def lead(state: ClassState) -> dict[str, Any]:
    q = state.question
    return {
        "roster": [
            {
                "id": p.id,
                "number": p.number,
                "name": p.name,
                "here": p.here,
                "follows": p.follows,
                "hand": p.hand,
                "node": p.node,
                "hidden": p.hidden,
                "answered": bool(q and p.id in q.answers),
            }
            for p in state.people.values()
            if not p.removed
        ],
        "written": [
            {"id": w.id, "person": w.person, "name": state.people[w.person].name, "text": w.text}
            for w in state.written
            if not w.done
        ],
        "questions": [
            _question(question, 0) | _result(question) | {"split": question.split}
            for question in state.questions
        ],
    }
