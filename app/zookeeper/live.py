"""A room's ZooKeeper ensemble, for real clients.

Each connection is a client machine k1, k2, … that joins the room's branch. Whatever its client does is a
command there (`join`, `tell … open`, `tell … frame`, `tell … hang-up`, `leave`), so that it stands in the
journal and can be watched, rewound and replayed; whatever arrives at the machine is handed on.

Wall time and virtual time meet here. What a client could notice of slow motion is kept from it: a session
does not expire while its client is connected, and at speed `max` no sooner after that than in reality.
"""

from __future__ import annotations

import base64
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.rooms.room import Room
from app.sim.cluster import Cluster
from app.sim.errors import Refused
from app.sim.process import CRASHED, PAUSED, Machine
from app.sim.trace import Event
from app.storage.database import Database
from app.zookeeper.credentials import Credentials
from app.zookeeper.facts import facts_of
from app.zookeeper.gateway import Caller, Facts, Said, State, TurnedAway
from protocols.registry import client_of
from protocols.zookeeper import jute
from protocols.zookeeper.jute import ConnectRequest
from protocols.zookeeper.line import Line
from protocols.zookeeper.messages import (
    SERVER_PACKETS,
    ClientPacket,
    Connected,
    Disconnect,
    Reply,
    WatchedEvent,
)
from protocols.zookeeper.operations import CloseSession

SERVICE = "zookeeper"
PATIENCE = 5_000_000
"""Virtual time for which an answer is worth a rush; beyond it, it is one that does not come."""
KNOCKED = 5.0
"""Seconds for which somebody who was sent away is expected back."""
WINDOW = 16
"""Requests of one client that are in the room at once; a server carries along what it has not answered."""
CROWD = 3
"""So many messages for each server are reckoned for a request: time stops when a room has too many."""


KEPT = """INSERT INTO zookeeper_sessions (session, given, inner, branch, life) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (session) DO UPDATE SET given = excluded.given, inner = excluded.inner,
    branch = excluded.branch, life = excluded.life"""


class RoomLine:
    """One connection: a client machine of the room's branch, and who is behind it."""

    def __init__(self, gateway: RoomGateway, client: str, caller: Caller | None) -> None:
        self.gateway = gateway
        self.client = client
        self.caller = caller
        """None when nobody listens any more."""
        self.line = Line[ClientPacket](1)
        self.session = 0
        self.timeout = 0
        self.closing = False
        """The client has asked for the end of its session."""
        self.outbox: deque[str] = deque()
        """Requests that wait outside."""
        self.asked = 0
        """Requests in the room that are not answered."""
        self.progress = 0
        """The virtual time at which it last said or heard something."""
        self.flying: set[int] = set()
        """Its messages that are on their way."""

    def send(self, frame: bytes) -> None:
        if self.caller is not None:
            self.closing = self.closing or jute.read_header(frame)[1] == CloseSession.opcode
            self.gateway.ask(self, base64.b64encode(frame).decode())

    def hang_up(self) -> None:
        if self.caller is not None:
            self.gateway.hang_up(self)


