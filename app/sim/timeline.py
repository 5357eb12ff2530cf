"""One branch of a run with its past: history in sealed chunks, keyframes, seek, fork, and a journal.

The past is kept as chunks of some 500 events: the simulation as it stood before them (a keyframe), and the
events themselves, encoded and compressed. Any moment is a keyframe plus at most one chunk run again. History
beyond `keep_events` is trimmed from its oldest end, and a journal beyond `KEEP_COMMANDS` with it, so a branch
that runs for a week stays small.
"""

from __future__ import annotations

import hashlib
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from app.sim.trace import Event, as_array, encode, encode_events, lines, plain
from protocols.registry import client_of, protocol_of, with_clients

CHUNK = 500
KEEP = 200_000
KEEP_COMMANDS = 20_000

Journal = list[tuple[int, int, str]]
"""Commands with the event after which and the virtual time at which each was given."""


@dataclass(frozen=True)
class Chunk:
    """A stretch of history: the view before `first`, and the events `first` to `last` as a JSON array."""

    first: int
    last: int
    base: dict[str, Any]
    events_json: bytes
    complete: bool


@dataclass(frozen=True)
class Sealed:
    """A chunk as it is kept."""

    first: int
    last: int
    keyframe: Simulation | None
    """The run before `first`; None is the beginning of everything."""
    packed: bytes
    marks: list[tuple[int, int, str, str]]
    hash_after: Any


@dataclass(frozen=True)
class Passage:
    """Events `first` to `last` of a branch."""

    first: int
    last: int
    packed: list[bytes]
    recent: list[Event]

    def events(self) -> list[Event]:
        found: list[Event] = []
        for text in self.packed:
            found += msgspec.json.decode(as_array(zlib.decompress(text)), type=list[Event])
        return [e for e in found + self.recent if self.first <= e.seq <= self.last]


