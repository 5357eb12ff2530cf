"""2PC, rule by rule, on runs with 10 ms a hop (see `commit_schedules.py`). "BHG" is Bernstein, Hadzilacos &
Goodman, chapter 7.
"""

from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.simulation import Simulation
from app.sim.trace import Event
from tests.protocols.commit_schedules import ASK, Schedule, node, states, times

COOPERATIVE = {"cooperative": True}
DIE_AFTER_VOTES = [ASK, (35, "crash n1")]


def saves(events: list[Event], name: str) -> int:
    return sum(e.kind == "save" and e.node == name for e in events)


def messages(events: list[Event]) -> int:
    """All but the client's."""
    return sum(e.kind == "send" and not e.body[1].startswith("Client") for e in events)


# --- the price (the table of the field's textbooks) ---------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("presume", ["nothing", "abort"])
@pytest.mark.parametrize("acks", [True, False])
def test_the_price_of_a_commit(n: int, presume: str, acks: bool) -> None:
    """3n messages, 4n with acknowledgements; one forced write at the coordinator, two at a participant;
    decided after two delays, known after three.
    """
    sim, _ = Schedule([ASK], n + 1, {"presume": presume, "acks": acks}).run()
    events = sim.cluster.events
    assert states(sim) == "c" * (n + 1)
    assert messages(events) == (4 if acks else 3) * n
    assert [saves(events, f"n{i}") for i in range(1, n + 2)] == [1] + [2] * n
    assert times(events, "begin") == [20]
    assert times(events, "commit") == [20 + 2 * 10]
    assert times(events, "committed") == [20 + 3 * 10] * n


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_the_price_of_a_presumed_abort(n: int) -> None:
    """Mohan & Lindsay, section 3: 3n messages, no forced write at the coordinator, one at a participant."""
    for whom in ("n1", "n2"):
        sim, _ = Schedule([(5, f"tell {whom} refuse"), ASK], n + 1, {"presume": "abort"}).run()
        events = sim.cluster.events
        assert states(sim) == "a" * (n + 1)
        assert messages(events) == 3 * n
        assert [saves(events, f"n{i}") for i in range(1, n + 2)] == [0] + [1] * n


@pytest.mark.parametrize("n", [1, 3])
def test_the_price_of_an_abort_when_nothing_is_presumed(n: int) -> None:
    sim, _ = Schedule([(5, "tell n1 refuse"), ASK], n + 1).run()
    events = sim.cluster.events
    assert messages(events) == 4 * n
    assert [saves(events, f"n{i}") for i in range(1, n + 2)] == [1] + [2] * n


def test_every_message_that_promises_leaves_after_its_write() -> None:
    """With a slow disk a vote, a decision and an acknowledgement each wait for the log (BHG 7.4)."""
    config = {"services": ["2pc"], "nodes": 3, "disk": {"latency": "50ms"}, "network": {"delay": "10ms"},
              "options": {"2pc": {"voteTimeout": "1s", "resend": "1s"}}}  # fmt: skip
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.execute("request c1 transfer 1000 at n1")
    sim.advance(1_000_000)
    saved = {}
    for e in sim.cluster.events:
        if e.kind == "saved":
            saved[e.node] = e.time
        elif e.kind == "send" and e.body[1] in ("Vote", "Commit", "Ack"):
            assert saved[e.node] == e.time
    assert states(sim) == "ccc"


# --- the vote (BHG 7.1, 7.4) --------------------------------------------------------------------------------


def test_a_participant_that_cannot_pay_votes_no() -> None:
    sim, _ = Schedule([(10, "request c1 transfer 5001 at n1")]).run()
    assert states(sim) == "aaa"
    assert times(sim.cluster.events, "vote-no-balance") == [30]
    assert node(sim, "n3").accounts == {"B": 5000}


def test_money_flows_back() -> None:
    sim, _ = Schedule([ASK, (100, "request c1 transfer -3000 at n1")]).run()
    assert node(sim, "n2").accounts == {"A": 7000}
    assert node(sim, "n3").accounts == {"B": 3000}


