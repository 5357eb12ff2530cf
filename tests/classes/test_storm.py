"""Many students at once (benchmarks/classes.py has five hundred), and a server that is killed."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import httpx

from benchmarks.classes import a_server, held, open_class

COUNT = 120


def test_a_storm_loses_nothing_and_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """All join and answer, half come back at once, the lead disappears; then the server is killed."""
    file = tmp_path / "db"
    with a_server(file) as (server, port):
        made, cookie = open_class(port)
        found = asyncio.run(held(port, made["id"], made["code"], cookie, COUNT, clicks=3))
        assert found["lost"] == 0
        assert found["without"] == 0
        server.send_signal(signal.SIGKILL)
        server.wait(10)
    with a_server(file) as (_, port):
        url = f"http://127.0.0.1:{port}/api/classes/{made['id']}/answers.json"
        taken = httpx.get(url, headers={"Cookie": cookie}).json()
    assert len(taken["attendance"]) == COUNT
    assert sorted(map(int, taken["questions"][0]["votes"][0].values())) == list(range(COUNT))
