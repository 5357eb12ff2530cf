"""Programs that use ZooKeeper: coroutines against the client API `Zk`, run by replay.

A program is an `async def` as somebody would write it with kazoo. Nothing of it is kept between two events
but what it was given so far: answers, events, wake-ups. To go on, it is run anew from its start and fed
those inputs, up to where it waits next. So a client in the middle of a program can be written down,
compared, rewound and branched off like any other state. A program must be deterministic: what it does may
depend on nothing but its arguments, who it is, and its inputs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import coroutine
from typing import Any, ParamSpec, TypeVar

import msgspec

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import (
    CONTAINER,
    EPHEMERAL,
    OPEN,
    PERSISTENT,
    SEQUENTIAL,
    TTL,
    TTL_SEQUENTIAL,
    Acl,
    AclOf,
    AddAuth,
    AddWatch,
    ChildrenOf,
    Create,
    Create2,
    CreateContainer,
    Created,
    CreateTtl,
    DataOf,
    Delete,
    Exists,
    Failed,
    GetAcl,
    GetAllChildrenNumber,
    GetChildren,
    GetChildren2,
    GetData,
    GetEphemerals,
    Identities,
    Multi,
    NumberOf,
    Operation,
    PathsOf,
    RemoveWatches,
    Result,
    Results,
    SetAcl,
    SetData,
    Stat,
    StatOf,
    Sync,
    WhoAmI,
)

# --- what a program waits for, and what it is given ---------------------------------------------------------


class Wait(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="waits"):
    """What a program needs before it can go on."""


class Ask(Wait, frozen=True, tag="ask"):
    """The answer to this request. The program goes on with `Answered`."""

    operation: Operation


class AwaitEvent(Wait, frozen=True, tag="event"):
    """An event about one of these paths; about any, where there are none. It goes on with `Happened`."""

    paths: tuple[str, ...]


class Sleep(Wait, frozen=True, tag="sleep"):
    """Virtual time. It goes on with `Woken`."""

    micros: int


class Input(msgspec.Struct, frozen=True, gc=False, rename="camel", tag_field="given"):
    """What a program is given. `Answered` and `Woken` come when they are waited for, the others any time."""


class Answered(Input, frozen=True, tag="answered"):
    """The request's answer; `error` is a `Code`, CONNECTION_LOSS when nobody will ever know."""

    error: int = 0
    result: Result | None = None


class Happened(Input, frozen=True, tag="happened"):
    """A watch fired; kept until the program takes it."""

    event: int
    path: str


class Woken(Input, frozen=True, tag="woken"):
    """The time it wanted to sleep is over."""


class Moved(Input, frozen=True, tag="moved"):
    """The client is connected to `server` now, with `session` (0: it has none)."""

    server: str
    session: int


class Expired(Input, frozen=True, tag="expired"):
    """The session is over. A request under way, or a wait for an event, fails, and is given nothing else;
    otherwise the next one does."""


