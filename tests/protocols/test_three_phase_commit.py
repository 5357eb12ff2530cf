"""3PC, rule by rule, on runs with 10 ms a hop (see `commit_schedules.py`)."""

from __future__ import annotations

from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.trace import Event
from tests.protocols.commit_schedules import ASK, ELECTED, QUORUM, node, states, three, times

TERMINATIONS = ["course", "elected", "quorum"]
CUT_BEFORE_PRECOMMIT = [(45, "drop PreCommit n1 -> n3"), (45, "drop PreCommit n1 -> n4")]


def saves(events: list[Event], name: str) -> int:
    return sum(e.kind == "save" and e.node == name for e in events)


# --- the price ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("acks", [True, False])
@pytest.mark.parametrize("termination", TERMINATIONS)
def test_the_price_of_a_commit(n: int, acks: bool, termination: str) -> None:
    """5n messages, 6n with acknowledgements; decided after four delays, known after five."""
    sim, _ = three(ASK, nodes=n + 1, options={"acks": acks, "termination": termination}).run()
    events = sim.cluster.events
    assert states(sim) == "c" * (n + 1)
    assert sum(e.kind == "send" and not e.body[1].startswith("Client") for e in events) == (5 + acks) * n
    assert times(events, "begin") == [20]
    assert times(events, "commit") == [20 + 4 * 10]
    assert times(events, "committed") == [20 + 5 * 10] * n
    assert [saves(events, f"n{i}") for i in range(1, n + 2)] == [2] + [3] * n


# --- time-outs (Skeen, section 7) ---------------------------------------------------------------------------


def test_in_w_a_participant_aborts_by_itself() -> None:
    sim, _ = three(ASK, (35, "crash n1")).run()
    assert states(sim)[1:] == "aa"
    assert 30 + 250 <= times(sim.cluster.events, "timeout-aborts")[0] <= 30 + 300


def test_in_p_a_participant_commits_by_itself() -> None:
    sim, _ = three(ASK, (55, "crash n1")).run()
    assert states(sim)[1:] == "cc"
    assert 50 + 250 <= times(sim.cluster.events, "timeout-commits")[0] <= 50 + 300


def test_the_coordinator_that_misses_a_vote_aborts() -> None:
    sim, _ = three((5, "drop every Vote n3 -> n1"), ASK).run()
    assert states(sim) == "aaa"
    assert times(sim.cluster.events, "votes-missing") == [20 + 150]


def test_the_coordinator_that_misses_an_acknowledgement_commits() -> None:
    """Whoever did not acknowledge has crashed; it will ask (BHG 7.5)."""
    sim, _ = three(ASK, (45, "crash n3"), (700, "restart n3"), until=2_000_000).run()
    assert times(sim.cluster.events, "acks-missing") == [40 + 100]
    assert states(sim) == "ccc"


def test_nobody_commits_while_another_is_in_w() -> None:
    """What the second phase is for (Skeen, section 5): with c somewhere, nobody who is up is in w."""
    sim, _ = three(until=0).run()
    sim.execute("request c1 transfer 1000 at n1")
    while sim.step(200_000):
        seen = set(states(sim))
        assert not {"c", "w"} <= seen
    assert states(sim) == "ccc"


# --- recovery (BHG 7.5) -------------------------------------------------------------------------------------


def test_who_was_down_asks_instead_of_trusting_its_time_out() -> None:
    """n3 comes back in w while the others have committed."""
    sim, _ = three(ASK, (45, "crash n3"), (80, "restart n3")).run()
    assert times(sim.cluster.events, "recovered-in-doubt") == [80]
    assert states(sim) == "ccc"
    assert not times(sim.cluster.events, "timeout-aborts")


def test_a_coordinator_back_in_p_follows_what_the_others_decided() -> None:
    """Here they could not know of preCommit: it was on the coordinator's disk alone."""
    steps = [(5, "drop every PreCommit n1 -> *"), ASK, (45, "crash n1"), (600, "restart n1")]
    sim, _ = three(*steps, until=2_000_000).run()
    assert states(sim) == "aaa"
    assert times(sim.cluster.events, "decided-without")
    assert node(sim, "c1").answers[0].result == "aborted"


def test_a_coordinator_back_in_p_does_not_count_acks_again_when_another_transaction_is_aborted() -> None:
    """It finds t1 in w, and aborts it; t2 is in p, and the others may have decided on it meanwhile."""
    apart = [(5, "drop every CanCommit n1 -> *"), (25, "allow every CanCommit n1 -> *")]
    second = [(26, "request c2 transfer 100 at n1"), (26, "drop every PreCommit n1 -> *")]
    crash = [(60, "crash n1"), (200, "restart n1")]
    sim, refused = three(ASK, *apart, *second, *crash, options=ELECTED, until=2_000_000).run()
    assert not refused
    assert times(sim.cluster.events, "recovered-undecided") == times(sim.cluster.events, "recovered-prepared")
    assert not times(sim.cluster.events, "acks-missing")
    assert states(sim, "t2") == "aaa"


def test_after_a_total_failure_the_coordinator_in_p_commits() -> None:
    crashes = [(55, f"crash n{i}") for i in (1, 2, 3)]
    back = [(100 + i, f"restart n{i}") for i in (1, 2, 3)]
    sim, _ = three(ASK, *crashes, *back).run()
    assert times(sim.cluster.events, "total-failure")
    assert states(sim) == "ccc"


def test_without_the_coordinator_those_who_were_all_down_wait() -> None:
    """It may have committed: they cannot tell."""
    crashes = [(55, f"crash n{i}") for i in (1, 2, 3)]
    sim, _ = three(ASK, *crashes, (101, "restart n2"), (102, "restart n3")).run()
    assert states(sim)[1:] == "pp"
    assert node(sim, "n2").blocked