@dataclass(frozen=True)
class Left:
    """A session whose client's connection is over, since then in virtual and in wall time."""

    timeout: int
    virtual: int
    wall: float

    def is_over(self, now: int) -> bool:
        return now > self.virtual + 2 * self.timeout

    def bound(self) -> int:
        """How far virtual time may leap: it leaves the client half its time, or keeps to reality."""
        elapsed = round((time.monotonic() - self.wall) * 1_000_000)
        if elapsed > self.timeout:
            return self.virtual + 10 * self.timeout
        return self.virtual + max(self.timeout // 2, elapsed)


class RoomGateway:
    """A `Gateway`, and what is `Outside` the room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.servers = tuple(room.config.nodes)
        self.credentials = Credentials()
        self._service = client_of(SERVICE, room.config.services)
        self._lines: dict[str, RoomLine] = {}
        self._greeting: set[RoomLine] = set()
        self._waiting: set[RoomLine] = set()
        self._sending: dict[RoomLine, None] = {}
        self._left: dict[int, Left] = {}
        self._flying: dict[int, tuple[RoomLine, ClientPacket | None]] = {}
        """Messages to client machines, and (None) from them."""
        self._todo: deque[Callable[[], None]] = deque()
        self._busy = False
        self._number = 0
        self._knocked = float("-inf")
        self._tell_down: Callable[[str], None] = lambda server: None
        room.outside.append(self)

    async def keep_in(self, database: Database) -> None:
        """Sessions outlive the server, as the room does: their clients come back with the same passwords."""
        life = self.room.life
        rows = await database.read(
            "SELECT session, given, inner, branch FROM zookeeper_sessions WHERE life = ?", life
        )
        self.credentials.restore((int(session), *rest) for session, *rest in rows)
        database.write("DELETE FROM zookeeper_sessions WHERE life <> ?", life)

        def keep(session: int, given: bytes, inner: bytes, branch: str) -> None:
            self.room.valve.needed = database.write(KEPT, str(session), given, inner, branch, life)

        self.credentials.keep = keep

    # -- what the front asks -----------------------------------------------------------------------------

    def state(self, server: str) -> State:
        machine = self._cluster.machines[server]
        if machine.status in (CRASHED, PAUSED):
            return State.DOWN if machine.status == CRASHED else State.PAUSED
        p = side_of(machine, SERVICE)
        return State.SERVING if p.actor.is_serving(p.state) else State.LOOKING

    def facts(self, server: str) -> Facts:
        return facts_of(self._cluster, side_of(self._cluster.machines[server], SERVICE))

    def when_down(self, tell: Callable[[str], None]) -> None:
        self._tell_down = tell

    def knocked(self, server: str) -> bool:
        self._knocked = time.monotonic()
        self.room.poke()
        return self._is_new(server)

    def connect(self, server: str, request: ConnectRequest, address: str, caller: Caller) -> RoomLine:
        line = RoomLine(self, self._free_name(), caller)
        try:
            self.room.command_from_outside(f"join {line.client} on {SERVICE}")
        except Refused as refused:
            raise TurnedAway(str(refused)) from None
        self._lines[line.client] = line
        line.progress = self._cluster.now
        self._greeting.add(line)
        if request.session == 0:
            password, zxid = b"", request.last_zxid
        else:
            password = self.credentials.inner(request.session, request.password) or b"?"
            known = self.credentials.lives_on(request.session, self.room.tree.current.id)
            zxid = request.last_zxid if known else 0  # it has seen nothing of this world
        words = [server, request.session, packed(password), max(0, request.timeout) * 1000, zxid, address]
        self._do(line, f"open {' '.join(map(str, words))}")
        self.room.poke()
        return line

    def ask(self, line: RoomLine, frame: str) -> None:
        if line not in self._waiting:
            line.progress = self._cluster.now
            self._waiting.add(line)
        line.outbox.append(frame)
        self._sending[line] = None
        self._work()
        self.room.poke()

    def hang_up(self, line: RoomLine) -> None:
        line.caller = None
        self._rest(line)
        line.outbox.clear()
        if line.session and not line.closing:
            self._left[line.session] = Left(line.timeout, self._cluster.now, time.monotonic())
        self._later(line, "hang-up")

    # -- how it is done in the room ----------------------------------------------------------------------

    def _later(self, line: RoomLine, order: str) -> None:
        self._todo.append(lambda: self._do(line, order))
        self._work()
        self.room.poke()

    def _work(self) -> None:
        """In order, and no more than the room can take."""
        if self._busy:
            return
        self._busy = True
        try:
            self._do_what_waits()
            for line in list(self._sending):
                self._let_in(line)
        finally:
            self._busy = False

    def _do_what_waits(self) -> None:
        while self._todo:
            self._todo.popleft()()

    def _let_in(self, line: RoomLine) -> None:
        """Requests, in order, as many as may be in the room at once."""
        while line.outbox and line.asked < WINDOW and not self._is_crowded():
            line.asked += 1
            self._do(line, f"frame {line.outbox.popleft()}")
        if not line.outbox:
            self._sending.pop(line, None)
        self._do_what_waits()

    def _is_crowded(self) -> bool:
        """A request is at most a few messages for each server at a time. Those of others keep nobody out for
        ever."""
        most, inside = self.room.settings.max_messages, sum(line.asked for line in self._waiting)
        if inside >= max(1, most // (CROWD * len(self.servers))):
            return True
        return inside > 0 and self.room.tree.current.messages > most // 2

    def _do(self, line: RoomLine, order: str) -> None:
        if self._lines.get(line.client) is not line:
            return
        try:
            self.room.command_from_outside(f"tell {line.client} {order}")
        except Refused:  # the machine is paused, or has given its server up
            self._break(line)
        self._leave_when_quiet(line)

    def _leave(self, line: RoomLine) -> None:
        if self._lines.pop(line.client, None) is line:
            self.room.command_from_outside(f"leave {line.client}")

    def _break(self, line: RoomLine) -> None:
        """The connection is over: in the room, so for the client as well."""
        self._rest(line)
        self._tell(line, Disconnect(1, 0))

    def _rest(self, line: RoomLine) -> None:
        self._greeting.discard(line)
        self._waiting.discard(line)

    # -- what happens in the room ------------------------------------------------------------------------

    def heard(self, events: Sequence[Event]) -> None:
        outermost, self._busy = not self._busy, True
        try:
            for e in events:
                self._event(e)
        finally:
            if outermost:
                self._busy = False
        if outermost:
            self._work()

    def _event(self, e: Event) -> None:
        if e.kind == "send":
            self._sent(e)
        elif e.kind in ("deliver", "drop"):
            flying = self._flying.pop(e.body[0], None)
            if flying is not None:
                self._landed(e, *flying)
        elif e.kind == "crash" and e.service == SERVICE:
            self._tell_down(e.node)
        elif e.kind == "leave" and e.node in self._lines:
            self._break(self._lines.pop(e.node))
        if e.node in self._lines and e.service == self._service and ("phase", "closed") in e.patch:
            self._break(self._lines[e.node])

    def _sent(self, e: Event) -> None:
        to = self._lines.get(e.body[0])
        if to is not None:
            self._flying[e.seq] = (to, e.body[2])
        elif e.node in self._lines:
            line = self._lines[e.node]
            line.flying.add(e.seq)
            self._flying[e.seq] = (line, None)

    def _landed(self, e: Event, line: RoomLine, packet: ClientPacket | None) -> None:
        if packet is None:
            line.flying.discard(e.body[0])
            if line.caller is None and not line.flying:
                self._todo.append(lambda: self._leave(line))
        elif e.kind == "deliver" and isinstance(packet, SERVER_PACKETS) and packet.connection == 1:
            line.line, turn = line.line.take(packet) if packet.number else (line.line, (packet,))
            for each in turn:
                self._hand_on(line, each)

    def _hand_on(self, line: RoomLine, said: ClientPacket) -> None:
        line.progress = self._cluster.now
        if isinstance(said, Connected):
            said = self._opened(line, said)
        elif isinstance(said, Reply):
            line.asked -= 1
            if not line.asked and not line.outbox:
                self._waiting.discard(line)
        elif isinstance(said, Disconnect):
            self._rest(line)
        if isinstance(said, Connected | Reply | WatchedEvent | Disconnect):
            self._tell(line, said)

    def _tell(self, line: RoomLine, said: Said) -> None:
        """When what it rests on cannot be taken back by a crash any more."""

        def tell() -> None:
            if line.caller is not None:
                line.caller.hear(said)

        self.room.valve.let(tell)

    def _opened(self, line: RoomLine, said: Connected) -> Connected:
        """The client gets a password of its own."""
        self._greeting.discard(line)
        if said.session == 0:
            return said
        self._left.pop(said.session, None)
        line.session, line.timeout = said.session, said.timeout
        password = self.credentials.give(said.session, said.password, self.room.tree.current.id)
        return Connected(said.connection, said.number, said.session, password, said.timeout)

    # -- the room's time ---------------------------------------------------------------------------------

    @property
    def here(self) -> bool:
        if self._lines or self._is_knocked_at:
            return True
        self._left = {s: left for s, left in self._left.items() if not left.is_over(self._cluster.now)}
        return bool(self._left)

    @property
    def shakes_hands(self) -> bool:
        """So does who comes to an ensemble that is about to elect its first leader."""
        return bool(self._greeting) or (self._is_knocked_at and all(map(self._is_new, self.servers)))

    @property
    def waits(self) -> bool:
        return bool(self._waiting)

    def rush_until(self) -> int:
        wanted = [line.progress for line in (*self._waiting, *self._greeting)]
        if self._is_knocked_at and all(self.state(server) is not State.SERVING for server in self.servers):
            wanted.append(self._cluster.now - PATIENCE + 1000)
        if not wanted:
            return 0
        return min([max(wanted) + PATIENCE, *(left.bound() for left in self._left.values())])

    @property
    def _is_knocked_at(self) -> bool:
        return time.monotonic() - self._knocked < KNOCKED

    def _is_new(self, server: str) -> bool:
        p = side_of(self._cluster.machines[server], SERVICE)
        return p.state.last_processed == 0 and not p.actor.is_serving(p.state)

    # -- another branch ----------------------------------------------------------------------------------

    def moved(self) -> None:
        """The connections of the old world break; behind those that the new one remembers is nobody."""
        self._busy = True
        lines, self._lines = self._lines, {}
        self._flying.clear()
        self._todo.clear()
        self._sending.clear()
        for line in lines.values():
            self._break(line)
        self._left.clear()
        for machine in list(self._cluster.machines.values()):
            if machine.joined and is_ours(machine, self._service):
                self._adopt(machine)
        for server in self.servers:
            if self.state(server) is State.DOWN:
                self._tell_down(server)
        self._busy = False
        self._work()

    def _adopt(self, machine: Machine) -> None:
        line = self._lines[machine.name] = RoomLine(self, machine.name, None)
        state = side_of(machine, self._service).state
        if state.session:
            self._left[state.session] = Left(state.timeout, self._cluster.now, time.monotonic())
        for message, sent in self._cluster.in_flight.items():
            if sent.node == machine.name:
                line.flying.add(message)
                self._flying[message] = (line, None)
        if state.phase == "closed":
            self._todo.append(lambda: self._leave_when_quiet(line))
        else:
            self._todo.append(lambda: self._do(line, "hang-up"))

    def _leave_when_quiet(self, line: RoomLine) -> None:
        """As soon as nothing of its is on its way any more."""
        if line.caller is None and not line.flying:
            self._leave(line)

    # -- helpers -----------------------------------------------------------------------------------------

    @property
    def _cluster(self) -> Cluster:
        return self.room.tree.current.timeline.sim.cluster

    def _free_name(self) -> str:
        """One that nobody has on this branch, or has ever had."""
        cluster = self._cluster
        while True:
            self._number += 1
            name = f"k{self._number}"
            if name not in cluster.machines and name not in cluster.gone:
                return name


def side_of(machine: Machine, service: str) -> Any:
    """The process that runs `service` on a machine."""
    return next(p for p in machine.processes if p.service == service)


def is_ours(machine: Machine, service: str) -> bool:
    return any(p.service == service and p.state.outside for p in machine.processes)


def packed(password: bytes) -> str:
    return base64.b64encode(password).decode() or "-"
