"""The same seed and commands give the same trace, however, wherever and in whatever pieces it is run."""

import hashlib
import os
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sim.build import build
from app.sim.chance import BLOCK, Stream
from app.sim.cluster import Cluster
from app.sim.commands import parse
from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.interventions import execute
from app.sim.scenario import catalogue
from app.sim.simulation import Simulation
from app.sim.timeline import Timeline
from app.sim.trace import Event, lines
from tests.sim.chaos import GUESTS, Chaos, random_config

END = 3_000_000
SCRIPT: list[tuple[int, str]] = [
    (400_000, "load c1 90ms"),
    (700_000, "crash leader"),
    (1_000_000, "link * -- * loss 0.1 duplicate 0.1"),
    (1_100_000, "join k1"),
    (1_150_000, "load k1 80ms"),
    (1_400_000, "partition n1 n2 | n3 n4 n5"),
    (1_900_000, "heal"),
    (1_950_000, "leave k1"),
    (1_960_000, "join k2 on raft"),
    (2_000_000, "network manual"),
    (2_100_000, "network auto"),
    (2_300_000, "clock n3 2.5"),
]
ROUGH = ClusterConfig.model_validate(
    {"seed": 99, "clients": 2, "disk": {"latency": "1ms..5ms"}, "options": {"raft": {"preVote": True}}}
)


def digest(events: list[Event]) -> str:
    """Two long traces, told apart without printing them."""
    return hashlib.sha256(lines(events)).hexdigest()


def drive(sim: Any, cuts: list[int]) -> None:
    """Run to END with the commands of SCRIPT, stopping also at these times."""
    moments = sorted({*cuts, *(at for at, _ in SCRIPT), END})
    for moment in moments:
        sim.advance(moment)
        for at, text in SCRIPT:
            if at == moment:
                sim.execute(text)


def run_hash(cuts: list[int], config: ClusterConfig = ROUGH) -> str:
    sim = Simulation(config)
    drive(sim, cuts)
    return digest(sim.take())


WHOLE = run_hash([])


def test_twice_the_same() -> None:
    assert run_hash([]) == WHOLE


def test_another_seed_is_another_run() -> None:
    assert run_hash([], ROUGH.model_copy(update={"seed": 100})) != WHOLE


@given(st.lists(st.integers(0, END), max_size=40))
@settings(max_examples=12)
def test_any_pieces_of_time(cuts: list[int]) -> None:
    assert run_hash(cuts) == WHOLE


@given(st.lists(st.integers(1, 400), min_size=1, max_size=20))
@settings(max_examples=12)
def test_any_pieces_of_events(sizes: list[int]) -> None:
    """A room's pump stops after so many events, too."""
    t = Timeline(ROUGH)
    for n, (at, text) in enumerate([*SCRIPT, (END, "")]):
        size = sizes[n % len(sizes)]
        while len(t.advance(at, size)) >= size:
            pass
        if text:
            t.execute(text)
    assert t.hash() == WHOLE


@pytest.mark.parametrize("step", ["step", "step_rule"])
def test_event_by_event(step: str) -> None:
    whole, stepped = Timeline(ROUGH), Timeline(ROUGH)
    whole.advance(800_000)
    while stepped.head < whole.head:
        assert getattr(stepped, step)()
    assert digest(stepped.events(1, whole.head)) == whole.hash()


@pytest.mark.parametrize("hash_seed", ["1", "4242"])
def test_another_process_with_another_hash_seed(hash_seed: str) -> None:
    code = "from tests.sim.test_determinism import WHOLE; print(WHOLE)"
    env = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == WHOLE


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda s: s.name)
def test_scenarios_in_any_pieces(scenario: Any) -> None:
    whole, pieces = Simulation(scenario.config), Simulation(scenario.config)
    whole.advance(2_000_000)
    rng = Random(scenario.name)
    while pieces.now < 2_000_000:
        pieces.advance(min(2_000_000, pieces.now + rng.randint(1, 90_000)), rng.choice([3, 50, 10_000]))
    pieces.advance(2_000_000)
    assert digest(pieces.take()) == digest(whole.take())


# --- what is recorded does not change what happens ----------------------------------------------------------


