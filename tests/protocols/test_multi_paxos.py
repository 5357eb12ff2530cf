"""Multi-Paxos, rule by rule ("Paxos Made Simple", section 3), and what a command costs."""

from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.actor import Effects, Message, persistent_values
from protocols.ballot import Ballot
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.multi_paxos import (
    Accept,
    Accepted,
    Fetch,
    Heartbeat,
    Learn,
    MultiPaxos,
    MultiPaxosOptions,
    MultiPaxosState,
    Nack,
    Prepare,
    Promise,
    Proposal,
)

FIVE = ("n1", "n2", "n3", "n4", "n5")
X, Y, Z = (Command("put", key, "1", "c1", i) for i, key in enumerate("xyz", start=1))


def b(text: str) -> Ballot:
    round, _, node = text.partition(".")
    return Ballot(int(round), node)


class Node:
    """One node by hand: give it an input, look at its state and at what it wants to happen."""

    def __init__(self, me: str = "n1", **fields: Any) -> None:
        self.actor = MultiPaxos(me, FIVE, MultiPaxosOptions())
        self.s = MultiPaxosState(**fields)
        self.actor.start(self.s, Effects())
        self.out = Effects()

    def receive(self, src: str, m: Message) -> "Node":
        self.out = Effects()
        self.actor.handlers[type(m)](self.s, src, m, self.out)
        return self

    def ring(self, timer: str) -> "Node":
        self.out = Effects()
        self.actor.timeouts[timer](self.s, self.out)
        return self

    def lead(self, *reports: dict[int, Proposal], chosen: tuple[Command | None, ...] = ()) -> "Node":
        """Its timer fires, and n2 and n3 promise and report these."""
        self.ring("election")
        first = len(self.s.log) + 1
        for peer, report in zip(("n2", "n3"), (*reports, {}, {}), strict=False):
            self.receive(peer, Promise(self.s.ballot, first, report, chosen))
        return self

    def ask(self, c: Command) -> "Node":
        return self.receive(c.client, ClientRequest(c))

    def sent(self, kind: type[Message], to: str = "n5") -> list[Any]:
        return [m for dst, m in self.out.outbox if dst == to and isinstance(m, kind)]

    @property
    def log(self) -> list[Command | None]:
        return list(self.s.log)

    @property
    def answers(self) -> list[Any]:
        return [m for _, m in self.out.outbox if isinstance(m, ClientReply)]

    def saved_first(self) -> bool:
        return self.out.outbox[0] == (None, persistent_values(self.s))


# --- phase 1, once for all slots ----------------------------------------------------------------------------


def test_a_candidate_asks_once_for_all_slots_from_its_first_unknown_one() -> None:
    """§3: "a leader executes phase 1 for infinitely many instances"; its ballot is on disk first (§2.5)."""
    node = Node(log=(X, Y), promised=b("4.n2")).ring("election")
    assert node.sent(Prepare) == [Prepare(b("5.n1"), 3)]
    assert node.saved_first()
    assert node.s.round == 5


def test_a_promise_reports_all_that_was_accepted_from_there_on() -> None:
    """§3: the acceptor's one message answers for every slot; what it knows to be chosen, it says."""
    accepted = {2: Proposal(b("1.n2"), Y), 4: Proposal(b("2.n3"), Z)}
    node = Node(log=(X, Y), accepted=accepted, promised=b("2.n3")).receive("n5", Prepare(b("3.n5"), 2))
    assert node.sent(Promise) == [Promise(b("3.n5"), 2, accepted, (Y,))]
    assert node.saved_first()
    assert node.receive("n4", Prepare(b("3.n4"), 2)).sent(Nack, "n4") == [Nack(b("3.n4"), b("3.n5"))]


def test_a_new_leader_proposes_what_was_reported_and_fills_holes_with_no_ops() -> None:
    """§3: slot 2 has two reports, slot 3 none, slot 4 one; the highest ballot counts in each slot."""
    node = Node(log=(X,)).lead(
        {2: Proposal(b("1.n2"), Y)}, {2: Proposal(b("3.n3"), Z), 4: Proposal(b("1.n2"), Y)}
    )
    assert node.s.role == "leader"
    wanted = [(2, Z), (3, None), (4, Y)]
    assert [(m.slot, m.value) for m in node.sent(Accept)] == wanted
    assert {m.ballot for m in node.sent(Accept)} == {node.s.ballot}
    assert node.s.next_slot == 5
    assert node.actor.leadership(node.s) == node.s.ballot.round


def test_a_new_leader_learns_from_the_promises_what_is_chosen_already() -> None:
    """§3: no slot that an acceptor knows to be chosen is proposed again."""
    node = Node().lead({1: Proposal(b("1.n2"), X)}, chosen=(X, Y))
    assert node.s.log == (X, Y)
    assert not node.sent(Accept)


# --- phase 2, once a slot -----------------------------------------------------------------------------------


def test_commands_get_slots_in_turn_and_are_executed_in_order() -> None:
    """§3: slot 2 is chosen first, and waits for slot 1."""
    node = Node().lead().ask(X).ask(Y)
    assert node.sent(Accept) == [Accept(b("1.n1"), 2, Y, 0)]
    for peer in ("n2", "n3"):
        node.receive(peer, Accepted(b("1.n1"), 2))
    assert (node.s.chosen, node.log, node.answers) == ({2: Y}, [], [])
    for peer in ("n4", "n4"):
        node.receive(peer, Accepted(b("1.n1"), 1))
    assert not node.log
    node.receive("n5", Accepted(b("1.n1"), 1))
    assert node.log == [X, Y]
    assert node.answers == [ClientReply(1, "ok", "1"), ClientReply(2, "ok", "1")]


