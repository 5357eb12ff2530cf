"""What a newcomer does in a room, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Room

pytestmark = pytest.mark.browser

MakeRoom = Callable[..., Room]
LEADER = ".node.leads:not(.crashed)"


def clock(page: Page) -> float:
    return float((page.text_content(".clock b") or "").removesuffix(" s"))


def hurry(page: Page, presses: int = 3) -> None:
    """A quicker pace, so that a test need not wait for a real election."""
    for _ in range(presses):
        page.keyboard.press("ArrowUp")


def leader_of(page: Page) -> str:
    page.wait_for_selector(LEADER)
    return page.get_attribute(LEADER, "data-node") or ""


def centre(page: Page, node: str) -> tuple[float, float]:
    box = page.locator(f'[data-node="{node}"] .border').bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def click_node(page: Page, node: str, **options: Any) -> None:
    page.mouse.click(*centre(page, node), **options)


def test_an_election_is_watched(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    leader = leader_of(page)
    expect(page.locator(".caption-words")).to_contain_text(leader)
    expect(page.locator(".caption-source")).to_contain_text("§")
    expect(page.locator("[aria-live]")).to_contain_text("becomes the leader")
    assert page.locator("g.node").count() == 5
    expect(page.locator(f'[data-node="{leader}"]')).to_have_attribute("aria-label", re.compile("leader"))


def test_until_something_happens_the_caption_says_what_the_protocol_is_for(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver)
    expect(page.locator(".caption-words")).to_contain_text("A leader, elected for a term")
    page.keyboard.press("l")
    expect(page.locator(".caption-words")).to_contain_text("在每个任期选出一位领导者")
    hurry(page)
    leader = leader_of(page)
    expect(page.locator(".caption-words")).to_contain_text(leader)


def test_the_caption_of_a_new_branch_says_what_made_it(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    page.wait_for_timeout(500)
    page.keyboard.press("Home")
    page.keyboard.press("1")
    page.keyboard.press("c")
    expect(page.locator('.node.crashed[data-node="n1"]')).to_be_visible()
    expect(page.locator(".caption-words")).to_contain_text("n1 crashes", timeout=2_000)


def test_where_two_sentences_do_not_fit_the_caption_says_the_weightier_one(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver)
    said = page.evaluate("""async () => {
        const {mountCaption} = await import('/static/js/views/caption.js');
        const root = document.createElement('div');
        root.className = 'caption';
        document.querySelector('.stage-box').append(root);
        const why = [['light', {}], ['grave', {}]];
        const event = {seq: 1, service: 'x', node: 'n1', kind: 'deliver', why};
        const lens = {service: 'x', weight: rule => (rule === 'grave' ? 3 : 2), wordPattern: /((?!))/,
            wordColour: () => ''};
        const i18n = {lang: () => 'en', t: key => key, has: () => false, sectionOf: () => '', wordsOf: s => s,
            ruleKey: (_s, rule) => rule, parts: key => [{text: `A ${key} sentence, quite long. `.repeat(3)}]};
        const caption = width => {
            root.style.width = width;
            const store = {branch: 'b1', services: {}};
            mountCaption(root, {lens, lenses: {of: () => lens}, store, i18n}).say(event);
            const words = [...root.querySelectorAll('.caption-words')].at(-1).textContent;
            return [words.includes('light'), words.includes('grave')];
        };
        return [caption('900px'), caption('330px')];
    }""")
    assert said == [[True, True], [False, True]]


def test_the_leader_crashes_by_a_click_and_another_follows(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    first = leader_of(page)
    click_node(page, first)
    page.get_by_role("menuitem", name="Crash", exact=True).click()
    expect(page.locator(f'.node.crashed[data-node="{first}"]')).to_be_visible()
    expect(page.locator(LEADER)).to_be_visible(timeout=20_000)
    click_node(page, first, click_count=2, delay=20)
    expect(page.locator(f'.node[data-node="{first}"]')).not_to_have_class(re.compile("crashed"))


def test_what_would_change_nothing_is_greyed_and_says_why(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    click_node(page, leader_of(page))
    item = page.get_by_role("menuitem", name="Let its election timer fire now")
    expect(item).to_have_attribute("aria-disabled", "true")
    expect(item).to_contain_text("This timer is not running now")
    expect(page.locator('[data-action="network.heal"]')).to_have_attribute(
        "title", re.compile("The network is whole")
    )


def test_rewinding_shows_the_past_and_playing_brings_it_back(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    leader_of(page)
    page.keyboard.press(" ")
    expect(page.locator('[data-action="time.toggle"]')).to_have_attribute("aria-label", "Play")
    reached = clock(page)
    page.keyboard.press("Home")
    expect(page.locator(".clock b")).to_have_text("0.000 s")
    assert page.locator(LEADER).count() == 0
    for _ in range(9):
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_timeout(80)
    assert 0 < clock(page) < reached
    page.keyboard.press("ArrowLeft")
    page.locator('[data-action="time.live"]').first.click()
    expect(page.locator(LEADER)).to_be_visible()
    assert clock(page) >= reached


def test_an_intervention_in_the_past_starts_a_branch_and_keeps_the_old_future(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    leader = leader_of(page)
    page.keyboard.press(" ")
    page.keyboard.press("Home")
    expect(page.locator(".clock b")).to_have_text("0.000 s")
    page.keyboard.press(leader.removeprefix("n"))
    page.keyboard.press("c")
    expect(page.locator(f'.node.crashed[data-node="{leader}"]')).to_be_visible()
    expect(page.get_by_role("button", name="branch 2 of 2")).to_be_visible()
    page.get_by_role("button", name="branch 2 of 2").click()
    page.locator(".tree button").first.click()
    expect(page.locator(f'.node.leads[data-node="{leader}"]')).to_be_visible()
    expect(page.get_by_role("button", name="branch 1 of 2")).to_be_visible()


def test_two_browsers_see_the_same_cluster_and_only_one_drives(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    room = make_room()
    driver, viewer = open_page(room.driver), open_page(room.viewer)
    expect(driver.locator(".chip.role")).to_have_text("driver")
    expect(viewer.locator(".chip.role")).to_have_text("viewer")
    expect(driver.locator(".chip.people")).to_have_text("2 here")
    hurry(driver)
    leader = leader_of(driver)
    click_node(driver, leader)
    driver.get_by_role("menuitem", name="Crash", exact=True).click()
    expect(viewer.locator(f'.node.crashed[data-node="{leader}"]')).to_be_visible()
    click_node(viewer, leader)
    expect(viewer.get_by_role("menuitem", name="Restart")).to_contain_text("You are watching")


def test_a_viewer_plays_privately_and_comes_back_with_one_key(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    room = make_room()
    driver, viewer = open_page(room.driver), open_page(room.viewer)
    hurry(driver)
    leader = leader_of(viewer)
    viewer.keyboard.press("f")
    expect(viewer.locator(".chip.role")).to_have_text("private branch")
    viewer.keyboard.press(leader.removeprefix("n"))
    viewer.keyboard.press("c")
    expect(viewer.locator(f'.node.crashed[data-node="{leader}"]')).to_be_visible()
    viewer.reload()
    viewer.wait_for_selector(".ready .node")
    expect(viewer.locator(".chip.role")).to_have_text("private branch")
    expect(viewer.locator(f'.node.crashed[data-node="{leader}"]')).to_be_visible()
    viewer.keyboard.press("f")
    expect(viewer.locator(".chip.role")).to_have_text("viewer")
    expect(viewer.locator(f'.node.crashed[data-node="{leader}"]')).to_have_count(0)
    assert driver.locator(".node.crashed").count() == 0


def test_a_reload_and_a_lost_line_resume(open_page: OpenPage, make_room: MakeRoom) -> None:
    room = make_room()
    page = open_page(room.driver, ready=False)
    sockets: list[Any] = []
    page.route_web_socket("**/ws/rooms/**", lambda ws: sockets.append((ws, ws.connect_to_server())))
    page.reload()
    page.wait_for_selector(".ready .node")
    hurry(page)
    leader_of(page)
    reached = clock(page)
    sockets[-1][0].close()
    expect(page.locator(".chip.state")).to_be_visible()
    expect(page.locator(".chip.state")).to_be_hidden()
    expect(page.locator(LEADER)).to_be_visible()
    page.wait_for_timeout(300)
    assert clock(page) > reached
    page.reload()
    page.wait_for_selector(".ready .node")
    expect(page.locator(".chip.role")).to_have_text("driver")
    assert clock(page) > reached


def test_an_old_drivers_link_still_lets_its_owner_watch(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(f"{make_room().viewer}#driver=from-before-the-restart")
    expect(page.locator(".notice.shown")).to_contain_text("does not belong to this room")
    expect(page.locator("g.node")).to_have_count(5)
    assert page.evaluate("Object.entries(localStorage).filter(([k, v]) => k.includes('driver') && v)") == []


def test_a_drag_across_the_ring_splits_it_and_h_heals(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    page.keyboard.press(" ")
    (x1, y1), (x2, y2) = centre(page, "n1"), centre(page, "n2")
    (x5, y5), (x4, y4) = centre(page, "n5"), centre(page, "n4")
    page.mouse.move((x1 + x2) / 2 + 60, (y1 + y2) / 2 - 60)
    page.mouse.down()
    page.mouse.move((x1 + x4) / 2, (y1 + y4) / 2, steps=5)
    page.mouse.move((x5 + x4) / 2 - 60, (y5 + y4) / 2 + 20, steps=5)
    page.mouse.up()
    expect(page.locator(".bar")).to_be_visible()
    expect(page.locator(".banner")).to_contain_text("n1 n5")
    page.keyboard.press("h")
    expect(page.locator(".bar")).to_have_count(0)


def test_the_partition_dialog_splits_nine_in_three(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room(nodes=9).driver)
    page.locator('[data-action="network.partition"]').click()
    page.get_by_role("button", name="3 | 3 | 3").click()
    expect(page.locator(".bar")).to_have_count(3)


def test_one_direction_of_one_link_is_cut_by_clicking_it(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    page.keyboard.press(" ")
    (x1, y1), (x3, y3) = centre(page, "n1"), centre(page, "n3")
    page.mouse.click(x1 + (x3 - x1) * 0.3, y1 + (y3 - y1) * 0.3)
    page.get_by_role("menuitem", name="Cut n1 → n3").click()
    expect(page.locator(".cut")).to_have_count(1)


def test_you_are_the_network(open_page: OpenPage, make_room: MakeRoom) -> None:
    """Every message is held, time stands still; a candidate's are delivered by hand until it leads."""
    page = open_page(make_room(nodes=3, clients=0).driver)
    page.keyboard.press("n")
    expect(page.locator(".banner")).to_contain_text("You are the network")
    expect(page.locator('[data-action="time.toggle"]')).to_have_attribute("aria-label", "Play")
    click_node(page, "n2")
    page.get_by_role("menuitem", name="Let its election timer fire now").click()
    expect(page.locator('.node.looks[data-node="n2"]')).to_be_visible()
    stood = clock(page)
    for _ in range(8):
        if page.locator(LEADER).count():
            break
        page.keyboard.press("m")
        page.keyboard.press("Enter")
        page.get_by_role("menuitem", name="Deliver now").click()
        page.wait_for_timeout(150)
    expect(page.locator('.node.leads[data-node="n2"]')).to_be_visible()
    assert clock(page) == stood


