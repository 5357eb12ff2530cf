"""What ZooKeeper's servers say to each other: notifications of the election, and the packets (`QuorumPacket`)
that a leader and its learners exchange over a connection.

A zxid is one 64-bit number: the epoch in the high 32 bits, a counter in the low 32.
"""

from __future__ import annotations

from typing import Any

import msgspec

from protocols.actor import Message

COUNTER_BITS = 32


def make_zxid(epoch: int, counter: int = 0) -> int:
    return epoch << COUNTER_BITS | counter


def epoch_of(zxid: int) -> int:
    return zxid >> COUNTER_BITS


def counter_of(zxid: int) -> int:
    return zxid & (1 << COUNTER_BITS) - 1


def shown(zxid: int) -> str:
    """As ZooKeeper prints it: `0x100000003` is transaction 3 of epoch 1."""
    return f"{zxid:#x}"


class Txn(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A transaction. What `command` says is the state machine's business alone (`machine.py`)."""

    zxid: int
    command: Any


class Snapshot(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The state machine after every transaction up to `zxid`; a service adds what that is."""

    zxid: int = 0


# --- phase 0: election --------------------------------------------------------------------------------------


class Notification(Message, frozen=True):
    """The vote of server `sid`, which is in `state`; an observer's has no `leader`: it only asks."""

    family = "vote"

    leader: str | None
    zxid: int
    round: int
    peer_epoch: int
    sid: int
    state: str


# --- what travels over a connection -------------------------------------------------------------------------


class Packet(Message, frozen=True):
    """Packet `number` of a learner's connection to the leader of `epoch` (see `channel.py`)."""

    connection: int
    epoch: int
    number: int


# phase 1: discovery


class FollowerInfo(Packet, frozen=True):
    """CEPOCH in the paper: a follower connects."""

    family = "discover"

    accepted_epoch: int


class ObserverInfo(Packet, frozen=True):
    """An observer connects."""

    family = "discover"

    accepted_epoch: int


class LeaderInfo(Packet, frozen=True):
    """NEWEPOCH in the paper: `epoch` is the one that the leader proposes."""

    family = "discover"


class AckEpoch(Packet, frozen=True):
    """ACK-E in the paper. `current_epoch` is -1 from a server that had accepted this epoch before."""

    family = "discover"

    current_epoch: int
    last_zxid: int


# phase 2: synchronisation


class Diff(Packet, frozen=True):
    """Keep your log: what you lack follows, up to `zxid`."""

    family = "sync"

    zxid: int


class Trunc(Packet, frozen=True):
    """Cut your log behind `zxid`: what you lack follows."""

    family = "sync"

    zxid: int


class Snap(Packet, frozen=True):
    """Forget everything: this is the state."""

    family = "snapshot"

    snapshot: Snapshot


class NewLeader(Packet, frozen=True):
    """You have my history now; acknowledge when it is durable."""

    family = "sync"

    zxid: int


class UpToDate(Packet, frozen=True):
    """A quorum has acknowledged: serve your clients."""

    family = "sync"


# phase 3: broadcast


class Request(Packet, frozen=True):
    """A client's write, forwarded to the leader. What it says is the state machine's business, too."""

    family = "forward"

    command: Any


class Proposal(Packet, frozen=True):
    family = "propose"

    txn: Txn


class Ack(Packet, frozen=True):
    """The transaction `zxid` is in my log, on disk; `epoch << 32` answers NEWLEADER and UPTODATE."""

    family = "ack"

    zxid: int


class Commit(Packet, frozen=True):
    family = "commit"

    zxid: int


class Inform(Packet, frozen=True):
    """Proposal and commit in one, for an observer."""

    family = "commit"

    txn: Txn


class Sync(Packet, frozen=True):
    """A client's `sync`, on its way to the leader and back behind all that was committed before."""

    family = "forward"

    client: str
    serial: int


class Ping(Packet, frozen=True, omit_defaults=True):
    """I am here; each is answered by another, with the sessions that a learner has heard of, where there
    are such."""

    alive: tuple[int, ...] = ()


PACKETS: tuple[type[Packet], ...] = (
    FollowerInfo, ObserverInfo, LeaderInfo, AckEpoch, Diff, Trunc, Snap, NewLeader, UpToDate,
    Request, Proposal, Ack, Commit, Inform, Sync, Ping,
)  # fmt: skip
