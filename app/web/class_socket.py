"""`/ws/classes/{id}`: what a class says and is told, beside the room's own socket. See docs/classes.md."""

import asyncio
import logging
from typing import Annotated, Any, Literal

import msgspec
from starlette.websockets import WebSocket

from app.classes.events import LEAD, PROJECTOR, Said
from app.classes.registry import Classes
from app.classes.session import Session
from app.rooms import wire
from app.rooms.bucket import Bucket
from app.rooms.viewer import Send as SendText
from app.rooms.viewer import Viewer
from app.settings import Settings
from app.sim.errors import Refused
from app.texts import Lang, pick
from app.web.errors import body_of
from app.web.socket import Fatal, Socket

log = logging.getLogger("quorumscope.socket")


class Hello(msgspec.Struct, tag="hello", forbid_unknown_fields=True):
    version: int
    role: Literal["lead", "student", "projector"]
    lang: wire.Name | None = None


class Say(msgspec.Struct, tag="say", forbid_unknown_fields=True):
    id: wire.Id
    event: Said


class Act(msgspec.Struct, tag="act", forbid_unknown_fields=True):
    """What the player of a node does with a message, or `crash` or `restart` with none."""

    id: wire.Id
    way: wire.Name
    message: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


_hello = msgspec.json.Decoder(Hello)
_decoder: msgspec.json.Decoder[Say | Act] = msgspec.json.Decoder(Say | Act)


def decode(text: str) -> Say | Act:
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise Refused("bad-message", detail=str(error)) from None


class ClassSocket(Socket):
    def __init__(self, settings: Settings, classes: Classes) -> None:
        super().__init__(settings)
        self._classes = classes

    async def _serve(self, socket: WebSocket, lang: Lang, say: SendText) -> None:
        hello = await self._hello(socket)
        try:
            session = self._classes.get(socket.path_params["id"])
            self._classes.check_connections()
            seat = self._seat(session, hello.role, socket)
            link = session.enter(seat, pick(hello.lang) if hello.lang else lang, say)
        except Refused as refused:
            raise Fatal(refused) from None
        if socket.client is not None and seat != PROJECTOR:
            session.addresses.add(socket.client.host)
        try:
            await self._listen(socket, session, link)
        finally:
            session.leave(link)

    async def _hello(self, socket: WebSocket) -> Hello:
        seconds = self._settings.hello_seconds
        try:
            return _hello.decode(await asyncio.wait_for(self._hear(socket), seconds))
        except TimeoutError:
            raise Fatal(Refused("no-hello", seconds=f"{seconds:g}")) from None
        except msgspec.DecodeError as error:
            raise Fatal(Refused("bad-message", detail=str(error))) from None

    def _seat(self, session: Session, role: str, socket: WebSocket) -> str:
        """Whoever knows a class's name may put it on a wall; to lead takes the link, to take part a seat."""
        if role == PROJECTOR:
            return PROJECTOR
        if role == LEAD:
            if self._classes.seat_of(session, socket.cookies) != LEAD:
                raise Refused("class-lead")
            return LEAD
        seat = self._classes.student_of(session, socket.cookies)
        if not seat:
            raise Refused("class-seat")
        return seat

    async def _listen(self, socket: WebSocket, session: Session, link: Viewer) -> None:
        bucket = Bucket(self._settings.message_rate, self._settings.message_burst)
        while True:
            text = await self._hear(socket)
            try:
                if not bucket.take():
                    raise Refused("too-fast", rate=f"{self._settings.message_rate:g}")
                answer = await self._answer(session, link, decode(text))
            except Refused as refused:
                id = wire.id_of(text)
                if id is None or bucket.exhausted:
                    raise Fatal(refused) from None
                answer = wire.message("refused", id=id, **body_of(refused, link.lang))
            await link.reply(answer)

    async def _answer(self, session: Session, link: Viewer, request: Say | Act) -> str:
        """What is acknowledged survives the server."""
        try:
            if isinstance(request, Act):
                session.act(link.seat, request.message, request.way)
                return wire.message("ok", id=request.id)
            number = session.say(link.seat, request.event)
            kept = await session.safe(number) if number else True
            return wire.message("ok", id=request.id, **({} if kept else {"kept": False}))
        except Refused:
            raise
        except Exception:  # a bug of ours is one refused request, not a lost connection
            log.exception("class %s: %r", session.id, request)
            raise Refused("failed") from None


def summary(session: Session) -> dict[str, Any]:
    return {"id": session.id, "code": session.opened.code, "url": f"/class/{session.id}"}
