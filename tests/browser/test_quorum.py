"""The quorum calculator: what it says, that it keeps up with the slider, and that its trials are right."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from app.quorum.published import FITS, PUBLISHED, TOLERANCES
from app.quorum.wars import Trials
from app.sim.config import read_config
from app.sim.delays import NAMES, read_delay
from app.sim.simulation import Simulation
from app.sim.trace import Event, encode
from protocols.quorum.ring import hash32
from tests.browser.conftest import PHONE, PROJECTOR, WIDE, Js, OpenPage

pytestmark = pytest.mark.browser


def calculator(open_page: OpenPage, query: str = "", **options: Any) -> Page:
    page = open_page(f"/quorum{query}", ready=False, **options)
    page.wait_for_selector('#q-curves[data-trials="100000"]')
    return page


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}]").inner_text()


def test_the_closed_forms_are_those_of_counting(modules: Js) -> None:
    """Every way in which W of N may be written and R asked, every set of nodes that may be down."""
    found = modules(
        """
        const f = await m('quorum/formulas.js');
        return arg.map(([n, w, r, p]) =>
          [f.missed(n, w, r), f.missed(n, w, r, 3), f.available(n, r, p), f.overlap(n, w, r)]);
        """,
        CASES,
    )
    for (n, w, r, p), (missed, thrice, up, over) in zip(CASES, found, strict=True):
        written, asked = [list(itertools.combinations(range(n), k)) for k in (w, r)]
        share = sum(not set(a) & set(b) for a in written for b in asked) / len(written) / len(asked)
        assert missed == pytest.approx(share)
        assert thrice == pytest.approx(share**3)
        ups = (set(itertools.compress(range(n), bits)) for bits in itertools.product((0, 1), repeat=n))
        assert up == pytest.approx(sum((1 - p) ** len(s) * p ** (n - len(s)) for s in ups if len(s) >= r))
        least = min(len(set(a) & set(b)) for a in written for b in asked)
        assert max(over, 0) == least


CASES = [(n, w, r, 0.2) for n in range(1, 6) for w in range(1, n + 1) for r in range(1, n + 1)]


def test_trials_without_delay_of_the_write_are_the_closed_form(modules: Js) -> None:
    """Writes that reach W replicas at once and the others an hour later; every replica answers alike."""
    n, w, r = 5, 2, 2
    stale = modules(
        """
        const {Wars, outcomes, summary, BLOCK} = await m('quorum/wars.js');
        const {readDistribution} = await m('quorum/distributions.js');
        const [slow, answer] = ['0ms..1h', '1ms..2ms'].map(readDistribution);
        const model = {w: slow, a: readDistribution('0ms'), r: answer, s: answer, far: 0};
        const out = outcomes(100000);
        const wars = new Wars(model, 7);
        for (let b = 0; b < 10; b++) wars.run(arg, b, out, b * BLOCK);
        return 1 - summary(out, 100000).atOnce;
        """,
        {"n": n, "w": w, "r": r},
    )
    share = math.comb(n - w, r) / math.comb(n, r)
    assert stale == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 100_000))


def test_the_words_and_the_picture_follow_the_sliders(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=1&r=1")
    expect(page.locator("#q-verdict")).to_contain_text("R + W ≤ N")
    assert float(figure(page, "stale").removesuffix(" %")) == pytest.approx(56.3, abs=1)
    page.get_by_role("slider", name="must answer a read").fill("2")
    page.get_by_role("slider", name="must store a write").fill("2")
    expect(page.locator("#q-verdict")).to_contain_text("R + W > N")
    expect(page.locator(".q-node.new")).to_have_count(2)
    expect(page.locator(".q-both")).to_have_count(1)
    expect(page.locator("[data-figure=stale]")).to_have_text("0 %")
    assert [figure(page, f"fail-{what}") for what in ("reads", "writes", "data")] == ["1", "1", "1"]
    page.wait_for_url("**/quorum?n=3&w=2&r=2")
    page.get_by_role("button", name="Read one, write all").click()
    expect(page.get_by_role("slider", name="must store a write")).to_have_value("3")
    expect(page.locator("#q-classics")).to_contain_text("one crashed replica stops every write")
    page.get_by_role("button", name="Try ZooKeeper").click()
    page.wait_for_url("**/quorum?n=5&w=3&r=1")


def test_a_crashed_replica_is_an_outcome_not_an_error(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=2&r=2")
    page.locator("[data-node='1']").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".q-node.down")).to_have_count(1)
    expect(page.locator("#q-verdict .q-outcome")).to_have_count(0)
    page.locator("[data-node='2']").click()
    expect(page.locator(".q-outcome")).to_contain_text("nobody is served")
    expect(page.locator("#q-fresh")).to_contain_text("Too few replicas are up")
    page.wait_for_url("**down=1%2C2")
    page.locator("[data-node='1']").click()
    page.wait_for_selector('#q-curves[data-trials="100000"]')


IMPOSSIBLE = [
    ("w-text", "4", "W cannot be “4”: it is a whole number from 1 to N = 3."),
    ("r-text", "0", "R cannot be “0”"),
    ("n-text", "10", "N is a whole number from 1 to 9"),
    ("p-text", "1.5", "“1.5” is not a probability"),
    ("ownW", "60%5ms+30%9ms", "add up to 90 %, not to 100 %"),
    ("ownArs", "soon", "“soon” is not a delay"),
    ("ownW", "pareto(1)", "is not a distribution"),
]


def test_what_cannot_be_is_said_at_its_field_and_changes_nothing(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=2&r=2&fit=own")
    before = page.locator("#q-verdict").inner_text(), figure(page, "available-reads")
    for field, typed, sentence in IMPOSSIBLE:
        input_, said = page.locator(f"#{field}"), page.locator(f".q-field:has(#{field}) .q-wrong")
        right = input_.input_value()
        input_.fill(typed)
        expect(input_).to_have_attribute("aria-invalid", "true")
        expect(said).to_contain_text(sentence)
        assert (page.locator("#q-verdict").inner_text(), figure(page, "available-reads")) == before
        input_.fill(right)
        expect(said).to_be_empty()
    page.wait_for_url("**/quorum?n=3&w=2&r=2&fit=own**")


def test_a_link_that_cannot_be_says_so_and_opens_all_the_same(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=7&p=2", locale="zh-CN")
    expect(page.locator("#wrong-w")).to_contain_text("W 不能是“7”")
    expect(page.locator("#wrong-p")).to_contain_text("“2”不是概率")


def test_the_texts_of_distributions_are_those_of_the_simulator(modules: Js) -> None:
    """Both read the same texts and make the same times of the same chance."""
    texts = [*NAMES, *NAMES.values(), "75ms+lnkd-disk", "5ms..15ms", "20%1ms + 80% exp(0.5)", "2ms"]
    chance = random.Random(3)
    shares = [chance.random() for _ in range(50)] + [1e-9, 1 - 1e-9]
    theirs = modules(
        """
        const {readDistribution, quantileIn} = await m('quorum/distributions.js');
        return arg.texts.map(text => arg.shares.map(u => quantileIn(readDistribution(text), u)));
        """,
        {"texts": texts, "shares": shares},
    )
    for text, times in zip(texts, theirs, strict=True):
        assert times == pytest.approx([read_delay(text).quantile(u) for u in shares], rel=1e-9), text


def test_trials_give_the_published_table(modules: Js) -> None:
    """Within the tolerances, or as near as so few trials can be."""
    wrong = modules(
        """
        const {Wars, outcomes, summary, BLOCK} = await m('quorum/wars.js');
        const {FITS, readDistribution} = await m('quorum/distributions.js');
        const {judged} = await m('quorum/judged.js');
        const all = outcomes(200000);
        const wrong = [];
        for (const [fit, rows] of Object.entries(arg.published)) {
          const of = FITS[fit];
          const [w, a, r, s] = [of.w, of.a, of.r, of.s].map(readDistribution);
          const wars = new Wars({w, a, r, s, far: of.far}, 5);
          for (const [R, W, figures] of rows) {
            for (let b = 0; b < 20; b++) wars.run({n: 3, w: W, r: R}, b, all, b * BLOCK);
            const {tails} = summary(all, 200000);
            ['read', 'write', 't'].forEach((what, i) => {
              const verdict = judged(tails[what], figures[i], ...arg.tolerances[what]);
              if (verdict.state === 'bad') wrong.push([fit, R, W, what, verdict]);
            });
          }
        }
        return wrong;
        """,
        {
            "published": {
                fit: [[r, w, figures] for (r, w), figures in PUBLISHED[fit].items()]
                for fit in ("lnkd-ssd", "lnkd-disk", "ymmr", "wan")
            },
            "tolerances": TOLERANCES,
        },
    )
    assert not wrong


def test_the_published_table_is_computed_while_one_looks(open_page: OpenPage) -> None:
    page = open_page("/quorum/table", ready=False, locale="zh-CN", size=PHONE)
    page.wait_for_selector('tr[data-trials="100000"]')
    expect(page.locator("tr[data-fit=lnkd-ssd] .q-error").first).to_have_text(re.compile(r"[✓≈] [−+]\d"))
    expect(page.locator("#progress")).to_contain_text("已计算 20 行中的")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize(("n", "w", "r", "fit"), [(3, 1, 1, "lnkd-disk")])
def test_the_store_is_as_stale_and_as_slow_as_was_computed(
    modules: Js, n: int, w: int, r: int, fit: str
) -> None:
    """The room that the page makes, run with a fixed seed; staleness is read off its trace."""
    settings = {"n": n, "w": w, "r": r, "fit": fit}
    room = modules(
        """
        const room = await m('quorum/room.js');
        const {n} = arg;
        return [room.roomOf(arg, 11), [...room.routesOf(n), ...room.levelsOf(arg), ...room.loadOf(n, 6, 25)]];
        """,
        settings,
    )
    told = modules(
        """
        const {decodeEvent} = await m('core/reduce.js');
        const {Staleness} = await m('quorum/staleness.js');
        const staleness = new Staleness();
        return JSON.stringify(JSON.parse(arg).map(e => staleness.feed(decodeEvent(e))).filter(Boolean));
        """,
        traced(*room),
    )
    samples = json.loads(told)
    computed = Trials(FITS[fit], n, 200_000).outcomes(w, r)
    reads = [s for s in samples if s["fresh"] is not None]
    assert len(reads) > 500
    for low, high in [(0, 4), (4, 10), (10, 26), (0, 26)]:
        stale = [(s["fresh"], computed.stale(s["t"])) for s in reads if low <= s["t"] < high]
        expected = sum(p for _, p in stale)
        spread = math.sqrt(sum(p * (1 - p) for _, p in stale))
        assert abs(sum(not fresh for fresh, _ in stale) - expected) < 3.5 * spread, (low, high)
    assert sum(not s["fresh"] for s in reads) > 20
    for op, times in (("get", computed.reads), ("put", computed.writes)):
        took = sorted(s["took"] for s in samples if s["op"] == op)
        for share in (0.25, 0.5, 0.9):
            reach = 3.5 * math.sqrt(share * (1 - share) / len(took))
            bounds = [times[int((share + by) * len(times))] for by in (-reach, reach)]
            assert bounds[0] - 0.002 <= took[int(share * len(took))] <= bounds[1] + 0.002, (op, share)


def traced(config: dict[str, Any], commands: list[str]) -> str:
    """What clients and coordinators say to each other in some seconds of that room, as browsers hear it."""
    simulation = Simulation(read_config(config))
    for text in commands:
        simulation.execute(text)
    found = []
    for second in range(1, 4):
        simulation.advance(second * 1_000_000)
        found += [e for e in simulation.take() if e.kind in ("send", "deliver") and said(e)]
    return f"[{','.join(encode(e).decode() for e in found)}]"


def said(e: Event) -> bool:
    return str(e.body[1 if e.kind == "send" else 2]) in ("QuorumRequest", "QuorumReply")


def test_the_browsers_ring_is_the_stores(modules: Js) -> None:
    keys = [f"key{i}" for i in range(50)] + ["键", ""]
    assert modules("return arg.map((await m('quorum/ring.js')).hash32)", keys) == [hash32(k) for k in keys]


def samples(page: Page, count: int) -> None:
    page.wait_for_function(
        "count => Number(document.getElementById('q-live').dataset.samples) > count",
        arg=count,
        timeout=20_000,
    )


def test_numbers_are_tried_out_on_a_running_store(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=1&r=1")
    page.get_by_role("button", name="Run it").click()
    page.wait_for_selector("#q-stage .node")
    samples(page, 60)
    expect(page.locator("#q-live-charts .q-measured").first).to_be_attached()
    page.get_by_role("button", name="Write, and read at once").click()
    expect(page.locator(".q-latest li")).to_have_count(2)
    expect(page.locator(".q-latest li").last).to_contain_text("1 written: 1 of 1 have it")
    page.get_by_role("slider", name="must store a write").fill("3")
    page.locator("#q-picture [data-node='2']").click()
    expect(page.locator("#q-live .node.crashed")).to_have_count(1)
    expect(page.locator("#q-live-charts")).to_contain_text("Too few replicas are up")
    page.get_by_role("button", name="n2: crashed").click()
    samples(page, 20)
    expect(page.locator("[data-figure=live-stale]")).to_have_text("0 %")
    page.get_by_role("slider", name="replicas of a key").fill("4")
    expect(page.locator("#q-live")).to_contain_text("This store has another N")
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run it")).to_be_visible()


def test_a_stale_read_is_found_and_played(open_page: OpenPage) -> None:
    page = calculator(open_page, "?n=3&w=1&r=1")
    page.get_by_role("button", name="a stale read").click()
    expect(page.locator(".q-result")).to_contain_text("requests and deliveries are enough")
    page.get_by_role("button", name="Majority").click()
    page.get_by_role("button", name="a stale read").click()
    expect(page.locator(".q-result")).to_contain_text("There is none for N = 3, W = 2, R = 2")
    page.get_by_role("button", name="although R + W > N").click()
    page.get_by_role("button", name="Watch it").click()
    page.wait_for_url("**/rooms/**")
    page.wait_for_selector(".ready .node")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PROJECTOR, "dark"), (PHONE, "dark")])
def test_everybody_can_use_it(open_page: OpenPage, size: tuple[int, int], scheme: str) -> None:
    page = calculator(open_page, "?n=5&w=2&r=2&down=2&fit=own", size=size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()
