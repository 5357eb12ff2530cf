"""A branch and its past: seek, fork, replay, trimming, export."""

import hashlib
import json
from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.keyframe import freeze, thaw
from app.sim.timeline import CHUNK, Timeline, plain_view
from app.sim.trace import Event, lines
from tests.sim.chaos import GUESTS, Chaos, random_config
from tests.sim.reducing import reduce

CONFIG = ClusterConfig(seed=12, clients=["c1"])
COMMANDS = (
    "crash leader",
    *("restart n1", "restart n2", "restart n3"),
    "heal",
    "partition n1 n2 | n3 n4 n5",
    "link n1 -> * loss 0.5",
    *("restart n4", "restart n5"),
    "clock n2 1.5",
    *("join k1", "load k1 60ms", "join k2", "pause k2", "leave k1"),
)


def lived(rounds: int = 30, seed: int = 4, keep: int = 200_000) -> tuple[Timeline, dict[int, Any]]:
    """A branch with commands at all sorts of moments, and the views of some moments on the way."""
    rng, t = Random(seed), Timeline(CONFIG, keep)
    views = {}
    t.advance(300_000)
    t.execute("load c1 70ms")
    for n in range(rounds):
        t.advance(t.time + rng.randint(1, 250_000), rng.choice([7, 100_000, 100_000]))
        try:
            t.execute(COMMANDS[n % len(COMMANDS)])
        except Refused:
            continue
        views[t.head] = (t.time, t.view())
    t.advance(t.time + 3_000_000)
    return t, views


LIVED, VIEWS = lived()


def digest(events: list[Event]) -> str:
    """Two long traces, told apart without printing them."""
    return hashlib.sha256(lines(events)).hexdigest()


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return {**a, "time": 0} == {**b, "time": 0}


def test_history_is_long_enough_to_be_worth_testing() -> None:
    assert LIVED.head > 4 * CHUNK
    assert len(LIVED.journal) > 10


@pytest.mark.parametrize("seq", list(VIEWS)[::3])
def test_a_moment_of_the_past_is_what_it_was(seq: int) -> None:
    time, view = VIEWS[seq]
    past = LIVED.at(seq, time)
    assert plain_view(past) == view


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.77, 0.99, 1.0])
def test_seek_equals_running_there(share: float) -> None:
    """Any event, not only those at which somebody looked."""
    seq = max(1, round(share * LIVED.head))
    past = LIVED.at(seq)
    fresh = Timeline.replay(CONFIG, [e for e in LIVED.journal if e[0] < past.seq], past.seq, None)
    assert past.seq >= seq
    assert same(plain_view(past), fresh.view())