class Timeline:
    """One branch. `advance`, `step` and `execute` give the events that they made happen."""

    def __init__(self, config: ClusterConfig, keep_events: int = KEEP) -> None:
        self.config = config
        self.keep_events = max(keep_events, 2 * CHUNK)
        self.journal: Journal = []
        self.origin = 0
        """The event after which the journal begins; commands before it are forgotten."""
        self.sim = Simulation(config)
        self._sealed: list[Sealed] = []
        self._hash = hashlib.sha256()
        self._keyframe: Simulation | None = None
        self._open: list[Event] = self.sim.take()
        self._open_first = 1

    # --- now ----------------------------------------------------------------------------------------------

    @property
    def head(self) -> int:
        """The number of the latest event."""
        return self.sim.seq

    @property
    def time(self) -> int:
        """The virtual time reached, in microseconds."""
        return self.sim.now

    @property
    def oldest(self) -> int:
        """The first event that history still holds."""
        return self._sealed[0].first if self._sealed else self._open_first

    @property
    def base_speed(self) -> float:
        """The speed that the configuration asks for, in virtual units a unit of wall time."""
        return self.config.speed

    def advance(self, until: int, max_events: int = 1_000_000) -> list[Event]:
        """Everything up to and including virtual time `until`; less when `max_events` is met."""
        made: list[Event] = []
        while len(made) < max_events:
            self.sim.advance(until, min(CHUNK, max_events - len(made)))
            events = self._keep()
            made += events
            if self.time >= until and not events:
                break
        return made

    def step(self, wanted: Callable[[Event], bool] = lambda e: True, patience: int = 10_000) -> list[Event]:
        """On to the next thing that happens and has a wanted event; [] when nothing lies ahead."""
        made: list[Event] = []
        while len(made) < patience:
            self.sim.step()
            events = self._keep()
            made += events
            if not events or any(map(wanted, events)):
                break
        return made

    def step_rule(self) -> list[Event]:
        """On to the next event that explains itself."""
        return self.step(lambda e: bool(e.why))

    def execute(self, text: str) -> list[Event]:
        """Apply a command now and write it down. Raises Refused, and then nothing has changed."""
        entry = (self.head, self.time, text)
        self.sim.execute(text)
        if self.head > entry[0]:
            self.journal.append(entry)
        return self._keep()

    def view(self) -> dict[str, Any]:
        """The whole picture now, ready for JSON."""
        return plain_view(self.sim)

    # --- the past -----------------------------------------------------------------------------------------

    def chunk(self, seq: int) -> Chunk:
        """The stretch of history that holds event `seq`. Raises Refused when it is trimmed, or not yet."""
        self._check(seq)
        if seq >= self._open_first:
            return self._open_chunk()
        kept = self._holding(seq)
        return Chunk(
            kept.first, kept.last, self._view_of(kept.keyframe), as_array(zlib.decompress(kept.packed)), True
        )

    def at(self, seq: int, time: int | None = None) -> Simulation:
        """The simulation as it stood after event `seq` (and all that happened in the same step), at `time`.

        Its `take()` gives the events from the beginning of that event's chunk on.
        """
        if not 0 < seq == self.origin == self.oldest - 1:  # it begins there, with a moment and no event
            self._check(seq)
        start = self._keyframe_before(seq)
        return run_to(start.copy() if start else Simulation(self.config), seq, time, self.journal)

    def fork(self, seq: int, time: int | None = None) -> Timeline:
        """A new branch of that moment; it shares the past with this one."""
        sim = self.at(seq, time)
        twin = Timeline.__new__(Timeline)
        twin.config, twin.keep_events, twin.sim = self.config, self.keep_events, sim
        twin.journal = [entry for entry in self.journal if entry[0] < sim.seq]
        twin.origin = self.origin
        twin._open = sim.take()
        twin._open_first = twin._open[0].seq if twin._open else sim.seq + 1
        twin._sealed = [kept for kept in self._sealed if kept.last < twin._open_first]
        twin._keyframe = self._keyframe_before(seq)
        twin._hash = twin._sealed[-1].hash_after.copy() if twin._sealed else hashlib.sha256()
        return twin

    def marks(self) -> list[tuple[int, int, str, str]]:
        """The moments worth a mark on a time line, as (seq, time, mark, node)."""
        found = [mark for kept in self._sealed for mark in kept.marks]
        return found + marks_of(self._open, self._landmarks())

    def hash(self) -> str:
        """SHA-256 over all events of the branch, each as a line of JSON."""
        digest = self._hash.copy()
        digest.update(lines(self._open))
        return str(digest.hexdigest())

    def trace_json(self) -> Iterator[bytes]:
        """The whole run as one JSON object, in pieces. Raises Refused when its beginning is trimmed."""
        self._check(1)
        yield b'{"config":' + encode(self.config.model_dump(mode="json", by_alias=True))
        yield b',"journal":' + encode(self.journal) + b',"events":['
        for n, kept in enumerate(self._sealed):
            yield (b"," if n else b"") + as_array(zlib.decompress(kept.packed))[1:-1]
        if self._open:
            yield (b"," if self._sealed else b"") + encode_events(self._open)[1:-1]
        yield b'],"hash":' + encode(self.hash()) + b"}"

    def events(self, first: int, last: int) -> list[Event]:
        """Events `first` to `last`, as far as they are kept."""
        return self.passage(first, last).events()

    def passage(self, first: int, last: int) -> Passage:
        """The same, not unpacked yet: it stays as it is, and may be read elsewhere while the run goes on."""
        packed = [kept.packed for kept in self._sealed if kept.last >= first and kept.first <= last]
        recent = self._open.copy() if last >= self._open_first else []
        return Passage(max(first, self.oldest), last, packed, recent)

    @classmethod
    def replay(
        cls, config: ClusterConfig, journal: Journal, seq: int, time: int | None, keep_events: int = KEEP
    ) -> Timeline:
        """The branch that these commands made, up to that moment. Raises Refused when they do not fit."""
        twin = cls(config, keep_events)
        twin.go_on(journal, seq, time)
        return twin

    @classmethod
    def begin_at(cls, config: ClusterConfig, sim: Simulation, keep_events: int = KEEP) -> Timeline:
        """A branch whose history begins at this moment; `hash` is of what comes after it."""
        twin = cls.__new__(cls)
        twin.config, twin.keep_events, twin.sim = config, max(keep_events, 2 * CHUNK), sim
        twin.journal, twin.origin = [], sim.seq
        twin._sealed, twin._hash = [], hashlib.sha256()
        twin._keyframe = sim.copy()
        twin._open, twin._open_first = [], sim.seq + 1
        return twin

    def go_on(self, journal: Journal, seq: int, time: int | None) -> None:
        """These commands where they were given, then to that moment. Raises Refused if they do not fit."""
        for at_seq, at_time, text in journal:
            self._run_to(at_seq, at_time)
            self.execute(text)
        self._run_to(seq, time)

    # --- inside -------------------------------------------------------------------------------------------

    def _run_to(self, seq: int, time: int | None) -> None:
        run_to(self.sim, seq, time, ())
        self._keep()

    def _keep(self) -> list[Event]:
        made = self.sim.take()
        self._open += made
        if len(self._open) >= CHUNK:
            self._seal()
        return made

    def _seal(self) -> None:
        events = self._open
        text = lines(events)
        self._hash.update(text)
        marks = marks_of(events, self._landmarks())
        self._sealed.append(
            Sealed(
                events[0].seq,
                events[-1].seq,
                self._keyframe,
                zlib.compress(text, 1),
                marks,
                self._hash.copy(),
            )
        )
        self._keyframe = self.sim.copy()
        self._open = []
        self._open_first = self.head + 1
        while self.head - self._sealed[0].last > self.keep_events:
            del self._sealed[0]
        if len(self.journal) > KEEP_COMMANDS and self.oldest > 1:
            self.origin = self.oldest - 1
            del self.journal[: bisect_left(self.journal, (self.origin, 0, ""))]

    def _keyframe_before(self, seq: int) -> Simulation | None:
        """The run as it stood before event `seq`, or before the oldest."""
        open_ = seq >= self._open_first or not self._sealed
        return self._keyframe if open_ else self._holding(max(seq, self.oldest)).keyframe

    def _holding(self, seq: int) -> Sealed:
        return self._sealed[bisect_right(self._sealed, seq, key=lambda kept: kept.first) - 1]

    def _check(self, seq: int) -> None:
        if seq < self.oldest:
            raise Refused("history-trimmed", seq=seq, oldest=self.oldest)
        if seq > self.head:
            raise Refused("history-ahead", seq=seq, head=self.head)

    def _open_chunk(self) -> Chunk:
        base = self._view_of(self._keyframe)
        return Chunk(self._open_first, self.head, base, encode_events(self._open), False)

    def _view_of(self, keyframe: Simulation | None) -> dict[str, Any]:
        return plain_view(keyframe) if keyframe else origin_view(self.config)

    def _landmarks(self) -> dict[tuple[str, str], str]:
        """For each service and rule that is worth one: its mark."""
        services = with_clients(self.config.services)
        return {
            (s, name): rule.mark for s in services for name, rule in protocol_of(s).rules.items() if rule.mark
        }


