"""Reading a history from a file: JSON Lines as docs/histories.md has them, or a trace that was exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from app.history.operation import History, Operation
from app.history.recording import clients_in, record
from app.sim.config import find
from app.sim.errors import Refused
from app.sim.trace import Event
from protocols.key_value import KEY_VALUE, Command

Text = str | int
LARGEST_TIME = 2**53


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    process: str
    time: int | UnsetType = UNSET


class Call(Line, frozen=True, kw_only=True, tag="call"):
    op: str
    key: Text | UnsetType = UNSET
    value: Text | UnsetType = UNSET


class Return(Line, frozen=True, kw_only=True, tag="return"):
    """`op`, `key` and `value` may say again what the call said."""

    result: Text | UnsetType | None = UNSET
    op: str | UnsetType = UNSET
    key: Text | UnsetType = UNSET
    value: Text | UnsetType = UNSET


class Unknown(Line, frozen=True, kw_only=True, tag="unknown"):
    op: str | UnsetType = UNSET
    key: Text | UnsetType = UNSET
    value: Text | UnsetType = UNSET


LINE = msgspec.json.Decoder(Call | Return | Unknown)
EVENT = msgspec.json.Decoder(Event)


def read_histories(path: Path) -> dict[str, History]:
    """The histories in a file: one, named "", or one for each service of a trace. Raises Refused."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("file", path=str(path), what=getattr(error, "strerror", None) or "UTF-8") from None
    events = events_in(text)
    if events is None:
        return {"": read_lines(text)}
    try:
        return {service: record(events, side) for side, service in clients_in(events).items()}
    except (msgspec.ValidationError, TypeError, KeyError, ValueError) as error:
        raise Refused("history-trace", what=str(error)) from None


# --- traces -------------------------------------------------------------------------------------------------


def events_in(text: str) -> list[Event] | None:
    """The events, when this is a trace: a line an event (`simulate --json`), or one object (`trace.json`)."""
    if text.lstrip()[:1] == "[":
        return [
            _event(number, line)
            for number, line in _lines(text)
            if not line.startswith("{")  # the summary that ends it
        ]
    if '"events"' not in text:
        return None
    try:
        whole = json.loads(text)
    except ValueError:
        return None
    if not isinstance(whole, dict) or not isinstance(whole.get("events"), list):
        return None
    try:
        return msgspec.convert(whole["events"], list[Event])
    except msgspec.ValidationError as error:
        raise Refused("history-trace", what=str(error)) from None


def _event(number: int, line: str) -> Event:
    try:
        return EVENT.decode(line)
    except msgspec.DecodeError as error:
        raise Refused("history-line", number=number, what=Refused("history-shape", what=str(error))) from None


# --- histories ----------------------------------------------------------------------------------------------


def read_lines(text: str) -> History:
    """The history that these lines tell. Raises Refused with the line and the reason."""
    reader = _Reader()
    for number, line in _lines(text):
        try:
            reader.take(number, line)
        except Refused as refused:
            raise Refused("history-line", number=number, what=refused) from None
    return reader.operations


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


class _Reader:
    def __init__(self) -> None:
        self.operations: History = []
        self.open: dict[str, int] = {}
        """For each process that waits: its operation."""
        self.time = 0

    def take(self, number: int, text: str) -> None:
        try:
            line = LINE.decode(text)
        except msgspec.DecodeError as error:
            raise Refused("history-shape", what=str(error)) from None
        time = self.at(line)
        if isinstance(line, Call):
            self.call(number, line, time)
        else:
            self.end(number, line, time)

    def at(self, line: Line) -> int | None:
        if isinstance(line.time, UnsetType):
            return None
        if not self.time <= line.time <= LARGEST_TIME:
            raise Refused("history-time", time=line.time, before=self.time)
        self.time = line.time
        return line.time

    def call(self, number: int, line: Call, time: int | None) -> None:
        if line.process in self.open:
            since = self.operations[self.open[line.process]].called
            raise Refused("history-overlap", process=line.process, line=since)
        find(line.op, KEY_VALUE, "history-operation")
        wanted = KEY_VALUE[line.op]
        given = {"key": line.key, "value": line.value}
        if any((value is not UNSET) != (name in wanted) for name, value in given.items()):
            raise Refused("history-arguments", op=line.op, arguments=", ".join(wanted))
        texts = {name: str(given[name]) for name in wanted}
        command = Command(line.op, client=line.process, serial=number, **texts)
        self.open[line.process] = len(self.operations)
        self.operations.append(Operation(line.process, command, number, begun=time))

    def end(self, number: int, line: Return | Unknown, time: int | None) -> None:
        at = self.open.pop(line.process, None)
        if at is None:
            raise Refused("history-no-call", process=line.process)
        operation = self.operations[at]
        for name in ("op", "key", "value"):
            told, said = getattr(line, name), getattr(operation.command, name)
            if told is not UNSET and str(told) != said:
                raise Refused("history-other-call", process=line.process, told=told, said=said)
        if isinstance(line, Return):
            result: Any = str(line.result) if isinstance(line.result, int) else line.result
            self.operations[at] = replace(operation, returned=number, result=result, ended=time)
