"""What a page must know of the services of a room: how their state is grouped, their rules, laws and bugs."""

from __future__ import annotations

from typing import Any

import msgspec

from app.sim.config import ClusterConfig
from app.sim.units import spoken_span
from protocols.actor import Span, field_table
from protocols.law import Law
from protocols.registry import Protocol, client_of, protocol_of, words_of

LIST = msgspec.inspect.ListType | msgspec.inspect.VarTupleType


def describe_services(config: ClusterConfig) -> dict[str, Any]:
    """For each service of the room, and for its clients: see `services` in `docs/protocol.md`."""
    told, laws = {}, config.laws()
    for service in config.services:
        mutant, client = config.mutants.get(service, ""), client_of(service, config.services)
        told[service] = describe(protocol_of(service), config.options_of(service), mutant, laws[service])
        told[service] |= {"words": service, "client": client}
        told[client] = describe(protocol_of(client), config.options_of(client), "", laws[client])
        told[client] |= {"words": words_of(client), "server": service}
    return told


def describe(protocol: Protocol, options: Any, mutant: str, laws: list[Law[Any]]) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    for field in field_table(protocol.state):
        groups.setdefault(field.group, []).append(field.wire)
    return {
        "groups": [[group, fields] for group, fields in groups.items()],
        "durable": [f.wire for f in field_table(protocol.state) if f.durable],
        "messages": [m.__name__ for m in protocol.actor.messages],
        "families": protocol.families,
        "operations": {op: list(args) for op, args in protocol.actor.operations.items()},
        "orders": {order: list(args) for order, args in protocol.actor.orders.items()},
        "timers": list(protocol.actor.timers),
        "crashes": protocol.actor.crashes,
        "laws": [law.id for law in laws],
        "sections": {law.id: law.section for law in laws},
        "rules": {name: rule.section for name, rule in protocol.rules.items()},
        "landmarks": {name: rule.mark for name, rule in protocol.rules.items() if rule.mark},
        "mutants": {name: law for name, (_, law) in protocol.mutants.items()},
        "mutant": mutant,
        "options": written(options),
    }


def written(options: msgspec.Struct) -> dict[str, Any]:
    """Options as a configuration writes them."""
    fields = msgspec.structs.fields(options)
    return {f.encode_name: readable(getattr(options, f.name)) for f in fields}


def choices(options: type[msgspec.Struct]) -> dict[str, list[str]]:
    """For each option that has one of a few values: which there are."""
    info = msgspec.inspect.type_info(options)
    assert isinstance(info, msgspec.inspect.StructType)
    return {
        f.encode_name: [str(value) for value in f.type.values]
        for f in info.fields
        if isinstance(f.type, msgspec.inspect.LiteralType)
    }


def lists(options: type[msgspec.Struct]) -> list[str]:
    """The options that are lists, also those that are None unless told otherwise."""
    info = msgspec.inspect.type_info(options)
    assert isinstance(info, msgspec.inspect.StructType)
    return [f.encode_name for f in info.fields if any(isinstance(t, LIST) for t in kinds(f.type))]


def kinds(kind: msgspec.inspect.Type) -> tuple[msgspec.inspect.Type, ...]:
    """What a value of this type may be, each by itself."""
    return kind.types if isinstance(kind, msgspec.inspect.UnionType) else (kind,)


def readable(value: Any) -> Any:
    return spoken_span(value) if isinstance(value, Span) else value
