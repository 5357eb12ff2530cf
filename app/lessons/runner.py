"""Runs a lesson's main line without a browser: each step's span, and what is true at its end.

A lesson is a configuration, a seed and its steps, so its run is the same every time and everywhere. It is
computed once; nobody who watches waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from app.lessons.lesson import FILE, Challenge, Lesson, Step, located
from app.sim.conditions import Counts, holds
from app.sim.config import Expectation
from app.sim.errors import Refused
from app.sim.examine import what_is_there
from app.sim.simulation import Simulation
from app.sim.timeline import Journal, Timeline, pass_time
from app.sim.units import micros, spoken

PATIENCE = 60_000_000
"""Virtual microseconds that a step may wait."""
MOST_EVENTS = 12_000
"""A whole lesson has no more: it is sent to a browser in one piece."""


@dataclass(frozen=True)
class Moment:
    """After event `seq`, at `time`."""

    seq: int
    time: int


@dataclass(frozen=True)
class Span:
    """A step as it was run: from the end of the one before it to its own."""

    step: Step
    start: Moment
    end: Moment
    truths: dict[str, bool] = field(default_factory=dict)
    """Of its prediction's choices, which came true."""

    @property
    def answer(self) -> str:
        """The choice that came true, if exactly one did."""
        true = [choice for choice, is_true in self.truths.items() if is_true]
        return true[0] if len(true) == 1 else ""


@dataclass(frozen=True, eq=False)
class Run:
    lesson: Lesson
    line: Timeline
    spans: list[Span]

    @property
    def broken(self) -> list[str]:
        return [law for law, seq in self.line.sim.cluster.broken.items() if seq]


def run_lesson(lesson: Lesson, patience: int = PATIENCE) -> Run:
    """Raises Refused, naming file, step and key, when a step cannot be done or never ends."""
    runner = _Runner(lesson, patience)
    return Run(lesson, runner.line, [runner.take(step) for step in lesson.about.step])


class _Runner:
    def __init__(self, lesson: Lesson, patience: int) -> None:
        self.lesson = lesson
        self.patience = patience
        self.file = lesson.folder / FILE
        self.line = Timeline(lesson.config)
        self.counts = Counts()
        self.counts.add(self.line.events(1, self.line.head))
        with located(self.file, "cast"):
            for text in lesson.about.cast:
                self.counts.add(self.line.execute(text))

    def take(self, step: Step) -> Span:
        start = self._now()
        with located(self.file, "do", step.id):
            for text in step.do:
                self.counts.add(self.line.execute(text))
        with located(self.file, "until", step.id):
            if step.until is not None:
                self._wait(step.until)
        truths = {}
        if step.predict:
            for choice, condition in step.predict.choices.items():
                truths[choice] = holds(condition, self.line.sim.cluster, self.counts)
        return Span(step, start, self._now(), truths)

    def _now(self) -> Moment:
        return Moment(self.line.head, self.line.time)

    def _wait(self, condition: str) -> None:
        sim, begun = self.line.sim, self.line.time
        if holds(condition, sim.cluster, self.counts):
            raise Refused("lesson-at-once")
        while not holds(condition, sim.cluster, self.counts):
            made = self.line.step()
            if not made or self.line.time - begun > self.patience or self.line.head > MOST_EVENTS:
                waited = spoken(self.line.time - begun)
                seen = what_is_there(Expectation(that=condition), sim.cluster, self.counts)
                raise Refused("lesson-never", time=waited, events=self.line.head, seen=seen)
            self.counts.add(made)


class Watch:
    """Follows a branch in which somebody tries a challenge: was its goal ever true?

    The branch is run again beside the room, command by command, so that a goal that was true for a moment
    between two pictures counts, and nothing that a browser says has to be believed.
    """

    def __init__(self, run: Run, step: Step) -> None:
        assert step.challenge is not None
        self.challenge = step.challenge
        span = next(span for span in run.spans if span.step.id == step.id)
        self.start = span.end
        self.journal = [entry for entry in run.line.journal if entry[0] < span.end.seq]
        self.sim = run.line.at(span.end.seq, span.end.time)
        self.counts = Counts()
        self.counts.add(run.line.events(1, span.end.seq))
        self.sim.take()
        self.reached: Moment | None = None
        self.given = 0

    def follow(self, journal: Journal, seq: int) -> None:
        """On to event `seq`, with the journal's commands given where they were. Raises Refused when the
        branch is not one of this challenge's moment."""
        if journal[: len(self.journal)] != self.journal or seq < self.start.seq:
            raise Refused("not-this-challenge")
        for at_seq, at_time, text in journal[len(self.journal) + self.given :]:
            if at_seq >= seq:
                break
            self._on(at_seq, at_time)
            self.sim.execute(text)
            self.given += 1
            self.judge()
        self._on(seq, None)

    def _on(self, seq: int, time: int | None) -> None:
        while self.sim.seq < seq and self.sim.step():
            self.judge()
        if time is not None and time > self.sim.now:
            pass_time(self.sim, time)

    def judge(self) -> None:
        """After every step of the run."""
        self.counts.add(self.sim.take())
        if self.reached is None and holds(self.challenge.goal, self.sim.cluster, self.counts):
            self.reached = Moment(self.sim.seq, self.sim.now)


@dataclass(frozen=True)
class Tried:
    """The reference solution as it went."""

    before: bool
    """The goal was true already."""
    after: bool
    refused: list[Refused]
    unfinished: int
    seen: str
    commands: int


def try_solution(run: Run, span: Span) -> Tried:
    """Does what the author says solves it, from where the step ends."""
    challenge = span.step.challenge
    assert challenge is not None
    watch = Watch(run, span.step)
    sim = watch.sim
    before = holds(challenge.goal, sim.cluster, watch.counts)
    sim.config = sim.config.model_copy(update={"script": challenge.solution})
    sim.counts, sim.next_step, sim.step_since = watch.counts.copy(), 0, sim.now
    sim.take_due_steps()
    refused = _follow_script(watch, sim, challenge)
    seen = what_is_there(Expectation(that=challenge.goal), sim.cluster, watch.counts)
    commands = sum(len(part.do) for part in challenge.solution)
    left = len(challenge.solution) - sim.next_step
    return Tried(before, watch.reached is not None, refused, left, seen, commands)


def _follow_script(watch: Watch, sim: Simulation, challenge: Challenge) -> list[Refused]:
    """Until the goal is true, or `within` has gone by since the last command."""
    refused: list[Refused] = []
    last = sim.now
    while True:
        made = sim.cluster.events
        refused += [Refused(e.body[1], **e.body[2]) for e in made if e.kind == "refused"]
        last = max([last, *(e.time for e in made if e.kind == "command")])
        if made:
            watch.judge()
        if watch.reached or sim.now > last + micros(challenge.within) or not sim.step(last + PATIENCE):
            return refused
