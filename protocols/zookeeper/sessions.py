"""Sessions (ZooKeeper's SessionTracker and LearnerSessionTracker).

A session belongs to the ensemble, not to a server: it begins and ends with a transaction. Only the leader
counts its time. It hears of a session by its requests, from its own clients, and from the other servers,
which say with each answer to a ping whom they have heard from. A session that nobody has heard from for its
time-out is closed, and with it, in the same transaction, go its ephemeral znodes. A new leader gives
everybody a full time-out again: it cannot know who was heard.

The client may go on at another server: that one asks the leader whether the session is still there, and the
leader notes who owns it now. What the old server still forwards is refused (SessionMoved).
"""

from __future__ import annotations

from hashlib import blake2b

from protocols.actor import Effects
from protocols.zookeeper.database import ClientWrite, ZnodeDatabase
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import CloseSession, CreateSession, DeleteContainer
from protocols.zookeeper.state import ZooKeeperState

SID_SHIFT, STARTED_SHIFT = 44, 12
"""A session's id: its first server's number, when that server was switched on, and a count. ZooKeeper's is
made alike; ours stays below 2**53, so that a browser can count to it."""


def password_of(session: int) -> bytes:
    """What proves to be the session's client. A run can be seen by all who watch it: it is no secret here."""
    return blake2b(str(session).encode(), digest_size=16).digest()


class SessionTracker(ZnodeDatabase):
    """Who is there, and who owns whom."""

    def first_session(self, now: int) -> int:
        """The id before the first that this server gives."""
        started: int = now // 1000 % (1 << SID_SHIFT - STARTED_SHIFT)
        number: int = self.sid[self.me]
        return number << SID_SHIFT | started << STARTED_SHIFT

    def negotiated(self, wanted: int) -> int:
        """A session's time-out, in virtual microseconds: 2 to 20 ticks unless options say else."""
        low = self.options.min_session_timeout.high or 2 * self.options.tick.high
        high = self.options.max_session_timeout.high or 20 * self.options.tick.high
        return min(max(wanted, low), high)

    # --- the leader ---------------------------------------------------------------------------------------

    def track_all(self, s: ZooKeeperState, now: int) -> None:
        """An epoch begins."""
        s.prepared, s.owners = s.tree, {}
        s.deadlines = {session: now + timeout for session, timeout in s.sessions.items()}

    def renew(self, s: ZooKeeperState, session: int, now: int) -> None:
        if session in s.deadlines and session in s.sessions:
            s.deadlines = {**s.deadlines, session: now + s.sessions[session]}

    def touch(self, s: ZooKeeperState, learner: str, sessions: tuple[int, ...], out: Effects) -> None:
        """A learner has told us whom it has heard from."""
        known = {x: out.now + s.sessions[x] for x in sessions if x in s.deadlines and x in s.sessions}
        if known:
            s.deadlines = {**s.deadlines, **known}

    def take_over(self, s: ZooKeeperState, server: str, session: int, now: int) -> bool:
        """Whether `session` is still there; then `server` owns it from now on."""
        if session not in s.deadlines or session not in s.sessions:
            return False
        s.owners = {**s.owners, session: server}
        self.renew(s, session, now)
        return True

    def check_session(self, s: ZooKeeperState, request: ClientWrite, out: Effects) -> Code:
        server, session, op = request.server, request.session, request.operation
        if isinstance(op, CreateSession):
            s.deadlines = {**s.deadlines, session: out.now + op.timeout * 1000}
            s.owners = {**s.owners, session: server}
        elif isinstance(op, DeleteContainer):
            pass  # the leader's own
        elif session not in s.deadlines:
            return Code.SESSION_EXPIRED
        elif s.owners.get(session, server) != server:
            return Code.SESSION_MOVED
        elif isinstance(op, CloseSession):
            s.deadlines = {k: v for k, v in s.deadlines.items() if k != session}
        if session not in s.owners:
            s.owners = {**s.owners, session: server}
        return Code.OK

    def expire_sessions(self, s: ZooKeeperState, out: Effects) -> None:
        """Close what nobody has heard from in time."""
        for session in sorted(x for x, due in s.deadlines.items() if due <= out.now):
            out.explain("session-expires", session=hex(session), timeout=s.sessions.get(session, 0) // 1000)
            s.owners = {**s.owners, session: self.me}
            self.propose(s, ClientWrite(self.me, session, 0, CloseSession()), out)
