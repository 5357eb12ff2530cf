"""People in a room without a network: what each hears is kept, and a stalled one hears nothing."""

import asyncio
import json
from typing import Any

from app.rooms import wire
from app.rooms.room import Counts, Room
from app.rooms.viewer import Viewer
from app.settings import Settings
from app.sim.config import ClusterConfig
from app.sim.timeline import Timeline

TOKEN = "the-driver-token"


def make_room(**settings: Any) -> Room:
    config = ClusterConfig(seed=3)
    chosen = Settings(**settings)
    return Room(
        id="r",
        title={"en": "A room", "zh": "房间"},
        config=config,
        token=TOKEN,
        settings=chosen,
        counts=Counts(),
        first=Timeline(config, keep_events=chosen.max_events),
    )


class Person:
    """`stall()` is a full write buffer; `drain()` lets what waits go out."""

    viewer: Viewer

    def __init__(self, room: Room) -> None:
        self.room = room
        self.raw: list[str] = []
        self._open = asyncio.Event()
        self._open.set()

    async def send(self, text: str) -> None:
        await self._open.wait()
        self.raw.append(text)

    @property
    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.raw]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [message for message in self.heard if message["type"] == type]

    def ask(self, request: wire.Request) -> dict[str, Any]:
        return self.room.ask(self.viewer, request)

    def say(self, text: str, at: wire.At | None = None) -> dict[str, Any]:
        return self.ask(wire.Command(1, text, at))

    def stall(self) -> None:
        self._open.clear()

    async def drain(self) -> None:
        self._open.set()
        for _ in range(10):
            await asyncio.sleep(0)

    def leave(self) -> None:
        self.room.leave(self.viewer)


def join(room: Room, drives: bool = False, resume: wire.Resume | None = None) -> Person:
    person = Person(room)
    hello = wire.Hello(wire.VERSION, token=TOKEN if drives else None, resume=resume)
    person.viewer = room.join(hello, "en", person.send, trusted=False)
    return person


def seqs(messages: list[dict[str, Any]]) -> list[int]:
    return [event[0] for message in messages for event in message["events"]]
