"""What a client of the store knows, and its options."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from protocols.actor import Span, State, Volatile
from protocols.key_value import Command
from protocols.quorum.versions import Versions

T = TypeVar("T")
Cure = Annotated[T, msgspec.Meta(extra={"group": "session"})]


class Asked(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An operation that waits for its turn or its answer; `level` is its R or W, `server` whom to ask ("" and
    0: as the client is set)."""

    command: Command
    level: int = 0
    server: str = ""
    at: int = 0


class Outcome(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What became of an operation: it succeeded, it failed (the coordinator said so; a write may be somewhere
    all the same), or nobody knows. `result` is what a put wrote and what a get found."""

    serial: int
    op: str
    key: str
    value: str
    result: str | None
    outcome: Literal["ok", "failed", "time-out"]
    server: str
    level: int
    quorum: tuple[str, ...]
    versions: Versions
    asked: int
    answered: int


class Probe(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Write `key`, and read it after a time between `low` and `high`; again and again."""

    key: str
    low: int
    high: int


class QuorumClientState(State):
    serial: Volatile[int] = 0
    pending: Volatile[Asked | None] = None
    waiting: Volatile[tuple[Asked, ...]] = ()
    answers: Volatile[tuple[Outcome, ...]] = ()
    answered: Volatile[int] = 0
    load: Volatile[int] = 0
    probe: Volatile[Probe | None] = None
    turn: Volatile[int] = 0
    # How it asks.
    w: Cure[int] = 0
    r: Cure[int] = 0
    route: Cure[str] = "any"
    window: Cure[int] = 0
    token: Cure[bool] = False
    # What it remembers of each key.
    seen: Cure[dict[str, Versions]] = {}
    wrote: Cure[dict[str, int]] = {}


class QuorumClientOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    timeout: Span = Span(400_000)
