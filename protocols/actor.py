"""Actors: what every protocol here is made of.

An actor is a set of handlers. Each takes the node's state and one input (a message, a timer that fired,
a restart), changes the state, and *says* what should happen by calling its `Effects`; it performs nothing.
Whoever runs the actor (a test, the simulator) drains the effects and carries them out, in order.

Two rules make crashes honest. Only durable fields (`Persistent`, and groups that say so) survive one,
exactly as last given to `Effects.save`; and effects are performed in the order they were emitted, so what
must be durable before a message leaves is saved before that message is sent, visibly, in the handler.

All durations are virtual microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

from protocols.key_value import KEY_VALUE, Command

T = TypeVar("T")

Persistent = Annotated[T, msgspec.Meta(extra={"group": "persistent", "durable": True})]
Volatile = Annotated[T, msgspec.Meta(extra={"group": "volatile"})]
Candidate = Annotated[T, msgspec.Meta(extra={"group": "candidate"})]
Leader = Annotated[T, msgspec.Meta(extra={"group": "leader"})]
"""Groups of fields, as the papers group them. A protocol may add its own in the same way: an acceptor's
durable fields are `Annotated[T, msgspec.Meta(extra={"group": "acceptor", "durable": True})]`."""


class State(msgspec.Struct, gc=False, rename="camel"):
    """What one service on one node knows. Values are immutable: replace them, never change them in place."""


class Message(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What travels from one node to another. `family` says what it is about: messages of one family have
    one colour (`vote`, `append`, `client`, `ack`, `commit`, …; see `FAMILIES`)."""

    family: ClassVar[str] = "message"


FAMILIES = (
    "message", "client", "forward", "prevote", "vote", "append", "propose", "ack", "commit", "abort",
    "discover", "sync", "snapshot",
)  # fmt: skip
"""What messages can be about."""


class Impossible(Exception):
    """A set-up or an order that cannot be: `code` names the sentence, `params` fill it in."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Span:
    """A duration, or a range to draw one from: `low` to `high` virtual microseconds, both included."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low = low
        self.high = low if high is None else high


class Rule(msgspec.Struct, frozen=True):
    """A rule that a handler can `explain`: the paper's section, and the mark it leaves on a time line.

    For counting what a decision costs: `decides` names the item of the rule's data that tells which decision
    (a log index, a transaction, a slot) has just been made; `knows`, which one this node has just learned of;
    with `upto`, all that come before it (by number) as well.
    """

    section: str
    mark: str = ""
    decides: str = ""
    knows: str = ""
    upto: bool = False


class Effects:
    """What a handler wants to happen: timers to set, then an outbox of saves and sends in order; and when it
    runs."""

    __slots__ = ("_now", "outbox", "reasons", "timers")

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self.timers: list[tuple[str, Span | None]] = []
        self.outbox: list[tuple[str | None, Any]] = []
        self.reasons: list[tuple[str, dict[str, Any]]] = []

    @property
    def now(self) -> int:
        """The virtual time, in microseconds, at which the handler runs: an input like the others, for what
        must carry a date (how long to wait is a timer's business, and timers run on the node's own clock)."""
        return self._now

    def send(self, to: str, message: Message) -> None:
        """Send `message` to the same service on node `to` (or to a client)."""
        self.outbox.append((to, message))

    def save(self, state: State, apart: bool = False) -> None:
        """Make the persistent fields durable, as they are now, before anything emitted after this. A write
        `apart` from the one before is not joined with it: they are two files, and a crash may come between.
        """
        values = persistent_values(state)
        if self.outbox and self.outbox[-1][0] is None and not apart:
            self.outbox[-1] = (None, values)  # nothing was sent in between: one write is enough
        else:
            self.outbox.append((None, values))

    def set_timer(self, name: str, span: Span) -> None:
        """(Re)start timer `name`; it fires once, after a time drawn from `span` on the node's own clock."""
        self.timers.append((name, span))

    def cancel_timer(self, name: str) -> None:
        """Stop timer `name`; nothing happens if it is not set."""
        self.timers.append((name, None))

    def explain(self, rule: str, **data: Any) -> None:
        """Say which rule was applied and to what, for people; has no effect on the run."""
        self.reasons.append((rule, data))

    def clear(self) -> None:
        """Forget everything, to be used for the next handler."""
        self.timers.clear()
        self.outbox.clear()
        self.reasons.clear()


