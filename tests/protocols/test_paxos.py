"""Single-decree Paxos, rule by rule ("Paxos Made Simple"), and what a round costs."""

from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.actor import Effects, Impossible, Message, persistent_values
from protocols.ballot import Ballot
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.paxos import (
    Accept,
    Acceptance,
    Accepted,
    Chosen,
    Inquire,
    Nack,
    Paxos,
    PaxosOptions,
    PaxosState,
    Prepare,
    Promise,
    Proposal,
)

FIVE = ("n1", "n2", "n3", "n4", "n5")


class Node:
    """One node by hand: give it an input, look at its state and at what it wants to happen."""

    def __init__(self, me: str = "n1", options: dict[str, Any] | None = None, **fields: Any) -> None:
        self.paxos = Paxos(me, FIVE, PaxosOptions(**(options or {})))
        self.s = PaxosState(**fields)
        self.paxos.start(self.s, Effects())
        self.out = Effects()

    def receive(self, src: str, m: Message) -> "Node":
        self.out = Effects()
        self.paxos.handlers[type(m)](self.s, src, m, self.out)
        return self

    def ask(self, value: str, client: str = "c1", serial: int = 1) -> "Node":
        return self.receive(
            client, ClientRequest(Command("propose", value=value, client=client, serial=serial))
        )

    def promise(self, *accepted: Proposal | None) -> "Node":
        """The other nodes, in order, promise its ballot and report these."""
        for peer, proposal in zip(self.paxos.peers, accepted, strict=False):
            self.receive(peer, Promise(self.s.ballot, proposal))
        return self

    @property
    def sent(self) -> dict[str, Message]:
        return {to: what for to, what in self.out.outbox if to is not None}

    def saved_first(self) -> bool:
        return self.out.outbox[0] == (None, persistent_values(self.s))


def b(text: str) -> Ballot:
    round, _, node = text.partition(".")
    return Ballot(int(round), node)


def p(ballot: str, value: str) -> Proposal:
    return Proposal(b(ballot), value)


# --- ballots (section 2.5) ----------------------------------------------------------------------------------


def test_ballots_are_totally_ordered_rounds_first() -> None:
    """§2.5."""
    assert sorted([b("10.n1"), b("2.n3"), b("2.n1"), Ballot()]) == [
        Ballot(),
        b("2.n1"),
        b("2.n3"),
        b("10.n1"),
    ]
    assert [str(x) for x in (b("10.n1"), Ballot())] == ["10.n1", "0"]


def test_a_ballot_is_on_disk_before_anybody_hears_of_it_and_higher_than_all_seen() -> None:
    """§2.5: "remembers (in stable storage) the highest-numbered proposal it has tried to issue"."""
    node = Node(round=2, promised=b("6.n4")).ask("red")
    assert node.s.ballot == b("7.n1")
    assert node.saved_first()
    assert node.s.round == 7
    assert node.sent == dict.fromkeys(FIVE[1:], Prepare(b("7.n1")))


# --- phase 1 (section 2.2) ----------------------------------------------------------------------------------


def test_an_acceptor_promises_only_what_is_higher() -> None:
    """§2.2, phase 1(b): and says what it has accepted, after its promise is on disk."""
    node = Node(promised=b("3.n2"), accepted=p("3.n2", "red")).receive("n3", Prepare(b("3.n3")))
    assert node.sent == {"n3": Promise(b("3.n3"), p("3.n2", "red"))}
    assert node.saved_first()
    assert node.s.promised == b("3.n3")
    assert node.receive("n2", Prepare(b("3.n2"))).sent == {"n2": Nack(b("3.n2"), b("3.n3"))}
    assert node.receive("n3", Prepare(b("3.n3"))).sent == {}
    assert node.s.promised == b("3.n3")


def test_without_nacks_it_stays_silent() -> None:
    """§2.2: refusing aloud is an optimisation."""
    node = Node(options={"nacks": False}, promised=b("3.n2"))
    assert node.receive("n1", Prepare(b("1.n3"))).sent == {}
    assert node.receive("n1", Accept(b("1.n3"), "red")).sent == {}


# --- phase 2 (section 2.2) ----------------------------------------------------------------------------------


def test_a_proposer_waits_for_a_majority_and_is_free_if_none_reports_a_value() -> None:
    """§2.2, phase 2(a)."""
    node = Node().ask("red").promise(None)
    assert node.s.phase == "prepare"
    node.receive("n2", Promise(node.s.ballot, None))  # the same one again is not another
    assert node.s.phase == "prepare"
    node.receive("n3", Promise(node.s.ballot, None))
    assert node.sent["n5"] == Accept(b("1.n1"), "red")


