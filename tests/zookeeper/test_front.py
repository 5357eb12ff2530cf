"""Real clients at the front of an ensemble that is a dictionary: kazoo, bare frames, four-letter words."""

import asyncio
import logging
import re
import socket
from collections.abc import Callable

import pytest
from kazoo.client import KazooClient
from kazoo.exceptions import NodeExistsError

from app.zookeeper.gateway import State
from protocols.zookeeper import jute
from protocols.zookeeper import operations as ops
from protocols.zookeeper.jute import ConnectRequest
from tests.zookeeper.fronted import PASSWORD, Bare, fronted, until

pytestmark = pytest.mark.anyio


# --- kazoo -------------------------------------------------------------------------------------------------


def use_and_lose_a_server(client: KazooClient, lose: Callable[[int], None]) -> list[object]:
    """What a kazoo user sees, in a thread of its own."""
    client.start(timeout=5)
    seen: list[object] = [client.create("/a", b"one")]
    events: list[object] = []
    client.get("/a", watch=lambda event: events.append((event.type, event.path)))
    client.set("/a", b"two")
    seen.append(client.get("/a")[0])
    with pytest.raises(NodeExistsError):
        client.create("/a")
    seen += [client.exists("/b"), client.get_children("/", include_data=True)[0]]
    seen.append(client.server_version())
    session, _ = client.client_id
    lose(client._connection._socket.getpeername()[1])
    seen.append(client.retry(client.get, "/a")[0])
    seen += [client.client_id[0] == session, events]
    client.stop()
    client.close()
    return seen


async def test_kazoo_connects_uses_and_moves_to_another_server_with_its_session() -> None:
    lost: list[str] = []
    async with fronted() as (front, ensemble):
        loop = asyncio.get_running_loop()

        async def crash(port: int) -> None:
            lost.extend(server for server, address in front.addresses.items() if address[1] == port)
            ensemble.crash(lost[0])

        def lose(port: int) -> None:
            asyncio.run_coroutine_threadsafe(crash(port), loop).result(5)

        hosts = ",".join(f"{host}:{port}" for host, port in front.addresses.values())
        client = KazooClient(hosts, timeout=10)
        seen = await asyncio.wait_for(asyncio.to_thread(use_and_lose_a_server, client, lose), 20)
    path, data, missing, children, version, again, same, events = seen
    assert (path, data, missing, children, again) == ("/a", b"two", None, ["a"], b"two")
    assert version == (3, 8, 0)
    assert same is True
    assert events == [("CHANGED", "/a")]
    assert {line.server for line in ensemble.lines} > set(lost)


# --- a connection's life -----------------------------------------------------------------------------------


async def test_a_session_that_there_is_not_is_told_so_and_closed() -> None:
    async with fronted() as (front, _):
        bare = await Bare.to(front)
        bare.frame(jute.write_connect(ConnectRequest(0, 10_000, session=999)))
        answer = await bare.connected()
        assert (answer.session, answer.timeout, answer.password) == (0, 0, bytes(16))
        assert await bare.rest() == b""


async def test_an_old_client_is_answered_without_the_byte_that_it_did_not_send() -> None:
    async with fronted() as (front, _):
        bare = await Bare.to(front)
        bare.frame(jute.write_connect(ConnectRequest(0, 10_000, read_only=None)))
        answer = await bare.connected()
        assert (answer.read_only, answer.timeout, answer.password) == (None, 10_000, PASSWORD)


async def test_pings_are_answered_at_once_though_the_room_stands_still() -> None:
    async with fronted() as (front, ensemble):
        bare = await Bare.client(front)
        ensemble.holds = True
        bare.ask(1, ops.GetData("/"))
        bare.ping()
        assert await bare.heard() == jute.write_pong(0)
        ensemble.release()
        header, _ = jute.read_reply(ops.GetData("/"), await bare.heard())
        assert header.xid == 1


