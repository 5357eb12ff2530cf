"""Checking a history: what Lowe's cache buys, how it grows, and what it costs against the run itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

from msgspec.structs import replace

from app.history.check import check
from app.history.operation import History, Operation
from app.history.recording import record
from app.history.search import Budget, Search, TooMany, Value
from app.sim.config import read_config
from app.sim.simulation import Simulation
from benchmarks.measure import Ratio
from protocols.key_value import Command, operate

SIZES = (100, 1000, 3000)


def history_of(size: int, clients: int = 10, keys: int = 3, broken: bool = False, seed: int = 5) -> History:
    """What `clients` that always wait for something would see of a store that is right. With `broken`, the
    last read of a value answers one that was overwritten long before.
    """
    chance = Random(seed)
    free = [(chance.random(), f"c{n}") for n in range(clients)]
    moments: list[tuple[float, float, float, str, Command]] = []
    for number in range(size):
        free.sort()
        began, process = free[0]
        effect = began + chance.random()
        ended = effect + chance.random()
        free[0] = (ended + chance.random() / 10, process)
        key = f"k{chance.randrange(keys)}"
        verb = chance.choice(["put", "get"])
        command = Command(verb, key, str(number) if verb == "put" else "", process, number)
        moments.append((effect, began, ended, process, command))
    return spoil(carry_out(moments)) if broken else carry_out(moments)


def carry_out(moments: list[tuple[float, float, float, str, Command]]) -> History:
    """Each operation takes effect at its moment; places are the ranks of calls and returns."""
    data: dict[str, str | None] = {}
    times = sorted(t for _, began, ended, _, _ in moments for t in (began, ended))
    place = {t: n for n, t in enumerate(times, start=1)}
    found = []
    for _, began, ended, process, command in sorted(moments, key=lambda m: m[0]):
        data[command.key], result = operate(data.get(command.key), command)
        found.append(Operation(process, command, place[began], place[ended], result))
    return sorted(found, key=lambda o: o.called)


def spoil(history: History) -> History:
    last = max(n for n, o in enumerate(history) if o.command.op == "get")
    key = history[last].command.key
    old = next(o for o in history if o.command.op == "put" and o.command.key == key)
    return [replace(o, result=old.result) if n == last else o for n, o in enumerate(history)]


class WithoutCache(Search):
    """Wing & Gong's search as they published it."""

    def is_new(self, state: Value) -> bool:
        self.budget.left -= 1
        if self.budget.left < 0:
            raise TooMany
        return True


def cpu(work: Callable[[], object], rounds: int = 5) -> float:
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def cache() -> list[Ratio]:
    """Broken histories of one key and ten clients: the longest that the search without a cache can refuse."""
    found = []
    for size in (12, 16, 20):
        history = history_of(size, keys=1, broken=True)
        one, other = Budget(), Budget(3_000_000)
        Search(history, None, one).run()
        with suppress(TooMany):
            WithoutCache(history, None, other).run()
        with_cache, without = (1 << 62) - one.left, 3_000_000 - max(0, other.left)
        least = " or more" if other.left < 0 else ""
        found.append(
            Ratio(f"configurations, {size} operations, with Lowe's cache / without", with_cache / without,
                  None, False, f"{with_cache} against {without}{least}")
        )  # fmt: skip
    return found


def growth() -> list[Ratio]:
    """Ten clients and three keys: the time an operation takes, against that in the shortest history."""
    found = []
    for broken in (False, True):
        base = 0.0
        for size in SIZES:
            history = history_of(size, broken=broken)
            each = cpu(lambda h=history: check(h)) / size  # type: ignore[misc]
            base = base or each
            kind = "broken" if broken else "linearizable"
            found.append(
                Ratio(f"time an operation, {kind}, {size} / {SIZES[0]} operations", each / base, 8.0, False,
                      f"{each * size * 1e3:.1f} ms in all")
            )  # fmt: skip
    return found


def against_the_run() -> Ratio:
    """Checking what ten clients saw of Raft, recording included, against the run that they saw it in."""
    config = read_config({"seed": 7, "clients": 9})
    sim = Simulation(config)
    start = time.process_time()
    for client in config.clients:
        sim.execute(f"load {client} 60ms")
    sim.advance(20_000_000)
    run = time.process_time() - start
    events = sim.take()
    seen = len(record(events))
    checked = cpu(lambda: check(record(events)))
    return Ratio("checking a history / the run that made it", checked / run, 0.25, False,
                 f"{checked * 1e3:.0f} ms against {run * 1e3:.0f} ms; {seen} operations")  # fmt: skip


def report() -> list[Ratio]:
    return [*cache(), *growth(), against_the_run()]
