"""Lessons in a browser: by keyboard alone, there and back, questions, challenges, as text, on screens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.lessons.lesson import HOME, read_lesson
from app.lessons.runner import run_lesson
from app.sim.trace import plain
from tests.browser.conftest import PHONE, PROJECTOR, WIDE, OpenPage
from tests.browser.test_looks import serious
from tests.serving import Served, serving

pytestmark = pytest.mark.browser

RAFT = "/lessons/raft-election"


def lesson(open_page: OpenPage, path: str = RAFT, **options: object) -> Page:
    page = open_page(path, ready=False, **options)
    page.wait_for_selector("body.ready .l-caption")
    return page


def card(page: Page) -> str:
    return page.locator("#card").get_attribute("data-phase") or ""


def node(page: Page, name: str) -> str:
    return page.locator(f'[data-node="{name}"]').get_attribute("aria-label") or ""


def to_the_end(page: Page) -> None:
    """Skips what is being played."""
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('#card[data-phase="done"]')


def test_a_lesson_by_keyboard_alone(open_page: OpenPage) -> None:
    page = lesson(open_page)
    expect(page.locator(".l-caption")).to_contain_text("Five servers")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector('#card[data-phase="ask"]')
    assert "follower" in node(page, "n3")
    page.keyboard.press("1")
    page.wait_for_selector('#card[data-phase="playing"]')
    page.keyboard.press(" ")
    still = page.evaluate("document.querySelector('[data-node=n1] .timer').getAttribute('stroke-dasharray')")
    page.wait_for_timeout(300)
    assert still == page.evaluate(
        "document.querySelector('[data-node=n1] .timer').getAttribute('stroke-dasharray')"
    )
    to_the_end(page)
    assert "candidate" in node(page, "n3")
    expect(page.locator(".l-answer.wrong")).to_contain_text("Every timer is drawn on its own")
    for _ in range(40):
        if "#majority" in page.url:
            break
        page.keyboard.press({"ask": "2", "playing": "ArrowRight"}.get(card(page), "Enter"))
        page.wait_for_timeout(60)
    assert "#majority" in page.url
    expect(page.locator(".l-challenge")).to_contain_text("nobody can be elected")
    page.keyboard.press("Home")
    expect(page.locator(".l-count")).to_have_text("1 / 9")


def test_there_and_back_and_in_the_middle(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#heartbeats")
    assert "leader" in node(page, "n3")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".l-count")).to_have_text("3 / 9")
    assert "leader" in node(page, "n3")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(200)
    assert "candidate" in node(page, "n3"), "where the step begins"
    page.locator(".l-dot").nth(5).click()
    page.wait_for_timeout(200)
    assert "crashed" in node(page, "n3")
    assert page.url.endswith("#back")
    for _ in ("the command", "the restart"):
        page.keyboard.press(".")
        page.wait_for_timeout(500)
    assert "crashed" not in node(page, "n3")


def test_a_question_is_answered_on_the_stage_and_remembered(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#crash")
    page.locator('[data-node="n5"]').click()
    page.wait_for_selector('#card[data-phase="playing"]')
    to_the_end(page)
    expect(page.locator(".l-answer.right")).to_contain_text("You said: n5")
    page.reload()
    page.wait_for_selector("body.ready .l-caption")
    assert card(page) == "ready", "it has been answered already"
    page.goto(page.url.split("/lessons")[0] + "/lessons")
    one = page.locator('[data-lesson="raft-election"]')
    expect(one).to_contain_text("Go on: step 5 of 9")
    expect(one.locator("h3 a")).to_have_attribute("href", f"{RAFT}#crash")


def test_words_light_up_what_they_name(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#same-moment")
    page.keyboard.press("2")
    to_the_end(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('#card[data-phase="ready"]')
    page.locator(".l-caption .word.node", has_text="n4").first.hover()
    expect(page.locator("[data-node][data-lit]")).to_have_count(1)
    assert page.locator("[data-node][data-lit]").get_attribute("data-node") == "n4"
    page.mouse.move(5, 5)
    expect(page.locator("[data-node][data-lit]")).to_have_count(0)


def test_a_challenge_is_met_in_a_room_of_ones_own(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#majority")
    page.locator(".l-challenge .l-button").click()
    page.wait_for_selector(".la .la-task")
    page.wait_for_selector("body.ready .node")
    expect(page.locator(".la")).to_contain_text("Interventions: 0")
    page.get_by_role("button", name="A hint").click()
    expect(page.locator(".la-hints li")).to_have_count(1)
    assert serious(page) == []
    page.locator(".la").evaluate("el => document.activeElement.blur()")
    for number in "12":
        page.keyboard.press(number)
        page.keyboard.press("c")
        page.wait_for_timeout(300)
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    page.keyboard.press(" ")
    page.wait_for_selector(".la.met", timeout=15_000)
    page.get_by_role("link", name="Back to the lesson").click()
    page.wait_for_selector("body.ready .l-challenge.solved")


def test_leaving_to_play_and_coming_back(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#votes")
    page.keyboard.press("p")
    page.wait_for_selector("body.ready .node")
    page.wait_for_selector(".la-back")
    assert "candidate" in node(page, "n3")
    page.keyboard.press("3")
    page.keyboard.press("c")
    expect(page.locator('[data-node="n3"].crashed')).to_have_count(1)
    page.locator(".la-back").click()
    page.wait_for_selector('#card[data-phase="ask"]')
    assert "candidate" in node(page, "n3"), "the lesson is as it was"


def test_progress_is_taken_along(open_page: OpenPage, tmp_path: Path) -> None:
    page = lesson(open_page, f"{RAFT}#votes")
    page.keyboard.press("2")
    page.goto(page.url.split("/lessons")[0] + "/lessons")
    with page.expect_download() as download:
        page.locator("#export").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    page.locator("#forget").click()
    expect(page.locator('[data-lesson="raft-election"]')).to_contain_text("Begin")
    page.locator("#import").set_input_files(file)
    expect(page.locator('[data-lesson="raft-election"]')).to_contain_text("step 3 of 9")
    (tmp_path / "other.json").write_text("[1, 2]")
    page.locator("#import").set_input_files(tmp_path / "other.json")
    expect(page.locator("#said")).to_contain_text("no progress")
    expect(page.locator('[data-lesson="raft-election"]')).to_contain_text("step 3 of 9")
    assert serious(page) == []


def test_as_text_with_stills(open_page: OpenPage) -> None:
    page = open_page("/lessons/2pc-blocks/text", ready=False, locale="zh-CN")
    page.wait_for_selector("body.ready .lt-still")
    assert page.locator(".lt-still").count() == page.locator(".lt-step").count() == 10
    expect(page.locator(".lt-step").nth(1)).to_contain_text("第一阶段")
    assert page.locator(".lt-step").nth(1).locator("svg circle").count() > 12
    page.locator("#language").click()
    expect(page.locator(".lt-step").nth(1)).to_contain_text("First phase")
    assert serious(page) == []


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
def test_axe_finds_nothing_serious(open_page: OpenPage, theme: str) -> None:
    page = lesson(open_page, f"{RAFT}#crash")
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    assert serious(page) == []
    page.keyboard.press("1")
    to_the_end(page)
    page.wait_for_timeout(300)
    assert serious(page) == []


@pytest.mark.parametrize(("size", "locale"), [(WIDE, "zh-CN"), (PROJECTOR, "en-GB"), (PHONE, "en-GB")])
def test_nothing_runs_off_the_page(open_page: OpenPage, size: tuple[int, int], locale: str) -> None:
    page = lesson(open_page, f"{RAFT}#same-moment", size=size, locale=locale)
    page.keyboard.press("1")
    to_the_end(page)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        *size
    ]
    assert (
        page.evaluate("""() => [...document.querySelectorAll('.l-top *, .l-card *')]
        .filter(e => e.checkVisibility()).filter(e => { const b = e.getBoundingClientRect();
          return b.width && (b.right > innerWidth + 1 || b.left < -1); }).map(e => e.className)""")
        == []
    )
    stage = page.locator("#stage").bounding_box()
    assert stage
    assert stage["height"] > size[1] * 0.33, "the stage is still a stage"


def test_without_motion_messages_do_not_fly(open_page: OpenPage) -> None:
    page = lesson(open_page, f"{RAFT}#votes", motion="reduce")
    page.keyboard.press("2")
    page.wait_for_selector('#card[data-phase="playing"]')
    times = set(
        page.evaluate("""async () => {
            const seen = [], timer = document.querySelector('[data-node=n1] .timer');
            for (let i = 0; i < 20; i++) {
                seen.push(timer.getAttribute('stroke-dasharray'));
                await new Promise(requestAnimationFrame);
            }
            return seen; }""")
    )
    assert len(times) <= 2, "it steps from event to event"
    to_the_end(page)
    assert "leader" in node(page, "n3")


# --- being written ------------------------------------------------------------------------------------------


@pytest.fixture
def author(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    folder = tmp_path / "mine"
    folder.mkdir()
    for file in (HOME / "raft-election").iterdir():
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    with serving(lessons=tmp_path, live=False) as running:
        yield running, folder


def test_a_saved_lesson_is_shown_at_once(browser: Browser, author: tuple[Served, Path]) -> None:
    served, folder = author
    change: Callable[[str, str], int] = lambda old, new: (folder / "en.toml").write_text(  # noqa: E731
        (folder / "en.toml").read_text(encoding="utf-8").replace(old, new), encoding="utf-8"
    )
    page = browser.new_page(locale="en-GB")
    page.goto(f"{served.address}/lessons/mine#heartbeats")
    page.wait_for_selector("body.ready .l-caption")
    change("even with nothing to say", "also when all is said")
    expect(page.locator(".l-caption")).to_contain_text("also when all is said")
    expect(page.locator(".l-count")).to_have_text("4 / 9")
    change("title =", "titel =")
    expect(page.locator(".l-problem")).to_contain_text("mine/en.toml, titel")
    change("titel =", "title =")
    expect(page.locator(".l-problem")).to_have_count(0)
    page.close()


def test_znodes_are_what_the_log_says_and_the_shells_what_was_typed(open_page: OpenPage) -> None:
    """The panel's own reading of the log has the tree that the server has."""
    page = lesson(open_page, "/lessons/zk-znodes#child")
    page.keyboard.press("2")
    to_the_end(page)
    expect(page.locator("#panel tbody tr").first).to_contain_text("/app")
    expect(page.locator("#panel .lz-fresh").first).to_have_text("1")
    read = """state => import('/static/js/lesson/znodes.js').then(m => Object.fromEntries([...m.treeOf(state)]
        .map(([at, z]) => [at, [z.version, 2 * z.creates - z.children, z.owner, z.pzxid]])))"""
    for name in ("zk-znodes", "zk-sessions"):
        cluster = run_lesson(read_lesson(HOME / name)).line.sim.cluster
        state = cluster.machines["n2"].processes[0].state
        stats = {
            path: znode.stat for path, znode in state.tree.walk() if path[:10] not in ("/", "/zookeeper")
        }
        known = {path: [s.version, s.cversion, s.ephemeral_owner, s.pzxid] for path, s in stats.items()}
        given = {"log": plain(state.log), "lastProcessed": state.last_processed}
        assert page.evaluate(read, given) == known
        assert known
    page.goto(page.url.replace("zk-znodes#child", "zk-stale#stale"))
    page.wait_for_selector("body.ready .l-caption")
    page.keyboard.press("1")
    to_the_end(page)
    expect(page.locator("#panel .z-screen").last).to_contain_text("old")