S = TypeVar("S", bound=State)
Options = TypeVar("Options", bound=msgspec.Struct)
Handler = Callable[[S, str, Any, Effects], None]


class Actor(Generic[S, Options]):
    """One node's part in a protocol: fixed knowledge (`me`, `peers`, `options`) and handlers, but no state.

    A message class `RequestVote` listed in `messages` is handled by `on_request_vote(s, src, m, out)`, a
    timer `election` listed in `timers` by `on_election_timeout(s, out)`, and an order `transfer` listed in
    `orders` by `order_transfer(s, args, out)`: what an operator can tell a node to do, with the names of its
    arguments (one that begins with `node` is an endpoint's name; one that ends in `*`, the last, stands for
    one or more). An order that makes no sense now raises `Impossible` before it has changed anything.
    """

    crashes: ClassVar[bool] = True
    """Whether its machine can crash: what is durable is all that it needs to go on."""
    messages: ClassVar[tuple[type[Message], ...]] = ()
    timers: ClassVar[tuple[str, ...]] = ()
    orders: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    operations: ClassVar[Mapping[str, tuple[str, ...]]] = KEY_VALUE
    """What a client may ask for, with the names of its arguments: `key`, `value`, or both."""

    def __init__(self, me: str, members: tuple[str, ...], options: Options) -> None:
        self.me = me
        self.members = members
        self.peers = tuple(name for name in members if name != me)
        self.options = options
        self.handlers: dict[type[Message], Handler[S]] = {
            m: getattr(self, "on_" + snake_case(m.__name__)) for m in self.messages
        }
        self.timeouts: dict[str, Callable[[S, Effects], None]] = {
            t: getattr(self, f"on_{t}_timeout") for t in self.timers
        }

    @classmethod
    def check(cls, members: tuple[str, ...], options: Options) -> None:
        """Raise `Impossible` for a cluster that this protocol cannot run on."""

    @classmethod
    def workload(cls, number: int) -> Command:
        """The `number`-th operation of a client that works steadily."""
        return Command("put", "xyz"[number % 3], str(number))

    def leadership(self, s: S) -> int | None:
        """None when this node leads nothing; else the term, epoch or ballot that it leads."""
        return None

    def initial(self, durable: Mapping[str, Any]) -> S:
        """The state of a node that starts with `durable` (field -> plain value) on its disk."""
        raise NotImplementedError

    def start(self, s: S, out: Effects) -> None:
        """The node is switched on for the first time."""

    def restart(self, s: S, out: Effects) -> None:
        """The node is back after a crash: `s` holds what its disk held, the rest is new."""
        self.start(s, out)


_getters: dict[type[State], Callable[[State], tuple[Any, ...]]] = {}


def persistent_values(state: State) -> tuple[Any, ...]:
    """The values of the persistent fields, in the order of their declaration."""
    getter = _getters.get(state.__class__)
    if getter is None:
        names = durable_fields(state.__class__)
        getter = _getters[state.__class__] = lambda s: tuple([getattr(s, n) for n in names])
    return getter(state)


class Field(msgspec.Struct, frozen=True):
    """What is known of a field of a state: its name in Python and in the paper, its group, and whether it
    survives a crash."""

    name: str
    wire: str
    group: str
    durable: bool


@cache
def field_table(state: type[State]) -> tuple[Field, ...]:
    """A state's fields, in the order of their declaration."""
    info = msgspec.inspect.type_info(state)
    assert isinstance(info, msgspec.inspect.StructType)
    rows = []
    for field in info.fields:
        extra = field.type.extra if isinstance(field.type, msgspec.inspect.Metadata) else None
        known = {"group": "volatile", "durable": False, **(extra or {})}
        rows.append(Field(field.name, field.encode_name, known["group"], known["durable"]))
    return tuple(rows)


@cache
def durable_fields(state: type[State]) -> tuple[str, ...]:
    """The names (Python's) of the fields that survive a crash."""
    return tuple(f.name for f in field_table(state) if f.durable)


def snake_case(name: str) -> str:
    """`RequestVote` -> `request_vote`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
