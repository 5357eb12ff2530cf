"""Pages beyond one server's life and one server's root: below a proxy's path, and over a restart."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response

from tests.serving import serving
from tests.web.proxy import PREFIX, proxied

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent.parent


def test_below_a_path_a_visitor_comes_to_a_room_of_her_own(browser: Browser) -> None:
    with serving(prefix=PREFIX) as served, proxied(served.address, strips=True) as (address, proxy):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en")
        page = context.new_page()
        failed: list[str] = []
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.on("response", lambda answer: note(failed, answer))
        page.goto(address + "/compare")
        page.locator("[data-open]").first.click()
        page.wait_for_selector(".ready .node")
        assert f"{PREFIX}/rooms/" in page.url
        page.keyboard.press("?")
        page.wait_for_selector(".p-help-more a")
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => new URL(a.href).pathname)")
        assert all(link.startswith(PREFIX + "/") for link in links), links
        context.close()
        assert not failed
        assert not proxy.strays


def note(failed: list[str], answer: Response) -> None:
    if answer.status >= 400:
        failed.append(f"{answer.status} {answer.url}")


@contextmanager
def program(port: int, database: Path) -> Iterator[None]:
    """A server that ends by SIGKILL."""
    settings = {"PORT": str(port), "ZOOKEEPER": "false", "DATABASE": str(database)}
    child = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=ROOT,
        env=os.environ | {f"QUORUMSCOPE_{name}": value for name, value in settings.items()},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline().startswith(b"Quorumscope is at")
        yield
    finally:
        child.kill()
        child.wait(10)
        child.stdout.close()


def test_a_page_goes_on_at_the_same_moment_after_its_server_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    page = browser.new_page()
    heard: list[dict[str, Any]] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda text: heard.append(json.loads(text))))
    with program(port, tmp_path / "q.db"):
        made = httpx.post(address + "/api/rooms", json={"config": {"seed": 3}}).json()
        page.goto(f"{address}{made['url']}#driver={made['token']}")
        page.wait_for_selector(".ready .node")
        page.evaluate("() => { window.stays = true; }")
        say(address, made, "crash n2")
        wait(page, lambda: "crash" in kinds(heard))
    with program(port, tmp_path / "q.db"):
        wait(page, lambda: len([m for m in heard if m["type"] == "welcome"]) == 2)
        say(address, made, "restart n2")
        wait(page, lambda: "restart" in kinds(heard))
        assert page.evaluate("() => window.stays"), "it was not loaded anew"
        page.close()
    _, again = [message for message in heard if message["type"] == "welcome"]
    assert (again["view"], again["you"]["role"]) == (None, "driver")
    assert "snapshot" not in [message["type"] for message in heard]
    seen = [event[0] for message in heard for event in message.get("events", ())]
    assert seen == list(range(seen[0], seen[0] + len(seen))), "no event twice, and none left out"


def test_a_driver_is_told_while_the_servers_disk_refuses(browser: Browser, tmp_path: Path) -> None:
    with serving(database=str(tmp_path / "q.db")) as served:
        made = served.make()
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en")
        page.goto(f"{served.address}{made['url']}#driver={made['token']}")
        page.wait_for_selector(".ready .node")
        database = served.database
        served.work(database._db.execute_fetchall("PRAGMA query_only = ON"))
        page.keyboard.press("Space")
        chip = page.locator(".chip.state")
        chip.wait_for(state="visible")
        assert chip.inner_text().startswith("The server's disk refuses")
        served.work(database._db.execute_fetchall("PRAGMA query_only = OFF"))
        wait(page, lambda: not database.trouble)
        page.keyboard.press("Space")
        chip.wait_for(state="hidden")
        page.close()


def kinds(heard: list[dict[str, Any]]) -> set[str]:
    return {event[2] for message in heard for event in message.get("events", ())}


def wait(page: Page, until: Callable[[], bool]) -> None:
    for _ in range(600):
        if until():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def say(address: str, room: dict[str, str], text: str) -> None:
    answer = httpx.post(
        f"{address}/api/rooms/{room['id']}/commands",
        json={"text": text},
        headers={"Authorization": f"Bearer {room['token']}"},
    )
    assert answer.status_code == 200, answer.text
