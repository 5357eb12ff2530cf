"""The sockets over server-sent events and POST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.serving import Served

HELLO = {"type": "hello", "version": 1}


def events(response: httpx.Response) -> Iterator[tuple[str, str]]:
    """Each event's name and data."""
    name = ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, value
            name = ""


class Streamed:
    def __init__(self, served: Served, response: httpx.Response) -> None:
        self.served = served
        self.response = response
        self.events = events(response)
        name, self.stream = next(self.events)
        assert name == "open"

    def say(self, message: dict[str, Any]) -> int:
        return httpx.post(f"{self.served.address}/sse/{self.stream}", json=message).status_code

    def hear(self, type: str) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(next(self.events)[1])
            if message["type"] == type:
                return message


def test_a_room_over_plain_http(served: Served) -> None:
    made = served.make()
    with httpx.stream("GET", f"{served.address}/sse/rooms/{made['id']}", timeout=10) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-content-type-options"] == "nosniff"
        page = Streamed(served, response)
        assert page.say(HELLO | {"token": made["token"]}) == 204
        assert page.hear("welcome")["you"]["role"] == "driver"
        assert page.say({"type": "command", "id": 7, "text": "crash n1"}) == 204
        assert page.hear("ok")["id"] == 7
        assert page.hear("events")
        stream = page.stream
        assert len(served.hub.rooms[made["id"]].viewers) == 1
    for _ in range(50):
        if not served.inside(lambda: len(served.hub.rooms[made["id"]].viewers)):
            break
    assert httpx.post(f"{served.address}/sse/{stream}", json=HELLO).status_code == 404


def test_what_is_wrong_is_said_and_the_stream_ends(served: Served) -> None:
    with httpx.stream("GET", f"{served.address}/sse/rooms/nowhere", timeout=10) as response:
        page = Streamed(served, response)
        page.say(HELLO)
        assert page.hear("error")["code"] == "unknown-room"
        assert next(page.events) == ("close", "1008")
        assert list(page.events) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_others_may_not(served: Served, method: str) -> None:
    answer = httpx.request(
        method, f"{served.address}/sse/rooms/live", headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "bad-origin"


def test_a_message_that_is_too_large_is_refused(served: Served) -> None:
    with httpx.stream("GET", f"{served.address}/sse/rooms/live", timeout=10) as response:
        page = Streamed(served, response)
        assert page.say({"type": "x" * 20_000}) == 413