def test_time_outs_free_the_locks_and_a_missing_quorum_does_not() -> None:
    """BHG 7.5, KD 4: whoever decides by itself frees its locks at its time-out; without a majority they are
    held on, and that is told once. All are taken at 30.
    """
    steps = [ASK, (35, "crash n1"), (35, "partition n2 | n3")]
    for termination, told in (("course", []), ("quorum", [930, 930])):
        options = {"termination": termination, "lockAlarm": "900ms"}
        sim, _ = three(*steps, options=options, until=3_000_000).run()
        assert times(sim.cluster.events, "locks-held-long") == told


# --- a new coordinator (BHG 7.5) ----------------------------------------------------------------------------


def test_all_in_w_abort() -> None:
    sim, _ = three(ASK, (35, "crash n1"), options=ELECTED).run()
    assert states(sim)[1:] == "aa"
    assert len(times(sim.cluster.events, "stand")) == 1


def test_any_p_moves_all_to_p_and_then_commits() -> None:
    sim, _ = three(ASK, *CUT_BEFORE_PRECOMMIT, (51, "crash n1"), nodes=4, options=ELECTED).run()
    assert states(sim)[1:] == "ccc"
    prepared, committed = (times(sim.cluster.events, rule) for rule in ("prepared", "committed"))
    assert len(prepared) == 4  # n2 twice: for the first coordinator, and for its own ballot
    assert max(prepared) < min(committed)


def test_any_a_is_followed() -> None:
    """n3 voted no, and the coordinator died before it told n2."""
    sim, _ = three((5, "tell n3 refuse"), ASK, (35, "crash n1"), options=ELECTED).run()
    assert states(sim)[1:] == "aa"
    assert times(sim.cluster.events, "tell-decision")


def test_any_c_is_followed() -> None:
    steps = [ASK, (65, "drop DoCommit n1 -> n3"), (65, "drop DoCommit n1 -> n4"), (65, "crash n1")]
    sim, _ = three(*steps, nodes=4, options=ELECTED).run()
    assert states(sim)[1:] == "ccc"
    assert not times(sim.cluster.events, "terminate-commit")


def test_the_next_in_turn_takes_over_from_a_new_coordinator_that_dies() -> None:
    steps: list[Any] = [ASK, (35, "crash n1"), (100, "timeout n2 decision"), (105, "crash n2")]
    sim, _ = three(*steps, nodes=4, options=ELECTED, until=2_000_000).run()
    assert states(sim)[2:] == "aa"
    assert node(sim, "n2").states["t1"] == "w" if node(sim, "n2").states else True


# --- quorums (Keidar & Dolev) -------------------------------------------------------------------------------


def test_under_a_partition_time_outs_decide_both_ways_and_quorums_do_not() -> None:
    steps = [ASK, *CUT_BEFORE_PRECOMMIT, (45, "partition n1 n2 c1 | n3 n4")]
    for termination, expected, broken in [("course", "ccaa", True), ("quorum", "ppaa", False)]:
        options = {"termination": termination}
        sim, _ = three(*steps, nodes=4, options=options, until=3_000_000).run()
        assert states(sim) == expected
        assert bool(sim.cluster.broken["3pc-atomicity"]) == broken
    assert node(sim, "n2").blocked
    assert node(sim, "n2").locks == {"A": "t1"}


def test_two_and_two_are_no_majority_anywhere() -> None:
    steps = [ASK, (35, "crash n1"), (35, "partition n2 n3 | n4 n5")]
    sim, _ = three(*steps, nodes=5, options=QUORUM, until=3_000_000).run()
    assert states(sim)[1:] == "wwww"
    assert all(node(sim, f"n{i}").blocked for i in range(2, 6))


def test_the_latest_attempt_is_taken_up() -> None:
    """n4 has prepared to abort under a ballot, alone, and fails. n2 is in p from before; together with n4 it
    follows the later attempt, without n4 the earlier one.
    """
    steps = [
        ASK,
        *CUT_BEFORE_PRECOMMIT,
        (51, "crash n1"),
        (52, "drop every StateRequest n4 -> n2"),
        (52, "drop every PreAbort n4 -> n3"),
        (53, "timeout n4 decision"),
        (190, "crash n3"),
        (200, "heal"),
    ]
    sim, _ = three(*steps[:-2], nodes=4, options=QUORUM, until=185_000).run()
    assert states(sim)[1:] == "pwb"
    sim, _ = three(*steps, nodes=4, options=QUORUM, until=3_000_000).run()
    assert (node(sim, "n2").states, node(sim, "n4").states) == ({"t1": "a"}, {"t1": "a"})
    with_n3 = [*steps[:-2], (190, "crash n4"), (200, "heal")]
    sim, _ = three(*with_n3, nodes=4, options=QUORUM, until=3_000_000).run()
    assert (node(sim, "n2").states, node(sim, "n3").states) == ({"t1": "c"}, {"t1": "c"})


# --- set-ups ------------------------------------------------------------------------------------------------


def test_impossible_set_ups_are_refused() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"nodes": 1}, "no-participant"),
        ({"options": {"3pc": {"coordinator": "c1"}}}, "unknown-coordinator"),
        ({"options": {"3pc": {"termination": "prayer"}}}, "config-value"),
    ]
    for values, code in cases:
        with pytest.raises(Refused) as refused:
            ClusterConfig.model_validate({"services": ["3pc"], **values})
        assert refused.value.code == code
