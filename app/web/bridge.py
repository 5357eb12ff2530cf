"""The sockets over plain HTTP, for networks that let no WebSocket through.

`GET /sse/…` is what `/ws/…` says, as server-sent events; the first, `open`, names the address to which the
viewer's own messages are posted. Behind it is the same socket: it is given the scope, the messages and the
`send` that a WebSocket would have had.
"""

import asyncio
import contextlib
import secrets
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.sim.errors import Refused
from app.web.errors import response_of

PREFIX = "/sse/"
ALIVE = 15.0  # seconds after which a proxy is shown that somebody is still there
MOST_WAITING = 200  # messages that have come and are not answered yet


class Bridge:
    def __init__(self, sockets: ASGIApp, most_bytes: int) -> None:
        self._sockets = sockets
        self._most_bytes = most_bytes
        self._inboxes: dict[str, asyncio.Queue[Message]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await (await self._take(Request(scope, receive)))(scope, receive, send)
        else:
            await self._stream(scope, receive, send)

    async def _take(self, request: Request) -> Response:
        """What the viewer says. Whoever knows the stream's name is the viewer."""
        inbox = self._inboxes.get(request.url.path.removeprefix(PREFIX))
        if inbox is None:
            return response_of(Refused("unknown-page", path=PREFIX), request)
        if inbox.qsize() >= MOST_WAITING:
            return response_of(Refused("too-fast", rate=str(MOST_WAITING)), request)
        try:
            body = await request.body()
        except ClientDisconnect:
            return Response(status_code=400)
        except HTTPException:  # more than any request may hold
            return response_of(Refused("too-large", limit=self._most_bytes), request)
        if len(body) > self._most_bytes:
            return response_of(Refused("too-large", limit=self._most_bytes), request)
        inbox.put_nowait({"type": "websocket.receive", "text": body.decode(errors="replace")})
        return Response(status_code=204)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, inbox = secrets.token_urlsafe(18), asyncio.Queue[Message]()
        inbox.put_nowait({"type": "websocket.connect"})
        pretended = dict(scope) | {
            "type": "websocket",
            "scheme": "wss" if scope["scheme"] == "https" else "ws",
            "path": scope["path"].replace(PREFIX, "/ws/", 1),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }
        self._inboxes[name] = inbox
        beside = [
            asyncio.create_task(_leaves(receive, inbox)),
            asyncio.create_task(_stays_alive(send, inbox)),
        ]
        try:
            await self._sockets(pretended, inbox.get, _Speaker(send, name))
        finally:
            del self._inboxes[name]
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


class _Speaker:
    """What a socket sends, as events. It never waits but where the connection does (app/rooms/viewer.py)."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name

    async def __call__(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            await self._send(_event(message["text"]))
        elif message["type"] == "websocket.accept":
            await self._send({"type": "http.response.start", "status": 200, "headers": _headers()})
            await self._send(_event(self._name, "open"))
        elif message["type"] == "websocket.close":
            with contextlib.suppress(Exception):
                await self._send(_event(str(message.get("code", 1000)), "close", last=True))
        else:  # it was refused before it was accepted
            await self._send({**message, "type": message["type"].removeprefix("websocket.")})


def _headers() -> list[tuple[bytes, bytes]]:
    headers = MutableHeaders()
    headers["Content-Type"] = "text/event-stream"
    headers["Cache-Control"] = "no-store"
    headers["X-Accel-Buffering"] = "no"
    return headers.raw


def _event(data: str, name: str = "", last: bool = False) -> dict[str, Any]:
    named = f"event: {name}\n" if name else ""
    return {"type": "http.response.body", "body": f"{named}data: {data}\n\n".encode(), "more_body": not last}


async def _leaves(receive: Receive, inbox: asyncio.Queue[Message]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})


async def _stays_alive(send: Send, inbox: asyncio.Queue[Message]) -> None:
    while True:
        await asyncio.sleep(ALIVE)
        try:
            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        except Exception:
            inbox.put_nowait({"type": "websocket.disconnect", "code": 1001})
            return