def run_to(
    sim: Simulation, seq: int, time: int | None, journal: Iterable[tuple[int, int, str]]
) -> Simulation:
    """Run `sim` on to event `seq` and then to `time`, with the journal's commands given where they were.

    Raises Refused when the run does not get that far.
    """
    for at_seq, at_time, text in journal:
        if sim.seq <= at_seq < seq:
            run_to(sim, at_seq, at_time, ())
            sim.execute(text)
    while sim.seq < seq:
        if not sim.step():
            raise Refused("journal-mismatch", seq=seq, head=sim.seq)
    if time is not None and time > sim.now:
        pass_time(sim, time)
    return sim


def pass_time(sim: Simulation, time: int) -> None:
    """Let time go by to `time`, but stop short of the next event.

    Only a try can tell when that is: the heap also holds moments at which nothing will happen, such as
    those of timers that were set anew.
    """
    probe = sim.copy()
    probe.advance(time, 1)
    sim.advance(time if probe.seq == sim.seq else probe.now - 1, 1)


def plain_view(sim: Simulation) -> dict[str, Any]:
    """The picture of this moment as JSON would give it back."""
    view: dict[str, Any] = plain(sim.cluster.view())
    return view


def origin_view(config: ClusterConfig) -> dict[str, Any]:
    """The picture before the first event: machines that nothing has started on yet."""

    def machine(client: bool) -> dict[str, Any]:
        services = [client_of(s, config.services) if client else s for s in config.services]
        empty: dict[str, Any] = {s: {"state": {}, "timers": {}, "busyUntil": 0} for s in services}
        return {"status": "up", "since": 0, "clock": 1.0, "trap": "", "client": client, "services": empty}

    laws = [law.id for laws in config.laws().values() for law in laws]
    return {
        "seq": 0,
        "time": 0,
        "nodes": {n: machine(n in config.clients) for n in [*config.nodes, *config.clients]},
        "messages": {},
        "network": {"cut": [], "groups": [], "manual": False, "rules": []},
        "laws": dict.fromkeys(laws, 0),
    }


def marks_of(events: list[Event], landmarks: dict[tuple[str, str], str]) -> list[tuple[int, int, str, str]]:
    """The events among these that are worth a mark."""
    found = []
    for e in events:
        if e.kind in ("crash", "restart", "violation", "command"):
            found.append((e.seq, e.time, e.kind, e.node))
        for rule, _ in e.why:
            if (e.service, rule) in landmarks:
                found.append((e.seq, e.time, landmarks[e.service, rule], e.node))
    return found
