"""CAP and BASE: the ledger against the runs that it counts, and the cluster in one's own hand."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.sim.examine import run_scenario
from app.sim.scenario import shipped
from tests.browser.conftest import PHONE, WIDE, Js, OpenPage
from tests.serving import Served

pytestmark = pytest.mark.browser

SCENARIOS = ["10-cap-raft", "11-cap-zab", "12-cap-three-pieces", "13-cap-strict"]
KEYS = re.compile(r"\b(?:home|pages|player|cap)\.[a-z0-9][\w.-]*|\{\w+\}")
LEDGER = """
    const {decodeEvent} = await m('core/reduce.js');
    const {Ledger, count, isStale, verdict} = await m('cap/ledger.js');
    const {services, events} = arg;
    const names = Object.keys(services).filter(name => !services[name].server);
    const sides = Object.fromEntries(names.map(name => [services[name].client, name]));
    const ledger = new Ledger(names, sides).take(events.map(decodeEvent));
    const all = service => ledger.operations.filter(o => o.service === service);
    const of = (service, client) => all(service).filter(o => o.client === client);
"""


def recording(served: Served, name: str) -> dict[str, Any]:
    run: dict[str, Any] = served.http.get(f"/api/scenarios/{name}/recording").json()
    return run


# --- who answered, who refused, who lied --------------------------------------------------------------------


def test_the_ledger_at_the_height_of_the_partition(modules: Js, served: Served) -> None:
    """As the scenario tells it: Raft keeps c1 waiting, the quorum store tells both clients something old."""
    counts = modules(
        LEDGER
        + """
        return names.flatMap(s => ['c1', 'c2'].map(c => count(of(s, c), 1499000, all(s))));
        """,
        recording(served, "10-cap-raft"),
    )
    seen = [(c["answered"], c["late"], c["refused"], c["lied"], c["waits"]) for c in counts]
    assert seen == [(1, 0, 1, 0, 1), (3, 0, 0, 0, 0), (2, 0, 0, 1, 0), (2, 0, 0, 1, 0)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_whoever_tells_old_things_is_not_a_regular_register(modules: Js, served: Served, name: str) -> None:
    """Lamport's definition, asked of every read by itself: is there a write whose value it may return? The
    one that ended last before it began, or one that overlaps it."""
    stale = "return ledger.operations.map(o => ({...o, stale: isStale(o, ledger.operations)}));"
    told = modules(LEDGER + stale, recording(served, name))
    never = float("inf")
    for o in told:
        o["ended"] = o["ended"] if o["outcome"] == "ok" else never  # what failed may happen at any time
    reads = [o for o in told if o["op"] == "get" and o["outcome"] == "ok"]
    assert len(reads) >= 5
    for read in reads:
        writes = [w for w in told if w["op"] == "put" and w["service"] == read["service"]]
        before = [w for w in writes if w["ended"] < read["asked"] and w["outcome"] == "ok"]
        allowed = {
            w["value"]
            for w in writes
            if w["asked"] < read["ended"] and not any(w["ended"] < other["asked"] for other in before)
        }
        assert read["stale"] == bool(before and not allowed & set(read["results"])), read
    strict = shipped(name).config.services[0]
    assert not any(o["stale"] for o in told if o["service"] == strict)
    # In three pieces both write at once, and neither is older; a strict quorum refuses rather than lie.
    assert any(o["stale"] for o in told if o["service"] == "quorum") == (name in SCENARIOS[:2])


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_request_is_lost_from_the_ledger(modules: Js, served: Served, name: str) -> None:
    got = modules(
        LEDGER
        + """
        return ledger.operations.map(o => [o.service, o.client, o.op, o.value, o.results.join(' | ')]);
        """,
        recording(served, name),
    )
    asked: list[list[str]] = []
    config = shipped(name).config
    for text in [text for step in config.script for text in step.do if text.startswith("request")]:
        _, client, op, _, *rest = text.split()
        asked += [[service, client, op, rest[0] if op == "put" else ""] for service in config.services]
    assert sorted(o[:4] for o in got) == sorted(asked)
    results = [o[4] for o in got if o[0] == "quorum" and o[2] == "get" and o[4]]
    end = run_scenario(config).events
    answered = [d for e in end if e.service == "client-quorum" for rule, d in e.why if rule == "answered"]
    assert sorted(results) == sorted(d["result"] for d in answered if d["op"].op == "get")


def test_soft_state_is_what_the_nodes_hold(modules: Js, served: Served) -> None:
    found = modules(
        LEDGER
        + """
        const {reduce} = await m('core/reduce.js');
        const {copies, unrest} = await m('cap/soft.js');
        const history = arg.events.map(decodeEvent);
        const until = time => history.filter(e => e.time <= time).reduce(reduce, arg.view);
        return [400000, 1400000, 1900000, 2699000].map(time => {
          const held = copies(until(time), 'quorum', 'x');
          return [...Object.values(unrest(held)), held.map(c => [c.node, c.values.join(), c.hints.join()])];
        });
        """,
        recording(served, "10-cap-raft"),
    )
    calm, broken, healed, merged = found
    assert calm[:3] == [1, 0, []]
    assert broken[:3] == [2, 2, []]
    assert ["n4", "3", "n1"] in broken[3]
    assert ["n5", "3", "n2"] in broken[3]
    assert (healed[0], sorted(healed[2])) == (
        2,
        ["2", "3"],
    )  # n4 has its own write alone until it is asked again
    assert merged[:3] == [1, 0, []]


def test_what_the_page_asks_and_how_it_parts(modules: Js) -> None:
    asked, cuts, entry = modules("""
        const {entries, partition, requests} = await m('cap/workload.js');
        const sides = {n1: 'A', n2: 'A', n3: 'B', n4: 'B', n5: 'B'};
        const free = client => (client === 'c1' ? ['raft', 'quorum'] : ['quorum']);
        return [[0, 1, 2, 3].map(i => requests(i, entries(sides, () => true), free)),
          [partition(sides), partition({n1: 'A'}), partition({n1: 'B', n2: 'A'})],
          [entries(sides, node => node !== 'n2'), entries(sides, () => false)]];
    """)
    assert asked == [
        ["request c1 put x 1 at n2 on raft", "request c1 put x 1 at n2 on quorum"],
        ["request c2 get x at n4 on quorum"],
        ["request c2 put x 2 at n4 on quorum"],
        ["request c1 get x at n2 on raft", "request c1 get x at n2 on quorum"],
    ]
    assert cuts == ["partition n1 n2 c1 | n3 n4 n5 c2", "", "partition n2 c1 | n1 c2"]
    assert entry == [{"c1": "n1", "c2": "n4"}, {"c1": "n1", "c2": "n3"}]


# --- the page -----------------------------------------------------------------------------------------------


def wait_for_the_run(page: Page) -> None:
    page.locator("#played .f-stage .node").first.wait_for()


def test_the_recorded_run_is_told_side_by_side(open_page: OpenPage) -> None:
    page = open_page("/cap", ready=False)
    wait_for_the_run(page)
    page.get_by_role("button", name="Three pieces").click()
    expect(page.locator("#played .f-choice[aria-pressed=true]")).to_contain_text("Three pieces")
    expect(page.locator("#played .f-words")).to_contain_text("Three pieces")
    page.locator("#played .f-scrub").press("End")
    expect(page.locator("#played .k-ledger")).to_have_count(2)
    expect(page.locator("#played .k-ledger[data-service=raft] .k-lied")).to_have_count(0)
    expect(page.locator("#played .k-base")).to_contain_text("To be merged by the next who writes: 2, 3")
    page.locator("#played .f-room").click()
    page.wait_for_url("**/rooms/*show=raft*")
    page.wait_for_selector(".ready .node")
    expect(page.locator("body")).to_have_class(re.compile(r"\bpair\b"))


def test_a_cluster_in_ones_own_hand(served: Served, open_page: OpenPage) -> None:
    page = open_page("/cap", ready=False)
    hand = page.locator("#hand")
    hand.get_by_label("The consistent store").select_option("zab")
    hand.get_by_role("button", name="Make the cluster").click()
    hand.locator(".f-stage .node").first.wait_for()
    room = page.evaluate("Object.keys(localStorage).find(k => k.startsWith('quorumscope.driver.'))").rsplit(
        ".", 1
    )[1]
    line = served.hub.rooms[room].tree.current.timeline
    assert line.config.services == ["zab", "quorum"]
    for node in ("n1", "n2"):
        hand.get_by_role("button", name=f"{node} is on the side of c1").click()
    hand.get_by_role("button", name="Cut the network").click()
    expect(hand.get_by_role("alert")).to_have_text("Each side needs at least one machine.")
    hand.get_by_role("button", name="n5 is on the side of c2").click()
    hand.get_by_role("button", name="Cut the network").click()
    hand.get_by_role("button", name="Cut it so").wait_for()
    assert line.view()["network"]["groups"] == [["n5", "c1"], ["n1", "n2", "n3", "n4", "c2"]]
    hand.locator("[data-service=quorum] [data-node=n3]").press("Enter")
    expect(hand.locator(".node.crashed")).to_have_count(2)  # on both stages: it is one machine
    page.wait_for_function(
        "() => document.querySelector('#hand .k-ledger[data-service=quorum] .k-asked li')", timeout=20_000
    )
    hand.get_by_role("button", name="Heal").click()
    hand.get_by_role("button", name="Cut the network").wait_for()
    assert line.view()["network"]["groups"] == []


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (PHONE, "light")])
def test_it_fits_and_has_no_barriers(open_page: OpenPage, size: tuple[int, int], scheme: str) -> None:
    page = open_page("/cap", size, ready=False, color_scheme=scheme, locale="zh-CN")
    wait_for_the_run(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert KEYS.findall(page.locator("body").inner_text()) == []
    page.locator("#played .f-play").click()
    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"]) for v in found]
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("CAP: choose what to give up")
    assert not page.evaluate("document.querySelector('main').innerText.match(/[\u4e00-\u9fff]+/g)")
