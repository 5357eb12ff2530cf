"""The figures of the comparison page: what one decision costs in the steady state, as a formula in n."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.sim.recording import together
from app.sim.scenario import Scenario, famous
from protocols.registry import PROTOCOLS


@dataclass(frozen=True)
class Line:
    """`times (n - less) + plus`, for every n."""

    times: int
    less: int = 0
    plus: int = 0

    def at(self, n: int) -> int:
        return self.times * (n - self.less) + self.plus

    def __str__(self) -> str:
        n = f"(n − {self.less})" if self.less and self.times > 1 else f"n − {self.less}" if self.less else "n"
        return (f"{self.times}{n}" if self.times > 1 else n) + (f" + {self.plus}" if self.plus else "")


@dataclass(frozen=True)
class Costs:
    """Delays are one-way: until somebody has decided, and until all know."""

    quorum: Literal["all", "majority"]
    survives: Literal["none", "crashes", "minority"]
    cap: Literal["c", "a", "none"]
    messages: Line
    with_acks: Line | None
    delays: tuple[int, int]
    writes: Line | None


COSTS = {
    "2pc": Costs("all", "none", "c", Line(3), Line(4), (2, 3), Line(2, plus=1)),
    "3pc": Costs("all", "crashes", "none", Line(5), Line(6), (4, 5), None),
    "paxos": Costs("majority", "minority", "c", Line(4), None, (4, 4), Line(2)),
    "multi-paxos": Costs("majority", "minority", "c", Line(2, less=1), None, (2, 3), Line(1)),
    "raft": Costs("majority", "minority", "c", Line(2, less=1), None, (2, 3), Line(1)),
    "zab": Costs("majority", "minority", "c", Line(3, less=1), None, (2, 3), Line(1)),
    "quorum": Costs("majority", "minority", "a", Line(4), None, (4, 4), Line(1)),
}
"""In the order in which they are best met."""

NEEDS = (
    ("transaction", ("2pc",)),
    ("nonblocking", ("3pc",)),
    ("value", ("paxos",)),
    ("log", ("raft", "multi-paxos")),
    ("primary", ("zab",)),
    ("writable", ("quorum",)),
)
"""What somebody may need, and which protocols give it."""

PAIRS = (("2pc", "3pc"), ("2pc", "paxos"), ("multi-paxos", "raft"), ("raft", "zab"))
"""Worth seeing side by side."""


@dataclass(frozen=True)
class Row:
    """One protocol, as far as this page knows it, and which scenarios show its bad days."""

    name: str
    costs: Costs | None
    laws: list[str] = field(default_factory=list)
    crash: Scenario | None = None
    partition: Scenario | None = None


def rows() -> list[Row]:
    """Those that run here, the well-known first; one that this page has not heard of comes with its laws."""
    known = [name for name in COSTS if name in PROTOCOLS]
    return [_row(name) for name in known + [name for name in PROTOCOLS if name not in COSTS]]


def _row(name: str) -> Row:
    laws = [law.id for law in PROTOCOLS[name].laws]
    own = [s for s in famous() if s.config.services == [name] and not s.config.mutants]
    return Row(name, COSTS.get(name), laws, _with(own, ("crash",)), _with(own, ("partition", "cut")))


def _with(scenarios: Sequence[Scenario], verbs: tuple[str, ...]) -> Scenario | None:
    """The first of these in which something of that kind happens, rather in the middle than at the start."""
    for first in (1, 0):
        for scenario in scenarios:
            said = [text.split()[0] for step in scenario.config.script[first:] for text in step.do]
            if any(verb in said for verb in verbs):
                return scenario
    return None


def pairs() -> list[tuple[str, str, dict[str, Any]]]:
    """Two protocols, and the room in which they meet the same faults."""
    both = [(a, b) for a, b in PAIRS if a in PROTOCOLS and b in PROTOCOLS]
    return [
        (a, b, together(a, b).model_dump(mode="json", by_alias=True, exclude_defaults=True)) for a, b in both
    ]
