"""What a client and its server say to each other, over one connection at a time, and what servers say to each
other besides what ZAB has for them.

ZooKeeper speaks over TCP; here a connection is numbered packets, as between servers (`zab/channel.py`): in
order, nothing twice, and what is lost shows as silence, which ends the connection.
"""

from __future__ import annotations

from protocols.actor import Message
from protocols.zab.messages import Packet
from protocols.zookeeper.operations import Operation, Result

LOOPBACK = "127.0.0.1"


class ClientPacket(Message, frozen=True):
    """Packet `number`, from 1, of a client's connection number `connection`, in its direction."""

    family = "client"

    connection: int
    number: int


class Connect(ClientPacket, frozen=True):
    """ConnectRequest. `session` is 0 for a new one; `timeout` in virtual microseconds. `address` is the IP
    address that the server sees the client at."""

    session: int
    password: bytes
    timeout: int
    last_zxid: int
    address: str = LOOPBACK


class Connected(ClientPacket, frozen=True):
    """ConnectResponse. `session` 0: there is none such, or it is over. `timeout` is the negotiated one."""

    session: int
    password: bytes
    timeout: int


class Call(ClientPacket, frozen=True):
    """A request; `xid` is the client's number for it."""

    xid: int
    operation: Operation


class Reply(ClientPacket, frozen=True):
    """The answer to `xid`: `error` is a `Code`, and `result` is None unless that is 0. `zxid` is the last
    transaction that the server had applied."""

    xid: int
    zxid: int
    error: int
    result: Result | None


class WatchedEvent(ClientPacket, frozen=True):
    """A watch has fired: NodeCreated 1, NodeDeleted 2, NodeDataChanged 3, NodeChildrenChanged 4."""

    event: int
    path: str


class KeepAlive(ClientPacket, frozen=True):
    """The client's ping."""


class Alive(ClientPacket, frozen=True):
    """The server's answer to it."""

    zxid: int


class Disconnect(ClientPacket, frozen=True):
    """This connection is over (TCP's FIN or RST), from either side; `number` 0 where there was none."""


CLIENT_PACKETS: tuple[type[ClientPacket], ...] = (Connect, Call, KeepAlive, Disconnect)
SERVER_PACKETS: tuple[type[ClientPacket], ...] = (Connected, Reply, WatchedEvent, Alive, Disconnect)


# --- between servers ----------------------------------------------------------------------------------------


class Revalidate(Packet, frozen=True):
    """A learner asks its leader whether `session` is there, and from now on with it, for `timeout` virtual
    microseconds without a sign of life; it is answered by another, in which `valid` says so."""

    family = "forward"

    session: int
    timeout: int
    valid: bool = False
