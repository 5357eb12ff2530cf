"""What a run is made of: nodes, services and their options, network, disks, seed, and a script.

A configuration, a seed and a list of commands with their times is all that must be kept of a run.
"""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any

import msgspec
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.sim.commands import Command, Join, Tell, parse
from app.sim.conditions import check_condition
from app.sim.delays import spoken_delay
from app.sim.errors import Refused
from app.sim.units import micros, span, spoken_span
from protocols.actor import Impossible, field_table
from protocols.law import Law
from protocols.registry import PROTOCOLS, client_of, laws_of, protocol_of, words_of

MAX_NODES = 25
MAX_CLIENTS = 9
NAME = re.compile(r"[a-z][a-z0-9]{0,11}")


class Strict(BaseModel):
    """A part of a configuration: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def readable_span(value: str | None) -> str | None:
    """A duration in its shortest form; the complaint about a bad one names its key."""
    try:
        return value if value is None else spoken_span(span(value))
    except Refused as refused:
        raise PydanticCustomError("span", "{what}", {"what": refused.message()}) from None


def readable_delay(value: str) -> str:
    """The same for a link's delay, which may be a distribution."""
    try:
        return spoken_delay(value)
    except Refused as refused:
        raise PydanticCustomError("span", "{what}", {"what": refused.message()}) from None


DelayText = Annotated[str, AfterValidator(readable_delay)]
SpanText = Annotated[str, AfterValidator(readable_span)]


class NetworkConfig(Strict):
    """All links: one hop takes about 20 ms unless told otherwise; `delays` are those of some kinds of
    messages."""

    delay: DelayText = "15ms..25ms"
    delays: dict[str, DelayText] = Field(default_factory=dict, max_length=50)
    loss: float = Field(default=0.0, ge=0, le=1)
    duplicate: float = Field(default=0.0, ge=0, le=1)
    fifo: bool = False


class DiskConfig(Strict):
    """How long a durable write takes; none at all unless told otherwise."""

    latency: SpanText | None = None


class Step(Strict):
    """A step of a script: when its moment has come, its commands are executed, in order."""

    at: str | None = None
    after: str | None = None
    when: str | None = None
    do: list[str] = Field(default_factory=list, max_length=100)
    say: dict[str, str] | None = None

    @model_validator(mode="after")
    def _has_one_moment(self) -> Step:
        if sum(x is not None for x in (self.at, self.after, self.when)) != 1:
            raise Refused("step-moment")
        for text in (self.at, self.after):
            if text is not None:
                micros(text)
        return self


class Expectation(Strict):
    """What must hold: a condition (at the end, `at` a time, `by` a time, or `always`), or a law's verdict."""

    that: str | None = None
    law: str | None = None
    is_: Annotated[str, Field(alias="is", pattern="^(holds|broken)$")] = "holds"
    at: str | None = None
    by: str | None = None
    always: bool = False

    @model_validator(mode="after")
    def _has_one_subject(self) -> Expectation:
        if (self.that is None) == (self.law is None):
            raise Refused("expect-subject")
        if sum((self.at is not None, self.by is not None, self.always)) > 1:
            raise Refused("expect-moment")
        for text in (self.at, self.by):
            if text is not None:
                micros(text)
        return self


