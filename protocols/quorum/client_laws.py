"""What clients of the store may count on: the overlap of quorums always, and the consistency models that a
room claims (option `claims`), each judged as soon as a client sees what the model rules out.

The session guarantees are those of Terry et al. (1994), which make up causal consistency when they hold
together (Brzezinski, Sobaniec & Wawrzyniak 2004). A law compares *versions*, not values: it knows which write
an answer came from. An operation that fails or times out promises nothing, but its write may be seen.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from msgspec import Struct
from msgspec.structs import replace

from protocols.law import Law
from protocols.quorum.client_state import Asked, Outcome, QuorumClientState
from protocols.quorum.state import QuorumOptions
from protocols.quorum.versions import Stamp, Versions, includes, merge, spoken, stamps_of

Broken = dict[str, Any] | None
Known = dict[str, Versions]
"""For each key, what must be seen of it."""


class ClientLaw(Law[QuorumClientState]):
    """Hears what clients ask, and what they are told."""

    fields = frozenset({"pending", "answered"})
    claim: ClassVar[str] = ""

    def __init__(self, options: QuorumOptions) -> None:
        self.options = options

    @classmethod
    def of(cls, options: Any) -> Self | None:
        return cls(options) if cls.claim in options.claims else None

    def judge(self, node: str, s: QuorumClientState, before: Mapping[str, Any]) -> Broken:
        broken = None
        if s.answered > before.get("answered", s.answered) and s.answers:
            broken = self.hear(node, s.answers[-1])
        if s.pending is not None and "pending" in before:
            self.ask(node, s.pending)
        return broken

    def ask(self, client: str, asked: Asked) -> None:
        """`client` begins an operation."""

    def hear(self, client: str, a: Outcome) -> Broken:
        """`client` has its outcome."""
        raise NotImplementedError

    def missing(self, found: Versions, wanted: Versions) -> str | None:
        """A value that should have been found, or something newer."""
        for v in wanted:
            if not includes(self.options.versions, found, v.stamp):
                return v.value
        return None

    def both(self, a: Known, b: Known) -> Known:
        """What must be seen when both must be."""
        merged = {key: merge(self.options.versions, a.get(key, ()), versions) for key, versions in b.items()}
        return {**a, **merged}

    def copy(self) -> Self:
        """Its tables are its own; what is in them is never changed in place."""
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, dict):
                setattr(twin, name, value.copy())
        return twin


def written(a: Outcome) -> Versions:
    """The version that a put has made, or what it found in its place."""
    own = tuple(v for v in a.versions if v.serial == a.serial and v.value == a.value)
    return own or a.versions


# --- what is finished when a read begins --------------------------------------------------------------------


class Overlap(ClientLaw):
    """Where W + R > N, a read includes every write that was over before it began (section 4.5). A sloppy
    quorum promises nothing of the kind."""

    id = "quorum-overlap"
    section = "§4.5"

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.finished: dict[str, dict[int, Versions]] = {}
        """For each key: what writes with a certain W have made."""
        self.begun: dict[str, dict[int, Versions]] = {}
        """The same, for each client, as it was when its read began."""

    @classmethod
    def of(cls, options: Any) -> Self | None:
        return None if options.sloppy else cls(options)

    def ask(self, client: str, asked: Asked) -> None:
        self.begun[client] = self.finished.get(asked.command.key, {})

    def hear(self, client: str, a: Outcome) -> Broken:
        if a.outcome != "ok":
            return None
        if a.op == "put":
            done = self.finished.get(a.key, {})
            made = merge(self.options.versions, done.get(a.level, ()), written(a))
            self.finished[a.key] = {**done, a.level: made}
            return None
        for w, versions in self.begun.get(client, {}).items():
            value = self.missing(a.versions, versions) if self.meet(w, a.level) else None
            if value is not None:
                return {"client": client, "key": a.key, "result": a.result, "value": value}
        return None

    def meet(self, w: int, r: int) -> bool:
        return w + r > self.options.n


class Regular(Overlap):
    """A read returns the last write that was over before it began, or one that overlaps with it (Lamport
    1986)."""

    id = "quorum-regular"
    section = "Lamport 1986"
    claim = "regular"

    @classmethod
    def of(cls, options: Any) -> Self | None:
        return cls(options) if cls.claim in options.claims else None

    def meet(self, w: int, r: int) -> bool:
        return True


# --- sessions -----------------------------------------------------------------------------------------------


class Session(ClientLaw):
    """Whoever has done or seen something must find it, or something newer, later on. What that is differs:
    own writes, own reads, and what the writer of a version had written or read before."""

    own_writes: ClassVar = False
    own_reads: ClassVar = False
    writers_writes: ClassVar = False
    writers_reads: ClassVar = False

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.wrote: dict[str, Known] = {}
        self.read: dict[str, Known] = {}
        self.must: dict[str, Known] = {}
        """What each client must find."""
        self.behind: dict[tuple[str, int], Known] = {}
        """For each write: what must be found by whoever has seen it."""

    def ask(self, client: str, asked: Asked) -> None:
        c = asked.command
        if c.op != "put":
            return
        known: Known = {}
        if self.writers_writes:
            known = self.both(known, self.wrote.get(client, {}))
        if self.writers_reads:
            known = self.both(known, self.read.get(client, {}))
            if self.writers_writes:
                known = self.both(known, self.must.get(client, {}))
        self.behind[client, c.serial] = known
        if len(self.behind) > 2_000:
            del self.behind[next(iter(self.behind))]

    def hear(self, client: str, a: Outcome) -> Broken:
        if a.outcome != "ok":
            return None
        if a.op == "put":
            self.learn(self.wrote, client, {a.key: written(a)})
            if self.own_writes:
                self.learn(self.must, client, {a.key: written(a)})
            return None
        value = self.missing(a.versions, self.must.get(client, {}).get(a.key, ()))
        self.learn(self.read, client, {a.key: a.versions})
        if self.own_reads:
            self.learn(self.must, client, {a.key: a.versions})
        for v in a.versions:
            self.learn(self.must, client, self.behind.get((v.client, v.serial), {}))
        if value is None:
            return None
        return {"client": client, "key": a.key, "result": a.result, "value": value}

    def learn(self, table: dict[str, Known], client: str, more: Known) -> None:
        table[client] = self.both(table.get(client, {}), more)


class ReadYourWrites(Session):
    """A read includes the same client's earlier writes."""

    id = "quorum-read-your-writes"
    section = "Terry 1994"
    claim = "read-your-writes"
    own_writes = True


