"""A server and its clients (ZooKeeperServer, CommitProcessor, FinalRequestProcessor).

A read is answered here, from this server's own tree, which may be behind. A write goes to the leader, and
is answered when this server has executed it. Requests of one session are answered in the order in which
they came: a read waits for the writes before it, and for nobody else's. What a client watches is told to it
before anything that it could be told because of the change.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.zab.messages import Txn, shown
from protocols.zookeeper import acl, quota, reads
from protocols.zookeeper.apply import Applied
from protocols.zookeeper.database import ClientWrite, spoken
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.line import Line
from protocols.zookeeper.messages import (
    Alive,
    Call,
    ClientPacket,
    Connect,
    Connected,
    Disconnect,
    KeepAlive,
    Reply,
    Revalidate,
    WatchedEvent,
)
from protocols.zookeeper.operations import (
    AddAuth,
    AddWatch,
    CheckWatches,
    CreateSession,
    DeleteContainer,
    Done,
    Multi,
    Operation,
    PathOf,
    RemoveWatches,
    Result,
    Sasl,
    SetWatches,
    Sync,
    Token,
    Unknown,
)
from protocols.zookeeper.sessions import SessionTracker, password_of
from protocols.zookeeper.state import ClientLink, Waiting, ZooKeeperState
from protocols.zookeeper.transactions import Body, CreateTxn, MultiTxn, SetDataTxn, Transaction
from protocols.zookeeper.watches import BY_ADD_MODE, left_by, set_watches

AUTH_XID = -4
"""The client's number for an addAuth: it is not one of its requests."""


