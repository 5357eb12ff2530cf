"""The page in a real Chromium: what a frame costs, how much is loaded, how soon there is a picture.

Frames are compared with the same scene made of SVG attributes: a line, a disc and a letter a message, moved
every frame. CPU is that of all of the browser's processes, so painting counts on whichever side it happens.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.fanout import HZ, cpu_of, port_of, process
from benchmarks.measure import Ratio
from tests.browser.conftest import FLAGS
from tests.find_chromium import find

SECONDS = 4.0
SIZE = {"width": 1440, "height": 900}

SCENES = (Path(__file__).parent / "scenes.js").read_text(encoding="utf-8")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        yield browser
        browser.close()


def browser_cpu() -> float:
    """CPU seconds of every process of a headless browser that this process has started."""
    mine, total = {str(os.getpid())}, 0.0
    stats = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        stats.append((head.split()[0], fields[1], int(fields[11]) + int(fields[12]), "chrom" in head))
    while True:
        more = {pid for pid, parent, _, _ in stats if parent in mine} - mine
        if not more:
            break
        mine |= more
    total = sum(ticks for pid, _, ticks, is_browser in stats if pid in mine and is_browser)
    return total / HZ


def scene(page: Page, name: str, count: int) -> tuple[float, float]:
    """CPU seconds a frame, and frames a second."""
    page.evaluate(SCENES, {"scene": name, "count": count})
    page.wait_for_timeout(700)
    frames, cpu, start = page.evaluate("window.frames_drawn"), browser_cpu(), time.monotonic()
    page.wait_for_timeout(SECONDS * 1000)
    drawn = page.evaluate("window.frames_drawn") - frames
    return (browser_cpu() - cpu) / max(1, drawn), drawn / (time.monotonic() - start)


def frames(browser: Browser, address: str, rounds: int = 3) -> list[Ratio]:
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    kinds = [("empty", 0), *[(kind, count) for count in (200, 1_000) for kind in ("canvas", "svg")]]
    for _ in range(rounds):
        for kind, count in kinds:
            context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
            page = context.new_page()
            page.goto(f"{address}/api/openapi.json")
            found.setdefault((kind, count), []).append(scene(page, kind, count))
            context.close()
    cpu = {key: statistics.median(c for c, _ in values) for key, values in found.items()}
    rate = {key: statistics.median(f for _, f in values) for key, values in found.items()}
    report = []
    for count in (200, 1_000):
        ours, theirs = ("canvas", count), ("svg", count)
        report.append(
            Ratio(f"CPU a frame, {count} messages / the same in SVG", cpu[ours] / cpu[theirs], 0.5, False,
                  f"{cpu[ours] * 1e3:.1f} ms against {cpu[theirs] * 1e3:.1f} ms")
        )  # fmt: skip
        report.append(
            Ratio(f"frames a second, {count} messages / an empty page", rate[ours] / rate["empty", 0],
                  0.95, True, f"{rate[ours]:.1f} against {rate['empty', 0]:.1f}")
        )  # fmt: skip
    return report


def cold_load(browser: Browser, address: str, rounds: int = 3) -> list[Ratio]:
    """What a first visit to the live room loads, and how soon all five nodes stand there."""
    seconds, weights = [], []
    for _ in range(rounds):
        context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        page = context.new_page()
        start = time.monotonic()
        page.goto(f"{address}/live", wait_until="commit")
        page.wait_for_selector("[data-node=n5]", state="attached")
        seconds.append(time.monotonic() - start)
        page.wait_for_timeout(1500)
        weights.append(page.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".reduce((sum, entry) => sum + entry.encodedBodySize, 0)"
        ))  # fmt: skip
        context.close()
    return [
        Ratio("page weight of the live room, kB gzipped", statistics.median(weights) / 1e3, 200, False),
        Ratio("first picture on a cold load, seconds", statistics.median(seconds), 1.0, False),
    ]


def start_up(rounds: int = 3) -> Ratio:
    """From the command to the first 200, against importing what any FastAPI server must import."""
    import sys
    import urllib.request

    ours, bare = [], []
    for _ in range(rounds):
        start = time.monotonic()
        with process("app", "serve", QUORUMSCOPE_PORT="0") as server:
            urllib.request.urlopen(f"http://127.0.0.1:{port_of(server)}/healthz").close()
            ours.append(time.monotonic() - start)
            assert cpu_of(server) > 0
        start = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", "import fastapi, uvicorn, websockets, pydantic_settings"], check=True
        )
        bare.append(time.monotonic() - start)
    mine, floor = statistics.median(ours), statistics.median(bare)
    return Ratio("start to first 200 / importing the framework alone", mine / floor, None, False,
                 f"{mine:.2f} s against {floor:.2f} s")  # fmt: skip


def report() -> list[Ratio]:
    found: list[Ratio] = [start_up()]
    with process("app", "serve", QUORUMSCOPE_PORT="0") as server, chromium() as browser:
        address = f"http://127.0.0.1:{port_of(server)}"
        found += cold_load(browser, address)
        found += frames(browser, address)
    return found