class MonotonicReads(Session):
    """A read includes what the same client has read before."""

    id = "quorum-monotonic-reads"
    section = "Terry 1994"
    claim = "monotonic-reads"
    own_reads = True


class MonotonicWrites(Session):
    """Whoever sees a write sees what the same client had written before it."""

    id = "quorum-monotonic-writes"
    section = "Terry 1994"
    claim = "monotonic-writes"
    writers_writes = True


class WritesFollowReads(Session):
    """Whoever sees a write sees what its client had read before it."""

    id = "quorum-writes-follow-reads"
    section = "Terry 1994"
    claim = "writes-follow-reads"
    writers_reads = True


class Causal(Session):
    """Causes are seen before their effects: all four session guarantees, and what follows from them."""

    id = "quorum-causal"
    section = "Ahamad 1995"
    claim = "causal"
    own_writes = own_reads = writers_writes = writers_reads = True


# --- one order for all --------------------------------------------------------------------------------------


class Sequential(ClientLaw):
    """All clients see the writes of a key in one order (Lamport 1979; on a single key, which is enough to
    refute it)."""

    id = "quorum-sequential"
    section = "Lamport 1979"
    claim = "sequential"

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.seen: dict[tuple[str, str], tuple[tuple[Stamp, ...], ...]] = {}
        """For each client and key: what its reads have found, in order."""
        self.orders: dict[tuple[str, tuple[Stamp, ...], tuple[Stamp, ...]], str] = {}
        """For a key and what was found first and later: who found it so."""

    def hear(self, client: str, a: Outcome) -> Broken:
        if a.outcome != "ok" or a.op != "get":
            return None
        now, seen = stamps_of(a.versions), self.seen.get((client, a.key), ())
        for earlier in seen:
            if earlier == now:
                continue
            other = self.orders.get((a.key, now, earlier))
            if other is not None:
                return {"client": client, "other": other, "key": a.key, "result": a.result}
            self.orders[a.key, earlier, now] = client
            if len(self.orders) > 2_000:
                del self.orders[next(iter(self.orders))]
        self.seen[client, a.key] = (*(s for s in seen if s != now), now)[-20:]
        return None


