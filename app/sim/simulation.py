"""A cluster with its script: what a configuration, by itself, makes happen.

The script's steps are taken in order: each waits for its moment (a time, a time after the step before it,
or a condition), then its commands are executed. The same configuration always gives the same trace, however
the run is cut into pieces.
"""

from __future__ import annotations

from app.sim.build import build
from app.sim.cluster import FOREVER, Record
from app.sim.commands import parse
from app.sim.conditions import Counts, holds
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.interventions import execute
from app.sim.trace import Event
from app.sim.units import micros


class Simulation:
    """One run, now."""

    def __init__(self, config: ClusterConfig, record: Record = "full") -> None:
        self.config = config
        self.cluster = build(config, record)
        self.counts = Counts()
        """What the conditions of the script may ask about the trace so far."""
        self.next_step = 0
        self.step_since = 0
        """When the script's previous step was taken."""
        self.counts.add(self.cluster.events)
        self.take_due_steps()

    @property
    def now(self) -> int:
        """The virtual time reached, in microseconds."""
        return self.cluster.now

    @property
    def seq(self) -> int:
        """The number of the latest event."""
        return self.cluster.seq

    def next_time(self) -> int | None:
        """When something may happen next; None when nothing lies ahead."""
        times = [t for t in (self.step_due(), self.cluster.next_time()) if t is not None]
        return min(times, default=None)

    def advance(self, until: int, max_events: int = 1_000_000) -> None:
        """Let everything happen up to and including virtual time `until`, or stop after so many events."""
        limit = self.seq + max_events
        while self.seq < limit and self.next_step < len(self.config.script) and self.step(until):
            pass
        if self.next_step == len(self.config.script):
            self.cluster.run(until, limit)
        if self.seq < limit:
            self.cluster.now = max(self.now, until)

    def step(self, until: int = FOREVER) -> bool:
        """Let the next thing happen, if it lies no later than `until`. False when nothing did."""
        due = self.step_due()
        ahead = self.cluster.next_time()
        if due is None or (ahead is not None and ahead <= due):
            seen = len(self.cluster.events)
            if self.cluster.step(until if due is None else min(until, due)):
                if self.next_step < len(self.config.script):
                    self.counts.add(self.cluster.events[seen:])
                    self.take_due_steps()
                return True
        if due is None or due > until:
            return False
        self.cluster.now = max(self.now, due)
        return self.take_due_steps()

    def execute(self, text: str) -> None:
        """Apply a command now. Raises Refused, and then nothing has changed."""
        seen = len(self.cluster.events)
        execute(self.cluster, parse(text))
        self.counts.add(self.cluster.events[seen:])
        self.take_due_steps()

    def take(self) -> list[Event]:
        """The events since this was last asked."""
        events, self.cluster.events = self.cluster.events, []
        return events

    # --- the script ---------------------------------------------------------------------------------------

    def step_due(self) -> int | None:
        """When the script's next step is due; None when it waits for a condition, or there is none."""
        if self.next_step >= len(self.config.script):
            return None
        step = self.config.script[self.next_step]
        if step.at is not None:
            return max(micros(step.at), self.step_since)
        return self.step_since + micros(step.after) if step.after is not None else None

    def take_due_steps(self) -> bool:
        """Take every step whose moment has come."""
        taken = False
        while self.next_step < len(self.config.script) and self._is_due():
            step = self.config.script[self.next_step]
            self.next_step += 1
            self.step_since = self.now
            seen = len(self.cluster.events)
            for text in step.do:
                self._try(text)
            if step.say:
                self.cluster.emit("say", "", "", 0, (step.say,))
            self.counts.add(self.cluster.events[seen:])
            taken = True
        return taken

    def _is_due(self) -> bool:
        step = self.config.script[self.next_step]
        if step.when is not None:
            return holds(step.when, self.cluster, self.counts)
        due = self.step_due()
        return due is not None and due <= self.now

    def _try(self, text: str) -> None:
        """A script's command that makes no sense now is noted in the trace, and the script goes on."""
        try:
            execute(self.cluster, parse(text))
        except Refused as refused:
            self.cluster.emit("refused", "", "", 0, (text, refused.code, refused.params))

    def copy(self) -> Simulation:
        """This moment, kept."""
        twin = Simulation.__new__(Simulation)
        twin.config = self.config
        twin.cluster = self.cluster.copy()
        twin.counts = self.counts.copy()
        twin.next_step, twin.step_since = self.next_step, self.step_since
        return twin
