"""What every client has in common that can be told to ask for something."""

from __future__ import annotations

from typing import Any, ClassVar

from protocols.actor import Actor, Effects, Message, Options, S
from protocols.key_value import Command


class Requester(Actor[S, Options]):
    """A client that can be told to issue an operation, now or steadily. `members` are the servers it may
    ask; `server` is what they run, with `server_options`; `asks` is the message with which it asks."""

    crashes = False  # a serial number given twice would be taken for a retry
    server: type[Actor[Any, Any]] = Actor
    server_options: Any = None
    asks: ClassVar[type[Message]]

    def request(self, s: S, command: Command, server: str | None, out: Effects) -> None:
        """Issue `command` now, or after those that wait; `server` is whom to ask first."""
        raise NotImplementedError

    def set_load(self, s: S, every: int, out: Effects) -> None:
        """Work steadily, one operation every `every` microseconds; 0 stops it. The state's `load` says so."""
        raise NotImplementedError
