"""A lesson as its author writes it: `lesson.toml`, the run and its steps, and its words, a file a language.

Whatever is wrong is refused with the file, the step, the key, and what would be right.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, ValidationError, field_validator

from app.lessons.words import Texts, bound
from app.sim.commands import USAGE, parse
from app.sim.conditions import check_condition
from app.sim.config import (
    ClusterConfig,
    SpanText,
    Strict,
    endpoints_of,
    find,
    joining,
    services_of,
    vocabulary,
)
from app.sim.config import Step as ScriptStep
from app.sim.errors import Refused
from app.sim.scenario import LARGEST, read_values
from app.texts import LANGS, Lang
from protocols.registry import protocol_of, with_clients

HOME = Path(__file__).parent / "content"
"""The course that comes with the program."""
FILE = "lesson.toml"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
PARTS = range(1, 8)
"""The parts of the course; their titles are in the catalogues."""
PANELS = ("node", "logs", "messages", "code", "laws", "events", "history", "cost", "znodes", "shell")
CLUSTER = (
    "protocol", "protocols", "nodes", "clients", "seed", "speed", "options", "mutant", "client", "network",
    "disk", "initial",
)  # fmt: skip


class Predict(Strict):
    """What the learner is asked before the step is played: which of these will be true at its end."""

    choices: dict[str, str] = Field(min_length=2, max_length=9)


class Challenge(Strict):
    """What the learner is to make true, in a branch that begins where the step ends."""

    goal: str
    hints: int = Field(ge=1, le=5)
    solution: list[ScriptStep] = Field(min_length=1, max_length=20)
    allow: list[str] = Field(default_factory=list)
    most: int | None = Field(default=None, ge=1, le=50)
    within: SpanText = "5s"

    @field_validator("solution", mode="before")
    @classmethod
    def _at_once(cls, value: Any) -> Any:
        """A command by itself is given at once."""
        given = value if isinstance(value, list) else [value]
        return [{"after": "0ms", "do": [s]} if isinstance(s, str) else _one_or_more(s) for s in given]


def _one_or_more(step: Any) -> Any:
    return step | {"do": [step["do"]]} if isinstance(step, dict) and isinstance(step.get("do"), str) else step


class Step(Strict):
    """One step: what is done, what is waited for, and where to look meanwhile."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    do: list[str] = Field(default_factory=list, max_length=40)
    until: str | None = None
    focus: list[str] = Field(default_factory=list, max_length=12)
    show: list[str] = Field(default_factory=list, max_length=2)
    panel: str | None = None
    freeze: bool = True
    speed: str | None = Field(default=None, pattern=r"^1(/[1-9]\d{0,3})?$")
    predict: Predict | None = None
    challenge: Challenge | None = None

    @field_validator("do", "focus", "show", mode="before")
    @classmethod
    def _list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class About(Strict):
    """What the lesson is, besides its cluster."""

    part: int | None = Field(default=None, ge=PARTS.start, lt=PARTS.stop)
    place: int = Field(default=99, ge=0, le=999)
    cast: list[str] = Field(default_factory=list, max_length=60)
    breaks: list[str] = Field(default_factory=list)
    step: list[Step] = Field(min_length=1, max_length=60)


@dataclass(frozen=True)
class Lesson:
    """A lesson that has been read and found well formed."""

    name: str
    folder: Path
    about: About
    config: ClusterConfig
    texts: dict[Lang, Texts]
    version: str
    """Changes whenever a file does."""
    own: bool = field(default=False)
    """It does not come with the program."""

    def step(self, id: str) -> Step:
        """Raises Refused when there is none of that name."""
        find(id, [step.id for step in self.about.step], "unknown-step", lesson=self.name)
        return next(step for step in self.about.step if step.id == id)


@contextmanager
def located(file: Path, key: str, step: str = "") -> Iterator[None]:
    """Whatever is refused inside says where: file, step and key."""
    try:
        yield
    except Refused as refused:
        raise at(file, key, refused, step) from None


def at(file: Path, key: str, what: Refused, step: str = "") -> Refused:
    if what.code in ("lesson-file", "lesson-step"):
        return what
    where = f"{file.parent.name}/{file.name}"
    if step:
        return Refused("lesson-step", file=where, step=step, key=key, what=what)
    return Refused("lesson-file", file=where, key=key, what=what)


def read_lesson(folder: Path, own: bool = False) -> Lesson:
    """The lesson in a folder. Raises Refused with the file, the step, the key and what would be right."""
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        raise Refused("lesson-name", name=name[:60])
    file = folder / FILE
    values = _toml(file)
    about = _convert(About, file, {k: v for k, v in values.items() if k not in CLUSTER})
    with located(file, "cluster"):
        config = _cluster(values, name)
    texts: dict[Lang, Texts] = {}
    for lang in LANGS:
        words = folder / f"{lang}.toml"
        texts[lang] = _convert(Texts, words, _toml(words))
    lesson = Lesson(name, folder, about, config, texts, version_of(folder), own)
    _check_steps(lesson)
    return lesson


def version_of(folder: Path) -> str:
    """Of the files as they are now; a missing one is the reader's to complain about."""
    digest = hashlib.sha256()
    for name in (FILE, *(f"{lang}.toml" for lang in LANGS)):
        path = folder / name
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()[:16]


