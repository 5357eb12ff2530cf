"""Each of ZAB's laws: broken by a smallest violation made by hand, and kept by what only looks like one."""

from typing import Any

import pytest

from protocols.key_value import Command
from protocols.law import Law
from protocols.zab import ZabState
from protocols.zab.laws import (
    LAWS,
    Agreement,
    CommittedKept,
    GlobalPrimaryOrder,
    Integrity,
    LocalPrimaryOrder,
    OneLeader,
    PrimaryIntegrity,
    TotalOrder,
)
from protocols.zab.messages import Snapshot, Txn
from protocols.zab.storage import read_zxid


def txns(*zxids: str) -> tuple[Txn, ...]:
    return tuple(Txn(read_zxid(z), Command("put", "k", z)) for z in zxids)


class Watched:
    """A cluster of states, and one law told of every change as the simulator would tell it."""

    def __init__(self, law: type[Law[Any]]) -> None:
        self.law = law()
        self.states = {f"n{i}": ZabState(round=1) for i in range(1, 4)}

    def change(self, node: str, **fields: Any) -> dict[str, Any] | None:
        s = self.states[node]
        before = {k: getattr(s, k) for k, v in fields.items() if getattr(s, k) != v}
        for name, value in fields.items():
            setattr(s, name, value)
        return self.law.judge(node, s, before) if not self.law.fields.isdisjoint(before) else None

    def deliver(self, node: str, *zxids: str) -> dict[str, Any] | None:
        """`node` has this log, and all of it is committed."""
        return self.change(node, log=txns(*zxids), committed=read_zxid(zxids[-1]))

    def lead(self, node: str, epoch: int, *log: str) -> dict[str, Any] | None:
        self.change(node, log=txns(*log))
        return self.change(node, role="leading", phase="broadcast", current_epoch=epoch)

    def broadcast(self, node: str, zxid: str) -> dict[str, Any] | None:
        return self.change(node, log=self.states[node].log + txns(zxid))


def test_what_nobody_broadcast_must_not_be_delivered() -> None:
    w = Watched(Integrity)
    w.lead("n3", 1)
    assert w.broadcast("n3", "1.1") is None
    assert w.deliver("n1", "1.1") is None
    assert w.deliver("n2", "1.1", "1.2") == {"node": "n2", "zxid": "0x100000002"}


def test_what_was_on_disk_at_the_start_counts_as_broadcast() -> None:
    w = Watched(Integrity)
    w.states["n1"].round = 0
    assert w.change("n1", round=1, log=txns("1.1")) is None
    assert w.change("n1", committed=read_zxid("1.1")) is None


def test_two_servers_that_deliver_different_things_disagree() -> None:
    w = Watched(Agreement)
    assert w.deliver("n1", "1.1", "1.2") is None
    assert w.deliver("n2", "1.1") is None  # behind, but on the same way
    assert w.deliver("n3", "1.1", "2.1") == {"node": "n3", "zxid": "0x200000001", "other": "0x100000002"}


def test_what_a_leader_delivers_and_purges_in_one_event_is_seen() -> None:
    w = Watched(Agreement)
    w.lead("n1", 1, "1.1", "1.2", "1.3")
    assert (
        w.change("n1", log=txns("1.3"), snapshot=Snapshot(read_zxid("1.3")), committed=read_zxid("1.3"))
        is None
    )
    assert w.deliver("n2", "1.1") is None
    assert w.deliver("n3", "1.1", "2.1") == {"node": "n3", "zxid": "0x200000001", "other": "0x100000002"}


def test_one_zxid_with_two_contents_is_a_disagreement() -> None:
    w = Watched(Agreement)
    w.deliver("n1", "1.1")
    other = (Txn(read_zxid("1.1"), Command("put", "k", "else")),)
    assert w.change("n2", log=other, committed=read_zxid("1.1"))


def test_nothing_is_delivered_without_what_others_delivered_before_it() -> None:
    w = Watched(TotalOrder)
    w.deliver("n1", "1.1", "1.2", "1.3")
    assert w.deliver("n2", "1.1", "1.2") is None
    assert w.deliver("n3", "1.1", "1.3") == {"node": "n3", "zxid": "0x100000003", "missing": "0x100000002"}


