"""Foundations of the course: what is computed against counting by hand, what is played against the trace."""

from __future__ import annotations

import math
import re
from itertools import combinations, product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.sim.examine import run_scenario
from app.sim.scenario import shipped
from tests.browser.conftest import PHONE, WIDE, Js, OpenPage
from tests.serving import Served

pytestmark = pytest.mark.browser

KEYS = re.compile(r"\b(?:home|pages|player|foundations)\.[a-z0-9][\w.-]*|\{\w+\}")


# --- what is computed ---------------------------------------------------------------------------------------


def product_in_field(a: int, b: int) -> int:
    """By shifting and adding, without tables."""
    total = 0
    while b:
        total ^= a if b & 1 else 0
        a = a << 1 ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return total


def test_the_field_of_256_multiplies_as_it_should(modules: Js) -> None:
    table = modules("""
        const {times} = await m('foundations/erasure.js');
        return Array.from({length: 65536}, (_, i) => times(i >> 8, i & 255));
    """)
    assert table == [product_in_field(a, b) for a in range(256) for b in range(256)]


def test_any_six_of_nine_give_the_word_back_and_five_do_not(modules: Js) -> None:
    back = modules("""
        const {decode, encode} = await m('foundations/erasure.js');
        const pieces = encode([81, 85, 79, 82, 85, 77], 3);
        const left = lost => pieces.map((x, i) => (lost >> i & 1 ? null : x));
        return Array.from({length: 512}, (_, lost) => decode(left(lost), 6));
    """)
    word = list(b"QUORUM")
    assert back == [word if lost.bit_count() <= 3 else None for lost in range(512)]


@pytest.mark.parametrize(
    ("k", "m", "p"), [(6, 3, 0.1), (4, 2, 0.02), (1, 2, 0.3), (5, 0, 0.25), (10, 6, 0.4)]
)
def test_what_is_lost_counted_over_all_ways_in_which_disks_die(modules: Js, k: int, m: int, p: float) -> None:
    stripe, copies, any_ = modules(
        """
        const {anyLost, copiesLost, stripeLost} = await m('foundations/measures.js');
        const [k, parity, p] = arg;
        return [stripeLost(k, parity, p), copiesLost(parity + 1, p), anyLost(k, p)];
        """,
        [k, m, p],
    )

    def chance(disks: int, lost: range) -> float:
        return sum(
            p**dead * (1 - p) ** (disks - dead)
            for dead in (sum(fates) for fates in product((0, 1), repeat=disks))
            if dead in lost
        )

    assert stripe == pytest.approx(chance(k + m, range(m + 1, k + m + 1)), rel=1e-9)
    assert copies == pytest.approx(chance(m + 1, range(m + 1, m + 2)), rel=1e-9)
    assert any_ == pytest.approx(chance(k, range(1, k + 1)), rel=1e-9)


def test_tiny_chances_keep_their_digits(modules: Js) -> None:
    any_, stripe = modules("""
        const {anyLost, stripeLost} = await m('foundations/measures.js');
        return [anyLost(6, 1e-15), stripeLost(6, 3, 1e-4)];
    """)
    assert any_ == pytest.approx(6e-15, rel=1e-9)
    assert stripe == pytest.approx(math.comb(9, 4) * 1e-16, rel=1e-3)


