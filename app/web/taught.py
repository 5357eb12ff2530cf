"""A class that is held on a lesson: the room that it is held in, and the steps as its pages are told them."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from typing import Any

from app.lessons.runner import Run, Span
from app.lessons.shelf import Shelf
from app.lessons.words import StepTexts, parts, plain
from app.rooms.hub import Hub
from app.rooms.room import Room
from app.sim.timeline import Timeline
from app.texts import LANGS, Lang

LISTED_FOR = 10.0  # seconds: a whole class may ask for the page at once
_listed: list[tuple[Shelf, float, list[dict[str, Any]]]] = []
"""The last list, whose it is, and when it was made."""


def listed(shelf: Shelf) -> list[dict[str, Any]]:
    """All lessons that a class can be held on, by name and title."""
    for known, made, rows in _listed:
        if known is shelf and time.monotonic() - made < LISTED_FOR:
            return rows
    rows = [
        {"name": it.name, "title": {lang: it.texts[lang].title for lang in LANGS}} for it in shelf.course()
    ]
    _listed[:] = [(shelf, time.monotonic(), rows)]
    return rows


async def room_of(hub: Hub, shelf: Shelf, name: str) -> Room:
    """A room in which the lesson's whole main line has happened: its lead goes about in it as in any past."""
    run = await asyncio.to_thread(shelf.run, name)
    line = run.line
    timeline = await asyncio.to_thread(
        Timeline.replay, run.lesson.config, line.journal, line.head, line.time, hub.settings.max_events
    )
    title: dict[str, str] = {lang: run.lesson.texts[lang].title for lang in LANGS}
    room = hub.add(title, timeline)
    room.tree.current.playing = False
    return room


def steps(run: Run, leads: bool) -> list[dict[str, Any]]:
    """What is right, and the notes, are the lead's."""
    return [_step(run, span, leads) for span in run.spans]


def _step(run: Run, span: Span, leads: bool) -> dict[str, Any]:
    step, config = span.step, run.lesson.config
    texts = {lang: run.lesson.texts[lang].step[step.id] for lang in LANGS}

    def said(key: str) -> dict[Lang, Any]:
        return {lang: parts(texts[lang].all().get(key, ""), config) for lang in LANGS}

    return {
        "id": step.id,
        "start": {"seq": span.start.seq, "time": span.start.time},
        "end": {"seq": span.end.seq, "time": span.end.time},
        "speed": float(Fraction(step.speed)) if step.speed else config.speed,
        "show": step.show or config.services[:1],
        "caption": said("caption"),
        "after": said("after"),
        "notes": {lang: plain(texts[lang].notes) for lang in LANGS} if leads else {},
        "predict": _predict(span, texts, leads),
    }


def _predict(span: Span, texts: dict[Lang, StepTexts], leads: bool) -> dict[str, Any] | None:
    """In the order in which an answer counts them."""
    if span.step.predict is None:
        return None
    names = list(span.step.predict.choices)
    words = {lang: t.predict for lang, t in texts.items()}
    asked = {
        "question": {lang: plain(w.question) for lang, w in words.items() if w},
        "choices": [
            {lang: plain(w.choices.get(name, name)) for lang, w in words.items() if w} for name in names
        ],
        "reveal": {lang: plain(w.reveal) for lang, w in words.items() if w},
    }
    return asked | ({"truth": str(names.index(span.answer))} if leads and span.answer else {})
