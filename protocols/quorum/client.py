"""A client of the store: one operation at a time, each asked once (section 6.4's client-driven coordination:
it knows the ring, and asks a replica).

It never repeats a request. So there are three outcomes: success, failure, and a time-out that leaves it in
the dark. What it has seen of a key goes along with its next put as the context (section 4.4).

Reads may miss one's own writes, or go back in time. The usual cures are switches here: ask the key's home for
everything (`route primary`), or for reads within a `window` after a write; stay with one replica (`route
sticky`); show a `token` of what was seen, which the answer must include.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec.structs import replace

from protocols.actor import Effects, Impossible, Span
from protocols.client import ANSWERS_KEPT
from protocols.key_value import Command
from protocols.quorum.client_state import Asked, Outcome, Probe, QuorumClientOptions, QuorumClientState
from protocols.quorum.messages import QuorumReply, QuorumRequest
from protocols.quorum.ring import hash32, preference
from protocols.quorum.versions import Stamp, clock_of, merge, spoken, stamps_of
from protocols.requester import Requester


class QuorumClient(Requester[QuorumClientState, QuorumClientOptions]):
    """Gets and puts, each with its level."""

    asks = QuorumRequest
    messages = (QuorumReply,)
    timers = ("timeout", "load", "probe")
    orders: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "write": ("key", "value", "w"),
        "read": ("key", "r"),
        "levels": ("w", "r"),
        "route": ("route",),
        "window": ("window",),
        "token": ("switch",),
        "probe": ("key", "pause"),
    }

    def initial(self, durable: Mapping[str, Any]) -> QuorumClientState:
        return QuorumClientState()

    # --- what it is asked to do ---------------------------------------------------------------------------

    def request(self, s: QuorumClientState, command: Command, server: str | None, out: Effects) -> None:
        """Issue `command` now, or after those that wait."""
        self.ask(s, Asked(command, server=server or ""), out)

    def order_write(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        key, value, w = args
        self.ask(s, Asked(Command("put", key, value), self.level("W", w)), out)

    def order_read(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        key, r = args
        self.ask(s, Asked(Command("get", key), self.level("R", r)), out)

    def level(self, name: str, text: str) -> int:
        n = self.server_options.n
        if not text.isdecimal() or not 1 <= int(text) <= n:
            raise Impossible("quorum-level", level=name, value=text[:20], n=n)
        return int(text)

    def ask(self, s: QuorumClientState, asked: Asked, out: Effects) -> None:
        if s.pending is not None:
            s.waiting += (asked,)
            out.explain("queued", op=asked.command, ahead=len(s.waiting))
        else:
            self.issue(s, asked, out)

    # --- how it asks --------------------------------------------------------------------------------------

    def order_levels(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        """W and R of all requests that do not name one."""
        w, r = args
        s.w, s.r = self.level("W", w), self.level("R", r)
        out.explain("sets-levels", w=s.w, r=s.r)

    def order_route(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        """Whom to ask: any replica in turn, the key's home, always the same replica, or a certain node."""
        (route,) = args
        if route not in ("any", "primary", "sticky", *self.members):
            raise Impossible("quorum-route", route=route[:20], nodes=", ".join(self.members))
        s.route = route
        out.explain("sets-route", route=route)

    def order_window(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        """So long after it has written a key, the client reads it at its home."""
        (text,) = args
        s.window = 0 if text == "off" else duration(text)
        out.explain("sets-window", window=text)

    def order_token(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        """Whether its reads demand what it has seen before."""
        (switch,) = args
        if switch not in ("on", "off"):
            raise Impossible("quorum-switch", switch=switch[:20])
        s.token = switch == "on"
        out.explain("sets-token", switch=switch)

    # --- steady work --------------------------------------------------------------------------------------

    def set_load(self, s: QuorumClientState, every: int, out: Effects) -> None:
        s.load = every
        if every:
            out.set_timer("load", Span(every))
        else:
            out.cancel_timer("load")

    def on_load_timeout(self, s: QuorumClientState, out: Effects) -> None:
        if s.pending is None:
            self.issue(s, Asked(self.server.workload(s.serial + 1)), out)
        out.set_timer("load", Span(s.load))

    def order_probe(self, s: QuorumClientState, args: tuple[str, ...], out: Effects) -> None:
        """Write, then read after a time drawn from `pause`, again and again: how stale is the store?"""
        key, pause = args
        if pause == "off":
            s.probe = None
            out.cancel_timer("probe")
            return
        low, _, high = pause.partition("..")
        s.probe = Probe(key, duration(low), duration(high or low))
        if s.probe.low > s.probe.high:
            raise Impossible("quorum-duration", text=pause[:20])
        if s.pending is None:
            self.write_probe(s, out)

    def write_probe(self, s: QuorumClientState, out: Effects) -> None:
        assert s.probe is not None
        self.issue(s, Asked(Command("put", s.probe.key, str(s.serial + 1))), out)

    def on_probe_timeout(self, s: QuorumClientState, out: Effects) -> None:
        if s.probe is not None and s.pending is None:
            self.issue(s, Asked(Command("get", s.probe.key)), out)

    def go_on_probing(self, s: QuorumClientState, done: Command, out: Effects) -> None:
        """After a write, a pause and a read; after anything else, the next write."""
        if s.probe is None or s.pending is not None:
            return
        if done.op == "put" and done.key == s.probe.key:
            out.set_timer("probe", Span(s.probe.low, s.probe.high))
        else:
            self.write_probe(s, out)

    # --- asking -------------------------------------------------------------------------------------------

    def issue(self, s: QuorumClientState, asked: Asked, out: Effects) -> None:
        s.serial += 1
        command = replace(asked.command, client=self.me, serial=s.serial)
        server = asked.server or self.coordinator(s, command, out.now)
        level = asked.level or (s.w if command.op == "put" else s.r)
        s.pending = Asked(command, level, server, out.now)
        out.explain("issue", op=command, server=server)
        out.set_timer("timeout", self.options.timeout)
        held = s.seen.get(command.key, ())
        if command.op == "put":
            out.send(server, QuorumRequest(command, level, context=clock_of(held)))
        else:
            out.send(server, QuorumRequest(command, level, token=self.demands(s, command.key)))

    def demands(self, s: QuorumClientState, key: str) -> tuple[Stamp, ...]:
        return stamps_of(s.seen.get(key, ())) if s.token else ()

    def coordinator(self, s: QuorumClientState, c: Command, now: int) -> str:
        replicas = preference(c.key, self.members)[: self.server_options.n]
        if c.op == "get" and s.window and now < s.wrote.get(c.key, -s.window) + s.window:
            return replicas[0]
        if s.route in self.members:
            return s.route
        if s.route == "any":
            s.turn += 1
            return replicas[(s.turn - 1) % len(replicas)]
        return replicas[0 if s.route == "primary" else hash32(self.me) % len(replicas)]

    # --- what comes back ----------------------------------------------------------------------------------

    def on_quorum_reply(self, s: QuorumClientState, src: str, m: QuorumReply, out: Effects) -> None:
        if s.pending is None or m.serial != s.serial:
            out.explain("late-answer", server=src, serial=m.serial)
            return
        c = s.pending.command
        if m.status == "failed":
            out.explain("failed", op=c, server=src, have=len(m.quorum), need=m.need)
            self.finish(s, None, "failed", m, out)
            return
        how = self.server_options.versions
        s.seen = {**s.seen, c.key: merge(how, s.seen.get(c.key, ()), m.versions)}
        if c.op == "put":
            s.wrote = {**s.wrote, c.key: out.now}
        result = c.value if c.op == "put" else spoken(m.versions)
        out.explain("answered", op=c, result=result, server=src)
        self.finish(s, result, "ok", m, out)

    def on_timeout_timeout(self, s: QuorumClientState, out: Effects) -> None:
        """Nobody answers. A write may have happened, or may happen yet."""
        if s.pending is not None:
            c = s.pending.command
            out.explain("timed-out", op=c, server=s.pending.server)
            self.finish(s, None, "time-out", QuorumReply(c.serial, "failed"), out)

    def finish(
        self, s: QuorumClientState, result: str | None, outcome: Any, m: QuorumReply, out: Effects
    ) -> None:
        assert s.pending is not None
        asked, s.pending = s.pending, None
        c, level = asked.command, m.need or asked.level
        answer = Outcome(
            c.serial, c.op, c.key, c.value, result, outcome, asked.server, level, m.quorum, m.versions,
            asked.at, out.now,
        )  # fmt: skip
        s.answers = (*s.answers, answer)[-ANSWERS_KEPT:]
        s.answered += 1
        out.cancel_timer("timeout")
        if s.waiting:
            following, s.waiting = s.waiting[0], s.waiting[1:]
            self.issue(s, following, out)
        self.go_on_probing(s, c, out)


_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(us|ms|s)")


def duration(text: str) -> int:
    """`30ms` in virtual microseconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Impossible("quorum-duration", text=text[:20])
    return round(float(match[1]) * {"us": 1, "ms": 1_000, "s": 1_000_000}[match[2]])
