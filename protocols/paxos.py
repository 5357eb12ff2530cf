"""Paxos, one decree: Lamport, "Paxos Made Simple" (2001); first told in "The Part-Time Parliament" (1998).

Sections cited are those of "Paxos Made Simple". A node plays one or more of three roles: proposers issue
proposals (a ballot and a value), acceptors vote on them, learners find out which value was chosen. A value is
chosen when a majority of the acceptors has accepted it *in one ballot* (section 2.2).

    phase 1   Prepare(n)  ->  Promise(n, the highest-numbered proposal accepted so far)
    phase 2   Accept(n, v)  ->  Accepted(n, v)

A node's message to itself takes no network: it is handled at once. So with n acceptors a round costs 4n
messages when its proposer is none of them, and 4(n - 1) when it is one; the value is chosen, and its
proposer knows, after four one-way delays. Acceptors answer the proposer alone, as a distinguished learner
that tells the others with one message each (section 2.3), unless `distinguished_learner` is off: then they
tell every learner.

A learner that wants to know "can have a proposer issue a proposal" (section 2.3): the timer `learn` does.
Left out: the election of a distinguished proposer (here it is an option; `multi_paxos.py` elects one).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from protocols.actor import Actor, Effects, Impossible, Message, Span, State, Volatile
from protocols.ballot import Ballot, read_ballot
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command

T = TypeVar("T")
Proposer = Annotated[T, msgspec.Meta(extra={"group": "proposer"})]
ProposerDisk = Annotated[T, msgspec.Meta(extra={"group": "proposer", "durable": True})]
AcceptorDisk = Annotated[T, msgspec.Meta(extra={"group": "acceptor", "durable": True})]
Learner = Annotated[T, msgspec.Meta(extra={"group": "learner"})]

Phase = Literal["idle", "prepare", "accept", "backing-off"]

# --- messages (section 2.2, 2.3) ----------------------------------------------------------------------------


class Proposal(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A ballot and a value; what an acceptor accepts."""

    ballot: Ballot
    value: str


class Prepare(Message, frozen=True):
    """Promise never again to accept anything numbered less than `ballot`; what have you accepted so far?"""

    family = "vote"

    ballot: Ballot


class Promise(Message, frozen=True):
    family = "vote"

    ballot: Ballot
    accepted: Proposal | None


class Accept(Message, frozen=True):
    family = "propose"

    ballot: Ballot
    value: str


class Accepted(Message, frozen=True):
    family = "ack"

    ballot: Ballot
    value: str


class Nack(Message, frozen=True):
    """`ballot` is refused: a higher one has been promised. Only so that its proposer knows (section 2.2)."""

    family = "abort"

    ballot: Ballot
    promised: Ballot


class Chosen(Message, frozen=True):
    """A distinguished learner informs the others (section 2.3)."""

    family = "commit"

    value: str


class Inquire(Message, frozen=True):
    """A learner that is no proposer asks one to find out what was chosen, if anything (section 2.3)."""


# --- state --------------------------------------------------------------------------------------------------


