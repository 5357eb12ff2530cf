"""A quorum store without a clock: what may happen next is up to whoever searches.

Nothing times out and nothing crashes; between nodes, any message may be the next to arrive. Only two things
are fixed, for the sake of the search: of messages of one kind on one link the first comes first (what a
script can say), and a client's request and its answer arrive at once, which only makes operations overlap
less.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import msgspec

from app.history.operation import Operation
from protocols.actor import Effects, Message
from protocols.key_value import Command
from protocols.quorum import Quorum, QuorumOptions, QuorumState
from protocols.quorum.messages import QuorumReply, QuorumRequest
from protocols.quorum.versions import Versions, clock_of, merge, spoken

encode = msgspec.msgpack.Encoder(order="sorted").encode

KEY = "x"


@dataclass(frozen=True, slots=True)
class Planned:
    """An operation that a client is going to ask for, once `after` (a place in the plan) has returned."""

    client: str
    op: str
    value: str = ""
    after: int = -1


@dataclass(frozen=True, slots=True)
class Ask:
    """Client's operation `number` of the plan goes to `server`."""

    number: int
    server: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """The oldest message of this kind on this link arrives."""

    kind: str
    src: str
    dst: str


Move = Ask | Deliver
Flying = tuple[str, str, Message]


@dataclass(frozen=True, slots=True)
class Called:
    """An operation of the plan that has begun, and perhaps returned: at which moves, and with what."""

    called: int
    returned: int | None = None
    versions: Versions = ()


class Rules:
    """What does not change in a search: the actors, the plan."""

    def __init__(self, members: tuple[str, ...], options: QuorumOptions, plan: tuple[Planned, ...]) -> None:
        self.members = members
        self.options = options
        self.plan = plan
        self.actors = {name: Quorum(name, members, options) for name in members}

    def start(self) -> World:
        nodes = {name: actor.initial({}) for name, actor in self.actors.items()}
        return World(nodes, (), (None,) * len(self.plan), 0)


@dataclass(slots=True)
class World:
    """One moment: the nodes' states, the messages in flight (oldest first), the operations so far."""

    nodes: dict[str, QuorumState]
    flying: tuple[Flying, ...]
    calls: tuple[Called | None, ...]
    moves: int

    def key(self, rules: Rules) -> bytes:
        """The same for moments from which the same may follow."""
        order = sorted(range(len(self.calls)), key=lambda n: c.called if (c := self.calls[n]) else 1 << 30)
        returned = [c is not None and c.returned is not None for c in self.calls]
        before = [[self.precedes(a, b) for b in range(len(self.calls))] for a in range(len(self.calls))]
        found = [c.versions if c else () for c in self.calls]
        flying = sorted((src, dst, type(m).__name__, encode(m)) for src, dst, m in self.flying)
        return encode([list(self.nodes.values()), flying, order, returned, before, found])

    def precedes(self, a: int, b: int) -> bool:
        """Operation `a` had returned when `b` was called."""
        first, second = self.calls[a], self.calls[b]
        return bool(first and second and first.returned is not None and first.returned < second.called)

    def choices(self, rules: Rules) -> list[Move]:
        """Everything that may happen next."""
        found: list[Move] = []
        for number, planned in enumerate(rules.plan):
            if self.calls[number] is None and self.may_ask(rules, number, planned):
                found += [Ask(number, server) for server in rules.members]
        seen = set()
        for src, dst, m in self.flying:
            move = Deliver(type(m).__name__, src, dst)
            if move not in seen:
                seen.add(move)
                found.append(move)
        return found

    def may_ask(self, rules: Rules, number: int, planned: Planned) -> bool:
        """Clients do one thing at a time, in the order of the plan."""
        wanted = [n for n in range(number) if rules.plan[n].client == planned.client]
        wanted += [planned.after] if planned.after >= 0 else []
        return all((c := self.calls[n]) is not None and c.returned is not None for n in wanted)

    def after(self, rules: Rules, move: Move) -> World:
        """The moment after that move."""
        world = World(dict(self.nodes), self.flying, self.calls, self.moves + 1)
        if isinstance(move, Ask):
            world.ask(rules, move)
        else:
            at = next(
                i for i, (src, dst, m) in enumerate(self.flying)
                if (type(m).__name__, src, dst) == (move.kind, move.src, move.dst)
            )  # fmt: skip
            _, _, message = self.flying[at]
            world.flying = self.flying[:at] + self.flying[at + 1 :]
            world.handle(rules, move.src, move.dst, message)
        return world

    def ask(self, rules: Rules, move: Ask) -> None:
        planned = rules.plan[move.number]
        calls = list(self.calls)
        calls[move.number] = Called(self.moves)
        self.calls = tuple(calls)
        command = Command(planned.op, KEY, planned.value, planned.client, self.serial(rules, move.number))
        request = QuorumRequest(command, context=clock_of(self.seen(rules, planned.client)))
        if planned.op == "get":
            request = QuorumRequest(command)
        self.handle(rules, planned.client, move.server, request)

    def serial(self, rules: Rules, number: int) -> int:
        return 1 + sum(rules.plan[n].client == rules.plan[number].client for n in range(number))

    def seen(self, rules: Rules, client: str) -> Versions:
        """What the client has been told."""
        told = [c.versions for p, c in zip(rules.plan, self.calls, strict=True) if c and p.client == client]
        return merge(rules.options.versions, *told)

    def handle(self, rules: Rules, src: str, dst: str, message: Message) -> None:
        state = copy(self.nodes[dst])
        self.nodes[dst] = state
        out = Effects()
        rules.actors[dst].handlers[type(message)](state, src, message, out)
        state.done = None  # only shown
        for to, what in out.outbox:
            if isinstance(what, QuorumReply) and to is not None:
                self.answer(rules, to, what)
            elif to is not None:
                self.flying = (*self.flying, (dst, to, what))

    def answer(self, rules: Rules, client: str, m: QuorumReply) -> None:
        for number, planned in enumerate(rules.plan):
            call = self.calls[number]
            if planned.client == client and call and self.serial(rules, number) == m.serial:
                calls = list(self.calls)
                calls[number] = Called(call.called, self.moves, m.versions)
                self.calls = tuple(calls)

    def history(self, rules: Rules) -> list[Operation]:
        """What the clients have seen, for the checks of app.history: a call is before a return at the same
        move."""
        found = []
        for number, (planned, call) in enumerate(zip(rules.plan, self.calls, strict=True)):
            if call is None:
                continue
            command = Command(planned.op, KEY, planned.value, planned.client, number)
            result: Any = planned.value if planned.op == "put" else spoken(call.versions)
            done = call.returned is not None
            found.append(
                Operation(
                    planned.client,
                    command,
                    2 * call.called,
                    2 * (call.returned or 0) + 1 if done else None,
                    result if done else msgspec.UNSET,
                )
            )
        return found
