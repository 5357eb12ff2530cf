"""Trials of quorums (WARS) in the browser's worker and on the server, against a loop in plain Python; and how
soon after a slider has moved there is a picture.
"""

from __future__ import annotations

import random
import statistics
from heapq import nsmallest

from playwright.sync_api import Browser

from app.quorum.published import FITS, N
from app.quorum.wars import Trials
from app.sim.delays import read_delay
from benchmarks.browser import chromium
from benchmarks.fanout import port_of, process
from benchmarks.measure import Ratio, rates

FIT = FITS["lnkd-disk"]
TRIALS = 200_000
PLAIN = 5_000

WORKER = """async ([fit, trials, round]) => {
  const {Trials} = await import('/static/js/quorum/trials.js');
  window.asking ??= new Trials();
  const ask = (seed, steps) => window.asking.whole({fit, n: 3, w: 2, r: 1, trials, steps, seed});
  if (!round) await ask(99, []);
  const start = performance.now();
  await ask(round, []);
  return (performance.now() - start) / 1000;
}"""

SLIDER = """async ([name, value]) => {
  const field = document.querySelector(`input[type=range][data-name=${name}]`);
  const place = document.getElementById('q-curves');
  const seen = {};
  const start = performance.now();
  const done = new Promise(resolve => {
    const watch = new MutationObserver(() => {
      seen.first ??= performance.now() - start;
      if (place.dataset.trials !== '100000') return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve({...seen, whole: performance.now() - start})));
    });
    watch.observe(place, {attributeFilter: ['data-trials']});
  });
  place.dataset.trials = 'asked';
  await new Promise(requestAnimationFrame);
  delete seen.first;
  field.value = value;
  field.dispatchEvent(new Event('input', {bubbles: true}));
  return await done;
}"""


def plain() -> int:
    """The loop that somebody would write first."""
    legs = [read_delay(text) for text in (FIT.w, FIT.a, FIT.r, FIT.s)]
    chance = random.Random(1)
    stale = 0
    for _ in range(PLAIN):
        write, ack, read, answer = ([leg.quantile(chance.random()) for _ in range(N)] for leg in legs)
        returned = sorted(w + a for w, a in zip(write, ack, strict=True))[1]
        _, first = nsmallest(1, ((r + s, i) for i, (r, s) in enumerate(zip(read, answer, strict=True))))[0]
        stale += returned + read[first] < write[first]
    assert 0.2 < stale / PLAIN < 0.4
    return PLAIN


def numpy() -> int:
    assert 0.25 < Trials(FIT, N, TRIALS).outcomes(2, 1).stale() < 0.32
    return TRIALS


def in_worker(browser: Browser, address: str, rounds: int = 5) -> float:
    """Trials a second, drawn anew each time."""
    page = browser.new_page()
    page.goto(f"{address}/static/css/icon.svg")
    fit = {"w": FIT.w, "a": FIT.a, "r": FIT.r, "s": FIT.s, "far": FIT.far}
    seconds = [page.evaluate(WORKER, [fit, TRIALS, i]) for i in range(rounds)]
    page.close()
    return TRIALS / float(statistics.median(seconds))


def slider(browser: Browser, address: str) -> list[Ratio]:
    """R changes what is made of the trials, N takes trials of one more replica."""
    page = browser.new_page()
    page.goto(f"{address}/quorum?n=3&w=2&r=1")
    page.wait_for_selector('#q-curves[data-trials="100000"]')
    found = []
    for name, values, goal in (("r", "2132312313", 100.0), ("n", "4567893456", None)):
        times = [page.evaluate(SLIDER, [name, value]) for value in values]
        first = statistics.median(t["first"] for t in times)
        whole = statistics.median(t["whole"] for t in times)
        found.append(Ratio(f"slider {name.upper()} to the first picture, ms", first, 100.0, False))
        found.append(Ratio(f"slider {name.upper()} to the picture of 100 000 trials, ms", whole, goal, False))
    page.close()
    return found


LIVE = """async seconds => {
  const box = document.getElementById('q-live');
  const count = () => [Number(box.dataset.samples), Number(box.dataset.now)];
  const [samples, now] = count();
  const start = performance.now();
  await new Promise(done => setTimeout(done, 1000 * seconds));
  const [more, later] = count();
  const wall = (performance.now() - start) / 1000;
  return [(more - samples) / wall, (later - now) / 1e6 / wall];
}"""


def live(browser: Browser, address: str) -> list[Ratio]:
    """Five clients at work at the speed of life: reads measured a second, and whether time keeps up."""
    page = browser.new_page()
    page.goto(f"{address}/quorum?n=3&w=1&r=1")
    page.locator("#q-start:not([disabled])").click()
    page.locator("[data-load]").select_option("5")
    page.wait_for_timeout(2_000)
    samples, pace = page.evaluate(LIVE, 6)
    page.close()
    return [
        Ratio(
            "live: virtual time drawn / wall time, at speed 1", pace, None, True, f"{samples:.0f} samples/s"
        )
    ]


def report() -> list[Ratio]:
    found = rates({"plain": plain, "numpy": numpy})
    with process("app", "serve", QUORUMSCOPE_PORT="0") as server, chromium() as browser:
        address = f"http://127.0.0.1:{port_of(server)}"
        found["worker"] = in_worker(browser, address)
        pictures = slider(browser, address) + live(browser, address)
    scale = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in found.items())
    return [
        Ratio(
            "trials in the worker / a loop in plain Python", found["worker"] / found["plain"], 10, True, scale
        ),
        Ratio("trials on the server / a loop in plain Python", found["numpy"] / found["plain"], 10, True),
        *pictures,
    ]