class ClusterConfig(Strict):
    """A whole run, but for what people do to it."""

    services: list[str] = Field(default=["raft"], min_length=1, max_length=8)
    nodes: list[str] = Field(default=["n1", "n2", "n3", "n4", "n5"])
    clients: list[str] = Field(default=["c1"])
    seed: int = Field(default=1, ge=0, lt=2**63)
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    mutants: dict[str, str] = Field(default_factory=dict)
    network: NetworkConfig = NetworkConfig()
    disk: DiskConfig = DiskConfig()
    initial: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    speed: float = Field(default=0.02, ge=0.001, le=1)
    until: SpanText | None = None
    script: list[Step] = Field(default_factory=list, max_length=1000)
    expect: list[Expectation] = Field(default_factory=list, max_length=1000)
    scenario: str | None = None

    @field_validator("nodes", mode="before")
    @classmethod
    def _name_nodes(cls, value: Any) -> Any:
        return names(value, "n", 1, MAX_NODES, "nodes")

    @field_validator("clients", mode="before")
    @classmethod
    def _name_clients(cls, value: Any) -> Any:
        return names(value, "c", 0, MAX_CLIENTS, "clients")

    @model_validator(mode="after")
    def _fits_together(self) -> ClusterConfig:
        both = [*self.nodes, *self.clients]
        if len(set(both)) != len(both):
            raise Refused("names-twice", names=", ".join(both))
        for service in self.services:
            find(service, PROTOCOLS, "unknown-service")
        for section in (self.options, self.mutants):
            for service in section:
                find(service, [*self.services, *self.client_sides], "service-not-here")
        for service, mutant in self.mutants.items():
            find(mutant, protocol_of(service).mutants, "unknown-mutant")
        if len(set(self.services)) != len(self.services):
            raise Refused("services-twice", names=", ".join(self.services))
        for service in [*self.services, *self.client_sides]:
            self._check_cluster(service)
        self._check_initial()
        for kind in self.network.delays:
            find(kind, self._message_types(), "unknown-message-type")
        for n, step in enumerate(self.script, start=1):
            check_step(self, n, step)
        for n, expectation in enumerate(self.expect, start=1):
            check_expectation(self, n, expectation)
        return self

    @property
    def client_sides(self) -> list[str]:
        """What clients run here, each by the name of its options and its words."""
        sides = [client_of(service, self.services) for service in self.services]
        return list(dict.fromkeys(["client", *map(words_of, sides)]))

    def _check_cluster(self, service: str) -> None:
        """A service must be able to run on these nodes with these options."""
        try:
            actor_class(self, service).check(tuple(self.nodes), self.options_of(service))
        except Impossible as impossible:
            raise Refused(impossible.code, **impossible.params) from None

    def _message_types(self) -> set[str]:
        sides = [client_of(service, self.services) for service in self.services]
        return {m.__name__ for s in [*self.services, *sides] for m in protocol_of(s).actor.messages}

    def _check_initial(self) -> None:
        for node, services in self.initial.items():
            find(node, self.nodes, "unknown-node")
            for service, durable in services.items():
                find(service, self.services, "service-not-here")
                initial_state(self, node, service, durable)

    def options_of(self, service: str) -> Any:
        """The options of a service, as its actors take them."""
        values = self.options.get(words_of(service), {})
        kind = protocol_of(service).options
        known = {f.encode_name for f in msgspec.structs.fields(kind)}
        for key, value in values.items():
            find(key, known, "unknown-option", where=f"options.{key}")
            read_option(kind, key, value)
        return msgspec.convert(values, kind, dec_hook=read_span)

    def laws(self) -> dict[str, list[Law[Any]]]:
        """The laws that judge this run, none of which has seen anything yet: for each service, and for its
        clients' side."""
        found = {}
        for service in self.services:
            options = self.options_of(service)
            for side in (service, client_of(service, self.services)):
                found[side] = laws_of(side, options)
        return found


def initial_state(config: ClusterConfig, node: str, service: str, durable: dict[str, Any]) -> Any:
    """The state of a service that starts with `durable` on its disk."""
    protocol = protocol_of(service)
    actor = actor_class(config, service)(node, tuple(config.nodes), config.options_of(service))
    known = [f.wire for f in field_table(protocol.state) if f.durable]
    for key in durable:
        find(key, known, "unknown-field", where=f"initial.{node}.{key}")
    try:
        return actor.initial(durable)
    except (msgspec.ValidationError, ValueError) as error:
        raise Refused("initial-value", node=node, what=str(error)) from None


def actor_class(config: ClusterConfig, service: str) -> Any:
    """The actor that runs a service: the right one, or the mutant asked for."""
    protocol = protocol_of(service)
    mutant = config.mutants.get(service)
    return protocol.mutants[mutant][0] if mutant else protocol.actor


def read_option(kind: type[msgspec.Struct], key: str, value: Any) -> None:
    """Refuse an option's value, naming its key."""
    try:
        msgspec.convert({key: value}, kind, dec_hook=read_span)
    except msgspec.ValidationError as error:
        what = str(error).partition(" - at")[0]
        raise Refused("config-value", where=f"options.{key}", what=what) from None
    except Refused as refused:
        raise Refused("in-key", where=f"options.{key}", what=refused) from None


