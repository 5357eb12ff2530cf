"""The past: what seeking costs against running all again, what keyframes cost, what memory a room takes."""

from __future__ import annotations

import copy
import gc
import json
import os
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from app.resources import SCENARIOS
from app.sim.config import read_config
from app.sim.scenario import read_file
from app.sim.simulation import Simulation
from app.sim.timeline import CHUNK, Timeline, run_to
from app.sim.trace import encode_events, plain
from benchmarks.measure import Ratio

EVENTS = 20_000


def a_run(events: int = EVENTS, keep: int = 10**9) -> Timeline:
    """A cluster of five under writes that come and go, as long as asked."""
    timeline = Timeline(read_config({"seed": 7}), keep)
    timeline.execute("load c1 500ms")
    while timeline.head < events:
        timeline.advance(timeline.time + 50_000)
    return timeline


def cpu(work: Callable[[], Any], times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def seek(timeline: Timeline) -> Ratio:
    """To a random moment, decoding included, against running the whole run again."""
    chance = random.Random(3)
    moments = [chance.randrange(1, timeline.head) for _ in range(40)]
    one = statistics.median(cpu(partial(timeline.at, k)) for k in moments)
    whole = statistics.median(
        cpu(lambda: run_to(Simulation(timeline.config), EVENTS, None, timeline.journal)) for _ in range(5)
    )
    return Ratio("seek to a random moment / the whole run again", one / whole, 0.05, False,
                 f"{one * 1e3:.2f} ms against {whole * 1e3:.0f} ms for {EVENTS} events")  # fmt: skip


def keyframes(timeline: Timeline) -> list[Ratio]:
    """What keeping a moment costs: of a run's time, and against a deep copy."""
    sim = timeline.sim
    one = cpu(sim.copy, 200)
    chunk = cpu(lambda: run_to(Simulation(timeline.config), EVENTS, None, timeline.journal)) * CHUNK / EVENTS
    deep = cpu(lambda: copy.deepcopy(sim), 3)
    return [
        Ratio("a keyframe / running the events between two", one / chunk, 0.10, False,
              f"{one * 1e6:.0f} µs every {CHUNK} events"),
        Ratio("a keyframe / copy.deepcopy", one / deep, 0.02, False),
    ]  # fmt: skip


def encoding(timeline: Timeline) -> Ratio:
    """A batch for all viewers, against json.dumps of the same events as dicts."""
    events = timeline.events(timeline.head - 400, timeline.head)
    named = [plain({f: getattr(e, f) for f in e.__struct_fields__}) for e in events]
    ours = cpu(lambda: encode_events(events), 50)
    return Ratio(
        "encoding a batch / json.dumps of dicts", ours / cpu(lambda: json.dumps(named), 50), 0.12, False
    )


def in_use() -> int:
    """Bytes that are really held: what only waits for a collection does not count."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def memory() -> list[Ratio]:
    """Bytes a room takes for 100 000 events of history, and whether a trimmed one stays flat."""
    tracemalloc.start()
    base = in_use()
    timeline = a_run(100_000)
    held = in_use() - base
    del timeline
    base = in_use()
    flat = a_run(30_000, keep=20_000)
    early = in_use()
    while flat.head < 100_000:
        flat.advance(flat.time + 50_000)
    late = in_use()
    tracemalloc.stop()
    return [
        Ratio("memory of a room per 100 000 events, MB", held / 1e6, None, False),
        Ratio("trimmed room after 100 000 events / after 30 000", (late - base) / (early - base), 1.25, False,
              f"{(early - base) / 1e6:.1f} MB, then {(late - base) / 1e6:.1f} MB"),
    ]  # fmt: skip


def week() -> Ratio:
    """The live room, watched for a week at its own pace: what it holds after a day, and after seven."""
    live = read_file(SCENARIOS / "live.toml").config
    day = round(24 * 3_600e6 * live.speed)
    timeline = Timeline(live)
    held = []
    for days in (1, 7):
        while timeline.time < days * day:
            timeline.advance(min(timeline.time + 1_000_000, days * day))
        held.append(resident())
    growth = held[1] / held[0]
    return Ratio("resident memory of the live room after a week / after a day", growth, 1.1, False,
                 f"{held[0] / 1e6:.0f} MB, {held[1] / 1e6:.0f} MB, {timeline.head:,} events")  # fmt: skip


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def report() -> list[Ratio]:
    timeline = a_run()
    return [seek(timeline), *keyframes(timeline), encoding(timeline), *memory(), week()]
