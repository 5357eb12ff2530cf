"""ZooKeeper's panels: the znodes of a server, a shell, and the way of one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage

MakeRoom = Callable[..., Any]
SHELL = [
    "tell c1 zk 'create /a one'",
    "tell c1 zk 'create -e -s /a/e- x'",
    "tell c1 zk 'create /b'",
    "tell c1 zk 'get -w /b'",
]


@pytest.fixture
def room(make_room: MakeRoom) -> Any:
    """At full speed: a hop takes twenty milliseconds."""
    script = [{"at": "1500ms", "do": SHELL}]
    return make_room(services=["zookeeper"], nodes=3, clients=1, speed=1, script=script)


def row(page: Page, path: str) -> Any:
    return page.locator(f'.z-row[data-path="{path}"]')


def act(page: Page, name: str) -> Any:
    return page.locator(".z-actions").get_by_role("button", name=name, exact=True)


def test_the_tree_by_keyboard_and_an_edit_that_the_ensemble_makes(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.driver)
    page.get_by_role("tab", name="Znodes").click()
    row(page, "/a").click()
    tree = page.get_by_role("tree")
    tree.press("ArrowRight")
    expect(row(page, "/a/e-0000000000")).to_be_visible()
    tree.press("ArrowDown")
    chosen = tree.get_by_role("treeitem", selected=True)
    expect(chosen).to_have_attribute("data-path", "/a/e-0000000000")
    expect(chosen).to_have_attribute("aria-level", "3")
    tree.press("ArrowLeft")
    expect(chosen).to_have_attribute("data-path", "/a")
    expect(page.locator(".z-data")).to_have_text("one")
    act(page, "Edit").click()
    page.locator(".z-form textarea").fill("two “both” ' and \"\nlines")
    page.locator(".z-form button.primary").click()
    expect(page.locator(".z-status")).to_contain_text("done")
    expect(page.locator(".z-data")).to_have_text("two “both” ' and \"\nlines")
    page.locator(".z-stat div", has_text="dataVersion").focus()
    expect(page.locator(".z-about")).to_contain_text("How often its data was set")


def test_a_change_behind_ones_back_is_told_and_a_refusal_too(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.driver)
    page.get_by_role("tab", name="Znodes").click()
    row(page, "/a").click()
    act(page, "Edit").click()
    room.command("tell c1 zk 'set /a theirs'")
    expect(page.locator(".z-form")).to_contain_text("Somebody has changed it")
    page.get_by_role("button", name="Cancel").click()
    act(page, "Delete").click()
    page.locator(".z-form button.primary").click()
    expect(page.locator(".z-status")).to_contain_text("NotEmpty")
    expect(row(page, "/a")).to_be_visible()


def test_who_only_watches_is_told_so(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.viewer)
    page.get_by_role("tab", name="Znodes").click()
    row(page, "/b").click()
    expect(act(page, "Edit")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_text("You can look, not change.")).to_be_visible()


def test_a_server_that_lags_is_seen_beside_the_leader(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.driver)
    page.get_by_role("tab", name="Znodes").click()
    expect(row(page, "/b")).to_be_visible()
    room.command("pause n1")
    room.command("tell c1 connect n2")
    room.command("tell c1 zk 'create /late'")
    page.locator(".z-server select").select_option("n1")
    expect(row(page, "/late")).to_contain_text("leader only")


def test_the_shell_completes_runs_and_shows_what_a_line_did(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.driver)
    page.get_by_role("tab", name="Znodes").click()
    expect(row(page, "/b")).to_be_visible()
    page.get_by_role("tab", name="Shell").click()
    line = page.get_by_label("A line of the shell")
    line.fill("create /b/c hi")
    line.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Created /b/c")
    line.press_sequentially("dele")
    line.press("Tab")
    expect(line).to_have_value("delete")
    line.fill("get /b/")
    line.press("Tab")
    expect(line).to_have_value("get /b/c")
    line.fill("")
    line.press("ArrowUp")
    expect(line).to_have_value("create /b/c hi")
    page.get_by_role("button", name="Show what this did").click()
    stops = page.locator(".z-stop")
    expect(stops.first).to_contain_text("create /b/c")
    expect(stops.filter(has_text="commits")).to_have_count(1)
    expect(stops.filter(has_text="applies it")).to_have_count(3)
    expect(stops.filter(has_text="has its answer")).to_have_count(1)


def test_sessions_and_watches_on_a_phone(room: Any, open_page: OpenPage) -> None:
    page = open_page(room.driver, PHONE, locale="zh-CN")
    page.locator(".panel-toggle").click()
    page.get_by_role("tab", name="Znode").click()
    page.get_by_role("button", name="会话").click()
    expect(page.locator(".z-sessions")).to_contain_text("/a/e-0000000000")
    page.get_by_role("button", name="监视").click()
    expect(page.locator(".z-watches")).to_contain_text("/b")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
