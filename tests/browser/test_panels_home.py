"""The front page, in a real browser: it lives, and every way in leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.sim.scenario import famous
from tests.browser.conftest import PHONE, PROJECTOR, WIDE, OpenPage
from tests.serving import Served

pytestmark = pytest.mark.browser

SHORT = 'protocol = "raft"\ntitle = "Short"\nnodes = 3\n'


def test_the_picture_moves_and_the_way_in_is_one_click(open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    expect(page.locator(".h-stage .node")).to_have_count(5)
    expect(page.locator("#badge")).to_have_text("Live now")
    ring = page.locator(".h-stage .timer").first
    before = ring.evaluate("el => el.outerHTML")
    page.wait_for_function("old => document.querySelector('.h-stage .timer').outerHTML !== old", arg=before)
    page.locator(".h-enter").click()
    page.wait_for_url("**/live")
    page.wait_for_selector(".ready .node")


def test_one_click_opens_a_scenario_and_its_visitor_drives(served: Served, open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    expect(page.locator(".g-moment")).to_have_count(len(famous()))
    article = page.get_by_role("article", name="Raft")
    article.locator("summary").click()
    article.get_by_role("button", name="Figure 7").click()
    page.wait_for_url("**/rooms/*")
    expect(page.locator(".node")).to_have_count(7)
    expect(page.locator(".chip.role")).to_have_text("driver")


def test_a_cluster_of_ones_own_with_a_bug(served: Served, open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    page.locator("#make option[value=no-log-check]").wait_for(state="attached")
    page.locator("#make input[type=range]").fill("3")
    page.get_by_label("Seed").fill("42")
    page.get_by_label("Pre-vote").check()
    page.get_by_label("From the bug museum").select_option("no-log-check")
    page.get_by_role("button", name="Create the cluster").click()
    page.wait_for_url("**/rooms/*")
    page.wait_for_selector(".ready .node")
    config = served.hub.rooms[page.url.rsplit("/", 1)[1]].tree.current.timeline.config
    assert (len(config.nodes), config.seed) == (3, 42)
    assert config.options["raft"]["preVote"] is True
    assert config.mutants == {"raft": "no-log-check"}


def test_two_protocols_on_the_same_machines(served: Served, open_page: OpenPage) -> None:
    """Each with options of its own; what is not touched stays as it usually is."""
    page = open_page("/", ready=False)
    page.locator("#make option[value='2pc']").first.wait_for(state="attached")
    page.locator("#make select[data-protocol='0']").select_option("2pc")
    page.locator("#make select[data-protocol='1']").select_option("raft")
    expect(page.locator("#make legend")).to_have_text(["Two-phase commit", "Raft"])
    page.locator("#make .h-more summary").first.click()
    page.get_by_label("Time to wait for votes").fill("99ms")
    page.get_by_label("Presume nothing, or abort").select_option("abort")
    page.locator("#make .h-more summary").nth(1).click()
    page.get_by_label("Servers that only learn at first").fill("n4, n5")
    page.get_by_role("button", name="Create the cluster").click()
    page.wait_for_url("**/rooms/*?show=2pc,raft")
    page.wait_for_selector(".ready .node")
    expect(page.locator(".stage-box")).to_have_count(2)
    room = page.url.rsplit("/", 1)[1].partition("?")[0]
    config = served.hub.rooms[room].tree.current.timeline.config
    assert config.services == ["2pc", "raft"]
    assert config.options["2pc"] == {"voteTimeout": "99ms", "presume": "abort"}
    assert config.options["raft"] == {"learners": ["n4", "n5"]}


@pytest.fixture
def refused_page(browser: Browser, served: Served) -> Iterator[Page]:
    """The front page, where Chromium may note in its console that a request was refused."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(served.address)
    page.locator(".g-moment").first.wait_for()
    yield page
    context.close()


def test_what_is_wrong_with_a_cluster_is_said_in_a_sentence(refused_page: Page) -> None:
    refused_page.get_by_label("Seed").fill("seven")
    refused_page.get_by_role("button", name="Create the cluster").click()
    expect(refused_page.locator("#make .h-problem")).to_contain_text("seed")
    assert refused_page.url.endswith("/")


def test_who_plays_a_role_is_a_list_of_names(served: Served, refused_page: Page) -> None:
    """Also where nobody is named unless told otherwise; a name that is none is said."""
    page = refused_page
    page.locator("#make select[data-protocol='0']").select_option("paxos")
    page.locator("#make .h-more summary").click()
    page.get_by_label("Proposers", exact=True).fill("n1, n9")
    page.get_by_role("button", name="Create the cluster").click()
    expect(page.locator("#make .h-problem")).to_contain_text("names n9, which is no node here")
    page.get_by_label("Proposers", exact=True).fill("n1, n2")
    page.get_by_label("Acceptors", exact=True).fill(" ")
    page.get_by_role("button", name="Create the cluster").click()
    page.wait_for_url("**/rooms/*")
    room = page.url.rsplit("/", 1)[1].partition("?")[0]
    config = served.hub.rooms[room].tree.current.timeline.config
    assert config.options["paxos"] == {"proposers": ["n1", "n2"]}


def test_an_empty_scenario_is_not_even_sent(open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    page.get_by_role("button", name="Open it").click()
    expect(page.locator("#own .h-problem")).to_contain_text("Paste a scenario first")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('protocol = "raft"\nnodes = = 3\n', "line 2"),
        ('protocol = "raft"\nnoodles = 3\n', "noodles"),
        ('protocol = "raft"\n[[step]]\nat = "1s"\ndo = "crsh n1"\n', "crsh"),
    ],
)
def test_a_typo_in_a_scenario_is_shown_with_its_place(refused_page: Page, toml: str, said: str) -> None:
    refused_page.get_by_label("Scenario (TOML)").fill(toml)
    refused_page.get_by_role("button", name="Open it").click()
    expect(refused_page.locator("#own .h-problem")).to_contain_text(said)
    expect(refused_page.get_by_label("Scenario (TOML)")).to_have_value(toml)


def test_a_scenario_is_opened_from_text(served: Served, open_page: OpenPage) -> None:
    page = open_page("/", ready=False)
    page.get_by_label("Scenario (TOML)").fill(SHORT)
    page.get_by_role("button", name="Open it").click()
    page.wait_for_url("**/rooms/*")
    expect(page.locator(".room-title")).to_have_text("Short")


def test_it_speaks_both_languages_in_place(open_page: OpenPage) -> None:
    page = open_page("/", ready=False, locale="zh-CN")
    expect(page.locator("h1")).to_have_text("看见共识形成。")
    raft = page.locator("article", has=page.locator("#g-raft"))
    expect(raft.locator(".g-moment").first).to_contain_text("领导者宕机")
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("Watch agreement happen.")
    expect(raft.locator(".g-moment").first).to_contain_text("The leader crashes")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PROJECTOR, "dark"), (PHONE, "dark")])
def test_it_fits_and_has_no_serious_barriers(open_page: OpenPage, size: tuple[int, int], scheme: str) -> None:
    page = open_page("/", size, ready=False, color_scheme=scheme)
    page.locator(".g-moment").first.wait_for()
    page.locator(".h-stage .node").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], v["nodes"][0]["html"]) for v in serious]
