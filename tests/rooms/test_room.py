"""A room and the people around it."""

import pytest

from app.rooms import wire
from app.sim.errors import Refused
from tests.rooms.people import Person, join, make_room, seqs

pytestmark = pytest.mark.anyio


def test_a_late_joiner_sees_now_at_once() -> None:
    room = make_room()
    join(room)
    room.tick(2.0)
    late = join(room)
    (welcome,) = late.heard
    line = room.tree.current.timeline
    assert welcome["type"] == "welcome"
    assert (welcome["view"]["seq"], welcome["view"]["time"]) == (line.head, line.time)
    assert welcome["now"] == line.time > 0
    assert welcome["oldest"] == 1
    assert welcome["you"]["role"] == "viewer"
    assert welcome["room"]["mine"] is False
    room.tick(2.0)
    assert seqs(late.of("events")) == list(range(welcome["view"]["seq"] + 1, line.head + 1))


def test_everybody_gets_the_very_same_text() -> None:
    room = make_room()
    one, two = join(room), join(room)
    room.tick(5.0)
    assert one.raw[1:] == two.raw[1:]
    assert one.raw[1] is two.raw[1], "encoded once for all"


def test_time_goes_by_as_the_speed_says() -> None:
    room = make_room()
    join(room)
    branch = room.tree.current
    assert branch.speed == 0.02
    for _ in range(40):
        room.tick(0.05)
    assert branch.timeline.time == 40_000
    branch.set_speed(0.001)
    for _ in range(3):
        room.tick(0.0005)
    assert branch.timeline.time == 40_001, "parts of a microsecond are not lost"


def test_a_room_that_nobody_watches_stands_still() -> None:
    room = make_room()
    room.tick(5.0)
    assert room.tree.current.timeline.time == 0
    person = join(room)
    room.tick(5.0)
    reached = room.tree.current.timeline.time
    assert reached > 0
    person.leave()
    room.tick(5.0)
    assert room.tree.current.timeline.time == reached


def test_a_tick_has_a_bound_on_events_and_time_falls_behind_instead() -> None:
    room = make_room(events_per_tick=5)
    join(room)
    branch = room.tree.current
    branch.set_speed(1.0)
    before = branch.timeline.head
    room.tick(2.0)
    assert 5 <= branch.timeline.head - before < 60
    assert branch.timeline.time < 2_000_000


# -- roles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        wire.Command(1, "crash n1"),
        wire.Transport(1, action="pause"),
        wire.Transport(1, speed=0.5),
        wire.Switch(1, "b1"),
    ],
)
def test_who_does_not_drive_cannot_change_what_all_see(request_: wire.Request) -> None:
    room = make_room()
    person = join(room)
    head = room.tree.current.timeline.head
    with pytest.raises(Refused, match="drives"):
        person.ask(request_)
    assert room.tree.current.timeline.head == head
    assert room.tree.current.playing


def test_the_wrong_token_is_refused_and_nobody_has_joined() -> None:
    room = make_room()
    with pytest.raises(Refused) as refused:
        room.join(wire.Hello(1, token="wrong-token"), "en", Person(room).send, trusted=False)
    assert refused.value.code == "bad-token"
    assert not room.viewers


def test_two_drivers_work_at_once() -> None:
    room = make_room()
    one, two = join(room, drives=True), join(room, drives=True)
    one.say("crash n1")
    two.say("crash n2")
    commands = [event[6][0] for m in one.of("events") for event in m["events"] if event[2] == "command"]
    assert commands == ["crash n1", "crash n2"]
    assert one.raw[1:] == two.raw[1:]
    assert room.people() == {"viewers": 2, "driving": True}


def test_a_full_room_says_so() -> None:
    room = make_room(max_viewers=1)
    join(room)
    with pytest.raises(Refused) as refused:
        join(room)
    assert (refused.value.code, refused.value.params) == ("room-full", {"limit": 1})


# -- commands and transport ----------------------------------------------------------------------


def test_a_refused_command_changes_nothing_and_is_in_no_journal() -> None:
    room = make_room()
    driver = join(room, drives=True)
    driver.say("crash n1")
    line = room.tree.current.timeline
    before = (line.head, line.hash(), list(line.journal), len(driver.raw))
    for text in ("crash n1", "crash n9", "sing a song", "", "crash n1 \x00<script>", "x" * 5000):
        with pytest.raises(Refused):
            driver.say(text)
    assert (line.head, line.hash(), list(line.journal), len(driver.raw)) == before


