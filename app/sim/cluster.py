"""The kernel: one heap of virtual time, and everything that can happen at a moment of it.

The heap orders by (time, priority, number), so ties are decided the same way every time: a finished disk
write first, then messages, then timers, each in the order they were set up. Handlers run at once and never
overlap; what they emit is carried out in order. Wall time does not exist here.

Everything that happens is appended to `events`. With `record="traffic"` events carry no patches and no
reasons and no law is judged; with `record="none"` nothing is kept. The run itself is the same in all three.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Literal

from app.sim.network import Link, Network
from app.sim.process import CRASHED, NOBODY, PAUSED, UP, Machine, Process, state_view
from app.sim.trace import Event
from protocols.actor import Effects, Message, Span
from protocols.law import Laws

if TYPE_CHECKING:
    from app.sim.config import ClusterConfig

DISK, MESSAGE, TIMER = 0, 1, 2
FOREVER = 1 << 62

Record = Literal["full", "traffic", "none"]


class Moved:
    """A message that somebody held, delayed or released: from share `at` of its line at time `start` on."""

    __slots__ = ("arrives", "at", "held", "start")

    def __init__(self, start: int, at: float, arrives: int, held: bool) -> None:
        self.start = start
        self.at = at
        self.arrives = arrives
        self.held = held


class Cluster:
    """Machines, network and trace of one run. `app.sim.build` makes one from a configuration."""

    def __init__(self, network: Network, record: Record = "full", disk: Span | None = None) -> None:
        self.now = 0
        self.seq = 0
        self.heap: list[tuple[int, int, int, Any, int]] = []
        self.pushed = 0
        self.events: list[Event] = []
        self.network = network
        self.disk = disk
        self.record: Record = record
        self.full = record == "full"
        self.kept = record != "none"
        self.config: ClusterConfig
        """What it was made from, and those who join are made from: given by who makes it."""
        self.machines: dict[str, Machine] = {}
        self.processes: list[Process] = []
        """By their indices, which are never given again: NOBODY where a machine is gone."""
        self.gone: set[str] = set()
        """The names of machines that have left."""
        self.laws: dict[str, Laws] = {}
        """For each service, clients' sides too."""
        self.broken: dict[str, int] = {}
        """Every law's id, with 0 while it holds, else the `seq` of its violation."""
        self.in_flight: dict[int, Event] = {}
        self.moved: dict[int, Moved] = {}

    def add(self, p: Process) -> None:
        """Let `p` run here."""
        p.links = self.network.links[p.node]
        p.out = (Hands if self.full else SilentHands)(self, p)
        self.processes.append(p)

    # --- running ------------------------------------------------------------------------------------------

    def next_time(self) -> int | None:
        """When something may happen next; None when nothing lies ahead."""
        return self.heap[0][0] if self.heap else None

    def step(self, until: int = FOREVER) -> bool:
        """Let the next thing happen, if it lies no later than `until`. False when nothing did."""
        before = self.seq
        self.run(until, before + 1)
        return self.seq > before

    def run(self, until: int, limit: int) -> None:
        """Let everything happen up to and including virtual time `until`, or until event `limit` is there."""
        heap, processes = self.heap, self.processes
        while heap and heap[0][0] <= until and self.seq < limit:
            self.now, priority, _, what, index = heappop(heap)
            if priority == MESSAGE:
                self._arrive(what, processes[index])
            elif priority == TIMER:
                self._ring(what, processes[index])
            else:
                self._written(what, processes[index])

    def push(self, time: int, priority: int, what: Any, index: int) -> None:
        self.pushed += 1
        heappush(self.heap, (time, priority, self.pushed, what, index))

    def emit(self, kind: str, node: str, service: str, cause: int, body: tuple[Any, ...]) -> int:
        """Record something that changed no service's state; gives its `seq`."""
        self.seq += 1
        if self.kept:
            self.events.append(Event(self.seq, self.now, kind, node, service, cause, body))
        return self.seq

    # --- what can happen ----------------------------------------------------------------------------------

    def _arrive(self, message: int, p: Process) -> None:
        if (p.away or self.moved) and not self._may_enter(message, p):
            return
        sent = self.in_flight.pop(message, None)
        if sent is None:
            if message < 0:
                self._die(-message)
            return
        src, body = sent.node, sent.body
        m = body[2]
        p.handlers[type(m)](p.state, src, m, p.out)
        self.finish(p, "deliver", message, (message, src, body[1]))

    def _may_enter(self, message: int, p: Process) -> bool:
        """Whether a message in flight is due by now and `p` can take it; else it waits, or is lost."""
        if message not in self.in_flight:
            return True
        moved = self.moved.get(message)
        if moved and (moved.held or moved.arrives > self.now):
            return False
        if not p.away:
            self.moved.pop(message, None)
            return True
        if p.machine.status == CRASHED:
            self.lose(message, "crashed", message, p.node)
        else:
            p.inbox.append((MESSAGE, message))
        return False

    def _die(self, message: int) -> None:
        """A message that was doomed when it was sent is lost half-way."""
        sent = self.in_flight.get(message)
        if sent is not None and message not in self.moved:
            closed = self.network.links[sent.node][sent.body[0]].closed
            self.lose(message, "cut" if closed else "lost", message)

    def _ring(self, timer: str, p: Process) -> None:
        if p.queued.get(timer) != self.now:
            return
        del p.queued[timer]
        setting = p.timers.get(timer)
        if setting is None:
            return
        due, cause, _ = setting
        if due > self.now:  # it was set anew since
            p.queued[timer] = due
            self.push(due, TIMER, timer, p.index)
        elif p.away:
            p.inbox.append((TIMER, timer))
        else:
            self.fire(p, timer, cause)

    def _written(self, save: int, p: Process) -> None:
        """A durable write is done: what waited for it may leave, and the node works on."""
        if p.writing is None or p.writing[2] != save:
            return
        p.disk, p.writing = p.writing[1], None
        self.emit("saved", p.node, p.service, save, ())
        if p.machine.trap == "after":
            self.crash(p.machine, save)
            return
        p.refresh()
        if p.machine.status == UP:
            self.catch_up(p, save)

    # --- handlers and their effects -----------------------------------------------------------------------

    def fire(self, p: Process, timer: str, cause: int) -> None:
        """Timer `timer` of `p` fires now."""
        del p.timers[timer]
        p.actor.timeouts[timer](p.state, p.out)
        self.finish(p, "timeout", cause, (timer,))

    def finish(self, p: Process, kind: str, cause: int, body: tuple[Any, ...]) -> None:
        """Record what a handler did, judge it, and carry out its effects."""
        self.seq = seq = self.seq + 1
        if self.kept:
            event = Event(seq, self.now, kind, p.node, p.service, cause, body)
            self.events.append(event)
            if self.full:
                self._tell(p, event)
        outbox = p.out.outbox
        if outbox:
            self._perform(p, outbox, seq)
            outbox.clear()

    def _tell(self, p: Process, event: Event) -> None:
        """Complete a handler's event with what changed and why, and judge it."""
        patch, before = p.changes()
        told = p.out.told
        if told:
            patch += told
            told.clear()
        if event.kind == "timeout" and event.body[0] not in p.timers:
            patch.append(("@" + event.body[0], None))
        if patch:
            event.patch = tuple(patch)
        reasons = p.out.reasons
        if reasons:
            event.why = tuple(reasons)
            reasons.clear()
        if before:
            self._judge(p, before, event.seq)

    def _perform(self, p: Process, outbox: list[tuple[str | None, Any]], cause: int) -> None:
        """Save and send, in the order given; what follows a write that takes time waits for it."""
        rest = iter(outbox)
        for to, what in rest:
            if to is not None:
                self.send(p, to, what, cause)
            elif not self._save(p, what, cause):
                if p.writing is not None:
                    p.blocked = list(rest)
                return

    def _save(self, p: Process, values: tuple[Any, ...], cause: int) -> bool:
        """Make `values` durable. False when what follows must wait, or will never leave."""
        if p.machine.trap == "before":
            self.crash(p.machine, cause)
            return False
        if self.disk is not None:
            done = self.now + p.stream.between(self.disk.low, self.disk.high)
            save = self.emit("save", p.node, p.service, cause, (done,))
            p.writing = (done, values, save)
            p.away = True
            self.push(done, DISK, save, p.index)
            return False
        p.disk = values
        self.emit("save", p.node, p.service, cause, (self.now,))
        if p.machine.trap == "after":
            self.crash(p.machine, cause)
            return False
        return True

    def send(self, p: Process, dst: str, m: Message, cause: int, copy_of: int = 0) -> None:
        """Put `m` on the link to `dst`; the message's id is the `seq` of its `send` event."""
        try:
            link, target, now = p.links[dst], p.targets[dst], self.now
        except KeyError:
            self._send_nowhere(p, dst, m, cause)
            return
        if not link.plain:
            self._send_rough(p, link, m, cause, copy_of)
            return
        self.seq = seq = self.seq + 1
        self.pushed = number = self.pushed + 1
        arrives = now + link.delay()
        body = (dst, type(m).__name__, m, arrives, 0, copy_of)
        event = self.in_flight[seq] = Event(seq, now, "send", p.node, p.service, cause, body)
        if self.kept:
            self.events.append(event)
        heappush(self.heap, (arrives, MESSAGE, number, seq, target))

    def _send_nowhere(self, p: Process, dst: str, m: Message, cause: int) -> None:
        """Send to a client that has left."""
        if dst not in self.gone:
            raise KeyError(dst)
        body = (dst, type(m).__name__, m, self.now, 0, 0)
        seq = self.emit("send", p.node, p.service, cause, body)
        self.emit("drop", "", p.service, seq, (seq, "gone"))

    def _send_rough(self, p: Process, link: Link, m: Message, cause: int, copy_of: int) -> None:
        """Send over a link that is cut, loses, duplicates or keeps order, or where somebody decides."""
        dst, arrives = link.dst, link.in_order(self.now + link.delay_of(type(m).__name__))
        verdict = self._ruled(p.node, dst, m)
        body = (dst, type(m).__name__, m, arrives, 1 if verdict == "hold" else 0, copy_of)
        self.seq = seq = self.seq + 1
        event = self.in_flight[seq] = Event(seq, self.now, "send", p.node, p.service, cause, body)
        if self.kept:
            self.events.append(event)
        if verdict:
            self._hold_or_drop(event, verdict)
            return
        if link.closed or link.happens(link.loss):
            self.push((self.now + arrives) // 2, MESSAGE, -seq, p.targets[dst])
            return
        self.push(arrives, MESSAGE, seq, p.targets[dst])
        if not copy_of and link.happens(link.duplicate):
            self.send(p, dst, m, seq, copy_of=seq)

    def _ruled(self, src: str, dst: str, m: Message) -> str:
        """What the standing rules say of a message: `hold` or `drop` it, or nothing."""
        kind, verdict = m.__class__.__name__, "hold" if self.network.manual else ""
        for rule in self.network.rules:
            action, _, type_, a, _, b = rule.split()
            if type_ in ("*", kind) and a in ("*", src) and b in ("*", dst) and verdict != "drop":
                verdict = action
        return verdict

    def _hold_or_drop(self, event: Event, verdict: str) -> None:
        if verdict == "drop":
            self.lose(event.seq, "rule", event.seq)
        else:
            self.moved[event.seq] = Moved(event.time, 0.0, event.body[3], held=True)

    def lose(self, message: int, reason: str, cause: int, node: str = "") -> None:
        """Message `message` is gone."""
        sent = self.in_flight.pop(message)
        self.moved.pop(message, None)
        self.emit("drop", node, sent.service, cause, (message, reason))

    def _judge(self, p: Process, before: dict[str, Any], cause: int) -> None:
        if p.service not in self.laws:
            return
        for law in self.laws[p.service].concerned(before):
            if self.broken[law.id]:
                continue
            data = law.judge(p.node, p.state, before)
            if data is not None:
                self.broken[law.id] = self.emit("violation", p.node, p.service, cause, (law.id, data))

    # --- machines -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch every machine on."""
        for p in self.processes:
            p.actor.start(p.state, p.out)
            self.finish(p, "start", 0, ())

    def crash(self, machine: Machine, cause: int) -> None:
        """Everything volatile is lost, at once; messages that wait at its door are too."""
        machine.status, machine.since, machine.trap = CRASHED, self.now, ""
        for p in machine.processes:
            for kind, what in p.inbox:
                if kind == MESSAGE and what in self.in_flight:
                    self.lose(what, "crashed", cause, p.node)
            p.forget()
            p.refresh()
            p.out.clear()
            self.finish(p, "crash", cause, ())

    def restart(self, machine: Machine, cause: int) -> None:
        machine.status, machine.since = UP, self.now
        for p in machine.processes:
            p.refresh()
            p.actor.restart(p.state, p.out)
            self.finish(p, "restart", cause, ())

    def pause(self, machine: Machine, cause: int) -> None:
        """It stops in its tracks and notices nothing; the world goes on."""
        machine.status, machine.since = PAUSED, self.now
        for p in machine.processes:
            p.refresh()
        self.emit("pause", machine.name, "", cause, ())

    def resume(self, machine: Machine, cause: int) -> None:
        """It works on: first through the messages that wait at its door, then its overdue timers."""
        machine.status, machine.since = UP, self.now
        seq = self.emit("resume", machine.name, "", cause, ())
        for p in machine.processes:
            p.refresh()
            if not p.away:
                self.catch_up(p, seq)

    def catch_up(self, p: Process, cause: int) -> None:
        """Send what had to wait, then take what came in meanwhile, in order."""
        blocked, p.blocked = p.blocked, []
        self._perform(p, blocked, cause)
        if p.away:
            return
        inbox, p.inbox = p.inbox, []
        for priority, what in inbox:
            if priority == TIMER:
                p.queued[what] = self.now
            self.push(self.now, priority, what, p.index)

    # --- moments ------------------------------------------------------------------------------------------

    def view(self) -> dict[str, Any]:
        """The whole picture now, as `docs/protocol.md` describes it."""
        return {
            "seq": self.seq,
            "time": self.now,
            "nodes": {name: machine_view(m) for name, m in self.machines.items()},
            "messages": {str(i): self._message_view(e) for i, e in self.in_flight.items()},
            "network": self.network.state(),
            "laws": dict(self.broken),
        }

    def _message_view(self, sent: Event) -> dict[str, Any]:
        dst, kind, fields, arrives, held, copy_of = sent.body
        moved = self.moved.get(sent.seq)
        return {
            "id": sent.seq, "src": sent.node, "dst": dst, "service": sent.service, "type": kind,
            "fields": fields, "sent": sent.time,
            "arrives": moved.arrives if moved else arrives,
            "held": moved.held if moved else bool(held),
            "from": moved.start if moved else sent.time,
            "at": moved.at if moved else 0.0,
            "copyOf": copy_of,
        }  # fmt: skip

    def copy(self) -> Cluster:
        """This moment, kept: an independent cluster from which the run can go on, silently or not."""
        twin = Cluster(self.network.copy(), self.record, self.disk)
        twin.now, twin.seq, twin.pushed = self.now, self.seq, self.pushed
        twin.heap = self.heap.copy()
        twin.machines = {name: m.copy() for name, m in self.machines.items()}
        twin.config, twin.gone = self.config, self.gone.copy()
        for p in self.processes:
            if p is NOBODY:
                twin.processes.append(p)
            else:
                twin.add(p.twin(twin.machines[p.node]))
        twin.laws = {service: laws.copy() for service, laws in self.laws.items()}
        twin.broken = self.broken.copy()
        twin.in_flight = self.in_flight.copy()
        twin.moved = self.moved.copy()
        return twin


def machine_view(m: Machine) -> dict[str, Any]:
    return {
        "status": m.status, "since": m.since, "clock": m.rate, "trap": m.trap, "client": m.is_client,
        **({"joined": True} if m.joined else {}),
        "services": {
            p.service: {
                "state": state_view(p.state, p.shape),
                "timers": {name: [set_at, due] for name, (due, _, set_at) in p.timers.items()},
                "busyUntil": p.writing[0] if p.writing else 0,
            }
            for p in m.processes
        },
    }  # fmt: skip


class Hands(Effects):
    """What a process of a cluster has to act with: timers are set at once, all else waits for the handler's
    end. `told` is how the trace tells each setting."""

    __slots__ = ("cluster", "p", "told")

    def __init__(self, cluster: Cluster, p: Process) -> None:
        super().__init__()
        self.cluster = cluster
        self.p = p
        self.told: list[tuple[str, Any]] = []

    @property
    def now(self) -> int:
        return self.cluster.now

    def set_timer(self, name: str, span: Span) -> None:
        due = self.arm(name, span)
        self.told.append(("@" + name, (self.cluster.now, due)))

    def cancel_timer(self, name: str) -> None:
        if self.p.timers.pop(name, None):
            self.told.append(("@" + name, None))

    def clear(self) -> None:
        super().clear()
        self.told.clear()

    def arm(self, name: str, span: Span) -> int:
        """Set the timer; gives when it is due. The event of the handler that asks for it is the next one."""
        p, cluster = self.p, self.cluster
        now, delay, rate = cluster.now, p.stream.between(span.low, span.high), p.machine.rate
        due = now + (delay if rate == 1.0 else max(1, round(delay / rate)))
        p.timers[name] = (due, cluster.seq + 1, now)
        queued = p.queued.get(name)
        if queued is None or queued > due:
            p.queued[name] = due
            cluster.push(due, TIMER, name, p.index)
        return due


class SilentHands(Hands):
    """The same for a run of which patches and reasons are not kept."""

    __slots__ = ()

    def set_timer(self, name: str, span: Span) -> None:
        self.arm(name, span)

    def cancel_timer(self, name: str) -> None:
        self.p.timers.pop(name, None)

    def explain(self, rule: str, **data: Any) -> None:
        pass
