"""A lesson as pages and classes are given it: each step with its span, its words in pieces, what is asked,
and what came true. `docs/lessons.md` describes it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from app.lessons.check import minutes
from app.lessons.lesson import Challenge, Lesson
from app.lessons.runner import Run, Span
from app.lessons.words import StepTexts, bound, parts, plain
from app.sim.describe import describe_services
from app.sim.timeline import origin_view
from app.sim.trace import encode
from app.texts import LANGS, Lang


def brief(lesson: Lesson) -> dict[str, Any]:
    """For a table of contents; the lesson need not be run for it."""
    return {
        "name": lesson.name,
        "part": lesson.about.part,
        "own": lesson.own,
        "title": {lang: lesson.texts[lang].title for lang in LANGS},
        "summary": {lang: lesson.texts[lang].summary for lang in LANGS},
        "services": lesson.config.services,
        "minutes": max(1, round(minutes(lesson))),
        "steps": [step.id for step in lesson.about.step],
        "predictions": [step.id for step in lesson.about.step if step.predict],
        "challenges": [step.id for step in lesson.about.step if step.challenge],
    }


def compiled(run: Run) -> dict[str, Any]:
    """Everything but the events."""
    lesson = run.lesson
    return brief(lesson) | {
        "version": lesson.version,
        "speed": lesson.config.speed,
        "breaks": run.broken,
        "steps": [_step(lesson, span) for span in run.spans],
    }


def recording(run: Run) -> bytes:
    """The run as JSON, as `app.sim.recording` tells a protocol's: what a browser plays."""
    config, line = run.lesson.config, run.line
    fields = {
        "config": config.model_dump(mode="json", by_alias=True),
        "services": describe_services(config),
        "view": origin_view(config),
        "events": line.events(1, line.head),
        "marks": line.marks(),
        "now": line.time,
    }
    return encode(fields)


def _step(lesson: Lesson, span: Span) -> dict[str, Any]:
    step = span.step
    texts = {lang: lesson.texts[lang].step[step.id] for lang in LANGS}
    speed = float(Fraction(step.speed)) if step.speed else lesson.config.speed
    return {
        "id": step.id,
        "start": {"seq": span.start.seq, "time": span.start.time},
        "end": {"seq": span.end.seq, "time": span.end.time},
        "speed": speed,
        "freeze": step.freeze,
        "do": step.do,
        "focus": [[*bound(ref, lesson.config)] for ref in step.focus],
        "show": step.show or lesson.config.services[:1],
        "panel": step.panel,
        "caption": _said(lesson, texts, "caption"),
        "after": _said(lesson, texts, "after"),
        "notes": {lang: plain(texts[lang].notes) for lang in LANGS},
        "predict": _predict(lesson, span, texts),
        "challenge": _challenge(lesson, step.challenge, texts),
    }


def _said(lesson: Lesson, texts: dict[Lang, StepTexts], key: str) -> dict[str, Any]:
    return {lang: parts(texts[lang].all().get(key, ""), lesson.config) for lang in LANGS}


def _predict(lesson: Lesson, span: Span, texts: dict[Lang, StepTexts]) -> dict[str, Any] | None:
    if span.step.predict is None:
        return None

    def choice(name: str) -> dict[str, Any]:
        endpoint = name in (*lesson.config.nodes, *lesson.config.clients)
        words = _said(lesson, texts, f"predict.choices.{name}")
        return {
            "id": name,
            "endpoint": endpoint,
            "words": {lang: said or [name] for lang, said in words.items()},
            "why": _said(lesson, texts, f"predict.why.{name}"),
        }

    return {
        "question": _said(lesson, texts, "predict.question"),
        "choices": [choice(name) for name in span.step.predict.choices],
        "answer": span.answer,
        "reveal": _said(lesson, texts, "predict.reveal"),
    }


def _challenge(
    lesson: Lesson, challenge: Challenge | None, texts: dict[Lang, StepTexts]
) -> dict[str, Any] | None:
    if challenge is None:
        return None
    hints = range(1, challenge.hints + 1)
    return {
        "task": _said(lesson, texts, "challenge.task"),
        "hints": [_said(lesson, texts, f"challenge.hints.{n}") for n in hints],
        "done": _said(lesson, texts, "challenge.done"),
        "allow": challenge.allow,
        "most": challenge.most,
        "solution": [{"when": part.when, "after": part.after, "do": part.do} for part in challenge.solution],
    }