def silently(record: Any) -> Cluster:
    cluster = build(ROUGH, record)
    for at, text in SCRIPT:
        cluster.run(at, 1 << 62)
        cluster.now = max(cluster.now, at)
        execute(cluster, parse(text))
    cluster.run(END, 1 << 62)
    return cluster


def final(cluster: Cluster) -> Any:
    view = cluster.view()
    return view["nodes"], view["messages"], view["network"], view["seq"], cluster.pushed


def test_recording_nothing_or_little_gives_the_same_run() -> None:
    full, traffic, none = (silently(r) for r in ("full", "traffic", "none"))
    assert final(full) == final(traffic) == final(none)
    assert [(e.seq, e.time, e.kind, e.node, e.body) for e in full.events] == [
        (e.seq, e.time, e.kind, e.node, e.body) for e in traffic.events
    ]
    assert not any(e.patch or e.why for e in traffic.events)
    assert not none.events


# --- chance -------------------------------------------------------------------------------------------------


def arrivals(events: list[Any]) -> dict[tuple[str, str], list[int]]:
    """For each link, how long its messages take, in the order they were sent."""
    found: dict[tuple[str, str], list[int]] = {}
    for e in events:
        if e.kind == "send":
            found.setdefault((e.node, e.body[0]), []).append(e.body[3] - e.time)
    return found


def test_an_intervention_in_one_place_leaves_the_chance_of_other_links_alone() -> None:
    plain, disturbed = Simulation(ROUGH), Simulation(ROUGH)
    disturbed.execute("link n1 -> n2 loss 0.9 duplicate 0.5")
    disturbed.execute("timeout n5 election")
    disturbed.execute("pause n4")
    for sim in (plain, disturbed):
        sim.advance(2_000_000)
    ours, theirs = arrivals(plain.take()), arrivals(disturbed.take())
    compared = 0
    for link in ours:
        if link != ("n1", "n2"):
            both = list(zip(ours[link], theirs.get(link, []), strict=False))
            assert all(a == b for a, b in both), link
            compared += len(both)
    assert compared > 200


@given(st.integers(0, 2**63 - 1), st.text(max_size=8), st.integers(0, 3 * BLOCK))
@settings(max_examples=30)
def test_a_copied_stream_goes_on_as_the_original(seed: int, name: str, drawn: int) -> None:
    stream = Stream(seed, name)
    for _ in range(drawn):
        stream.word()
    twin = stream.copy()
    assert [twin.word() for _ in range(2 * BLOCK)] == [stream.word() for _ in range(2 * BLOCK)]


def test_streams_of_different_names_or_seeds_differ() -> None:
    first = [[Stream(s, n).word() for _ in range(4)] for s, n in ((1, "a"), (1, "b"), (2, "a"), (11, "a"))]
    assert len({tuple(words) for words in first}) == 4


def test_chance_is_fair_enough() -> None:
    stream = Stream(5, "fair")
    draws = [stream.between(10, 19) for _ in range(20_000)]
    assert set(draws) == set(range(10, 20))
    assert all(1_850 < draws.count(n) < 2_150 for n in range(10, 20))
    assert 4_800 < sum(stream.happens(0.25) for _ in range(20_000)) < 5_200
    mean = sum(stream.exponential(1000) for _ in range(20_000)) / 20_000
    assert 970 < mean < 1030


def test_certain_outcomes_draw_nothing() -> None:
    """Switching a fault on and off again must not shift the chance of what follows."""
    stream, twin = Stream(1, "x"), Stream(1, "x")
    assert (stream.between(7, 7), stream.happens(0), stream.happens(1)) == (7, False, True)
    assert stream.word() == twin.word()


# --- copies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_kept_moment_goes_on_as_the_run_did(seed: int) -> None:
    """Whatever is under way: held messages, writes, traps, pauses, queued timers."""
    rng = Random(seed)
    chaos = Chaos(random_config(rng), rng, GUESTS)
    chaos.run(40)
    chaos.sim.take()
    twin = chaos.sim.copy()
    commands = ["heal", "network auto", "restart n1", "resume n2", "timeout n3 election", "crash n2"]
    for sim in (chaos.sim, twin):
        sim.advance(sim.now + 400_000)
        for text in commands:
            try:
                sim.execute(text)
            except Refused:
                continue
        sim.advance(sim.now + 900_000)
    assert digest(twin.take()) == digest(chaos.sim.take())
