"""The page on consistency models: broken as it is, mended by a switch, and taken along as a room."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, WIDE, OpenPage


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_model_is_broken_mended_and_opened(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page("/models", size, ready=False, motion="reduce")
    scene = page.locator("#read-your-writes")
    scene.scroll_into_view_if_needed()
    to_the_end = "(bar) => { bar.value = bar.max; bar.dispatchEvent(new Event('input', {bubbles: true})); }"
    scene.locator(".node").first.wait_for()
    scene.locator(".f-scrub").evaluate(to_the_end)
    expect(scene.locator(".md-law.broken")).to_contain_text("Read your writes")
    for cure in ("primary", "window", "version", "replica"):
        scene.locator(".f-choice", has_text=cure).click()
        expect(scene.locator(".f-choice[aria-pressed=true]")).to_contain_text(cure)
        scene.locator(".node").first.wait_for()
        page.wait_for_timeout(300)
        scene.locator(".f-scrub").evaluate(to_the_end)
        expect(scene.locator(".md-law.broken")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    scene.locator(".f-room").click()
    page.wait_for_url("**/rooms/**")
    page.wait_for_selector(".ready .node")


def test_the_map_leads_to_its_models(open_page: OpenPage) -> None:
    page = open_page("/models", ready=False, locale="zh-CN")
    page.locator(".md-node", has_text="因果一致").click()
    expect(page.locator("#causal")).to_be_in_viewport()
    expect(page.locator("#causal h2")).to_have_text("因果一致")
