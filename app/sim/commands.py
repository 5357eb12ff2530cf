"""The one vocabulary: everything a person, a script or a lesson can do to a cluster.

Each command is a value with one text form; `parse(str(command)) == command`. What it does is in
`app.sim.interventions`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from app.sim.delays import spoken_delay
from app.sim.errors import Refused
from app.sim.units import micros, spoken
from protocols.registry import operations, orders

LONGEST, LONGEST_TOLD = 400, 12_000
"""No command is longer than this, in characters; what somebody is told may be data."""
LONGEST_FRAME = 1_500_000
"""A real client's request, in base64: `tell k1 frame …`."""


class Base(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Selector(Base):
    """Messages by type, sender and receiver; `*` is any."""

    type: str = "*"
    src: str = "*"
    dst: str = "*"

    def __str__(self) -> str:
        return f"{self.type} {self.src} -> {self.dst}"


class Crash(Base):
    verb: Literal["crash"] = "crash"
    node: str
    trap: Literal["", "before", "after"] = ""

    def __str__(self) -> str:
        return f"crash {self.node}" + (f" {self.trap} save" if self.trap else "")


class Power(Base):
    """`restart n1`, `pause n1`, `resume n1`."""

    verb: Literal["restart", "pause", "resume"]
    node: str

    def __str__(self) -> str:
        return f"{self.verb} {self.node}"


class Clock(Base):
    verb: Literal["clock"] = "clock"
    node: str
    rate: float = Field(ge=0.1, le=10)

    def __str__(self) -> str:
        return f"clock {self.node} {self.rate:g}"


class Timeout(Base):
    verb: Literal["timeout"] = "timeout"
    node: str
    timer: str
    service: str | None = None

    def __str__(self) -> str:
        return f"timeout {self.node} {self.timer}{on(self.service)}"


class Cable(Base):
    """`cut n1 -> n2`, `mend n1 -- n2`."""

    verb: Literal["cut", "mend"]
    src: str
    dst: str
    both: bool

    def __str__(self) -> str:
        return f"{self.verb} {self.src} {'--' if self.both else '->'} {self.dst}"


class Partition(Base):
    verb: Literal["partition"] = "partition"
    groups: tuple[tuple[str, ...], ...] = Field(min_length=2)

    def __str__(self) -> str:
        return "partition " + " | ".join(" ".join(group) for group in self.groups)


class Heal(Base):
    verb: Literal["heal"] = "heal"

    def __str__(self) -> str:
        return "heal"


class LinkSettings(Base):
    verb: Literal["link"] = "link"
    src: str
    dst: str
    both: bool
    delay: str | None = None
    delays: tuple[tuple[str, str], ...] = ()
    """By kind of message."""
    loss: float | None = Field(default=None, ge=0, le=1)
    duplicate: float | None = Field(default=None, ge=0, le=1)
    fifo: bool | None = None

    def __str__(self) -> str:
        parts = [f"link {self.src} {'--' if self.both else '->'} {self.dst}"]
        parts += [f"delay {self.delay}"] if self.delay is not None else []
        parts += [f"delay:{kind} {delay}" for kind, delay in self.delays]
        parts += [f"loss {self.loss:g}"] if self.loss is not None else []
        parts += [f"duplicate {self.duplicate:g}"] if self.duplicate is not None else []
        parts += [f"fifo {'on' if self.fifo else 'off'}"] if self.fifo is not None else []
        return " ".join(parts)


class OnMessage(Base):
    """`drop #12`, `hold AppendEntries n1 -> n2`, `deliver first RequestVote * -> n3`, `delay #12 30ms`;
    `deliver #12 as no-log-check`: this once, its receiver behaves like that mutant."""

    verb: Literal["drop", "duplicate", "delay", "hold", "deliver"]
    id: int | None = None
    selector: Selector | None = None
    first: bool = False
    by: str | None = None
    mutant: str | None = None

    def __str__(self) -> str:
        which = f"#{self.id}" if self.id is not None else f"{'first ' if self.first else ''}{self.selector}"
        how = f" as {self.mutant}" if self.mutant else f" {self.by}" if self.by else ""
        return f"{self.verb} {which}{how}"


class Standing(Base):
    """`drop every AppendEntries n1 -> n2`; `allow` takes a rule back."""

    verb: Literal["every"] = "every"
    action: Literal["drop", "hold", "allow"]
    selector: Selector

    def __str__(self) -> str:
        return f"{self.action} every {self.selector}"


class Network(Base):
    verb: Literal["network"] = "network"
    mode: Literal["manual", "auto"]

    def __str__(self) -> str:
        return f"network {self.mode}"


class Request(Base):
    verb: Literal["request"] = "request"
    client: str
    op: str
    key: str = Field(default="", max_length=40)
    value: str = Field(default="", max_length=100)
    server: str | None = None
    service: str | None = None

    @property
    def operation(self) -> str:
        return spoken_operation(self.op, self.key, self.value)

    def __str__(self) -> str:
        at = f" at {self.server}" if self.server else ""
        return f"request {self.client} {self.operation}{at}{on(self.service)}"


class Load(Base):
    verb: Literal["load"] = "load"
    client: str
    every: int = Field(ge=0)
    service: str | None = None

    def __str__(self) -> str:
        return f"load {self.client} {spoken(self.every) if self.every else 'off'}{on(self.service)}"


class Tell(Base):
    """What an operator has a node do: `tell n1 transfer n3`."""

    verb: Literal["tell"] = "tell"
    node: str
    order: str
    args: tuple[str, ...] = ()
    service: str | None = None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The arguments that are endpoints."""
        kinds = orders()[self.order]
        last = kinds[-1:] if kinds and kinds[-1].endswith("*") else ()
        kinds += last * (len(self.args) - len(kinds))
        return tuple(a for kind, a in zip(kinds, self.args, strict=True) if kind.startswith("node"))

    @property
    def text(self) -> str:
        return " ".join([self.order, *map(quote, self.args)])

    def __str__(self) -> str:
        return f"tell {self.node} {self.text}{on(self.service)}"


class Join(Base):
    """A client comes: `join k1`, or `join k1 on zab` for one that talks to that service alone."""

    verb: Literal["join"] = "join"
    client: str
    service: str | None = None

    def __str__(self) -> str:
        return f"join {quote(self.client)}{on(self.service)}"


class Leave(Base):
    """A client that came goes."""

    verb: Literal["leave"] = "leave"
    client: str

    def __str__(self) -> str:
        return f"leave {quote(self.client)}"


class SetSpeed(Base):
    """How fast virtual time is shown: `speed` virtual units a unit of wall time."""

    verb: Literal["set"] = "set"
    speed: Annotated[float, Field(ge=0.001, le=1)] | Literal["max"]

    def __str__(self) -> str:
        if self.speed == "max":
            return "set speed max"
        return f"set speed {Fraction(self.speed).limit_denominator(1000)}"


Command = Annotated[
    Crash | Power | Clock | Timeout | Cable | Partition | Heal | LinkSettings | OnMessage | Standing
    | Network | Request | Load | Tell | Join | Leave | SetSpeed,
    Field(discriminator="verb"),
]  # fmt: skip
ADAPTER: TypeAdapter[Command] = TypeAdapter(Command)

USAGE = {
    "crash": "crash n1 | crash n1 before save | crash n1 after save",
    "restart": "restart n1",
    "pause": "pause n1",
    "resume": "resume n1",
    "clock": "clock n1 1.5  (0.1 to 10)",
    "timeout": "timeout n1 election | timeout n1 election on raft",
    "cut": "cut n1 -> n2 | cut n1 -- n2",
    "mend": "mend n1 -> n2 | mend n1 -- n2",
    "partition": "partition n1 n2 | n3 n4 n5",
    "heal": "heal",
    "link": "link n1 -> n2 delay 5ms..10ms loss 0.1 duplicate 0.05 fifo on | link * -> * delay exp(0.2)",
    "drop": "drop #12 | drop AppendEntries n1 -> n2 | drop every AppendEntries n1 -> n2",
    "hold": "hold #12 | hold AppendEntries n1 -> n2 | hold every AppendEntries n1 -> n2",
    "duplicate": "duplicate #12 | duplicate AppendEntries n1 -> n2",
    "deliver": "deliver #12 | deliver first AppendEntries n1 -> n2 | deliver #12 as no-log-check",
    "delay": "delay #12 30ms | delay AppendEntries n1 -> n2 30ms",
    "allow": "allow every AppendEntries n1 -> n2",
    "network": "network manual | network auto",
    "request": "request c1 put x 7 | request c1 get x | request c1 add x 1 at n2 | request c1 get x on raft",
    "load": "load c1 400ms | load c1 off  (1ms or more)",
    "tell": "tell n1 ORDER [ARGUMENTS] | tell n1 ORDER on raft",
    "join": "join k1 | join k1 on raft",
    "leave": "leave k1",
    "set": "set speed 1/50  (1/1000 to 1, or max)",
}
"""Every verb with its forms, as they are shown to somebody who got one wrong."""


_FRAME = re.compile(r"tell [\w-]+ frame ")
_PLAIN = re.compile(r"[ \w.:+*/@%=,|>#-]*", re.ASCII)
"""Nothing that a shell would see more in: by far the most, and the long ones."""


class _Malformed(Exception):
    """The words do not fit the verb's form."""


def parse(text: str) -> Command:
    """A command from its text form. Raises Refused, saying what would be right."""
    told = text.startswith("tell ")
    most = LONGEST_FRAME if told and _FRAME.match(text) else LONGEST_TOLD if told else LONGEST
    if len(text) > most:
        raise Refused("command-too-long", most=most)
    try:
        words = text.split() if _PLAIN.fullmatch(text) else shlex.split(text)
    except ValueError:
        raise Refused("command-quotes", text=text) from None
    if not words or words[0] not in USAGE:
        raise Refused("unknown-command", text=text[:60], known=", ".join(USAGE))
    try:
        return _READERS[words[0]](words[1:], words[0])
    except (_Malformed, ValueError, IndexError):
        raise Refused("command-form", text=text[:120], usage=USAGE[words[0]]) from None


def _crash(words: list[str], verb: str) -> Command:
    if len(words) == 1:
        return Crash(node=words[0])
    _require(len(words) == 3 and words[2] == "save")
    return Crash.model_validate({"node": words[0], "trap": words[1] or "?"})


def _power(words: list[str], verb: str) -> Command:
    (node,) = words
    return Power.model_validate({"verb": verb, "node": node})


def _clock(words: list[str], verb: str) -> Command:
    node, rate = words
    return Clock(node=node, rate=float(rate))


def _service(words: list[str]) -> tuple[list[str], str | None]:
    """Split a last `on SERVICE` off."""
    return (words[:-2], words[-1]) if len(words) > 2 and words[-2] == "on" else (words, None)


def _timeout(words: list[str], verb: str) -> Command:
    (node, timer), service = _service(words)
    return Timeout(node=node, timer=timer, service=service)


def _pair(words: list[str]) -> tuple[str, str, bool]:
    src, arrow, dst = words
    _require(arrow in ("->", "--"))
    return src, dst, arrow == "--"


def _cable(words: list[str], verb: str) -> Command:
    src, dst, both = _pair(words)
    return Cable.model_validate({"verb": verb, "src": src, "dst": dst, "both": both})


def _partition(words: list[str], verb: str) -> Command:
    groups = [tuple(part.split()) for part in " ".join(words).split("|")]
    _require(all(groups))
    return Partition(groups=tuple(groups))


def _heal(words: list[str], verb: str) -> Command:
    _require(not words)
    return Heal()


def _link(words: list[str], verb: str) -> Command:
    src, dst, both = _pair(words[:3])
    rest = words[3:]
    _require(bool(rest) and len(rest) % 2 == 0)
    settings = dict(zip(rest[::2], rest[1::2], strict=True))
    kinds = {key: key.removeprefix("delay:") for key in settings if re.fullmatch(r"delay:\w+", key)}
    known = {"delay", "loss", "duplicate", "fifo", *kinds}
    _require(len(settings) * 2 == len(rest) and settings.keys() <= known)
    fifo = settings.get("fifo")
    _require(fifo in (None, "on", "off"))
    return LinkSettings(
        src=src,
        dst=dst,
        both=both,
        delay=spoken_delay(settings["delay"]) if "delay" in settings else None,
        delays=tuple((kind, spoken_delay(settings[key])) for key, kind in kinds.items()),
        loss=float(settings["loss"]) if "loss" in settings else None,
        duplicate=float(settings["duplicate"]) if "duplicate" in settings else None,
        fifo=None if fifo is None else fifo == "on",
    )


def _selector(words: list[str]) -> Selector:
    kind, src, arrow, dst = words
    _require(arrow == "->")
    return Selector(type=kind, src=src, dst=dst)


def _message(words: list[str], verb: str) -> Command:
    if words[0] == "every":
        return Standing.model_validate({"action": verb, "selector": _selector(words[1:])})
    by = mutant = None
    if verb == "delay":
        by, words = spoken(micros(words[-1])), words[:-1]
    elif verb == "deliver" and "as" in words[-2:-1]:
        mutant, words = words[-1], words[:-2]
    first = words[0] == "first"
    which = words[1:] if first else words
    if match := re.fullmatch(r"#(\d{1,15})", which[0]):
        _require(len(which) == 1 and not first)
        return OnMessage.model_validate({"verb": verb, "id": int(match[1]), "by": by, "mutant": mutant})
    selector = _selector(which)
    return OnMessage.model_validate(
        {"verb": verb, "selector": selector, "first": first, "by": by, "mutant": mutant}
    )


def _standing(words: list[str], verb: str) -> Command:
    _require(words[0] == "every")
    return Standing.model_validate({"action": verb, "selector": _selector(words[1:])})


def _network(words: list[str], verb: str) -> Command:
    (mode,) = words
    return Network.model_validate({"mode": mode})


def _request(words: list[str], verb: str) -> Command:
    client, op, *rest = words
    known = operations()
    if op not in known:
        raise Refused("unknown-operation", name=op[:40], known=", ".join(known))
    count = len(known[op])
    values, rest = dict(zip(known[op], rest[:count], strict=True)), rest[count:]
    _require(values.get("key") != "")
    places = dict(zip(rest[::2], rest[1::2], strict=True))
    _require(list(places) in ([], ["at"], ["on"], ["at", "on"]))
    return Request.model_validate(
        {"client": client, "op": op, **values, "server": places.get("at"), "service": places.get("on")}
    )


def _load(words: list[str], verb: str) -> Command:
    (client, every), service = _service(words)
    micro = 0 if every == "off" else micros(every)
    _require(every == "off" or micro >= 1_000)
    return Load(client=client, every=micro, service=service)


def _tell(words: list[str], verb: str) -> Command:
    (node, order, *args), service = _service(words)
    known = orders()
    if order not in known:
        raise Refused("unknown-order", name=order[:40], known=", ".join(known) or "–")
    kinds = known[order]
    enough = len(args) >= len(kinds) if kinds and kinds[-1].endswith("*") else len(args) == len(kinds)
    if not enough:
        raise Refused(
            "command-form", text=" ".join([verb, *words])[:120], usage=" ".join(["tell n1", order, *kinds])
        )
    return Tell(node=node, order=order, args=tuple(args), service=service)


def _join(words: list[str], verb: str) -> Command:
    (client,), service = _service(words)
    return Join(client=client, service=service)


def _leave(words: list[str], verb: str) -> Command:
    (client,) = words
    return Leave(client=client)


def _set(words: list[str], verb: str) -> Command:
    what, speed = words
    _require(what == "speed")
    if speed == "max":
        return SetSpeed(speed="max")
    try:
        return SetSpeed(speed=float(Fraction(speed)))
    except ZeroDivisionError:
        raise _Malformed from None


def _require(condition: bool) -> None:
    if not condition:
        raise _Malformed


def on(service: str | None) -> str:
    """How a command names the one service it means."""
    return f" on {service}" if service else ""


def spoken_operation(op: str, key: str, value: str) -> str:
    """An operation as people write it."""
    values = {"key": key, "value": value}
    return " ".join([op, *(quote(values[name]) for name in operations().get(op, ()))])


def quote(word: str) -> str:
    """The word as `parse` reads it back; plain ones stay plain."""
    return word if re.fullmatch(r"[\w.:+*/@%-]+", word) else shlex.quote(word)


_READERS: dict[str, Callable[[list[str], str], Command]] = {
    "crash": _crash,
    **dict.fromkeys(("restart", "pause", "resume"), _power),
    "clock": _clock,
    "timeout": _timeout,
    **dict.fromkeys(("cut", "mend"), _cable),
    "partition": _partition,
    "heal": _heal,
    "link": _link,
    **dict.fromkeys(("drop", "duplicate", "delay", "hold", "deliver"), _message),
    "allow": _standing,
    "network": _network,
    "request": _request,
    "load": _load,
    "tell": _tell,
    "join": _join,
    "leave": _leave,
    "set": _set,
}