def test_a_seek_changes_nothing() -> None:
    before = LIVED.head, LIVED.time, LIVED.hash(), LIVED.view()
    LIVED.at(LIVED.head // 2)
    LIVED.fork(LIVED.head // 3)
    LIVED.chunk(5)
    assert (LIVED.head, LIVED.time, LIVED.hash(), LIVED.view()) == before


def test_replay_gives_the_same_trace() -> None:
    twin = Timeline.replay(CONFIG, LIVED.journal, LIVED.head, LIVED.time)
    assert twin.hash() == LIVED.hash()
    assert twin.view() == LIVED.view()
    assert twin.journal == LIVED.journal


@pytest.mark.parametrize("seed", range(5))
def test_replay_gives_the_same_trace_after_any_faults(seed: int) -> None:
    """The journal is all that must be kept, whenever the commands came."""
    rng = Random(seed)
    chaos = Chaos(random_config(rng), rng, GUESTS)
    chaos.run(50)
    chaos.sim.advance(chaos.sim.now)  # what its last command has left to do now
    t = Timeline(chaos.sim.config)
    for at, text in chaos.commands:
        if at > t.time:
            t.advance(at)
        t.execute(text)
    t.advance(chaos.sim.now)
    assert t.hash() == digest(chaos.sim.take())
    twin = Timeline.replay(t.config, t.journal, t.head, t.time)
    assert twin.hash() == t.hash()


def test_a_journal_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        Timeline.replay(ClusterConfig(nodes=["n1"], clients=[]), [(50, 1_000, "restart n1")], 60, None)
    assert refused.value.code in ("not-crashed", "journal-mismatch")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_fork_shares_the_past_and_then_goes_its_own_way(share: float) -> None:
    seq = round(share * LIVED.head)
    before = LIVED.hash(), LIVED.view()
    fork = LIVED.fork(seq)
    at = fork.head
    assert seq <= at
    assert digest(fork.events(1, at)) == digest(LIVED.events(1, at))
    fork.execute("link n2 -> n3 delay 77ms")
    fork.execute("pause n5") if fork.view()["nodes"]["n5"]["status"] == "up" else None
    fork.advance(fork.time + 400_000)
    assert digest(fork.events(1, at)) == digest(LIVED.events(1, at))
    assert fork.events(at + 1, at + 1)[0].kind == "command"
    assert (LIVED.hash(), LIVED.view()) == before, "the old branch is as it was"


def test_a_fork_without_a_command_is_the_same_future() -> None:
    """Until the next command of the old branch, that is."""
    seq = LIVED.journal[4][0] + 5
    fork = LIVED.fork(seq)
    later = LIVED.journal[5]
    fork.advance(later[1])
    assert digest(fork.events(1, later[0])) == digest(LIVED.events(1, later[0]))


@pytest.mark.parametrize("n", [2, 5, 9])
def test_a_fork_just_before_a_command_does_not_take_it_along(n: int) -> None:
    """Nor does what it writes down for those who replay it."""
    at, time, _ = LIVED.journal[n]
    fork = LIVED.fork(at, time)
    assert (fork.head, fork.time) == (at, time)
    assert fork.journal == LIVED.journal[:n]
    fork.advance(time + 300_000)
    assert Timeline.replay(CONFIG, fork.journal, fork.head, fork.time).hash() == fork.hash()


def test_a_fork_of_a_fork_replays() -> None:
    fork = LIVED.fork(900)
    fork.execute("crash n3") if fork.view()["nodes"]["n3"]["status"] != "crashed" else None
    fork.advance(fork.time + 300_000)
    second = fork.fork(fork.head - 20)
    second.execute("link n1 -> n2 delay 3ms")
    second.advance(second.time + 300_000)
    twin = Timeline.replay(CONFIG, second.journal, second.head, second.time)
    assert twin.hash() == second.hash()


def test_chunks_are_the_whole_history() -> None:
    """Each begins with the view before its first event; reducing one gives the base of the next."""
    seq, view = 1, LIVED.chunk(1).base
    while seq <= LIVED.head:
        chunk = LIVED.chunk(seq)
        events = json.loads(chunk.events_json)
        assert chunk.first == seq == events[0][0]
        assert chunk.last == events[-1][0]
        assert same(view, chunk.base)
        for event in events:
            view = reduce(view, event)
        seq = chunk.last + 1
    assert not LIVED.chunk(LIVED.head).complete
    assert LIVED.chunk(1).complete
    seen = LIVED.view()
    assert {k: view[k] for k in ("nodes", "network", "laws", "seq")} == {
        k: seen[k] for k in ("nodes", "network", "laws", "seq")
    }


def test_any_event_of_a_chunk_names_the_same_chunk() -> None:
    chunk = LIVED.chunk(1)
    assert LIVED.chunk(chunk.last) == chunk
    assert LIVED.chunk(chunk.last + 1).first == chunk.last + 1


def test_the_future_and_the_forgotten_are_refused() -> None:
    for ask in (LIVED.at, LIVED.fork, LIVED.chunk):
        with pytest.raises(Refused) as refused:
            ask(LIVED.head + 1)
        assert refused.value.code == "history-ahead"
    trimmed, _ = lived(rounds=30, keep=1)
    assert trimmed.oldest > 1
    for ask in (trimmed.at, trimmed.fork, trimmed.chunk):
        with pytest.raises(Refused) as refused:
            ask(trimmed.oldest - 1)
        assert refused.value.code == "history-trimmed"
    with pytest.raises(Refused):
        list(trimmed.trace_json())


def test_trimming_keeps_history_flat_and_true() -> None:
    """What is kept is the same as without trimming, and there is never much more of it than was asked for."""
    keep = 2 * CHUNK
    t = Timeline(CONFIG, keep)
    most = 0
    for n in range(1, 60):
        t.advance(n * 200_000)
        most = max(most, t.head - t.oldest)
    assert t.head > 4 * keep
    assert keep <= most <= keep + 3 * CHUNK
    whole = Timeline(CONFIG)
    whole.advance(t.time)
    assert t.hash() == whole.hash()
    assert same(plain_view(t.at(t.oldest)), plain_view(whole.at(t.oldest)))
    assert digest(t.events(t.oldest, t.head)) == digest(whole.events(t.oldest, t.head))


def test_an_exported_run_is_whole_and_reproduces_itself() -> None:
    found = json.loads(b"".join(LIVED.trace_json()))
    assert [e[0] for e in found["events"]] == list(range(1, LIVED.head + 1))
    assert found["hash"] == LIVED.hash()
    config = ClusterConfig.model_validate(found["config"])
    journal = [(seq, time, text) for seq, time, text in found["journal"]]
    assert Timeline.replay(config, journal, LIVED.head, LIVED.time).hash() == found["hash"]


def test_marks_lead_to_what_they_say() -> None:
    marks = LIVED.marks()
    kinds = {mark for _, _, mark, _ in marks}
    assert {"election", "commit", "crash", "restart", "command", "answer"} <= kinds
    assert marks == sorted(marks, key=lambda m: m[0])
    for seq, time, mark, node in marks[:: max(1, len(marks) // 40)]:
        (event,) = LIVED.events(seq, seq)
        assert (event.time, event.node) == (time, node)
        assert event.kind == mark or event.why


def test_a_refused_command_is_not_written_down() -> None:
    t = Timeline(CONFIG)
    before = t.head, t.time, t.view(), list(t.journal)
    with pytest.raises(Refused):
        t.execute("restart n1")
    assert (t.head, t.time, t.view(), t.journal) == before


def test_a_command_that_is_only_about_the_screen_leaves_no_trace() -> None:
    t = Timeline(CONFIG)
    before = t.hash()
    t.execute("set speed 1/50")
    assert (t.hash(), t.journal) == (before, [])


# --- a history that begins in the middle ------------------------------------------------------------------


def test_a_branch_goes_on_from_a_keyframe_as_the_one_it_was_taken_of() -> None:
    t, _ = lived(rounds=10)
    again = Timeline.begin_at(CONFIG, thaw(CONFIG, freeze(t.sim)))
    start = t.head
    assert (again.origin, again.oldest, again.head, again.time) == (start, start + 1, start, t.time)
    assert again.fork(start).view() == again.view(), "its first moment is a moment too"
    for line in (t, again):
        for command in ("crash n2", "restart n2"):
            line.execute(command)
            line.advance(line.time + 700_000)
    assert again.journal == t.journal[-2:]
    assert digest(again.events(1, again.head)) == digest(t.events(start + 1, t.head))
    assert again.hash() == digest(t.events(start + 1, t.head))
    for seq in (start + 5, start + CHUNK + 5, t.head - 3):
        assert plain_view(again.at(seq)) == plain_view(t.at(seq))
    with pytest.raises(Refused):
        again.at(start - 1)


def test_a_journal_that_has_become_too_long_loses_what_history_has_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sim.timeline.KEEP_COMMANDS", 50)
    t = Timeline(CONFIG, keep_events=2 * CHUNK)
    for n in range(400):
        t.advance(t.time + 40_000)
        t.execute(f"request c1 put x {n}")
    t.advance(t.time + 2_000_000)
    assert 0 < t.origin < t.oldest
    assert t.journal[0][0] >= t.origin
    assert len(t.journal) < 250
    for seq in (t.oldest, t.oldest + 700, t.head):
        assert plain_view(t.fork(seq, t.at(seq).now).sim) == plain_view(t.at(seq))
