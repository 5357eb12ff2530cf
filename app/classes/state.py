"""A class at a moment. Everything in it is a value and is replaced, never changed."""

from __future__ import annotations

from collections import Counter
from typing import Literal

import msgspec

from app.classes.events import Kind, Place


class Person(msgspec.Struct, frozen=True):
    """A seat, and whoever has it."""

    id: str
    name: str
    lang: str
    seat: str
    joined: int
    links: int = 0
    """Connections that are open."""
    follows: bool = True
    hand: int = 0
    """When it went up; 0 while it is down."""
    node: str = ""
    hidden: bool = False
    removed: bool = False
    last: int = 0
    """When it was last here."""

    @property
    def here(self) -> bool:
        return self.links > 0

    @property
    def number(self) -> int:
        return int(self.id[1:])


class Question(msgspec.Struct, frozen=True):
    id: str
    kind: Kind
    text: str
    choices: tuple[str, ...]
    truth: str | None
    step: str
    asked: int
    phase: Literal["open", "closed", "revealed"] = "open"
    votes: tuple[dict[str, str], ...] = ({},)
    """For each round: who answered what."""

    @property
    def answers(self) -> dict[str, str]:
        return self.votes[-1]

    def tally(self, vote: int = -1) -> dict[str, int]:
        """How many gave each answer; those of a list in its order, others by how many gave them."""
        counts = Counter(self.votes[vote].values())
        if self.kind == "choices":
            return {str(i): counts[str(i)] for i in range(len(self.choices))}
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def split(self) -> bool:
        """No answer of the first vote had seven tenths of the class: worth talking about."""
        counts = self.tally(0)
        total = sum(counts.values())
        return total > 1 and max(counts.values()) < 0.7 * total


class Written(msgspec.Struct, frozen=True):
    id: int
    person: str
    text: str
    at: int
    done: bool = False


class ClassState(msgspec.Struct, frozen=True):
    nodes: tuple[str, ...]
    """The machines of the room, which a question may be about and a student may play."""
    seats: int
    """How many it has."""
    people: dict[str, Person] = {}
    questions: tuple[Question, ...] = ()
    showing: bool = False
    """The last question is on the screens."""
    written: tuple[Written, ...] = ()
    driver: str = ""
    """The student who has the controls; "" is the lead."""
    leads: int = 0
    """Pages of the lead that are open."""
    place: Place | None = None
    locked: bool = False
    plays: bool = False
    ended: bool = False

    @property
    def question(self) -> Question | None:
        return self.questions[-1] if self.questions and self.showing else None

    @property
    def present(self) -> list[Person]:
        return [p for p in self.people.values() if p.here and not p.removed]

    def player(self, node: str) -> Person | None:
        return next((p for p in self.people.values() if p.node == node and node), None)
