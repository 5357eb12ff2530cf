"""Log compaction (§7): each server's snapshots, and InstallSnapshot as in figure 13."""

from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from protocols.actor import persistent_values
from protocols.key_value import Command, Session
from protocols.log import Configuration, Entry, Log
from protocols.raft import AppendEntries, AppendEntriesReply, InstallSnapshot, InstallSnapshotReply
from protocols.raft.mutants import TruncatesAlways
from protocols.raft.state import Snapshot
from tests.protocols.driving import Server, entries_of, log_of, terms


def snapshot(index: int, term: int, **data: str) -> Snapshot:
    return Snapshot(index, term, Configuration(("n1", "n2", "n3", "n4", "n5")), data)


def compacted(*log: int, applied: int, **options: Any) -> Server:
    """A follower that has applied and compacted its log up to `applied`."""
    n = Server(options=options).append("n2", max(log), (0, 0), *log, commit=applied)
    return n.ring("snapshot")


def test_a_snapshot_stands_for_what_is_applied_and_no_more() -> None:
    """§7: "the current committed state"; lastIncludedIndex and lastIncludedTerm are kept for the check."""
    n = compacted(1, 1, 2, 2, applied=3)
    assert (n.state.snapshot.last_included_index, n.state.snapshot.last_included_term) == (3, 2)
    assert n.state.snapshot.data == {"k1": "1", "k2": "1", "k3": "2"}
    assert (n.state.log.base, terms(n.state.log), n.state.log.last_index) == (3, [2], 4)
    assert n.out.outbox[0] == (None, persistent_values(n.state)), "snapshot and log in one write"


def test_it_is_taken_when_so_many_entries_are_applied() -> None:
    n = Server(options={"snapshot_every": 3}).append("n2", 1, (0, 0), 1, 1, 1, commit=2)
    assert "snapshot" not in n.timers
    assert "snapshot" in n.append("n2", 1, (3, 1), commit=3).timers
    assert "snapshot" not in Server().append("n2", 1, (0, 0), 1, 1, 1, commit=3).timers


def test_a_restart_begins_with_the_snapshot() -> None:
    """§7: the state machine is there at once; the rest of the log is applied when it is known committed."""
    n = compacted(1, 1, 1, applied=2)
    s = n.raft.initial({})
    s.current_term, s.voted_for, s.log, s.snapshot = persistent_values(n.state)
    n.raft.restart(s, n.out)
    assert (s.commit_index, s.last_applied, s.data) == (2, 2, {"k1": "1", "k2": "1"})


def test_the_leader_sends_its_snapshot_when_its_log_no_longer_has_what_is_next() -> None:
    """§7: "when the leader has already discarded the next log entry that it needs to send"."""
    n = Server(1, 1, 1, commit_index=3, last_applied=3).lead().ring("snapshot")
    n.state.next_index |= {"n2": 3, "n3": 4}
    n.ring("heartbeat")
    assert n.all_sent(InstallSnapshot) == {"n2": InstallSnapshot(1, "n1", n.state.snapshot)}
    assert n.all_sent(AppendEntries)["n3"].prev_log_term == 1, "the base's term is known"
    assert n.ring("heartbeat").all_sent(AppendEntries)["n2"].prev_log_index == 3, (
        "not again until it is refused"
    )
    n.receive("n2", AppendEntriesReply(1, False, conflict_index=1))
    assert n.all_sent(InstallSnapshot).keys() == {"n2"}
    n.receive("n2", InstallSnapshotReply(1, 3))
    assert (n.state.match_index["n2"], n.state.next_index["n2"]) == (3, 4)
    assert n.all_sent(AppendEntries)["n2"].entries == n.state.log.after(3, 9)


def test_a_snapshot_of_an_old_term_is_refused() -> None:
    """Figure 13, 1."""
    n = Server(term=4).receive("n2", InstallSnapshot(3, "n2", snapshot(5, 3)))
    assert n.only(InstallSnapshotReply) == InstallSnapshotReply(4, 0)
    assert n.state.log.base == 0


@pytest.mark.parametrize("log", [[], [1, 1], [1, 1, 1, 1, 1, 1]], ids=["empty", "short", "other"])
def test_a_log_that_lacks_the_last_included_entry_is_discarded(log: list[int]) -> None:
    """Figure 13, 7 and 8."""
    n = Server(*log, term=3).receive("n2", InstallSnapshot(3, "n2", snapshot(5, 2, x="1")))
    assert (n.state.log, n.state.data) == (Log((), 5, 2), {"x": "1"})
    assert (n.state.commit_index, n.state.last_applied) == (5, 5)
    assert n.only(InstallSnapshotReply) == InstallSnapshotReply(3, 5)
    n.assert_saved_before_sending()


def test_what_follows_the_last_included_entry_is_retained() -> None:
    """Figure 13, 6."""
    n = Server(1, 1, 2, 2, term=2).receive("n2", InstallSnapshot(2, "n2", snapshot(3, 2)))
    assert (n.state.log.base, terms(n.state.log)) == (3, [2])