class Acceptance(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a learner has heard: `acceptor` has accepted this proposal."""

    acceptor: str
    ballot: Ballot
    value: str


class PaxosState(State):
    roles: Volatile[tuple[str, ...]] = ()
    # Proposer: "remembers in stable storage the highest-numbered proposal it has tried to issue" (2.5).
    round: ProposerDisk[int] = 0
    phase: Proposer[Phase] = "idle"
    ballot: Proposer[Ballot] = Ballot()
    wanted: Proposer[str | None] = None
    promises: Proposer[dict[str, Proposal | None]] = {}
    value: Proposer[str | None] = None
    waiting: Proposer[dict[str, int]] = {}
    # Acceptor: "must remember this information even if it fails and then restarts" (2.2).
    promised: AcceptorDisk[Ballot] = Ballot()
    accepted: AcceptorDisk[Proposal | None] = None
    # Learner.
    acceptances: Learner[tuple[Acceptance, ...]] = ()
    learned: Learner[str | None] = None


class PaxosOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """`proposers`, `acceptors`, `learners`: who plays which role; everybody plays all of them by default."""

    proposers: tuple[str, ...] | None = None
    acceptors: tuple[str, ...] | None = None
    learners: tuple[str, ...] | None = None
    distinguished_proposer: str | None = None
    distinguished_learner: bool = True
    nacks: bool = True
    timeout: Span = Span(200_000, 300_000)
    backoff: Span = Span(20_000, 200_000)
    inquiry: Span = Span(4_000_000, 8_000_000)


ROLES = ("proposers", "acceptors", "learners")


class Paxos(Actor[PaxosState, PaxosOptions]):
    """One node, in all of its roles."""

    messages = (Prepare, Promise, Accept, Accepted, Nack, Chosen, Inquire, ClientRequest)
    timers = ("retry", "learn")
    operations = {"propose": ("value",)}

    def __init__(self, me: str, members: tuple[str, ...], options: PaxosOptions) -> None:
        super().__init__(me, members, options)
        self.proposers, self.acceptors, self.learners = (in_order(members, options, role) for role in ROLES)
        distinguished = options.distinguished_proposer
        self.issuers = (distinguished,) if distinguished else self.proposers
        """"The only one to try issuing proposals" (section 2.4), or else every proposer."""

    @classmethod
    def check(cls, members: tuple[str, ...], options: PaxosOptions) -> None:
        for role in ROLES:
            named = getattr(options, role)
            for name in named or ():
                if name not in members:
                    raise Impossible("role-unknown-node", role=role, node=name, known=", ".join(members))
            if named == () and role != "learners":
                raise Impossible("role-nobody", role=role)
        proposers = in_order(members, options, "proposers")
        if options.distinguished_proposer not in (None, *proposers):
            node, known = options.distinguished_proposer, ", ".join(proposers)
            raise Impossible("role-not-proposer", node=node, known=known)

    @classmethod
    def workload(cls, number: int) -> Command:
        return Command("propose", value=f"v{number}")

    # --- start and restart --------------------------------------------------------------------------------

    def initial(self, durable: Mapping[str, Any]) -> PaxosState:
        """`durable` may give round, promised ("2.n1") and accepted ({ ballot = "1.n1", value = "blue" })."""
        values = dict(durable)
        promised = read_ballot(values.get("promised", 0), self.members)
        accepted = read_proposal(values.get("accepted"), self.members)
        ballots = [promised, *([accepted.ballot] if accepted else [])]
        round = values.get("round", max([b.round for b in ballots if b.node == self.me], default=0))
        if not isinstance(round, int) or isinstance(round, bool) or round < 0:
            raise ValueError(f"round is a whole number from 0, not {round!r}")
        return PaxosState(round=round, promised=max(ballots), accepted=accepted)

    def start(self, s: PaxosState, out: Effects) -> None:
        s.roles = tuple(role[:-1] for role in ROLES if self.me in getattr(self, role))
        out.set_timer("learn", self.options.inquiry)

    def restart(self, s: PaxosState, out: Effects) -> None:
        """What was promised and accepted still binds it; the rest is learned again."""
        out.explain("recovered", round=s.round, promised=s.promised, accepted=said(s.accepted))
        self.start(s, out)

    # --- what a client asks for ---------------------------------------------------------------------------

    def on_client_request(self, s: PaxosState, src: str, m: ClientRequest, out: Effects) -> None:
        c = m.command
        if s.learned is not None:
            self.answer(s, src, c.serial, s.learned, out)
        elif self.me not in self.issuers:
            proposer = self.nearest_issuer()
            out.explain("redirect", client=src, proposer=proposer)
            out.send(src, ClientReply(c.serial, "redirect", leader=proposer))
        else:
            s.waiting = {**s.waiting, src: c.serial}
            s.wanted = c.value if s.wanted is None else s.wanted
            out.explain("wanted", client=src, value=c.value, wanted=s.wanted)
            if s.phase == "idle":
                self.issue(s, out)

    # --- phase 1: prepare and promise (section 2.2) -------------------------------------------------------

    def issue(self, s: PaxosState, out: Effects) -> None:
        """A proposer selects a number, higher than any it has used or seen, and asks the acceptors."""
        s.round = max(s.round, s.promised.round) + 1
        s.ballot = Ballot(s.round, self.me)
        s.phase, s.promises, s.value = "prepare", {}, None
        out.explain("prepare", ballot=s.ballot, acceptors=self.acceptors)
        out.set_timer("retry", self.options.timeout)
        self.keep_round(s, out)
        self.tell(s, self.acceptors, Prepare(s.ballot), out)

    def on_prepare(self, s: PaxosState, src: str, m: Prepare, out: Effects) -> None:
        if m.ballot > s.promised:
            out.explain("promise", proposer=src, ballot=m.ballot, accepted=said(s.accepted))
            s.promised = m.ballot
            self.keep_promise(s, out)
            self.tell(s, (src,), Promise(m.ballot, s.accepted), out)
            self.abandon(s, m.ballot, out)
        elif m.ballot < s.promised:
            out.explain("prepare-refused", proposer=src, ballot=m.ballot, promised=s.promised)
            self.refuse(s, src, m.ballot, out)
        else:
            out.explain("prepare-repeated", proposer=src, ballot=m.ballot)

    def on_promise(self, s: PaxosState, src: str, m: Promise, out: Effects) -> None:
        if s.phase != "prepare" or m.ballot != s.ballot:
            out.explain("promise-late", acceptor=src, ballot=m.ballot)
            return
        s.promises = {**s.promises, src: m.accepted}
        out.explain("promise-counted", acceptor=src, have=len(s.promises), need=self.majority)
        if self.is_quorum(s.promises):
            self.propose(s, out)

    # --- phase 2: accept (section 2.2) --------------------------------------------------------------------

    def propose(self, s: PaxosState, out: Effects) -> None:
        """A majority has promised: the value is that of the highest-numbered proposal among the responses,
        and the proposer's own only if the responders reported no proposals."""
        ballot, quorum, of = s.ballot, tuple(s.promises), len(self.acceptors)
        reported = self.reported(s.promises)
        if reported is not None:
            s.value, highest = reported.value, reported.ballot
            out.explain("adopt", ballot=ballot, value=s.value, highest=highest, quorum=quorum, of=of)
        elif s.wanted is not None:
            s.value = s.wanted
            out.explain("free", ballot=ballot, value=s.value, quorum=quorum, of=of)
        else:
            out.explain("nothing-to-propose", ballot=ballot, quorum=quorum, of=of)
            s.phase = "idle"
            out.cancel_timer("retry")
            return
        s.phase = "accept"
        out.set_timer("retry", self.options.timeout)
        self.tell(s, self.acceptors, Accept(s.ballot, s.value), out)

    def on_accept(self, s: PaxosState, src: str, m: Accept, out: Effects) -> None:
        """ "Unless it has already responded to a prepare request having a number greater than n"."""
        if self.may_accept(s, m.ballot):
            out.explain("accept", proposer=src, ballot=m.ballot, value=m.value)
            s.promised = self.raised(s, m.ballot)
            s.accepted = Proposal(m.ballot, m.value)
            self.keep_acceptance(s, out)
            self.tell(s, self.audience(m.ballot), Accepted(m.ballot, m.value), out)
            self.abandon(s, m.ballot, out)
        else:
            out.explain("accept-refused", proposer=src, ballot=m.ballot, promised=s.promised)
            self.refuse(s, src, m.ballot, out)

    # --- learning a chosen value (section 2.3) ------------------------------------------------------------

    def on_accepted(self, s: PaxosState, src: str, m: Accepted, out: Effects) -> None:
        heard = Acceptance(src, m.ballot, m.value)
        if heard not in s.acceptances:
            s.acceptances += (heard,)
        if s.learned is not None:
            out.explain("acceptance-late", acceptor=src, ballot=m.ballot, value=m.value)
            return
        voters = self.voters(s, m)
        out.explain("acceptance-counted", acceptor=src, ballot=m.ballot, have=len(voters), need=self.majority)
        if self.is_quorum(voters):
            of = len(self.acceptors)
            out.explain("chosen", value=m.value, ballot=m.ballot, quorum=voters, of=of)
            self.learn(s, m.value, out)
            if self.options.distinguished_learner:
                self.tell(s, [name for name in self.learners if name != self.me], Chosen(m.value), out)

    def on_chosen(self, s: PaxosState, src: str, m: Chosen, out: Effects) -> None:
        if s.learned is None:
            out.explain("learned", source=src, value=m.value)
            self.learn(s, m.value, out)

    def on_inquire(self, s: PaxosState, src: str, m: Inquire, out: Effects) -> None:
        out.explain("inquiry", learner=src, learned=s.learned)
        if s.learned is not None:
            out.send(src, Chosen(s.learned))
        elif s.phase == "idle" and self.me in self.issuers:
            self.issue(s, out)

    def on_learn_timeout(self, s: PaxosState, out: Effects) -> None:
        """A learner that does not know yet has a proposer issue a proposal."""
        out.explain("inquire")
        out.set_timer("learn", self.options.inquiry)
        if self.me not in self.issuers:
            self.tell(s, self.issuers, Inquire(), out)
        elif s.phase == "idle":
            self.issue(s, out)

    # --- progress (section 2.4) ---------------------------------------------------------------------------

    def on_nack(self, s: PaxosState, src: str, m: Nack, out: Effects) -> None:
        out.explain("nack", acceptor=src, ballot=m.ballot, promised=m.promised)
        s.round = max(s.round, m.promised.round)
        if m.ballot == s.ballot:
            self.abandon(s, m.promised, out)

    def abandon(self, s: PaxosState, higher: Ballot, out: Effects) -> None:
        """ "It is probably a good idea to abandon a proposal if some proposer has begun trying to issue a
        higher-numbered one" (section 2.2). When all wait equally long before the next, they may do so for
        ever; a random back-off, or one distinguished proposer, lets one of them through."""
        if s.phase in ("prepare", "accept") and higher > s.ballot:
            out.explain("abandon", ballot=s.ballot, higher=higher)
            s.phase = "backing-off"
            out.set_timer("retry", self.options.backoff)

    def on_retry_timeout(self, s: PaxosState, out: Effects) -> None:
        out.explain("retry", ballot=s.ballot, phase=s.phase)
        self.issue(s, out)

    # --- rules, one function each -------------------------------------------------------------------------

    @property
    def majority(self) -> int:
        return len(self.acceptors) // 2 + 1

    def is_quorum(self, names: Collection[str]) -> bool:
        """Any two majorities have an acceptor in common (section 2.1)."""
        return len(names) >= self.majority

    def reported(self, promises: Mapping[str, Proposal | None]) -> Proposal | None:
        """The highest-numbered proposal among the responses, or none (P2c, section 2.2)."""
        return max((p for p in promises.values() if p), key=lambda p: p.ballot, default=None)

    def may_accept(self, s: PaxosState, ballot: Ballot) -> bool:
        return ballot >= s.promised

    def raised(self, s: PaxosState, ballot: Ballot) -> Ballot:
        """To accept a ballot is to promise it, too."""
        return ballot

    def keep_round(self, s: PaxosState, out: Effects) -> None:
        out.save(s)  # no ballot is ever used twice, not even after a crash

    def keep_promise(self, s: PaxosState, out: Effects) -> None:
        out.save(s)  # durable before the response is sent

    def keep_acceptance(self, s: PaxosState, out: Effects) -> None:
        out.save(s)  # durable before the response is sent

    def voters(self, s: PaxosState, m: Accepted) -> tuple[str, ...]:
        """Who is known to have accepted in this very ballot: acceptances of other ballots do not add up."""
        return tuple(sorted(a.acceptor for a in s.acceptances if a.ballot == m.ballot))

    # --- helpers ------------------------------------------------------------------------------------------

    def learn(self, s: PaxosState, value: str, out: Effects) -> None:
        s.learned = value
        s.phase = "idle"
        out.cancel_timer("retry")
        out.cancel_timer("learn")
        waiting, s.waiting = s.waiting, {}
        for client, serial in waiting.items():
            self.answer(s, client, serial, value, out)

    def answer(self, s: PaxosState, client: str, serial: int, value: str, out: Effects) -> None:
        out.explain("answer", client=client, value=value)
        out.send(client, ClientReply(serial, "ok", value))

    def refuse(self, s: PaxosState, proposer: str, ballot: Ballot, out: Effects) -> None:
        if self.options.nacks:
            self.tell(s, (proposer,), Nack(ballot, s.promised), out)

    def audience(self, ballot: Ballot) -> tuple[str, ...]:
        """Whom an acceptor tells: the ballot's proposer; without a distinguished learner, all learners."""
        if self.options.distinguished_learner:
            return (ballot.node,)
        return tuple(name for name in self.members if name in self.learners or name == ballot.node)

    def nearest_issuer(self) -> str:
        """The next node, round and round, that issues proposals."""
        at = self.members.index(self.me)
        return next(n for n in (*self.members[at:], *self.members[:at]) if n in self.issuers)

    def tell(self, s: PaxosState, names: Collection[str], m: Message, out: Effects) -> None:
        """Send `m` to each; what goes to this very node is handled at once."""
        if self.me in names:
            self.handlers[type(m)](s, self.me, m, out)
        for name in names:
            if name != self.me:
                out.send(name, m)


def in_order(members: tuple[str, ...], options: PaxosOptions, role: str) -> tuple[str, ...]:
    """Who plays a role, in the order of the members."""
    named = getattr(options, role)
    return members if named is None else tuple(name for name in members if name in named)


def said(accepted: Proposal | None) -> str | None:
    """A proposal as sentences write it: `2.n1 blue`."""
    return f"{accepted.ballot} {accepted.value}" if accepted else None


def read_proposal(item: Any, members: tuple[str, ...]) -> Proposal | None:
    """A proposal as people write it: a table of `ballot` ("1.n1") and `value`."""
    if item is None:
        return None
    if not (
        isinstance(item, Mapping) and set(item) == {"ballot", "value"} and isinstance(item["value"], str)
    ):
        example = f'{{ ballot = "1.{members[0]}", value = "blue" }}'
        raise ValueError(f"what was accepted is {example}, not {item!r}")
    return Proposal(read_ballot(item["ballot"], members), item["value"])
