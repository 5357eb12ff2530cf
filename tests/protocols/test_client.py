"""The client: one operation at a time, retried until somebody answers, with one serial number."""

from typing import Any

from protocols.actor import Effects
from protocols.client import ANSWERS_KEPT, Client, ClientOptions, ClientReply, ClientRequest, ClientState
from protocols.key_value import Command

SERVERS = ("n1", "n2", "n3")


class Driven:
    def __init__(self) -> None:
        self.actor = Client("c1", SERVERS, ClientOptions())
        self.state: ClientState = self.actor.initial({})
        self.out = Effects()

    def ask(self, *command: Any, server: str | None = None) -> "Driven":
        self.out = Effects()
        self.actor.request(self.state, Command(*command), server, self.out)
        return self

    def hear(self, src: str, reply: ClientReply) -> "Driven":
        self.out = Effects()
        self.actor.on_client_reply(self.state, src, reply, self.out)
        return self

    def ring(self, timer: str) -> "Driven":
        self.out = Effects()
        self.actor.timeouts[timer](self.state, self.out)
        return self

    @property
    def sent(self) -> list[tuple[str | None, ClientRequest]]:
        return self.out.outbox

    @property
    def rules(self) -> list[str]:
        return [rule for rule, _ in self.out.reasons]


def command(serial: int, *rest: Any) -> Command:
    op, key, value = (*rest, "")[:3]
    return Command(op, key, value, "c1", serial)


def test_an_operation_carries_its_client_and_a_new_serial_number() -> None:
    """Dissertation §6.3: "clients assign unique serial numbers to every command"."""
    c = Driven().ask("put", "x", "7")
    assert c.sent == [("n1", ClientRequest(command(1, "put", "x", "7")))]
    c.hear("n1", ClientReply(1, "ok", "7")).ask("put", "x", "8")
    assert c.sent == [("n1", ClientRequest(command(2, "put", "x", "8")))]


def test_a_retry_keeps_the_serial_number_and_goes_to_the_next_server() -> None:
    """§8: "If a client's request … times out, [it tries] with randomly-chosen servers"; here in a round."""
    c = Driven().ask("add", "x", "1")
    asked = [c.sent[0]]
    for _ in range(3):
        asked += c.ring("retry").sent
    assert [to for to, _ in asked] == ["n1", "n2", "n3", "n1"]
    assert {request.command.serial for _, request in asked} == {1}


def test_a_redirect_is_followed_at_once() -> None:
    """§8."""
    c = Driven().ask("get", "x").hear("n1", ClientReply(1, "redirect", leader="n3"))
    assert c.sent == [("n3", ClientRequest(command(1, "get", "x")))]
    assert c.state.server == "n3"


def test_without_a_leader_it_waits_and_asks_the_next() -> None:
    """§8: it does not ask again at once, for an election takes its time."""
    c = Driven().ask("get", "x").hear("n1", ClientReply(1, "redirect"))
    assert not c.sent
    ((name, span),) = c.out.timers
    assert name == "retry"
    assert span is not None
    assert (span.low, span.high) == (60_000, 120_000)
    assert [to for to, _ in c.ring("retry").sent] == ["n2"]


def test_without_a_leader_it_asks_every_server_in_turn() -> None:
    """It must not pass over any: only one may know who leads."""
    c, asked = Driven().ask("get", "x"), ["n1"]
    while len(asked) <= len(SERVERS):
        c.hear(asked[-1], ClientReply(1, "redirect"))
        asked += [to for to, _ in c.ring("retry").sent if to]
    assert asked == [*SERVERS, "n1"]


def test_a_server_that_names_itself_is_not_followed_in_circles() -> None:
    c = Driven().ask("get", "x").hear("n1", ClientReply(1, "redirect", leader="n1"))
    assert not c.sent


def test_an_answer_is_kept_and_the_next_operation_goes_to_that_server() -> None:
    c = Driven().ask("get", "x").ring("retry").hear("n2", ClientReply(1, "ok", "7"))
    (answer,) = c.state.answers
    assert (answer.serial, answer.op, answer.key, answer.result, answer.server, answer.attempts) == (
        1,
        "get",
        "x",
        "7",
        "n2",
        2,
    )
    assert c.state.pending is None
    assert ("retry", None) in c.out.timers
    assert c.ask("get", "y").sent[0][0] == "n2"


def test_a_second_answer_is_ignored() -> None:
    """Answers may be duplicated or come late, after the next operation has begun."""
    c = Driven().ask("put", "x", "1").hear("n1", ClientReply(1, "ok", "1")).ask("put", "x", "2")
    c.hear("n1", ClientReply(1, "ok", "1"))
    assert c.rules == ["late-answer"]
    assert c.state.answered == 1
    assert c.state.pending is not None


def test_a_late_redirect_is_ignored() -> None:
    c = Driven().ask("put", "x", "1").hear("n1", ClientReply(1, "ok", "1"))
    c.hear("n2", ClientReply(1, "redirect", leader="n3"))
    assert not c.sent
    assert c.state.server == "n1"


def test_operations_wait_their_turn() -> None:
    """One at a time: a session knows only the latest serial (dissertation §6.3)."""
    c = Driven().ask("put", "x", "1")
    c.ask("put", "x", "2").ask("put", "x", "3")
    assert not c.sent
    c.hear("n1", ClientReply(1, "ok", "1"))
    assert c.sent == [("n1", ClientRequest(command(2, "put", "x", "2")))]
    c.hear("n1", ClientReply(2, "ok", "2"))
    assert c.sent == [("n1", ClientRequest(command(3, "put", "x", "3")))]
    assert c.state.waiting == ()


def test_a_server_may_be_named() -> None:
    assert Driven().ask("get", "x", server="n3").sent[0][0] == "n3"


def test_a_retry_timer_without_an_operation_does_nothing() -> None:
    assert not Driven().ring("retry").sent


def test_a_load_writes_steadily_but_one_at_a_time() -> None:
    c = Driven()
    c.actor.set_load(c.state, 5_000, c.out)
    assert len(c.ring("load").sent) == 1
    assert not c.ring("load").sent
    assert [name for name, _ in c.out.timers] == ["load"]
    c.hear("n1", ClientReply(1, "ok"))
    assert len(c.ring("load").sent) == 1


def test_a_load_can_be_stopped() -> None:
    c = Driven()
    c.actor.set_load(c.state, 5_000, c.out)
    c.out = Effects()
    c.actor.set_load(c.state, 0, c.out)
    assert c.out.timers == [("load", None)]


def test_only_the_latest_answers_are_remembered() -> None:
    c = Driven()
    for serial in range(1, ANSWERS_KEPT + 6):
        c.ask("put", "x", "1").hear("n1", ClientReply(serial, "ok", "1"))
    assert len(c.state.answers) == ANSWERS_KEPT
    assert c.state.answers[-1].serial == ANSWERS_KEPT + 5
    assert c.state.answered == ANSWERS_KEPT + 5