def test_a_snapshot_that_is_behind_changes_nothing() -> None:
    """§7: it may be late or a duplicate: what it covers is committed here already."""
    n = Server().append("n2", 1, (0, 0), 1, 1, 1, commit=3)
    before = (n.state.log, n.state.data, n.state.snapshot)
    n.receive("n2", InstallSnapshot(1, "n2", snapshot(2, 1, x="old")))
    assert (n.state.log, n.state.data, n.state.snapshot) == before
    assert not n.saved
    assert n.only(InstallSnapshotReply).match_index == 2


@pytest.mark.parametrize("prev", range(6))
def test_entries_that_a_snapshot_covers_are_agreed(prev: int) -> None:
    """§5.3 with §7: an AppendEntries may begin before, at or after the follower's base."""
    n = compacted(1, 1, 2, 2, applied=3)
    whole = [1, 1, 2, 2, 2, 2]
    n.append("n2", 2, (prev, whole[prev - 1] if prev else 0), *whole[prev:])
    if prev <= 4:
        assert n.only(AppendEntriesReply).match_index == 6
        assert list(n.state.log) == list(entries_of([2, 2, 2], 3))
    else:
        assert not n.only(AppendEntriesReply).success


def test_a_hint_never_points_into_the_snapshot() -> None:
    """The conflict is behind the base, for what is below is committed."""
    n = compacted(1, 1, 2, 2, applied=3)
    reply = n.append("n3", 5, (4, 3)).only(AppendEntriesReply)
    assert (reply.success, reply.conflict_index) == (False, 4)


def test_sessions_are_in_the_snapshot() -> None:
    """§7, diss. §6.3: else a retried request would be executed twice."""
    n = Server()
    entry = Entry(1, Command("add", "x", "1", "c1", 7))
    n.receive("n2", AppendEntries(1, "n2", 0, 0, (entry,), 1)).ring("snapshot")
    assert n.state.snapshot.sessions == {"c1": Session(7, "1")}


def test_the_configuration_is_in_the_snapshot() -> None:
    """§7: "the latest configuration in the log as of last included index"; a later one stays in the log."""
    n, three = Server(), Configuration(("n1", "n2", "n3"))
    two = Configuration(("n1", "n2"))
    entries = (Entry(1), Entry(1, three), Entry(1), Entry(1, two))
    n.receive("n2", AppendEntries(1, "n2", 0, 0, entries, 3)).ring("snapshot")
    assert n.state.snapshot.configuration == three
    assert n.state.configuration == two
    n.append("n3", 2, (3, 1), 2)
    assert n.state.configuration == three, "the later one is overwritten"


def test_a_disk_may_begin_with_a_snapshot() -> None:
    durable = {
        "snapshot": {"lastIncludedIndex": 4, "lastIncludedTerm": 2, "data": {"x": "9"}},
        "log": [2, {"term": 3, "command": "y=1"}],
    }
    config = {"initial": {n: {"raft": durable} for n in ("n1", "n2", "n3", "n4")}}
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.advance(2_000_000)
    states = [p.state for p in sim.cluster.processes if p.service == "raft"]
    assert {s.last_applied for s in states} == {7}
    assert all(s.data == {"x": "9", "y": "1"} for s in states), "n5 got it by InstallSnapshot"
    assert not any(sim.cluster.broken.values())


@pytest.mark.parametrize(
    "durable",
    [
        {"snapshot": 3},
        {"snapshot": {"lastIncludedIndex": 4}},
        {"snapshot": {"lastIncludedIndex": -1, "lastIncludedTerm": 1}},
        {"snapshot": {"lastIncludedIndex": 4, "lastIncludedTerm": 2}, "log": [1]},
    ],
)
def test_a_disk_that_no_run_could_leave(durable: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        ClusterConfig.model_validate({"initial": {"n1": {"raft": durable}}})


# --- the log as a value -------------------------------------------------------------------------------------


def test_a_compacted_log_keeps_its_indices() -> None:
    log = log_of([1, 1, 2, 3]).behind(2)
    assert (log.base, log.base_term, len(log), log.last_index, log.last_term) == (2, 1, 2, 4, 3)
    assert [log.term_at(i) for i in (2, 3, 4)] == [1, 2, 3]
    assert log.entry(3) == log_of([1, 1, 2]).entry(3)
    assert terms(log.append((Entry(4),)).upto(5)) == [2, 3, 4]
    assert log.after(3, 9) == (log.entry(4),)
    assert log.upto(2) == Log((), 2, 1)
    assert log.behind(4) == Log((), 4, 3)


def test_logs_are_compared_above_what_is_compacted() -> None:
    whole = log_of([1, 1, 2, 3])
    assert whole.behind(2).shared_prefix(whole) == whole.shared_prefix(whole.behind(2)) == 4
    assert whole.behind(2).shared_prefix(log_of([1, 1, 2, 2])) == 3
    assert whole.behind(3).shared_prefix(log_of([1, 1])) == 2
    assert whole.behind(2) != whole


def test_a_server_that_cuts_its_log_too_often_cuts_no_snapshot() -> None:
    """The mutant is one bug: of what is compacted nothing is left to cut, also when an old message comes."""
    n = Server(kind=TruncatesAlways).append("n2", 2, (0, 0), 1, 1, 2, 2, commit=3).ring("snapshot")
    n.append("n2", 2, (0, 0), 1, commit=3)
    assert (n.state.log.base, n.state.log.last_index) == (3, 3)
