"""Rooms that are written down come back: the same history, the same moment, the same people's rights."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.rooms import keeping, wire
from app.rooms.hub import Hub
from app.rooms.room import Room
from app.settings import Settings
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.recording import ordinary
from app.sim.timeline import Timeline
from app.sim.trace import lines
from app.storage.sqlite import Sqlite
from tests.rooms.people import join

pytestmark = pytest.mark.anyio
TITLE = {"en": "A room", "zh": "房间"}
TOKEN = "the-driver-token"


class Server:
    """A hub over a file, without its pump."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self.database = Sqlite(str(path))
        self.hub = Hub(settings)

    def make(self, config: ClusterConfig | None = None, id: str | None = None) -> Room:
        return self.hub.add(TITLE, self.hub.timeline(config or ordinary("raft")), token=TOKEN, id=id)

    async def safe(self) -> None:
        await self.database.until_safe(self.database.written)


@asynccontextmanager
async def server(path: Path, **settings: Any) -> AsyncIterator[Server]:
    """It ends as if it were killed: nothing is said goodbye to."""
    running = Server(path, Settings.model_validate(settings))
    await running.database.open()
    await running.hub.keep_in(running.database)
    try:
        yield running
    finally:
        await running.database.close()


def live(room: Room, rounds: int = 12) -> None:
    """A driver's doings: commands now and then, in the past, and in a private branch."""
    driver, watcher = join(room, drives=True), join(room)
    for n, text in enumerate(
        ["crash n1", "restart n1", "partition n1 n2 | n3 n4 n5", "heal"] * (rounds // 4)
    ):
        room.tick(2.0 + n / 7)
        driver.say(text)
    room.tick(3.0)
    line = room.tree.current.timeline
    (event,) = line.events(line.head // 2, line.head // 2)
    driver.say("crash n3", wire.At(room.tree.current.id, event.seq, event.time))
    room.tick(4.0)
    private = watcher.ask(wire.Fork(1))["branch"]
    watcher.say("crash n5")
    room.tick(1.0)
    watcher.ask(wire.Transport(1, speed=0.1))
    watcher.leave()
    assert room.tree.get(private)
    driver.ask(wire.Transport(1, action="pause"))
    driver.leave()


def pictures(room: Room) -> dict[str, Any]:
    return {
        b.id: (
            b.timeline.hash(),
            b.timeline.head,
            b.timeline.time,
            b.playing,
            b.speed,
            b.parent,
            b.describe(),
        )
        for b in room.tree
    }


async def test_everything_comes_back_to_the_same_moment(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        live(room)
        await first.safe()
        before, life, current = pictures(room), room.life, room.tree.current.id
    assert len(before) == 3
    async with server(tmp_path / "q.db") as second:
        assert room.id in second.hub.asleep
        again = await second.hub.find(room.id)
        assert pictures(again) == before
        assert (again.life, again.tree.current.id, again.title) == (life, current, TITLE)
        assert again.config == room.config
        assert again.proves(TOKEN)
        assert not again.proves("another")
        assert again.tree.next_name() == "b3", "no name is given twice"
        for branch in again.tree:
            commands = branch.timeline.journal
            assert commands == room.tree.get(branch.id).timeline.journal  # type: ignore[union-attr]
    with sqlite3.connect(tmp_path / "q.db") as file:
        assert TOKEN.encode() not in b"".join(str(row).encode() for row in file.iterdump())


async def test_a_running_branch_comes_back_no_earlier_than_anybody_saw_it(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        person = join(room, drives=True)
        for _ in range(30):
            room.tick(0.05)
            await asyncio.sleep(0)
        person.say("crash n2")
        for _ in range(30):
            room.tick(0.05)
            await first.safe()
        seen, now = room.tree.current.timeline, person.of("events")[-1]["now"]
    async with server(tmp_path / "q.db") as second:
        line = (await second.hub.find(room.id)).tree.current.timeline
        assert line.time >= now
        assert line.time - now <= 2 * keeping.AHEAD * 0.02 * 1_000_000
        assert lines(line.events(1, seen.head)) == lines(seen.events(1, seen.head)), (
            "what was seen is a beginning of it"
        )
        back = join(await second.hub.find(room.id), resume=wire.Resume("b1", seen.head, room.life))
        await second.safe()
        assert back.of("welcome")[0]["view"] is None, "a page goes on where it was"


async def test_nobody_hears_of_a_command_before_it_is_safe(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        driver, watcher = join(room, drives=True), join(room)
        await first.safe()
        for person in (driver, watcher):
            person.raw.clear()
        driver.say("crash n2")
        room.tick(0.05)
        late = join(room)
        assert not driver.raw
        assert not watcher.raw
        assert not late.raw
        assert await room.valve.open()
        assert "crash n2" in watcher.raw[0]
        assert late.of("welcome")[0]["view"]["nodes"]["n2"]["status"] == "crashed"


async def test_when_time_alone_goes_by_nobody_waits_for_the_disk(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        person = join(room)
        room.tick(0.05)
        await first.safe()
        heard, written = len(person.of("events")), first.database.written
        for n in range(1, 15):
            room.tick(0.05)
            assert len(person.of("events")) == heard + n, "though nothing more has been written"
        assert first.database.written - written <= 2


async def test_a_long_run_comes_back_from_a_keyframe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EVENTS", 400)
    monkeypatch.setattr(keeping, "SHARE", 1e9)
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        driver = join(room, drives=True)
        for n in range(60):
            room.tick(2.0)
            driver.say(f"request c1 put x {n}")
        driver.ask(wire.Transport(1, action="pause"))
        await first.safe()
        line, life = room.tree.current.timeline, room.life
        ((commands,),) = await first.database.read("SELECT count(*) FROM commands")
        bases = await first.database.read("SELECT seq FROM keyframes ORDER BY seq")
    assert line.head > 1500
    assert len(bases) == 2, "the last two are enough"
    assert 0 < commands < 50, "what was before them is forgotten"
    async with server(tmp_path / "q.db") as second:
        again = await second.hub.find(room.id)
        found = again.tree.current.timeline
        (base,), (later,) = bases
        assert (found.origin, found.head, found.time, again.life) == (base, line.head, line.time, life)
        assert lines(found.events(base + 1, line.head)) == lines(line.events(base + 1, line.head))
        driver = join(again, drives=True)
        driver.say("request c1 put x 99")
        driver.ask(wire.Fork(1, wire.At("b1", later + 5, 0)))
        driver.say("crash n1")
        before = pictures(again)
        await second.safe()
    async with server(tmp_path / "q.db") as third:
        assert pictures(await third.hub.find(room.id)) == before, "and once more, with a branch of it"


async def test_branches_that_make_way_are_forgotten(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db", max_branches=3) as first:
        room = first.make()
        driver = join(room, drives=True)
        for _ in range(20):
            room.tick(2.0)
        for node in ("n1", "n2", "n3"):
            driver.say(f"crash {node}", wire.At("b1", 40, 10**9))
        await first.safe()
        wanted = [branch.id for branch in room.tree]
        assert await first.database.read("SELECT id FROM branches ORDER BY id") == [(id,) for id in wanted]
        commands = await first.database.read("SELECT branch, text FROM commands ORDER BY branch")
    assert commands == [("b3", "crash n2"), ("b4", "crash n3")]


# -- sleep ---------------------------------------------------------------------------------------


async def test_a_room_that_nobody_uses_sleeps_and_wakes(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db", idle_minutes=0.0001) as running:
        room, live_one = running.make(), running.make(id="live")
        join(room, drives=True).leave()
        before = pictures(room)
        await asyncio.sleep(0.02)
        await running.hub._tick(0.05)
        assert set(running.hub.rooms) == {"live"}
        with pytest.raises(Refused):
            running.hub.get(room.id)
        again, same = await asyncio.gather(running.hub.find(room.id), running.hub.find(room.id))
        assert again is same
        assert again is not room
        assert pictures(again) == before
        assert live_one.life == running.hub.rooms["live"].life


async def test_where_there_are_too_many_one_that_nobody_uses_sleeps(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db", max_rooms=2) as running:
        used, unused = running.make(), running.make()
        person = join(used)
        third = running.make()
        assert set(running.hub.rooms) == {used.id, third.id}
        join(third)
        with pytest.raises(Refused, match="2 rooms"):
            await running.hub.find(unused.id)
        person.leave()
        assert (await running.hub.find(unused.id)).proves(TOKEN)
        assert set(running.hub.rooms) == {unused.id, third.id}


async def test_the_live_room_comes_back_at_once_and_another_cluster_does_not(tmp_path: Path) -> None:
    for seed, expected in ((3, False), (3, True), (4, False), (4, True)):
        running = Server(tmp_path / "q.db", Settings())
        room = running.make(ClusterConfig(seed=seed), id="live")
        await running.database.open()
        await running.hub.keep_in(running.database)
        person = join(room, drives=True)
        crashed = room.tree.current.timeline.view()["nodes"]["n4"]["status"] == "crashed"
        assert crashed is expected
        if not crashed:
            person.say("crash n4")
        await running.database.close()


async def test_what_is_old_and_too_many_is_forgotten(tmp_path: Path) -> None:
    async with server(tmp_path / "q.db") as first:
        rooms = [first.make().id for _ in range(5)]
        for age, id in enumerate(rooms):
            first.database.write("UPDATE rooms SET used = used - ? WHERE id = ?", age * 86_400, id)
    async with server(tmp_path / "q.db", keep_days=3.5, max_kept_rooms=3) as second:
        await second.hub._tidying
        assert second.hub.asleep == set(rooms[:3])
        for table in ("rooms", "branches"):
            assert await second.database.read(f"SELECT count(*) FROM {table}") == [(3,)]
        with pytest.raises(Refused, match="There is no room"):
            await second.hub.find(rooms[4])


# -- another version -------------------------------------------------------------------------------


async def test_after_a_change_of_the_code_the_history_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make()
        live(room)
        before = pictures(room)
    monkeypatch.setattr("app.rooms.recovery.code", lambda: "another")
    monkeypatch.setattr("app.rooms.keeping.code", lambda: "another")
    async with server(tmp_path / "q.db") as second:
        again = await second.hub.find(room.id)
        assert again.life != room.life, "no page goes on as if it had seen it"
        assert pictures(again) == before, "though here it is the same"
        await second.safe()
    async with server(tmp_path / "q.db") as third:
        twice = await third.hub.find(room.id)
        assert (twice.life, pictures(twice)) == (again.life, before)


@pytest.mark.parametrize("wrong", ["DELETE FROM branches", "UPDATE commands SET text = 'dance'"])
async def test_a_history_that_does_not_fit_any_more_begins_anew(
    tmp_path: Path, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with server(tmp_path / "q.db") as first:
        room = first.make(ClusterConfig(seed=2))
        join(room, drives=True).say("crash n1")
        first.database.write(wrong)
    async with server(tmp_path / "q.db") as second:
        again = await second.hub.find(room.id)
        assert again.life != room.life
        assert again.tree.current.timeline.hash() == Timeline(ClusterConfig(seed=2)).hash()
        assert again.proves(TOKEN)
    assert caplog.text.count("begins anew, for its history cannot be computed again") == 1
