"""Multi-Paxos: Lamport, "Paxos Made Simple" (2001), section 3; "The Part-Time Parliament" (1998), section 3.

A sequence of instances of Paxos, one for each slot of a replicated log; the value of a slot is a command for
the state machine, or None, a no-op that does nothing. One proposer is distinguished: the leader. It executes
phase 1 once, for all slots at a time, and then needs phase 2 only:

    when it begins       Prepare(n, first)  ->  Promise(n, what was accepted from slot `first` on)
    for every command    Accept(n, slot, v, chosen)  ->  Accepted(n, slot)

That is 2(n - 1) messages a command. A slot is chosen two one-way delays after the leader has the command; the
others learn it with the leader's next message, an Accept or a Heartbeat, which says up to which slot all is
chosen: after three delays, when that message leaves at once.

Every node is proposer, acceptor and learner (`paxos.py` can separate the roles). Lamport leaves the election
of a leader open: here a node that hears nothing from a leader for a random time tries to become it, as in
Raft. Left out: a limit to how far a leader may be ahead, reconfiguration, deleting what all have executed.

Slots start at 1.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from protocols.actor import Actor, Effects, Message, Span, State, Volatile
from protocols.ballot import Ballot, read_accepted, read_ballot, read_value
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command, Data, Sessions, execute

T = TypeVar("T")
Proposer = Annotated[T, msgspec.Meta(extra={"group": "proposer"})]
ProposerDisk = Annotated[T, msgspec.Meta(extra={"group": "proposer", "durable": True})]
AcceptorDisk = Annotated[T, msgspec.Meta(extra={"group": "acceptor", "durable": True})]
Learner = Annotated[T, msgspec.Meta(extra={"group": "learner"})]
LearnerDisk = Annotated[T, msgspec.Meta(extra={"group": "learner", "durable": True})]

Role = Literal["recovering", "follower", "candidate", "leader"]
Value = Command | None
TALLIES_KEPT = 8
"""For so many executed slots a leader still shows who accepted."""

# --- messages (section 3) -----------------------------------------------------------------------------------


class Proposal(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A ballot and a value; what an acceptor accepts in a slot."""

    ballot: Ballot
    value: Value


class Prepare(Message, frozen=True):
    """Phase 1(a) for `first` and all later slots at once."""

    family = "vote"

    ballot: Ballot
    first: int


class Promise(Message, frozen=True):
    """What has been accepted from slot `first` on; and, of those slots, what is known to be chosen."""

    family = "vote"

    ballot: Ballot
    first: int
    accepted: dict[int, Proposal]
    chosen: tuple[Value, ...]


class Accept(Message, frozen=True):
    """Phase 2(a) for one slot; all slots up to `chosen` are chosen."""

    family = "propose"

    ballot: Ballot
    slot: int
    value: Value
    chosen: int


class Accepted(Message, frozen=True):
    family = "ack"

    ballot: Ballot
    slot: int


class Nack(Message, frozen=True):
    """`ballot` is refused: a higher one has been promised."""

    family = "abort"

    ballot: Ballot
    promised: Ballot


class Heartbeat(Message, frozen=True):
    """The leader is there; all slots up to `chosen` are chosen."""

    family = "append"

    ballot: Ballot
    chosen: int


class Fetch(Message, frozen=True):
    """What was chosen from slot `first` on?"""

    family = "sync"

    first: int


class Learn(Message, frozen=True):
    """What was chosen in slot `first` and those after it."""

    family = "sync"

    first: int
    values: tuple[Value, ...]


# --- state --------------------------------------------------------------------------------------------------


class MultiPaxosState(State):
    role: Volatile[Role] = "recovering"
    leader_id: Volatile[str | None] = None
    # Proposer.
    round: ProposerDisk[int] = 0
    ballot: Proposer[Ballot] = Ballot()
    promises: Proposer[dict[str, dict[int, Proposal]]] = {}
    next_slot: Proposer[int] = 0
    proposals: Proposer[dict[int, Value]] = {}
    acceptances: Proposer[dict[int, tuple[str, ...]]] = {}
    waiting: Proposer[dict[int, str]] = {}
    in_flight: Proposer[int] = 0
    # Acceptor: durable before the response is sent.
    promised: AcceptorDisk[Ballot] = Ballot()
    accepted: AcceptorDisk[dict[int, Proposal]] = {}
    # Learner: the chosen slots without a hole, what is chosen beyond, and the state machine.
    log: LearnerDisk[tuple[Value, ...]] = ()
    chosen: Learner[dict[int, Value]] = {}
    executed: Learner[int] = 0
    data: Learner[Data] = {}
    sessions: Learner[Sessions] = {}


class MultiPaxosOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    election_timeout: Span = Span(150_000, 300_000)
    heartbeat: Span = Span(50_000)
    batch: Annotated[int, msgspec.Meta(ge=1)] = 64


class MultiPaxos(Actor[MultiPaxosState, MultiPaxosOptions]):
    """One node: proposer, acceptor and learner."""

    messages = (Prepare, Promise, Accept, Accepted, Nack, Heartbeat, Fetch, Learn, ClientRequest)
    timers = ("election", "heartbeat")

    def leadership(self, s: MultiPaxosState) -> int | None:
        return s.ballot.round if s.role == "leader" else None

    # --- start and restart --------------------------------------------------------------------------------

    def initial(self, durable: Mapping[str, Any]) -> MultiPaxosState:
        """`durable` may give round, promised ("2.n1"), log (["x=1", "no-op"]) and accepted, by slot:
        { 3 = { ballot = "1.n1", value = "x=3" } }."""
        promised = read_ballot(durable.get("promised", 0), self.members)
        on_disk = read_accepted(durable.get("accepted", {}), self.members)
        accepted = {slot: Proposal(ballot, value) for slot, (ballot, value) in on_disk.items()}
        ballots = [promised, *[p.ballot for p in accepted.values()]]
        round = durable.get("round", max([b.round for b in ballots if b.node == self.me], default=0))
        log = durable.get("log", [])
        if not isinstance(round, int) or isinstance(round, bool) or round < 0:
            raise ValueError(f"round is a whole number from 0, not {round!r}")
        if not isinstance(log, list | tuple):
            raise ValueError('a log is a list of chosen values, such as ["x=1", "no-op"]')
        values = tuple(read_value(item) for item in log)
        return MultiPaxosState(round=round, promised=max(ballots), accepted=accepted, log=values)

    def start(self, s: MultiPaxosState, out: Effects) -> None:
        """The state machine is not on disk: it executes again what the log holds."""
        s.role = "follower"
        self.execute(s, out)
        out.set_timer("election", self.options.election_timeout)

    def restart(self, s: MultiPaxosState, out: Effects) -> None:
        out.explain("recovered", round=s.round, promised=s.promised, slot=len(s.log))
        self.start(s, out)

    # --- phase 1, once for all slots (section 3) ----------------------------------------------------------

    def on_election_timeout(self, s: MultiPaxosState, out: Effects) -> None:
        out.explain("election-timeout", leader=s.leader_id)
        self.become_candidate(s, out)

    def on_prepare(self, s: MultiPaxosState, src: str, m: Prepare, out: Effects) -> None:
        if m.ballot < s.promised:
            out.explain("prepare-refused", proposer=src, ballot=m.ballot, promised=s.promised)
            self.answer_node(s, src, Nack(m.ballot, s.promised), out)
        elif m.ballot == s.promised:
            out.explain("prepare-repeated", proposer=src, ballot=m.ballot)
        else:
            s.promised = m.ballot
            self.follow(s, m.ballot, out)
            accepted = {slot: p for slot, p in sorted(s.accepted.items()) if slot >= m.first}
            out.explain(
                "promise", proposer=src, ballot=m.ballot, first=m.first, slots=tuple(accepted) or None
            )
            self.keep_promise(s, out)
            chosen = s.log[m.first - 1 :]
            self.answer_node(s, src, Promise(m.ballot, m.first, accepted, chosen), out)

    def on_promise(self, s: MultiPaxosState, src: str, m: Promise, out: Effects) -> None:
        if s.role != "candidate" or m.ballot != s.ballot:
            out.explain("promise-late", acceptor=src, ballot=m.ballot)
            return
        s.promises = {**s.promises, src: m.accepted}
        out.explain("promise-counted", acceptor=src, have=len(s.promises), need=self.majority)
        self.learn(s, {m.first + i: value for i, value in enumerate(m.chosen)}, src, out)
        if self.is_quorum(s.promises):
            self.become_leader(s, out)

    def recover(self, s: MultiPaxosState, out: Effects) -> None:
        """The new leader proposes, in its own ballot, what may have been chosen before it: in each slot the
        value of the highest ballot reported; and a no-op where none is, because nothing after a hole can be
        executed (section 3)."""
        slots = [slot for reported in s.promises.values() for slot in reported]
        last = max([len(s.log), *s.chosen, *slots])
        s.next_slot = last + 1
        found: dict[int, Value] = {}
        for slot in range(len(s.log) + 1, last + 1):
            if slot in s.chosen:
                continue
            highest = self.reported([r[slot] for r in s.promises.values() if slot in r])
            found[slot] = highest.value if highest else None
            if highest:
                said = highest.value or "no-op"
                out.explain("adopt", slot=slot, op=said, highest=highest.ballot, ballot=s.ballot)
            else:
                out.explain("fill-hole", slot=slot, ballot=s.ballot)
        self.propose(s, found, out)

    # --- phase 2, once for each slot ----------------------------------------------------------------------

    def on_client_request(self, s: MultiPaxosState, src: str, m: ClientRequest, out: Effects) -> None:
        c = m.command
        session = s.sessions.get(c.client)
        if s.role != "leader":
            out.explain("redirect", client=src, leader=s.leader_id)
            out.send(src, ClientReply(c.serial, "redirect", leader=s.leader_id))
        elif session is not None and session.serial >= c.serial:
            out.explain("already-executed", client=src, serial=c.serial)
            out.send(src, ClientReply(c.serial, "ok", session.result))
        elif (slot := self.slot_of(s, c)) is not None:
            s.waiting = {**s.waiting, slot: src}
            out.explain("already-proposed", client=src, serial=c.serial, slot=slot)
        else:
            slot, s.next_slot = s.next_slot, s.next_slot + 1
            s.waiting = {**s.waiting, slot: src}
            out.explain("assign-slot", client=src, slot=slot, op=c)
            self.propose(s, {slot: c}, out)

    def propose(self, s: MultiPaxosState, values: dict[int, Value], out: Effects) -> None:
        """Ask all acceptors, itself first, to accept these values in the leader's ballot."""
        s.proposals = {**s.proposals, **values}
        oldest = len(s.log) - TALLIES_KEPT
        s.acceptances = {slot: names for slot, names in s.acceptances.items() if slot > oldest}
        wanted = [Accept(s.ballot, slot, value, len(s.log)) for slot, value in values.items()]
        for m in wanted:
            self.on_accept(s, self.me, m, out)
        for m in wanted:
            for peer in self.peers:
                out.send(peer, m)

    def on_accept(self, s: MultiPaxosState, src: str, m: Accept, out: Effects) -> None:
        if not self.may_accept(s, m.ballot):
            out.explain("accept-refused", proposer=src, ballot=m.ballot, promised=s.promised)
            self.answer_node(s, src, Nack(m.ballot, s.promised), out)
            return
        s.promised = self.raised(s, m.ballot)
        self.follow(s, m.ballot, out)
        if m.slot > len(s.log):
            done = len(s.log)
            kept = {slot: p for slot, p in s.accepted.items() if slot > done}
            s.accepted = {**kept, m.slot: Proposal(m.ballot, m.value)}
        out.explain("accept", proposer=src, ballot=m.ballot, slot=m.slot, op=m.value or "no-op")
        self.learn_up_to(s, m.ballot, m.chosen, out)
        self.keep_acceptance(s, out)
        self.answer_node(s, src, Accepted(m.ballot, m.slot), out)

    def on_accepted(self, s: MultiPaxosState, src: str, m: Accepted, out: Effects) -> None:
        if s.role != "leader" or m.ballot != s.ballot:
            out.explain("acceptance-late", acceptor=src, ballot=m.ballot, slot=m.slot)
            return
        voters = tuple(sorted({*s.acceptances.get(m.slot, ()), src}))
        s.acceptances = {**s.acceptances, m.slot: voters}
        if m.slot not in s.proposals:
            out.explain("acceptance-late", acceptor=src, ballot=m.ballot, slot=m.slot)
            return
        out.explain("acceptance-counted", acceptor=src, slot=m.slot, have=len(voters), need=self.majority)
        if self.is_quorum(voters):
            value = s.proposals[m.slot]
            s.proposals = {slot: v for slot, v in s.proposals.items() if slot != m.slot}
            out.explain(
                "chosen", slot=m.slot, op=value or "no-op", ballot=m.ballot,
                quorum=voters, of=len(self.members),
            )  # fmt: skip
            s.chosen = {**s.chosen, m.slot: value}
            self.advance(s, out)

    # --- learning (section 3) -----------------------------------------------------------------------------

    def on_heartbeat(self, s: MultiPaxosState, src: str, m: Heartbeat, out: Effects) -> None:
        if m.ballot < s.promised:
            out.explain("heartbeat-refused", leader=src, ballot=m.ballot, promised=s.promised)
            out.send(src, Nack(m.ballot, s.promised))
            return
        out.explain("heartbeat-received", leader=src, ballot=m.ballot)
        self.follow(s, m.ballot, out)
        self.learn_up_to(s, m.ballot, m.chosen, out)
        if m.chosen > len(s.log):
            out.explain("behind", leader=src, slot=m.chosen, first=len(s.log) + 1)
            out.send(src, Fetch(len(s.log) + 1))

    def learn_up_to(self, s: MultiPaxosState, ballot: Ballot, last: int, out: Effects) -> None:
        """The leader of `ballot` says that all slots up to `last` are chosen. What was accepted from that
        very leader is then the chosen value; what was accepted in another ballot may be another value."""
        values = {}
        for slot in range(len(s.log) + 1, last + 1):
            mine = s.accepted.get(slot)
            if mine is not None and mine.ballot == ballot:
                values[slot] = mine.value
        self.learn(s, values, ballot.node, out)

    def on_fetch(self, s: MultiPaxosState, src: str, m: Fetch, out: Effects) -> None:
        values = s.log[m.first - 1 : m.first - 1 + self.options.batch]
        out.explain("supply", learner=src, first=m.first, count=len(values))
        if values:
            out.send(src, Learn(m.first, values))

    def on_learn(self, s: MultiPaxosState, src: str, m: Learn, out: Effects) -> None:
        """A leader takes nobody's word for what is chosen: it says "up to" of what it proposed itself."""
        if s.role == "leader":
            out.explain("learn-ignored", source=src)
        else:
            self.learn(s, {m.first + i: value for i, value in enumerate(m.values)}, src, out)

    def learn(self, s: MultiPaxosState, values: dict[int, Value], source: str, out: Effects) -> None:
        new = {slot: v for slot, v in values.items() if slot > len(s.log) and slot not in s.chosen}
        if new:
            s.chosen = {**s.chosen, **new}
            for slot, value in new.items():
                out.explain("learned", source=source, slot=slot, op=value or "no-op")
            self.advance(s, out)

    def advance(self, s: MultiPaxosState, out: Effects) -> None:
        """Move what is chosen without a hole to the log, and execute it. The log goes to disk with the next
        acceptance: until then, what it says can be learned again."""
        log = list(s.log)
        while len(log) + 1 in s.chosen:
            log.append(s.chosen[len(log) + 1])
        s.log = tuple(log)
        s.chosen = {slot: v for slot, v in s.chosen.items() if slot > len(log)}
        if s.chosen:
            out.explain("hole", slot=len(log) + 1, later=tuple(sorted(s.chosen)))
        self.execute(s, out)

    def execute(self, s: MultiPaxosState, out: Effects) -> None:
        """Execute the log in order; a leader answers those it was asked."""
        while s.executed < len(s.log):
            s.executed += 1
            slot, command = s.executed, s.log[s.executed - 1]
            if command is None:
                continue
            s.data, s.sessions, result = execute(s.data, s.sessions, command)
            out.explain("execute", slot=slot, op=command, result=result)
            if slot in s.waiting:
                client = s.waiting[slot]
                s.waiting = {i: c for i, c in s.waiting.items() if i != slot}
                out.explain("answer", client=client, op=command, result=result)
                out.send(client, ClientReply(command.serial, "ok", result))

    # --- who leads ----------------------------------------------------------------------------------------

    def on_heartbeat_timeout(self, s: MultiPaxosState, out: Effects) -> None:
        """Say that it leads; and what has been without a majority for a whole interval is sent again."""
        out.explain("heartbeat", ballot=s.ballot, slot=len(s.log))
        for slot, value in s.proposals.items():
            missing = [p for p in self.peers if p not in s.acceptances.get(slot, ())]
            if slot < s.in_flight:
                out.explain("resend", slot=slot, acceptors=tuple(missing))
                for peer in missing:
                    out.send(peer, Accept(s.ballot, slot, value, len(s.log)))
        for peer in self.peers:
            out.send(peer, Heartbeat(s.ballot, len(s.log)))
        s.in_flight = s.next_slot
        out.set_timer("heartbeat", self.options.heartbeat)

    def on_nack(self, s: MultiPaxosState, src: str, m: Nack, out: Effects) -> None:
        out.explain("nack", acceptor=src, ballot=m.ballot, promised=m.promised)
        s.round = max(s.round, m.promised.round)
        if m.ballot == s.ballot and s.role != "follower":
            self.become_follower(s, m.promised, out)

    def follow(self, s: MultiPaxosState, ballot: Ballot, out: Effects) -> None:
        """Nothing higher is promised than `ballot`: whoever issued it leads, or soon will."""
        if ballot.node == self.me:
            return
        if s.role != "follower":
            self.become_follower(s, ballot, out)
        s.leader_id = ballot.node
        out.set_timer("election", self.options.election_timeout)

    def become_candidate(self, s: MultiPaxosState, out: Effects) -> None:
        s.role, s.leader_id = "candidate", None
        s.round = self.next_round(s)
        s.ballot, s.promises = Ballot(s.round, self.me), {}
        out.set_timer("election", self.options.election_timeout)
        first = len(s.log) + 1
        out.explain("prepare", ballot=s.ballot, first=first)
        self.keep_round(s, out)
        self.on_prepare(s, self.me, Prepare(s.ballot, first), out)
        for peer in self.peers:
            out.send(peer, Prepare(s.ballot, first))

    def become_leader(self, s: MultiPaxosState, out: Effects) -> None:
        quorum, of = tuple(sorted(s.promises)), len(self.members)
        out.explain("become-leader", ballot=s.ballot, quorum=quorum, of=of)
        s.role, s.leader_id = "leader", self.me
        s.proposals, s.acceptances, s.waiting, s.in_flight = {}, {}, {}, 0
        out.cancel_timer("election")
        self.recover(s, out)
        self.on_heartbeat_timeout(s, out)

    def become_follower(self, s: MultiPaxosState, higher: Ballot, out: Effects) -> None:
        out.explain("step-down", ballot=s.ballot, higher=higher, role=s.role)
        s.role, s.leader_id = "follower", None
        s.promises, s.proposals, s.acceptances, s.waiting = {}, {}, {}, {}
        s.next_slot = s.in_flight = 0
        out.cancel_timer("heartbeat")
        out.set_timer("election", self.options.election_timeout)

    # --- rules, one function each -------------------------------------------------------------------------

    @property
    def majority(self) -> int:
        return len(self.members) // 2 + 1

    def is_quorum(self, names: Collection[str]) -> bool:
        """Any two majorities have an acceptor in common."""
        return len(names) >= self.majority

    def next_round(self, s: MultiPaxosState) -> int:
        """Higher than any that it has used, or seen (section 2.5)."""
        return max(s.round, s.promised.round) + 1

    def reported(self, proposals: Collection[Proposal]) -> Proposal | None:
        """The highest-numbered of a slot's reported proposals, or none (P2c)."""
        return max(proposals, key=lambda p: p.ballot, default=None)

    def may_accept(self, s: MultiPaxosState, ballot: Ballot) -> bool:
        return ballot >= s.promised

    def raised(self, s: MultiPaxosState, ballot: Ballot) -> Ballot:
        """To accept a ballot is to promise it, too."""
        return ballot

    def keep_round(self, s: MultiPaxosState, out: Effects) -> None:
        out.save(s)  # no ballot is ever used twice, not even after a crash

    def keep_promise(self, s: MultiPaxosState, out: Effects) -> None:
        out.save(s)  # durable before the response is sent

    def keep_acceptance(self, s: MultiPaxosState, out: Effects) -> None:
        out.save(s)  # durable before the response is sent

    def slot_of(self, s: MultiPaxosState, c: Command) -> int | None:
        """The slot in which a command is proposed, or chosen but not executed yet."""
        return next((slot for slot, v in (*s.proposals.items(), *s.chosen.items()) if v == c), None)

    def answer_node(self, s: MultiPaxosState, to: str, m: Message, out: Effects) -> None:
        """Send `m`; what goes to this very node is handled at once."""
        if to == self.me:
            self.handlers[type(m)](s, self.me, m, out)
        else:
            out.send(to, m)
