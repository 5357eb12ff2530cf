"""Each law: broken by a smallest violation made by hand, and kept by a legal run that looks suspicious."""

from copy import copy
from typing import Any

import pytest

from protocols.key_value import Command
from protocols.law import Law
from protocols.log import Entry, Log
from protocols.raft import RaftState
from protocols.raft.laws import (
    LAWS,
    ElectionSafety,
    LeaderAppendOnly,
    LeaderCompleteness,
    LogMatching,
    StateMachineSafety,
)
from tests.protocols.driving import entries_of, log_of


class Watched:
    """A cluster of states, and one law told of every change as the simulator would tell it."""

    def __init__(self, law: type[Law[Any]], size: int = 3, log: Log | None = None) -> None:
        self.law = law()
        self.states = {f"n{i}": RaftState(log=log or Log()) for i in range(1, size + 1)}

    def fork(self) -> "Watched":
        twin = Watched(type(self.law))
        twin.law = self.law.copy()
        twin.states = {name: copy(s) for name, s in self.states.items()}
        return twin

    def change(self, node: str, **fields: Any) -> dict[str, Any] | None:
        """`node`'s fields are these now; what the law says to it."""
        s = self.states[node]
        before = {k: getattr(s, k) for k, v in fields.items() if getattr(s, k) != v}
        for name, value in fields.items():
            setattr(s, name, value)
        return self.law.judge(node, s, before) if not self.law.fields.isdisjoint(before) else None

    def append(self, node: str, *terms: int) -> dict[str, Any] | None:
        log = self.states[node].log
        return self.change(node, log=log.append(entries_of(terms, log.last_index)))


def test_there_are_five_laws_each_with_its_section() -> None:
    """Figure 3."""
    assert [law.id for law in LAWS] == [
        "election-safety",
        "leader-append-only",
        "log-matching",
        "leader-completeness",
        "state-machine-safety",
    ]
    assert all(law.section.startswith("§5") for law in LAWS)


# --- Election Safety (section 5.2) --------------------------------------------------------------------------


def test_two_leaders_of_one_term_break_election_safety() -> None:
    """§5.2: also when the first no longer leads."""
    w = Watched(ElectionSafety)
    assert w.change("n1", role="leader", current_term=3) is None
    assert w.change("n1", role="follower") is None
    assert w.change("n2", role="leader", current_term=3) == {"term": 3, "first": "n1", "second": "n2"}


def test_two_leaders_of_different_terms_are_legal() -> None:
    """§5.2: a deposed leader that has not heard of it yet still believes that it leads."""
    w = Watched(ElectionSafety)
    assert w.change("n1", role="leader", current_term=3) is None
    assert w.change("n2", role="leader", current_term=4) is None
    assert w.change("n3", role="candidate", current_term=4) is None


# --- Leader Append-Only (section 5.3) -----------------------------------------------------------------------


@pytest.mark.parametrize("log", [log_of([1]), log_of([1, 2]), Log()], ids=["cut", "overwritten", "emptied"])
def test_a_leader_that_touches_its_own_entries_breaks_append_only(log: Log) -> None:
    """§5.3."""
    w = Watched(LeaderAppendOnly, log=log_of([1, 1]))
    w.change("n1", role="leader", current_term=2)
    found = w.change("n1", log=log)
    assert found is not None
    assert found["node"] == "n1"


def test_a_follower_may_lose_entries_and_a_leader_may_append() -> None:
    """§5.3: only a leader's own log is append-only; one that steps down in the same event may be cut."""
    w = Watched(LeaderAppendOnly, log=log_of([1, 1]))
    assert w.change("n2", log=log_of([1])) is None
    w.change("n1", role="leader", current_term=2)
    assert w.append("n1", 2, 2) is None
    assert w.change("n1", role="follower", current_term=3, log=log_of([1])) is None


# --- Log Matching (section 5.3) -----------------------------------------------------------------------------


def test_two_commands_at_one_index_and_term_break_log_matching() -> None:
    """§5.3: a leader creates at most one entry with a given index in a given term."""
    w = Watched(LogMatching)
    assert w.change("n1", log=Log([Entry(1, Command("put", "x", "1"))])) is None
    found = w.change("n2", log=Log([Entry(1, Command("put", "x", "2"))]))
    assert found == {"index": 1, "term": 1, "first": "n1", "second": "n2"}


def test_one_entry_behind_two_different_ones_breaks_log_matching() -> None:
    """§5.3: "then the logs are identical in all preceding entries"."""
    w = Watched(LogMatching)
    assert w.change("n1", log=log_of([1, 3])) is None
    found = w.change("n2", log=log_of([2, 3]))
    assert found == {"index": 2, "term": 3, "first": "n1", "second": "n2"}


def test_logs_that_differ_in_terms_are_legal() -> None:
    """§5.3, figure 7: logs may differ wildly as long as no index has one term twice over."""
    w = Watched(LogMatching)
    assert w.change("n1", log=log_of([1, 1, 2, 2])) is None
    assert w.change("n2", log=log_of([1, 1, 3])) is None
    assert w.change("n3", log=log_of([1])) is None
    assert w.change("n2", log=log_of([1, 1, 2])) is None


# --- Leader Completeness (section 5.4) ----------------------------------------------------------------------


def committed_in_term_2() -> Watched:
    """n1 led term 2 and committed its entry 2, which n2 has too."""
    w = Watched(LeaderCompleteness, log=log_of([1]))
    w.change("n1", role="leader", current_term=2)
    w.append("n1", 2)
    w.append("n2", 2)
    assert w.change("n1", commit_index=2) is None
    return w


