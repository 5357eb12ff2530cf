"""All classes of a server: opening, finding by code, seats, and an end for those that are forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

from app.classes.events import LEAD, End
from app.classes.keeping import Keeper, Opened
from app.classes.session import Session, now
from app.rooms.bucket import Bucket
from app.rooms.room import Room
from app.settings import Settings
from app.sim.errors import Refused
from app.storage.database import Database
from app.texts import Lang, full_catalogue

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is mistaken for another on a projector."""
CODE, ID = 6, 10
DAY, HOUR = 24 * 3_600_000, 3_600_000
FORGOTTEN = 12 * HOUR
"""Milliseconds after which a class where nobody has said anything is over."""
WRONG_AT_ONCE, WRONG_A_SECOND = 60, 0.5
"""Wrong codes from one address."""


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def seat_cookie(id: str) -> str:
    return f"qs-seat-{id}"


def lead_cookie(id: str) -> str:
    return f"qs-lead-{id}"


class Classes:
    def __init__(
        self, settings: Settings, database: Database, find_room: Callable[[str], Awaitable[Room]]
    ) -> None:
        self.sessions: dict[str, Session] = {}
        self._settings = settings
        self._keeper = Keeper(database)
        self._find_room = find_room
        self._codes: dict[str, str] = {}
        self._guessers: dict[str, Bucket] = {}
        self._sweeper: asyncio.Task[None] | None = None
        self._waker: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Those of before, as they were; their rooms wake one after the other."""
        for kept in await self._keeper.load():
            session = Session(kept.opened, self._keeper, None)
            session.restore(kept)
            self._add(session)
        self._sweeper = asyncio.create_task(self._sweep_on())
        self._waker = asyncio.create_task(self._wake())

    async def _wake(self) -> None:
        for session in [s for s in self.sessions.values() if not s.state.ended]:
            with contextlib.suppress(Refused):  # forgotten meanwhile: the class goes on without
                session.room = await self._find_room(session.opened.room)
                session.begin()

    async def stop(self) -> None:
        for task in filter(None, (self._sweeper, self._waker)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # -- opening ---------------------------------------------------------------------------------------------

    async def open(self, room: Room, lesson: str = "") -> tuple[Session, str]:
        """Gives the class, and the token of its private link, which nobody will see again."""
        held = [s for s in self.sessions.values() if not s.state.ended]
        if any(s.room is room for s in held):
            raise Refused("class-exists")
        if len(held) >= self._settings.max_classes:
            raise Refused("too-many-classes", limit=self._settings.max_classes)
        token = secrets.token_urlsafe(24)
        id = "".join(secrets.choice(LETTERS.lower()) for _ in range(ID))
        nodes, seats = tuple(room.config.nodes), self._settings.max_seats
        opened = Opened(
            id, self._free_code(), room.id, digest(token), room.title, nodes, seats, now(), lesson
        )
        session = Session(opened, self._keeper, room)
        session.begin()
        self._add(session)
        await self._keeper.until_safe(self._keeper.open(opened))
        return session, token

    def _free_code(self) -> str:
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
            if code not in self._codes:
                return code

    def _add(self, session: Session) -> None:
        self.sessions[session.id] = session
        if not session.state.ended:
            self._codes[session.opened.code] = session.id

    def check_connections(self) -> None:
        most = self._settings.max_connections
        if sum(len(session.links) for session in self.sessions.values()) >= most:
            raise Refused("server-full", limit=most)

    # -- finding ---------------------------------------------------------------------------------------------

    def get(self, id: str) -> Session:
        session = self.sessions.get(id)
        if session is None:
            raise Refused("unknown-class", name=id[:20])
        return session

    def by_code(self, code: str, address: str) -> Session:
        """An address from which many wrong codes came may not guess on; but it always finds the class that it
        sits in, so that nobody is locked out by a neighbour."""
        code = "".join(code.split()).upper()
        found = self.sessions.get(self._codes.get(code, ""))
        if found is not None and not found.state.ended and address in found.addresses:
            return found
        if len(self._guessers) > 10_000:
            self._guessers = {who: bucket for who, bucket in self._guessers.items() if not bucket.full}
        bucket = self._guessers.get(address)
        if bucket is not None and bucket.empty:
            raise Refused("too-many-codes")
        if found is None or found.state.ended:
            self._guessers.setdefault(address, Bucket(WRONG_A_SECOND, WRONG_AT_ONCE)).take()
            raise Refused("class-code", typed=code[:12])
        return found

    def join(self, session: Session, name: str, lang: Lang, address: str) -> tuple[str, str, int]:
        """A seat: who it is, the token that proves it, and the number of the write that keeps it."""
        token = secrets.token_urlsafe(18)
        person, number = session.take_seat(name.strip() or nickname(lang), lang, digest(token))
        session.addresses.add(address)
        return person, token, number

    # -- who is who ------------------------------------------------------------------------------------------

    def leads(self, session: Session, token: str) -> bool:
        return hmac.compare_digest(digest(token), session.opened.lead)

    def seat_of(self, session: Session, cookies: Mapping[str, str]) -> str:
        """`lead`, a student's seat, or ""."""
        if self.leads(session, cookies.get(lead_cookie(session.id), "")):
            return LEAD
        return self.student_of(session, cookies)

    def student_of(self, session: Session, cookies: Mapping[str, str]) -> str:
        token = cookies.get(seat_cookie(session.id), "")
        person = session.state.people.get(token.partition(".")[0])
        if person is None or person.removed:
            return ""
        return person.id if hmac.compare_digest(digest(token.partition(".")[2]), person.seat) else ""

    def seat_in(self, room: str, cookies: Mapping[str, str], role: str) -> str:
        """The seat of a viewer of that room, in the class that is held there, for the part that it plays."""
        held = (s for s in self.sessions.values() if s.opened.room == room and not s.state.ended)
        session = next(held, None)
        if session is None or role not in (LEAD, "student"):
            return ""
        if role == "student":
            return self.student_of(session, cookies)
        return LEAD if self.seat_of(session, cookies) == LEAD else ""

    # -- the end ---------------------------------------------------------------------------------------------

    async def forget(self, session: Session) -> None:
        session.end()
        del self.sessions[session.id]
        self._codes.pop(session.opened.code, None)
        await self._keeper.until_safe(self._keeper.forget(session.id))

    async def _sweep_on(self) -> None:
        while True:
            await self.sweep(now())
            await asyncio.sleep(600)

    async def sweep(self, at: int) -> None:
        """Classes where nobody is any more end, and what is older than the setting says is deleted."""
        for session in list(self.sessions.values()):
            if session.links:
                continue
            if not session.state.ended and at - session.used > FORGOTTEN:
                with contextlib.suppress(Refused):
                    session.say(LEAD, End())
                session.used = at
            if session.state.ended:
                self._codes.pop(session.opened.code, None)
                if at - session.used > self._settings.class_days * DAY:
                    await self.forget(session)


def nickname(lang: Lang) -> str:
    """One that is made up, in that language."""
    texts = full_catalogue(lang)
    first, second = (secrets.choice(texts[f"class.nick.{part}"].split()) for part in ("first", "second"))
    return first + second if lang == "zh" else f"{first} {second}"