async def test_a_paused_machine_answers_no_ping() -> None:
    async with fronted() as (front, ensemble):
        bare = await Bare.client(front)
        ensemble.states["n1"] = State.PAUSED
        bare.ping()
        await until(lambda: next(iter(front.connections["n1"])).tally.received == 2)
        ensemble.states["n1"] = State.SERVING
        await bare.lives()


async def test_what_is_sent_before_the_handshake_is_answered_waits_for_it() -> None:
    async with fronted() as (front, ensemble):
        ensemble.holds = True
        bare = await Bare.to(front)
        bare.frame(jute.write_connect(ConnectRequest(0, 10_000)))
        bare.ask(1, ops.Exists("/"))
        await until(lambda: ensemble.lines)
        await asyncio.sleep(0.05)
        assert ensemble.lines[0].frames == []
        ensemble.release()
        assert (await bare.connected()).session == 1
        assert jute.read_reply(ops.Exists("/"), await bare.heard())[0].xid == 1


async def test_a_crash_cuts_its_servers_connections_and_no_others() -> None:
    async with fronted() as (front, ensemble):
        here, there = await Bare.client(front, "n1"), await Bare.client(front, "n2")
        ensemble.crash("n1")
        assert await here.rest() == b""
        assert [line.over for line in ensemble.lines] == [True, False]
        await there.lives()
        late = await Bare.to(front, "n1")
        assert await late.rest() == b"", "accepted and closed"
        ensemble.states["n1"] = State.SERVING
        await (await Bare.client(front, "n1")).lives()


async def test_a_server_without_a_leader_closes_a_handshake() -> None:
    async with fronted() as (front, ensemble):
        ensemble.states["n1"] = State.LOOKING
        bare = await Bare.to(front)
        bare.frame(jute.write_connect(ConnectRequest(0, 10_000)))
        assert await bare.rest() == b""
        assert ensemble.lines == []


async def test_a_client_that_goes_hangs_up_in_the_room() -> None:
    async with fronted() as (front, ensemble):
        bare = await Bare.client(front)
        bare.close()
        await until(lambda: ensemble.lines[0].over)
        assert not front.connections["n1"]


async def test_a_client_that_falls_silent_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted() as (front, ensemble):
        bare = await Bare.client(front, lease=300)
        for _ in range(4):
            await asyncio.sleep(0.15)
            bare.ping()
        assert not ensemble.lines[0].over, "pings keep it"
        await until(lambda: ensemble.lines[0].over)
        assert caplog.text.count("It has been silent for") == 1


async def test_close_is_answered_and_ends_the_connection() -> None:
    async with fronted() as (front, ensemble):
        bare = await Bare.client(front)
        bare.ask(1, ops.CloseSession())
        assert jute.read_reply(ops.CloseSession(), await bare.heard())[0].error == 0
        assert await bare.rest() == b""
        assert ensemble.lines[0].over


async def test_too_many_requests_are_not_read_until_others_are_answered() -> None:
    async with fronted(max_outstanding=10) as (front, ensemble):
        bare = await Bare.client(front, lease=300)
        ensemble.holds = True
        for xid in range(1, 101):
            bare.ask(xid, ops.Exists("/"))
        line = ensemble.lines[0]
        await until(lambda: len(line.frames) == 10)
        unasked = [await bare.heard() for _ in range(3)]
        assert unasked == [jute.write_pong(0)] * 3, "it is told that we live, since we do not read its pings"
        assert len(line.frames) == 10
        ensemble.release()
        replies: list[int] = []
        while len(replies) < 100:
            frame = await bare.heard()
            if frame != jute.write_pong(0):
                replies.append(jute.read_reply(ops.Exists("/"), frame)[0].xid)
        assert replies == list(range(1, 101)), "in order"


