"""A machine of the cluster, and the services that run on it.

A `Process` is one service on one machine: an actor, its state, its timers, its disk, and what waits for it
while the machine is paused or busy writing.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import compress
from operator import is_not
from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from app.sim.chance import Stream
from app.sim.network import Link
from protocols.actor import Actor, State, durable_fields, field_table, persistent_values
from protocols.log import Log
from protocols.traced import Traced

if TYPE_CHECKING:
    from app.sim.cluster import Hands

UP, CRASHED, PAUSED = "up", "crashed", "paused"


class Machine:
    """A node or a client: what faults hit."""

    __slots__ = ("is_client", "joined", "name", "processes", "rate", "since", "status", "trap")

    def __init__(self, name: str, is_client: bool) -> None:
        self.name = name
        self.is_client = is_client
        self.joined = False
        """A client that came while the run went on, and may leave."""
        self.status = UP
        self.since = 0
        self.rate = 1.0
        """How fast its clock runs against true time."""
        self.trap = ""
        """`before` or `after`: it crashes at its next durable write."""
        self.processes: list[Process] = []

    def copy(self) -> Machine:
        twin = Machine(self.name, self.is_client)
        twin.joined = self.joined
        twin.status, twin.since, twin.rate, twin.trap = self.status, self.since, self.rate, self.trap
        return twin


class Shape:
    """What is fixed about a state's class: its fields, by Python's names and by the paper's."""

    def __init__(self, state: type[State]) -> None:
        rows = field_table(state)
        self.names = tuple(f.name for f in rows)
        self.wire = tuple(f.wire for f in rows)
        self.indices = range(len(rows))
        self.persistent = durable_fields(state)


class Process:
    """One service on one machine."""

    __slots__ = (
        "actor", "away", "blank", "blocked", "disk", "handlers", "inbox", "index", "links", "machine",
        "node", "out", "queued", "saw", "service", "shape", "state", "stream", "targets", "timers", "writing",
    )  # fmt: skip

    def __init__(
        self,
        index: int,
        machine: Machine,
        service: str,
        actor: Actor[Any, Any],
        state: State,
        shape: Shape,
        stream: Stream,
    ) -> None:
        self.index = index
        self.machine = machine
        self.node = machine.name
        self.service = service
        self.actor: Any = actor
        self.handlers = actor.handlers
        self.shape = shape
        self.state: Any = state
        self.blank: State = copy.copy(actor.initial({}))
        self.saw: tuple[Any, ...] = ()
        """The values of all fields when the trace last told them."""
        self.disk = persistent_values(state)
        self.stream = stream
        self.out: Hands
        """Where its handlers say what should happen: given by the cluster that it joins."""
        self.timers: dict[str, tuple[int, int, int]] = {}
        """For each timer that is set: when it is due, the event that set it, and when that was."""
        self.queued: dict[str, int] = {}
        """For each timer: the time of its entry in the heap. A later due time needs no new entry."""
        self.links: dict[str, Link] = {}
        self.targets: dict[str, int] = {}
        self.inbox: list[tuple[int, Any]] = []
        self.writing: tuple[int, tuple[Any, ...], int] | None = None
        """A durable write in progress: when it is done, what it writes, and the `save` event."""
        self.blocked: list[tuple[str | None, Any]] = []
        """What may leave only once that write is durable."""
        self.away = False
        """Not able to handle anything now: crashed, paused, or writing."""
        machine.processes.append(self)

    def refresh(self) -> None:
        self.away = self.machine.status != UP or self.writing is not None

    def forget(self) -> None:
        """Lose everything that a crash loses: only what the disk holds is left."""
        state: Any = copy.copy(self.blank)
        for name, value in zip(self.shape.persistent, self.disk, strict=True):
            setattr(state, name, value)
        self.state = state
        self.timers.clear()
        self.inbox.clear()
        self.blocked = []
        self.writing = None

    def changes(self) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
        """What changed since this was last asked: the patch, and the old values by Python's names."""
        values, saw = astuple(self.state), self.saw
        patch: list[tuple[Any, ...]] = []
        before: dict[str, Any] = {}
        if not saw:  # the trace has told nothing yet: it tells all, as a change of a blank state
            patch.extend(zip(self.shape.wire, values, strict=True))
            blank = astuple(self.blank)
            names = zip(self.shape.names, blank, values, strict=True)
            before = {name: old for name, old, new in names if old != new}
        for i in compress(self.shape.indices, map(is_not, values, saw)):
            old, new = saw[i], values[i]
            if old != new:
                before[self.shape.names[i]] = old
                patch.append(change(self.shape.wire[i], old, new))
        self.saw = values
        return patch, before

    def twin(self, machine: Machine) -> Process:
        """An independent copy on `machine`; what never changes is shared."""
        p = Process.__new__(Process)
        p.index, p.node, p.service, p.machine = self.index, self.node, self.service, machine
        p.actor, p.handlers, p.shape, p.blank = self.actor, self.handlers, self.shape, self.blank
        p.targets, p.saw, p.disk, p.writing, p.away = (
            self.targets,
            self.saw,
            self.disk,
            self.writing,
            self.away,
        )
        p.state = self.state.__copy__()
        p.stream = self.stream.copy()
        p.timers, p.queued = self.timers.copy(), self.queued.copy()
        p.inbox, p.blocked = self.inbox.copy(), self.blocked
        machine.processes.append(p)
        return p


def nobody() -> Process:
    """What stands in the place of a process whose machine is gone: no timer rings, nothing is written."""
    p = Process.__new__(Process)
    p.index, p.node, p.service = -1, "", ""
    p.away, p.writing, p.queued, p.targets = False, None, {}, {}
    return p


NOBODY = nobody()


def change(field: str, old: Any, new: Any) -> tuple[Any, ...]:
    """How the trace says that `field` went from `old` to `new` (see `docs/protocol.md`)."""
    if isinstance(new, Log):
        keep = new.shared_prefix(old) if new.base == old.base else new.base
        return (field, keep - new.base, new.after(keep, new.last_index))
    if isinstance(new, tuple) and isinstance(old, tuple):
        keep = shared_prefix(old, new)
        return (field, keep, new[keep:])
    if isinstance(new, dict) and isinstance(old, dict):
        changed = {k: v for k, v in new.items() if k not in old or old[k] != v}
        return (field, "merge", changed, [str(k) for k in old if k not in new])
    if isinstance(new, Traced):
        return (field, new.traced())
    return (field, new)


def shared_prefix(old: tuple[Any, ...], new: tuple[Any, ...]) -> int:
    """How many leading items two lists share."""
    if new[: len(old)] == old:
        return len(old)
    for keep, (a, b) in enumerate(zip(old, new, strict=False)):
        if a is not b and a != b:
            return keep
    return min(len(old), len(new))


def state_view(state: State, shape: Shape) -> Mapping[str, Any]:
    """The state as a view has it: every field by the paper's name."""
    return dict(zip(shape.wire, astuple(state), strict=True))
