"""One real client's connection: frames, the handshake, keep-alives in wall time; all else is handed on.

A connection reads no further while its client has too many requests under way, or does not read its answers.
Whoever sends what cannot be read, or nothing at all, is closed, with one line in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, cast

from app.zookeeper import words
from app.zookeeper.gateway import Line, Said, State, TurnedAway
from protocols.zookeeper import jute
from protocols.zookeeper.jute import ConnectRequest, ConnectResponse, Malformed
from protocols.zookeeper.messages import Connected, Disconnect, Reply, WatchedEvent
from protocols.zookeeper.operations import Operation, Unknown

if TYPE_CHECKING:
    from app.zookeeper.front import Front

log = logging.getLogger("quorumscope.zookeeper")

A_MOMENT = 0.02  # seconds
HIGH_WATER = 64 * 1024  # bytes that wait to be read, or to be sent, before the other side is made to wait


class Asked(NamedTuple):
    """A request under way."""

    xid: int
    operation: Operation
    size: int
    at: float


class Connection(asyncio.Protocol):
    def __init__(self, front: Front, server: str) -> None:
        self.front = front
        self.server = server
        self.address = "?"
        self.session = 0
        self.timeout = 0.0  # in seconds
        self.tally = words.Tally()
        self.tallies = (self.tally, front.tallies[server])
        self.asked: deque[Asked] = deque()
        self._bytes_asked = 0
        self._buffer = bytearray()
        self._request: ConnectRequest | None = None
        self._line: Line | None = None
        self._heard = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._slow_reader = False
        self._over = False

    # -- the socket --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.loop = asyncio.get_running_loop()
        peer = transport.get_extra_info("peername")
        if peer is not None:
            self.address = f"{peer[0]}:{peer[1]}"
        if not self.front.admits(self):
            self._end()
            return
        self.transport.set_write_buffer_limits(HIGH_WATER)
        self._heard = self.loop.time()
        self._timer = self.loop.call_later(self.front.settings.zookeeper_hello_seconds, self._no_hello)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(abort=True)

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        self._buffer += data
        self._read()

    def pause_writing(self) -> None:
        self._slow_reader = True

    def resume_writing(self) -> None:
        self._slow_reader = False
        self._read()

    # -- what the client says ----------------------------------------------------------------------------

    def _read(self) -> None:
        """As many frames as there are, and as the client may have under way."""
        try:
            while not self._over and not self._full and (frame := self._frame()) is not None:
                self._take(frame)
        except Malformed as error:
            self._drop(str(error))
        except TurnedAway as error:
            self._drop(str(error))
        if not self._over:
            self._wait_or_go_on()

    @property
    def _full(self) -> bool:
        if self._request is None:
            return False
        settings = self.front.settings
        return (
            self.session == 0
            or self._slow_reader
            or len(self.asked) >= settings.zookeeper_max_outstanding
            or self._bytes_asked >= settings.zookeeper_max_unsent_bytes
            or (bool(self.asked) and isinstance(self.asked[-1].operation, Unknown))  # its answer is the last
        )

    def _wait_or_go_on(self) -> None:
        if self._full and len(self._buffer) > HIGH_WATER:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _frame(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        start = bytes(self._buffer[:4])
        if self._request is None and start in words.KNOWN:
            self._answer_word(start.decode())
            return None
        length, limit = (
            int.from_bytes(start, "big", signed=True),
            self.front.settings.zookeeper_max_frame_bytes,
        )
        if not 0 <= length <= limit:
            raise Malformed(f"A frame has the length {length}, and may have 0 to {limit} bytes.")
        if len(self._buffer) < 4 + length:
            return None
        frame = bytes(self._buffer[4 : 4 + length])
        del self._buffer[: 4 + length]
        return frame

    def _take(self, frame: bytes) -> None:
        self._count_received()
        if self._request is None:
            self._connect(jute.read_connect(frame))
            return
        _, opcode = jute.read_header(frame)
        if opcode == jute.PING_OPCODE:
            self._pong()
            return
        xid, operation = jute.read_request(frame)
        if isinstance(operation, Unknown):
            log.warning("%s sent operation %d, which is unknown or cannot be read.", self, operation.number)
        self.asked.append(Asked(xid, operation, len(frame), self.loop.time()))
        self._bytes_asked += len(frame)
        if self._line is not None:
            self._line.send(frame)

    def _connect(self, request: ConnectRequest) -> None:
        if self._over:
            return
        self._request = request
        if self.front.gateway.state(self.server) is State.LOOKING:
            if self.front.gateway.knocked(self.server):
                self.loop.call_later(A_MOMENT, self._connect, request)
            else:
                self._end()  # as a server without a leader does
            return
        host = self.address.rpartition(":")[0]
        self._line = self.front.gateway.connect(self.server, request, host, self)

    def _count_received(self) -> None:
        for tally in self.tallies:
            tally.received += 1

    def _answer_word(self, word: str) -> None:
        self._count_received()
        state = self.front.gateway.state(self.server)
        if state is State.PAUSED:
            return
        answer = words.answer(word, self.front.describe(self.server), self.front.settings.zookeeper_words)
        self.transport.write(answer.encode())
        self._end()

    # -- what the server says ----------------------------------------------------------------------------

    def hear(self, said: Said) -> None:
        if self._over:
            return
        match said:
            case Connected():
                self._connected(said)
            case Reply():
                self._reply(said)
            case WatchedEvent(event=event, path=path):
                self._write(jute.write_event(event, path))
            case Disconnect():
                self._end()

    def _connected(self, said: Connected) -> None:
        assert self._request is not None
        read_only = None if self._request.read_only is None else False
        self._write(
            jute.write_connected(
                ConnectResponse(said.timeout // 1000, said.session, said.password, read_only)
            )
        )
        if said.session == 0:  # there is none such, or it is over
            self._end()
            return
        self.session, self.timeout = said.session, said.timeout / 1_000_000
        self._look_after()
        self._read()

    def _reply(self, said: Reply) -> None:
        if not self.asked or self.asked[0].xid != said.xid:
            self._drop(f"The room answered {said.xid}, and that was not the next to be answered.")
            return
        asked = self.asked.popleft()
        self._bytes_asked -= asked.size
        for tally in self.tallies:
            tally.answered(asked.operation, said, self.loop.time() - asked.at)
        self._write(jute.write_reply(asked.operation, said.xid, said.zxid, said.error, said.result))
        if isinstance(asked.operation, Unknown):
            self._end()
        else:
            self._read()

    def _pong(self) -> None:
        """In wall time, whatever virtual time does: a client in slow motion must not give up."""
        if self.front.gateway.state(self.server) not in (State.DOWN, State.PAUSED):
            self._write(jute.write_pong(self.tally.last_zxid))

    def _write(self, body: bytes) -> None:
        if self._over:
            return
        for tally in self.tallies:
            tally.sent += 1
        self.transport.write(jute.framed(body))
        waiting = self.transport.get_write_buffer_size()
        if waiting > self.front.settings.zookeeper_max_unsent_bytes:
            self._drop(f"It does not read what it asked for: {waiting} bytes wait.", abort=True)

    # -- the end -----------------------------------------------------------------------------------------

    def _no_hello(self) -> None:
        if self._request is None:
            self._drop(
                f"It has said nothing for {self.front.settings.zookeeper_hello_seconds:g} s.", abort=True
            )

    def _look_after(self) -> None:
        """A client that is alive pings three times in its time-out. While it waits for too many answers,
        and we do not read, it is told that we live; one that does not read, either, is not waited for.
        """
        if self._over:
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._full and not self._slow_reader:
            self._heard = self.loop.time()
            self._pong()
        silence = self.loop.time() - self._heard
        if silence > self.timeout:
            self._drop(f"It has been silent for {silence:.1f} s.", abort=True)
        if not self._over:
            self._timer = self.loop.call_later(self.timeout / 3, self._look_after)

    def _drop(self, why: str, abort: bool = False) -> None:
        if not self._over:
            log.warning("%s is disconnected: %s", self, why)
        self._end(abort)

    def cut(self) -> None:
        """As when the server's machine goes down."""
        self._end(abort=True)

    def _end(self, abort: bool = False) -> None:
        """What has been written still goes out, for a moment, unless the connection is to be aborted."""
        if not self._over:
            self._over = True
            self.front.forget(self)
            if self._line is not None:
                self._line.hang_up()
            self.asked.clear()
            self._buffer.clear()
        if self._timer is not None:
            self._timer.cancel()
        if abort:
            self.transport.abort()
        else:
            self.transport.close()
            self._timer = self.loop.call_later(
                self.front.settings.zookeeper_hello_seconds, self.transport.abort
            )

    def __str__(self) -> str:
        name = f" ({self._line.client})" if self._line is not None else ""
        return f"ZooKeeper client {self.address}{name} at {self.server}"

    def fact(self) -> words.Client:
        return words.Client(
            address=self.address,
            reads=self._request is not None,
            queued=len(self.asked),
            session=self.session,
            timeout=round(self.timeout * 1000),
            tally=self.tally,
        )
