"""uvicorn, set up for many viewers who get the same small messages."""

import asyncio
import logging
import socket
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from app.main import create_app
from app.settings import Settings

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

HIGH_WATER = 256 * 1024  # bytes that a connection may owe before its viewer counts as behind
LARGEST_FRAME = 1024 * 1024  # a longer message ends the connection before it is read


class ViewerProtocol(WebSocketsSansIOProtocol):
    """Half a second of a busy cluster, or one snapshot, may wait for a slow network without harm."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        cast(asyncio.Transport, transport).set_write_buffer_limits(HIGH_WATER, HIGH_WATER // 4)

    async def send(self, message: "ASGISendEvent") -> None:
        """Everybody gets the same bytes, made once for all; whatever is not as usual, uvicorn sees to."""
        text = cast(str | None, message.get("text"))
        ready = self.writable.is_set() and not (self.close_sent or self.disconnected)
        if text is not None and ready and self.conn.state is State.OPEN:
            self.transport.write(framed(text))
        else:
            await super().send(message)


@lru_cache(maxsize=4)
def framed(text: str) -> bytes:
    """A text as one WebSocket frame from a server, without extensions."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class CannotListen(Exception):
    """One sentence that says where, and why not."""


def listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((settings.host, settings.port))
        sock.listen(2048)  # from here on a visitor waits instead of being turned away
    except OSError as error:
        sock.close()
        why = (error.strerror or str(error)).lower()
        raise CannotListen(
            f"Quorumscope cannot serve on {settings.host}:{settings.port}: {why}. "
            "Set QUORUMSCOPE_PORT to a free port, or QUORUMSCOPE_HOST to an address of this machine."
        ) from None
    return sock


def address_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def build(settings: Settings) -> uvicorn.Server:
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    config = uvicorn.Config(
        create_app(settings),
        ws=ViewerProtocol,
        ws_per_message_deflate=False,
        ws_max_size=max(LARGEST_FRAME, settings.max_message_bytes),
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=3,
    )
    return uvicorn.Server(config)
