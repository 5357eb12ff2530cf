"""ZAB with one bug in it. The first five are ZooKeeper's own, by their number in its tracker; each is one
override from the right code, and each has been shipped, or nearly.
"""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.zab.actor import Zab
from protocols.zab.messages import Ack, AckEpoch, NewLeader, Packet, Txn, UpToDate, epoch_of
from protocols.zab.state import Link, Vote
from protocols.zab.storage import Log, position
from protocols.zab.store import StoreState
from protocols.zab.synchronisation import Plan


class DiffForTrunc(Zab):
    """ZOOKEEPER-1154: sends DIFF to a learner that has what the leader never had."""

    def choose(self, s: StoreState, peer: int) -> Plan:
        plan = super().choose(s, peer)
        return Plan("DIFF", s.last_processed, plan.txns) if plan.mode == "TRUNC" else plan

    def from_history(self, log: Log, peer: int, last: int) -> Plan:
        return Plan("DIFF", last, log[position(log, peer) :])


class StaleDatabase(Zab):
    """ZOOKEEPER-2845: keeps its database in memory when it looks for a leader again, though its log holds
    more; then nobody learns of the rest, and nobody cuts it."""

    def fast_forward(self, s: StoreState) -> None:
        if s.round == 0:  # only when it is switched on
            super().fast_forward(s)


class AcknowledgesBeforeDurable(Zab):
    """ZOOKEEPER-3911: acknowledges NEWLEADER with the transactions still in memory; they are written when
    UPTODATE comes."""

    def adopt_history(self, s: StoreState, epoch: int, out: Effects) -> None:
        log, snapshot = s.log, s.snapshot
        self.keep_received(s)
        s.current_epoch = epoch
        out.save(replace(s, log=log, snapshot=snapshot))

    def on_up_to_date(self, s: StoreState, src: str, m: UpToDate, out: Effects) -> None:
        out.save(s)
        super().on_up_to_date(s, src, m, out)


class EpochBeforeTransactions(Zab):
    """ZOOKEEPER-4643: records the epoch first, then writes the transactions."""

    def adopt_history(self, s: StoreState, epoch: int, out: Effects) -> None:
        s.current_epoch = epoch
        out.save(s)
        self.keep_received(s)
        out.save(s, apart=True)


class AcknowledgesBeforeLogging(Zab):
    """ZOOKEEPER-4646: acknowledges a transaction, then writes it."""

    def log_and_acknowledge(self, s: StoreState, leader: str, txn: Txn, out: Effects) -> None:
        self.append(s, (txn,))
        self.transmit(s, leader, Ack, out, txn.zxid)
        out.save(s)


class EpochNotRaised(Zab):
    """Leads in the latest epoch that anybody accepted, instead of one more, and followers let it."""

    def next_epoch(self, s: StoreState) -> int:
        return max(1, *s.epochs.values())

    def on_leader_info(self, s: StoreState, src: str, m: Packet, out: Effects) -> None:
        s.accepted_epoch = min(s.accepted_epoch, m.epoch - 1)
        super().on_leader_info(s, src, m, out)  # type: ignore[arg-type]


class AcceptedEpochNotDurable(Zab):
    """Keeps the accepted epoch in memory only: after a crash it accepts the same one again."""

    def restart(self, s: StoreState, out: Effects) -> None:
        s.accepted_epoch = 0
        super().restart(s, out)


class VoteIgnoresEpoch(Zab):
    """Takes the higher zxid for the more recent history, whatever the epoch."""

    def is_better(self, a: Vote, b: Vote) -> bool:
        return (a.zxid, self.sid[a.leader]) > (b.zxid, self.sid[b.leader])

    def is_ahead(self, s: StoreState, m: AckEpoch) -> bool:
        return m.last_zxid > s.last_processed


class CommitsWithoutQuorum(Zab):
    """Commits as soon as one follower has acknowledged."""

    def may_commit(self, holders: tuple[str, ...]) -> bool:
        return len(holders) > 1


class TakesPacketsAsTheyCome(Zab):
    """Hands packets over in the order in which the network brings them."""

    def receive(self, s: StoreState, src: str, m: Packet, out: Effects) -> None:
        link = s.links.get(src)
        if link is not None and self.belongs(m, link):
            s.links = {**s.links, src: Link(link.connection, link.epoch, link.sent, m.number - 1)}
        super().receive(s, src, m, out)


class ServesBeforeQuorum(Zab):
    """Takes NEWLEADER for the end of synchronisation: serves without waiting for UPTODATE."""

    def on_new_leader(self, s: StoreState, src: str, m: NewLeader, out: Effects) -> None:
        super().on_new_leader(s, src, m, out)
        self.on_up_to_date(s, src, UpToDate(m.connection, epoch_of(m.zxid), m.number), out)


class DecidesAtOnce(Zab):
    """Decides with the first quorum of votes, without waiting for a better one (only progress suffers)."""

    def count(self, s: StoreState, out: Effects) -> None:
        super().count(s, out)
        if s.deciding:
            self.on_finalize_timeout(s, out)


MUTANTS: dict[str, tuple[type[Zab], str]] = {
    "zab-diff-for-trunc": (DiffForTrunc, "zab-agreement"),
    "zab-stale-database": (StaleDatabase, "zab-total-order"),
    "zab-acknowledges-before-durable": (AcknowledgesBeforeDurable, "zab-primary-integrity"),
    "zab-epoch-before-transactions": (EpochBeforeTransactions, "zab-committed-kept"),
    "zab-acknowledges-before-logging": (AcknowledgesBeforeLogging, "zab-primary-integrity"),
    "zab-epoch-not-raised": (EpochNotRaised, "zab-one-leader"),
    "zab-accepted-epoch-not-durable": (AcceptedEpochNotDurable, "zab-one-leader"),
    "zab-vote-ignores-epoch": (VoteIgnoresEpoch, "zab-primary-integrity"),
    "zab-commits-without-quorum": (CommitsWithoutQuorum, "zab-agreement"),
    "zab-takes-packets-as-they-come": (TakesPacketsAsTheyCome, "zab-local-primary-order"),
    "zab-serves-before-quorum": (ServesBeforeQuorum, "zab-agreement"),
    "zab-decides-at-once": (DecidesAtOnce, ""),
}
"""Each mutant's name, its actor, and the law that catches it ("" where only progress suffers)."""
