"""Running a scenario to its end and judging what was expected of it."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field

from app.sim.cluster import Cluster
from app.sim.conditions import NOT_THERE, Counts, Evaluation, compile_condition, holds
from app.sim.config import ClusterConfig, Expectation
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from app.sim.trace import Event, encode, lines, plain
from app.sim.units import micros, spoken

DEFAULT_UNTIL = 5_000_000
"""Where a run ends that does not say: five virtual seconds, or its latest expectation."""
MOST_EVENTS = 1_000_000


@dataclass
class Verdict:
    """How one expectation came out: None while it is open; `seen` says what was there, at event `seq`."""

    expectation: Expectation
    met: bool | None = None
    seq: int = 0
    time: int = 0
    seen: str = ""

    def settle(self, met: bool, cluster: Cluster, seen: str) -> None:
        self.met, self.seq, self.time, self.seen = met, cluster.seq, cluster.now, seen

    def __str__(self) -> str:
        e = self.expectation
        what = f"law {e.law} is {e.is_}" if e.law else f"{e.that}"
        moment = f" by {e.by}" if e.by else f" at {e.at}" if e.at else " always" if e.always else ""
        return what + moment


@dataclass
class Run:
    """A run that has ended."""

    events: list[Event]
    verdicts: list[Verdict]
    refused: list[Event] = field(default_factory=list)
    unfinished: int = 0
    """Steps of the script whose moment never came."""
    simulation: Simulation | None = None

    @property
    def failed(self) -> bool:
        return bool(self.refused or self.unfinished or any(not v.met for v in self.verdicts))


def run_scenario(config: ClusterConfig, until: int | None = None) -> Run:
    """Run to `until` (virtual microseconds) and judge every expectation. Raises Refused for bad
    conditions.
    """
    sim = Simulation(config)
    end = end_of(config) if until is None else until
    verdicts = [Verdict(e) for e in config.expect]
    counts = Counts()
    events: list[Event] = []
    moments = sorted(
        {micros(e.at) for e in config.expect if e.at} | {micros(e.by) for e in config.expect if e.by}
    )
    for moment in [m for m in moments if m < end] + [end]:
        while True:
            made = sim.take()
            counts.add(made)
            events += made
            watch(verdicts, sim.cluster, counts)
            if len(events) >= MOST_EVENTS:
                raise Refused("too-many-events", most=MOST_EVENTS)
            if not sim.step(moment):
                break
        sim.advance(moment)
        judge_moment(verdicts, sim.cluster, counts)
    judge_end(verdicts, sim.cluster, counts)
    refused = [e for e in events if e.kind == "refused"]
    return Run(events, verdicts, refused, len(config.script) - sim.next_step, sim)


def end_of(config: ClusterConfig) -> int:
    """How long a run lasts: as it says, else until its last expectation or timed step, and at least five
    seconds.
    """
    if config.until:
        return micros(config.until)
    times = [micros(t) for e in config.expect for t in (e.at, e.by) if t]
    times += [micros(step.at) + 1_000_000 for step in config.script if step.at]
    return max([DEFAULT_UNTIL, *times])


def watch(verdicts: list[Verdict], cluster: Cluster, counts: Counts) -> None:
    """After every step: what must always hold, and what must come true by a time."""
    for v in verdicts:
        e = v.expectation
        if v.met is not None or e.at or not (e.always or e.by):
            continue
        true = is_met(e, cluster, counts)
        if e.always and not true:
            v.settle(False, cluster, what_is_there(e, cluster, counts))
        elif e.by and true and cluster.now <= micros(e.by):
            v.settle(True, cluster, "")


def judge_moment(verdicts: list[Verdict], cluster: Cluster, counts: Counts) -> None:
    """When a time has come: what must hold at it, and what should have come true by it."""
    for v in verdicts:
        e, moment = v.expectation, v.expectation.at or v.expectation.by
        if v.met is None and moment and micros(moment) <= cluster.now:
            v.settle(is_met(e, cluster, counts), cluster, what_is_there(e, cluster, counts))


def judge_end(verdicts: list[Verdict], cluster: Cluster, counts: Counts) -> None:
    for v in verdicts:
        if v.met is None:
            met = is_met(v.expectation, cluster, counts)
            late = bool(v.expectation.at or v.expectation.by)
            v.settle(met and not late, cluster, what_is_there(v.expectation, cluster, counts))


def is_met(e: Expectation, cluster: Cluster, counts: Counts) -> bool:
    if e.law is not None:
        if e.law not in cluster.broken:
            raise Refused("unknown-law", name=e.law, known=", ".join(cluster.broken))
        return bool(cluster.broken[e.law]) == (e.is_ == "broken")
    assert e.that is not None
    return holds(e.that, cluster, counts)


def what_is_there(e: Expectation, cluster: Cluster, counts: Counts) -> str:
    """The values behind a condition, for somebody who wants to know why it is not met."""
    if e.law is not None:
        seq = cluster.broken[e.law]
        return f"{e.law} broken at event {seq}" if seq else f"{e.law} holds"
    tree = compile_condition(e.that or "")
    inner: list[ast.expr] = [
        n for n in ast.walk(tree) if isinstance(n, ast.Attribute | ast.Subscript | ast.Call)
    ]
    shown: dict[str, str] = {}
    for node in inner or [tree]:
        text = ast.unparse(node)
        if any(text != other and text in other for other in shown):
            continue
        try:
            value = Evaluation(cluster, counts).of(node)
            shown[text] = encode(plain(getattr(value, "machine", value) and value)).decode()[:120]
        except NOT_THERE:
            shown[text] = "not there"
    return ", ".join(f"{k} = {v}" for k, v in shown.items())


def summary(run: Run) -> str:
    """The line a run ends with."""
    sent = sum(e.kind == "send" for e in run.events)
    met = sum(bool(v.met) for v in run.verdicts)
    assert run.simulation is not None
    return (
        f"{len(run.events)} events, {sent} messages, {spoken(run.simulation.now)} of virtual time, "
        f"trace sha256 {hashlib.sha256(lines(run.events)).hexdigest()}, "
        f"{met} of {len(run.verdicts)} expectations met"
    )