def test_pigeons_and_apples_against_all_ways_to_put_them(modules: Js) -> None:
    fullest, even, unlucky = modules("""
        const {evenly, fullest, unluckiest} = await m('foundations/holes.js');
        const sizes = [];
        for (let pigeons = 0; pigeons <= 5; pigeons++)
          for (let holes = 1; holes <= 3; holes++) sizes.push([pigeons, holes]);
        const replicas = [];
        for (let n = 1; n <= 6; n++) for (let w = 1; w <= n; w++) for (let r = 1; r <= n; r++) {
          const {write, read} = unluckiest(n, w, r);
          replicas.push([n, w, r, write.size, read.size, [...write].filter(i => read.has(i)).length]);
        }
        const each = f => sizes.map(([p, h]) => [p, h, f(p, h)]);
        return [each(fullest), each(evenly), replicas];
    """)
    for pigeons, holes, most in fullest:
        ways = product(range(holes), repeat=pigeons)
        assert most == min(max(way.count(h) for h in range(holes)) for way in ways)
    for pigeons, holes, put in even:
        assert (sum(put), len(put), max(put)) == (pigeons, holes, -(-pigeons // holes))
    for n, w, r, written, read, both in unlucky:
        assert (written, read) == (w, r)
        assert both == min(len(set(range(w)) & set(reads)) for reads in combinations(range(n), r))


def test_scalability_by_amdahl_and_by_gunther(modules: Js) -> None:
    got = modules("""
        const {amdahl, fastest, gunther} = await m('foundations/measures.js');
        const curve = (s, k) => Array.from({length: 400}, (_, i) => gunther(i + 1, s, k));
        const best = values => values.indexOf(Math.max(...values)) + 1;
        const talking = [[0.05, 0.0005], [0.02, 0.001], [0, 0.0001]];
        return {same: [1, 7, 64].map(n => [gunther(n, 0.05, 0), amdahl(n, 0.05)]), half: amdahl(2, 0.5),
          peaks: talking.map(([s, k]) => [fastest(s, k), best(curve(s, k))]),
          none: fastest(0.1, 0) === Infinity};
    """)
    assert all(a == pytest.approx(b) for a, b in got["same"])
    assert got["half"] == pytest.approx(4 / 3)
    assert all(abs(peak - best) <= 1 for peak, best in got["peaks"])
    assert got["none"]


def test_availability_in_a_row_and_side_by_side(modules: Js) -> None:
    row, side, one, nines = modules("""
        const {availability, inARow, nines, sideBySide} = await m('foundations/measures.js');
        return [inARow(0.9, 3), sideBySide(0.9, 3), availability(99, 1), nines(0.999)];
    """)
    states = list(product((True, False), repeat=3))

    def chance(fine: list[tuple[bool, ...]]) -> float:
        return sum(math.prod(0.9 if up else 0.1 for up in state) for state in fine)

    assert row == pytest.approx(chance([s for s in states if all(s)]))
    assert side == pytest.approx(chance([s for s in states if any(s)]))
    assert (one, nines) == (pytest.approx(0.99), pytest.approx(3))


@pytest.mark.parametrize("name", ["51-course-three-clients", "52-course-eight-clients"])
def test_throughput_latency_and_concurrency_are_those_of_the_run(
    modules: Js, served: Served, name: str
) -> None:
    """Counted again here from the simulator's own events; and Little's law holds of them."""
    now, start = 1_200_000, 180_000
    got = modules(
        """
        const {decodeEvent} = await m('core/reduce.js');
        const {operations, tally} = await m('foundations/tally.js');
        return tally(operations(arg.events.map(decodeEvent)), arg.now, arg.start);
        """,
        {
            "events": served.http.get(f"/api/scenarios/{name}/recording").json()["events"],
            "now": now,
            "start": start,
        },
    )
    asked: dict[str, int] = {}
    done: list[tuple[int, int]] = []
    for e in run_scenario(shipped(name).config).events:
        for rule, _ in e.why:
            if rule == "issue":
                asked[e.node] = e.time
            elif rule == "answered":
                done.append((asked.pop(e.node), e.time))
    assert got["answered"] == len(done)
    assert got["waiting"] == len(asked)
    late = [(a, b) for a, b in done if b > start]
    assert got["throughput"] == pytest.approx(len(late) / (now - start) * 1e6)
    assert got["latency"] == pytest.approx(sum(b - a for a, b in late) / len(late))
    ticks = range(start, now, 500)
    spans = [*done, *((a, now) for a in asked.values())]
    here = sum(sum(a <= t < b for a, b in spans) for t in ticks) / len(ticks)
    assert got["concurrency"] == pytest.approx(here, rel=0.01)
    assert got["throughput"] * got["latency"] / 1e6 == pytest.approx(got["concurrency"], rel=0.12)


# --- what is played -----------------------------------------------------------------------------------------


def come_to(page: Page, scene: str) -> None:
    page.locator(f"#{scene} .f-area").scroll_into_view_if_needed()
    page.locator(f"#{scene} .f-stage .node").first.wait_for()


def to_the_end(page: Page, scene: str) -> None:
    page.locator(f"#{scene} .f-scrub").press("End")


def test_a_scene_plays_a_real_run_and_another_when_asked(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False)
    come_to(page, "one")
    before = page.locator("#one .f-scrub").input_value()
    page.wait_for_function(
        "old => document.querySelector('#one .f-scrub').value !== old", arg=before, timeout=20_000
    )
    to_the_end(page, "one")
    one = shipped("10-course-one-server").config
    expect(page.locator("#one .f-stage .node")).to_have_count(len(one.nodes))
    expect(page.locator("#one .f-words")).to_have_text((one.script[-1].say or {})["en"])
    end = run_scenario(one).events
    answered = sum(rule == "answered" for e in end if e.node == "c1" for rule, _ in e.why)
    expect(page.locator("#one .f-served li").first).to_contain_text(f"c1 {answered} answered")
    page.get_by_role("button", name="Three servers", exact=True).click()
    expect(page.locator("#one .f-stage .node")).to_have_count(3)
    to_the_end(page, "one")
    expect(page.locator("#one .node.crashed")).to_have_count(1)
    expect(page.locator("#one .node.leads")).to_have_count(1)


def test_where_motion_is_not_wanted_it_waits_to_be_asked(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False, motion="reduce")
    come_to(page, "one")
    page.wait_for_timeout(500)
    expect(page.locator("#one .f-play")).to_have_attribute("aria-label", "Play")
    before = page.locator("#one .f-scrub").input_value()
    page.locator("#one .f-play").press("Enter")
    expect(page.locator("#one .f-play")).to_have_attribute("aria-label", "Pause")
    page.wait_for_function(
        "old => document.querySelector('#one .f-scrub').value !== old", arg=before, timeout=20_000
    )


def test_a_scene_goes_on_as_a_room(served: Served, open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False)
    page.locator("#crash").get_by_role("button", name="Two of three").click()
    page.locator("#crash .f-room").click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    config = served.hub.rooms[page.url.rsplit("/", 1)[1]].tree.current.timeline.config
    assert config.scenario == "42-course-two-crash"


def test_what_a_client_can_know_is_guessed_before_the_curtain_rises(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False)
    scene = page.locator("#outcomes")
    scene.locator(".f-area").scroll_into_view_if_needed()
    scene.locator(".client").wait_for()
    for number, guess, verdict in (("2", "… has happened", "Right."), ("4", "… has not happened", "Not so.")):
        scene.get_by_role("button", name=number, exact=True).click()
        expect(scene.locator(".node").first).not_to_be_visible()
        expect(scene.locator(".f-scrub")).not_to_be_visible()
        scene.get_by_role("button", name=guess).click(timeout=30_000)
        expect(scene.locator(".node").first).to_be_visible()
        expect(scene.locator(".f-so")).to_contain_text(verdict)
    expect(scene.locator(".f-so")).to_contain_text("x = 7 is on the disk of n1.")  # though it has failed


def test_disks_die_until_the_word_is_gone(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False)
    coded = page.locator("#disks figure").nth(1)
    for i in range(4):
        expect(coded.locator(".f-left")).to_have_text(re.compile(r"Can be read:\s+QUORUM"))
        coded.locator(".f-disk").nth(i).press("Enter")
    expect(coded.locator(".f-left")).to_have_text(re.compile(r"Lost:\s+▢▢▢▢UM"))
    page.get_by_label("Word to keep").fill("日本")
    expect(coded.locator(".f-disk")).to_have_count(4)  # what is no letter of this code is not taken


def test_a_read_that_misses_is_found_by_clicking(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False)
    apples = page.locator("#apples")
    expect(apples.locator(".f-so")).to_contain_text("at least 1 in common")
    apples.get_by_label("Read from R").fill("1")
    expect(apples.locator(".f-so")).to_contain_text("of the 3 ways to read 1, 1 miss the write (33.3 %)")
    expect(apples.locator(".f-so")).to_contain_text("returns the old value")
    apples.get_by_label("Read from n1").click()
    expect(apples.locator(".f-so")).to_contain_text("knows the new value")


def test_it_speaks_both_languages_in_place(open_page: OpenPage) -> None:
    page = open_page("/foundations", ready=False, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    come_to(page, "one")
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#one .f-words")).to_contain_text("Two clients write")
    assert not page.evaluate("document.querySelector('main').innerText.match(/[\u4e00-\u9fff]+/g)")
    assert KEYS.findall(page.locator("body").inner_text()) == []


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_it_fits_and_has_no_barriers(open_page: OpenPage, size: tuple[int, int], scheme: str) -> None:
    page = open_page("/foundations", size, ready=False, color_scheme=scheme)
    come_to(page, "one")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"]) for v in found]


# --- the way there ------------------------------------------------------------------------------------------


def test_on_a_phone_one_button_leads_to_all_pages(open_page: OpenPage) -> None:
    page = open_page("/compare", PHONE, ready=False, has_touch=True)
    expect(page.locator("#theme")).to_be_enabled()
    wide = {a.get_attribute("href") for a in page.locator(".h-row a").all()}
    expect(page.locator(".h-row")).to_be_hidden()
    page.locator(".h-menu summary").tap()
    links = page.locator(".h-menu a")
    assert {a.get_attribute("href") for a in links.all()} == wide
    page.keyboard.press("Escape")
    expect(links.first).to_be_hidden()
    page.locator(".h-menu summary").tap()
    page.get_by_role("link", name="Foundations").tap()
    page.wait_for_url("**/foundations")