def test_pause_step_and_rule() -> None:
    room = make_room()
    driver = join(room, drives=True)
    driver.ask(wire.Transport(1, action="pause"))
    room.tick(5.0)
    line = room.tree.current.timeline
    assert line.time == 0
    head = line.head
    driver.ask(wire.Transport(1, action="step"))
    assert line.head > head
    assert seqs(driver.of("events"))[-1] == line.head
    driver.ask(wire.Transport(1, action="rule"))
    assert any(event[8] for event in driver.of("events")[-1]["events"])
    driver.ask(wire.Transport(1, action="play"))
    assert driver.of("transport")[-1]["transport"]["playing"] is True


def test_a_step_stops_what_runs_and_says_so() -> None:
    room = make_room()
    driver = join(room, drives=True)
    driver.ask(wire.Transport(1, action="step"))
    assert driver.of("transport")[-1]["transport"]["playing"] is False


def test_speed_by_command_and_by_transport() -> None:
    room = make_room()
    driver = join(room, drives=True)
    head = room.tree.current.timeline.head
    driver.say("set speed 1/10")
    assert driver.of("transport")[-1]["transport"]["speed"] == 0.1
    driver.ask(wire.Transport(1, speed=1))
    assert room.tree.current.speed == 1
    assert room.tree.current.timeline.head == head, "the speed is no part of the trace"
    for bad in (0.0, -1.0, 1.5, float("nan")):
        with pytest.raises(Refused) as refused:
            driver.ask(wire.Transport(1, speed=bad))
        assert refused.value.code == "bad-speed"
    assert room.tree.current.speed == 1


# -- resume --------------------------------------------------------------------------------------


def test_who_comes_back_gets_exactly_what_was_missed() -> None:
    room = make_room()
    stays, goes = join(room), join(room)
    room.tick(5.0)
    goes.leave()
    seen = room.tree.current.timeline.head
    room.tick(20.0)
    back = join(room, resume=wire.Resume("b1", seen))
    welcome, missed = back.heard
    assert welcome["view"] is None
    assert missed["now"] == room.tree.current.timeline.time
    assert missed["events"] == [e for m in stays.of("events") for e in m["events"] if e[0] > seen]
    room.tick(5.0)
    assert seqs(back.of("events"))[-1] == room.tree.current.timeline.head


def test_resume_over_several_chunks_of_history() -> None:
    room = make_room()
    stays = join(room)
    room.tree.current.set_speed(1.0)
    while room.tree.current.timeline.head < 1300:
        room.tick(0.2)
    back = join(room, resume=wire.Resume("b1", 7))
    assert seqs(back.of("events")) == list(range(8, room.tree.current.timeline.head + 1))
    assert back.of("events")[0]["events"] == [e for m in stays.of("events") for e in m["events"] if e[0] > 7]


def test_another_life_of_the_room_is_another_history() -> None:
    """After a restart a branch has the same name and perhaps as many events; they are not the same events."""
    room = make_room()
    room.first.advance(300_000)
    assert join(room, resume=wire.Resume("b1", 7, room.life)).heard[0]["view"] is None
    assert join(room, resume=wire.Resume("b1", 7, "before")).heard[0]["view"] is not None
    assert make_room().life != room.life


@pytest.mark.parametrize("resume", [wire.Resume("b1", 999_999), wire.Resume("gone", 3)])
def test_a_resume_that_cannot_be_honoured_gives_now(resume: wire.Resume) -> None:
    room = make_room()
    (welcome,) = join(room, resume=resume).heard
    assert welcome["view"]["seq"] == room.tree.current.timeline.head


def test_who_missed_too_much_gets_now() -> None:
    room = make_room(resume_events=10)
    join(room)
    room.tick(50.0)
    (welcome,) = join(room, resume=wire.Resume("b1", 1)).heard
    assert welcome["view"] is not None


# -- those who cannot keep up --------------------------------------------------------------------


