"""What outlives a line of the shell, what a line asks of the client, and the shell while a line runs."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from protocols.zookeeper.programs import Zk

KEPT = 200
"""So many of the latest lines can be done again."""


class ShellMemory(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`count` lines were typed, of which `history` has the latest; `closed`: there is no session, and none
    is wanted until `connect`."""

    count: int = 0
    history: tuple[str, ...] = ()
    print_watches: bool = True
    closed: bool = False

    def line(self, number: int) -> str | None:
        at = number - (self.count - len(self.history))
        return self.history[at] if 0 <= at < len(self.history) else None


class Action(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="action"):
    """What the client is to do when the line is over."""


class Connect(Action, frozen=True, tag="connect"):
    """Go to `server` (None: where it is), and take the session along if there is one."""

    server: str | None


class Close(Action, frozen=True, tag="close"):
    """End the session."""


class Quit(Action, frozen=True, tag="quit"):
    """End the session, and the shell with it."""


class ForgetWatches(Action, frozen=True, tag="forgetWatches"):
    """Drop the client's own notes of these watches: the server was not there to be told."""

    path: str
    kind: int


class Outcome(msgspec.Struct, frozen=True, rename="camel"):
    """What a line gives."""

    memory: ShellMemory
    action: Action | None = None


class Shell:
    """While a line runs."""

    def __init__(self, zk: Zk, memory: ShellMemory) -> None:
        self.zk = zk
        self.memory = memory
        self.action: Action | None = None

    def say(self, *lines: str) -> None:
        for line in lines:
            self.zk.say(line)

    def remember(self, **changes: bool) -> None:
        self.memory = replace(self.memory, **changes)

    def typed(self, line: str) -> None:
        m = self.memory
        self.memory = replace(m, history=(*m.history, line)[-KEPT:], count=m.count + 1)

    def instead(self, line: str) -> None:
        """`redo` stands in the history as what it did."""
        self.memory = replace(self.memory, history=(*self.memory.history[:-1], line))

    def closed(self, *told: str) -> None:
        """The session is over, and the session's watcher is told why."""
        if self.memory.print_watches:
            self.say(*told)
        self.remember(closed=True)