async def test_a_room_that_is_full_turns_away(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted() as (front, ensemble):
        ensemble.limit = 0
        bare = await Bare.to(front)
        bare.frame(jute.write_connect(ConnectRequest(0, 10_000)))
        assert await bare.rest() == b""
        assert "The room has 0 clients, and takes no more." in caplog.text


# --- ports -------------------------------------------------------------------------------------------------


async def test_a_taken_port_is_said_and_the_others_serve(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with fronted(port=port) as (front, _):
            assert "n1" not in front.addresses
            said = [record.message for record in caplog.records if record.levelno == logging.WARNING]
            assert f"ZooKeeper clients cannot connect to n1 at 127.0.0.1:{port}: " in said[0]
            assert front.addresses.get("n2", ("", port + 1))[1] == port + 1, "unless somebody else has that"


async def test_there_is_no_port_above_65535(caplog: pytest.LogCaptureFixture) -> None:
    async with fronted(port=65_535) as (front, _):
        assert not {"n2", "n3"} & set(front.addresses)
    assert "cannot connect to n2 at 127.0.0.1:65536" in caplog.text


# --- the four-letter words ---------------------------------------------------------------------------------


async def asked(word: str, **settings: object) -> str:
    async with fronted(**settings) as (front, _):
        client = await Bare.client(front)
        await client.lives()
        bare = await Bare.to(front)
        bare.writer.write(word.encode())
        return (await bare.rest()).decode()


async def test_ruok_and_isro() -> None:
    assert await asked("ruok") == "imok"
    assert await asked("isro") == "rw"


async def test_wchs() -> None:
    assert await asked("wchs") == "1 connections watching 2 paths\nTotal watches:3\n"


SUMMARY = (
    r"Latency min/avg/max: \d+/\d+\.\d+/\d+\nReceived: 3\nSent: 2\nConnections: 2\nOutstanding: 0\n"
    r"Zxid: 0x0\nMode: follower\nNode count: 1\n"
)


async def test_srvr() -> None:
    assert re.fullmatch(r"Zookeeper version: 3\.8\.0-\S+, built on .+ UTC\n" + SUMMARY, await asked("srvr"))


async def test_stat() -> None:
    clients = (
        r"Clients:\n(?: /127\.0\.0\.1:\d+\[1\]\(queued=0,recved=2,sent=2\)\n"
        r"| /127\.0\.0\.1:\d+\[0\]\(queued=0,recved=1,sent=0\)\n){2}\n"
    )
    assert re.fullmatch(r"Zookeeper version: .+\n" + clients + SUMMARY, await asked("stat"))


async def test_cons() -> None:
    answer = await asked("cons")
    assert re.search(
        r"^ /127\.0\.0\.1:\d+\[1\]\(queued=0,recved=2,sent=2,sid=0x1,lop=EXIS,est=\d{13},to=10000,lcxid=0x4d,"
        r"lzxid=0x0,lresp=\d+,llat=\d+,minlat=\d+,avglat=[\d.]+,maxlat=\d+\)$",
        answer,
        re.MULTILINE,
    )
    assert answer.endswith(")\n\n")


async def test_mntr() -> None:
    lines = dict(line.split("\t") for line in (await asked("mntr")).splitlines())
    assert lines["zk_server_state"] == "follower"
    assert lines["zk_num_alive_connections"] == "2"
    assert lines["zk_watch_count"] == "3"
    assert lines["zk_packets_received"] == "3"
    assert "zk_synced_followers" not in lines


async def test_words_that_are_not_allowed() -> None:
    refused = "{} is not executed because it is not in the whitelist.\n"
    assert await asked("stat", words="srvr, ruok") == refused.format("stat")
    assert await asked("ruok", words="srvr, ruok") == "imok"
    assert await asked("wchp") == refused.format("wchp")


async def test_a_server_that_does_not_serve_says_so() -> None:
    not_serving = "This ZooKeeper instance is not currently serving requests\n"
    expected = {"ruok": "imok", "isro": "null", "srvr": not_serving, "mntr": not_serving, "wchs": not_serving}
    async with fronted() as (front, ensemble):
        ensemble.states["n1"] = State.LOOKING
        for word, answer in expected.items():
            bare = await Bare.to(front)
            bare.writer.write(word.encode())
            assert (await bare.rest()).decode() == answer
