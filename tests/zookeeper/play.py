"""Clients that run programs against one server's tree, interleaved at random: no ensemble, no network.

What a server sends to a client comes in order, events before the replies to what is asked later, but as late
as the scheduler likes. A request's answer may be lost, whether it was executed or not; a session may expire.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

from protocols.zookeeper.acl import Identities, authenticate
from protocols.zookeeper.apply import apply
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    AddAuth,
    AddWatch,
    CloseSession,
    Done,
    Operation,
    RemoveWatches,
    Result,
)
from protocols.zookeeper.prepare import TreeOptions, prepare
from protocols.zookeeper.programs import (
    Answered,
    Ask,
    AtHand,
    Expired,
    Happened,
    Identity,
    Input,
    Program,
    Progress,
    Sleep,
    Woken,
    advance,
)
from protocols.zookeeper.reads import read
from protocols.zookeeper.transactions import Transaction
from protocols.zookeeper.tree import empty
from protocols.zookeeper.watches import BY_ADD_MODE, Watches, left_by


class Server:
    """A tree, its watches, and who is logged in."""

    def __init__(self, options: TreeOptions | None = None) -> None:
        self.tree = empty()
        self.options = options or TreeOptions()
        self.zxid = 1 << 32
        self.now_ms = 0
        self.watches = Watches()
        self.logins: dict[int, Identities] = {}
        self.events: deque[tuple[int, Happened]] = deque()
        self.asked: list[tuple[int, Operation]] = []

    def answer(self, session: int, operation: Operation) -> Answered:
        self.asked.append((session, operation))
        try:
            result = self.execute(session, operation)
        except ZooKeeperError as e:
            return Answered(int(e.code))
        return Answered(0, result)

    def execute(self, session: int, operation: Operation) -> Result:
        who = self.logins.setdefault(session, (("ip", "127.0.0.1"),))
        if isinstance(operation, AddAuth):
            proved = authenticate(operation)
            if proved is None:
                raise ZooKeeperError(Code.AUTH_FAILED)
            self.logins[session] = (*who, *proved)
            return Done()
        if isinstance(operation, AddWatch):
            self.watches = self.watches.add(session, BY_ADD_MODE[operation.mode], operation.path)
            return Done()
        if isinstance(operation, RemoveWatches):
            return self.remove(session, operation)
        if not operation.is_write:
            return self.read(session, operation, who)
        self.zxid += 1
        body = prepare(self.tree, operation, session, who, self.zxid, self.now_ms, self.options)
        applied = apply(self.tree, Transaction(self.zxid, session, 0, self.now_ms, body))
        self.tree = applied.tree
        self.watches, told = self.watches.fire(applied.changes)
        self.events += ((to, Happened(int(event), path)) for to, event, path in told)
        if applied.code != Code.OK or applied.result is None:
            raise ZooKeeperError(applied.code)
        return applied.result

    def read(self, session: int, operation: Operation, who: Identities) -> Result:
        code = Code.OK
        try:
            return read(self.tree, operation, who, session)
        except ZooKeeperError as e:
            code = e.code
            raise
        finally:
            left = left_by(operation, code)
            if left is not None:
                self.watches = self.watches.add(session, *left)

    def remove(self, session: int, operation: RemoveWatches) -> Result:
        if not self.watches.check(session, operation.kind, operation.path):
            raise ZooKeeperError(Code.NO_WATCHER)
        self.watches = self.watches.remove(session, operation.kind, operation.path)
        return Done()

    def close(self, session: int) -> None:
        self.execute(session, CloseSession())
        self.watches = self.watches.drop(session)


class Client:
    """A program at work, on a session of its own."""

    def __init__(self, name: str, session: int, program: Program, args: tuple[Any, ...]) -> None:
        self.name = name
        self.session = session
        self.program, self.args = program, args
        self.identity = Identity(name, "n1", session, 1)
        self.inputs: tuple[Input, ...] = ()
        self.inbox: deque[Input] = deque()
        self.asked = False
        self.wakes: int | None = None
        self.progress = Progress((), None)


class Play:
    """A server and its clients. `log` is what they say, what the server does for them, and when
    they wake, in the order that it happens."""

    def __init__(self, seed: int = 0, loss: float = 0.0) -> None:
        self.rng = Random(seed)
        self.loss = loss
        self.server = Server()
        self.now = 0
        self.at_hand = AtHand()
        self.clients: dict[str, Client] = {}
        self.log: list[tuple[str, str]] = []
        self.delivered: dict[str, int] = {}

    def start(self, name: str, program: Program, *args: Any) -> Client:
        client = self.clients[name] = Client(name, 0x100 + len(self.clients), program, args)
        self.go_on(client)
        return client

    def run(self, steps: int = 20_000) -> None:
        """Until all programs are over; if they never are, they wait for something that will not come."""
        for _ in range(steps):
            if not self.step():
                return
        raise AssertionError("no end")

    def step(self) -> bool:
        busy = [c for c in self.clients.values() if not c.progress.finished]
        ready = [c for c in busy if c.inbox or self.must_ask(c) or (c.wakes or self.now + 1) <= self.now]
        if not ready:
            sleeping = [c.wakes for c in busy if c.wakes]
            assert sleeping or not busy, f"nobody can go on: {[(c.name, c.progress.waits_for) for c in busy]}"
            self.now = min(sleeping, default=self.now)
            return bool(busy)
        self.now += self.rng.randrange(20_000)
        self.act(self.rng.choice(ready))
        return True

    def act(self, client: Client) -> None:
        if client.wakes is not None and client.wakes <= self.now:
            client.wakes = None
            self.log.append((client.name, "wakes"))
            self.give(client, Woken())
        elif client.inbox and (not self.must_ask(client) or self.rng.random() < 0.5):
            given = client.inbox.popleft()
            if isinstance(given, Happened):
                self.delivered[client.name] = self.delivered.get(client.name, 0) + 1
            self.give(client, given)
        elif self.must_ask(client):
            self.ask(client)

    def must_ask(self, client: Client) -> bool:
        return isinstance(client.progress.waits_for, Ask) and not client.asked

    def ask(self, client: Client) -> None:
        assert isinstance(client.progress.waits_for, Ask)
        client.asked = True
        self.server.now_ms = self.now // 1000
        lost = self.rng.random() < self.loss
        if not lost or self.rng.random() < 0.5:
            operation = client.progress.waits_for.operation
            answer = self.server.answer(client.session, operation)
            self.log.append((client.name, f"{type(operation).__name__} {getattr(operation, 'path', '')}"))
        self.post()
        client.inbox.append(Answered(Code.CONNECTION_LOSS) if lost else answer)

    def post(self) -> None:
        """Events are on their way before the reply is."""
        by_session = {c.session: c for c in self.clients.values()}
        while self.server.events:
            session, event = self.server.events.popleft()
            if session in by_session:
                by_session[session].inbox.append(event)

    def expire(self, name: str) -> None:
        """The servers have not heard of this client for too long."""
        client = self.clients[name]
        self.server.close(client.session)
        self.post()
        client.inbox.clear()
        self.log.append((name, "expires"))
        self.give(client, Expired())

    def give(self, client: Client, given: Input) -> None:
        if isinstance(given, Answered | Expired):
            client.asked = False
        client.inputs = (*client.inputs, given)
        self.go_on(client)

    def go_on(self, client: Client) -> None:
        before = client.progress
        after = advance(client.program, client.args, client.identity, client.inputs, self.at_hand)
        self.log += [(client.name, text) for text in after.said[len(before.said) :]]
        client.progress = after
        if isinstance(after.waits_for, Sleep) and client.wakes is None:
            client.wakes = self.now + max(1, after.waits_for.micros)

    def said(self, name: str) -> tuple[str, ...]:
        return self.clients[name].progress.said