class ClientConnections(SessionTracker):
    """Every client's connection, and what it asks for."""

    # --- a client connects --------------------------------------------------------------------------------

    def on_connect(self, s: ZooKeeperState, src: str, m: Connect, out: Effects) -> None:
        link = s.clients.get(src)
        if not self.is_serving(s):
            out.explain("refuses-clients", client=src, phase=s.phase)
            out.send(src, Disconnect(m.connection, 0))
        elif link is not None and m.connection <= link.line.connection:
            out.explain("client-connected-already", client=src)
        elif m.last_zxid > s.last_processed:
            out.explain("client-ahead", client=src, theirs=shown(m.last_zxid), mine=shown(s.last_processed))
            out.send(src, Disconnect(m.connection, 0))
        else:
            self.drop_client(s, src)
            self.accept(s, src, m, out)

    def accept(self, s: ZooKeeperState, src: str, m: Connect, out: Effects) -> None:
        line = Line[ClientPacket](m.connection, received=1)
        link = ClientLink(line, self.negotiated(m.timeout), identities=(("ip", m.address),))
        if m.session:
            s.clients = {**s.clients, src: replace(link, asked=m.session)}
            out.explain("session-goes-on", client=src, session=hex(m.session))
            self.revalidate(s, src, m, out)
            return
        s.next_session += 1
        s.clients = {**s.clients, src: replace(link, asked=s.next_session)}
        out.explain("session-begins", client=src, session=hex(s.next_session), timeout=link.timeout // 1000)
        self.submit(s, ClientWrite(self.me, s.next_session, 0, CreateSession(link.timeout // 1000)), out)

    def revalidate(self, s: ZooKeeperState, src: str, m: Connect, out: Effects) -> None:
        """Only the leader knows whether the session is still there."""
        if m.password != password_of(m.session):
            self.session_checked(s, m.session, valid=False, out=out)
        elif s.role == "leading":
            valid = self.take_over(s, self.me, m.session, out.now)
            self.session_checked(s, m.session, valid, out)
        else:
            self.ask_leader(s, m.session, s.clients[src].timeout, out)

    def ask_leader(self, s: ZooKeeperState, session: int, timeout: int, out: Effects) -> None:
        assert s.leader_id is not None
        self.transmit(s, s.leader_id, Revalidate, out, session, timeout)

    def on_revalidate(self, s: ZooKeeperState, src: str, m: Revalidate, out: Effects) -> None:
        if s.role == "leading":
            valid = self.take_over(s, src, m.session, out.now)
            out.explain("revalidates", server=src, session=hex(m.session), valid=valid)
            self.transmit(s, src, Revalidate, out, m.session, m.timeout, valid)
        else:
            self.session_checked(s, m.session, m.valid, out)

    def session_checked(self, s: ZooKeeperState, session: int, valid: bool, out: Effects) -> None:
        """The leader has spoken."""
        for name, link in s.clients.items():
            if link.asked == session and not link.session:
                self.open_session(s, name, link, valid, out)

    def open_session(self, s: ZooKeeperState, name: str, link: ClientLink, valid: bool, out: Effects) -> None:
        if not valid:
            out.explain("session-gone", client=name, session=hex(link.asked))
            self.tell_client(s, name, Connected, out, 0, b"", 0)
            self.tell_client(s, name, Disconnect, out)
            self.drop_client(s, name)
            return
        for other, old in list(s.clients.items()):
            if other != name and old.session == link.asked:  # one session, one connection
                self.tell_client(s, other, Disconnect, out)
                self.drop_client(s, other)
        s.clients = {**s.clients, name: replace(link, session=link.asked)}
        out.explain("session-open", client=name, session=hex(link.asked), timeout=link.timeout // 1000)
        self.tell_client(s, name, Connected, out, link.asked, password_of(link.asked), link.timeout)

    # --- what comes over a connection ---------------------------------------------------------------------

    def on_call(self, s: ZooKeeperState, src: str, m: ClientPacket, out: Effects) -> None:
        """Any packet of a connection: it is taken when its turn comes."""
        link = s.clients.get(src)
        if link is None or link.line.connection != m.connection:
            out.explain("no-such-connection", client=src, connection=m.connection)
            if not isinstance(m, Disconnect):
                out.send(src, Disconnect(m.connection, 0))
            return
        line, turn = link.line.take(m)
        s.clients = {**s.clients, src: replace(link, line=line)}
        if link.session:
            self.hear(s, link.session, out)
        for packet in turn:
            if src in s.clients:
                self.packet(s, src, packet, out)

    on_keep_alive = on_disconnect = on_call

    def packet(self, s: ZooKeeperState, src: str, m: ClientPacket, out: Effects) -> None:
        if isinstance(m, Disconnect):
            out.explain("client-hangs-up", client=src)
            self.drop_client(s, src)
        elif isinstance(m, KeepAlive):
            out.explain("client-alive", client=src)
            self.tell_client(s, src, Alive, out, s.last_processed)
        elif isinstance(m, Call) and data_in(m.operation) > self.options.max_data:
            out.explain("too-long", client=src, size=data_in(m.operation), most=self.options.max_data)
            self.tell_client(s, src, Disconnect, out)
            self.drop_client(s, src)
        elif isinstance(m, Call) and s.clients[src].session:
            self.request(s, src, m, out)

    def hear(self, s: ZooKeeperState, session: int, out: Effects) -> None:
        if s.role == "leading":
            self.renew(s, session, out.now)
        elif session not in s.heard_from:
            s.heard_from = (*s.heard_from, session)

    # --- requests -----------------------------------------------------------------------------------------

    def request(self, s: ZooKeeperState, src: str, m: Call, out: Effects) -> None:
        link, op = s.clients[src], m.operation
        if isinstance(op, AddAuth):
            self.authenticate(s, src, m.xid, op, out)
            return
        if isinstance(op, DeleteContainer | CreateSession):
            op = Unknown(op.opcode, Code.UNIMPLEMENTED)
        s.clients = {**s.clients, src: replace(link, requests=(*link.requests, Waiting(m.xid, op)))}
        if isinstance(op, Sync):
            out.explain("asks-sync", client=src, path=op.path)
            self.ask_sync(s, str(link.session), m.xid, out)
        elif op.is_write:
            out.explain("takes-write", client=src, request=spoken(op))
            self.submit(s, ClientWrite(self.me, link.session, m.xid, op, link.identities), out)
        self.answer_reads(s, src, out)

    def authenticate(self, s: ZooKeeperState, src: str, xid: int, op: AddAuth, out: Effects) -> None:
        """The connection has one more identity, or is over."""
        proved = acl.authenticate(op, self.tree_options.super_digest)
        link = s.clients[src]
        if proved is None:
            out.explain("auth-failed", client=src, scheme=op.scheme)
            self.tell_client(s, src, Reply, out, xid, 0, int(Code.AUTH_FAILED), None)
            self.tell_client(s, src, Disconnect, out)
            self.drop_client(s, src)
            return
        known = tuple(dict.fromkeys((*link.identities, *proved)))
        s.clients = {**s.clients, src: replace(link, identities=known)}
        out.explain("authenticated", client=src, scheme=op.scheme)
        self.tell_client(s, src, Reply, out, xid, s.last_processed, 0, Done())

    def answer_reads(self, s: ZooKeeperState, src: str, out: Effects) -> None:
        """Answer what stands at the head of the connection's requests, up to the next that waits."""
        while (link := s.clients.get(src)) and link.requests and not waits(link.requests[0].operation):
            first, *rest = link.requests
            s.clients = {**s.clients, src: replace(link, requests=tuple(rest))}
            self.answer_read(s, src, first, out)

    def answer_read(self, s: ZooKeeperState, src: str, asked: Waiting, out: Effects) -> None:
        op = asked.operation
        result, code = None, Code.OK
        try:
            result = self.read(s, src, op, out)
        except ZooKeeperError as failed:
            code = failed.code
        self.leave_watch(s, src, op, code)
        out.explain(
            "answers-read", client=src, request=spoken(op), zxid=shown(s.last_processed), error=code.name
        )
        self.tell_client(s, src, Reply, out, asked.cxid, s.last_processed, int(code), result)
        if isinstance(op, Unknown):
            self.tell_client(s, src, Disconnect, out)
            self.drop_client(s, src)

    def read(self, s: ZooKeeperState, src: str, op: Operation, out: Effects) -> Result:
        """The tree answers most; what is about watches, the server itself."""
        session = s.clients[src].session
        match op:
            case Unknown():
                raise ZooKeeperError(Code(op.error))
            case AddWatch(path, mode):
                if mode not in BY_ADD_MODE:
                    raise ZooKeeperError(Code.MARSHALLING_ERROR)
                s.watches = s.watches.add(session, BY_ADD_MODE[mode], path)
                return Done()
            case CheckWatches(path, kind) | RemoveWatches(path, kind):
                if not s.watches.check(session, kind, path):
                    raise ZooKeeperError(Code.NO_WATCHER, path)
                if isinstance(op, RemoveWatches):
                    s.watches = s.watches.remove(session, kind, path)
                return Done()
            case SetWatches():
                return self.set_watches(s, src, op, out)
            case Sasl():
                return Token(None)
        return reads.read(s.tree, op, s.clients[src].identities, session)

    def set_watches(self, s: ZooKeeperState, src: str, op: SetWatches, out: Effects) -> Result:
        """A client brings its watches along; what they have missed it is told now."""
        s.watches, missed = set_watches(s.watches, s.tree, s.clients[src].session, op)
        for event, path in missed:
            out.explain("watch-missed", client=src, event=int(event), path=path)
            self.tell_client(s, src, WatchedEvent, out, int(event), path)
        return Done()

    def leave_watch(self, s: ZooKeeperState, src: str, op: Operation, code: Code) -> None:
        left = left_by(op, code)
        if left is not None:
            s.watches = s.watches.add(s.clients[src].session, *left)

    # --- a transaction has been executed here -------------------------------------------------------------

    def applied(self, s: ZooKeeperState, txn: Txn, applied: Applied, out: Effects) -> None:
        """First the events, then the answer."""
        transaction = txn.command
        self.watch_quotas(s, transaction.body, out)
        here = {link.session: name for name, link in s.clients.items() if link.session}
        s.watches, events = s.watches.fire(applied.changes)
        for session, event, path in events:
            if session in here:
                out.explain("watch-fires", client=here[session], event=int(event), path=path)
                self.tell_client(s, here[session], WatchedEvent, out, int(event), path)
        if transaction.session in here:
            self.answer_write(s, here[transaction.session], transaction, applied, out)
        elif transaction.session in s.sessions:  # it has begun, and its client may be waiting for it
            self.session_checked(s, transaction.session, True, out)

    def watch_quotas(self, s: ZooKeeperState, body: Body, out: Effects) -> None:
        """A soft limit stops nobody: that it is passed is said, by every server."""
        for part in body.bodies if isinstance(body, MultiTxn) else (body,):
            if s.tree.limited and isinstance(part, CreateTxn | SetDataTxn):
                for over in quota.excess(s.tree, part.path):
                    path, what, limit, used = over.path, over.what, over.limit, over.used
                    out.explain("quota-passed", path=path, what=what, limit=limit, used=used)

    def answer_write(
        self, s: ZooKeeperState, name: str, txn: Transaction, applied: Applied, out: Effects
    ) -> None:  # fmt: skip
        link = s.clients[name]
        mine = link.requests and waits(link.requests[0].operation) and link.requests[0].cxid == txn.cxid
        over = txn.session not in s.sessions
        if mine and applied.code == Code.SESSION_MOVED:
            over = True
        elif mine:
            op, rest = link.requests[0].operation, link.requests[1:]
            s.clients = {**s.clients, name: replace(link, requests=rest)}
            zxid, error = shown(txn.zxid), applied.code.name
            out.explain("answers-write", client=name, request=spoken(op), zxid=zxid, error=error)
            result = None if applied.code else applied.result
            self.tell_client(s, name, Reply, out, txn.cxid, txn.zxid, int(applied.code), result)
        if over:
            out.explain("ends-connection", client=name, session=hex(txn.session))
            self.tell_client(s, name, Disconnect, out)
            self.drop_client(s, name)
        else:
            self.answer_reads(s, name, out)

    def synced(self, s: ZooKeeperState, client: str, cxid: int, out: Effects) -> None:
        """The leader's answer to a sync has come, behind every commit that went before it."""
        session = int(client)
        for name, link in s.clients.items():
            first = link.requests[0] if link.requests else None
            if link.session == session and first and first.cxid == cxid and isinstance(first.operation, Sync):
                s.clients = {**s.clients, name: replace(link, requests=link.requests[1:])}
                path = first.operation.path
                self.tell_client(s, name, Reply, out, cxid, s.last_processed, 0, PathOf(path))
                self.answer_reads(s, name, out)
                return

    # --- helpers ------------------------------------------------------------------------------------------

    def tell_client(
        self, s: ZooKeeperState, name: str, kind: type[ClientPacket], out: Effects, *fields: object
    ) -> None:
        """Send the next packet over the connection to client `name`."""
        link = s.clients[name]
        line = replace(link.line, sent=link.line.sent + 1)
        s.clients = {**s.clients, name: replace(link, line=line)}
        out.send(name, kind(line.connection, line.sent, *fields))

    def drop_client(self, s: ZooKeeperState, name: str) -> None:
        """The connection is over, and with it the watches that it had here; the session is not."""
        link = s.clients.get(name)
        if link is not None:
            s.clients = {k: v for k, v in s.clients.items() if k != name}
            s.watches = s.watches.drop(link.session)

    def drop_clients(self, s: ZooKeeperState, out: Effects) -> None:
        """This server has left its leader: it can promise nobody anything."""
        for name in list(s.clients):
            out.explain("ends-connection", client=name, session=hex(s.clients[name].session))
            self.tell_client(s, name, Disconnect, out)
            self.drop_client(s, name)
        s.heard_from = ()


def data_in(op: Operation) -> int:
    """How many bytes of data a request brings: what makes a frame too long."""
    parts = op.operations if isinstance(op, Multi) else (op,)
    return sum(len(getattr(part, "data", None) or b"") for part in parts)


def waits(op: Operation) -> bool:
    """Whether it is answered only when something has come back from the leader."""
    return op.is_write or isinstance(op, Sync)
