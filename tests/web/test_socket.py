"""The socket over a real connection: what docs/protocol.md promises."""

import json
import socket
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.serving import LIVE_TOKEN, Member, Served, serving


def test_welcome_holds_everything_to_begin_with(served: Served) -> None:
    made = served.make(config={"seed": 5})
    with served.enter(made["id"], token=made["token"], lang="zh") as member:
        welcome = member.hear("welcome")
    assert list(welcome) == [
        *(
            "type",
            "version",
            "room",
            "you",
            "branches",
            "branch",
            "view",
            "oldest",
            "now",
            "transport",
            "people",
        )
    ]
    assert welcome["room"]["id"] == made["id"]
    assert welcome["room"]["mine"] is True
    assert set(welcome["room"]) == {"id", "life", "title", "config", "services", "mine"}
    assert set(welcome["room"]["title"]) == {"en", "zh"}
    assert welcome["you"]["role"] == "driver"
    assert welcome["people"] == {"viewers": 1, "driving": True}
    assert welcome["transport"] == {"playing": True, "speed": 0.02, "max": False, "now": welcome["now"]}
    assert set(welcome["view"]) >= {"seq", "time", "nodes", "messages", "network", "laws"}
    assert made["token"] not in json.dumps(welcome)


def test_time_goes_by_and_batches_come_without_gaps(served: Served) -> None:
    with served.enter(served.make()["id"]) as member:
        expected = member.hear("welcome")["view"]["seq"] + 1
        now = 0
        for _ in range(15):
            batch = member.hear("events")
            assert batch["now"] > now
            now = batch["now"]
            for event in batch["events"]:
                assert event[0] == expected
                assert len(event) == 9
                expected += 1
    assert 10_000 < now < 25_000, "15 batches at 20 a second, at 1/50"


def test_a_commanded_crash_comes_back_as_events_for_all(served: Served) -> None:
    made = served.make()
    with served.enter(made["id"], token=made["token"]) as driver, served.enter(made["id"]) as watcher:
        watcher.hear("welcome")
        answer = driver.ask("command", text="crash n1")
        assert answer["type"] == "ok"
        assert answer["branch"] == "b1"
        while not any(event[2] == "crash" for event in watcher.hear("events")["events"]):
            pass


def test_a_connection_that_was_lost_goes_on_where_it_was(served: Served) -> None:
    made = served.make()
    with served.enter(made["id"], token=made["token"]) as stays:
        with served.enter(made["id"]) as goes:
            seen = goes.hear("welcome")["view"]["seq"]
        for node in ("n1", "n2"):
            stays.ask("command", text=f"crash {node}")
        with served.enter(made["id"], resume={"branch": "b1", "seq": seen}) as back:
            assert back.hear("welcome")["view"] is None
            missed = back.hear("events")
            assert missed["events"][0][0] == seen + 1
            assert {"crash n1", "crash n2"} <= {e[6][0] for e in missed["events"] if e[2] == "command"}


def test_every_viewer_gets_the_very_same_bytes(served: Served) -> None:
    made = served.make()
    with served.enter(made["id"], token=made["token"]) as one, served.enter(made["id"]) as two:
        one.hear("welcome")
        two.hear("welcome")

        def batches(member: Member) -> list[str]:
            texts: list[str] = []
            while '"crash n5"' not in "".join(texts):
                texts.append(str(member.socket.recv(5)))
            return [text for text in texts if '"events"' in text]

        one.say({"type": "command", "id": 1, "text": "crash n5"})
        first, second = batches(one), batches(two)
        together = min(len(first), len(second))
        assert together
        assert first[-together:] == second[-together:]


def test_no_compression_is_agreed_on(served: Served) -> None:
    with Member(served.address, "live") as member:
        assert member.socket.response is not None
        assert "Sec-WebSocket-Extensions" not in member.socket.response.headers


# -- who drives ----------------------------------------------------------------------------------


def test_somebody_at_this_machine_drives_the_live_room(served: Served) -> None:
    with served.enter("live") as member:
        assert member.hear("welcome")["you"]["role"] == "driver"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_who_comes_through_a_proxy_needs_the_link(served: Served, headers: dict[str, str]) -> None:
    with served.enter("live", headers=headers) as member:
        assert member.hear("welcome")["you"]["role"] == "viewer"
    with served.enter("live", headers=headers, token=LIVE_TOKEN) as member:
        assert member.hear("welcome")["you"]["role"] == "driver"


def test_a_foreign_name_that_leads_here_does_not_drive(served: Served) -> None:
    """A page elsewhere may point a name of its own at 127.0.0.1: Host gives it away."""
    with _by_hand(served, "live", "Host: evil.example", "Origin: http://evil.example") as raw:
        raw.settimeout(5)
        heard = b""
        while b'"people"' not in heard:
            heard += raw.recv(65536)
    assert b'"role":"viewer"' in heard


