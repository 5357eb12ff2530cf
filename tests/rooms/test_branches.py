"""Intervening in the past, private branches, and what happens when there are too many."""

import pytest

from app.rooms import wire
from app.rooms.room import Room
from app.sim.errors import Refused
from tests.rooms.people import Person, join, make_room, seqs

pytestmark = pytest.mark.anyio


def running_room(**settings: int) -> tuple[Room, Person, Person]:
    room = make_room(**settings)
    driver, watcher = join(room, drives=True), join(room)
    for _ in range(10):
        room.tick(5.0)
    return room, driver, watcher


def moment(room: Room, seq: int, branch: str = "b1") -> wire.At:
    """Event `seq` at the time when it happened."""
    line = room.tree.get(branch).timeline  # type: ignore[union-attr]
    (event,) = line.events(seq, seq)
    return wire.At(branch, seq, event.time)


def test_intervening_in_the_past_starts_a_branch_that_all_see_and_keeps_the_old_future() -> None:
    room, driver, watcher = running_room()
    old = room.tree.current
    future = (old.timeline.head, old.timeline.hash())
    answer = driver.say("crash n3", moment(room, 40))
    assert answer["branch"] == "b2" == room.tree.current.id
    new = room.tree.current
    assert (old.timeline.head, old.timeline.hash()) == future
    assert 40 <= new.fork_seq < 60
    assert new.parent == "b1"
    assert new.timeline.journal[-1][2] == "crash n3"
    for person in (driver, watcher):
        assert person.of("branches")[-1]["branch"] == "b2"
        assert [b["id"] for b in person.of("branches")[-1]["branches"]] == ["b1", "b2"]
        assert person.of("snapshot")[-1]["view"]["nodes"]["n3"]["status"] == "crashed"
    room.tick(5.0)
    assert watcher.of("events")[-1]["branch"] == "b2"
    assert seqs(watcher.of("events")[-1:])[0] == answer["seq"] + 1
    assert old.timeline.head == future[0], "nobody watches it, so it stands still"


def test_the_shared_past_is_the_same() -> None:
    room, driver, _ = running_room()
    driver.say("crash n3", moment(room, 40))
    old, new = room.tree.get("b1"), room.tree.get("b2")
    assert old is not None
    assert new is not None
    assert new.timeline.events(1, 40) == old.timeline.events(1, 40)


def test_at_the_present_there_is_no_branch() -> None:
    room, driver, _ = running_room()
    line = room.tree.current.timeline
    driver.say("crash n3", wire.At("b1", line.head, line.time + 50_000))
    assert len(room.tree) == 1
    driver.say("restart n3", wire.At("b1", line.head, line.time))
    assert len(room.tree) == 1


def test_between_two_events_is_the_past_too() -> None:
    room, driver, _ = running_room()
    line = room.tree.current.timeline
    driver.ask(wire.Transport(1, action="pause"))
    line.advance(line.sim.cluster.next_time() - 1)  # type: ignore[operator]
    driver.say("crash n3", wire.At("b1", line.head, line.time - 1))
    assert room.tree.current.id == "b2"
    assert room.tree.current.fork_time == line.time - 1


def test_a_command_refused_in_the_past_leaves_no_branch() -> None:
    room, driver, watcher = running_room()
    heard = len(watcher.raw)
    with pytest.raises(Refused):
        driver.say("restart n3", moment(room, 40))
    with pytest.raises(Refused):
        driver.say("crash n3", wire.At("b1", 10**9, 10**12))
    with pytest.raises(Refused) as refused:
        driver.say("crash n3", wire.At("b7", 40, 0))
    assert refused.value.code == "unknown-branch"
    assert len(room.tree) == 1
    assert len(watcher.raw) == heard


def test_going_back_to_an_old_branch() -> None:
    room, driver, watcher = running_room()
    driver.say("crash n3", moment(room, 40))
    head = room.tree.get("b1").timeline.head  # type: ignore[union-attr]
    room.tick(20.0)
    driver.ask(wire.Switch(1, "b1"))
    assert watcher.of("snapshot")[-1]["branch"] == "b1"
    assert watcher.of("snapshot")[-1]["view"]["seq"] == head
    driver.say("crash n2", moment(room, 50, "b2"))
    assert room.tree.current.parent == "b2", "a command in another branch's past starts there"
    with pytest.raises(Refused):
        driver.ask(wire.Switch(1, "nowhere"))


# -- private branches ----------------------------------------------------------------------------


def test_a_private_branch_is_its_viewers_alone_and_return_forgets_it() -> None:
    room, driver, watcher = running_room()
    answer = watcher.ask(wire.Fork(1))
    private = answer["branch"]
    assert watcher.of("branches")[-1]["branch"] == private
    assert watcher.of("snapshot")[-1]["branch"] == private
    watcher.say("crash n1")
    heard = len(driver.raw)
    room.tick(5.0)
    assert {m["branch"] for m in driver.of("events")} == {"b1"}
    assert watcher.of("events")[-1]["branch"] == private
    assert private not in str(driver.raw[heard:])
    for way in (wire.Switch(1, private), wire.Fork(1, wire.At(private, 3, 0))):
        with pytest.raises(Refused):
            driver.ask(way)
    watcher.ask(wire.Return(1))
    assert watcher.of("snapshot")[-1]["branch"] == "b1"
    assert room.tree.get(private) is None
    assert room.tree.current.timeline.view()["nodes"]["n1"]["status"] == "up"
    with pytest.raises(Refused):
        watcher.say("crash n1")


