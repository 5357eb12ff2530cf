"""Lessons over HTTP: the contents, one lesson, rooms to play in, verdicts on challenges, and the pages."""

import asyncio
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from app.lessons.compiled import brief, compiled, recording
from app.lessons.lesson import PARTS, broken_rule
from app.lessons.runner import Run, Watch
from app.lessons.shelf import Shelf
from app.rooms.branch import Branch
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from app.texts import LANGS
from app.web.api import LAST, AHub, MadeRoom, Strict
from app.web.cached import revalidated
from app.web.languages import language
from app.web.modules import lenses_of, modules_of
from app.web.pages import render
from app.web.visitors import address
from protocols.registry import PROTOCOLS

router = APIRouter(prefix="/api/lessons", tags=["lessons"])
pages = APIRouter(include_in_schema=False)

MOST_AT_ONCE = 5_000
"""Events that one request looks at; a page asks again."""
_watches: WeakKeyDictionary[Branch, dict[tuple[str, str, str], Watch]] = WeakKeyDictionary()
"""Who follows which branch, for which challenge; they end with the branch."""


class Playing(Strict):
    """Where a room of one's own begins: where a step ends, or at a moment of the lesson's run."""

    step: Annotated[str, Field(max_length=40)]
    seq: Annotated[int, Field(ge=0, le=LAST)] | None = None
    time: Annotated[int, Field(ge=0, le=LAST)] | None = None


class Verdict(Strict):
    """`reached` and where the goal was true first; `given` commands so far; what is against it counting."""

    reached: bool
    seq: int
    time: int
    given: int
    problem: str


def the_shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.lessons
    return shelf


AShelf = Annotated[Shelf, Depends(the_shelf)]
Name = Annotated[str, Path(max_length=60)]


# Handlers that run a lesson are plain functions: they do so beside the event loop.


@router.get("")
def lessons(shelf: AShelf) -> list[dict[str, Any]]:
    return [brief(lesson) for lesson in shelf.course()]


@router.get("/{name}")
def lesson(request: Request, shelf: AShelf, name: Name) -> Response:
    return revalidated(request, msgspec.json.encode(compiled(shelf.run(name))), "application/json")


@router.get("/{name}/recording")
def lesson_recording(request: Request, shelf: AShelf, name: Name) -> Response:
    return revalidated(request, recording(shelf.run(name)), "application/json")


@router.post("/{name}/rooms", status_code=201)
async def play(request: Request, shelf: AShelf, hub: AHub, name: Name, at: Playing) -> MadeRoom:
    """A room that stands still at that moment; its maker drives it."""
    hub.check_maker(address(request))
    run = await asyncio.to_thread(shelf.run, name)
    timeline = await asyncio.to_thread(_from, run, at, hub.settings.max_events)
    title: dict[str, str] = {lang: run.lesson.texts[lang].title for lang in LANGS}
    room = hub.add(title, timeline)
    room.tree.current.playing = False
    room.keep()
    await room.valve.open()
    return MadeRoom(id=room.id, url=f"{hub.settings.prefix}/rooms/{room.id}", token=room.token)


def _from(run: Run, at: Playing, keep_events: int) -> Timeline:
    run.lesson.step(at.step)
    end = next(span.end for span in run.spans if span.step.id == at.step)
    seq, time = (end.seq, end.time) if at.seq is None else (at.seq, at.time)
    if seq > run.line.head:
        raise Refused("history-ahead", seq=seq, head=run.line.head)
    journal = [entry for entry in run.line.journal if entry[0] < seq]
    time = None if time is None else min(time, run.line.time)
    return Timeline.replay(run.lesson.config, journal, seq, time, keep_events)


@router.get("/{name}/steps/{step}/verdict")
async def verdict(
    request: Request,
    shelf: AShelf,
    hub: AHub,
    name: Name,
    step: Annotated[str, Path(max_length=40)],
    room: Annotated[str, Query(max_length=40)],
    branch: Annotated[str, Query(max_length=64)],
) -> Verdict:
    """Was the challenge's goal ever true in this branch? Judged by running it again, event by event."""
    where = await hub.find(room)
    where.touch()
    found = where.tree.get(branch)
    if found is None:
        raise Refused("unknown-branch", branch=branch)
    run = await asyncio.to_thread(shelf.run, name)
    asked = run.lesson.step(step)
    if asked.challenge is None:
        raise Refused("no-challenge", name=step)
    watches = _watches.setdefault(found, {})
    key = (name, run.lesson.version, step)
    watch = watches[key] if key in watches else watches.setdefault(key, Watch(run, asked))
    line = found.timeline
    watch.follow(line.journal, min(line.head, watch.sim.seq + MOST_AT_ONCE))
    given = [text for _, _, text in line.journal[len(watch.journal) :]]
    problem = broken_rule(asked.challenge, given)
    met = watch.reached
    return Verdict(
        reached=met is not None and problem is None,
        seq=met.seq if met else 0,
        time=met.time if met else 0,
        given=watch.given,
        problem=problem.message(language(request)) if problem else "",
    )


# -- pages -----------------------------------------------------------------------------------------------

TEXTS = ("pages", "lessons")


@pages.get("/lessons")
def contents(request: Request, shelf: AShelf) -> Response:
    """The course, part by part, and one's own lessons."""
    listed = [brief(lesson) for lesson in shelf.course()]
    parts = [(part, [it for it in listed if it["part"] == part]) for part in PARTS]
    own = [it for it in listed if it["part"] is None]
    modules = modules_of("lessons.js")
    return render(request, "lessons.html", later=TEXTS, modules=modules, parts=parts, own=own)


@pages.get("/lessons/{name}")
def lesson_page(request: Request, shelf: AShelf, name: Name) -> Response:
    """The stage with the lesson. A lesson of one's own that is wrong just now says so, and is asked again."""
    folder, own = shelf.folders().get(name, (None, False))
    if folder is None:
        raise Refused("unknown-lesson", name=name)
    try:
        it: dict[str, Any] | None = brief(shelf.lesson(name))
    except Refused:
        if not own:
            raise
        it = None
    lenses = lenses_of(it["services"] if it else PROTOCOLS)
    modules = modules_of("lesson.js", *(f"lenses/{lens}.js" for lens in lenses))
    return render(
        request, "lesson.html", later=TEXTS, modules=modules, lenses=" ".join(lenses), lesson=name, it=it,
        own=own, after=_after(shelf, name),
    )  # fmt: skip


def _after(shelf: Shelf, name: str) -> str:
    """The lesson that follows in the course."""
    names = [lesson.name for lesson in shelf.course()]
    at = names.index(name) + 1 if name in names else len(names)
    return names[at] if at < len(names) else ""


@pages.get("/lessons/{name}/text")
def lesson_text(request: Request, shelf: AShelf, name: Name) -> Response:
    """The whole lesson to read or print, without motion."""
    it = compiled(shelf.run(name))
    lenses = lenses_of(it["services"])
    modules = modules_of("lessontext.js", *(f"lenses/{lens}.js" for lens in lenses))
    return render(request, "lessontext.html", later=TEXTS, modules=modules, lenses=" ".join(lenses), it=it)
