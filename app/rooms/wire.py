"""The socket's messages, as docs/protocol.md describes them: typed coming in, plain text going out."""

from typing import Annotated, Any, Literal

import msgspec

from app.sim.errors import Refused

VERSION = 1

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Name = Annotated[str, msgspec.Meta(max_length=64)]
Id = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | Name


class At(msgspec.Struct, forbid_unknown_fields=True):
    """A moment: the state after event `seq` of `branch`, at virtual time `time`."""

    branch: Name
    seq: Count
    time: Count


class Resume(msgspec.Struct, forbid_unknown_fields=True):
    branch: Name
    seq: Count
    life: Name | None = None


class Hello(msgspec.Struct, tag="hello", forbid_unknown_fields=True):
    version: int
    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    lang: Name | None = None
    resume: Resume | None = None


class Command(msgspec.Struct, tag="command", forbid_unknown_fields=True):
    id: Id
    text: str
    at: At | None = None


class Transport(msgspec.Struct, tag="transport", forbid_unknown_fields=True):
    id: Id
    action: Literal["play", "pause", "step", "rule"] | None = None
    speed: float | Literal["max"] | None = None
    services: Annotated[tuple[Name, ...], msgspec.Meta(max_length=24)] = ()


class Switch(msgspec.Struct, tag="switch", forbid_unknown_fields=True):
    id: Id
    branch: Name


class Fork(msgspec.Struct, tag="fork", forbid_unknown_fields=True):
    id: Id
    at: At | None = None


class Return(msgspec.Struct, tag="return", forbid_unknown_fields=True):
    id: Id


Request = Command | Transport | Switch | Fork | Return
_decoder: msgspec.json.Decoder[Hello | Request] = msgspec.json.Decoder(
    Hello | Command | Transport | Switch | Fork | Return
)
_encoder = msgspec.json.Encoder()


class _Identified(msgspec.Struct):
    id: Id


def decode(text: str) -> Hello | Request:
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise Refused("bad-message", detail=str(error)) from None


def id_of(text: str) -> int | str | None:
    """The `id` of a message that could not be read otherwise, so that it can be refused by name."""
    try:
        return msgspec.json.decode(text, type=_Identified).id
    except msgspec.DecodeError:
        return None


def message(type: str, **fields: Any) -> str:
    return _encoder.encode({"type": type, **fields}).decode()


def batch(branch: str, now: int, events_json: bytes) -> str:
    """One batch. The events are encoded already; the envelope is laid around them."""
    return f'{{"type":"events","branch":"{branch}","now":{now},"events":{events_json.decode()}}}'


def sliced(events_json: bytes, skip: int) -> bytes:
    """A JSON array of events without its first `skip` items, which are not decoded."""
    if skip <= 0:
        return events_json
    items = msgspec.json.decode(events_json, type=list[msgspec.Raw])
    return b"[" + b",".join(bytes(item) for item in items[skip:]) + b"]"