def test_the_names_of_private_branches_cannot_be_guessed() -> None:
    _, _, watcher = running_room()
    names = set()
    for _ in range(5):
        names.add(watcher.ask(wire.Fork(1))["branch"])
        watcher.ask(wire.Return(1))
    assert len(names) == 5
    assert all(len(name) >= 16 for name in names)


def test_a_private_branch_survives_a_reload() -> None:
    room, _, watcher = running_room()
    private = watcher.ask(wire.Fork(1))["branch"]
    watcher.say("crash n1")
    seen = room.tree.get(private).timeline.head  # type: ignore[union-attr]
    watcher.leave()
    room.tick(5.0)
    back = join(room, resume=wire.Resume(private, seen))
    assert back.of("welcome")[0]["branch"] == private
    assert back.of("welcome")[0]["view"] is None
    back.say("restart n1")
    assert room.tree.current.id == "b1"


def test_a_viewer_may_intervene_in_the_past_of_a_private_branch() -> None:
    room, _, watcher = running_room()
    watcher.ask(wire.Fork(1))
    second = watcher.say("crash n2", moment(room, 30))["branch"]
    assert room.tree.current.id == "b1"
    tree = watcher.of("branches")[-1]
    assert tree["branch"] == second
    assert {b["id"] for b in tree["branches"]} >= {"b1", second}
    assert [branch.id for branch in room.tree] == ["b1", second], "the way back to the first is gone"
    third = watcher.say("crash n3", moment(room, 20, second))["branch"]
    assert [branch.id for branch in room.tree] == ["b1", second, third], "this one it came from"
    watcher.ask(wire.Return(1))
    assert [branch.id for branch in room.tree] == ["b1"]


def test_a_private_branch_stays_when_the_room_moves_on() -> None:
    room, driver, watcher = running_room()
    private = watcher.ask(wire.Fork(1))["branch"]
    driver.say("crash n3", moment(room, 40))
    assert [b["id"] for b in driver.of("branches")[-1]["branches"]] == ["b1", "b2"]
    assert watcher.of("branches")[-1]["branch"] == private
    assert watcher.of("snapshot")[-1]["branch"] == private
    watcher.ask(wire.Return(1))
    assert watcher.of("snapshot")[-1]["branch"] == "b2"


def test_a_driver_who_switches_comes_back_from_a_private_branch() -> None:
    room, driver, _ = running_room()
    driver.say("crash n3", moment(room, 40))
    private = driver.ask(wire.Fork(1))["branch"]
    driver.ask(wire.Switch(1, "b1"))
    assert driver.of("snapshot")[-1]["branch"] == "b1"
    assert room.tree.get(private) is None


# -- too many ------------------------------------------------------------------------------------


def test_the_oldest_branch_that_nobody_uses_makes_way() -> None:
    room, driver, _ = running_room(max_branches=3)
    for node in ("n1", "n2"):
        driver.say(f"crash {node}", moment(room, 40))
    driver.say("crash n3", moment(room, 40))
    assert [branch.id for branch in room.tree] == ["b1", "b3", "b4"]
    assert [b["id"] for b in driver.of("branches")[-1]["branches"]] == ["b1", "b3", "b4"]


def test_private_branches_make_way_before_public_ones() -> None:
    room, driver, watcher = running_room(max_branches=3)
    driver.say("crash n1", moment(room, 40))
    watcher.ask(wire.Fork(1))
    watcher.leave()
    driver.say("crash n2", moment(room, 40))
    assert [branch.id for branch in room.tree] == ["b1", "b2", "b3"]


def test_when_all_are_in_use_it_is_said() -> None:
    room, driver, watcher = running_room(max_branches=2)
    watcher.ask(wire.Fork(1))
    with pytest.raises(Refused) as refused:
        driver.say("crash n2", moment(room, 40))
    assert (refused.value.code, refused.value.params) == ("too-many-branches", {"limit": 2})
    assert room.tree.current.id == "b1"


def test_history_beyond_the_bound_is_trimmed_and_everybody_is_told() -> None:
    room = make_room(max_events=2000)
    person = join(room)
    room.tree.current.set_speed(1.0)
    while room.tree.current.timeline.oldest == 1:
        room.tick(0.2)
    line = room.tree.current.timeline
    assert person.of("branches")[-1]["branches"][0]["oldest"] == line.oldest
    with pytest.raises(Refused):
        line.chunk(1)
    (welcome,) = join(room, resume=wire.Resume("b1", 5)).heard
    assert welcome["view"]["seq"] == line.head
    assert welcome["oldest"] == line.oldest
