"""Session guarantees, on small histories (Terry et al. 1994, section 3)."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from app.explore.models import config_of
from app.history.operation import History, Operation
from app.history.recording import record
from app.history.sessions import breaches
from app.sim.simulation import Simulation
from protocols.key_value import Command


def history(*lines: str) -> History:
    """`c1 put x 1` is an operation that returns before the next begins; `c1 get x 1` returned 1, `-` nothing;
    a `~` in front: it overlaps with all that follow."""
    found = []
    for n, line in enumerate(lines, start=1):
        process, op, key, value = line.lstrip("~").split()
        returned = 1_000 if line.startswith("~") else 10 * n + 5
        command = Command(op, key, value if op == "put" else "", process, n)
        found.append(Operation(process, command, 10 * n, returned, None if value == "-" else value))
    return found


def broken(*lines: str) -> list[str]:
    return [b.guarantee for b in breaches(history(*lines))]


@pytest.mark.parametrize(
    ("lines", "guarantees"),
    [
        (("c1 put x 1", "c1 get x -"), ["read-your-writes"]),
        (("c1 put x 1", "c1 put x 2", "c1 get x 1"), ["read-your-writes"]),
        (("c1 put x 1", "c2 put x 2", "c1 get x 2"), []),
        (("c1 put x 1", "c2 get x 1", "c2 get x -"), ["monotonic-reads"]),
        (("c1 put x 1", "c1 put x 2", "c2 get x 2", "c2 get x 1"), ["monotonic-reads"]),
        (("c1 put x 1", "c1 put y 2", "c2 get y 2", "c2 get x -"), ["monotonic-writes"]),
        (("c1 put x 1", "c2 get x 1", "c2 put y 2", "c3 get y 2", "c3 get x -"), ["writes-follow-reads"]),
        (("c1 put x 1", "c2 get x -"), []),  # nobody told c2
        (("~c1 put x 1", "c2 put x 2", "c3 get x 2", "c3 get x 1"), []),  # nobody knows which is newer
        (("c1 put x 1", "c2 put x 1", "c1 put x 2", "c1 get x 1"), []),  # nor which 1 that was
    ],
)
def test_what_is_certain_is_refused(lines: tuple[str, ...], guarantees: list[str]) -> None:
    assert broken(*lines) == guarantees


def test_a_write_without_an_end_promises_nothing() -> None:
    first, second = history("c1 put x 1", "c1 get x -")
    assert not breaches([replace(first, returned=None, result=UNSET), second])


@pytest.mark.parametrize(
    "model", ["read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads"]
)
def test_the_store_breaks_them_where_its_laws_say_so(model: str) -> None:
    for cure, expected in (("", True), ("primary", False)):
        sim = Simulation(config_of(model, cure))
        sim.advance(1_500_000)
        found = {b.guarantee for b in breaches(record(sim.take(), "client-quorum"))}
        assert (model in found) == expected
