"""What the front knows of a room: servers that one can connect to, and their state.

The front speaks TCP and wall time; behind a `Gateway` is an ensemble in virtual time. All of it runs in one
event loop: what is called here returns at once, and what a server says comes later, through `Caller.hear`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from protocols.zookeeper.jute import ConnectRequest
from protocols.zookeeper.messages import Connected, Disconnect, Reply, WatchedEvent

Said = Connected | Reply | WatchedEvent | Disconnect
"""What reaches a client from its server. Keep-alives are not among it: the front answers those itself."""


class State(Enum):
    DOWN = "down"
    """The machine is off: its connections break, and nobody gets a new one."""
    PAUSED = "paused"
    """The machine stands still: one can connect, and hears nothing."""
    LOOKING = "looking"
    """The server is up, but no part of an ensemble with a leader: it answers the words, and no client."""
    SERVING = "serving"


@dataclass(frozen=True)
class Facts:
    """A server that serves, for the four-letter words. Of watches, as in life, those set by reads."""

    mode: str
    """leader, follower or observer"""
    zxid: int
    znodes: int
    outstanding: int = 0
    watching: int = 0
    """connections that have a watch here"""
    watched: int = 0
    """paths that have one"""
    watches: int = 0
    ephemerals: int = 0
    data_size: Callable[[], int] = lambda: 0
    """in bytes; it takes a moment"""
    sessions: int = 0
    members: int = 1
    """servers that vote"""
    learners: int = 0
    """a leader's followers and observers"""
    synced: int = 0
    """followers that are in sync with it"""
    proposal_sizes: tuple[int, int, int] = (-1, -1, -1)
    """last, smallest, largest"""
    uptime: int = 0
    """in milliseconds of virtual time"""


class TurnedAway(Exception):
    """The room takes no further client: one sentence that says why."""


class Caller(Protocol):
    """A real client's connection, as the front keeps it."""

    def hear(self, said: Said) -> None:
        """What has just arrived at the client's machine, in order. After a `Disconnect` nothing comes."""


class Line(Protocol):
    """The same connection in the room: a client machine there."""

    @property
    def client(self) -> str:
        """The machine's name, as on the stage."""

    def send(self, frame: bytes) -> None:
        """One request's frame, without its length. Its header can be read; its body need not be readable."""

    def hang_up(self) -> None:
        """The real client is gone. Nothing is heard afterwards; its session lives on until it expires."""


class Gateway(Protocol):
    @property
    def servers(self) -> Sequence[str]:
        """The ensemble's members, in their order. It does not change."""

    def state(self, server: str) -> State: ...

    def facts(self, server: str) -> Facts:
        """Asked only of a server that is SERVING."""

    def knocked(self, server: str) -> bool:
        """A client has come to a server that is LOOKING. True: it may wait a moment, the ensemble has just
        been switched on. Else it is sent away, and will come again."""

    def connect(self, server: str, request: ConnectRequest, address: str, caller: Caller) -> Line:
        """A client at the IP address `address` joins and sends `request`. A `Connected` or a `Disconnect`
        will be heard, never during this call. Or it is `TurnedAway`, and nothing changes.
        """

    def when_down(self, tell: Callable[[str], None]) -> None:
        """`tell` is called with a server's name when its machine goes DOWN, also by going back in time."""