def test_in_other_rooms_the_token_alone_counts(served: Served) -> None:
    with served.enter(served.make()["id"]) as member:
        assert member.hear("welcome")["you"]["role"] == "viewer"
        refused = member.ask("command", text="crash n1")
    assert refused["code"] == "not-driver"


def test_loopback_can_be_told_not_to_drive() -> None:
    with serving(live_loopback_drives=False) as served, served.enter("live") as member:
        assert member.hear("welcome")["you"]["role"] == "viewer"


# -- what is wrong is said -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "Only whoever drives this room"), ("zh", "只有房间的主控者"), ("zh-TW", "只有"), ("fr", "Only")],
)
def test_refusals_are_in_the_viewers_language(served: Served, lang: str, sentence: str) -> None:
    with served.enter(served.make()["id"], lang=lang) as member:
        refused = member.ask("transport", action="pause")
    assert refused["message"].startswith(sentence)
    assert set(refused) == {"type", "id", "code", "params", "message"}


ERRORS = [
    ("nowhere", {}, "unknown-room", "There is no room nowhere"),
    ("live", {"token": "not-this"}, "bad-token", "This driver link does not belong to this room"),
    ("live", {"version": 2}, "bad-version", "This page speaks version 2"),
    ("live", {"colour": "red"}, "bad-message", "This message cannot be read: Object contains unknown field"),
    ("live", {"token": 5}, "bad-message", "This message cannot be read"),
    ("live", {"resume": {"branch": "b1"}}, "bad-message", "This message cannot be read"),
]


@pytest.mark.parametrize(("room", "hello", "code", "sentence"), ERRORS)
def test_a_wrong_hello(served: Served, room: str, hello: dict[str, object], code: str, sentence: str) -> None:
    with served.enter(room, **hello) as member:
        error, closed = member.ended()
    assert error["code"] == code
    assert error["message"].startswith(sentence)
    assert closed == 1008


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"type": "command", "id": 1, "text": "crash n1"}, "hello-first"),
        ("not json", "bad-message"),
        ('{"type":"hello","version":1', "bad-message"),
        ("[1, 2]", "bad-message"),
        ('{"type":"dance"}', "bad-message"),
        ("null", "bad-message"),
        ("[" * 5000, "bad-message"),
        (b"\x00\x01", "bad-message"),
    ],
)
def test_a_wrong_beginning(served: Served, said: dict[str, object] | str | bytes, code: str) -> None:
    with served.enter("live", hello=False) as member:
        member.say(said)
        error, closed = member.ended()
    assert (error["code"], closed) == (code, 1008)


def test_silence_ends() -> None:
    with serving(hello_seconds=0.1) as served, served.enter("live", hello=False) as member:
        error, closed = member.ended()
    assert (error["code"], closed) == ("no-hello", 1008)
    assert error["message"] == "No hello came within 0.1 seconds."


@pytest.mark.parametrize(
    "message",
    [
        {"type": "command"},
        {"type": "command", "text": 5},
        {"type": "command", "text": "crash n1", "extra": 1},
        {"type": "command", "text": "crash n1", "at": {"branch": "b1", "seq": -1, "time": 0}},
        {"type": "transport", "action": "dance"},
        {"type": "transport"},
        {"type": "transport", "action": "play", "speed": 1},
        {"type": "dance"},
        {"type": "hello", "version": 1},
    ],
)
def test_a_wrong_request_is_refused_by_name_and_the_connection_stays(
    served: Served, message: dict[str, object]
) -> None:
    made = served.make()
    with served.enter(made["id"], token=made["token"]) as member:
        refused = member.ask(str(message.pop("type")), **message)
        assert refused["type"] == "refused"
        assert refused["code"] in ("bad-message", "hello-again")
        assert member.ask("command", text="crash n1")["type"] == "ok"


def test_a_wrong_request_without_a_name_ends_the_connection(served: Served) -> None:
    with served.enter("live") as member:
        member.hear("welcome")
        member.say("{}")
        assert member.ended()[0]["code"] == "bad-message"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crash",
        "crash n99",
        "crash n1 n2",
        "sing",
        "restart n1",
        "\x00",
        "crash <b>n1</b>",
        "deliver #999999",
    ],
)
def test_a_command_that_makes_no_sense(served: Served, text: str) -> None:
    made = served.make()
    with served.enter(made["id"], token=made["token"]) as member:
        refused = member.ask("command", text=text)
    assert refused["type"] == "refused"
    assert refused["message"]
    assert not refused["message"].startswith("errors."), "a sentence, not a key"
    assert "{" not in refused["message"], "with everything filled in"


