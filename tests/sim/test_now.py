"""`out.now` is the virtual time at which a handler runs, however the run is recorded, kept or resumed."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import msgspec
import pytest

from app.sim.cluster import Record
from app.sim.config import ClusterConfig
from app.sim.simulation import Simulation
from protocols.actor import Actor, Effects, Impossible, Span, State, Volatile
from protocols.registry import PROTOCOLS, Protocol


class DiaryState(State):
    dates: Volatile[tuple[int, ...]] = ()


class DiaryOptions(msgspec.Struct, frozen=True):
    every: Span = Span(10_000, 30_000)


class Diary(Actor[DiaryState, DiaryOptions]):
    """Writes down when."""

    timers = ("write",)
    orders: ClassVar[Mapping[str, tuple[str, ...]]] = {"write-late": ()}

    def initial(self, durable: Mapping[str, Any]) -> DiaryState:
        return DiaryState()

    def start(self, s: DiaryState, out: Effects) -> None:
        s.dates += (out.now,)
        out.set_timer("write", self.options.every)

    def on_write_timeout(self, s: DiaryState, out: Effects) -> None:
        self.start(s, out)

    def order_write_late(self, s: DiaryState, args: tuple[str, ...], out: Effects) -> None:
        if out.now < 300_000:  # an order is tried before it is carried out: at the same time
            raise Impossible("busy")
        s.dates += (out.now,)


@pytest.mark.parametrize("record", ["full", "none"])
def test_a_handler_is_told_when_it_runs(monkeypatch: pytest.MonkeyPatch, record: str) -> None:
    monkeypatch.setitem(PROTOCOLS, "diary", Protocol(Diary, DiaryState, DiaryOptions, {}))
    config = ClusterConfig.model_validate({"services": ["diary"], "nodes": 2, "clients": 0})
    sim = Simulation(config, cast(Record, record))
    sim.advance(350_000)
    twin = sim.copy()
    for run in (sim, twin):
        run.execute("tell n1 write-late")
        run.advance(700_000)
    whole, kept = ([p.state.dates for p in run.cluster.processes] for run in (sim, twin))
    assert whole == kept
    assert 350_000 in whole[0]
    if record == "full":
        events = sim.take()
        for node, dates in zip(("n1", "n2"), whole, strict=True):
            assert dates == tuple(e.time for e in events if e.node == node)


def test_undriven_it_is_what_a_test_says() -> None:
    assert (Effects().now, Effects(7).now) == (0, 7)
