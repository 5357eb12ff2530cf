"""What holds for every HTTP request: who may ask, how much may be said, and which headers go back."""

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings import Settings
from app.sim.errors import Refused
from app.web.bridge import PREFIX, Bridge
from app.web.errors import response_of
from app.web.visitors import stranger

SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    # Everything comes from here; nothing is inline. A page of ours is never in somebody's frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class Guard:
    def __init__(self, app: ASGIApp, settings: Settings, sockets: ASGIApp) -> None:
        self._app = app
        self._sockets = sockets
        self._bridge = Bridge(sockets, settings.max_message_bytes)
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope["path"] = self._without_prefix(scope["path"])
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        refused = self._refusal(request)
        if refused is not None:
            await response_of(refused, request)(scope, receive, send_with_headers)
        elif scope["path"].startswith(PREFIX):
            await self._bridge(scope, self._counted(receive), send_with_headers)
        else:
            await self._app(scope, self._counted(receive), send_with_headers)

    def _without_prefix(self, path: str) -> str:
        """A proxy may pass it on or take it away: here nobody has to know."""
        prefix = self._settings.prefix
        if prefix and (path + "/").startswith(prefix + "/"):
            return path[len(prefix) :] or "/"
        return path

    def _refusal(self, request: Request) -> Refused | None:
        refused = stranger(request, self._settings)
        if request.method in SAFE:
            return refused if refused is not None and refused.code == "bad-host" else None
        if refused is not None:
            return refused
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._settings.max_body_bytes:
            return Refused("too-large", limit=self._settings.max_body_bytes)
        return None

    def _counted(self, receive: Receive) -> Receive:
        """A body of unannounced length is cut off where it becomes too large."""
        heard = 0

        async def counted() -> Message:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > self._settings.max_body_bytes:
                raise HTTPException(413)
            return message

        return counted
