"""The history in a trace: what clients issued and what they were answered (rules of `protocols/client.py`).

A retry keeps its serial number and is no new call: an operation lasts from its first `issue` to its one
`answered`, however often it was sent. What waits in line at the client has not been issued yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from app.history.operation import History, Operation
from app.sim.trace import Event
from protocols.key_value import KEY_VALUE, Command
from protocols.registry import PROTOCOLS, client_of


class Recorder:
    """Listens to the clients of one service. `pending` is what they waited for when the events begin: calls
    that lie before everything else.
    """

    def __init__(self, client: str, pending: Mapping[str, Command] | None = None) -> None:
        self.client = client
        self.operations: dict[tuple[str, int], Operation] = {}
        for process, command in (pending or {}).items():
            if command.op in KEY_VALUE:
                self.operations[process, command.serial] = Operation(process, command, 0)

    def listen(self, events: Iterable[Event]) -> History:
        for event in events:
            if event.service == self.client:
                for rule, data in event.why:
                    if rule in ("issue", "answered"):
                        self.hear(event, rule, command_of(data["op"]), data.get("result"))
        return list(self.operations.values())

    def hear(self, event: Event, rule: str, command: Command, result: str | None) -> None:
        if command.op not in KEY_VALUE:
            return  # such as ZooKeeper's `sync`: it touches no key
        if rule == "issue":
            operation = Operation(event.node, command, event.seq, begun=event.time)
            self.operations[event.node, command.serial] = operation
            return
        called = self.operations.get((event.node, command.serial), Operation(event.node, command, 0))
        self.operations[event.node, command.serial] = msgspec.structs.replace(
            called, returned=event.seq, result=result, ended=event.time
        )


def record(events: Iterable[Event], client: str = "client") -> History:
    """The history of one service, seen by its clients' side `client`, from the beginning of a run."""
    return Recorder(client).listen(events)


def command_of(value: Any) -> Command:
    """A command as an event holds it: itself, or as JSON gave it back."""
    return value if isinstance(value, Command) else msgspec.convert(value, Command)


def clients_in(events: Iterable[Event]) -> dict[str, str]:
    """The services that a run begins with whose clients ask for keys and values: client's side -> service."""
    named: list[str] = []
    for event in events:
        if event.kind != "start":
            break
        if event.service in PROTOCOLS and event.service not in named:
            named.append(event.service)
    return {client_of(service, named): service for service in named if is_key_value(service)}


def is_key_value(service: str) -> bool:
    """A client of this service puts and gets: what these histories are about."""
    return {"put", "get"} <= PROTOCOLS[service].actor.operations.keys()
