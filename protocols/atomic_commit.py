"""What 2PC and 3PC share: one coordinator, participants that each hold a part of a bank, and a log.

Everything a node must remember is a record in its log. A record takes effect through `take_effect`, whether
it is being written or read back after a crash: so recovery is the same code as work. A record that is
*forced* is on disk before anything that is sent after it; one that is not forced waits in memory for the
next that is, and a crash can lose it.

Every transaction is in one of the textbook's states: q before the vote, w after a yes, (3PC: p prepared to
commit, b prepared to abort,) c committed, a aborted. A participant whose accounts are locked by another
transaction keeps the request waiting, in q, and there it may still abort by itself.

Left out here: checkpoints (the log only grows), and a coordinator that is itself a participant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from protocols.actor import (
    Actor,
    Effects,
    Impossible,
    Message,
    Persistent,
    Rule,
    Span,
    State,
    Volatile,
)
from protocols.bank import (
    TRANSFER,
    Accounts,
    Locks,
    Record,
    covered,
    lock,
    opening,
    redo,
    undo,
    unlock,
    updates_for,
    updates_of,
)
from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command, Session, Sessions

T = TypeVar("T")

CoordinatorOnly = Annotated[T, msgspec.Meta(extra={"group": "coordinator"})]
ParticipantOnly = Annotated[T, msgspec.Meta(extra={"group": "participant"})]

STATE_AFTER = {
    "start": "w",
    "yes": "w",
    "precommit": "p",
    "preabort": "b",
    "commit": "c",
    "abort": "a",
}
"""The state that a log record of each kind puts its transaction into; others leave it as it is."""

RESULT = {"commit": "committed", "abort": "aborted"}
"""What the client hears."""


class Work(msgspec.Struct, frozen=True, gc=False):
    """A transaction's part of the work that waits for a lock: it is still in q."""

    txn: str
    amount: int


