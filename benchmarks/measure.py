"""How benchmarks are taken: variants interleaved, medians of several rounds, ratios of the same run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True)
class Ratio:
    """One line of the report: `value` against `goal`; `at_least` says on which side of it is good."""

    name: str
    value: float
    goal: float | None
    at_least: bool
    detail: str = ""

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        if self.goal is None:
            verdict = ""
        else:
            good = self.value >= self.goal if self.at_least else self.value <= self.goal
            verdict = f"  (goal {sign} {self.goal:g}: {'met' if good else 'MISSED'})"
        return f"{self.value:10.3f}  {self.name}{verdict}" + (
            f"\n            {self.detail}" if self.detail else ""
        )


def rates(variants: dict[str, Callable[[], int]], rounds: int = ROUNDS) -> dict[str, float]:
    """Work done a CPU second by each variant (each returns how much it did): medians, rounds interleaved."""
    seen: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, work in variants.items():
            gc.collect()
            start = time.process_time()
            done = work()
            seen[name].append(done / (time.process_time() - start))
    return {name: statistics.median(values) for name, values in seen.items()}
