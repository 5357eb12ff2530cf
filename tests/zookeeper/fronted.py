"""An ensemble that is no more than a dictionary, behind a front; and bare connections to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.settings import Settings
from app.zookeeper.front import Front
from app.zookeeper.gateway import Caller, Facts, State, TurnedAway
from protocols.zookeeper import jute
from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.jute import ConnectRequest, ConnectResponse
from protocols.zookeeper.messages import Connected, Disconnect, Reply, WatchedEvent

PASSWORD = b"0123456789abcdef"


def stat_of(version: int, data: bytes | None) -> ops.Stat:
    return ops.Stat(1, 1, 0, 0, version, 0, 0, 0, len(data or b""), 0, 1)


@dataclass
class Ensemble:
    """A `Gateway`. With `holds`, answers wait until `release`."""

    servers: tuple[str, ...] = ("n1", "n2", "n3")
    states: dict[str, State] = field(default_factory=dict)
    znodes: dict[str, tuple[bytes | None, int]] = field(default_factory=lambda: {"/": (b"", 0)})
    watches: dict[str, list["Line"]] = field(default_factory=dict)
    lines: list["Line"] = field(default_factory=list)
    holds: bool = False
    limit: int = 10_000
    zxid: int = 0
    _held: list[Callable[[], None]] = field(default_factory=list)
    _tell_down: Callable[[str], None] = lambda server: None

    def state(self, server: str) -> State:
        return self.states.get(server, State.SERVING)

    def facts(self, server: str) -> Facts:
        mode = "leader" if server == "n3" else "follower"
        return Facts(mode, self.zxid, len(self.znodes), watching=1, watched=2, watches=3, members=3)

    def knocked(self, server: str) -> bool:
        return self.state(server) is not State.LOOKING

    def connect(self, server: str, request: ConnectRequest, address: str, caller: Caller) -> "Line":
        if len(self.lines) >= self.limit:
            raise TurnedAway(f"The room has {self.limit} clients, and takes no more.")
        assert address == "127.0.0.1"
        line = Line(self, caller, f"k{len(self.lines) + 1}", server)
        self.lines.append(line)
        known = request.session in (0, *range(1, len(self.lines)))
        session = (request.session or len(self.lines)) if known else 0
        timeout = min(max(request.timeout, 100), 20_000) * 1000 if known else 0
        self.later(lambda: line.say(Connected(1, 1, session, PASSWORD if known else bytes(16), timeout)))
        return line

    def when_down(self, tell: Callable[[str], None]) -> None:
        self._tell_down = tell

    def crash(self, server: str) -> None:
        self.states[server] = State.DOWN
        self._tell_down(server)

    def later(self, do: Callable[[], None]) -> None:
        if self.holds:
            self._held.append(do)
        else:
            asyncio.get_running_loop().call_soon(do)

    def release(self) -> None:
        self.holds = False
        held, self._held = self._held, []
        for do in held:
            do()

    def perform(self, line: "Line", operation: ops.Operation) -> ops.Result:
        match operation:
            case ops.Unknown(error=error):
                raise ZooKeeperError(Code(error))
            case ops.Create(path=path, data=data):
                if path in self.znodes:
                    raise ZooKeeperError(Code.NODE_EXISTS)
                self.znodes[path] = (data, 0)
                self.fire(path, 1)
                return ops.Created(path)
            case ops.Exists(path=path, watch=watch) | ops.GetData(path=path, watch=watch):
                if watch:
                    self.watches.setdefault(path, []).append(line)
                data, version = self.at(path)
                stat = stat_of(version, data)
                return ops.StatOf(stat) if isinstance(operation, ops.Exists) else ops.DataOf(data, stat)
            case ops.SetData(path=path, data=data):
                self.znodes[path] = (data, self.at(path)[1] + 1)
                self.fire(path, 3)
                return ops.StatOf(stat_of(self.znodes[path][1], data))
            case ops.GetChildren2():
                return ops.ChildrenOf(tuple(sorted(p[1:] for p in self.znodes if p > "/")), stat_of(0, b""))
            case _:
                return ops.Done()

    def at(self, path: str) -> tuple[bytes | None, int]:
        if path not in self.znodes:
            raise ZooKeeperError(Code.NO_NODE)
        return self.znodes[path]

    def fire(self, path: str, event: int) -> None:
        for line in self.watches.pop(path, []):
            line.say(WatchedEvent(1, 1, event, path))


@dataclass
class Line:
    ensemble: Ensemble
    caller: Caller
    client: str
    server: str
    over: bool = False
    frames: list[bytes] = field(default_factory=list)

    def send(self, frame: bytes) -> None:
        assert not self.over
        self.frames.append(frame)
        self.ensemble.later(lambda: self.answer(frame))

    def answer(self, frame: bytes) -> None:
        xid, operation = jute.read_request(frame)
        self.ensemble.zxid += operation.is_write
        try:
            result: ops.Result | None = self.ensemble.perform(self, operation)
            error = 0
        except ZooKeeperError as failure:
            result, error = None, failure.code
        self.say(Reply(1, 1, xid, self.ensemble.zxid, error, result))
        if isinstance(operation, ops.CloseSession):
            self.say(Disconnect(1, 1))

    def say(self, said: Any) -> None:
        if not self.over:
            self.caller.hear(said)

    def hang_up(self) -> None:
        self.over = True


@asynccontextmanager
async def fronted(**settings: Any) -> AsyncIterator[tuple[Front, Ensemble]]:
    chosen = {f"zookeeper_{name}": value for name, value in {"port": 0, **settings}.items()}
    ensemble = Ensemble()
    front = Front(ensemble, Settings.model_validate(chosen))
    await front.start()
    try:
        yield front, ensemble
    finally:
        await front.stop()
        await Bare.close_all()


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not come to be.")


class Bare:
    """A bare connection."""

    made: ClassVar[list["Bare"]] = []

    @classmethod
    async def close_all(cls) -> None:
        made, cls.made = cls.made, []
        for bare in made:
            bare.writer.transport.abort()
        await asyncio.gather(*(bare.writer.wait_closed() for bare in made), return_exceptions=True)

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made.append(self)
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, front: Front, server: str = "n1") -> "Bare":
        return cls(*await asyncio.open_connection(*front.addresses[server]))

    @classmethod
    async def client(cls, front: Front, server: str = "n1", lease: int = 10_000) -> "Bare":
        """One that has a session."""
        bare = await cls.to(front, server)
        bare.frame(jute.write_connect(ConnectRequest(0, lease)))
        assert (await bare.connected()).session > 0
        return bare

    def frame(self, body: bytes) -> None:
        self.writer.write(jute.framed(body))

    def ask(self, xid: int, operation: ops.Operation) -> None:
        self.frame(jute.write_request(xid, operation))

    def ping(self) -> None:
        self.frame(bytes.fromhex("fffffffe0000000b"))

    async def heard(self) -> bytes:
        async with asyncio.timeout(5):
            length = int.from_bytes(await self.reader.readexactly(4), "big")
            return await self.reader.readexactly(length)

    async def connected(self) -> ConnectResponse:
        return jute.read_connected(await self.heard())

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        async with asyncio.timeout(5):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def lives(self) -> None:
        self.ask(77, ops.Exists("/"))
        header, _ = jute.read_reply(ops.Exists("/"), await self.heard())
        assert (header.xid, header.error) == (77, 0)

    def close(self) -> None:
        self.writer.close()