def test_a_snapshot_stands_for_all_before_it() -> None:
    w = Watched(TotalOrder)
    w.deliver("n1", "1.1", "1.2", "1.3")
    w.change("n2", snapshot=Snapshot(read_zxid("1.2")))
    assert w.deliver("n2", "1.3") is None


def test_one_primarys_transactions_come_without_gaps() -> None:
    w = Watched(LocalPrimaryOrder)
    assert w.deliver("n1", "1.1", "2.1", "2.2") is None
    assert w.deliver("n2", "1.1", "2.2") == {"node": "n2", "zxid": "0x200000002", "missing": "0x200000001"}


def test_an_earlier_primary_never_comes_after_a_later_one() -> None:
    w = Watched(GlobalPrimaryOrder)
    assert w.deliver("n1", "1.1", "2.1") is None
    broken = w.change("n2", log=(*txns("2.1"), *txns("1.2"), *txns("3.1")), committed=read_zxid("3.1"))
    assert broken == {"node": "n2", "zxid": "0x100000002", "previous": "0x200000001"}


def test_a_primary_has_delivered_what_was_delivered_before_its_epoch() -> None:
    w = Watched(PrimaryIntegrity)
    w.deliver("n1", "1.1", "1.2")
    w.lead("n2", 2, "1.1")
    assert w.broadcast("n2", "2.1") == {"node": "n2", "epoch": 2, "zxid": "0x100000002"}


def test_nor_may_such_a_thing_be_delivered_later() -> None:
    w = Watched(PrimaryIntegrity)
    w.lead("n2", 2, "1.1")
    assert w.broadcast("n2", "2.1") is None
    assert w.deliver("n1", "1.1") is None
    assert w.deliver("n1", "1.1", "1.2") == {"node": "n2", "epoch": 2, "zxid": "0x100000002"}


def test_a_primary_of_an_old_epoch_may_go_on_unaware() -> None:
    """It broadcasts what can no longer be committed: that breaks nothing."""
    w = Watched(PrimaryIntegrity)
    w.lead("n1", 1)
    assert w.broadcast("n1", "1.1") is None
    w.lead("n2", 2)
    assert w.broadcast("n2", "2.1") is None
    assert w.deliver("n2", "2.1") is None
    assert w.broadcast("n1", "1.2") is None


def test_what_is_delivered_stays_but_an_uncommitted_tail_may_go() -> None:
    w = Watched(CommittedKept)
    w.change("n1", log=txns("1.1", "1.2"), committed=read_zxid("1.1"))
    assert w.change("n1", log=txns("1.1")) is None
    assert w.change("n1", log=()) == {"node": "n1", "zxid": "0x100000001"}


def test_a_purged_log_and_a_crash_lose_nothing() -> None:
    w = Watched(CommittedKept)
    w.deliver("n1", "1.1", "1.2")
    assert w.change("n1", snapshot=Snapshot(read_zxid("1.2")), log=()) is None
    w.deliver("n2", "1.1", "1.2")
    assert w.change("n2", round=0, committed=0, log=txns("1.1")) is None


@pytest.mark.parametrize(("epoch", "broken"), [(1, True), (2, False)])
def test_one_established_leader_an_epoch(epoch: int, broken: bool) -> None:
    w = Watched(OneLeader)
    assert w.lead("n1", 1) is None
    w.change("n1", role="looking", phase="election")
    assert bool(w.lead("n2", epoch)) == broken


def test_a_leader_that_is_not_established_yet_does_not_count() -> None:
    w = Watched(OneLeader)
    w.lead("n1", 1)
    assert w.change("n2", role="leading", phase="synchronization", current_epoch=1) is None


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.id)
def test_a_copy_goes_its_own_way(law: type[Law[Any]]) -> None:
    """What a kept moment saw later does not reach the run it was copied from."""
    w = Watched(law)
    w.deliver("n1", "1.1")
    kept = w.law
    w.law = w.law.copy()
    w.deliver("n2", "1.1", "1.2")
    w.lead("n2", 1)
    w.law = kept
    w.states["n2"] = ZabState(round=1)
    w.states["n3"].round = 0
    w.change("n3", round=1, log=txns("1.1"))
    assert w.change("n3", committed=read_zxid("1.1")) is None