def test_a_message_on_the_canvas_is_delivered_by_a_click(open_page: OpenPage, make_room: MakeRoom) -> None:
    """The held one waits in the middle of its line; one click, and the other node votes."""
    page = open_page(make_room(nodes=2, clients=0).driver)
    page.keyboard.press("n")
    expect(page.locator(".banner")).to_be_visible()
    click_node(page, "n1")
    page.get_by_role("menuitem", name="Let its election timer fire now").click()
    expect(page.locator('.node.looks[data-node="n1"]')).to_be_visible()
    page.locator('[data-action="time.toggle"]').click()
    page.wait_for_timeout(1200)
    page.locator('[data-action="time.toggle"]').click()
    (x1, y1), (x2, y2) = centre(page, "n1"), centre(page, "n2")
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2)
    expect(page.locator(".stage")).to_have_attribute("title", re.compile("RequestVote n1 → n2"))
    page.mouse.click((x1 + x2) / 2, (y1 + y2) / 2)
    expect(page.locator(".caption-words")).to_contain_text("votes for n1")


def test_a_client_asks_and_is_answered(open_page: OpenPage, make_room: MakeRoom) -> None:
    page = open_page(make_room().driver)
    hurry(page)
    leader_of(page)
    page.mouse.click(*centre_of_client(page))
    page.get_by_label("Value").fill("7")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".node.leads .value")).to_have_text("x=7")
    expect(page.locator(".client .note")).to_contain_text("x=7")
    expect(page.locator(".cell.committed text").filter(has_text="x=7").first).to_be_visible()