@pytest.mark.parametrize("reports", [("1.n2 x", "4.n3 y"), ("4.n3 y", "1.n2 x"), ("3.n5 x", "4.n2 y")])
def test_a_proposer_must_take_the_value_of_the_highest_ballot_reported(reports: tuple[str, ...]) -> None:
    """§2.2, P2c: whichever comes first, and whatever it wanted itself."""
    node = Node(round=4).ask("red").promise(*[p(*text.split()) for text in reports])
    assert node.s.value == "y"
    assert node.sent["n4"] == Accept(b("5.n1"), "y")


def test_promises_for_another_ballot_do_not_count() -> None:
    """§2.2."""
    node = Node().ask("red")
    for peer in FIVE[1:]:
        node.receive(peer, Promise(b("9.n1"), p("8.n2", "blue")))
    assert node.s.phase == "prepare"


@pytest.mark.parametrize(("ballot", "accepted"), [("2.n9", False), ("3.n2", True), ("4.n1", True)])
def test_an_acceptor_accepts_unless_it_has_promised_higher(ballot: str, accepted: bool) -> None:
    """§2.2, phase 2(b), P1a: durably before it says so, and then it has promised that ballot, too."""
    node = Node("n5", promised=b("3.n2")).receive("n2", Accept(b(ballot), "red"))
    assert (node.s.accepted == p(ballot, "red")) is accepted
    if accepted:
        assert node.s.promised == b(ballot)
        assert node.saved_first()
        assert node.sent == {b(ballot).node: Accepted(b(ballot), "red")}
    else:
        assert node.sent == {"n2": Nack(b(ballot), b("3.n2"))}


# --- learning (section 2.3) ---------------------------------------------------------------------------------


def test_learners_count_per_ballot() -> None:
    """§2.3: acceptances of one value in different ballots are no majority."""
    node = Node()
    for acceptor, ballot in (("n2", "1.n1"), ("n3", "2.n1"), ("n4", "2.n1"), ("n4", "2.n1")):
        node.receive(acceptor, Accepted(b(ballot), "red"))
    assert [node.s.learned] == [None]
    node.receive("n5", Accepted(b("2.n1"), "red"))
    assert node.s.learned == "red"
    assert node.sent == dict.fromkeys(FIVE[1:], Chosen("red"))
    assert Acceptance("n2", b("1.n1"), "red") in node.s.acceptances


def test_a_client_is_told_what_was_chosen_not_what_it_asked_for() -> None:
    """§2.1: whoever comes later gets the same answer."""
    node = Node().ask("red", "c1", 4).ask("blue", "c2", 1)
    node.receive("n2", Chosen("green"))
    assert node.sent == {"c1": ClientReply(4, "ok", "green"), "c2": ClientReply(1, "ok", "green")}
    assert node.ask("red", "c3", 7).sent == {"c3": ClientReply(7, "ok", "green")}


def test_a_learner_that_wants_to_know_has_a_proposal_issued() -> None:
    """§2.3: a proposer issues one itself; a mere learner asks the proposers, who know or issue one."""
    node = Node()
    node.paxos.timeouts["learn"](node.s, node.out)
    assert node.s.phase == "prepare"
    mere = Node(options={"proposers": ("n2", "n3")})
    mere.paxos.timeouts["learn"](mere.s, mere.out)
    assert mere.sent == {"n2": Inquire(), "n3": Inquire()}
    assert Node("n2").receive("n1", Inquire()).s.phase == "prepare"
    assert Node("n2", learned="red").receive("n1", Inquire()).sent == {"n1": Chosen("red")}


# --- progress (section 2.4) ---------------------------------------------------------------------------------


def test_a_proposer_abandons_when_a_higher_ballot_has_begun_and_then_goes_above_it() -> None:
    """§2.2, §2.4: it is told, or its own acceptor promised it."""
    told = Node().ask("red").receive("n4", Nack(b("1.n1"), b("8.n4")))
    saw = Node().ask("red").receive("n4", Prepare(b("8.n4")))
    for node in (told, saw):
        assert node.s.phase == "backing-off"
        node.paxos.timeouts["retry"](node.s, node.out)
        assert node.s.ballot == b("9.n1")
    assert Node().ask("red").receive("n4", Nack(b("0.n1"), b("8.n4"))).s.phase == "prepare"


def test_only_a_distinguished_proposer_issues_proposals() -> None:
    """§2.4: the others send clients to it."""
    node = Node(options={"distinguished_proposer": "n3"}).ask("red")
    assert node.sent == {"c1": ClientReply(1, "redirect", leader="n3")}
    assert node.s.phase == "idle"


