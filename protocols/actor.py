"""Actors: what every protocol here is made of.

An actor is a set of handlers. Each takes the node's state and one input (a message, a timer that fired,
a restart), changes the state, and *says* what should happen by calling its `Effects`; it performs nothing.
Whoever runs the actor (a test, the simulator) drains the effects and carries them out, in order.

Two rules make crashes honest. Only fields marked `Persistent` survive one, exactly as last given to
`Effects.save`; and effects are performed in the order they were emitted, so what must be durable before a
message leaves is saved before that message is sent, visibly, in the handler.

All durations are virtual microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec

T = TypeVar("T")

Persistent = Annotated[T, msgspec.Meta(extra={"group": "persistent"})]
Volatile = Annotated[T, msgspec.Meta(extra={"group": "volatile"})]
Candidate = Annotated[T, msgspec.Meta(extra={"group": "candidate"})]
Leader = Annotated[T, msgspec.Meta(extra={"group": "leader"})]


class State(msgspec.Struct, gc=False, rename="camel"):
    """What one service on one node knows. Values are immutable: replace them, never change them in place."""


class Message(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What travels from one node to another."""


class Span:
    """A duration, or a range to draw one from: `low` to `high` virtual microseconds, both included."""

    __slots__ = ("high", "low")

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low = low
        self.high = low if high is None else high


class Rule(msgspec.Struct, frozen=True):
    """A rule that a handler can `explain`: the paper's section, and the mark it leaves on a time line."""

    section: str
    mark: str = ""


class Effects:
    """What a handler wants to happen: timers to set, then an outbox of saves and sends in order."""

    __slots__ = ("outbox", "reasons", "timers")

    def __init__(self) -> None:
        self.timers: list[tuple[str, Span | None]] = []
        self.outbox: list[tuple[str | None, Any]] = []
        self.reasons: list[tuple[str, dict[str, Any]]] = []

    def send(self, to: str, message: Message) -> None:
        """Send `message` to the same service on node `to` (or to a client)."""
        self.outbox.append((to, message))

    def save(self, state: State) -> None:
        """Make the persistent fields durable, as they are now, before anything emitted after this."""
        values = persistent_values(state)
        if self.outbox and self.outbox[-1][0] is None:
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


class SilentEffects(Effects):
    """Effects for a run that nobody watches: reasons are not even kept."""

    __slots__ = ()

    def explain(self, rule: str, **data: Any) -> None:
        pass


S = TypeVar("S", bound=State)
Options = TypeVar("Options", bound=msgspec.Struct)
Handler = Callable[[S, str, Any, Effects], None]


class Actor(Generic[S, Options]):
    """One node's part in a protocol: fixed knowledge (`me`, `peers`, `options`) and handlers, but no state.

    A message class `RequestVote` listed in `messages` is handled by `on_request_vote(s, src, m, out)`, a
    timer `election` listed in `timers` by `on_election_timeout(s, out)`.
    """

    messages: ClassVar[tuple[type[Message], ...]] = ()
    timers: ClassVar[tuple[str, ...]] = ()

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
        names = fields_of(state.__class__, "persistent")
        getter = _getters[state.__class__] = lambda s: tuple([getattr(s, n) for n in names])
    return getter(state)


def fields_of(state: type[State], group: str | None = None) -> tuple[str, ...]:
    """The names (Python's) of a state's fields, all or those of one group."""
    return tuple(name for name, _, g in field_table(state) if group in (None, g))


@cache
def field_table(state: type[State]) -> tuple[tuple[str, str, str], ...]:
    """Rows of (name in Python, name in the paper, group), in the order of their declaration."""
    info = msgspec.inspect.type_info(state)
    assert isinstance(info, msgspec.inspect.StructType)
    rows = []
    for field in info.fields:
        extra = field.type.extra if isinstance(field.type, msgspec.inspect.Metadata) else None
        rows.append((field.name, field.encode_name, (extra or {}).get("group", "volatile")))
    return tuple(rows)


def snake_case(name: str) -> str:
    """`RequestVote` -> `request_vote`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
