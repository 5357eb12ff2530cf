"""The replicated state machine: a key-value store that executes each client's command exactly once.

A command carries its client and that client's serial number. The store keeps, for every client, the last
serial it executed and what came out; a command that is seen again is not executed again, it is answered
with what came out the first time (Ongaro's dissertation, section 6.3).
"""

from __future__ import annotations

import msgspec

KEY_VALUE = {"put": ("key", "value"), "get": ("key",), "add": ("key", "value"), "delete": ("key",)}
"""The store's operations, with their arguments."""


class Command(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One operation: `put x 7`, `get x`, `add x 1` (a number is added), `delete x`; other services have
    others, with a key or a value or both."""

    op: str
    key: str = ""
    value: str = ""
    client: str = ""
    serial: int = 0


class Session(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The last command of a client that was executed, and its result."""

    serial: int
    result: str | None


Data = dict[str, str]
Sessions = dict[str, Session]


def execute(data: Data, sessions: Sessions, c: Command) -> tuple[Data, Sessions, str | None]:
    """The store after command `c`, and the command's result; `data` and `sessions` are left as they are."""
    session = sessions.get(c.client)
    if session is not None and c.serial <= session.serial and c.client:
        return data, sessions, session.result
    before = data.get(c.key)
    after, result = operate(before, c)
    if after is None and before is not None:
        data = {k: v for k, v in data.items() if k != c.key}
    elif after is not None and after is not before:
        data = {**data, c.key: after}
    if c.client:
        sessions = {**sessions, c.client: Session(c.serial, result)}
    return data, sessions, result


def operate(before: str | None, c: Command) -> tuple[str | None, str | None]:
    """What `c` leaves at its key, where `before` was (None: nothing), and its result."""
    if c.op == "get":
        return before, before
    if c.op == "delete":
        return None, before
    after = c.value if c.op == "put" else str(_number(before) + _number(c.value))
    return after, after


def _number(text: str | None) -> int:
    """What `add` takes a value for: a whole number, or 0 when it is none."""
    try:
        return int(text or "0")
    except ValueError:
        return 0
