"""The page at every size, in both languages, in every theme, by keyboard alone, and unseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, PROJECTOR, WIDE, Js, OpenPage, Room

pytestmark = pytest.mark.browser

MakeRoom = Callable[..., Room]


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical")
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
def test_axe_finds_nothing_serious(open_page: OpenPage, make_room: MakeRoom, theme: str) -> None:
    page = open_page(make_room().driver)
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.keyboard.press(" ")
    page.wait_for_timeout(400)
    assert serious(page) == []
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_selector(".menu")
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator('[data-action="network.partition"]').click()
    assert serious(page) == []


@pytest.mark.parametrize("size", [WIDE, PROJECTOR, PHONE])
def test_nothing_runs_off_the_page(open_page: OpenPage, make_room: MakeRoom, size: tuple[int, int]) -> None:
    page = open_page(make_room().driver, size=size)
    wide, high = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert (wide, high) == size
    outside = page.evaluate("""() => [...document.querySelectorAll('.topbar *, .transport *, g.node, .chip')]
        .filter(e => e.checkVisibility() && !e.matches('.hidden'))
        .filter(e => { const b = e.getBoundingClientRect(); return b.width &&
          (b.right > innerWidth + 1 || b.left < -1); })
        .map(e => e.className.baseVal ?? e.className)""")
    assert outside == []


def test_targets_on_a_phone_are_large_enough(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver, size=PHONE, has_touch=True)
    small = page.evaluate("""() => [...document.querySelectorAll('button, a, input')]
        .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.closest('.stages, .panel'))
        .map(e => [e.className || e.id, Math.round(e.getBoundingClientRect().width),
          Math.round(e.getBoundingClientRect().height)])
        .filter(([, w, h]) => w < 43 || h < 43)""")
    assert small == []


def test_on_a_phone_a_tap_opens_the_menu_and_the_panel_is_a_sheet(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver, size=PHONE, has_touch=True)
    box = page.locator('[data-node="n3"] .border').bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    menu = page.locator(".menu")
    expect(menu).to_contain_text("n3")
    page.get_by_role("menuitem", name="Inspect").tap()
    expect(page.locator("#panel-node")).to_be_visible()
    expect(page.locator("#panel-node")).to_contain_text("currentTerm")
    page.locator(".panel-close").tap()
    expect(page.locator("#panel-node")).not_to_be_in_viewport()


def test_chinese_from_the_browser_and_switched_in_place(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver, locale="zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".label .role").first).to_contain_text("跟随者")
    left = page.evaluate("""() => [...document.querySelectorAll('.topbar, .transport, .stage, .panel-head')]
        .flatMap(e => e.innerText.split('\\n')).filter(t => /[a-z]{4,}/.test(t.replace(/Quorumscope/g,
          '').replace(document.body.dataset.room, '')))""")
    assert left == []
    page.keyboard.press("l")
    expect(page.locator(".label .role").first).to_contain_text("follower")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    page.wait_for_selector(".ready .node")
    expect(page.locator(".label .role").first).to_contain_text("follower")


def test_no_text_is_missing(open_page: OpenPage, make_room: MakeRoom) -> None:
    """A text that is missing shows its key; nowhere on the page may one be seen."""
    page = open_page(make_room().driver)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    seen = page.evaluate(
        "document.body.innerText + [...document.querySelectorAll('[title], [aria-label]')]"
        ".map(e => e.title + e.getAttribute('aria-label')).join(' ')"
    )
    assert re.findall(r"\b(?:stage|actions|panels|rule|law|errors)\.[a-zA-Z.-]+|\{\w+\}", seen) == []


def test_the_keyboard_reaches_everything(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.node") == "n1":
            break
    assert page.evaluate("document.activeElement.dataset.node") == "n1"
    page.keyboard.press("Enter")
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.action") == "node.pause"
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.node") == "n1"
    page.keyboard.press("c")
    expect(page.locator('.node.crashed[data-node="n1"]')).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator('.node.crashed[data-node="n1"]')).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_themes_and_language_are_remembered(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver, color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "projector")
    page.reload()
    page.wait_for_selector(".ready .node")
    expect(page.locator("html")).to_have_attribute("data-theme", "projector")


def test_an_unknown_room_says_so(open_page: OpenPage, served: Any) -> None:
    answer = served.http.get("/rooms/nowhere")
    assert answer.status_code == 404
    assert "nowhere" in answer.text


LAYOUT = """
    const {layout} = await m('views/stage-layout.js');
    const wrong = [];
    for (const [w, h, top, scale] of [[966, 480, 16, 1], [1024, 470, 40, 1.3], [390, 480, 34, 1], [390, 420,
      34, 1], [640, 480, 16, 1], [1600, 700, 16, 1]])
      for (let n = 1; n <= 9; n++) for (let c = 0; c <= 12; c++) {
        const ids = Array.from({length: n}, (_, i) => `n${i + 1}`), clients = Array.from({length: c}, (_,
          i) => `c${i + 1}`);
        const box = layout(w, h, ids, clients, {top, scale});
        const discs = [...ids.map(id => [id, box.nodes[id].x, box.nodes[id].y, box.r + 5 * box.unit]),
          ...Object.entries(box.clients).map(([id, p]) => [id, p.x, p.y, box.clientR]),
          ...(box.more ? [['more', box.more.x, box.more.y, 8 * box.unit]] : [])];
        const strips = ids.map(id => {
          const {label} = box.nodes[id], width = label.cells * box.cell;
          const left = label.anchor === 'start' ? label.x : label.anchor === 'end' ? label.x - width :
            label.x - width / 2;
          return [id, left, Math.min(label.name - 11 * box.unit, label.strip), left + width,
            Math.max(label.name, label.strip + box.cellHeight)];
        });
        const say = what => wrong.push(`${w}x${h} n=${n} c=${c}: ${what}`);
        for (const [id, x, y, r] of discs) {
          if (x - r < 0 || x + r > w || y - r < 0 || y + r > h) say(`${id} is outside`);
          for (const [other, x2, y2, r2] of discs) if (id < other && Math.hypot(x - x2,
            y - y2) < r + r2) say(`${id} on ${other}`);
          for (const [other, a, b, c2, d] of strips) {
            const dx = Math.max(a - x, 0, x - c2), dy = Math.max(b - y, 0, y - d);
            if (Math.hypot(dx, dy) < r - 1) say(`the label of ${other} on ${id}`);
          }
        }
        strips.forEach(([id, a, b, c1, d], i) => {
          if (a < 0 || c1 > w || b < 0 || d > h + 2) say(`the label of ${id} is outside`);
          strips.slice(i + 1).forEach(([other, a2, b2, c2, d2]) => { if (a < c2 && a2 < c1 && b < d2 &&
            b2 < d) say(`labels of ${id} and ${other}`); });
        });
      }
    return wrong;
