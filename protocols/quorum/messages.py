"""Messages of the store. Dynamo's paper names few of them; what each one does is in sections 4.5 to 4.7."""

from __future__ import annotations

from typing import Literal

from protocols.actor import Message
from protocols.key_value import Command
from protocols.quorum.versions import Clock, Stamp, Versions

Purpose = Literal["write", "write-back", "repair"]


class QuorumRequest(Message, frozen=True, omit_defaults=True):
    """A client asks a coordinator: `get` or `put`. `level` is R or W, 0 for the store's own. A put carries
    the client's `context`, the clock of what it has seen of the key; a get may demand that the answer
    includes certain writes (`token`)."""

    family = "client"

    command: Command
    level: int = 0
    context: Clock = ()
    token: tuple[Stamp, ...] = ()


class QuorumReply(Message, frozen=True, omit_defaults=True):
    """`versions` are what the coordinator knows of the key. `failed`: only `len(quorum)` of the `need` nodes
    have answered in time; a write may be on some of them all the same."""

    family = "client"

    serial: int
    status: Literal["ok", "failed"]
    versions: Versions = ()
    quorum: tuple[str, ...] = ()
    need: int = 0


class StoreRequest(Message, frozen=True, omit_defaults=True):
    """Keep these versions. `hint` names the replica that the receiver stands in for (section 4.6); a repair
    is not acknowledged."""

    family = "append"

    operation: str
    key: str
    versions: Versions
    purpose: Purpose = "write"
    hint: str = ""


class Stored(Message, frozen=True):
    """They are on disk."""

    family = "ack"

    operation: str
    key: str


class FetchRequest(Message, frozen=True):
    """What do you have of this key?"""

    family = "discover"

    operation: str
    key: str


class Fetched(Message, frozen=True):
    family = "discover"

    operation: str
    key: str
    versions: Versions


class Handoff(Message, frozen=True):
    """Here is what I kept for you (section 4.6)."""

    family = "forward"

    key: str
    versions: Versions


class HandoffAck(Message, frozen=True):
    """It is on disk, up to this clock."""

    family = "forward"

    key: str
    stamps: tuple[Stamp, ...]


class Digest(Message, frozen=True):
    """What I have of the keys that we share, without the values (section 4.7; a Merkle tree of one level)."""

    family = "sync"

    keys: dict[str, tuple[Stamp, ...]]


class Difference(Message, frozen=True):
    """What I have of the keys that differ; `final` when nothing needs to come back."""

    family = "sync"

    keys: dict[str, Versions]
    final: bool = False