def test_what_is_no_amount_begins_nothing() -> None:
    sim, _ = Schedule([(10, "request c1 transfer much at n1"), (50, f"request c1 transfer {'9' * 30}")]).run()
    assert [a.result for a in node(sim, "c1").answers] == ["not an amount"] * 2
    assert states(sim) == "---"


def test_a_participant_that_was_told_to_refuse_votes_no_once() -> None:
    sim, _ = Schedule([(5, "tell n3 refuse"), ASK, (200, "request c1 transfer 1 at n1")]).run()
    assert states(sim, "t1") == "aaa"
    assert states(sim, "t2") == "ccc"


def test_refusing_twice_makes_no_sense() -> None:
    _, refused = Schedule([(5, "tell n3 refuse"), (6, "tell n3 refuse")]).run()
    assert len(refused) == 1
    assert "n3" in refused[0]


def test_a_client_that_asks_a_participant_is_sent_to_the_coordinator() -> None:
    sim, _ = Schedule([(10, "request c1 transfer 1000 at n3")]).run()
    assert node(sim, "c1").answers[0].server == "n1"


def test_in_q_a_participant_waits_for_a_lock_and_may_give_up() -> None:
    """BHG 3.3: a time-out also ends deadlocks. Here t2 waits at n3 until 116 and gets no lock."""
    steps = [(5, "hold every Commit n1 -> n3"), ASK, (15, "request c2 transfer 500 at n1")]
    sim, _ = Schedule(steps, until=100_000).run()
    assert states(sim, "t2") == "wwq"
    sim, _ = Schedule(steps, until=300_000).run()
    assert states(sim, "t2") == "aaa"
    assert times(sim.cluster.events, "lock-timeout") == [115]


# --- time-outs (BHG 7.4) ------------------------------------------------------------------------------------


def test_the_coordinator_that_misses_a_vote_aborts() -> None:
    sim, _ = Schedule([(5, "drop every Prepare n1 -> n3"), ASK]).run()
    assert times(sim.cluster.events, "votes-missing") == [20 + 150]
    assert states(sim) == "aaa"


def test_one_timer_gives_every_transaction_its_full_time() -> None:
    """t2 begins just before t1's time is up, and is not aborted with it."""
    sim, _ = Schedule(
        [
            (5, "drop every Vote n3 -> n1"),
            ASK,
            (155, "allow every Vote n3 -> n1"),
            (158, "request c2 transfer 5"),
        ]
    ).run()
    assert states(sim, "t1") == "aaa"
    assert states(sim, "t2") == "ccc"


def test_in_w_a_participant_is_blocked_and_holds_its_locks() -> None:
    sim, _ = Schedule(DIE_AFTER_VOTES).run()
    for name, account in (("n2", "A"), ("n3", "B")):
        s = node(sim, name)
        assert (s.states["t1"], s.blocked, s.locks) == ("w", True, {account: "t1"})
    assert 30 + 250 <= times(sim.cluster.events, "blocked")[0] <= 30 + 300


def alarms(*steps: tuple[float, str], after: str) -> list[int]:
    """When locks were told of that were held for so long."""
    sim, _ = Schedule(steps, options={"lockAlarm": after}, until=3_000_000).run()
    return times(sim.cluster.events, "locks-held-long")


def test_locks_that_a_blocked_participant_holds_for_long_are_told_once() -> None:
    """BHG 7.4: blocked, it may have to hold its locks for as long as the failure lasts. Both
    took them at 30.
    """
    assert alarms(*DIE_AFTER_VOTES, after="400ms") == [430, 430]


def test_no_alarm_for_locks_that_are_free() -> None:
    """Held from 30 to 50."""
    assert alarms(ASK, after="20001us") == []
    assert alarms(ASK, after="19999us") == [49, 49]


