"""What a node of the store knows, and the store's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from protocols.actor import Persistent, Span, State
from protocols.key_value import Command
from protocols.quorum.versions import How, Stamp, Versions

T = TypeVar("T")
Coordinating = Annotated[T, msgspec.Meta(extra={"group": "coordinator"})]

MODELS = (
    "linearizable",
    "sequential",
    "causal",
    "regular",
    "read-your-writes",
    "monotonic-reads",
    "monotonic-writes",
    "writes-follow-reads",
)
"""The consistency models that a room may claim."""


class Hint(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The version held of `key` is meant for `home`, too (section 4.6)."""

    home: str
    key: str


class Work(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An operation that this node coordinates: it waits for `need` nodes.

    `quorum` are those that have answered: stored the write, or told what they have (`answers`). `asked` are
    all that were asked, `stood_in` for which replicas a fallback was asked instead. When the client has its
    answer (`answered`), the rest may still come in, for read repair and hinted handoff.
    """

    command: Command
    phase: Literal["write", "read", "write-back"]
    need: int
    since: int
    asked: tuple[str, ...]
    quorum: tuple[str, ...] = ()
    answers: dict[str, Versions] = {}
    versions: Versions = ()
    token: tuple[Stamp, ...] = ()
    stood_in: dict[str, str] = {}
    answered: bool = False
    impatient: bool = False


class QuorumState(State):
    # On disk.
    store: Persistent[dict[str, Versions]] = {}
    counter: Persistent[int] = 0
    hints: Persistent[tuple[Hint, ...]] = ()
    served: Persistent[dict[str, int]] = {}
    # A coordinator's.
    working: Coordinating[dict[str, Work]] = {}
    done: Coordinating[Work | None] = None
    """The operation that was finished last."""
    # Anti-entropy.
    partner: Annotated[int, msgspec.Meta(extra={"group": "anti-entropy"})] = 0


Level = Annotated[int, msgspec.Meta(ge=0)]


class QuorumOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`n` nodes hold a key, a write waits for `w` of them, a read for `r` (section 4.5)."""

    n: Level = 3
    w: Level = 2
    r: Level = 2
    versions: How = "vector-clock"
    ask: Literal["all", "r"] = "all"
    sloppy: bool = False
    handoff: bool = True
    read_repair: bool = True
    write_back: bool = False
    anti_entropy: Span | None = None
    timeout: Span = Span(200_000)
    patience: Span = Span(80_000)
    handoff_every: Span = Span(150_000)
    claims: tuple[str, ...] = ()


def read_store(given: Any) -> dict[str, Versions]:
    """What a disk holds of each key: versions, or simply a value, written by nobody before time began."""
    if not isinstance(given, Mapping):
        raise ValueError('store is a table of keys: { x = "5" }')
    nobody = {"node": "", "counter": 0, "at": 0}
    written = {
        key: [{"value": held, "stamp": nobody}] if isinstance(held, str) else held
        for key, held in given.items()
    }
    return msgspec.convert(written, dict[str, Versions])
