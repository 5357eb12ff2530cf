"""A client of a replicated service: one operation at a time, retried until somebody answers.

The client does not know who leads. It asks a server; one that does not lead names the leader it knows, and
the client goes there; one that is silent is given up after a time-out, and the next is asked. A retried
operation keeps its serial number, so that it takes effect once (dissertation, section 6.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from protocols.actor import Effects, Message, Rule, Span, State, Volatile
from protocols.key_value import Command
from protocols.requester import Requester

ANSWERS_KEPT = 20
"""So many of the latest answers are remembered; the trace has them all."""

RULES = {
    "issue": Rule("§8"),
    "queued": Rule("§8"),
    "redirected": Rule("§8"),
    "no-leader-yet": Rule("§8"),
    "retry": Rule("§8"),
    "answered": Rule("§8", mark="answer"),
    "late-answer": Rule("§8"),
}


class ClientRequest(Message, frozen=True):
    family = "client"

    command: Command


class ClientReply(Message, frozen=True):
    """`status` is `ok`, or `redirect` with the leader that the server knows of, if it knows one."""

    family = "client"

    serial: int
    status: str
    result: str | None = None
    leader: str | None = None


class Answer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What came out of an operation; `server` answered it after `attempts` attempts."""

    serial: int
    op: str
    key: str
    value: str
    result: str | None
    server: str
    attempts: int


class ClientState(State):
    serial: Volatile[int] = 0
    pending: Volatile[Command | None] = None
    server: Volatile[str | None] = None
    attempts: Volatile[int] = 0
    waiting: Volatile[tuple[Command, ...]] = ()
    answers: Volatile[tuple[Answer, ...]] = ()
    answered: Volatile[int] = 0
    load: Volatile[int] = 0


class ClientOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    timeout: Span = Span(400_000)
    backoff: Span = Span(60_000, 120_000)


class Client(Requester[ClientState, ClientOptions]):
    """One operation at a time, until it is answered."""

    asks = ClientRequest
    messages = (ClientReply,)
    timers = ("retry", "load")

    def initial(self, durable: Mapping[str, Any]) -> ClientState:
        return ClientState(server=self.members[0])

    # --- what a person asks for ---------------------------------------------------------------------------

    def request(self, s: ClientState, command: Command, server: str | None, out: Effects) -> None:
        """Issue `command` now, or after those that wait; `server` is whom to ask first."""
        if server is not None:
            s.server = server
        if s.pending is not None:
            s.waiting += (command,)
            out.explain("queued", op=command, ahead=len(s.waiting))
        else:
            self.issue(s, command, out)

    def set_load(self, s: ClientState, every: int, out: Effects) -> None:
        """Write steadily, one operation every `every` microseconds; 0 stops it."""
        s.load = every
        if every:
            out.set_timer("load", Span(every))
        else:
            out.cancel_timer("load")

    # --- what comes back ----------------------------------------------------------------------------------

    def on_client_reply(self, s: ClientState, src: str, m: ClientReply, out: Effects) -> None:
        if s.pending is None or m.serial != s.serial:
            out.explain("late-answer", server=src, serial=m.serial)
        elif m.status == "ok":
            self.finish(s, src, m, out)
        elif m.leader is not None and m.leader != src:
            out.explain("redirected", server=src, leader=m.leader)
            s.server = m.leader
            self.ask(s, out)
        else:
            out.explain("no-leader-yet", server=src)  # the retry asks the next one
            out.set_timer("retry", self.options.backoff)

    def on_retry_timeout(self, s: ClientState, out: Effects) -> None:
        if s.pending is not None:
            silent, s.server = s.server, self.next_server(s)
            out.explain("retry", silent=silent, server=s.server, serial=s.serial)
            self.ask(s, out)

    def on_load_timeout(self, s: ClientState, out: Effects) -> None:
        if s.pending is None:
            self.issue(s, self.server.workload(s.serial + 1), out)
        out.set_timer("load", Span(s.load))

    # --- helpers ------------------------------------------------------------------------------------------

    def issue(self, s: ClientState, command: Command, out: Effects) -> None:
        s.serial += 1
        s.attempts = 0
        s.pending = msgspec.structs.replace(command, client=self.me, serial=s.serial)
        out.explain("issue", op=s.pending, server=s.server)
        self.ask(s, out)

    def ask(self, s: ClientState, out: Effects) -> None:
        assert s.pending is not None
        assert s.server is not None
        s.attempts += 1
        out.set_timer("retry", self.options.timeout)
        out.send(s.server, ClientRequest(s.pending))

    def finish(self, s: ClientState, server: str, m: ClientReply, out: Effects) -> None:
        assert s.pending is not None
        c = s.pending
        answer = Answer(c.serial, c.op, c.key, c.value, m.result, server, s.attempts)
        out.explain("answered", op=c, result=m.result, server=server)
        s.answers = (*s.answers, answer)[-ANSWERS_KEPT:]
        s.answered += 1
        s.server, s.pending = server, None
        out.cancel_timer("retry")
        if s.waiting:
            following, s.waiting = s.waiting[0], s.waiting[1:]
            self.issue(s, following, out)

    def next_server(self, s: ClientState) -> str:
        """The server after the present one, round and round."""
        at = self.members.index(s.server) if s.server in self.members else -1
        return self.members[(at + 1) % len(self.members)]
