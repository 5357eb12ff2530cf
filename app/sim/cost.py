"""What a decision costs: messages, bytes, one-way delays and forced writes, counted in a trace.

A decision is asked for by a client. What its request caused (its *work*) is everything that can be reached
from the event in which a member took the request up, along causes, through messages and writes but not
through timers: what a timer makes happen, such as a heartbeat or a retry, would have happened anyway.

Delays are the hops of the chain of causes that leads to the deciding event: the last vote of a quorum is the
one that counts. A member learns of the decision one hop after the member that told it knew: the message that
tells may be caused by something else, a heartbeat or the next request, and then it costs nothing. The whole
definition is in docs/costs.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import msgspec

from app.sim.config import ClusterConfig
from app.sim.trace import Event, encode
from protocols.registry import protocol_of

BEFORE_WORK = ("client", "forward")
"""Families of messages that bring a request to the member that takes it up."""
TROUBLE = ("drop", "hold", "reschedule")


@dataclass
class Work:
    """What one request caused."""

    origin: Event
    messages: int = 0
    bytes: int = 0
    forced: dict[str, int] = field(default_factory=dict)
    troubled: bool = False
    """One of its messages was lost, held or delayed."""


@dataclass
class Decision:
    """One decision; `work` is None when no client's request led straight to it."""

    value: Any
    mark: str
    event: Event
    work: Work | None
    delays: int
    """One-way delays from the request's arrival to the decision."""
    knew: dict[str, int | None]
    """For each member that knows: its delays."""
    piggybacked: int = 0
    """So many were told by messages that something else had caused."""

    def all_know(self, members: Iterable[str]) -> int | None:
        """The delays until everybody knew; None when somebody does not, or nobody can say."""
        delays = [self.knew.get(member) for member in members]
        known = [d for d in delays if d is not None]
        return max(known) if len(known) == len(delays) else None


class Ledger:
    """Reads the trace of one service, event by event."""

    def __init__(self, service: str, members: Iterable[str]) -> None:
        protocol = protocol_of(service)
        self.service = service
        self.members = tuple(members)
        self.rules = {n: r for n, r in protocol.rules.items() if r.decides or r.knows}
        self.families = protocol.families
        self.events: dict[int, Event] = {}
        self.work: dict[int, Work] = {}
        """For each event that belongs to some request's work: that work,"""
        self.depth: dict[int, int] = {}
        """and how many hops it lies behind the request's arrival."""
        self.decisions: dict[Any, Decision] = {}
        self.open: list[Decision] = []
        """Decisions that somebody does not know of yet."""

    def read(self, events: Iterable[Event]) -> list[Decision]:
        for e in events:
            if e.service == self.service:
                self.events[e.seq] = e
                self.attribute(e)
                for rule, data in e.why:
                    if rule in self.rules:
                        self.note(e, rule, data)
        return list(self.decisions.values())

    # --- whose work an event is ---------------------------------------------------------------------------

    def attribute(self, e: Event) -> None:
        if e.kind == "deliver" and self.families.get(e.body[2]) in BEFORE_WORK:
            self.work[e.seq], self.depth[e.seq] = Work(e), 0
            return
        if e.kind in TROUBLE:
            if e.body[0] in self.work:
                self.work[e.body[0]].troubled = True
            return
        work = self.work.get(e.cause)
        if work is None or e.kind == "timeout":
            return
        self.work[e.seq] = work
        self.depth[e.seq] = self.depth[e.cause] + (e.kind == "deliver")
        if e.kind == "send":
            self.count(e, work)
        elif e.kind == "save":
            work.forced[e.node] = work.forced.get(e.node, 0) + 1

    def count(self, e: Event, work: Work) -> None:
        dst, kind, fields = e.body[:3]
        if e.body[5]:
            work.troubled = True  # the network doubled it
        elif dst in self.members and self.families.get(kind) not in BEFORE_WORK:
            work.messages += 1
            work.bytes += len(encode(fields))

    # --- decisions ----------------------------------------------------------------------------------------

    def note(self, e: Event, name: str, data: dict[str, Any]) -> None:
        rule = self.rules[name]
        value = data[rule.decides or rule.knows]
        key = repr(value)
        if rule.decides and key not in self.decisions and not (rule.upto and self.is_past(value)):
            decision = Decision(value, rule.mark, e, self.work.get(e.seq), self.depth.get(e.seq, 0), {})
            decision.knew[e.node] = decision.delays
            self.decisions[key] = decision
            self.open.append(decision)
        told = [d for d in self.open if d.value == value or (rule.upto and d.value <= value)]
        for decision in told:
            if e.node not in decision.knew:
                self.learn(decision, e)
        self.open = [d for d in self.open if len(d.knew) < len(self.members)]

    def is_past(self, value: Any) -> bool:
        """It was decided with a later one."""
        return any(d.value > value for d in self.decisions.values())

    def learn(self, decision: Decision, e: Event) -> None:
        """`e.node` learns of the decision: how many hops after the member that told it?"""
        hops, at, work = 0, e, self.work.get(e.seq)
        while at.seq >= decision.event.seq:
            if at.node in decision.knew:
                knew = decision.knew[at.node]
                decision.knew[e.node] = None if knew is None else knew + hops
                decision.piggybacked += work is not decision.work
                return
            hops += at.kind == "deliver"
            before = self.events.get(at.cause)
            if before is None:
                break
            at = before
        # By itself, from what it had been told before (a learner that counts votes): hops since the request.
        decision.knew[e.node] = self.depth.get(e.seq) if work is decision.work else None


class Measured(msgspec.Struct, frozen=True):
    """What decisions of one kind typically cost: medians. Forced writes are those of the member that took the
    request up (`first`), and of each other one (`rest`).
    """

    messages: float
    bytes: float
    decide: float
    know: float
    first: float
    rest: float


class Costs(msgspec.Struct, frozen=True, rename="camel"):
    """The decisions of one kind (`commit`, `abort`) of one service.

    `left_out` were not asked for by a client, disturbed by a fault, sent again by a timer, or are not known
    to all yet; `latest` is the event of the latest.
    """

    service: str
    mark: str
    decisions: int
    left_out: int
    latest: int
    measured: Measured | None


def costs(events: Sequence[Event], config: ClusterConfig) -> list[Costs]:
    """What each service's decisions cost, by kind."""
    found: list[Costs] = []
    for service in config.services:
        decisions = Ledger(service, config.nodes).read(events)
        for mark in dict.fromkeys(d.mark for d in decisions):
            found.append(summed(service, mark, [d for d in decisions if d.mark == mark], config.nodes))
    return found


def summed(service: str, mark: str, decisions: list[Decision], members: Sequence[str]) -> Costs:
    clean = [
        (d, d.work, know)
        for d in decisions
        if d.work is not None and not d.work.troubled and (know := d.all_know(members)) is not None
    ]
    measured = None
    if clean:
        others = [w.forced.get(m, 0) for _, w, _ in clean for m in members if m != w.origin.node]
        measured = Measured(
            messages=median(w.messages for _, w, _ in clean),
            bytes=median(w.bytes for _, w, _ in clean),
            decide=median(d.delays for d, _, _ in clean),
            know=median(know for _, _, know in clean),
            first=median(w.forced.get(w.origin.node, 0) for _, w, _ in clean),
            rest=median(others or [0]),
        )
    left_out = len(decisions) - len(clean)
    return Costs(service, mark, len(decisions), left_out, decisions[-1].event.seq, measured)
