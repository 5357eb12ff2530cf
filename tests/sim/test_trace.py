"""The trace is the only truth: what a viewer makes of the events is what the server has."""

import json
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from app.sim.config import ClusterConfig
from app.sim.errors import Refused
from app.sim.scenario import catalogue
from app.sim.timeline import Timeline, origin_view, plain_view
from app.sim.trace import encode_events
from tests.sim.chaos import GUESTS, KINDS, Chaos, random_config
from tests.sim.reducing import reduce


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    """What differs between two views, by path. Shares of a line are as good as floats are."""
    if isinstance(a, dict) and isinstance(b, dict):
        return [d for k in {**a, **b} for d in differences(a.get(k), b.get(k), f"{where}.{k}")]
    same = a == (pytest.approx(b, abs=1e-6) if where.endswith(".at") else b)
    return [] if same else [f"{where}: reduced {a}, server {b}"]


def compare(seen: dict[str, Any], server: dict[str, Any]) -> None:
    """Equal in all but this: time may have gone on at the server since the last event."""
    assert seen["time"] <= server["time"]
    assert differences({**seen, "time": 0}, {**server, "time": 0}) == []


def follow(chaos: Chaos, rounds: int) -> None:
    """After every round, reduce what happened and compare."""
    view = origin_view(chaos.sim.config)
    for _ in range(rounds):
        for event in json.loads(encode_events(chaos.sim.take())):
            view = reduce(view, event)
        compare(view, plain_view(chaos.sim))
        chaos.run(1)


@pytest.mark.parametrize("seed", range(5))
def test_a_reduced_view_is_the_servers_view(seed: int) -> None:
    rng = Random(seed)
    follow(Chaos(random_config(rng), rng, GUESTS if seed < 6 else None), 60)


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda s: s.name)
def test_a_reduced_view_is_the_servers_view_in_scenarios(scenario: Any) -> None:
    t = Timeline(scenario.config)
    view = origin_view(scenario.config)
    for event in json.loads(encode_events(t.events(1, t.head) + t.advance(1_500_000))):
        view = reduce(view, event)
    compare(view, t.view())


def test_the_trace_has_no_gaps_and_time_never_goes_back() -> None:
    rng = Random(5)
    chaos = Chaos(random_config(rng), rng, KINDS)
    chaos.run(80)
    events = chaos.sim.take()
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    assert all(a.time <= b.time for a, b in pairwise(events))
    assert all(e.cause < e.seq for e in events)


def test_causes_lead_back_to_a_start_or_a_command() -> None:
    """Whatever happens has a cause, except the start, a script's words and a person's commands."""
    rng = Random(6)
    chaos = Chaos(random_config(rng), rng, KINDS)
    chaos.run(60)
    for e in chaos.sim.take():
        if e.kind not in ("start", "command", "say", "refused"):
            assert e.cause > 0, e


def test_every_message_ends_at_most_once() -> None:
    rng = Random(7)
    chaos = Chaos(random_config(rng), rng, KINDS)
    chaos.run(80)
    events = chaos.sim.take()
    sent = [e.seq for e in events if e.kind == "send"]
    ended = [e.body[0] for e in events if e.kind in ("deliver", "drop")]
    assert len(set(ended)) == len(ended)
    assert set(ended) <= set(sent)
    assert set(sent) - set(ended) == set(chaos.sim.cluster.in_flight)


def test_a_message_is_delivered_with_what_was_sent() -> None:
    rng = Random(8)
    chaos = Chaos(random_config(rng), rng, ("duplicate", "reorder", "cut"))
    chaos.run(60)
    events = chaos.sim.take()
    sent = {e.seq: e for e in events if e.kind == "send"}
    for e in events:
        if e.kind == "deliver":
            origin = sent[e.body[0]]
            assert (origin.node, origin.body[0], origin.body[1]) == (e.body[1], e.node, e.body[2])
            assert e.cause == origin.seq


def test_a_view_is_a_picture_not_a_window() -> None:
    """A view taken earlier stays as it was while the run goes on."""
    t = Timeline(ClusterConfig(seed=2))
    t.advance(500_000)
    view = t.view()
    text = json.dumps(view, sort_keys=True)
    t.advance(900_000)
    try:
        t.execute("crash leader")
    except Refused:
        t.execute("crash n1")
    assert json.dumps(view, sort_keys=True) == text
