"""What the panels show and do in a room, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Room
from tests.serving import Served

pytestmark = pytest.mark.browser

MakeRoom = Callable[..., Room]
TABS = ("node", "logs", "messages", "code", "laws", "events", "history", "cost")


def branch_of(served: Served, room: str) -> Any:
    return served.hub.rooms[room].tree.current.timeline


def elected(served: Served, make_room: MakeRoom, **config: Any) -> Room:
    """A room that stands still soon after its first election, with one write in flight."""
    room = make_room(**config)
    line = branch_of(served, room.id)
    served.inside(lambda: setattr(served.hub.rooms[room.id].tree.current, "playing", False))
    served.inside(lambda: line.advance(600_000))
    room.command("request c1 put x 7")
    served.inside(lambda: line.advance(650_000))
    return room


def show(page: Page, tab: str) -> None:
    page.get_by_role("tab").nth(TABS.index(tab)).click()


def test_the_node_tab_explains_and_marks_what_changed(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    page = open_page(elected(served, make_room).driver)
    page.keyboard.press("Home")
    for _ in range(400):
        if page.locator(".p-node tr.changed th", has_text="currentTerm").count():
            break
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(80)  # it must have been drawn before the next step
    row = page.locator(".p-node tr.changed", has_text="currentTerm")
    expect(row).to_contain_text("0 → 1")
    expect(page.locator(".p-node .p-why")).to_contain_text("§5.2")
    expect(page.locator(".p-node .p-code .ran").first).to_contain_text("explain")


def test_the_inbox_delivers_and_drops_by_hand(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    room = make_room()
    room.command("network manual")
    room.command("timeout n1 election")
    page = open_page(room.driver)
    page.locator('[data-node="n2"]').first.focus()
    page.keyboard.press("2")
    page.locator(".p-node h2", has_text="n2").wait_for()
    ask = page.locator(".p-node .p-message", has_text="RequestVote")
    expect(ask).to_contain_text("held")
    ask.get_by_role("button", name="Deliver now").click()
    expect(page.locator(".p-node .p-why")).to_contain_text("votes for n1")
    show(page, "messages")
    answer = page.locator(".p-message:not(.past)", has_text="RequestVoteReply")
    answer.get_by_role("button", name="Drop").click()
    expect(page.locator(".p-message.past.drop")).to_contain_text("by command")


def test_the_logs_tab_shows_every_log_with_the_leaders_marks(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    page = open_page(elected(served, make_room).viewer)
    show(page, "logs")
    expect(page.locator(".p-logs tbody tr")).to_have_count(5)
    expect(page.locator(".p-logs .p-cell", has_text="x=7").first).to_be_visible()
    expect(page.locator(".p-logs td .p-match").first).to_be_attached()
    expect(page.locator(".p-logs td .p-next")).to_have_count(4)


def test_a_long_log_stays_within_its_table_with_the_newest_in_view(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    log = [{"term": 1, "command": f"k={i}"} for i in range(1, 401)]
    room = make_room(initial={f"n{i}": {"raft": {"log": log}} for i in range(1, 6)})
    page = open_page(room.viewer)
    show(page, "logs")
    newest = page.locator(".p-logs td .p-cell", has_text="k=400").first
    expect(newest).to_be_in_viewport()
    assert page.locator(".p-logs td").count() < 5 * 30
    page.locator(".p-logs-scroll").evaluate("el => el.scrollLeft = 0")
    expect(page.locator(".p-logs td .p-cell", has_text="k=1").first).to_be_in_viewport()
    expect(newest).to_have_count(0)


def test_the_code_tab_shows_the_source_and_what_ran(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    page = open_page(elected(served, make_room).viewer)
    show(page, "code")
    source = served.http.get("/api/source/raft").json()["source"]
    expect(page.locator(".p-code-whole .py-line")).to_have_count(source.count("\n") + 1)
    expect(page.locator(".p-code-whole .py-line.ran").first).to_be_in_viewport()
    expect(page.locator(".p-rules li").first).to_contain_text("§")


def test_a_broken_law_names_the_bug_and_leads_to_its_event(served: Served, open_page: OpenPage) -> None:
    made = served.make(scenario="61-figure-8-mutant")
    served.inside(lambda: branch_of(served, made["id"]).advance(2_000_000))
    page = open_page(made["url"])
    show(page, "laws")
    expect(page.locator(".p-mutant").first).to_contain_text("Commits entries of earlier terms")
    broken = page.locator(".p-law.bad").first
    expect(broken.locator(".p-broken")).to_contain_text("committed in term")
    link = broken.locator(".p-link")
    seq = (link.text_content() or "").rsplit(" ", 1)[1]
    link.click()
    show(page, "events")
    current = page.locator('.p-event[aria-current="true"]')
    expect(current).to_have_class("p-event violation current ")
    expect(current).to_have_attribute("aria-posinset", seq)


def test_the_event_list_is_whole_filtered_and_seeks(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    room = elected(served, make_room)
    page = open_page(room.viewer)
    show(page, "events")
    first = page.locator(".p-event").first
    assert int(first.get_attribute("aria-setsize") or 0) >= branch_of(served, room.id).head - 50
    page.get_by_role("button", name="Explained").click()
    page.locator(".p-events-scroll").evaluate("el => el.scrollTop = 0")
    election = page.locator(".p-event", has_text="becomes the leader").first
    election.get_by_role("button").click()
    expect(page.locator('.p-event[aria-current="true"]')).to_contain_text("becomes the leader")
    expect(page.locator(".caption")).to_contain_text("becomes the leader")


def test_the_diagram_hovers_clicks_and_zooms(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    page = open_page(elected(served, make_room).viewer)
    canvas = page.locator(".p-spacetime canvas")
    box = canvas.bounding_box()
    assert box
    found = ""
    for x in range(int(box["width"]) - 30, 60, -6):
        page.mouse.move(box["x"] + x, box["y"] + box["height"] * 0.45)
        if page.locator(".p-tip").is_visible():
            found = page.locator(".p-tip").text_content() or ""
            break
    assert " s · " in found
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".clock b")).to_have_text(found.split(" · ")[0])
    canvas.hover()
    page.mouse.wheel(0, -400)
    canvas.focus()
    for key in "+-[]0":
        page.keyboard.press(key)


def test_a_link_to_this_moment_reproduces_it_for_anybody(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    room = elected(served, make_room)
    room.command("crash n1")
    page = open_page(room.viewer)
    page.get_by_role("button", name="link to").click()
    address = page.locator(".p-export textarea").input_value()
    shown = page.locator(".p-said").text_content() or ""
    seq = int(shown.split("event ")[1].split(" ")[0])
    other = open_page(address.removeprefix(served.address))
    other.wait_for_url("**/rooms/*")
    copy = served.hub.rooms[other.url.rsplit("/", 1)[1]].tree.current.timeline
    assert copy.head >= seq
    original = branch_of(served, room.id)
    assert json_of(copy, seq) == json_of(original, seq)
    expect(other.locator(".chip.role")).to_contain_text("driver")


def json_of(line: Any, seq: int) -> Any:
    return json.loads(line.chunk(seq).events_json)[: seq - line.chunk(seq).first + 1]


def test_a_link_that_was_cut_short_says_so(open_page: OpenPage) -> None:
    page = open_page("/open#j=abc", ready=False)
    expect(page.locator("#opening")).to_contain_text("does not hold a moment")


def test_the_help_sheet_draws_the_grammar_in_both_languages(make_room: MakeRoom, open_page: OpenPage) -> None:
    page = open_page(make_room().viewer)
    page.keyboard.press("?")
    expect(page.locator(".p-help .p-drawing")).to_have_count(15)
    expect(page.locator(".p-help h2")).to_have_text("How to read the picture")
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("?")
    expect(page.locator(".p-help h2")).to_have_text("如何看懂这幅图")


def test_no_panel_has_serious_barriers(served: Served, make_room: MakeRoom, open_page: OpenPage) -> None:
    """One tab in the dark, the next in the light."""
    page = open_page(elected(served, make_room).driver, motion="reduce")
    for number, tab in enumerate(TABS):
        page.emulate_media(color_scheme="dark" if number % 2 else "light")
        show(page, tab)
        page.wait_for_timeout(150)
        found = Axe().run(page, context=".panel, .spacetime").response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert not serious, (tab, [(v["id"], v["nodes"][0]["html"]) for v in serious])
