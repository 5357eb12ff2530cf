"""What a ZooKeeper client knows, and its options."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec

from protocols.actor import Persistent, Span, State, Volatile
from protocols.zookeeper.line import Line
from protocols.zookeeper.messages import LOOPBACK, ClientPacket
from protocols.zookeeper.operations import Operation
from protocols.zookeeper.programs import Identity, Input, Wait
from protocols.zookeeper.shell.memory import ShellMemory
from protocols.zookeeper.watched import Watched

T = TypeVar("T")
Session = Annotated[T, msgspec.Meta(extra={"group": "session"})]
Programs = Annotated[T, msgspec.Meta(extra={"group": "programs"})]

Phase = Literal["closed", "connecting", "connected", "waiting"]
"""`waiting`: between two servers."""


class Asked(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A request, and the task that waits for its answer (0: nobody does)."""

    xid: int
    operation: Operation
    task: int = 0


class Task(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A program in the middle of its run: what it was given so far, how many of its lines have been shown,
    and what it waits for now."""

    name: str
    args: tuple[Any, ...]
    identity: Identity
    inputs: tuple[Input, ...] = ()
    said: int = 0
    waits: Wait | None = None


class Said(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A line of output, numbered from 1, of task `task`."""

    number: int
    task: int
    text: str


class ClientState(State):
    connection: Persistent[int] = 0
    # The session.
    phase: Session[Phase] = "closed"
    server: Session[str | None] = None
    session: Session[int] = 0
    password: Session[bytes] = b""
    timeout: Session[int] = 0
    wanted_timeout: Session[int] = 0
    last_zxid: Session[int] = 0
    shown_zxid: Session[int] = 0
    xid: Session[int] = 0
    line: Session[Line[ClientPacket]] = Line(0)
    requests: Session[tuple[Asked, ...]] = ()
    unsent: Session[tuple[Asked, ...]] = ()
    watched: Session[Watched] = Watched()
    logins: Session[tuple[tuple[str, bytes], ...]] = ()
    outside: Session[bool] = False
    address: Session[str] = LOOPBACK
    # What uses it.
    tasks: Programs[dict[int, Task]] = {}
    runs: Programs[int] = 0
    queue: Programs[tuple[tuple[str, tuple[Any, ...]], ...]] = ()
    output: Programs[tuple[Said, ...]] = ()
    wakes: Programs[dict[int, int]] = {}
    shell: Programs[ShellMemory] = ShellMemory()
    lines: Programs[tuple[str, ...]] = ()
    typing: Programs[int] = 0
    answered: Volatile[int] = 0
    last_error: Volatile[int] = 0
    """Of the latest answer: a `Code`."""


class ClientOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`session_timeout` is what a session of a program asks for. A part of it, one for each server, is what
    it waits for a connection: five servers must leave time for the six hops that a new session takes."""

    session_timeout: Span = Span(1_000_000)
    reconnect: Span = Span(10_000, 60_000)
