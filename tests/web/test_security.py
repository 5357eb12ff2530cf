"""What docs/security.md promises and no other test proves: who may do what, from where, how often."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sim.config import ClusterConfig
from tests.serving import Served, serving

ROOT = Path(__file__).parent.parent.parent
PROMISES = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

WATCHING: list[tuple[str, dict[str, Any]]] = [
    ("command", {"text": "crash n1"}),
    ("command", {"text": "set speed 1"}),
    ("command", {"text": "crash n1", "at": {"branch": "b1", "seq": 1, "time": 0}}),
    ("transport", {"action": "pause"}),
    ("transport", {"action": "step"}),
    ("transport", {"speed": 0.5}),
    ("switch", {"branch": "b1"}),
]


@pytest.mark.parametrize(("type", "fields"), WATCHING)
def test_whoever_only_watches_changes_nothing(served: Served, type: str, fields: dict[str, Any]) -> None:
    made = served.make()
    room = served.hub.rooms[made["id"]]
    with served.enter(made["id"]) as member:
        member.hear("welcome")
        refused = member.ask(type, **fields)
        assert (refused["type"], refused["code"]) == ("refused", "not-driver")
        assert member.ask("fork")["type"] == "ok", "a branch of one's own is everybody's"
        assert member.ask("command", text="crash n1")["type"] == "ok"
    branch = room.tree.get("b1")
    assert branch is not None
    assert not branch.timeline.journal
    assert (branch.playing, branch.speed) == (True, 0.02)


def test_wrong_tokens_are_slowed_down_and_who_drives_already_is_not_locked_out() -> None:
    with serving() as served:
        mine, other = served.make(), served.make()
        theirs = served.inside(
            lambda: served.hub.add({"en": "x", "zh": "x"}, served.hub.timeline(ClusterConfig()))
        )

        def say(room: str, token: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"}
            return served.http.post(f"/api/rooms/{room}/commands", json={"text": "crash n1"}, headers=headers)

        codes = [say(other["id"], "wrong").json()["code"] for _ in range(64)]
        assert codes[:60] == ["bad-token"] * 60
        assert "too-many-tokens" in codes
        for _ in range(3):
            say(other["id"], "wrong")
        assert say(theirs.id, "wrong").status_code == 429
        assert say(mine["id"], mine["token"]).status_code == 200, "its maker is known here"
        with served.enter(mine["id"], token=mine["token"]) as member:
            assert member.hear("welcome")["you"]["role"] == "driver"
        with served.enter(mine["id"]) as member:
            assert member.hear("welcome")["you"]["role"] == "viewer", "and everybody may watch"
        with served.enter(theirs.id, token="wrong") as member:
            assert member.ended()[0]["code"] == "too-many-tokens"


def test_a_name_that_is_not_ours_is_not_answered() -> None:
    with serving(allowed_hosts="quorum.example") as served:

        def ask(host: str) -> int:
            return served.http.get("/live", headers={"Host": host}).status_code

        assert [ask(h) for h in ("quorum.example", "quorum.example:8443", "localhost:80")] == [200] * 3
        assert [ask(h) for h in ("evil.example", "quorum.example.evil", "")] == [421] * 3
        opening = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        opening |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Host": "evil.example"}
        assert served.http.get("/ws/rooms/live", headers=opening).status_code == 421


def test_cookies_are_secure_behind_tls_alone(served: Served) -> None:
    for scheme, secure in (("https", True), ("http", False)):
        made = served.make()
        headers = {"Authorization": f"Bearer {made['token']}", "X-Forwarded-Proto": scheme}
        cookie = served.http.post("/api/classes", json={"room": made["id"]}, headers=headers).headers[
            "set-cookie"
        ]
        assert ("Secure" in cookie) is secure
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie


@pytest.mark.parametrize("path", ["/api/scenarios", "/static/css/base.css", "/healthz", "/api/rooms/nowhere"])
def test_every_answer_has_the_headers(served: Served, path: str) -> None:
    headers = served.http.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_server_sent_events_are_no_way_around(served: Served) -> None:
    foreign = {"Origin": "http://evil.example"}
    assert served.http.get("/sse/rooms/live", headers=foreign).status_code == 403
    assert served.http.post("/sse/guessed", content="{}").status_code == 404
    assert served.http.post("/sse/guessed", content="{}", headers=foreign).status_code == 403

    def endless() -> Iterator[bytes]:
        for _ in range(3_000):
            yield b"x" * 1024

    with served.http.stream("GET", "/sse/rooms/live") as stream:
        lines = stream.iter_lines()
        name = (
            next(line for line in lines if line.startswith("data:") and len(line) > 10)
            .partition(":")[2]
            .strip()
        )
        assert served.http.post(f"/sse/{name}", content=endless()).status_code == 413
        hello = json.dumps({"type": "hello", "version": 1, "token": "wrong-token"})
        assert served.http.post(f"/sse/{name}", content=hello).status_code == 204
        assert any('"code":"bad-token"' in line for line in lines), "it is the same socket"


def test_what_people_write_is_text_in_pictures_too(served: Served) -> None:
    made = served.make()
    evil = "<script>alert(1)</script>"
    with served.enter(made["id"], token=made["token"]) as member:
        assert member.ask("command", text=f"request c1 put x '{evil}'")["type"] == "ok"
    for path in ("spacetime.svg", "journal", "trace.json"):
        answer = served.http.get(f"/api/rooms/{made['id']}/branches/b1/{path}")
        kind = answer.headers["content-type"]
        assert kind.startswith(("image/svg+xml", "application/json"))
        if kind.startswith("image"):
            assert "<script" not in answer.text
            assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", PROMISES))))
def test_every_promise_has_a_test(named: str) -> None:
    path, _, name = named.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_row_of_promises_names_its_test() -> None:
    rows = [
        line for line in PROMISES.splitlines() if line.startswith("| ") and not line.startswith("| promise")
    ]
    assert len(rows) > 20
    for row in rows:
        assert "`tests/" in row, row