def test_a_message_too_large(served: Served) -> None:
    with served.enter("live") as member:
        member.hear("welcome")
        member.say({"type": "command", "id": 1, "text": "x" * 20_000})
        error, closed = member.ended()
    assert (error["code"], closed) == ("too-large", 1009)
    assert error["message"] == "This is larger than the 16384 bytes that are possible here."


def test_a_message_beyond_all_measure_is_not_even_read(served: Served) -> None:
    with served.enter("live") as member:
        member.hear("welcome")
        with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
            member.say("x" * 3_000_000)
            while True:
                member.socket.recv(5)
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


def test_too_many_messages_are_refused_and_a_flood_ends_the_connection() -> None:
    with serving(message_rate=1, message_burst=5) as served, served.enter("live") as member:
        member.hear("welcome")
        answers = [member.ask("transport", action="pause")["type"] for _ in range(5)]
        assert answers == ["ok"] * 5
        refused = member.ask("transport", action="pause")
        assert refused["code"] == "too-fast"
        for n in range(10):
            member.say({"type": "transport", "id": n, "action": "play"})
        assert member.ended()[0]["code"] == "too-fast"


def test_full_rooms_and_a_full_server() -> None:
    with serving(max_viewers=1, max_connections=2) as served:
        first, second = served.make()["id"], served.make()["id"]
        with served.enter(first) as one:
            one.hear("welcome")
            with served.enter(first) as member:
                assert member.ended()[0]["code"] == "room-full"
            with served.enter(second) as two:
                two.hear("welcome")
                with served.enter("live") as member:
                    assert member.ended()[0]["code"] == "server-full"


# -- origin --------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:1", "file://"])
def test_a_foreign_page_is_turned_away_before_the_handshake(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        served.enter("live", headers={"Origin": origin})
    assert refused.value.response.status_code == 403
    body = json.loads(refused.value.response.body or b"{}")
    assert body["code"] == "bad-origin"
    assert origin in body["message"]


def test_our_own_pages_and_named_ones_may() -> None:
    with serving(allowed_origins="https://school.example/, https://other.example") as served:
        for origin in (served.address, "https://school.example", "https://other.example"):
            with served.enter("live", headers={"Origin": origin}) as member:
                member.hear("welcome")


# -- those who cannot keep up, over a real network buffer ----------------------------------------


def test_a_stalled_viewer_delays_nobody_and_is_right_after_one_snapshot() -> None:
    with serving(ticks_per_second=50, events_per_tick=400) as served:
        made = served.make(config={"seed": 1, "clients": 3})
        with served.enter(made["id"], token=made["token"]) as driver:
            for client in ("c1", "c2", "c3"):
                driver.ask("command", text=f"load {client} 1ms")
            driver.ask("transport", speed=1)
            stalled = _by_hand(served, made["id"], "Host: 127.0.0.1")
            room = served.hub.rooms[made["id"]]
            deadline = time.monotonic() + 30
            longest = 0.0
            while not any(viewer.behind for viewer in room.viewers.values()):
                begun = time.monotonic()
                driver.hear("events")
                longest = max(longest, time.monotonic() - begun)
                assert time.monotonic() < deadline, "its buffer never filled"
            expected = driver.hear("events")["events"][-1][0] + 1
            for _ in range(20):
                for event in driver.hear("events")["events"]:
                    assert event[0] == expected, "nobody else lost anything"
                    expected += 1
            driver.ask("transport", action="pause")
            heard = _read_all(stalled)
            kinds = [json.loads(text)["type"] for text in heard]
            assert kinds.count("snapshot") == 1
            last = json.loads(next(text for text in heard if '"snapshot"' in text[:30]))
            line = room.tree.current.timeline
            assert last["view"] == served.inside(line.view)
            assert longest < 1.0


def _by_hand(served: Served, room: str, *headers: str) -> socket.socket:
    """Says hello through a bare socket with the smallest of receive buffers, and reads nothing more."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", int(served.address.rpartition(":")[2])))
    asked = [
        *(f"GET /ws/rooms/{room} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", *headers),
        *("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "", ""),
    ]
    raw.sendall("\r\n".join(asked).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += raw.recv(1)
    hello = b'{"type":"hello","version":1}'
    raw.sendall(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
    return raw


def _read_all(raw: socket.socket) -> list[str]:
    """Every text frame, until nothing has come for a second."""
    data = b""
    raw.settimeout(1.0)
    try:
        while part := raw.recv(1 << 20):
            data += part
    except TimeoutError:
        pass
    raw.close()
    texts = []
    while len(data) >= 2:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4]), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10]), 10
        if data[0] == 0x81:
            texts.append(data[start : start + size].decode())
        data = data[start + size :]
    return texts
