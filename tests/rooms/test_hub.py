"""All rooms together: their number, their end, and the pump."""

import asyncio
import gc
import time

import pytest

from app.rooms.bucket import Bucket
from app.rooms.hub import Hub
from app.settings import Settings
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from tests.rooms.people import join

pytestmark = pytest.mark.anyio
TITLE = {"en": "A room", "zh": "房间"}


def hub_with(**settings: float) -> Hub:
    return Hub(Settings.model_validate(settings))


def open_room(hub: Hub, id: str | None = None) -> str:
    return hub.add(TITLE, hub.timeline(ClusterConfig(seed=2)), id=id).id


def test_rooms_have_names_and_tokens_of_their_own() -> None:
    hub = hub_with()
    rooms = [hub.rooms[open_room(hub)] for _ in range(50)]
    assert len({room.id for room in rooms}) == 50
    assert len({room.token for room in rooms}) == 50
    with pytest.raises(Refused, match="There is no room nowhere"):
        hub.get("nowhere")


async def test_the_pump_lets_time_go_by_where_somebody_watches() -> None:
    hub = hub_with(ticks_per_second=50)
    watched, other = hub.rooms[open_room(hub)], hub.rooms[open_room(hub)]
    person = join(watched)
    begun = time.monotonic()
    hub.start()
    try:
        assert gc.get_freeze_count() > 0, "what start-up made is not looked at again"
        for _ in range(1000):
            if watched.tree.current.timeline.time >= 10_000:
                break
            await asyncio.sleep(0.01)
        took = time.monotonic() - begun
        assert hub.healthy
    finally:
        await hub.stop()
        gc.unfreeze()
    assert took > 0.45, "10 ms take half a second at 1/50"
    assert watched.tree.current.timeline.time >= 10_000
    assert 2 <= len(person.of("events")) <= took * 50 + 2
    assert other.tree.current.timeline.time == 0
    assert not hub.healthy


async def test_a_room_that_nobody_uses_ends_and_a_permanent_one_does_not() -> None:
    hub = hub_with(idle_minutes=0.001, ticks_per_second=50)
    idle, watched, live = open_room(hub), open_room(hub), open_room(hub, "live")
    join(hub.rooms[watched])
    hub.start()
    try:
        await asyncio.sleep(0.3)
    finally:
        await hub.stop()
        gc.unfreeze()
    assert set(hub.rooms) == {watched, live}
    assert idle not in hub.rooms


def test_a_bucket_gives_so_many_at_once_and_then_so_many_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    bucket = Bucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] += 1.0
    assert [bucket.take() for _ in range(2)] == [True, False]
    states = [bucket.exhausted]
    for _ in range(10):
        bucket.take()
    states.append(bucket.exhausted)
    now[0] += 60
    states.append(bucket.full)
    assert states == [False, True, True]
