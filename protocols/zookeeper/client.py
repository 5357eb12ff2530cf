"""A ZooKeeper client: a session, and what uses it (ZooKeeper's ClientCnxn).

The session outlives its connection. A client that hears nothing for two thirds of its time-out gives the
connection up, and goes on at the next server; so it does when the server hangs up. What it had asked and not
been answered is lost: nobody can tell it whether that was done (ConnectionLoss). What it had not sent yet, it
sends there. It brings its identities and its watches along, with the last zxid that it has seen: a server
that is behind it does not take it, and one that is ahead tells at once what it has missed.

Three things use a session: programs and the shell (tasks.py), and a real client, whose requests come from
outside, frame by frame; that one reconnects by itself.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from protocols.actor import Actor, Effects, Impossible, Span
from protocols.zab.messages import shown
from protocols.zookeeper import jute
from protocols.zookeeper.client_state import Asked, ClientOptions, ClientState
from protocols.zookeeper.database import spoken
from protocols.zookeeper.errors import Code
from protocols.zookeeper.line import Line
from protocols.zookeeper.messages import (
    SERVER_PACKETS,
    Alive,
    Call,
    ClientPacket,
    Connect,
    Connected,
    Disconnect,
    KeepAlive,
    Reply,
    WatchedEvent,
)
from protocols.zookeeper.operations import AddAuth, CloseSession, Operation, Result
from protocols.zookeeper.watched import Watched

AUTH_XID, WATCHES_XID = -4, -8


class Session(Actor[ClientState, ClientOptions]):
    """A session, and the connection that it has now."""

    messages = SERVER_PACKETS
    timers = ("silence", "ping", "reconnect", "wake")

    def initial(self, durable: Mapping[str, Any]) -> ClientState:
        """Each client begins at a server of its own: c1 at the first, c2 at the second, round and round."""
        number = int("".join(c for c in self.me if c.isdigit()) or "1")
        s = msgspec.convert(dict(durable), ClientState)
        s.server = self.members[(number - 1) % len(self.members)]
        s.wanted_timeout = self.options.session_timeout.high
        return s

    # --- doors of tasks.py --------------------------------------------------------------------------------

    def connected(self, s: ClientState, out: Effects) -> None:
        """The session is open, here or again."""
        raise NotImplementedError

    def answered(self, s: ClientState, asked: Asked, error: int, result: Result | None, out: Effects) -> None:
        raise NotImplementedError

    def happened(self, s: ClientState, event: int, path: str, out: Effects) -> None:
        raise NotImplementedError

    def session_over(self, s: ClientState, out: Effects) -> None:
        raise NotImplementedError

    # --- orders -------------------------------------------------------------------------------------------

    def order_connect(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """Go to another server, and take the session along."""
        (server,) = args
        if s.outside:
            raise Impossible("client-from-outside")
        if s.phase in ("connected", "connecting") and s.server == server:
            raise Impossible("connected-there", server=server)
        self.move(s, server, out)

    def move(self, s: ClientState, server: str, out: Effects) -> None:
        if s.phase in ("connected", "connecting"):
            self.send(s, Disconnect, out)
            self.connection_lost(s, out)
        s.server = server
        self.connect(s, out)

    def order_close(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """End the session."""
        if s.phase == "closed" or s.outside:
            raise Impossible("no-session")
        self.issue(s, CloseSession(), 0, out)

    def order_open(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """A real client has connected to `server`: with its session (0: a new one), its password in base64
        (or -), the time-out that it asks for in virtual microseconds, the last zxid that it has seen, and the
        IP address from which it comes."""
        server, session, password, timeout, zxid, address = args
        if s.phase != "closed":
            raise Impossible("connected-there", server=s.server)
        numbers = [number(text) for text in (session, timeout, zxid)]
        s.session, s.wanted_timeout, s.last_zxid = numbers
        s.server, s.password, s.outside, s.address = server, unpacked(password), True, address
        self.connect(s, out)

    def order_frame(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """A request of the real client: the bytes of its frame, in base64."""
        if not s.outside or s.phase != "connected":
            raise Impossible("no-session")
        try:
            xid, operation = jute.read_request(unpacked(args[0]))
        except jute.Malformed as bad:
            raise Impossible("bad-frame", reason=str(bad)) from None
        out.explain("client-asks", request=spoken(operation))
        s.requests += (Asked(xid, operation),)
        self.send(s, Call, out, xid, operation)

    def order_hang_up(self, s: ClientState, args: tuple[str, ...], out: Effects) -> None:
        """The real client's connection is over; its session is not."""
        if s.phase == "closed":
            raise Impossible("no-session")
        self.send(s, Disconnect, out)
        self.be_closed(s, out)

    # --- connecting ---------------------------------------------------------------------------------------

    def connect(self, s: ClientState, out: Effects) -> None:
        assert s.server is not None
        s.phase = "connecting"
        s.connection += 1
        out.save(s)  # no connection ever has the number of another
        s.line = Line(s.connection, sent=1)
        out.explain("client-connects", server=s.server, session=hex(s.session))
        out.cancel_timer("reconnect")
        out.set_timer("silence", Span(max(1, s.wanted_timeout // len(self.members))))
        hello = Connect(s.connection, 1, s.session, s.password, s.wanted_timeout, s.last_zxid, s.address)
        out.send(s.server, hello)

    def on_connected(self, s: ClientState, src: str, m: ClientPacket, out: Effects) -> None:
        """Any packet from the server: it is taken when its turn comes."""
        if s.phase not in ("connecting", "connected") or src != s.server or m.connection != s.connection:
            out.explain("not-this-connection", server=src)
            return
        if isinstance(m, Disconnect) and m.number == 0:
            self.server_hung_up(s, out)
            return
        s.line, turn = s.line.take(m)
        for packet in turn:
            if s.phase in ("connecting", "connected"):
                self.hear(s, out)
                self.packet(s, packet, out)

    on_reply = on_watched_event = on_alive = on_disconnect = on_connected

    def packet(self, s: ClientState, m: ClientPacket, out: Effects) -> None:
        if isinstance(m, Connected):
            self.open(s, m, out)
        elif isinstance(m, Reply):
            self.take_reply(s, m, out)
        elif isinstance(m, WatchedEvent):
            out.explain("event", event=m.event, path=m.path)
            s.watched = s.watched.fired(m.event, m.path)
            self.happened(s, m.event, m.path, out)
        elif isinstance(m, Disconnect):
            self.server_hung_up(s, out)
        elif isinstance(m, Alive):
            out.explain("server-alive", server=s.server)

    def hear(self, s: ClientState, out: Effects) -> None:
        out.set_timer("silence", Span(max(1, (s.timeout or s.wanted_timeout) * 2 // 3)))

    def open(self, s: ClientState, m: Connected, out: Effects) -> None:
        if m.session == 0:
            out.explain("session-expired", session=hex(s.session))
            self.forget_session(s, out)
            return
        s.phase, s.session, s.password, s.timeout = "connected", m.session, m.password, m.timeout
        out.explain("session-established", server=s.server, session=hex(s.session), timeout=s.timeout // 1000)
        out.set_timer("silence", Span(max(1, s.timeout * 2 // 3)))
        out.set_timer("ping", Span(max(1, s.timeout // 3)))
        if not s.outside:
            self.bring_along(s, out)
        unsent, s.unsent = s.unsent, ()
        for asked in unsent:
            self.dispatch(s, asked, out)
        self.connected(s, out)

    def bring_along(self, s: ClientState, out: Effects) -> None:
        """Its identities and its watches, before anything else."""
        for scheme, auth in s.logins:
            self.dispatch(s, Asked(AUTH_XID, AddAuth(scheme, auth)), out)
        watches = s.watched.request(s.last_zxid)
        if watches is not None:
            out.explain("watches-again", zxid=shown(s.last_zxid))
            self.dispatch(s, Asked(WATCHES_XID, watches), out)

    # --- requests and their answers -----------------------------------------------------------------------

    def issue(self, s: ClientState, operation: Operation, task: int, out: Effects) -> None:
        """Ask for something now, or as soon as there is a connection."""
        s.xid += 1
        special = isinstance(operation, AddAuth)
        if isinstance(operation, AddAuth):
            s.logins = (*s.logins, (operation.scheme, operation.auth))
        asked = Asked(AUTH_XID if special else s.xid, operation, task)
        out.explain("client-asks", request=spoken(operation))
        if s.phase == "connected":
            self.dispatch(s, asked, out)
            return
        s.unsent += (asked,)
        if s.phase == "closed":
            self.connect(s, out)

    def dispatch(self, s: ClientState, asked: Asked, out: Effects) -> None:
        s.requests += (asked,)
        self.send(s, Call, out, asked.xid, asked.operation)

    def take_reply(self, s: ClientState, m: Reply, out: Effects) -> None:
        at = next((i for i, asked in enumerate(s.requests) if asked.xid == m.xid), None)
        if at is None:
            return
        asked = s.requests[at]
        s.requests = s.requests[:at] + s.requests[at + 1 :]
        if m.xid != AUTH_XID:  # that one is not about the tree
            s.last_zxid, s.shown_zxid = max(s.last_zxid, m.zxid), m.zxid
        s.watched = s.watched.after(asked.operation, m.error)
        s.answered, s.last_error = s.answered + 1, m.error
        out.explain("answer-to", request=spoken(asked.operation), error=named(m.error), zxid=shown(m.zxid))
        if isinstance(asked.operation, AddAuth) and m.error:
            s.logins = ()
        self.answered(s, asked, m.error, m.result, out)
        if isinstance(asked.operation, CloseSession):
            self.forget_session(s, out)

    # --- the connection, or the session, is over ----------------------------------------------------------

    def server_hung_up(self, s: ClientState, out: Effects) -> None:
        out.explain("server-hung-up", server=s.server)
        self.connection_lost(s, out)

    def on_silence_timeout(self, s: ClientState, out: Effects) -> None:
        out.explain("server-silent", server=s.server)
        self.connection_lost(s, out)

    def connection_lost(self, s: ClientState, out: Effects) -> None:
        """On to the next server, after a little while."""
        if s.outside:
            self.be_closed(s, out)
            return
        lost = self.give_up_connection(s, out)
        s.phase = "waiting"
        s.server = self.next_server(s)
        out.set_timer("reconnect", self.options.reconnect)
        for asked in lost:
            self.answered(s, asked, int(Code.CONNECTION_LOSS), None, out)

    def give_up_connection(self, s: ClientState, out: Effects) -> tuple[Asked, ...]:
        lost, s.requests = s.requests, ()
        s.line = Line(s.connection)
        out.cancel_timer("silence")
        out.cancel_timer("ping")
        return lost

    def on_reconnect_timeout(self, s: ClientState, out: Effects) -> None:
        self.connect(s, out)

    def be_closed(self, s: ClientState, out: Effects) -> None:
        self.give_up_connection(s, out)
        out.cancel_timer("reconnect")
        s.phase = "closed"

    def forget_session(self, s: ClientState, out: Effects) -> None:
        """It is over: what comes next begins another."""
        self.give_up_connection(s, out)
        out.cancel_timer("reconnect")
        s.phase, s.session, s.password, s.timeout = "closed", 0, b"", 0
        s.watched, s.unsent, s.shown_zxid = Watched(), (), 0
        self.session_over(s, out)

    # --- helpers ------------------------------------------------------------------------------------------

    def on_ping_timeout(self, s: ClientState, out: Effects) -> None:
        """Requests would do as well; a ping is simpler than to know when the last one was."""
        self.send(s, KeepAlive, out)
        out.set_timer("ping", Span(max(1, s.timeout // 3)))

    def send(self, s: ClientState, kind: type[ClientPacket], out: Effects, *fields: Any) -> None:
        """The next packet over the connection that there is now."""
        assert s.server is not None
        s.line = replace(s.line, sent=s.line.sent + 1)
        out.send(s.server, kind(s.line.connection, s.line.sent, *fields))

    def next_server(self, s: ClientState) -> str:
        assert s.server is not None
        return self.members[(self.members.index(s.server) + 1) % len(self.members)]


def named(error: int) -> str:
    """An error by its name; a server may know more of them than we do."""
    return Code(error).name if error in list(Code) else str(error)


def number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Impossible("not-a-number", text=text[:40]) from None


def unpacked(text: str) -> bytes:
    try:
        return b"" if text == "-" else base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Impossible("not-base64", text=text[:40]) from None