class Zone(Struct, frozen=True):
    """A write and the reads that found it (Gibbons & Korach 1997): from the first time that one of these was
    over to the last time that one began. Between the two the register must have held this value, if the
    first comes before the last; if not, some moment between them is enough.

    Two stretches in which different values must have been held cannot overlap, and none can contain all the
    moments at which another value may have been held.
    """

    value: str | None
    over: float
    begun: float
    client: str

    @property
    def low(self) -> float:
        return min(self.over, self.begun)

    @property
    def high(self) -> float:
        return max(self.over, self.begun)

    @property
    def forward(self) -> bool:
        return self.over < self.begun

    def conflicts(self, other: Zone) -> bool:
        if self.forward and other.forward:
            return self.low < other.high and other.low < self.high
        inner, outer = (self, other) if other.forward else (other, self)
        return outer.forward and outer.low < inner.low and inner.high < outer.high


NEVER = float("inf")


class Linearizable(ClientLaw):
    """Every operation takes effect at one moment between its call and its return, as on one copy (Herlihy &
    Wing 1990)."""

    id = "quorum-linearizable"
    section = "Herlihy & Wing 1990"
    claim = "linearizable"

    def __init__(self, options: QuorumOptions) -> None:
        super().__init__(options)
        self.time = 0
        self.began: dict[str, int] = {}
        self.called: dict[tuple[str, int], int] = {}
        """When each put began: it may be found although it never returned."""
        self.zones: dict[str, dict[Stamp | None, Zone]] = {}

    def ask(self, client: str, asked: Asked) -> None:
        self.time += 1
        self.began[client] = self.time
        if asked.command.op == "put":
            self.called[client, asked.command.serial] = self.time
            if len(self.called) > 2_000:
                del self.called[next(iter(self.called))]

    def hear(self, client: str, a: Outcome) -> Broken:
        self.time += 1
        if a.outcome != "ok":
            return None
        versions = written(a) if a.op == "put" else a.versions
        if len(versions) > 1:
            one, other = versions[:2]
            return {
                "client": client, "key": a.key, "result": one.value, "other": other.client,
                "value": other.value,
            }  # fmt: skip
        stamp = versions[0].stamp if versions and versions[0].stamp.node else None
        if a.op == "put" and stamp is not None and versions[0].serial != a.serial:
            return None  # it lost at once: as if it came just before the one that won
        zones = dict(self.zones.get(a.key, {}))
        zone = zones.get(stamp) or self.fresh(client, versions, stamp)
        zone = replace(
            zone, over=min(zone.over, self.time), begun=max(zone.begun, self.began[client]), client=client
        )
        zones[stamp] = zone
        if len(zones) > 100:
            del zones[next(iter(zones))]
        self.zones[a.key] = zones
        return self.conflict(client, a, zone, zones)

    def fresh(self, client: str, versions: Versions, stamp: Stamp | None) -> Zone:
        """What is not written by anybody was there before time began."""
        if stamp is None:
            return Zone(spoken(versions), -1, -1, client)
        v = versions[0]
        return Zone(v.value, NEVER, self.called.get((v.client, v.serial), 0), client)

    def conflict(self, client: str, a: Outcome, zone: Zone, zones: dict[Stamp | None, Zone]) -> Broken:
        for other in zones.values():
            if other is not zone and zone.conflicts(other):
                return {
                    "client": client, "key": a.key, "result": zone.value, "other": other.client,
                    "value": other.value,
                }  # fmt: skip
        return None


CLIENT_LAWS: tuple[type[Law[Any]], ...] = (
    Overlap,
    Linearizable,
    Sequential,
    Causal,
    Regular,
    ReadYourWrites,
    MonotonicReads,
    MonotonicWrites,
    WritesFollowReads,
)