async def test_a_stalled_viewer_is_skipped_and_then_right_after_one_snapshot() -> None:
    room = make_room()
    driver, slow = join(room, drives=True), join(room)
    room.tick(1.0)
    heard = len(slow.raw)
    slow.stall()
    for _ in range(20):
        room.tick(1.0)
    driver.say("crash n1")
    assert len(slow.raw) == heard, "nothing reached it"
    assert slow.viewer.times_behind == 1
    assert len(driver.of("events")) == 22, "and nobody else lost anything"
    await slow.drain()
    snapshots = slow.of("snapshot")
    line = room.tree.current.timeline
    assert [s["view"]["seq"] for s in snapshots] == [line.head]
    assert snapshots[0]["view"]["nodes"]["n1"]["status"] == "crashed"
    assert snapshots[0]["now"] == line.time
    room.tick(5.0)
    assert seqs(slow.of("events")[-1:]) == list(range(snapshots[0]["view"]["seq"] + 1, line.head + 1))
    assert not slow.viewer.behind
    slow.leave()
    assert room.counts.behind == 1


async def test_behind_while_the_room_moves_to_another_branch() -> None:
    room = make_room()
    driver, slow = join(room, drives=True), join(room)
    room.tick(20.0)
    slow.stall()
    room.tick(1.0)
    driver.say("crash n2", wire.At("b1", 10, 1))
    await slow.drain()
    assert slow.of("branches")[-1]["branch"] == "b2"
    assert slow.of("snapshot")[-1]["branch"] == "b2"
    assert slow.of("transport")[-1]["branch"] == "b2"


async def test_a_lost_connection_is_noticed_and_hurts_nobody() -> None:
    room = make_room()
    stays, lost = join(room), join(room)

    async def fail(text: str) -> None:
        raise OSError("reset")

    lost.viewer._send = fail
    room.tick(1.0)
    room.tick(1.0)
    assert lost.viewer.gone
    assert len(stays.of("events")) == 2


async def test_leaving_while_behind_leaves_nothing_running() -> None:
    room = make_room()
    slow = join(room)
    slow.stall()
    room.tick(1.0)
    assert slow.viewer.behind
    slow.leave()
    await slow.drain()
    assert not slow.of("snapshot")


# -- when something is wrong with us -------------------------------------------------------------


def test_a_fault_in_one_branch_stops_that_branch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    room = make_room()
    person = join(room)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(room.tree.current.timeline, "advance", broken)
    room.tick(1.0)
    assert person.of("transport")[-1]["transport"]["playing"] is False
    room.tick(1.0)


def test_news_of_people_come_together() -> None:
    room = make_room()
    first = join(room)
    for _ in range(20):
        join(room)
    room.tick(0.05)
    room.tick(0.05)
    assert [m["people"]["viewers"] for m in first.of("people")] == [21]


def test_a_branch_with_too_many_messages_stands_still_until_there_are_fewer() -> None:
    room = make_room(max_messages=100)
    driver = join(room, drives=True)
    driver.say("network manual")
    driver.say("load c1 5ms")
    room.tree.current.set_speed(1.0)
    for _ in range(200):
        room.tick(0.2)
    branch = room.tree.current
    assert not branch.playing
    assert driver.of("transport")[-1]["transport"]["playing"] is False
    for request in (wire.Transport(1, action="play"), wire.Command(1, "duplicate * * -> *")):
        with pytest.raises(Refused) as refused:
            driver.ask(request)
        assert refused.value.code == "too-many-messages"
    driver.say("drop * * -> *")
    driver.ask(wire.Transport(1, action="play"))
    assert branch.playing


def test_a_step_stops_only_at_the_services_that_are_named() -> None:
    """Where several services share the machines, one is followed without the others' events in between."""
    room = make_room()
    driver = join(room, drives=True)
    driver.ask(wire.Transport(1, action="pause"))
    driver.say("load c1 50ms")
    heard = len(driver.of("events"))
    for _ in range(5):
        driver.ask(wire.Transport(1, action="step", services=("client",)))
    stops = [batch["events"][-1] for batch in driver.of("events")[heard:]]
    assert len(stops) == 5
    assert {stop[4] for stop in stops} == {"client"}


def test_a_step_of_a_service_that_does_not_run_here_is_refused_and_nothing_moves() -> None:
    """Nothing would ever stop it."""
    room = make_room()
    driver = join(room, drives=True)
    driver.ask(wire.Transport(1, action="pause"))
    head = room.tree.current.timeline.head
    with pytest.raises(Refused) as refused:
        driver.ask(wire.Transport(1, action="step", services=("client", "nope")))
    assert refused.value.code == "service-not-here"
    assert room.tree.current.timeline.head == head
