"""A moment as bytes: the run that goes on from it is the same run; other bytes do nothing."""

import os
import pickle
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from app.resources import SCENARIOS
from app.sim.config import ClusterConfig
from app.sim.keyframe import Unreadable, code, freeze, thaw
from app.sim.recording import ordinary
from app.sim.scenario import catalogue, read_file
from app.sim.simulation import Simulation
from app.sim.trace import lines
from protocols.registry import PROTOCOLS

LIVE = read_file(SCENARIOS / "live.toml").config


def go_on(sim: Simulation, events: int = 1_500) -> bytes:
    sim.advance(sim.now + 60_000_000, events)
    return lines(sim.take())


def half_way(config: ClusterConfig, events: int = 1_500) -> Simulation:
    sim = Simulation(config)
    sim.advance(60_000_000, events)
    sim.take()
    return sim


@pytest.mark.parametrize("name", ["live", *PROTOCOLS])
def test_the_run_goes_on_as_it_would_have(name: str) -> None:
    config = LIVE if name == "live" else ordinary(name)
    sim = half_way(config)
    again = thaw(config, freeze(sim))
    assert again.cluster.view() == sim.cluster.view()
    assert go_on(again) == go_on(sim)


@pytest.mark.parametrize("scenario", [s for s in catalogue() if s.config.mutants][::6], ids=lambda s: s.name)
def test_with_a_mutant_too(scenario: Any) -> None:
    sim = half_way(scenario.config, 150)
    assert go_on(thaw(scenario.config, freeze(sim))) == go_on(sim)


def test_after_clients_have_come_and_gone_and_messages_are_held() -> None:
    sim = half_way(ordinary("raft"))
    for text in ("join k1", "join k2", "leave k1", "hold every AppendEntries n1 -> n2", "crash n3"):
        sim.execute(text)
    sim.advance(sim.now + 100_000, 500)
    sim.take()
    again = thaw(sim.config, freeze(sim))
    for one in (sim, again):
        one.execute("restart n3")
    assert go_on(again) == go_on(sim)


def test_in_another_process_under_another_hash_seed(tmp_path: Path) -> None:
    sim = half_way(LIVE)
    (tmp_path / "keyframe").write_bytes(freeze(sim))
    program = (
        "import sys; from tests.sim.test_keyframe import *;"
        "sys.stdout.buffer.write(go_on(thaw(LIVE, open(sys.argv[1], 'rb').read())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "keyframe")],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == go_on(sim)


class Evil:
    def __init__(self, what: Any, *args: Any) -> None:
        self.call = (what, args)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "value",
    [
        Evil(os.system, "true"),
        Evil(eval, "1 + 1"),
        Evil(getattr, "", "join"),
        Evil(pickle.loads, b""),
        Evil(code),
        Evil(freeze, None),
        {"not": "a simulation"},
    ],
)
def test_bytes_that_want_something_else_get_nothing(value: Any) -> None:
    with pytest.raises(Unreadable):
        thaw(LIVE, zlib.compress(pickle.dumps(value)))


@pytest.mark.parametrize("data", [b"", b"nonsense", zlib.compress(b"nonsense")])
def test_bytes_that_are_nothing(data: bytes) -> None:
    with pytest.raises(Unreadable):
        thaw(LIVE, data)


def test_a_keyframe_is_small_and_its_code_has_a_name() -> None:
    assert len(freeze(half_way(LIVE))) < 100_000
    assert len(code()) == 16