def test_locks_that_another_transaction_takes_over_are_held_anew() -> None:
    """t2 waits until t1 has committed at 50, and takes the locks in the same moment."""
    steps = [ASK, (15, "request c2 transfer 500 at n1"), (55, "crash n1")]
    assert alarms(*steps, after="200ms") == [250, 250]


def test_locks_taken_again_from_the_log_are_watched_again() -> None:
    """A clock that kept time does not survive a crash: n2 counts from its restart at 140."""
    steps = [*DIE_AFTER_VOTES, (100, "crash n2"), (140, "restart n2")]
    assert alarms(*steps, after="400ms") == [430, 540]


def test_peers_that_are_all_in_w_are_blocked_too() -> None:
    """Cooperative termination, the case that it cannot solve."""
    sim, _ = Schedule(DIE_AFTER_VOTES, 4, COOPERATIVE).run()
    assert states(sim)[1:] == "www"
    assert node(sim, "n2").blocked
    assert node(sim, "n2").uncertain == ("n3", "n4")


def test_a_peer_that_committed_is_followed() -> None:
    steps = [ASK, (45, "drop Commit n1 -> n3"), (45, "crash n1")]
    assert states(Schedule(steps, options=COOPERATIVE).run()[0])[1:] == "cc"
    assert states(Schedule(steps).run()[0])[1:] == "cw"


def test_a_peer_that_aborted_is_followed() -> None:
    steps = [(5, "tell n3 refuse"), ASK, (35, "crash n1")]
    assert states(Schedule(steps, options=COOPERATIVE).run()[0])[1:] == "aa"
    assert states(Schedule(steps).run()[0])[1:] == "wa"


def test_a_peer_in_q_aborts_when_it_is_asked() -> None:
    """n3 has never heard of t1. It writes the abort down, so that it will not vote yes later."""
    steps = [(5, "hold every Prepare n1 -> n3"), ASK, (35, "crash n1"), (600, "deliver Prepare n1 -> n3")]
    sim, _ = Schedule(steps, options=COOPERATIVE).run()
    assert states(sim)[1:] == "aa"
    assert times(sim.cluster.events, "vote-again") == [600]


# --- recovery (BHG 7.4) -------------------------------------------------------------------------------------


def test_a_restarted_coordinator_without_a_decision_aborts() -> None:
    sim, _ = Schedule([*DIE_AFTER_VOTES, (50, "restart n1")]).run()
    assert states(sim)[1:] == "aa"
    assert times(sim.cluster.events, "no-information")


def test_a_start_record_that_reached_the_disk_is_aborted_at_once() -> None:
    """t2's start record was not forced; t1's decision took it along."""
    steps = [ASK, (15, "request c2 transfer 5 at n1"), (42, "crash n1"), (60, "restart n1")]
    sim, _ = Schedule(steps).run()
    assert times(sim.cluster.events, "recovered-undecided") == [60]
    assert states(sim, "t1") == "ccc"
    assert states(sim, "t2") == "aaa"


@pytest.mark.parametrize("presume", ["nothing", "abort"])
def test_a_restarted_coordinator_with_a_decision_tells_it_until_it_is_acknowledged(presume: str) -> None:
    steps = [(5, "drop every Commit n1 -> *"), ASK, (45, "crash n1"), (50, "restart n1"), (500, "heal")]
    sim, _ = Schedule(steps, options={"presume": presume}).run()
    assert states(sim) == "ccc"
    assert len(times(sim.cluster.events, "told-again")) >= 4
    assert node(sim, "n1").transactions == {}


def test_a_participant_that_crashes_in_w_recovers_account_lock_and_promise() -> None:
    steps: list[tuple[float, str]] = [ASK, (35, "crash n3"), (100, "restart n3")]
    s = node(Schedule(steps, until=101_000).run()[0], "n3")
    assert (s.states, s.accounts, s.locks, s.in_doubt) == ({"t1": "w"}, {"B": 6000}, {"B": "t1"}, ("t1",))
    assert states(Schedule(steps).run()[0]) == "ccc"


