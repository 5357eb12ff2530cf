"""A real Chromium against a real server. Every page that a test opens must keep its console clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.find_chromium import find
from tests.serving import Served, serving

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE, PROJECTOR, PHONE = (1440, 900), (1024, 768), (390, 844)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file: while it is open its event loop runs, and other tests could not run one of their own."""
    path = find()
    if path is None:
        pytest.fail("no Chromium: see tests/find_chromium.py")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with serving(rooms_per_minute=100_000, live_loopback_drives=True) as served:
        yield served


@pytest.fixture
def open_page(browser: Browser, served: Served) -> Iterator[OpenPage]:
    """Opens an address in a browser profile of its own; at the end, no page may have complained."""
    complaints: list[str] = []
    contexts = []

    def open_it(path: str, size: tuple[int, int] = WIDE, ready: bool = True, **options: Any) -> Page:
        width, height = size
        options.setdefault("locale", "en-GB")
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion=options.pop("motion", None), **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(f"{path}: {error}"))
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(served.address + path)
        if ready:
            page.wait_for_selector(".ready .node")
        return page

    yield open_it
    said = list(complaints)  # a page that is closed while its socket opens complains of that
    for context in contexts:
        context.close()
    assert not said


class Room:
    """A room of one's own, and the API to it."""

    def __init__(self, served: Served, **config: Any) -> None:
        made = served.make(config={"seed": 3} | config)
        self.served = served
        self.id, self.token = made["id"], made["token"]
        self.driver = f"{made['url']}#driver={self.token}"
        self.viewer = made["url"]

    def command(self, text: str) -> dict[str, Any]:
        answer = self.served.http.post(
            f"/api/rooms/{self.id}/commands",
            json={"text": text},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done


@pytest.fixture
def make_room(served: Served) -> Callable[..., Room]:
    return lambda **config: Room(served, **config)


Js = Callable[..., Any]


@pytest.fixture(scope="module")
def modules(browser: Browser, served: Served) -> Iterator[Js]:
    """Runs the body of an async function in which `m('core/reduce.js')` is that module."""
    page = browser.new_page()
    page.goto(f"{served.address}/static/css/icon.svg")

    def run(body: str, arg: Any = None) -> Any:
        return page.evaluate(
            f"async arg => {{ const m = path => import('/static/js/' + path); {body} }}", arg
        )

    yield run
    page.close()