# --- roles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"acceptors": ()}, "role-nobody"),
        ({"proposers": ()}, "role-nobody"),
        ({"learners": ("n9",)}, "role-unknown-node"),
        ({"proposers": ("n2",), "distinguished_proposer": "n1"}, "role-not-proposer"),
    ],
)
def test_impossible_roles_are_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(Impossible) as why:
        Paxos.check(FIVE, PaxosOptions(**options))
    assert why.value.code == code


def test_the_refusal_of_a_role_is_a_sentence() -> None:
    with pytest.raises(Refused, match="names n9, which is no node here"):
        ClusterConfig.model_validate({"services": ["paxos"], "options": {"paxos": {"acceptors": ["n9"]}}})


@pytest.mark.parametrize(
    "disk",
    [{"promised": "x"}, {"accepted": "red"}, {"accepted": {"ballot": "1.n9", "value": "r"}}, {"round": -1}],
)
def test_a_disk_that_cannot_be_is_refused(disk: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="initial state of n1"):
        ClusterConfig.model_validate({"services": ["paxos"], "initial": {"n1": {"paxos": disk}}})


# --- what a round costs -------------------------------------------------------------------------------------


def clean_round(nodes: int, **options: Any) -> tuple[dict[str, int], int, int]:
    """Messages by type, and the one-way delays from the first Prepare until the value is chosen, and until
    every learner knows."""
    config = {
        "services": ["paxos"],
        "nodes": nodes,
        "network": {"delay": "10ms"},
        "options": {"paxos": options},
    }
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.execute("request c1 propose red at n1")
    sim.advance(1_000_000)
    counts: dict[str, int] = {}
    times: dict[str, int] = {}
    for e in sim.cluster.events:
        if e.kind == "send" and e.node != "c1" and e.body[1] != "ClientReply":
            counts[e.body[1]] = counts.get(e.body[1], 0) + 1
        for rule, _ in e.why:
            times[rule] = e.time if rule in ("learned", "chosen") else times.get(rule, e.time)
    first, last = times["prepare"], max(times["chosen"], times.get("learned", 0))
    return counts, (times["chosen"] - first) // 10_000, (last - first) // 10_000


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_a_round_costs_4n_messages_and_four_delays(n: int) -> None:
    """n acceptors, none of which is the proposer; the learners besides the proposer are told by it."""
    acceptors = [f"n{i}" for i in range(2, n + 2)]
    counts, chosen, known = clean_round(
        n + 1, proposers=["n1"], acceptors=acceptors, learners=["n1", *acceptors]
    )
    assert sum(counts[kind] for kind in ("Prepare", "Promise", "Accept", "Accepted")) == 4 * n
    assert counts["Chosen"] == n
    assert (chosen, known) == (4, 5)


@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_a_proposer_that_is_an_acceptor_saves_the_messages_to_itself(n: int) -> None:
    counts, chosen, known = clean_round(n)
    assert sum(counts[kind] for kind in ("Prepare", "Promise", "Accept", "Accepted")) == 4 * (n - 1)
    assert (chosen, known) == (4, 5)


def test_without_a_distinguished_learner_everybody_knows_a_delay_earlier_for_n_squared_messages() -> None:
    """§2.3: "a number of responses equal to the product of the number of acceptors and … learners"."""
    counts, chosen, known = clean_round(5, distinguishedLearner=False)
    assert counts == {"Prepare": 4, "Promise": 4, "Accept": 4, "Accepted": 5 * 4}
    assert (chosen, known) == (4, 4)


# --- duels (section 2.4) ------------------------------------------------------------------------------------


def duel(**options: Any) -> Simulation:
    config = {
        "services": ["paxos"],
        "clients": 2,
        "network": {"delay": "20ms"},
        "options": {"paxos": options},
    }
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.execute("request c1 propose red at n1")
    sim.advance(10_000)
    sim.execute("request c2 propose blue at n5")
    sim.advance(3_000_000)
    return sim


def states(sim: Simulation) -> list[PaxosState]:
    return [process.state for process in sim.cluster.processes if process.service == "paxos"]


def test_proposers_that_wait_equally_long_duel_for_ever() -> None:
    """§2.4: "neither of which are ever chosen"."""
    sim = duel(backoff="5ms")
    assert all(s.learned is None for s in states(sim))
    assert max(s.ballot.round for s in states(sim)) > 50


@pytest.mark.parametrize(
    "cure", [{"backoff": "5ms..150ms"}, {"distinguishedProposer": "n1", "backoff": "5ms"}]
)
def test_a_random_back_off_or_a_distinguished_proposer_ends_the_duel(cure: dict[str, Any]) -> None:
    """§2.4."""
    assert len({s.learned for s in states(duel(**cure))}) == 1
    assert states(duel(**cure))[0].learned is not None