def test_a_later_leader_without_a_committed_entry_breaks_completeness() -> None:
    """§5.4."""
    found = committed_in_term_2().change("n3", role="leader", current_term=3)
    assert found == {"index": 2, "term": 2, "leader": "n3", "current": 3}


def test_a_later_leader_with_another_entry_there_breaks_completeness() -> None:
    """§5.4: having something at that index is not enough."""
    w = committed_in_term_2()
    w.change("n3", log=log_of([1, 3]))
    assert w.change("n3", role="leader", current_term=4) is not None


def test_an_entry_committed_too_late_breaks_completeness() -> None:
    """§5.4: the leader of a later term is there already when an earlier one commits what it lacks."""
    w = Watched(LeaderCompleteness, log=log_of([1]))
    w.change("n1", role="leader", current_term=2)
    w.append("n1", 2)
    assert w.change("n3", role="leader", current_term=3) is None
    assert w.change("n1", commit_index=2) is not None


def test_a_leader_of_an_earlier_term_may_lack_a_committed_entry() -> None:
    """§5.4: the law speaks of *later* terms; a deposed leader that slept through term 2 is legal."""
    w = Watched(LeaderCompleteness, log=log_of([1]))
    assert w.change("n3", role="leader", current_term=1) is None
    w.change("n1", role="leader", current_term=2)
    w.append("n1", 2)
    w.append("n2", 2)
    assert w.change("n1", commit_index=2) is None


def test_a_follower_or_candidate_may_lack_a_committed_entry() -> None:
    """§5.4: only leaders must have it."""
    w = committed_in_term_2()
    assert w.change("n3", role="candidate", current_term=5) is None
    assert w.change("n3", role="follower", log=Log()) is None


def test_a_candidate_newer_than_a_voter_may_lack_what_the_voter_has() -> None:
    """§5.4.1: a tempting law that does not hold. In figure 8 (d) the candidate S5, last term 3, is newer than
    S2, S3 with last term 2, and lacks their entry of term 2; that entry is not committed, so all is well.
    """
    w = Watched(LeaderCompleteness, size=5, log=log_of([1]))
    w.change("n1", role="leader", current_term=4)
    for node in ("n1", "n2", "n3"):
        assert w.append(node, 2) is None
    assert w.append("n5", 3) is None
    assert w.change("n1", role="follower", current_term=5) is None
    assert w.change("n5", role="leader", current_term=5) is None
    assert w.change("n5", log=log_of([1, 3, 5]), commit_index=3) is None


# --- State Machine Safety (section 5.4.3) -------------------------------------------------------------------


def test_two_entries_applied_at_one_index_break_state_machine_safety() -> None:
    """§5.4.3: though the first server has crashed and forgotten since."""
    w = Watched(StateMachineSafety, log=log_of([1]))
    w.append("n1", 2)
    assert w.change("n1", last_applied=2) is None
    assert w.change("n1", last_applied=0, log=log_of([1])) is None
    w.append("n2", 3)
    assert w.change("n2", last_applied=2) == {"index": 2, "first": "n1", "second": "n2"}


def test_applying_what_the_log_does_not_hold_breaks_state_machine_safety() -> None:
    """§5.4.3."""
    w = Watched(StateMachineSafety, log=log_of([1]))
    assert w.change("n1", last_applied=2) is not None


def test_applying_again_after_a_crash_is_legal() -> None:
    """§5.3: the state machine is volatile here; a restarted server applies the same entries again."""
    w = Watched(StateMachineSafety, log=log_of([1, 2]))
    assert w.change("n1", last_applied=2) is None
    assert w.change("n1", last_applied=0) is None
    assert w.change("n2", last_applied=1) is None
    assert w.change("n1", last_applied=2) is None


def test_entries_that_differ_but_were_not_applied_are_legal() -> None:
    """§5.4.3, figure 8: only what is applied counts."""
    w = Watched(StateMachineSafety, log=log_of([1]))
    w.append("n1", 2)
    w.append("n2", 3)
    assert w.change("n1", last_applied=1) is None
    assert w.change("n2", last_applied=1) is None


# --- copies -------------------------------------------------------------------------------------------------


def future(w: Watched, node: str, value: str) -> list[Any]:
    """`node` leads term 3, appends `value` at index 3, commits and applies it: what the law says to each."""
    verdicts = [w.change(node, role="leader", current_term=3)]
    verdicts.append(w.change(node, log=w.states[node].log.append([Entry(3, Command("put", "x", value))])))
    verdicts.append(w.change(node, commit_index=3, last_applied=3))
    w.change(node, role="follower", current_term=4)
    return verdicts


@pytest.mark.parametrize("law", LAWS)
def test_a_copy_remembers_the_past_and_not_the_future(law: type[Law[Any]]) -> None:
    """A kept moment must judge what follows as the run would, and must not learn from another branch."""
    w = Watched(law, log=log_of([1, 1]))
    w.change("n1", role="leader", current_term=2)
    w.change("n1", commit_index=2, last_applied=2)
    w.change("n1", role="follower", current_term=3)
    twin = w.fork()
    assert future(twin, "n2", "a") == [None] * 3
    assert future(w, "n3", "b") == [None] * 3, "the copy's future is not the original's"
    if law in (ElectionSafety, LogMatching, StateMachineSafety):
        assert any(future(twin.fork(), "n3", "b")), "a copy remembers"
    if law is LeaderCompleteness:
        assert w.fork().change("n1", role="leader", current_term=9), "a copy remembers"
