"""`/ws/rooms/{room}`: one WebSocket a viewer."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, cast

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app.classes.registry import Classes
from app.rooms import wire
from app.rooms.bucket import Bucket
from app.rooms.hub import LIVE, Hub
from app.rooms.room import Room
from app.rooms.viewer import Send as SendText
from app.rooms.viewer import Viewer
from app.settings import Settings
from app.sim.errors import Refused
from app.texts import Lang, pick
from app.web.errors import STATUS, body_of
from app.web.languages import language
from app.web.visitors import address, from_this_machine, stranger

log = logging.getLogger("quorumscope.socket")

POLICY, TOO_BIG = 1008, 1009


class Closed(Exception):
    """The viewer has gone."""


class Fatal(Exception):
    """Said once, as `error`; then the connection closes."""

    def __init__(self, refused: Refused, close: int = POLICY) -> None:
        self.refused = refused
        self.close = close


class Socket(ABC):
    """A plain ASGI application, because a room steps `send` by hand: see app/rooms/viewer.py."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        lang = language(socket)
        refused = stranger(socket, self._settings)
        if refused is not None:
            await socket.send_denial_response(JSONResponse(body_of(refused, lang), STATUS[refused.code]))
            return
        await socket.accept()

        def say(text: str) -> Coroutine[Any, Any, None]:
            return cast(Coroutine[Any, Any, None], send({"type": "websocket.send", "text": text}))

        try:
            await self._serve(socket, lang, say)
        except Closed:
            pass
        except Fatal as fatal:
            await self._give_up(socket, fatal, lang)

    async def _give_up(self, socket: WebSocket, fatal: Fatal, lang: Lang) -> None:
        try:
            await socket.send_text(wire.message("error", **body_of(fatal.refused, lang)))
            await socket.close(fatal.close, fatal.refused.code)
        except Exception:
            log.debug("closed before the error was sent")

    @abstractmethod
    async def _serve(self, socket: WebSocket, lang: Lang, say: SendText) -> None: ...

    async def _hear(self, socket: WebSocket) -> str:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Closed
        text: str | None = message.get("text")
        if text is None:
            raise Fatal(Refused("bad-message", detail="a binary message"))
        limit = self._settings.max_message_bytes
        if len(text.encode()) > limit:
            raise Fatal(Refused("too-large", limit=limit), TOO_BIG)
        return text


class RoomSocket(Socket):
    def __init__(self, hub: Hub, classes: Classes) -> None:
        super().__init__(hub.settings)
        self._hub = hub
        self._classes = classes

    async def _serve(self, socket: WebSocket, lang: Lang, say: SendText) -> None:
        hello = await self._hello(socket)
        lang = pick(hello.lang) if hello.lang else lang
        try:
            room = await self._hub.find(socket.path_params["room"])
            self._hub.check_connections()
            trusted = room.id == LIVE and self._settings.live_loopback_drives and from_this_machine(socket)
            self._hub.drives(room, hello.token, address(socket))
            seat = self._classes.seat_in(room.id, socket.cookies, socket.query_params.get("as", ""))
            viewer = room.join(hello, lang, say, trusted, seat)
        except Refused as refused:
            raise Fatal(refused) from None
        try:
            await self._listen(socket, room, viewer)
        finally:
            room.leave(viewer)

    async def _hello(self, socket: WebSocket) -> wire.Hello:
        seconds = self._settings.hello_seconds
        try:
            message = wire.decode(await asyncio.wait_for(self._hear(socket), seconds))
        except TimeoutError:
            raise Fatal(Refused("no-hello", seconds=f"{seconds:g}")) from None
        except Refused as refused:
            raise Fatal(refused) from None
        if not isinstance(message, wire.Hello):
            raise Fatal(Refused("hello-first"))
        return message

    async def _listen(self, socket: WebSocket, room: Room, viewer: Viewer) -> None:
        bucket = Bucket(self._settings.message_rate, self._settings.message_burst)
        while True:
            text = await self._hear(socket)
            try:
                if not bucket.take():
                    raise Refused("too-fast", rate=f"{self._settings.message_rate:g}")
                answer = await self._answer(room, viewer, wire.decode(text))
            except Refused as refused:
                room.counts.refusals += 1
                id = wire.id_of(text)
                if id is None or bucket.exhausted:
                    raise Fatal(refused) from None
                answer = wire.message("refused", id=id, **body_of(refused, viewer.lang))
            await viewer.reply(answer)

    async def _answer(self, room: Room, viewer: Viewer, request: wire.Hello | wire.Request) -> str:
        if isinstance(request, wire.Hello):
            raise Refused("hello-again")
        try:
            done = room.ask(viewer, request)
        except Refused:
            raise
        except Exception:  # a bug of ours is one refused request, not a lost connection
            log.exception("room %s: %r", room.id, request)
            raise Refused("failed") from None
        return wire.message(
            "ok", id=request.id, **done, **({} if await room.valve.open() else {"kept": False})
        )
