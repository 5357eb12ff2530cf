"""Everything that can be wrong with a lesson, found without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from app.lessons.lesson import FILE, Lesson, at, read_lesson
from app.lessons.runner import Run, Span, run_lesson, try_solution
from app.lessons.words import LATIN, parts, plain, references, widest, width
from app.sim.errors import Refused
from app.texts import LANGS, Lang

READ = 5.0
"""Characters, as wide as Chinese ones, that are read in a second."""
WATCH, THINK, TRY = 5.0, 12, 60
"""Seconds to watch a step, beside reading; for a prediction; for a challenge."""
ASIDE = ("notes", "predict.why", "challenge.hints")


def check(folder: Path) -> tuple[Run | None, list[Refused]]:
    """The run, when there is one, and what is wrong, in the order in which an author would mend it."""
    try:
        lesson = read_lesson(folder)
    except Refused as refused:
        return None, [refused]
    problems = list(check_texts(lesson))
    try:
        run = run_lesson(lesson)
    except Refused as refused:
        return None, [*problems, refused]
    return run, [*problems, *check_run(run)]


# --- words --------------------------------------------------------------------------------------------------


def check_texts(lesson: Lesson) -> Iterator[Refused]:
    """Both languages say everything, and the same; nothing is too long for a projector."""
    for lang in LANGS:
        file = lesson.folder / f"{lang}.toml"
        texts = lesson.texts[lang]
        for key, text in (("title", texts.title), ("summary", texts.summary)):
            yield from _text(lesson, file, "", key, text)
        ids = [step.id for step in lesson.about.step]
        for id in ids:
            if id not in texts.step:
                yield at(file, "step", Refused("lesson-words-missing", id=id))
        for id in texts.step:
            if id not in ids:
                yield at(file, "step", Refused("lesson-words-extra", id=id))
        for step in lesson.about.step:
            if step.id in texts.step:
                yield from _step_texts(lesson, lang, step.id)
    yield from _same_objects(lesson)


def _step_texts(lesson: Lesson, lang: Lang, id: str) -> Iterator[Refused]:
    file, step, texts = lesson.folder / f"{lang}.toml", lesson.step(id), lesson.texts[lang].step[id]
    for key, text in texts.all().items():
        yield from _text(lesson, file, id, key, text, may_be_empty=key in ("after", "notes"))
    for name in ("predict", "challenge"):
        if bool(getattr(step, name)) != bool(getattr(texts, name)):
            code = "lesson-no-words" if getattr(step, name) else "lesson-no-such"
            yield at(file, name, Refused(code, name=name), id)
    if step.predict and texts.predict:
        endpoints = [*lesson.config.nodes, *lesson.config.clients]
        for choice in step.predict.choices:
            if choice not in texts.predict.choices and choice not in endpoints:
                yield at(file, f"predict.choices.{choice}", Refused("lesson-no-choice"), id)
        for choice in {**texts.predict.choices, **texts.predict.why}:
            if choice not in step.predict.choices:
                yield at(file, f"predict.choices.{choice}", Refused("lesson-key"), id)
    if step.challenge and texts.challenge and len(texts.challenge.hints) != step.challenge.hints:
        count = len(texts.challenge.hints)
        yield at(
            file, "challenge.hints", Refused("lesson-hints", count=count, wanted=step.challenge.hints), id
        )


def _text(
    lesson: Lesson, file: Path, step: str, key: str, text: str, may_be_empty: bool = False
) -> Iterator[Refused]:
    if not text.strip():
        if not may_be_empty:
            yield at(file, key, Refused("lesson-empty"), step)
        return
    if width(text) > widest(key):
        most = Refused(
            "lesson-long", width=round(width(text)), most=widest(key), latin=int(widest(key) / LATIN)
        )
        yield at(file, key, most, step)
    try:
        parts(text, lesson.config)
    except Refused as refused:
        yield at(file, key, refused, step)


def _same_objects(lesson: Lesson) -> Iterator[Refused]:
    """What one language points at, the other points at too."""
    first, *others = LANGS
    for id, texts in lesson.texts[first].step.items():
        for lang in others:
            other = lesson.texts[lang].step.get(id)
            theirs = other.all() if other else {}
            for key, text in texts.all().items():
                apart = references(text) ^ references(theirs.get(key, ""))
                if key in theirs and key != "notes" and apart:
                    names = ", ".join(sorted(apart))
                    yield at(lesson.folder / f"{lang}.toml", key, Refused("lesson-apart", names=names), id)


# --- the run ------------------------------------------------------------------------------------------------


def check_run(run: Run) -> Iterator[Refused]:
    file = run.lesson.folder / FILE
    for span in run.spans:
        yield from _prediction(file, span)
        yield from _pace(run, span)
        yield from _challenge(file, run, span)
    if set(run.broken) != set(run.lesson.about.breaks):
        broken = ", ".join(run.broken) or "–"
        said = ", ".join(run.lesson.about.breaks) or "–"
        yield at(file, "breaks", Refused("lesson-breaks", broken=broken, said=said))
    if not any(step.challenge for step in run.lesson.about.step):
        yield at(file, "step", Refused("lesson-no-challenge"))


def _prediction(file: Path, span: Span) -> Iterator[Refused]:
    true = [choice for choice, is_true in span.truths.items() if is_true]
    if span.truths and len(true) != 1:
        what = Refused("lesson-truth", true=", ".join(true) or "–", choices=", ".join(span.truths))
        yield at(file, "predict.choices", what, span.step.id)


def _pace(run: Run, span: Span) -> Iterator[Refused]:
    """A world that runs on behind a caption leaves time to read it."""
    if span.step.freeze:
        return
    played = seconds_played(run, span)
    for lang in LANGS:
        texts = run.lesson.texts[lang].step.get(span.step.id)
        needs = width(texts.caption) / READ if texts else 0
        if played < needs:
            what = Refused("lesson-hurry", played=f"{played:.1f}", needs=f"{needs:.1f}", lang=lang)
            yield at(run.lesson.folder / FILE, "freeze", what, span.step.id)


def _challenge(file: Path, run: Run, span: Span) -> Iterator[Refused]:
    if span.step.challenge is None:
        return
    try:
        tried = try_solution(run, span)
    except Refused as refused:
        yield at(file, "challenge.solution", refused, span.step.id)
        return
    if tried.before:
        yield at(file, "challenge.goal", Refused("lesson-goal-true"), span.step.id)
    for problem in tried.refused:
        yield at(file, "challenge.solution", problem, span.step.id)
    if not tried.after:
        what = Refused("lesson-goal-false", within=span.step.challenge.within, seen=tried.seen)
        yield at(file, "challenge.solution", what, span.step.id)
    if tried.unfinished:
        yield at(
            file, "challenge.solution", Refused("lesson-unfinished", count=tried.unfinished), span.step.id
        )


def seconds_played(run: Run, span: Span) -> float:
    speed = float(Fraction(span.step.speed)) if span.step.speed else run.lesson.config.speed
    return (span.end.time - span.start.time) / 1e6 / speed


def minutes(lesson: Lesson, lang: Lang = "zh") -> float:
    """About how long it takes: what is watched and read, what is thought over and tried."""
    seconds = 0.0
    for step in lesson.about.step:
        texts = lesson.texts[lang].step.get(step.id)
        said = texts.all() if texts else {}
        seconds += sum(width(text) for key, text in said.items() if not key.startswith(ASIDE)) / READ
        seconds += WATCH if step.until else 1.5
        seconds += (THINK if step.predict else 0) + (TRY if step.challenge else 0)
    return seconds / 60


def title(lesson: Lesson, lang: Lang) -> str:
    return plain(lesson.texts[lang].title)
