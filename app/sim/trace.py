"""The trace: everything that happens, in order, as events. What each kind holds is in `docs/protocol.md`."""

from __future__ import annotations

from collections.abc import Sequence
from operator import methodcaller
from typing import Any

import msgspec


class Event(msgspec.Struct, array_like=True, gc=False):
    """One thing that happened. Times are virtual microseconds; `cause` is a `seq`, 0 for none."""

    seq: int
    time: int
    kind: str
    node: str
    service: str
    cause: int
    body: tuple[Any, ...] = ()
    patch: tuple[Any, ...] = ()
    why: tuple[Any, ...] = ()


_encoder = msgspec.json.Encoder(enc_hook=methodcaller("traced"))  # a `Traced` says itself what it is here


def encode_events(events: Sequence[Event]) -> bytes:
    """The events as a JSON array."""
    return _encoder.encode(events)


def lines(events: Sequence[Event]) -> bytes:
    """The events as JSON, one a line: what a trace's hash is taken of."""
    return _encoder.encode_lines(events)


def as_array(text: bytes) -> bytes:
    """The JSON array of the events that `lines` wrote (a line break inside a string is escaped)."""
    return b"[" + text.rstrip(b"\n").replace(b"\n", b",") + b"]"


def encode(value: Any) -> bytes:
    """Any part of a view or a trace as JSON."""
    return _encoder.encode(value)


def plain(value: Any) -> Any:
    """A view or an event as plain lists, dicts, numbers and strings, just as JSON would give it back."""
    return msgspec.json.decode(_encoder.encode(value))
