"""All rooms, and the one pump that lets their time go by.

Rooms that nobody uses sleep in the database; whoever comes to one wakes it.
"""

import asyncio
import contextlib
import gc
import logging
import secrets
import time

from app.rooms.bucket import MOST, Buckets
from app.rooms.keeping import Kept
from app.rooms.recovery import Recovered, forget_old, read_room, recover
from app.rooms.room import Counts, Room
from app.settings import Settings
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from app.storage.database import Database

log = logging.getLogger("quorumscope.rooms")

LIVE = "live"
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that is mistaken for another on a projector
FINE_TICK = 0.01  # seconds between two, while a real client waits for an answer
TIDY_EVERY = 600.0
WRONG_AT_ONCE, WRONG_A_SECOND = 60, 0.5  # tokens, from one address
LONGEST_TICK = 0.25  # seconds of wall time; after a longer stop, time goes on from where it was


class Hub:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts = Counts()
        self.rooms: dict[str, Room] = {}
        self.asleep: set[str] = set()
        self._waking: dict[str, asyncio.Task[Room]] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._database: Database | None = None
        self._tidied = 0.0
        per_minute = settings.rooms_per_minute
        self._makers = Buckets(per_minute / 60, max(1, int(per_minute)))
        self._guessers = Buckets(WRONG_A_SECOND, WRONG_AT_ONCE)
        self._pump: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()
        self._ticked = 0.0

    # -- rooms -----------------------------------------------------------------------------------

    def get(self, id: str) -> Room:
        room = self.rooms.get(id)
        if room is None:
            raise Refused("unknown-room", room=id[:40])
        return room

    async def find(self, id: str) -> Room:
        """That room, woken if it sleeps."""
        if id not in self.asleep or id in self.rooms:
            return self.get(id)
        if id not in self._waking:
            self._waking[id] = asyncio.create_task(self._wake(id))
            self._waking[id].add_done_callback(lambda _: self._waking.pop(id, None))
        return await asyncio.shield(self._waking[id])

    def add(
        self, title: dict[str, str], timeline: Timeline, *, id: str | None = None, token: str | None = None
    ) -> Room:
        self._make_way()
        room = Room(
            id=id or self._free_id(),
            title=title,
            config=timeline.config,
            token=token or secrets.token_urlsafe(18),
            settings=self.settings,
            counts=self.counts,
            first=timeline,
            permanent=id is not None,
        )
        self.counts.rooms_made += 1
        return self._open(room, None)

    def _open(self, room: Room, kept: dict[str, Kept] | None) -> Room:
        self.rooms[room.id] = room
        room.poke = self._poked.set
        if self._database is not None:
            room.keep_in(self._database, kept)
        return room

    def timeline(self, config: ClusterConfig) -> Timeline:
        self.check_size(config)
        return Timeline(config, keep_events=self.settings.max_events)

    def check_size(self, config: ClusterConfig) -> None:
        if len(config.nodes) > self.settings.max_nodes:
            raise Refused("too-many-nodes", nodes=len(config.nodes), limit=self.settings.max_nodes)

    def check_maker(self, address: str) -> None:
        """Rooms are cheap to ask for and dear to keep: so many a minute from one address."""
        bucket = self._makers.of(address)
        if not bucket.take():
            raise Refused("too-many-new-rooms", limit=int(self.settings.rooms_per_minute))

    def drives(self, room: Room, token: str | None, address: str) -> bool:
        """Whether that token drives that room. An address from which many wrong ones came may not try on; but
        where the right one was shown before, nobody is locked out by a neighbour."""
        if token is None:
            return False
        if self._guessers.of(address).empty and address not in room.drivers:
            raise Refused("too-many-tokens")
        if not room.proves(token):
            self.guessed_wrong(address)
            return False
        if len(room.drivers) < MOST:
            room.drivers.add(address)
        return True

    def guessed_wrong(self, address: str) -> None:
        if not self._guessers.of(address).take():
            raise Refused("too-many-tokens")

    def check_connections(self) -> None:
        if self.viewers >= self.settings.max_connections:
            raise Refused("server-full", limit=self.settings.max_connections)

    @property
    def viewers(self) -> int:
        return sum(len(room.viewers) for room in self.rooms.values())

    def _free_id(self) -> str:
        while True:
            id = "".join(secrets.choice(LETTERS) for _ in range(8))
            if id not in self.rooms and id not in self.asleep:
                return id

    # -- what outlives the server ----------------------------------------------------------------

    async def keep_in(self, database: Database) -> None:
        """Everything is written down there from now on. What is there already sleeps; the live room comes
        back at once."""
        if not database.keeps:
            return
        self._database = database
        self.asleep = {id for (id,) in await database.read("SELECT id FROM rooms")} - {LIVE}
        self._tidy()
        for room in self.rooms.values():
            found = await self._recovered(room.id)
            if found is None or found.config != room.config:
                room.keep_in(database, None)
            else:
                room.come_back(found)
                room.keep_in(database, found.kept)

    async def _wake(self, id: str) -> Room:
        self._make_way()
        found = await self._recovered(id)
        if found is None:
            self.asleep.discard(id)
            raise Refused("unknown-room", room=id[:40])
        room = Room(
            id=id,
            title=found.title,
            config=found.config,
            token="",
            settings=self.settings,
            counts=self.counts,
            first=found.tree.current.timeline,
            token_hash=found.token,
        )
        room.come_back(found)
        self.asleep.discard(id)
        return self._open(room, found.kept)

    async def _recovered(self, id: str) -> Recovered | None:
        """Beside the event loop, and one at a time: it is a second's work."""
        assert self._database is not None
        async with self._one_at_a_time:
            stored = await read_room(self._database, id)
            return await asyncio.to_thread(recover, stored, self.settings) if stored else None

    def _sleep(self, room: Room) -> None:
        """A room that nobody uses goes; where there is a database, it can be woken."""
        if self._database is not None:
            room.keep()
            self.asleep.add(room.id)
        room.end()
        del self.rooms[room.id]

    def _make_way(self) -> None:
        """Room for one more: where it can be woken again, the one that has been unused for longest sleeps."""
        if len(self.rooms) < self.settings.max_rooms:
            return
        idle = [room for room in self.rooms.values() if not room.active and self._may_sleep(room)]
        if self._database is None or not idle:
            raise Refused("too-many-rooms", limit=self.settings.max_rooms)
        self._sleep(min(idle, key=lambda room: room.used))

    def _tidy(self) -> None:
        """What nobody has used for long is forgotten, and the oldest of too many."""
        self._tidied = time.monotonic()
        if self._database is not None and self.asleep:
            since = time.time() - self.settings.keep_days * 86_400
            self._tidying = asyncio.create_task(
                forget_old(self._database, self.asleep, since, self.settings.max_kept_rooms)
            )

    # -- time ------------------------------------------------------------------------------------

    def start(self) -> None:
        gc.collect()
        gc.freeze()  # what start-up made stays; collections need not look at it again
        self._ticked = time.monotonic()
        self._pump = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    @property
    def healthy(self) -> bool:
        """The pump is at work."""
        return self._pump is not None and not self._pump.done() and time.monotonic() - self._ticked < 2.0

    async def _run(self) -> None:
        period = 1 / self.settings.ticks_per_second
        due = time.monotonic() + period
        while True:
            await self._rest(due)
            now = time.monotonic()
            fine = min(due, self._ticked + FINE_TICK) if self._is_waited_for() else due
            if now < fine:
                continue
            await self._tick(min(now - self._ticked, LONGEST_TICK), show=now >= due)
            self._ticked = now
            due = due if now < due else max(due + period, now)
            self.counts.ticks += 1
            self.counts.tick_seconds += time.monotonic() - now

    async def _rest(self, due: float) -> None:
        """Until the next tick is due or somebody comes, unless there is a reason to rush."""
        rushing = [room.rush() for room in list(self.rooms.values()) if room.outside]
        if any(rushing):
            await asyncio.sleep(0)
            return
        if self._is_waited_for():
            due = min(due, self._ticked + FINE_TICK)
        self._poked.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, due - time.monotonic())):
                await self._poked.wait()

    def _is_waited_for(self) -> bool:
        return any(room.waited_for for room in self.rooms.values())

    async def _tick(self, wall_seconds: float, show: bool = True) -> None:
        for room in list(self.rooms.values()):
            if room.active:
                room.tick(wall_seconds, show)
                await asyncio.sleep(0)  # between two rooms, whoever else has something to do
            elif room.keeping is not None and room.keeping.runs:
                room.keep()  # it stands, since everybody has gone
            elif self._over(room):
                self._sleep(room)
        if time.monotonic() - self._tidied > TIDY_EVERY:
            self._tidy()

    def _may_sleep(self, room: Room) -> bool:
        """Not the live one, nor one that a class is held in; and what the disk owes us cannot be woken."""
        troubled = self._database is not None and bool(self._database.trouble)
        return not (room.permanent or room.reins is not None or troubled)

    def _over(self, room: Room) -> bool:
        return self._may_sleep(room) and time.monotonic() - room.used > self.settings.idle_minutes * 60
