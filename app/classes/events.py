"""What can happen in a class: everything that a lead, a student or the server itself may say to it.

A fact is who said it, when, and what. A class is the fold of its facts (app/classes/reduce.py), so the list
of facts is all that must be stored.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

LEAD, PROJECTOR, SERVER = "lead", "projector", "server"
"""Who speaks, where it is no student; students have names like `p12`."""

LONGEST_NAME, LONGEST_TEXT, LONGEST_CHOICE = 24, 300, 120
MOST_CHOICES = 8

Name = Annotated[str, msgspec.Meta(max_length=64)]
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
Choice = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CHOICE)]
Value = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Kind = Literal["choices", "node", "message", "number"]


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is said."""


# --- the server -------------------------------------------------------------------------------------------


class Join(Base, frozen=True, tag="join"):
    """Somebody takes a seat; `seat` is the hash of what the browser keeps."""

    person: Name
    name: Name
    lang: Literal["en", "zh"]
    seat: Name


class Came(Base, frozen=True, tag="came"):
    """A seat is connected. Not stored: after a restart everybody comes anew."""

    person: Name


class Went(Base, frozen=True, tag="went"):
    person: Name


# --- the lead ---------------------------------------------------------------------------------------------


class Ask(Base, frozen=True, tag="ask"):
    """A question, from the lesson's step or made up on the spot."""

    kind: Kind
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    choices: Annotated[tuple[Choice, ...], msgspec.Meta(max_length=MOST_CHOICES)] = ()
    truth: Value | None = None
    step: Name = ""


class Close(Base, frozen=True, tag="close"):
    """No more answers for now."""


class Again(Base, frozen=True, tag="again"):
    """A second vote, after people have talked."""


class Reveal(Base, frozen=True, tag="reveal"):
    """Everybody sees how the class answered, and what is right where that is known."""

    truth: Value | None = None


class Dismiss(Base, frozen=True, tag="dismiss"):
    """The question leaves the screens; it is kept."""


class Lock(Base, frozen=True, tag="lock"):
    on: bool


class Back(Base, frozen=True, tag="back"):
    """Bring everyone back."""


class HandOver(Base, frozen=True, tag="hand-over"):
    person: Name


class TakeBack(Base, frozen=True, tag="take-back"):
    pass


class Rename(Base, frozen=True, tag="rename"):
    """The lead names anybody; a student only itself, and without `person`."""

    name: Name
    person: Name = ""


class Hide(Base, frozen=True, tag="hide"):
    person: Name
    on: bool


class Remove(Base, frozen=True, tag="remove"):
    person: Name


class Lower(Base, frozen=True, tag="lower"):
    """A hand has been seen; without a name, all have."""

    person: Name = ""


class Settle(Base, frozen=True, tag="settle"):
    """A written question has been answered."""

    written: int


class Play(Base, frozen=True, tag="play"):
    """Nodes may be played, or no longer."""

    on: bool


class End(Base, frozen=True, tag="end"):
    pass


class Place(Base, frozen=True, tag="place"):
    """What the lead shows. Not stored: it is the lead's page that knows."""

    branch: Name
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    time: Annotated[float, msgspec.Meta(ge=0, le=2**53)]
    live: bool
    playing: bool = False
    speed: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.02
    direction: Literal[1, -1] = 1
    services: Annotated[tuple[Name, ...], msgspec.Meta(max_length=2)] = ()
    step: Name = ""


# --- students ---------------------------------------------------------------------------------------------


class Answer(Base, frozen=True, tag="answer"):
    question: Name
    value: Value


class Hand(Base, frozen=True, tag="hand"):
    up: bool


class Write(Base, frozen=True, tag="write"):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]


class Follow(Base, frozen=True, tag="follow"):
    on: bool


class Claim(Base, frozen=True, tag="claim"):
    """To be a node of the cluster; without one, nobody any more."""

    node: Name = ""


Said = (
    Ask | Close | Again | Reveal | Dismiss | Lock | Back | HandOver | TakeBack | Rename | Hide | Remove
    | Lower | Settle | Play | End | Place | Answer | Hand | Write | Follow | Claim
)  # fmt: skip
"""What may come over a socket."""

Event = Said | Join | Came | Went

FLEETING = (Came, Went, Place)
"""What is true only while somebody is there; never stored."""


class Fact(msgspec.Struct, frozen=True, array_like=True):
    by: str
    at: int
    """Milliseconds of wall time since 1970."""
    event: Event


def pack(fact: Fact) -> bytes:
    return msgspec.json.encode(fact)


def unpack(data: bytes) -> Fact:
    return _facts.decode(data)


_facts = msgspec.json.Decoder(Fact)