def centre_of_client(page: Page) -> tuple[float, float]:
    box = page.locator(".client .body").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_broken_law_reddens_the_stage_and_is_one_click_away(open_page: OpenPage, served: Any) -> None:
    made = served.make(scenario=mutant(served))
    page = open_page(f"{made['url']}#driver={made['token']}")
    hurry(page, 9)
    expect(page.locator("#stage")).to_have_class(re.compile("broken"), timeout=30_000)
    page.locator(".chip.laws").click()
    expect(page.locator(".caption-words")).not_to_be_empty()
    expect(page.get_by_role("tab", name="Laws")).to_have_attribute("aria-selected", "true")


def mutant(served: Any) -> str:
    names = [s["name"] for s in served.http.get("/api/scenarios").json()]
    return next(str(name) for name in names if "mutant" in name)


def test_clients_that_join_are_drawn_while_there_is_room_and_may_leave(
    open_page: OpenPage, make_room: MakeRoom
) -> None:
    room = make_room(clients=1)
    page = open_page(room.driver)
    leader_of(page)
    for n in range(1, 11):
        room.command(f"join k{n}")
    expect(page.locator("g.client")).to_have_count(8)
    expect(page.locator(".more-clients")).to_have_text("+3")
    expect(page.locator(".more-clients")).to_have_attribute("aria-label", "and 3 more clients")
    room.command("load k10 100ms")  # not drawn: its messages fly from where "+3" stands
    room.command("leave k2")
    expect(page.locator("g.client")).to_have_count(8)
    expect(page.locator('[data-node="k2"]')).to_have_count(0)
    expect(page.locator(".more-clients")).to_have_text("+2")
    page.locator('[data-node="k3"] .body').click()
    page.get_by_role("menuitem", name="Let it leave").click()
    expect(page.locator('[data-node="k3"]')).to_have_count(0)
    expect(page.locator('[data-node="k8"]')).to_have_count(1)
    page.locator('[data-node="c1"] .body').click()
    page.get_by_role("menuitem", name="Let another client join").click()
    expect(page.locator(".more-clients")).to_have_text("+2")
    page.locator('[data-node="c1"] .body').click()
    page.get_by_role("menuitem", name="Inspect").click()
    assert "k11" in page.locator("select.p-select").first.inner_text()