class Identity(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Who runs a program: the client, the server and session it has at the start, and which of its runs this
    is, counted by the client."""

    client: str
    server: str
    session: int
    run: int = 0


R = TypeVar("R", bound=Result)
T = TypeVar("T")
P = ParamSpec("P")
Program = Callable[..., Coroutine[Any, Any, Any]]

PAUSE = 100_000
"""Virtual microseconds before a request is tried again."""


# --- the client API -----------------------------------------------------------------------------------------


class Zk:
    """A session with ZooKeeper, as programs see it."""

    def __init__(self, identity: Identity) -> None:
        self.client = identity.client
        self.server = identity.server
        self.session = identity.session
        self.run = identity.run
        self.said: list[str] = []
        self.events: list[Happened] = []
        self.expired = False
        self.closed = False

    @property
    def unique(self) -> str:
        """A name that no other run of a program has, at any client."""
        return f"{self.session:x}-{self.run}"

    def say(self, text: str) -> None:
        """A line of output."""
        self.said.append(text)

    async def create(
        self, path: str, data: bytes | None = b"", acl: tuple[Acl, ...] = OPEN, ephemeral: bool = False,
        sequence: bool = False, container: bool = False, ttl: int | None = None,
    ) -> str:  # fmt: skip
        """Gives the path that the znode really has. `ttl` in milliseconds."""
        operation = creation(Create, path, data, acl, ephemeral, sequence, container, ttl)
        return (await self._answer(operation, Created)).path

    async def create2(
        self, path: str, data: bytes | None = b"", acl: tuple[Acl, ...] = OPEN, ephemeral: bool = False,
        sequence: bool = False, container: bool = False, ttl: int | None = None,
    ) -> tuple[str, Stat]:  # fmt: skip
        operation = creation(Create2, path, data, acl, ephemeral, sequence, container, ttl)
        created = await self._answer(operation, Created)
        assert created.stat is not None
        return created.path, created.stat

    async def delete(self, path: str, version: int = -1) -> None:
        await self.call(Delete(path, version))

    async def exists(self, path: str, watch: bool = False) -> Stat | None:
        try:
            return (await self._answer(Exists(path, watch), StatOf)).stat
        except ZooKeeperError as e:
            if e.code != Code.NO_NODE:
                raise
            return None

    async def get(self, path: str, watch: bool = False) -> tuple[bytes | None, Stat]:
        answer = await self._answer(GetData(path, watch), DataOf)
        return answer.data, answer.stat

    async def set(self, path: str, data: bytes | None, version: int = -1) -> Stat:
        return (await self._answer(SetData(path, data, version), StatOf)).stat

    async def children(self, path: str, watch: bool = False) -> tuple[str, ...]:
        """Names, sorted."""
        return (await self._answer(GetChildren(path, watch), ChildrenOf)).names

    async def children2(self, path: str, watch: bool = False) -> tuple[tuple[str, ...], Stat]:
        answer = await self._answer(GetChildren2(path, watch), ChildrenOf)
        assert answer.stat is not None
        return answer.names, answer.stat

    async def get_acl(self, path: str) -> tuple[tuple[Acl, ...], Stat]:
        answer = await self._answer(GetAcl(path), AclOf)
        return answer.acl, answer.stat

    async def set_acl(self, path: str, acl: tuple[Acl, ...], version: int = -1) -> Stat:
        return (await self._answer(SetAcl(path, acl, version), StatOf)).stat

    async def sync(self, path: str) -> None:
        """From here on this server shows at least what the leader had committed when it was asked."""
        await self.call(Sync(path))

    async def multi(self, *operations: Operation) -> tuple[Result, ...]:
        """All or none; raises the error of the one that could not be done."""
        results = (await self._answer(Multi(operations), Results)).results
        for operation, result in zip(operations, results, strict=True):
            if isinstance(result, Failed) and result.error not in (Code.OK, Code.RUNTIME_INCONSISTENCY):
                raise ZooKeeperError(Code(result.error), path_of(operation))
        return results

    async def add_auth(self, scheme: str, auth: bytes) -> None:
        await self.call(AddAuth(scheme, auth))

    async def who_am_i(self) -> tuple[tuple[str, str], ...]:
        return (await self._answer(WhoAmI(), Identities)).identities

    async def add_watch(self, path: str, recursive: bool = True) -> None:
        await self.call(AddWatch(path, int(recursive)))

    async def remove_watches(self, path: str, kind: int = 3) -> None:
        """`kind` 1 children, 2 data, 3 any."""
        await self.call(RemoveWatches(path, kind))

    async def ephemerals(self, prefix: str = "/") -> tuple[str, ...]:
        return (await self._answer(GetEphemerals(prefix), PathsOf)).paths

    async def all_children_number(self, path: str) -> int:
        return (await self._answer(GetAllChildrenNumber(path), NumberOf)).number

    async def ensure(self, path: str) -> None:
        """Create `path`, and all above it, where they are missing (kazoo: ensure_path)."""
        if await self.exists(path) is not None:
            return
        parent = path.rpartition("/")[0]
        if parent:
            await self.ensure(parent)
        try:
            await self.create(path)
        except ZooKeeperError as e:
            if e.code != Code.NODE_EXISTS:
                raise

    async def changed(self, *paths: str) -> Happened:
        """The next event about one of these paths (any, if none is given) that was not taken yet."""
        while True:
            self._must_be_alive()
            for at, event in enumerate(self.events):
                if not paths or event.path in paths:
                    return self.events.pop(at)
            await self._wait(AwaitEvent(paths))

    async def sleep(self, micros: int) -> None:
        await self._wait(Sleep(micros))

    async def retry(self, attempt: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """`await zk.retry(zk.get, path)`: again and again while the connection is lost under way. For what
        may be executed twice: reads, and writes that change nothing the second time."""
        while True:
            try:
                return await attempt(*args, **kwargs)
            except ZooKeeperError as e:
                if e.code != Code.CONNECTION_LOSS:
                    raise
            await self.sleep(PAUSE)

    async def call(self, operation: Operation) -> Result:
        """What all of the above are made of."""
        self._must_be_alive()
        given = await self._wait(Ask(operation))
        self._must_be_alive()
        assert isinstance(given, Answered)
        if given.error:
            raise ZooKeeperError(Code(given.error), path_of(operation))
        assert given.result is not None
        return given.result

    # --- helpers ------------------------------------------------------------------------------------------

    async def _answer(self, operation: Operation, kind: type[R]) -> R:
        result = await self.call(operation)
        assert isinstance(result, kind), f"{operation} was answered {result}"
        return result

    def _must_be_alive(self) -> None:
        if self.expired:
            self.expired = False
            raise ZooKeeperError(Code.SESSION_EXPIRED)

    @coroutine
    def _wait(self, wait: Wait) -> Generator[Wait, Input | None, Input | None]:
        if self.closed:
            raise GeneratorExit  # given up: what a program still does in its `finally` reaches nobody
        return (yield wait)


def creation(
    kind: type[Create], path: str, data: bytes | None, acl: tuple[Acl, ...],
    ephemeral: bool, sequence: bool, container: bool, ttl: int | None,
) -> Create:  # fmt: skip
    """The request for such a znode. Containers and TTL nodes have requests of their own."""
    if container:
        return CreateContainer(path, data, acl, CONTAINER)
    if ttl is not None:
        return CreateTtl(path, data, acl, TTL_SEQUENTIAL if sequence else TTL, ttl)
    flags = PERSISTENT | (EPHEMERAL if ephemeral else 0) | (SEQUENTIAL if sequence else 0)
    return kind(path, data, acl, flags)


def path_of(operation: Operation) -> str:
    """The znode that a request is about, "" where there is none."""
    path: str = getattr(operation, "path", "")
    return path


# --- running a program --------------------------------------------------------------------------------------


class Progress(msgspec.Struct, frozen=True, rename="camel"):
    """How far a program has come. `waits_for` is None when it is over: then `result` is what it gave, or
    `error` says what ended it."""

    said: tuple[str, ...]
    waits_for: Wait | None
    result: Any = None
    error: ZooKeeperError | None = None

    @property
    def finished(self) -> bool:
        return self.waits_for is None


class Running:
    """A program in the middle of its run."""

    def __init__(self, program: Program, args: tuple[Any, ...], identity: Identity) -> None:
        self.zk = Zk(identity)
        self.coroutine = program(self.zk, *args)
        self.waits_for: Wait | None = None
        self.result: Any = None
        self.error: ZooKeeperError | None = None
        self.resume(None)

    def give(self, given: Input) -> None:
        """One input. It makes the program go on, or is kept until the program asks."""
        waits = self.waits_for
        if isinstance(given, Answered):
            assert isinstance(waits, Ask), f"nobody asked: {given}"
            self.resume(given)
        elif isinstance(given, Woken):
            assert isinstance(waits, Sleep), f"nobody sleeps: {given}"
            self.resume(given)
        elif isinstance(given, Happened):
            self.zk.events.append(given)
            if isinstance(waits, AwaitEvent):
                self.resume(given)
        elif isinstance(given, Moved):
            self.zk.server, self.zk.session = given.server, given.session
        elif isinstance(given, Expired):
            self.zk.expired = True
            if isinstance(waits, Ask | AwaitEvent):
                self.resume(given)

    def resume(self, given: Input | None) -> None:
        try:
            self.waits_for = self.coroutine.send(given)
        except StopIteration as over:
            self.waits_for, self.result = None, over.value
        except ZooKeeperError as e:
            self.waits_for, self.error = None, e.with_traceback(None)

    def progress(self) -> Progress:
        return Progress(tuple(self.zk.said), self.waits_for, self.result, self.error)

    def close(self) -> None:
        self.zk.closed = True
        self.coroutine.close()

    __del__ = close


def replay(program: Program, args: tuple[Any, ...], identity: Identity, inputs: tuple[Input, ...]) -> Running:
    """The program, run from its start."""
    running = Running(program, args, identity)
    for given in inputs:
        running.give(given)
    return running


def advance(
    program: Program, args: tuple[Any, ...], identity: Identity, inputs: tuple[Input, ...],
    at_hand: AtHand | None = None,
) -> Progress:  # fmt: skip
    """How far `program` has come with these inputs. `at_hand` saves time and changes nothing."""
    if at_hand is None:
        return replay(program, args, identity, inputs).progress()
    return at_hand.advance(program, args, identity, inputs)


class AtHand:
    """The latest programs in the middle of their runs: when one is given one input more, it goes on from
    there. One that is not here, or was given something else, is replayed."""

    def __init__(self, size: int = 256) -> None:
        self.size = size
        self.known: OrderedDict[Any, tuple[tuple[Input, ...], Running]] = OrderedDict()

    def __reduce__(self) -> tuple[type[AtHand], tuple[int]]:
        """Written down, the shelf is empty: what was on it is replayed."""
        return AtHand, (self.size,)

    def advance(
        self, program: Program, args: tuple[Any, ...], identity: Identity, inputs: tuple[Input, ...]
    ) -> Progress:
        run = (program, args, identity)
        running = self.take(run, inputs, len(inputs))
        if running is None and inputs:
            running = self.take(run, inputs, len(inputs) - 1)
            if running is not None:
                running.give(inputs[-1])
        if running is None:
            running = replay(program, args, identity, inputs)
        progress = running.progress()
        self.known[run, len(inputs)] = inputs, running
        while len(self.known) > self.size:
            self.known.popitem(last=False)
        return progress

    def take(self, run: Any, inputs: tuple[Input, ...], count: int) -> Running | None:
        """Out of the shelf while it is used: nobody else can move it on meanwhile."""
        given, running = self.known.pop((run, count), ((), None))
        return running if running is not None and given == inputs[:count] else None
