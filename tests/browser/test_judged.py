"""The History and Cost tabs, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Room
from tests.browser.test_panels_room import TABS, branch_of, show
from tests.serving import Served

pytestmark = pytest.mark.browser

MakeRoom = Callable[..., Room]


def worked(served: Served, make_room: MakeRoom, *commands: str, **config: Any) -> Room:
    """A room that stands still after some seconds of steady work."""
    room = make_room(clients=2, script=[{"at": "1s", "do": ["load c1 300ms", "load c2 400ms"]}], **config)
    line = branch_of(served, room.id)
    served.inside(lambda: setattr(served.hub.rooms[room.id].tree.current, "playing", False))
    served.inside(lambda: line.advance(3_000_000))
    for text in commands:
        room.command(text)
    served.inside(lambda: line.advance(6_000_000))
    return room


def test_the_history_is_drawn_up_to_the_moment_shown(
    served: Served, make_room: MakeRoom, open_page: OpenPage
) -> None:
    page = open_page(worked(served, make_room).driver)
    show(page, "history")
    expect(page.locator(".p-history .p-lead.good")).to_contain_text("Linearizable. Operations: 2")
    expect(page.locator(".p-bars-name")).to_have_text(["c1", "c2"])
    bars = page.locator(".p-op")
    expect(bars).to_have_count(18)
    bars.nth(2).click()
    expect(page.locator(".p-history .p-lead.good")).not_to_contain_text("Operations: 2")
    expect(page.locator(".p-op.open")).not_to_have_count(0)
    page.keyboard.press("Home")
    expect(page.locator(".p-history .p-empty")).to_contain_text("No client has asked")


def test_a_stale_read_is_red_and_explained(served: Served, make_room: MakeRoom, open_page: OpenPage) -> None:
    """ZAB reads from the server that is asked; n1 lags behind the leader."""
    room = make_room(services=["zab"], nodes=3, clients=2, seed=2)
    line = branch_of(served, room.id)
    served.inside(lambda: setattr(served.hub.rooms[room.id].tree.current, "playing", False))
    for until, commands in (
        (3_000_000, ["request c1 put x 1 at n3"]),
        (4_000_000, ["link n3 -> n1 delay 100ms", "request c1 put x 2 at n3"]),
        (4_110_000, ["request c2 get x at n1"]),
        (6_000_000, []),
    ):
        served.inside(lambda until=until: line.advance(until))  # type: ignore[misc]
        for text in commands:
            room.command(text)
    page = open_page(room.driver)
    show(page, "history")
    expect(page.locator(".p-history .p-lead.bad")).to_contain_text("Not linearizable")
    expect(page.locator(".p-op.refused")).to_have_attribute("aria-label", "c2: get x → 1")
    expect(page.locator(".p-refusal")).to_contain_text("It could have returned 2.")
    expect(page.locator(".p-refusal li")).to_have_count(2)
    page.locator(".p-refusal .p-link").last.click()
    expect(page.locator(".p-history .p-lead.bad")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".p-history .p-lead.good")).to_be_visible()


def test_a_cost_stands_beside_its_formula(served: Served, make_room: MakeRoom, open_page: OpenPage) -> None:
    page = open_page(worked(served, make_room, services=["2pc"]).driver)
    show(page, "cost")
    messages = page.locator(".p-cost tbody tr").first
    expect(messages).to_have_text("Messages164n = 16")
    expect(page.locator(".p-costs")).to_contain_text("2 / 3")
    page.locator(".p-promises summary").click()
    expect(page.locator(".p-promises")).to_contain_text("CAP")
    assert TABS[-1] == "cost"
