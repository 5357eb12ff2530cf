"""What a visitor sees besides the room: the gallery with its living pictures, the comparison, the museum."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from protocols.registry import PROTOCOLS
from tests.browser.conftest import PHONE, PROJECTOR, WIDE, OpenPage
from tests.serving import Served

pytestmark = pytest.mark.browser

KEYS = re.compile(r"\b(?:home|pages|compare|museum|mutant|law|protocol)\.[a-z0-9][\w.-]*|\{\w+\}")


def picture(page: Page, service: str) -> str:
    """The figures of a living picture, as they stand now."""
    drawn: str = page.locator(f'[data-recording="{service}"] svg').evaluate("el => el.outerHTML")
    return drawn


def come_to(page: Page, service: str) -> None:
    page.locator(f"#g-{service}").scroll_into_view_if_needed()
    page.locator(f'[data-recording="{service}"][data-ready] .node').first.wait_for()


@pytest.mark.parametrize("service", PROTOCOLS)
def test_every_protocol_is_a_living_picture(open_page: OpenPage, service: str) -> None:
    page = open_page("/", ready=False)
    come_to(page, service)
    before = picture(page, service)
    page.wait_for_function(
        "([s, old]) => document.querySelector(`[data-recording='${s}'] svg`).outerHTML !== old",
        arg=[service, before],
    )


def test_pictures_are_fetched_only_when_somebody_comes_near(open_page: OpenPage) -> None:
    page = open_page("/", size=PHONE, ready=False)
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if r.url.endswith("/recording") else None)
    page.locator(".h-stage .node").first.wait_for()
    last = page.locator("[data-recording]").last.get_attribute("data-recording") or ""
    assert not any(f"/{last}/" in url for url in asked)
    come_to(page, last)
    assert any(f"/{last}/" in url for url in asked)


def test_a_picture_out_of_sight_stands_still(open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    come_to(page, "raft")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(500)
    still = picture(page, "raft")
    page.wait_for_timeout(300)
    assert picture(page, "raft") == still


def test_a_button_holds_all_pictures_still(open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    first = page.locator("[data-recording]").first.get_attribute("data-recording") or ""
    come_to(page, first)
    page.get_by_role("button", name="Hold the pictures still").click()
    page.wait_for_timeout(300)
    held = picture(page, first)
    page.wait_for_timeout(300)
    assert picture(page, first) == held
    page.get_by_role("button", name="Let the pictures run").click()
    moved = "([s, old]) => document.querySelector(`[data-recording='${s}'] svg`).outerHTML !== old"
    page.wait_for_function(moved, arg=[first, held])


def test_where_motion_is_not_wanted_a_telling_moment_stands(open_page: OpenPage) -> None:
    page = open_page("/", ready=False, motion="reduce")
    come_to(page, "raft")
    expect(page.locator("#pictures")).to_be_hidden()
    expect(page.locator("[data-recording=raft] .node.leads")).to_have_count(1)
    still = picture(page, "raft")
    page.wait_for_timeout(400)
    assert picture(page, "raft") == still


SHORT_RUN = """async () => {
    const {Miniature} = await import('/static/js/home/miniature.js');
    const {Playhead} = await import('/static/js/core/playhead.js');
    const {Store} = await import('/static/js/core/store.js');
    const store = new Store({fetchJson: async () => []});
    const lens = {quorum: () => null, weight: () => 0};
    const ctx = {store, lens, i18n: {t: k => k}, selection: {get: () => ({})},
      playhead: new Playhead(store, {reduced: () => false})};
    const network = {cut: [], groups: [], manual: false, rules: []};
    store.receive({type: 'welcome', room: {id: 'x', services: {}}, you: store.you, people: store.people,
      transport: {playing: false, speed: 0.02, now: 0}, branches: [{id: 'r'}], branch: 'r', oldest: 1, now: 0,
      view: {seq: 0, time: 0, nodes: {}, messages: {}, network, laws: {}}});
    const event = [1, 10000, 'say', '', '', 0, [], [], []];
    store.receive({type: 'events', branch: 'r', now: 10000, events: [event]});
    const small = new Miniature(document.createElement('div'), ctx);
    small.move(true);
    const times = [0];
    let begun = 0;
    while (begun < 2 && times.length < 900) {
      await new Promise(requestAnimationFrame);
      times.push(ctx.playhead.shown.time);
      if (times.at(-1) < times.at(-2)) begun++;
    }
    small.move(false);
    return times;
}"""


def test_a_picture_begins_again(open_page: OpenPage) -> None:
    """The playhead of a room: at the end of the recording it rests, and goes back to the start."""
    times = open_page("/", ready=False).evaluate(SHORT_RUN)
    assert max(times) == 10_000
    assert times.count(10_000) > 20, "it rests"
    assert any(0 < t < 10_000 for t in times), "it plays"


def test_open_a_room_of_a_protocol(served: Served, open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    article = page.get_by_role("article", name="Raft")
    article.get_by_role("button", name="Open a room").click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    config = served.hub.rooms[page.url.rsplit("/", 1)[1]].tree.current.timeline.config
    assert config.services == ["raft"]


def test_the_slider_reckons_for_another_n(open_page: OpenPage) -> None:
    page = open_page("/compare", ready=False)
    row = page.locator("tr", has=page.locator('a[href="#raft"]'))
    expect(row).to_contain_text("2(n − 1) = 8")
    slider = page.get_by_label("Number of machines")
    slider.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    expect(row).to_contain_text("2(n − 1) = 12")
    expect(row).to_contain_text("4 / 7")
    expect(row).to_contain_text("3 crashes")


def test_a_line_of_the_comparison_opens_what_shows_it(open_page: OpenPage) -> None:
    page = open_page("/compare", ready=False)
    page.locator("#raft").get_by_role("button", name="The leader crashes").click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    expect(page.locator(".room-title")).to_have_text("The leader crashes")


def test_two_protocols_side_by_side(served: Served, open_page: OpenPage) -> None:
    page = open_page("/compare", ready=False)
    page.locator(".c-pair").first.click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    config = served.hub.rooms[page.url.rsplit("/", 1)[1].partition("?")[0]].tree.current.timeline.config
    assert len(config.services) == 2
    expect(page.locator("body")).to_have_class(re.compile(r"\bpair\b"))


def test_a_bug_is_let_loose_from_the_museum(served: Served, open_page: OpenPage) -> None:
    page = open_page("/museum", ready=False)
    page.locator("#bug-no-log-check").get_by_role("button", name="Open a room").click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    config = served.hub.rooms[page.url.rsplit("/", 1)[1]].tree.current.timeline.config
    assert config.mutants == {"raft": "no-log-check"}


def test_a_bug_is_watched_and_explained(open_page: OpenPage) -> None:
    """The scenario's captions are read, also the last, at the moment at which the law breaks."""
    page = open_page("/museum", ready=False)
    page.locator("#bug-own-vote-unrecorded").get_by_role("button", name="Watch it happen").click()
    page.wait_for_url("**/rooms/*")
    caption = page.locator(".caption-words")
    expect(caption).to_contain_text("The bug: a candidate counts itself")
    expect(caption).to_contain_text("each of them has two votes of three", timeout=15_000)