def test_an_acceptor_is_bound_by_its_promise_in_all_slots() -> None:
    """§2.2, P1a: and accepting is durable, and a promise."""
    node = Node(promised=b("3.n3"))
    assert node.receive("n2", Accept(b("2.n2"), 9, X, 0)).sent(Nack, "n2") == [Nack(b("2.n2"), b("3.n3"))]
    node.receive("n5", Accept(b("3.n5"), 7, X, 0))
    assert node.s.accepted == {7: Proposal(b("3.n5"), X)}
    assert node.s.promised == b("3.n5")
    assert node.saved_first()
    assert node.sent(Accepted) == [Accepted(b("3.n5"), 7)]


def test_a_command_is_executed_once_however_often_it_is_asked_for() -> None:
    """The client's serial number tells: waiting for its slot, or executed already."""
    node = Node().lead().ask(X).ask(X)
    assert node.s.next_slot == 2
    for peer in ("n2", "n3"):
        node.receive(peer, Accepted(b("1.n1"), 1))
    assert node.ask(X).answers == [ClientReply(1, "ok", "1")]
    assert Node().ask(X).answers == [ClientReply(1, "redirect")]


def test_a_leader_sends_again_what_stays_without_a_majority() -> None:
    """§2.4: after a whole heartbeat interval, and only to those that have not answered."""
    node = Node().lead().ask(X).receive("n4", Accepted(b("1.n1"), 1)).ring("heartbeat")
    assert not node.sent(Accept)
    node.ring("heartbeat")
    assert node.sent(Accept) == [Accept(b("1.n1"), 1, X, 0)]
    assert not node.sent(Accept, "n4")


# --- learning -----------------------------------------------------------------------------------------------


def test_an_accept_says_what_is_chosen_before_it() -> None:
    """§3: what was accepted from this very leader is the chosen value; the rest must be asked for."""
    node = Node(accepted={1: Proposal(b("2.n5"), X), 2: Proposal(b("1.n4"), Y)})
    node.receive("n5", Accept(b("2.n5"), 3, Z, 2))
    assert node.log == [X]
    node.receive("n5", Heartbeat(b("2.n5"), 2))
    assert node.sent(Fetch) == [Fetch(2)]
    node.receive("n5", Learn(2, (None, Z)))
    assert node.log == [X, None, Z]


def test_who_knows_supplies_who_was_away() -> None:
    node = Node(log=(X, Y, Z)).receive("n5", Fetch(2))
    assert node.sent(Learn) == [Learn(2, (Y, Z))]
    assert not node.receive("n5", Fetch(4)).sent(Learn)


def test_a_leader_is_deposed_by_a_higher_ballot() -> None:
    """§2.2: told by an acceptor, or by the other itself."""
    told = Node().lead().receive("n4", Nack(b("1.n1"), b("5.n3")))
    saw = Node().lead().receive("n3", Heartbeat(b("5.n3"), 0))
    for node in (told, saw):
        assert node.s.role == "follower"
    assert told.ring("election").s.ballot == b("6.n1")
    assert Node(promised=b("5.n3")).receive("n1", Heartbeat(b("1.n1"), 0)).sent(Nack, "n1")


def test_a_restart_executes_the_log_again() -> None:
    s = MultiPaxosState(log=(X, None, Y))
    MultiPaxos("n1", FIVE, MultiPaxosOptions()).restart(s, Effects())
    assert s.data == {"x": "1", "y": "1"}
    assert s.executed == 3


@pytest.mark.parametrize(
    "disk",
    [{"log": ["x"]}, {"log": 3}, {"accepted": {"0": {}}}, {"accepted": {"1": "x=1"}}, {"promised": "n1"}],
)
def test_a_disk_that_cannot_be_is_refused(disk: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="initial state of n1"):
        ClusterConfig.model_validate({"services": ["multi-paxos"], "initial": {"n1": {"multi-paxos": disk}}})


# --- what a command costs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_the_steady_state_costs_two_messages_a_peer_and_two_delays(n: int) -> None:
    """And all know after three, when the next command makes the leader send at once. Four commands are chosen
    with Accept and Accepted alone: no phase 1, and what is chosen rides on the next Accept."""
    config = {
        "services": ["multi-paxos"],
        "nodes": n,
        "clients": 4,
        "network": {"delay": "10ms"},
        "options": {"multi-paxos": {"electionTimeout": "20s..30s", "heartbeat": "5s"}},
    }
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.execute("timeout n1 election")
    sim.advance(100_000)
    start = len(sim.cluster.events)
    for client in ("c1", "c2", "c3", "c4"):
        sim.execute(f"request {client} put {client} 1 at n1")
        sim.advance(sim.now + 20_000)
    sim.advance(sim.now + 50_000)
    events = sim.cluster.events[start:]
    kinds = [e.body[1] for e in events if e.kind == "send" and e.node[0] == "n" and e.body[0][0] == "n"]
    assert (kinds.count("Accept"), kinds.count("Accepted")) == (4 * (n - 1), 4 * (n - 1))
    assert len(kinds) == 4 * 2 * (n - 1)
    at: dict[tuple[str, int], int] = {}
    for e in events:
        for rule, data in e.why:
            if rule in ("assign-slot", "chosen", "learned"):
                at[rule, data["slot"]] = e.time
    for slot in (1, 2, 3):
        assert at["chosen", slot] - at["assign-slot", slot] == 20_000
        assert at["learned", slot] - at["assign-slot", slot] == 30_000
