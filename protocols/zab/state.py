"""What a server knows, and its options."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

import msgspec

from protocols.actor import Leader, Persistent, Span, State, Volatile
from protocols.zab.messages import Packet, Snapshot, Txn

T = TypeVar("T")

Election = Annotated[T, msgspec.Meta(extra={"group": "election"})]
Joining = Annotated[T, msgspec.Meta(extra={"group": "joining"})]
Connected = Annotated[T, msgspec.Meta(extra={"group": "connection"})]

Role = Literal["looking", "following", "leading", "observing"]
Phase = Literal["election", "discovery", "synchronization", "broadcast"]


class Vote(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A proposed leader, and what speaks for it: its epoch and its last zxid. `state` is the voter's."""

    leader: str
    peer_epoch: int
    zxid: int
    round: int
    state: str = "looking"


class Link(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One end of a connection; `epoch` is 0 until the leader has named it."""

    connection: int
    epoch: int = 0
    sent: int = 0
    received: int = 0
    held: tuple[Packet, ...] = ()


class ZabState(State):
    """What ZAB itself needs; a service adds what its state machine is made of."""

    # Durable: acceptedEpoch, currentEpoch, the transaction log, the latest snapshot.
    accepted_epoch: Persistent[int] = 0
    current_epoch: Persistent[int] = 0
    log: Persistent[tuple[Txn, ...]] = ()
    snapshot: Persistent[Snapshot] = Snapshot()
    connection: Persistent[int] = 0
    # Volatile on all servers.
    role: Volatile[Role] = "looking"
    phase: Volatile[Phase] = "election"
    leader_id: Volatile[str | None] = None
    committed: Volatile[int] = 0
    last_processed: Volatile[int] = 0
    # Fast Leader Election.
    round: Election[int] = 0
    vote: Election[Vote | None] = None
    votes: Election[dict[str, Vote]] = {}
    settled: Election[dict[str, Vote]] = {}
    deciding: Election[bool] = False
    backoff: Election[int] = 0
    # While joining a leader: what it has sent and NEWLEADER has not yet made durable.
    sync_mode: Joining[str] = ""
    received_snapshot: Joining[Snapshot | None] = None
    received: Joining[tuple[Txn, ...]] = ()
    received_commit: Joining[int] = 0
    # Leaders only.
    new_epoch: Leader[int] = 0
    epochs: Leader[dict[str, int]] = {}
    epoch_acks: Leader[tuple[str, ...]] = ()
    leader_acks: Leader[tuple[str, ...]] = ()
    learners: Leader[dict[str, str]] = {}
    learner_zxid: Leader[dict[str, int]] = {}
    proposed: Leader[int] = 0
    acked: Leader[dict[str, int]] = {}
    syncs: Leader[tuple[tuple[int, str, str, int], ...]] = ()
    ticks: Leader[int] = 0
    heard: Leader[dict[str, int]] = {}
    # Connections, by the server at the other end.
    links: Connected[dict[str, Link]] = {}


S = TypeVar("S", bound=ZabState)
"""The state of a service on ZAB."""


class ZabOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """ZooKeeper's tick is 2 s and its network a fraction of a millisecond; here a hop takes about 20 ms."""

    finalize_wait: Span = Span(200_000)
    resend: Span = Span(200_000)
    resend_limit: Span = Span(60_000_000)
    tick: Span = Span(50_000)
    init_limit: Annotated[int, msgspec.Meta(ge=1)] = 20
    sync_limit: Annotated[int, msgspec.Meta(ge=1)] = 5
    committed_log: Annotated[int, msgspec.Meta(ge=1)] = 500
    snapshot_every: Annotated[int, msgspec.Meta(ge=1)] = 500
    snapshot_size_factor: Annotated[float, msgspec.Meta(ge=0)] = 0.33
    observers: tuple[str, ...] = ()