@pytest.mark.parametrize("path", ["/compare", "/museum"])
def test_language_is_switched_in_place_and_kept(open_page: OpenPage, path: str) -> None:
    page = open_page(path, ready=False, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    chinese = page.locator("h1").inner_text()
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).not_to_have_text(chinese)
    left = page.evaluate("document.querySelector('main').innerText.match(/[\u4e00-\u9fff]+/g)")
    assert not left
    page.reload()
    expect(page.locator("h1")).not_to_have_text(chinese)
    assert KEYS.findall(page.locator("body").inner_text()) == []


@pytest.mark.parametrize("path", ["/", "/compare", "/museum"])
def test_the_keyboard_reaches_every_way_in(open_page: OpenPage, path: str) -> None:
    page = open_page(path, ready=False)
    page.locator("[data-open]").first.wait_for()
    unreachable = page.evaluate("""() => [...document.querySelectorAll('[data-open], nav a, summary')]
        .filter(e => e.tabIndex < 0 && e.getAttribute('aria-hidden') !== 'true').map(e => e.outerHTML)""")
    assert unreachable == []
    page.locator(".h-row a").first.focus()
    page.keyboard.press("Tab")
    second = page.locator(".h-row a").nth(1).get_attribute("href")
    assert page.evaluate("document.activeElement.getAttribute('href')") == second


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PROJECTOR, "dark"), (PHONE, "dark")])
@pytest.mark.parametrize("path", ["/compare", "/museum"])
def test_it_fits_and_has_no_barriers(
    open_page: OpenPage, path: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(path, size, ready=False, color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page).response["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"]) for v in found]


LAYOUT = """
    const {layout} = await m('views/stage-layout.js');
    const wrong = [];
    const names = (letter, count) => Array.from({length: count}, (_, i) => `${letter}${i + 1}`);
    const check = (w, h, n, c) => {
      const box = layout(w, h, names('n', n), names('c', c), {top: 6, bare: true});
      const discs = [...names('n', n).map(id => [id, box.nodes[id], box.r + 4 * box.unit]),
        ...names('c', c).map(id => [id, box.clients[id], box.clientR])];
      for (const [id, p, r] of discs) {
        if (p.x < r || p.x + r > w || p.y < r || p.y + r > h) wrong.push(`${w} ${n} ${c}: ${id} is outside`);
        for (const [other, q, s] of discs) {
          const apart = Math.hypot(p.x - q.x, p.y - q.y) >= r + s;
          if (id < other && !apart) wrong.push(`${w} ${n} ${c}: ${id} on ${other}`);
        }
      }
    };
    for (const [w, h] of [[390, 228], [356, 204], [480, 228]])
      for (let n = 1; n <= 7; n++) for (let c = 0; c <= 3; c++) check(w, h, n, c);
    return wrong;
"""


def test_a_small_stage_has_room_for_everybody(modules: Callable[..., list[str]]) -> None:
    assert modules(LAYOUT) == []
