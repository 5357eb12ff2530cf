"""A class to take away: its questions, answers and attendance, for a spreadsheet or a program."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from app.classes.state import ClassState, Question


def as_json(state: ClassState) -> dict[str, Any]:
    return {
        "attendance": [
            {"id": p.id, "name": p.name, "joined": _time(p.joined), "last": _time(p.last)}
            for p in state.people.values()
        ],
        "questions": [
            {
                "id": q.id, "kind": q.kind, "text": q.text, "choices": q.choices, "truth": q.truth,
                "step": q.step, "asked": _time(q.asked), "split": q.split, "votes": q.votes,
            }
            for q in state.questions
        ],
        "written": [
            {"person": w.person, "text": w.text, "at": _time(w.at), "done": w.done} for w in state.written
        ],
    }  # fmt: skip


def as_csv(state: ClassState) -> str:
    """One line an answer; then one line a student and one line a written question, in the same columns."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(
        ["what", "person", "name", "at", "question", "text", "vote", "answer", "in words", "right"]
    )
    for q in state.questions:
        for vote, answers in enumerate(q.votes, 1):
            for person, value in answers.items():
                right = "" if q.truth is None else "yes" if value == q.truth else "no"
                name = state.people[person].name
                row = [
                    "answer",
                    person,
                    name,
                    _time(q.asked),
                    q.id,
                    q.text,
                    vote,
                    value,
                    _words(q, value),
                    right,
                ]
                sheet.writerow(map(_plain, row))
    for p in state.people.values():
        sheet.writerow(
            map(_plain, ["attendance", p.id, p.name, _time(p.joined), "", "", "", _time(p.last), "", ""])
        )
    for w in state.written:
        name = state.people[w.person].name
        sheet.writerow(map(_plain, ["written", w.person, name, _time(w.at), "", w.text, "", "", "", ""]))
    return out.getvalue()


def _words(q: Question, value: str) -> str:
    return q.choices[int(value)] if q.kind == "choices" else value


def _plain(cell: object) -> str:
    """Spreadsheets take a cell that begins so for a formula; what a student wrote is text."""
    text = str(cell)
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not text.lstrip("+-").isdecimal()
    return f"'{text}" if formula else text


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds") if ms else ""
