"""A server that is killed under load comes back with every room as it was: real processes, real sockets."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, OperationTimeoutError
from kazoo.retry import KazooRetry
from websockets.exceptions import ConnectionClosed

from app.sim.config import read_config
from app.sim.timeline import Timeline
from tests.serving import Member

ROOT = Path(__file__).parent.parent
LOAD = {"clients": 1, "speed": 0.2, "script": [{"at": "0ms", "do": ["load c1 40ms"]}]}


class Process:
    def __init__(self, folder: Path, **settings: str) -> None:
        chosen = {"PORT": "0", "ZOOKEEPER": "false", "DATABASE": str(folder / "q.db"), **settings}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            env=os.environ | {f"QUORUMSCOPE_{name}": value for name, value in chosen.items()},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.child.stdout is not None
        self.address = self.child.stdout.readline().split()[-1]
        self.token = self.child.stdout.readline().rpartition("=")[2].strip()
        self.http = httpx.Client(base_url=self.address, timeout=20)

    def kill(self) -> None:
        self.child.kill()  # SIGKILL, if it is still there
        self.child.wait(10)

    def trace(self, room: str, branch: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/rooms/{room}/branches/{branch}/trace.json").json()
        return found


@contextmanager
def process(folder: Path, **settings: str) -> Iterator[Process]:
    running = Process(folder, **settings)
    try:
        yield running
    finally:
        running.kill()
        running.http.close()
        assert running.child.stdout is not None
        running.child.stdout.close()


class Driver(threading.Thread):
    """Gives commands as fast as they are acknowledged, until the connection breaks; remembers both."""

    def __init__(self, server: Process, room: str, token: str) -> None:
        super().__init__(daemon=True)
        self.member = Member(server.address, room, token=token)
        self.room, self.token = room, token
        self.life = self.member.hear("welcome")["room"]["life"]
        self.acknowledged: list[str] = []
        self.events: dict[int, list[Any]] = {}

    def run(self) -> None:
        with contextlib.suppress(ConnectionClosed, OSError, TimeoutError), self.member:
            for n in range(10_000):
                text = f"request c1 put k{n % 7} {n}"
                answer = self.member.ask("command", text=text)
                if answer["type"] == "ok":
                    self.acknowledged.append(text)
        for message in self.member.seen:
            for event in message["events"] if message["type"] == "events" else ():
                self.events[event[0]] = event


def test_killed_under_load_every_room_comes_back_with_every_acknowledged_command(tmp_path: Path) -> None:
    fast = {"MESSAGE_RATE": "100000", "MESSAGE_BURST": "100000"}
    with process(tmp_path, **fast) as first:
        made = [first.http.post("/api/rooms", json={"config": LOAD | {"seed": n}}).json() for n in range(4)]
        drivers = [Driver(first, room["id"], room["token"]) for room in made]
        drivers.append(Driver(first, "live", first.token))
        for driver in drivers:
            driver.start()
        still = first.http.post("/api/rooms", json={"config": {"seed": 9}}).json()
        with Member(first.address, still["id"], token=still["token"]) as member:
            member.hear("events")
            member.ask("command", text="crash n2")
            member.ask("transport", action="step")
            member.ask("transport", action="pause")
        exact = first.trace(still["id"], "b1")
        deadline = time.monotonic() + 20
        while min(len(driver.acknowledged) for driver in drivers) < 60 and time.monotonic() < deadline:
            time.sleep(0.01)
        token = first.token
        first.kill()
        for driver in drivers:
            driver.join(10)
    with process(tmp_path, **fast) as second:
        assert second.token == token, "the link that was printed goes on to work"
        assert second.trace(still["id"], "b1") == exact, "to the same hash"
        assert second.http.get("/readyz").json() == {"status": "ready"}
        for driver in drivers:
            _is_as_it_was(second, driver)
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0, "what people wrote is for nobody else to read"


def _is_as_it_was(server: Process, driver: Driver) -> None:
    run = server.trace(driver.room, "b1")
    told = [text for _, _, text in run["journal"] if text.startswith("request")]
    assert len(driver.acknowledged) >= 60
    assert told[: len(driver.acknowledged)] == driver.acknowledged, "every acknowledged one, in order"
    assert len(told) <= len(driver.acknowledged) + 1
    events = {event[0]: event for event in run["events"]}
    assert len(driver.events) > 100
    assert {seq: events.get(seq) for seq in driver.events} == driver.events, "and all that was shown"
    last = events[len(events)]
    again = Timeline.replay(read_config(run["config"]), [tuple(e) for e in run["journal"]], last[0], last[1])
    assert again.hash() == run["hash"], "a history that this code makes"
    seen = max(driver.events)
    resume = {"branch": "b1", "seq": seen, "life": driver.life}
    with Member(server.address, driver.room, token=driver.token, resume=resume) as member:
        welcome = member.hear("welcome")
        assert welcome["view"] is None, "a page goes on where it was"
        assert welcome["you"]["role"] == "driver"
        assert member.ask("command", text="crash n5")["type"] == "ok"
        following = [event[0] for m in member.seen if m["type"] == "events" for event in m["events"]]
        assert following == list(range(seen + 1, seen + 1 + len(following)))


def test_real_zookeeper_clients_keep_their_sessions_and_what_was_acknowledged(tmp_path: Path) -> None:
    port = _five_free_ports()
    settings = {"ZOOKEEPER": "true", "ZOOKEEPER_PORT": str(port), "SPEED": "max"}
    quick = KazooRetry(max_tries=-1, delay=0.05, backoff=1)
    hosts = ",".join(f"127.0.0.1:{port + n}" for n in range(5))
    client = KazooClient(hosts, timeout=30.0, connection_retry=quick)
    acknowledged: list[str] = []
    try:
        with process(tmp_path, **settings):
            client.start(timeout=30)
            client.create("/mine", b"here", ephemeral=True)
            session = client.client_id
            writes = [client.create_async(f"/n{n}", b"x" * 50) for n in range(40)]
            for write in writes[:25]:
                acknowledged.append(write.get(timeout=20))
        with process(tmp_path, **settings):
            assert _patiently(lambda: client.get("/mine")[0]) == b"here", "its session did not end"
            assert client.client_id == session
            assert set(acknowledged) <= {f"/{name}" for name in client.get_children("/")}
    finally:
        client.stop()
        client.close()


def _patiently(ask: Callable[[], Any]) -> Any:
    """Asked again while the connection is being made anew."""
    end = time.monotonic() + 30
    while True:
        try:
            return ask()
        except (ConnectionLoss, OperationTimeoutError):
            assert time.monotonic() < end, "it does not come back"
            time.sleep(0.05)


def _five_free_ports() -> int:
    for first in range(24_000, 32_000, 5):
        with contextlib.ExitStack() as taken, contextlib.suppress(OSError):
            for port in range(first, first + 5):
                taken.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
    raise AssertionError("no port is free")


def test_killed_again_and_again_the_moment_it_has_answered(tmp_path: Path) -> None:
    told: list[str] = []
    made: dict[str, str] = {}
    for n in range(3):
        with process(tmp_path) as server:
            made = made or server.http.post("/api/rooms", json={"config": LOAD}).json()
            with Member(server.address, made["id"], token=made["token"]) as member:
                for m in range(4):
                    told.append(f"request c1 put x {n}-{m}")
                    assert member.ask("command", text=told[-1])["type"] == "ok"
            journal = server.http.get(f"/api/rooms/{made['id']}/branches/b1/journal").json()
            assert [text for _, _, text in journal["commands"]] == told