"""


def test_nothing_on_the_stage_overlaps_at_any_size(modules: Js) -> None:
    assert modules(LAYOUT) == []


def test_on_a_narrow_stage_small_print_stands_in_rows(modules: Js) -> None:
    """Beside each other they would run under the neighbour."""
    rows = modules("""
        const {Lines} = await m('views/stage-notes.js');
        const shown = narrow => {
            const g = document.createElementNS('http://www.w3.org/2000/svg', 'g');
            const lines = new Lines(g);
            lines.place({unit: 1, cellHeight: 20, narrow}, {x: 0, strip: 0, anchor: 'middle', end: 200});
            lines.draw([{label: 't1', value: 'yes, locks held 3 ms'}], false);
            return [...g.querySelectorAll('text')].map(e => e.textContent.trim());
        };
        return [shown(false), shown(true)];
    """)
    assert rows == [["t1 yes, locks held 3 ms"], ["t1 yes", "locks held 3 ms"]]


def test_a_line_across_the_ring_tells_its_sides(modules: Js) -> None:
    groups = modules("""
        const {sides} = await m('views/stage-gestures.js');
        const {presets} = await m('views/partition.js');
        const {bars, cutLinks} = await m('views/stage-links.js');
        const {layout} = await m('views/stage-layout.js');
        const ids = ['n1', 'n2', 'n3', 'n4', 'n5'];
        const box = layout(966, 480, ids, []);
        return {
          cut: sides({a: {x: 0, y: 0}, b: {x: 10, y: 0}}, {x: 5, y: -5}, {x: 5, y: 5}),
          presets: presets(ids, 'n3').map(p => p.map(g => g.length)),
          same: presets(ids, 'n2').map(p => p.map(g => g.length)),
          nine: presets(['1', '2', '3', '4', '5', '6', '7', '8', '9'], '').map(p => p.map(g => g.length)),
          one: bars(box, [['n1', 'n2'], ['n3', 'n4', 'n5']]).length,
          four: bars(box, [['n1', 'n3'], ['n2', 'n4', 'n5']]).length,
          links: cutLinks({cut: [['n1', 'n3'], ['n2', 'n1']], groups: [['n1', 'n2'], ['n3']]}),
        };
    """)
    assert groups["cut"] == [["a"], ["b"]]
    assert groups["presets"] == [[2, 3], [1, 4], [2, 3]]
    assert groups["same"] == [[2, 3], [1, 4]]
    assert groups["nine"][-1] == [3, 3, 3]
    assert groups["one"] == 1
    assert groups["four"] == 4
    assert groups["links"] == [["n2", "n1"]]


@pytest.mark.parametrize("size", [(844, 390), (768, 1024), (701, 360)])
def test_on_a_tablet_and_a_phone_on_its_side_nothing_covers_anything(
    open_page: OpenPage, make_room: MakeRoom, size: tuple[int, int]
) -> None:
    page = open_page(make_room().driver, size=size)
    nothing_covers = """() => {
        const those = '.steps button, .clock, .pace, .tool, .laws, g.client .body';
        const parts = [...document.querySelectorAll(those)].filter(e => e.checkVisibility())
            .map(e => [e.getAttribute('class'), e.getBoundingClientRect()]);
        const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
        return parts.flatMap(([name, a], i) => parts.slice(i + 1).filter(([, b]) => over(a, b))
            .map(([other]) => `${name} on ${other}`));
    }"""
    assert page.evaluate(nothing_covers) == []
    ring = page.locator(".ring").bounding_box()
    stage = page.locator(".stage").bounding_box()
    assert ring
    assert stage
    assert ring["height"] > 0.38 * stage["height"]


def test_a_language_that_cannot_be_fetched_leaves_the_page_as_it_was(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver)
    page.route("**/i18n/zh.json", lambda route: route.fulfill(body="", content_type="application/json"))
    page.keyboard.press("l")
    expect(page.locator(".notice.shown")).to_have_text("Not connected at the moment")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.unroute("**/i18n/zh.json")
    page.keyboard.press("l")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_on_a_projector_the_drawer_leaves_the_transport_free(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver, size=PROJECTOR)
    page.locator(".panel-toggle").click()
    page.wait_for_timeout(300)
    panel, bottom = page.locator(".panel").bounding_box(), page.locator(".bottom").bounding_box()
    assert panel
    assert bottom
    assert panel["x"] + panel["width"] == PROJECTOR[0]
    assert panel["y"] + panel["height"] <= bottom["y"]
    page.locator(".live").click()
