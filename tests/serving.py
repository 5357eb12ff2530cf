"""A real server on a port of its own, and a plain client that speaks docs/protocol.md to it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.classes.registry import Classes
from app.rooms.hub import Hub
from app.settings import Settings
from app.storage.sqlite import Sqlite
from app.web.server import address_of, build, listen

LIVE_TOKEN = "the-live-token"


class Served:
    """What a test may look at: the address, and the hub behind it."""

    def __init__(self, server: uvicorn.Server, address: str, hub: Hub) -> None:
        self.address = address
        self.hub = hub
        self.classes: Classes
        self.database: Sqlite
        self.zookeeper: dict[str, tuple[str, int]] = {}
        """Where each server of the live room's ensemble is, if it is to be had."""
        self.http = httpx.Client(base_url=address, timeout=10)
        self._server = server
        self._loop: asyncio.AbstractEventLoop | None = None

    def inside(self, work: Callable[[], Any]) -> Any:
        """Runs `work` on the server's own event loop."""

        async def run() -> Any:
            return work()

        return self.work(run())

    def work(self, doing: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(10)

    def run(self, sock: Any) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[sock])

        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            runner.run(main())

    def enter(self, room: str = "live", **options: Any) -> "Member":
        return Member(self.address, room, **options)

    def make(self, **body: Any) -> dict[str, str]:
        answer = self.http.post("/api/rooms", json=body or {"config": {"seed": 3}})
        assert answer.status_code == 201, answer.text
        made: dict[str, str] = answer.json()
        return made


@contextmanager
def serving(**settings: Any) -> Iterator[Served]:
    usual = {"port": 0, "live_token": LIVE_TOKEN, "zookeeper": False, "database": ":memory:"}
    chosen = Settings.model_validate(usual | settings)
    server = build(chosen)
    sock = listen(chosen)
    served = Served(server, address_of(sock), server.config.app.state.hub)  # type: ignore[union-attr]
    served.classes = server.config.app.state.classes  # type: ignore[union-attr]
    served.database = server.config.app.state.database  # type: ignore[union-attr]
    thread = threading.Thread(target=served.run, args=(sock,), daemon=True)
    thread.start()
    try:
        _wait_until(lambda: server.started)
        front = server.config.app.state.zookeeper  # type: ignore[union-attr]
        served.zookeeper = front.addresses if front else {}
        yield served
    finally:
        served.http.close()
        server.should_exit = True
        thread.join(10)
        sock.close()
        assert not thread.is_alive(), "the server did not stop"


def _wait_until(ready: Callable[[], bool]) -> None:
    for _ in range(1000):
        if ready():
            return
        time.sleep(0.01)
    raise TimeoutError("the server did not start")


class Member:
    """One connection. `hello=None` connects and says nothing."""

    def __init__(
        self,
        address: str,
        room: str,
        *,
        hello: bool = True,
        headers: Any = None,
        at: str = "rooms",
        **fields: Any,
    ) -> None:
        url = f"ws{address.removeprefix('http')}/ws/{at}/{room}"
        self._closing = ExitStack()
        self.socket: ClientConnection = self._closing.enter_context(
            connect(url, compression=None, additional_headers=headers, max_size=None, open_timeout=10)
        )
        self.seen: list[dict[str, Any]] = []
        self._ids = 0
        if hello:
            self.say({"type": "hello", "version": 1} | fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def say(self, message: dict[str, Any] | str | bytes) -> None:
        self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    def hear(self, type: str, timeout: float = 5.0) -> dict[str, Any]:
        """The next message of that type; those before it are kept in `seen`."""
        end = time.monotonic() + timeout
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(max(0.01, end - time.monotonic())))
            self.seen.append(message)
            if message["type"] == type:
                return message

    def ask(self, type: str, **fields: Any) -> dict[str, Any]:
        """What the server answers to this request: `ok` or `refused`."""
        self._ids += 1
        self.say({"type": type, "id": self._ids} | fields)
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(5))
            self.seen.append(message)
            if message["type"] in ("ok", "refused") and message["id"] == self._ids:
                return message

    def ended(self) -> tuple[dict[str, Any], int]:
        """The `error` that was said, and the code with which the connection was closed."""
        error = self.hear("error")
        try:
            while True:
                self.socket.recv(5)
        except ConnectionClosed as closed:
            return error, closed.rcvd.code if closed.rcvd else 0
