"""A class that is being held: its state, the pages that are open, and what each is told.

What everybody sees is encoded once and pushed to all, as in a room (app/rooms/viewer.py); nobody waits for
anybody. Counts may wait a little, so that five hundred answers are a few messages and not five hundred times
five hundred.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterable
from typing import Any

from app.classes import views
from app.classes.events import (
    FLEETING,
    LEAD,
    PROJECTOR,
    SERVER,
    Came,
    Claim,
    End,
    Event,
    Fact,
    HandOver,
    Join,
    Place,
    Play,
    Remove,
    TakeBack,
    Went,
)
from app.classes.keeping import Keeper, Kept, Opened
from app.classes.play import choose, release, take_up, ways_of
from app.classes.reduce import Told, fold, reduce
from app.classes.state import ClassState
from app.rooms import wire
from app.rooms.room import Room
from app.rooms.viewer import Send, Viewer
from app.sim.errors import Refused
from app.texts import Lang

SOON = 0.25  # seconds that a count may be late
MOST_PROJECTORS = 20
MOST_EXPLORERS = 200
"""Branches of their own, at once."""


def now() -> int:
    return int(time.time() * 1000)


class Session:
    def __init__(self, opened: Opened, keeper: Keeper, room: Room | None) -> None:
        self.opened = opened
        self.id = opened.id
        self.room = room
        self.used = opened.opened
        self.state = ClassState(opened.nodes, opened.seats)
        self.addresses: set[str] = set()
        """From where people have come: whoever types a wrong code there locks nobody out of this class."""
        self.links: dict[str, Viewer] = {}
        self._keeper = keeper
        self._count = 0
        self._numbers = itertools.count(1)
        self._public = False
        self._people: set[str] = set()
        self._due: asyncio.TimerHandle | None = None

    def restore(self, kept: Kept) -> None:
        """As it was when the last fact was kept; nobody is here yet."""
        self.state = fold(self.state, kept.facts)
        self._count, self.used = len(kept.facts), kept.used
        self.begin()

    def begin(self) -> None:
        """From now on the room obeys the class."""
        if not self.state.ended and self.room is not None:
            self.room.tree.widen(min(self.opened.seats, MOST_EXPLORERS))
            self._settle()

    # -- what happens ----------------------------------------------------------------------------------------

    def say(self, by: str, event: Event) -> int:
        """Gives the number of the write that keeps it; 0 when nothing needs to be kept. Raises Refused."""
        fact = Fact(by, now(), event)
        before = self.state
        self.state, told = reduce(before, fact)
        self.used = fact.at
        number = 0
        if not isinstance(event, FLEETING):
            self._count += 1
            number = self._keeper.add(self.id, self._count, fact)
        self._follow_up(before, event)
        self._tell(told)
        return number

    async def safe(self, number: int) -> bool:
        return await self._keeper.until_safe(number)

    def _follow_up(self, before: ClassState, event: Event) -> None:
        """What follows for the room and the connections."""
        if isinstance(event, Place):
            text = self._place()
            for link in self.links.values():
                if link.seat != LEAD:
                    link.push(text)
            if before.place is None or before.place.branch != event.branch:
                self._arm()
        if isinstance(event, Remove):
            self._close(event.person)
        if isinstance(event, Claim | Play | HandOver | TakeBack | Remove | End):
            self._settle(before)

    def _settle(self, before: ClassState | None = None) -> None:
        """The room does what the class decided: who drives, and which nodes wait for their players."""
        if self.room is None:
            return
        self.room.give_reins(None if self.state.ended else self.state.driver or LEAD)
        played = {p.node for p in self.state.people.values() if p.node}
        left = {p.node for p in before.people.values() if p.node} - played if before else set()
        for node in sorted(left):
            release(self.room, node)
        self._arm()

    def _arm(self) -> None:
        """Messages for nodes that are played wait; also on a branch that the lead has just made."""
        if self.room is not None:
            for p in self.state.people.values():
                if p.node:
                    take_up(self.room, p.node)

    def act(self, by: str, message: int, way: str) -> dict[str, Any]:
        """The player of a node answers a message in its inbox, or crashes, or restarts."""
        person = self.state.people.get(by)
        if self.room is None or person is None or not person.node or person.removed:
            raise Refused("class-inbox")
        return choose(self.room, person.node, message, way)

    # -- pages -----------------------------------------------------------------------------------------------

    def enter(self, seat: str, lang: Lang, send: Send) -> Viewer:
        """A page of the lead, of a student or of a projector sees all that it may, at once."""
        if seat == PROJECTOR and sum(v.seat == PROJECTOR for v in self.links.values()) >= MOST_PROJECTORS:
            raise Refused("class-projectors", limit=MOST_PROJECTORS)
        link = Viewer(f"k{next(self._numbers)}", lang, send, self._show_all)
        link.seat = seat
        if seat != PROJECTOR:
            self.say(SERVER, Came(seat))
        self.links[link.id] = link
        self._show_all(link)
        return link

    def leave(self, link: Viewer) -> None:
        link.leave()
        if self.links.pop(link.id, None) and link.seat != PROJECTOR:
            self.say(SERVER, Went(link.seat))

    def _close(self, person: str) -> None:
        """Whoever is removed is told why."""
        for link in [link for link in self.links.values() if link.seat == person]:
            link.push(self._own(person))

    # -- what is told ----------------------------------------------------------------------------------------

    def _tell(self, told: Told) -> None:
        self._public = self._public or told.public
        self._people |= set(told.people)
        if told.now:
            self.flush()
        elif told.lead and self._due is None:
            with contextlib.suppress(RuntimeError):  # no loop: facts that are folded at the start
                self._due = asyncio.get_running_loop().call_later(SOON, self.flush)

    def flush(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        people, self._people = self._people, set()
        if self._public:
            self._public = False
            self._push(self.links.values(), self._everybody())
        owned = {person: self._own(person) for person in people}
        for link in self.links.values():
            if link.seat in owned:
                link.push(owned[link.seat])
        leads = [link for link in self.links.values() if link.seat == LEAD]
        if leads:
            self._push(leads, wire.message("lead", **views.lead(self.state)))

    @staticmethod
    def _push(links: Iterable[Viewer], text: str) -> None:
        for link in list(links):
            link.push(text)

    def _show_all(self, link: Viewer) -> None:
        """Everything, for a page that has just come or could not keep up: its lead, too, goes on from where
        the class is."""
        if self.state.place is not None:
            link.push(self._place())
        link.push(self._everybody())
        if link.seat in self.state.people:
            link.push(self._own(link.seat))
        if link.seat == LEAD:
            link.push(wire.message("lead", **views.lead(self.state)))

    def _everybody(self) -> str:
        ways = ways_of(self.room.config.services) if self.room else {}
        about = {
            "id": self.id,
            "code": self.opened.code,
            "room": self.opened.room,
            "title": self.opened.title,
        }
        return wire.message("class", **about, **views.public(self.state), ways=ways)

    def _own(self, person: str) -> str:
        return wire.message("you", **views.own(self.state, self.state.people[person]))

    def _place(self) -> str:
        place = self.state.place
        assert place is not None
        fields = {name: getattr(place, name) for name in place.__struct_fields__}
        return wire.message("place", **fields)

    # -- seats -----------------------------------------------------------------------------------------------

    def take_seat(self, name: str, lang: Lang, seat: str) -> tuple[str, int]:
        """Gives who it is from now on, and the number of the write that keeps it."""
        person = f"p{len(self.state.people) + 1}"
        return person, self.say(SERVER, Join(person, name, lang, seat))

    def end(self) -> None:
        """Deleted: whoever is here is told, and the room goes on as any other."""
        text = wire.message("deleted")
        for link in list(self.links.values()):
            link.push(text)
        if self.room is not None and not self.state.ended:
            for node in {p.node for p in self.state.people.values() if p.node}:
                release(self.room, node)
            self.room.give_reins(None)
        if self._due is not None:
            self._due.cancel()