def _toml(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "UTF-8"
        raise Refused("file", path=f"{file.parent.name}/{file.name}", what=what) from None
    with located(file, "toml"):
        if len(text) > LARGEST:
            raise Refused("scenario-too-long", most=LARGEST)
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Refused("toml", what=str(error)) from None


Kind = TypeVar("Kind", bound=Strict)


def _convert(kind: type[Kind], file: Path, values: dict[str, Any]) -> Kind:
    """Refuse what does not fit, by file, step and key."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        errors = error.errors()
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])  # a slip of the pen
        step, key = _place(first["loc"], values)
        if first["type"] == "extra_forbidden":
            raise at(file, key, Refused("lesson-key"), step) from None
        raise at(file, key, Refused("lesson-value", what=first["msg"]), step) from None
    except Refused as refused:
        raise at(file, "step", refused) from None


def _place(loc: tuple[int | str, ...], values: dict[str, Any]) -> tuple[str, str]:
    """The step, by its id if it has one, and the key in it."""
    if loc[:1] != ("step",) or len(loc) < 3:
        return "", ".".join(map(str, loc)) or "step"
    step = loc[1]
    if isinstance(step, int):
        given = values["step"][step]
        named = given.get("id") if isinstance(given, dict) else None
        step = named if isinstance(named, str) else step + 1
    return str(step), ".".join(str(part) for part in loc[2:])


def _cluster(values: dict[str, Any], name: str) -> ClusterConfig:
    """The keys that a lesson shares with a scenario."""
    shared = {key: value for key, value in values.items() if key in CLUSTER}
    return read_values(shared, name, "").config.model_copy(update={"scenario": None})


# --- the steps ----------------------------------------------------------------------------------------------


def _check_steps(lesson: Lesson) -> None:
    """Commands, conditions and what they name, before anything runs."""
    file, about, config = lesson.folder / FILE, lesson.about, lesson.config
    solutions = [s for step in about.step if step.challenge for s in step.challenge.solution]
    script = [ScriptStep(after="0ms", do=step.do) for step in about.step] + solutions
    scripted = config.model_copy(update={"script": script})
    known = vocabulary(scripted)
    with located(file, "cast"):
        for text in about.cast:
            check_command(scripted, text)
    laws = [law.id for service in with_clients(config.services) for law in protocol_of(service).laws]
    with located(file, "breaks"):
        for law in about.breaks:
            find(law, laws, "unknown-law")
    seen: set[str] = set()
    for step in about.step:
        with located(file, "id", step.id):
            if step.id in seen:
                raise Refused("lesson-twice", id=step.id)
        seen.add(step.id)
        _check_step(file, step, scripted, known)


def _check_step(file: Path, step: Step, config: ClusterConfig, known: dict[str, frozenset[str]]) -> None:
    with located(file, "do", step.id):
        for text in step.do:
            check_command(config, text)
    with located(file, "until", step.id):
        if step.until is not None:
            check_condition(step.until, known)
            if re.search(r"\bnow\b", step.until):
                raise Refused("lesson-delay")
    with located(file, "show", step.id):
        for service in step.show:
            find(service, config.services, "service-not-here")
    with located(file, "panel", step.id):
        if step.panel is not None:
            find(step.panel, PANELS, "lesson-panel")
    with located(file, "focus", step.id):
        for ref in step.focus:
            bound(ref, config)
    if step.predict:
        for choice, condition in step.predict.choices.items():
            with located(file, f"predict.choices.{choice}", step.id):
                check_condition(condition, known)
    if step.challenge:
        _check_challenge(file, step, config, known)


def _check_challenge(file: Path, step: Step, config: ClusterConfig, known: dict[str, frozenset[str]]) -> None:
    challenge = step.challenge
    assert challenge is not None
    with located(file, "challenge.goal", step.id):
        check_condition(challenge.goal, known)
    with located(file, "challenge.allow", step.id):
        for verb in challenge.allow:
            find(verb, USAGE, "lesson-verb")
    with located(file, "challenge.solution", step.id):
        for part in challenge.solution:
            if part.at is not None:
                raise Refused("lesson-at")
            for text in part.do:
                check_command(config, text)
            if part.when is not None:
                check_condition(part.when, known)
        if problem := broken_rule(challenge, [text for part in challenge.solution for text in part.do]):
            raise problem


def broken_rule(challenge: Challenge, commands: list[str]) -> Refused | None:
    """Why these commands do not count: the challenge allows only some, or only so many."""
    for text in commands:
        if challenge.allow and text.split()[0] not in challenge.allow:
            return Refused("challenge-allow", text=text[:80], known=", ".join(challenge.allow))
    if challenge.most is not None and len(commands) > challenge.most:
        return Refused("challenge-most", count=len(commands), most=challenge.most)
    return None


def check_command(config: ClusterConfig, text: str) -> None:
    """Well formed, and about endpoints and services that are there."""
    command = parse(text)
    for name in endpoints_of(command):
        find(name, (*config.nodes, *config.clients, *joining(config), "*", "leader"), "unknown-node")
    for service in services_of(command):
        find(service, config.services, "service-not-here")