def read_span(kind: type, value: Any) -> Any:
    """How options read durations; a timer of no length would never let time pass."""
    found = span(value if isinstance(value, str) else str(value))
    if found.low < 1:
        raise Refused("span-zero", text=value)
    return found


def names(value: Any, letter: str, least: int, most: int, what: str) -> Any:
    """A number of endpoints becomes their names; a list of names is checked."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not least <= value <= most:
            raise Refused("count", what=what, count=value, least=least, most=most)
        return [f"{letter}{i}" for i in range(1, value + 1)]
    if isinstance(value, list):
        if not least <= len(value) <= most:
            raise Refused("count", what=what, count=len(value), least=least, most=most)
        for name in value:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise Refused("bad-name", name=str(name)[:40])
        return value
    raise Refused("count", what=what, count=str(value)[:40], least=least, most=most)


def find(name: str, known: Any, code: str, **params: Any) -> None:
    """Refuse a name that is not among the known ones, saying which are."""
    if name in known:
        return
    close = difflib.get_close_matches(name, list(known), 1)
    rest = ", ".join(close or sorted(known)) or "–"
    raise Refused(code, name=str(name)[:60], known=rest, **params)


def check_step(config: ClusterConfig, number: int, step: Step) -> None:
    """A script's commands and conditions must be well formed, and name what exists, before anything runs."""
    try:
        for text in step.do:
            for name in endpoints_of(parse(text)):
                find(name, (*config.nodes, *config.clients, *joining(config), "*", "leader"), "unknown-node")
            for service in services_of(parse(text)):
                find(service, config.services, "service-not-here")
        if step.when is not None:
            check_condition(step.when, vocabulary(config))
    except Refused as refused:
        raise Refused("in-step", number=number, what=refused) from None


def joining(config: ClusterConfig) -> list[str]:
    """The clients that the script has come."""
    found = []
    for text in [text for step in config.script for text in step.do if text.lstrip().startswith("join")]:
        try:
            command = parse(text)
        except Refused:
            continue  # its own step says so
        found += [command.client] if isinstance(command, Join) else []
    return found


def check_expectation(config: ClusterConfig, number: int, e: Expectation) -> None:
    laws = [law.id for laws in config.laws().values() for law in laws]
    try:
        if e.law is not None:
            find(e.law, laws, "unknown-law")
        else:
            check_condition(e.that or "", vocabulary(config))
    except Refused as refused:
        raise Refused("in-expectation", number=number, what=refused) from None


def endpoints_of(command: Command) -> list[str]:
    """The nodes and clients that a command names."""
    values = command.model_dump()
    selector = values.get("selector") or {}
    named = [values.get(k) for k in ("node", "client", "server", "src", "dst")]
    named += [selector.get("src"), selector.get("dst"), *sum(values.get("groups", ()), ())]
    named += command.nodes if isinstance(command, Tell) else ()
    return [name for name in named if name]


def services_of(command: Command) -> list[str]:
    """The services that a command names."""
    service = getattr(command, "service", None)
    return [service] if service else []


def vocabulary(config: ClusterConfig) -> dict[str, frozenset[str]]:
    """For each endpoint, and for `leader`, the fields that a condition may ask for."""
    servers = {f.wire for s in config.services for f in field_table(protocol_of(s).state)} | set(
        config.services
    )
    sides = [client_of(s, config.services) for s in config.services]
    clients = {f.wire for side in sides for f in field_table(protocol_of(side).state)} | set(sides)
    known = {node: frozenset(servers) for node in (*config.nodes, "leader")}
    return known | {client: frozenset(clients) for client in (*config.clients, *joining(config))}


def read_config(values: dict[str, Any]) -> ClusterConfig:
    """A configuration from plain values. Raises Refused with the key and what would be right."""
    try:
        return ClusterConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "config"
        if first["type"] == "extra_forbidden":
            raise Refused("unknown-key", where=where) from None
        code = "in-key" if first["type"] == "span" else "config-value"
        raise Refused(code, where=where, what=first["msg"]) from None
