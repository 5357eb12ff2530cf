"""Which session is whose, across all that can happen to a room.

In a room, who knows a session's number can work out its password: the run is open to all who watch it. And a
room can go back in time, or begin anew: the same session then comes to be again, for somebody else. So a real
client gets a password of its own, which is nowhere in the run.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable

MOST = 10_000
NOBODY = (b"", b"", "")


class Credentials:
    def __init__(self) -> None:
        self._given: dict[int, tuple[bytes, bytes, str]] = {}
        self.keep: Callable[[int, bytes, bytes, str], None] = lambda session, given, inner, branch: None
        """Writes one down."""

    def restore(self, kept: Iterable[tuple[int, bytes, bytes, str]]) -> None:
        """Those of before a restart."""
        self._given = {session: (outer, inner, branch) for session, outer, inner, branch in kept}

    def give(self, session: int, inner: bytes, branch: str) -> bytes:
        """The password of a session that is open on `branch`, where it is `inner`; the same as before, when
        the same client goes on there."""
        outer, known, _ = self._given.pop(session, NOBODY)
        if known != inner:
            outer = secrets.token_bytes(16)
        self._given[session] = (outer, inner, branch)
        self.keep(session, outer, inner, branch)
        if len(self._given) > MOST:
            del self._given[next(iter(self._given))]
        return outer

    def begin(self, session: int) -> None:
        """Whoever had a session of that number before, it is another now."""
        self._given.pop(session, None)

    def inner(self, session: int, outer: bytes) -> bytes:
        """The password in the room; none for somebody whose session it is not."""
        given, inner, _ = self._given.get(session, NOBODY)
        return inner if given and hmac.compare_digest(given, outer) else b""

    def lives_on(self, session: int, branch: str) -> bool:
        """Whether what its client has seen, it has seen on this branch."""
        return self._given.get(session, NOBODY)[2] == branch
