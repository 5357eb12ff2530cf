#!/usr/bin/env python3
"""Retakes the pictures in docs/images from the running product: `.venv/bin/python scripts/screenshots.py`.

It starts a server of its own on a free port, opens the pages in Chromium, and saves what they show. The
runs are seeded, so the pictures change only when the product does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT))

from app.sim.trace import Event  # noqa: E402
from tests.find_chromium import find  # noqa: E402
from tests.serving import Served, serving  # noqa: E402

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars")
WIDE, PHONE = (1440, 900), (390, 844)


def scenario(served: Served, name: str, rule: str, times: int, further_us: int = 3_000) -> str:
    """The driver's address of a room that stands still a little after a rule has fired so many times."""
    made = served.make(scenario=name)
    branch = served.hub.rooms[made["id"]].tree.current

    def run() -> None:
        branch.playing = False
        seen = 0
        while seen < times:
            seen += sum(rule in fired_by(event) for event in branch.timeline.step())
        branch.timeline.advance(branch.timeline.time + further_us)

    served.inside(run)
    return f"{made['url']}#driver={made['token']}"


def stand_still(served: Served, room: str, time: int) -> None:
    branch = served.hub.rooms[room].tree.current
    branch.playing = False
    branch.timeline.advance(time)


def fired_by(event: Event) -> list[str]:
    """The rules that an event explains, or its kind."""
    return [rule for rule, _ in event.why] or [event.kind]


def take(
    browser: Browser,
    served: Served,
    address: str,
    name: str,
    act: Callable[[Page], None],
    size: tuple[int, int] = WIDE,
    lang: str = "en",
    scheme: str = "light",
) -> None:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale="zh-CN" if lang == "zh" else "en-GB",
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(served.address + address)
    act(page)
    page.screenshot(path=IMAGES / name)
    context.close()
    print(f"docs/images/{name}")


def tab(number: int) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(".node").first.wait_for()
        page.get_by_role("tab").nth(number).click()
        page.wait_for_timeout(900)

    return act


SERVERS = (
    "create /course", "create /course/lock", "create -e -s /course/lock/n-", "create /course/servers hello",
    "create -e /course/servers/web-1 10.0.0.7:80", "create -c /course/box", "get -s /course/servers",
)  # fmt: skip
"""Lines of the shell that leave something to look at."""


def type_them(served: Served, room: str) -> None:
    branch = served.hub.rooms[room].tree.current
    branch.playing = False
    branch.timeline.advance(700_000)
    for line in SERVERS:
        branch.timeline.execute(f"tell c1 zk '{line}'")
        branch.timeline.advance(branch.timeline.time + 300_000)
    branch.timeline.execute("tell c2 zk 'create /course/queue'")
    branch.timeline.advance(branch.timeline.time + 62_000)


def wait(milliseconds: int) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.locator(".node").first.wait_for()
        page.wait_for_timeout(milliseconds)

    return act


def learn(page: Page) -> None:
    """The question before the leader crashes."""
    page.wait_for_selector('#card[data-phase="ask"]')
    page.wait_for_timeout(900)


def reckon(page: Page) -> None:
    page.get_by_text("100,000 trials").wait_for()
    page.wait_for_timeout(2_500)


def lead(page: Page) -> None:
    """Opens a class, and asks it something."""
    page.get_by_role("button", name="Open a class").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Ask the class").click()
    page.get_by_label("The question").fill("Who will lead next?")
    page.get_by_label("Choices, one a line").fill("n2\nn4\nnobody")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.wait_for_timeout(1_500)
    page.goto(page.url.replace("/lead", "/projector"))
    page.wait_for_timeout(3_000)


def explore(page: Page) -> None:
    page.get_by_role("tab", name="Znodes").click()
    for name in ("course", "servers"):
        page.get_by_role("treeitem", name=name).first.click()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(700)
    page.wait_for_timeout(900)


def settle(page: Page) -> None:
    page.locator(".node").nth(8).wait_for()
    page.wait_for_timeout(9_000)


def pictures(browser: Browser, served: Served) -> None:
    commit = scenario(served, "10-leader-crash", "commit", 4, 800)
    take(browser, served, commit, "room.png", tab(0))
    take(browser, served, commit, "room-zh.png", tab(0), lang="zh")
    divergent = scenario(served, "50-figure-7", "become-leader", 1, 90_000)
    take(browser, served, divergent, "logs-dark.png", tab(1), scheme="dark")
    bug = scenario(served, "61-figure-8-mutant", "violation", 1)
    take(browser, served, bug, "laws.png", tab(4))
    pair = served.make(config={"services": ["raft", "zab"], "seed": 7})
    served.inside(lambda: stand_still(served, pair["id"], 660_000))
    take(browser, served, f"{pair['url']}?show=raft,zab", "pair.png", wait(1_500))
    blocked = scenario(served, "30-coordinator-dies", "blocked", 2, 40_000)
    take(browser, served, blocked, "blocked.png", tab(0))
    ensemble = served.make(config={"services": ["zookeeper"], "clients": ["c1", "c2"], "seed": 7})
    served.inside(lambda: type_them(served, ensemble["id"]))
    address = f"{ensemble['url']}#driver={ensemble['token']}"
    take(browser, served, address, "znodes.png", explore)
    take(browser, served, "/", "home.png", settle)
    take(browser, served, "/live", "phone.png", wait(3_000), size=PHONE)
    take(browser, served, "/lessons/raft-election#crash", "lesson.png", learn)
    take(browser, served, "/lessons/raft-election#crash", "lesson-zh.png", learn, lang="zh")
    take(browser, served, "/quorum?n=3&w=2&r=1", "quorum.png", reckon)
    school = served.make(config={"services": ["raft"], "seed": 3})
    take(browser, served, f"{school['url']}#driver={school['token']}", "class.png", lead, size=(1024, 768))


def main() -> int:
    chromium = find()
    if chromium is None:
        print("No Chromium was found; name one with CHROMIUM=/path.", file=sys.stderr)
        return 1
    IMAGES.mkdir(parents=True, exist_ok=True)
    with serving() as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        pictures(browser, served)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