class Transaction(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What the coordinator must know of a transaction until everybody has acknowledged its outcome."""

    client: str
    serial: int
    amount: int = 0
    yes: tuple[str, ...] = ()
    """Who has voted yes."""
    prepared: tuple[str, ...] = ()
    """Who has acknowledged preCommit (3PC)."""
    acked: tuple[str, ...] = ()
    """Who has acknowledged the decision."""


class CommitState(State):
    # Persistent: the log. `forced` of its records are on disk; a crash loses the rest.
    log: Persistent[tuple[Record, ...]] = ()
    restarts: Persistent[int] = 0
    # Volatile, on every node: rebuilt from the log. The role is the same for ever.
    role: Volatile[Literal["coordinator", "participant"]] = "participant"
    states: Volatile[dict[str, str]] = {}
    forced: Volatile[int] = 0
    # The coordinator's.
    transactions: CoordinatorOnly[dict[str, Transaction]] = {}
    started: CoordinatorOnly[int] = 0
    awaited: CoordinatorOnly[tuple[str, ...]] = ()
    sessions: CoordinatorOnly[Sessions] = {}
    # A participant's.
    accounts: ParticipantOnly[Accounts] = {}
    locks: ParticipantOnly[Locks] = {}
    in_doubt: ParticipantOnly[tuple[str, ...]] = ()
    queue: ParticipantOnly[tuple[Work, ...]] = ()
    refusing: Volatile[bool] = False
    blocked: ParticipantOnly[bool] = False
    asked: ParticipantOnly[int] = 0


class CommitOptions(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    coordinator: str = ""
    balance: Annotated[int, msgspec.Meta(ge=0)] = 5000
    vote_timeout: Span = Span(150_000)
    decision_timeout: Span = Span(250_000, 300_000)
    lock_timeout: Span = Span(80_000)
    lock_alarm: Span = Span(10_000_000)
    resend: Span = Span(100_000)
    acks: bool = True


SHARED_RULES = {
    "redirect": Rule("BHG §7.4"),
    "not-an-amount": Rule("BHG §7.1"),
    "already-answered": Rule("BHG §7.4"),
    "already-running": Rule("BHG §7.4"),
    "begin": Rule("BHG §7.4"),
    "vote-counted": Rule("BHG §7.4"),
    "vote-refused": Rule("BHG §7.4"),
    "vote-ignored": Rule("BHG §7.4"),
    "votes-missing": Rule("BHG §7.4"),
    "told-to-refuse": Rule("BHG §7.1"),
    "waits-for-lock": Rule("BHG §3.2"),
    "lock-timeout": Rule("BHG §3.3, §7.4"),
    "vote-yes": Rule("BHG §7.4"),
    "vote-no-refused": Rule("BHG §7.1"),
    "vote-no-balance": Rule("BHG §7.1"),
    "vote-again": Rule("BHG §7.4"),
    "locks-held-long": Rule("BHG §7.4"),
    "answer": Rule("BHG §7.4"),
    "abort-before-work": Rule("BHG §7.4", knows="txn"),
    "abort-for-peer": Rule("BHG §7.4", mark="abort", knows="txn"),
    "known-already": Rule("BHG §7.4"),
    "acknowledged": Rule("BHG §7.5"),
    "ack-ignored": Rule("BHG §7.5"),
    "end": Rule("BHG §7.5"),
    "told-again": Rule("BHG §7.4"),
    "recovered-coordinator": Rule("BHG §7.4"),
    "recovered-participant": Rule("BHG §7.4"),
}
"""The rules that both explain; "BHG" is Bernstein, Hadzilacos & Goodman, "Concurrency Control and Recovery in
Database Systems" (1987)."""

S = TypeVar("S", bound=CommitState)
O = TypeVar("O", bound=CommitOptions)  # noqa: E741 - an actor's options


class AtomicCommit(Actor[S, O]):
    """A node: the coordinator, or a participant."""

    operations = TRANSFER
    orders = {"refuse": ()}

    def __init__(self, me: str, members: tuple[str, ...], options: O) -> None:
        super().__init__(me, members, options)
        self.coordinator = options.coordinator or members[0]
        self.participants = tuple(name for name in members if name != self.coordinator)

    @classmethod
    def check(cls, members: tuple[str, ...], options: O) -> None:
        if options.coordinator and options.coordinator not in members:
            raise Impossible("unknown-coordinator", name=options.coordinator[:60], known=", ".join(members))
        if len(members) < 2:
            raise Impossible("no-participant", node=members[0])

    @classmethod
    def workload(cls, number: int) -> Command:
        """Money goes to and fro."""
        return Command("transfer", value="100" if number % 2 else "-100")

    def leadership(self, s: S) -> int | None:
        return 0 if self.me == self.coordinator else None

    # --- start and recovery -------------------------------------------------------------------------------

    def start(self, s: S, out: Effects) -> None:
        if s.log:  # a scenario's: this is no first start
            self.restart(s, out)
        else:
            self.open_accounts(s)

    def restart(self, s: S, out: Effects) -> None:
        self.open_accounts(s)
        if self.me == self.coordinator:
            s.restarts += 1
            out.explain("recovered-coordinator", records=len(s.log))
            out.save(s)  # transactions of this life get names of their own
            self.recover_coordinator(s, out)
        else:
            out.explain("recovered-participant", records=len(s.log))
            self.recover_participant(s, out)
            self.watch_locks(s, out)

    def open_accounts(self, s: S) -> None:
        """The accounts as they opened, and then the log takes effect on them."""
        s.accounts = opening(self.participants, self.me, self.options.balance)
        log, s.log, s.forced = s.log, (), len(s.log)
        for record in log:
            s.log += (record,)
            self.take_effect(s, record)

    def read_log(self, durable: Mapping[str, Any], state: type[S]) -> S:
        """The state of a node with this on its disk. Raises ValueError for what no log could hold."""
        s = msgspec.convert(dict(durable), state, strict=True)
        s.role = "coordinator" if self.me == self.coordinator else "participant"
        kinds = (*STATE_AFTER, "end", "elected")
        for record in s.log:
            if record.kind not in kinds:
                raise ValueError(f"a record's kind is one of {', '.join(kinds)}")
        if s.restarts < 0:
            raise ValueError("restarts is 0 or more")
        return s

    # --- the log ------------------------------------------------------------------------------------------

    def write(self, s: S, record: Record, out: Effects, force: bool) -> None:
        """Append a record and let it take effect; forced, it is on disk before what is sent after it."""
        s.log += (record,)
        self.take_effect(s, record)
        if force:
            s.forced = len(s.log)
            out.save(s)

    def take_effect(self, s: S, r: Record) -> None:
        """What a record makes of the volatile state, now or when the log is read after a crash."""
        if r.kind in STATE_AFTER:
            s.states = {**s.states, r.txn: STATE_AFTER[r.kind]}
        if r.kind == "yes":
            s.accounts = redo(s.accounts, r.updates)
            s.in_doubt += (r.txn,)
            self.take_locks(s, r)
        elif r.kind in RESULT:
            if r.kind == "abort":
                s.accounts = undo(s.accounts, updates_of(s.log, r.txn))
            s.locks = unlock(s.locks, r.txn)
            s.in_doubt = tuple(t for t in s.in_doubt if t != r.txn)
        if self.me == self.coordinator:
            self.remember(s, r)

    def take_locks(self, s: S, yes: Record) -> None:
        s.locks = lock(s.locks, yes.updates, yes.txn)

    def remember(self, s: S, r: Record) -> None:
        """The coordinator's table, and whom it has answered, follow from its log."""
        if r.kind == "start":
            s.transactions = {**s.transactions, r.txn: Transaction(r.client, r.serial)}
        elif r.kind == "end":
            s.transactions = {t: x for t, x in s.transactions.items() if t != r.txn}
        elif r.kind in RESULT:
            s.sessions = {**s.sessions, r.client: Session(r.serial, RESULT[r.kind])}

    def outcome(self, s: S, txn: str) -> str:
        """The decision of a transaction, or "" while there is none."""
        return {"c": "commit", "a": "abort"}.get(s.states.get(txn, ""), "")

    # --- the coordinator: clients -------------------------------------------------------------------------

    def on_client_request(self, s: S, src: str, m: ClientRequest, out: Effects) -> None:
        c, amount = m.command, amount_of(m.command.value)
        session = s.sessions.get(c.client)
        if self.me != self.coordinator:
            out.explain("redirect", client=src, leader=self.coordinator)
            out.send(src, ClientReply(c.serial, "redirect", leader=self.coordinator))
        elif session is not None and session.serial >= c.serial:
            out.explain("already-answered", client=src, serial=c.serial)
            out.send(src, ClientReply(c.serial, "ok", session.result))
        elif any((x.client, x.serial) == (c.client, c.serial) for x in s.transactions.values()):
            out.explain("already-running", client=src, serial=c.serial)
        elif amount is None:
            out.explain("not-an-amount", client=src, value=c.value)
            out.send(src, ClientReply(c.serial, "ok", "not an amount"))
        else:
            self.begin(s, c, amount, out)

    def begin(self, s: S, c: Command, amount: int, out: Effects) -> None:
        """Ask everybody for a vote. The start record is not forced: without it there is no decision yet."""
        s.started += 1
        txn = f"t{s.restarts}.{s.started}" if s.restarts else f"t{s.started}"
        out.explain("begin", txn=txn, client=c.client, amount=amount, participants=self.participants)
        self.write(s, Record("start", txn, client=c.client, serial=c.serial), out, force=False)
        self.change(s, txn, amount=amount)
        self.watch_votes(s, out)
        for name in self.participants:
            out.send(name, self.vote_request(txn, amount))

    def answer(self, s: S, txn: str, out: Effects) -> None:
        """Tell the client, now that the decision is on disk."""
        x, result = s.transactions[txn], RESULT[self.outcome(s, txn)]
        out.explain("answer", client=x.client, txn=txn, result=result)
        out.send(x.client, ClientReply(x.serial, "ok", result))

    # --- the coordinator: votes ---------------------------------------------------------------------------

    def receive_vote(self, s: S, src: str, txn: str, yes: bool, out: Effects) -> None:
        if not self.is_collecting(s, txn):
            out.explain("vote-ignored", voter=src, txn=txn)
        elif not yes:
            out.explain("vote-refused", voter=src, txn=txn)
            self.decide(s, txn, "abort", out)
        else:
            self.count_yes(s, src, txn)
            have, need = len(s.transactions[txn].yes), len(self.participants)
            out.explain("vote-counted", voter=src, txn=txn, have=have, need=need)
            if self.is_unanimous(s, txn):
                self.all_voted_yes(s, txn, out)

    def is_collecting(self, s: S, txn: str) -> bool:
        return txn in s.transactions and s.states[txn] == "w"

    def count_yes(self, s: S, voter: str, txn: str) -> None:
        """Votes are counted by voter: the same one twice is one."""
        self.change(s, txn, yes=with_name(s.transactions[txn].yes, voter))

    def is_unanimous(self, s: S, txn: str) -> bool:
        """Commit takes everybody's yes (AC3)."""
        return set(s.transactions[txn].yes) == set(self.participants)

    def all_voted_yes(self, s: S, txn: str, out: Effects) -> None:
        """The coordinator has a vote too."""
        if s.refusing:
            s.refusing = False
            out.explain("told-to-refuse", txn=txn)
            self.decide(s, txn, "abort", out)
        else:
            self.go_on(s, txn, out)

    def on_vote_timeout(self, s: S, out: Effects) -> None:
        """Before it has decided, the coordinator may abort."""
        overdue, s.awaited = [t for t in s.awaited if self.is_collecting(s, t)], ()
        for txn in overdue:
            missing = tuple(p for p in self.participants if p not in s.transactions[txn].yes)
            out.explain("votes-missing", txn=txn, missing=missing)
            self.decide(s, txn, "abort", out)
        self.watch_votes(s, out)

    def watch_votes(self, s: S, out: Effects) -> None:
        waiting = tuple(t for t in s.transactions if self.is_collecting(s, t))
        s.awaited = self.watch("vote", self.options.vote_timeout, s.awaited, waiting, out)

    def watch(
        self, timer: str, span: Span, since: tuple[str, ...], waiting: tuple[str, ...], out: Effects
    ) -> tuple[str, ...]:
        """One timer serves all: it is for the transactions that were waiting when it was set."""
        if set(since).intersection(waiting):
            return since
        if waiting:
            out.set_timer(timer, span)
        else:
            out.cancel_timer(timer)
        return waiting

    # --- the coordinator: telling the decision ------------------------------------------------------------

    def tell(self, s: S, txn: str, out: Effects) -> None:
        """Tell the decision to all; if acknowledgements are due, go on until they are there."""
        if self.wants_acks(s, txn) and len(self.unacknowledged(s)) == 1:
            out.set_timer("resend", self.options.resend)  # for the first; the timer serves all
        for name in self.participants:
            out.send(name, self.decision(s, txn))

    def on_resend_timeout(self, s: S, out: Effects) -> None:
        """Whoever has not acknowledged the decision is told again."""
        for txn in self.unacknowledged(s):
            missing = tuple(p for p in self.participants if p not in s.transactions[txn].acked)
            out.explain("told-again", txn=txn, missing=missing)
            for name in missing:
                out.send(name, self.decision(s, txn))
        if self.unacknowledged(s):
            out.set_timer("resend", self.options.resend)

    def receive_acknowledgement(self, s: S, src: str, txn: str, out: Effects) -> None:
        """When all have it on disk the coordinator may forget; the end record is not forced."""
        if not self.wants_acks(s, txn):
            out.explain("ack-ignored", txn=txn, peer=src)
            return
        self.change(s, txn, acked=with_name(s.transactions[txn].acked, src))
        acked = s.transactions[txn].acked
        out.explain("acknowledged", txn=txn, peer=src, have=len(acked), need=len(self.participants))
        if self.is_known_to_all(s, txn):
            out.explain("end", txn=txn)
            self.write(s, Record("end", txn), out, force=False)
            if not self.unacknowledged(s):
                out.cancel_timer("resend")

    def is_known_to_all(self, s: S, txn: str) -> bool:
        return set(s.transactions[txn].acked) == set(self.participants)

    def acknowledges(self, outcome: str) -> bool:
        """Whether participants acknowledge such a decision, so that it can be forgotten."""
        return self.options.acks

    def wants_acks(self, s: S, txn: str) -> bool:
        outcome = self.outcome(s, txn)
        return txn in s.transactions and outcome != "" and self.acknowledges(outcome)

    def unacknowledged(self, s: S) -> list[str]:
        return [txn for txn in s.transactions if self.wants_acks(s, txn)]

    # --- a participant: its vote --------------------------------------------------------------------------

    def consider(self, s: S, work: Work, out: Effects) -> None:
        """Vote on a transaction that is new here (BHG 7.1): yes is a promise, no is a decision."""
        updates = updates_for(s.accounts, work.amount)
        if s.refusing:
            s.refusing = False
            out.explain("vote-no-refused", txn=work.txn)
            self.vote_no(s, work.txn, out)
        elif s.locks:
            s.queue += (work,)
            s.states = {**s.states, work.txn: "q"}
            out.explain("waits-for-lock", txn=work.txn, holder=s.in_doubt)
            if len(s.queue) == 1:
                out.set_timer("lock", self.options.lock_timeout)
        elif not covered(updates):
            out.explain("vote-no-balance", txn=work.txn, amount=work.amount)
            self.vote_no(s, work.txn, out)
        else:
            accounts = tuple(u.account for u in updates)
            out.explain("vote-yes", txn=work.txn, accounts=accounts, amount=work.amount)
            self.vote_yes(s, Record("yes", work.txn, updates), out)
            self.watch_locks(s, out)

    def vote_yes(self, s: S, yes: Record, out: Effects) -> None:
        """The promise, with undo and redo, is on disk before the vote leaves."""
        self.write(s, yes, out, force=True)
        out.set_timer("decision", self.patience())
        out.send(self.coordinator, self.vote(yes.txn, yes=True))

    def vote_no(self, s: S, txn: str, out: Effects) -> None:
        """A no is forced too: a copy of the request that comes after a crash must not be voted on again."""
        self.write(s, Record("abort", txn), out, force=True)
        out.send(self.coordinator, self.vote(txn, yes=False))

    def vote_again(self, s: S, txn: str, out: Effects) -> None:
        """The request came twice: what was voted stands."""
        out.explain("vote-again", txn=txn, state=s.states[txn])
        if s.states[txn] in ("w", "a"):
            out.send(self.coordinator, self.vote(txn, yes=s.states[txn] == "w"))

    def on_lock_timeout(self, s: S, out: Effects) -> None:
        """In q a participant may abort by itself; this also ends deadlocks (BHG 3.3)."""
        waiting, s.queue = s.queue, ()
        for work in waiting:
            out.explain("lock-timeout", txn=work.txn, holder=s.in_doubt)
            self.vote_no(s, work.txn, out)

    def watch_locks(self, s: S, out: Effects) -> None:
        """Locks can be held for as long as the doubt lasts: from the moment they are taken, time is kept."""
        if s.locks:
            out.set_timer("alarm", self.options.lock_alarm)

    def on_alarm_timeout(self, s: S, out: Effects) -> None:
        """Somebody should look: once for as long as they are held. The protocol can do nothing."""
        out.explain("locks-held-long", txns=s.in_doubt, accounts=tuple(s.locks))

    def leave_queue(self, s: S, txn: str) -> None:
        s.queue = tuple(work for work in s.queue if work.txn != txn)

    # --- a participant: the decision ----------------------------------------------------------------------

    def learn(self, s: S, txn: str, outcome: str, out: Effects, force: bool) -> None:
        """The decision is in the log before it is acknowledged; then the locks are free."""
        self.write(s, Record(outcome, txn), out, force)
        self.acknowledge(s, txn, out)
        self.settle(s, out)

    def acknowledge(self, s: S, txn: str, out: Effects) -> None:
        if self.acknowledges(self.outcome(s, txn)) and self.me != self.coordinator:
            out.send(self.coordinator, self.acknowledgement(txn))

    def hear_again(self, s: S, src: str, txn: str, out: Effects) -> None:
        out.explain("known-already", txn=txn, by=src, state=s.states.get(txn, "q"))
        if self.outcome(s, txn):
            self.acknowledge(s, txn, out)

    def abort_before_work(self, s: S, src: str, txn: str, out: Effects) -> None:
        """The vote request waits for a lock here, or is still to come."""
        out.explain("abort-before-work", txn=txn, by=src)
        self.leave_queue(s, txn)
        self.learn(s, txn, "abort", out, force=True)

    def abort_for(self, s: S, src: str, txn: str, out: Effects) -> None:
        """In q it has promised nothing: it aborts, and thereby lets the one that asks abort."""
        out.explain("abort-for-peer", txn=txn, peer=src)
        self.leave_queue(s, txn)
        self.vote_no(s, txn, out)
        out.send(src, self.decision(s, txn))

    def settle(self, s: S, out: Effects) -> None:
        """If nothing is in doubt any more: forget the waiting, and take up the next that wants the locks."""
        if s.in_doubt:
            return
        s.blocked, s.asked = False, 0
        out.cancel_timer("decision")
        out.cancel_timer("alarm")
        while s.queue and not s.locks:
            work, s.queue = s.queue[0], s.queue[1:]
            self.consider(s, work, out)
        if not s.queue:
            out.cancel_timer("lock")

    # --- orders -------------------------------------------------------------------------------------------

    def order_refuse(self, s: S, args: tuple[str, ...], out: Effects) -> None:
        """Vote no next time."""
        if s.refusing:
            raise Impossible("already-refusing", node=self.me)
        s.refusing = True

    # --- what the two protocols say differently -----------------------------------------------------------

    def vote_request(self, txn: str, amount: int) -> Message:
        raise NotImplementedError

    def vote(self, txn: str, yes: bool) -> Message:
        raise NotImplementedError

    def decision(self, s: S, txn: str) -> Message:
        """What tells the decision."""
        raise NotImplementedError

    def acknowledgement(self, txn: str) -> Message:
        raise NotImplementedError

    def patience(self) -> Span:
        """How long a participant that has promised waits for more."""
        return self.options.decision_timeout

    def go_on(self, s: S, txn: str, out: Effects) -> None:
        """Everybody has voted yes."""
        raise NotImplementedError

    def decide(self, s: S, txn: str, outcome: str, out: Effects) -> None:
        """Make the coordinator's decision durable, then tell it."""
        raise NotImplementedError

    def recover_coordinator(self, s: S, out: Effects) -> None:
        """Go on with what the log says is unfinished."""
        raise NotImplementedError

    def recover_participant(self, s: S, out: Effects) -> None:
        """Find out about what the log leaves in doubt."""
        raise NotImplementedError

    # --- helpers ------------------------------------------------------------------------------------------

    def change(self, s: S, txn: str, **fields: Any) -> None:
        s.transactions = {**s.transactions, txn: replace(s.transactions[txn], **fields)}


def amount_of(text: str) -> int | None:
    """A whole number up to nine digits (negative: from B to A); None for what is none."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def with_name(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return names if name in names else tuple(sorted((*names, name)))
