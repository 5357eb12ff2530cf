"""Real clients while servers crash, time crawls, and people go back in it."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from kazoo.client import KazooState
from kazoo.exceptions import ConnectionLoss, KazooException, NodeExistsError, SessionExpiredError

from app.rooms import wire
from app.sim.timeline import Timeline
from protocols.zookeeper import operations as ops
from tests.zookeeper.live import Live, Plain, eventually, live

LOST = (ConnectionLoss, SessionExpiredError)


@pytest.fixture
def room() -> Iterator[Live]:
    with live() as running:
        yield running


@pytest.fixture
def slow() -> Iterator[Live]:
    """At a pace at which one virtual second takes a hundred; somebody watches."""

    async def look(text: str) -> None:
        pass

    with live(speed="1/100") as running:
        running.served.inside(lambda: running.room.join(wire.Hello(1), "en", look, trusted=True))
        yield running
        running.served.inside(lambda: running.room.tree.current.set_speed("max"))


def no_law_is_broken(room: Live) -> bool:
    return not any(room.timeline.sim.cluster.broken.values())


def test_a_session_survives_the_crash_of_its_server(room: Live) -> None:
    zk = room.client()
    states: list[str] = []
    zk.add_listener(states.append)
    zk.create("/mine", b"", ephemeral=True)
    session, server = zk.client_id[0], room.server_of(zk)
    room.do(f"crash {server}")
    eventually(lambda: KazooState.CONNECTED in states)
    assert states == [KazooState.SUSPENDED, KazooState.CONNECTED]
    assert zk.client_id[0] == session
    assert zk.exists("/mine").ephemeralOwner == session
    assert room.server_of(zk) != server


def test_who_comes_first_waits_for_the_first_leader(room: Live) -> None:
    with Plain(*room.served.zookeeper["n4"]) as first:
        assert first.session > 0


def test_a_closed_session_and_one_that_is_silent(room: Live) -> None:
    """Closing deletes the ephemerals at once; a client that dies keeps them for its time-out."""
    polite, witness = room.client(), room.client()
    with Plain(*room.served.zookeeper["n2"], timeout=2000) as dead:
        dead.ask(ops.Create("/dead", b"", (ops.Acl(31, "world", "anyone"),), 1))
    begun = time.monotonic()
    polite.create("/polite", ephemeral=True)
    polite.stop()
    assert witness.sync("/")
    assert witness.exists("/polite") is None
    while witness.exists("/dead"):
        witness.set("/", b"hurry")
    assert time.monotonic() - begun > 1, "half its time at least, however much others hurry"


def test_what_is_acknowledged_is_never_lost(room: Live) -> None:
    """A counter, a lock and a queue, while servers crash and restart. An increment that was acknowledged is
    counted once; one whose connection was lost, once or not at all."""
    room.client().ensure_path("/work")
    over = threading.Event()
    works = [adds, adds, locks, locks, puts, takes]
    said = [Counter[Any]() for _ in works]
    held: list[int] = []
    threads = [
        threading.Thread(target=work, args=(room.client(), over, mine, held), daemon=True)
        for work, mine in zip(works, said, strict=True)
    ]
    for thread in threads:
        thread.start()
    faults(room, seconds=6)
    over.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()

    reader = room.client()
    reader.sync("/work")
    added, unsure = (sum(mine[key] for mine in said[:2]) for key in ("added", "unsure"))
    assert added > 20
    assert added <= int(reader.get("/work/count")[0]) <= added + unsure
    assert sum(mine["held"] for mine in said[2:4]) > 4
    assert not any(mine["two at once"] for mine in said[2:4])
    put = {key for key in said[4] if key.startswith("put")}
    left = {
        "put " + reader.get(f"/work/queue/{name}")[0].decode() for name in children(reader, "/work/queue")
    }
    taken = Counter({key.replace("took", "put"): n for key, n in said[5].items() if key.startswith("took")})
    maybe = {key.replace("perhaps", "put") for key in said[5] if key.startswith("perhaps")}
    assert len(put) > 10
    assert max(taken.values()) == 1
    assert put <= left | set(taken) | maybe
    assert eventually(lambda: no_law_is_broken(room))


def faults(room: Live, seconds: float) -> None:
    """One server after another, the leader as well, never more than two at once."""
    down: list[str] = []
    rng, end = random.Random(4), time.monotonic() + seconds
    while time.monotonic() < end:
        if len(down) == 2 or (down and rng.random() < 0.4):
            room.do(f"restart {down.pop(0)}")
        else:
            down.append(rng.choice([n for n in room.served.zookeeper if n not in down]))
            room.do(f"crash {down[-1]}")
        time.sleep(rng.uniform(0.1, 0.5))
    for name in down:
        room.do(f"restart {name}")


def adds(zk: Any, over: threading.Event, said: Counter[Any], held: list[int]) -> None:
    zk.retry(lambda: zk.ensure_path("/work/count"))
    while not over.is_set():
        try:
            data, stat = zk.get("/work/count")
            zk.set("/work/count", b"%d" % (int(data or b"0") + 1), version=stat.version)
            said["added"] += 1
        except LOST:
            said["unsure"] += 1
        except KazooException:  # somebody else was faster
            pass


def locks(zk: Any, over: threading.Event, said: Counter[Any], held: list[int]) -> None:
    """While its session lives, nobody else holds it."""
    session = zk.client_id[0]
    while not over.is_set():
        lock = zk.Lock("/work/lock")
        try:
            if not lock.acquire(timeout=2):
                continue
            held.append(1)
            if len(held) > 1 and zk.client_id[0] == session:
                said["two at once"] += 1
            said["held"] += 1
            time.sleep(0.01)
            held.pop()
            lock.release()
        except KazooException:
            pass


def puts(zk: Any, over: threading.Event, said: Counter[Any], held: list[int]) -> None:
    for n in range(10_000):
        if over.is_set():
            return
        try:
            zk.create("/work/queue/n-", b"%d" % n, sequence=True, makepath=True)
            said[f"put {n}"] += 1
        except KazooException:
            pass


def takes(zk: Any, over: threading.Event, said: Counter[Any], held: list[int]) -> None:
    while not over.is_set():
        value = name = None
        try:
            names = children(zk, "/work/queue")
            if names:
                name = f"/work/queue/{names[0]}"
                value = zk.get(name)[0].decode()
                zk.delete(name)
                said[f"took {value}"] += 1
        except KazooException:
            if value is not None:
                said[f"perhaps {value}"] += 1


def children(zk: Any, path: str) -> list[str]:
    try:
        return sorted(zk.get_children(path))
    except KazooException:
        return []


# -- wall time and virtual time ------------------------------------------------------------------------------


def test_slow_motion_neither_delays_a_handshake_nor_expires_anybody(slow: Live) -> None:
    zk = slow.client(timeout=1.0)
    states: list[str] = []
    zk.add_listener(states.append)
    made = zk.create_async("/slow")
    time.sleep(2.5)
    assert states == []
    assert not made.ready(), "a write takes its virtual tenth of a second, and that takes ten"
    assert slow.machines() != []


def test_time_that_stands_is_answered_as_well(room: Live) -> None:
    zk = room.client(timeout=1.0)
    states: list[str] = []
    zk.add_listener(states.append)
    room.served.inside(lambda: setattr(room.room.tree.current, "playing", False))
    stood, made = room.timeline.time, zk.create_async("/later")
    time.sleep(1.5)
    assert (room.timeline.time, states, made.ready()) == (stood, [], False)
    room.served.inside(lambda: setattr(room.room.tree.current, "playing", True))
    assert made.get(timeout=5) == "/later"


def test_whom_nobody_watches_gets_real_time() -> None:
    with live(speed="1/1000") as room:
        zk = room.client()
        begun = time.monotonic()
        zk.create("/a")
        assert time.monotonic() - begun < 2


def test_a_server_that_stands_still_is_left(room: Live) -> None:
    zk = room.client(timeout=1.0)
    session, server = zk.client_id[0], room.server_of(zk)
    room.do(f"pause {server}")
    zk.create("/elsewhere") if zk.retry(lambda: zk.exists("/elsewhere")) is None else None
    assert room.server_of(zk) != server
    assert zk.client_id[0] == session


# -- the past ------------------------------------------------------------------------------------------------


def moment(room: Live, back: int) -> wire.At:
    branch = room.room.tree.current
    return wire.At(branch.id, branch.timeline.head - back, 0)


def go_back(room: Live, at: wire.At, text: str) -> None:
    room.served.inside(lambda: room.room.command(text, at))


def test_going_back_breaks_the_connections_of_the_old_world(room: Live) -> None:
    zk = room.client()
    states: list[str] = []
    zk.add_listener(states.append)
    zk.create("/before")
    at = room.served.inside(lambda: moment(room, 0))
    session = zk.client_id[0]
    for n in range(5):
        zk.create(f"/after-{n}")
    go_back(room, at, "crash n1")
    eventually(lambda: zk.connected and KazooState.SUSPENDED in states)
    assert zk.exists("/before")
    assert zk.exists("/after-0") is None, "that has not happened here"
    assert zk.client_id[0] == session, "the session is as old as that"
    eventually(lambda: len(room.machines()) == 1)


def test_a_session_of_another_world_is_nobody_elses(room: Live) -> None:
    """Both worlds give the same number; whose it is here is asked."""
    first = room.client()
    at = room.served.inside(lambda: moment(room, 0))
    stranger = room.client("n1")
    number = stranger.client_id[0]
    states: list[str] = []
    stranger.add_listener(states.append)
    go_back(room, at, "crash n5")
    newer = [room.client("n1") for _ in range(3)]
    eventually(lambda: KazooState.LOST in states and stranger.connected)
    numbers = [zk.client_id[0] for zk in newer]
    assert len({*numbers, stranger.client_id[0], first.client_id[0]}) == 5
    stranger.create("/works")
    assert number != stranger.client_id[0] or number not in numbers


def test_whatever_clients_did_is_in_the_journal(room: Live) -> None:
    """The same commands, without any client, give the same run."""
    zk = room.client()
    zk.create("/a", b"\x00\xff" * 50)
    with pytest.raises(NodeExistsError):
        zk.create("/a")
    zk.get("/a", watch=lambda e: None)
    zk.set("/a", b"")
    zk.stop()
    eventually(lambda: room.machines() == [])
    line = room.timeline
    journal, seq, time_, hash_ = room.served.inside(
        lambda: (list(line.journal), line.head, line.time, line.hash())
    )
    assert Timeline.replay(line.config, journal, seq, time_).hash() == hash_


# -- the platform goes on ------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_told_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with live(zookeeper_port=port) as room:
            assert "n1" not in room.served.zookeeper
            assert room.served.http.get("/healthz").status_code == 200
    told = [record.getMessage() for record in caplog.records if f":{port}:" in record.getMessage()]
    assert told == [f"ZooKeeper clients cannot connect to n1 at 127.0.0.1:{port}: address already in use."]


def test_more_requests_than_the_room_takes_wait_outside() -> None:
    """Else time would stand still, with so many messages on their way."""
    with live(max_messages=300) as room:
        clients = [room.client() for _ in range(4)]
        asked = [zk.create_async(f"/c{n}-", sequence=True) for n, zk in enumerate(clients) for _ in range(60)]
        assert len({each.get(timeout=30) for each in asked}) == 240
        assert room.room.tree.current.playing


def test_a_person_may_send_a_client_away(room: Live) -> None:
    zk = room.client()
    states: list[str] = []
    zk.add_listener(states.append)
    (machine,) = room.machines()
    room.do(f"leave {machine}")
    eventually(lambda: states == [KazooState.SUSPENDED, KazooState.CONNECTED])
    assert room.machines() not in ([], [machine])