def test_recovery_undoes_and_redoes_what_the_log_says() -> None:
    steps: list[tuple[float, str]] = [ASK, (100, "tell n3 refuse"), (101, "request c1 transfer 700 at n1")]
    before = node(Schedule(steps).run()[0], "n2")
    after = node(Schedule([*steps, (500, "crash n2"), (501, "restart n2")]).run()[0], "n2")
    assert before.accounts == after.accounts == {"A": 4000}
    assert before.states == after.states == {"t1": "c", "t2": "a"}


def test_a_lost_lazy_abort_is_asked_for_again() -> None:
    """Presumed abort: n2's abort record was not forced. n2 comes back in w, and hears abort once more."""
    steps = [(5, "tell n1 refuse"), ASK, (100, "crash n2"), (101, "restart n2")]
    sim, _ = Schedule(steps, options={"presume": "abort"}).run()
    assert times(sim.cluster.events, "recovered-in-doubt") == [101]
    assert states(sim)[1:] == "aa"


def test_names_of_transactions_are_never_used_again() -> None:
    """A vote on a transaction of an earlier life must not count for one of this life."""
    steps = [ASK, (35, "crash n1"), (36, "restart n1"), (700, "request c2 transfer 5 at n1")]
    sim, _ = Schedule(steps).run()
    assert states(sim, "t1.1") == "ccc"


def test_a_client_is_answered_once_whatever_it_asks() -> None:
    """The decision on disk tells whose request it was; a retry after a crash hears the result of then."""
    config: dict[str, Any] = {"services": ["2pc"], "nodes": 3, "network": {"delay": "10ms"}}
    sim = Simulation(ClusterConfig.model_validate(config))
    sim.execute("request c1 transfer 1000 at n1")
    sim.advance(35_000)
    sim.execute("drop every ClientReply n1 -> c1")
    sim.advance(100_000)
    for text in ("heal", "crash n1", "restart n1"):
        sim.execute(text)
    sim.advance(1_000_000)
    assert node(sim, "c1").answers[0].result == "committed"
    assert node(sim, "n2").accounts == {"A": 4000}


# --- set-ups ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["2pc"])
def test_impossible_set_ups_are_refused_with_a_sentence(service: str) -> None:
    with pytest.raises(Refused) as lonely:
        ClusterConfig.model_validate({"services": [service], "nodes": 1})
    assert lonely.value.code == "no-participant"
    with pytest.raises(Refused) as unknown:
        ClusterConfig.model_validate({"services": [service], "options": {service: {"coordinator": "n9"}}})
    assert unknown.value.code == "unknown-coordinator"
    for lang in ("en", "zh"):
        assert "n9" in unknown.value.message(lang)
        assert "n1" in lonely.value.message(lang)


def test_another_node_may_coordinate() -> None:
    sim, _ = Schedule([(10, "request c1 transfer 1000 at n3")], options={"coordinator": "n3"}).run()
    assert states(sim) == "ccc"
    assert (node(sim, "n1").accounts, node(sim, "n2").accounts) == ({"A": 4000}, {"B": 6000})


@pytest.mark.parametrize("log", [[{"kind": "maybe", "txn": "t1"}], [{"txn": "t1"}], 7])
def test_a_disk_that_no_run_leaves_is_refused(log: object) -> None:
    with pytest.raises(Refused) as wrong:
        ClusterConfig.model_validate(
            {"services": ["2pc"], "initial": {"n2": {"2pc": {"log": log}}}},
        )
    assert wrong.value.code == "initial-value"


def test_a_node_may_start_in_doubt() -> None:
    yes = {"kind": "yes", "txn": "t0", "updates": [{"account": "A", "before": 5000, "after": 4990}]}
    config = {"services": ["2pc"], "nodes": 3, "initial": {"n2": {"2pc": {"log": [yes]}}}}
    sim = Simulation(ClusterConfig.model_validate(config))
    assert node(sim, "n2").locks == {"A": "t0"}
    sim.advance(1_000_000)
    assert node(sim, "n2").accounts == {"A": 5000}
