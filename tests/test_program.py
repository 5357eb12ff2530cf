"""The program as somebody runs it: what it prints, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from app.__main__ import main
from tests.serving import Member

ROOT = Path(__file__).parent.parent


@contextmanager
def program(
    cwd: Path | None = None, environment: Mapping[str, str] = os.environ
) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [sys.executable, "-m", "app", "serve"],
        cwd=cwd,
        env={
            "PYTHONPATH": str(ROOT),
            "QUORUMSCOPE_PORT": "0",
            "QUORUMSCOPE_ZOOKEEPER_PORT": "0",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def printed(running: subprocess.Popen[str]) -> tuple[str, str]:
    assert running.stdout is not None
    return running.stdout.readline(), running.stdout.readline()


def test_it_prints_where_it_is_and_the_link_that_drives() -> None:
    with program() as running:
        where, link = printed(running)
        address = where.split()[-1]
        found = re.search(r"(http://127\.0\.0\.1:\d+)/live#driver=(\S+)$", link.strip())
        assert found
        assert found[1] == address
        with urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        forwarded = {"X-Forwarded-For": "203.0.113.9"}
        with Member(address, "live", token=found[2], headers=forwarded) as member:
            assert member.hear("welcome")["you"]["role"] == "driver"


def test_it_stops_at_once_though_somebody_watches() -> None:
    with program() as running:
        where, _ = printed(running)
        with Member(where.split()[-1], "live") as member:
            member.hear("events")
            begun = time.monotonic()
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) in (0, -signal.SIGTERM)
        assert time.monotonic() - begun < 5
        assert running.stderr is not None
        assert "Traceback" not in running.stderr.read()


def test_a_port_that_is_taken_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("QUORUMSCOPE_PORT", str(port))
        assert main(["serve"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"Quorumscope cannot serve on 127.0.0.1:{port}: address already in use. Set")
    assert said.err.count("\n") == 1


def test_the_health_check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with program() as running:
        address = printed(running)[0].split()[-1]
        monkeypatch.setenv("QUORUMSCOPE_PORT", address.rpartition(":")[2])
        assert main(["healthcheck"]) == 0
    assert main(["healthcheck"]) == 1
    assert capsys.readouterr().err.startswith("The server is not well")


@pytest.mark.parametrize("arguments", [[], ["dance"], ["serve", "now"]])
def test_wrong_arguments_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: quorumscope" in capsys.readouterr().err


def test_a_named_file_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes").write_text("milk, bread\n" * 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUORUMSCOPE_DATABASE", str(tmp_path / "notes" / "q.db"))
        assert main(["serve"]) == 1
        patch.delenv("QUORUMSCOPE_DATABASE")
        patch.chdir(tmp_path)
        (tmp_path / ".quorumscope").mkdir()
        (tmp_path / ".quorumscope" / "quorumscope.db").write_text("milk, bread\n" * 100)
        assert main(["serve"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    unusable, damaged = said.err.splitlines()
    assert unusable.startswith(
        f"Rooms cannot be kept in {tmp_path}/notes/q.db: file exists. Name another file"
    )
    assert damaged.startswith(".quorumscope/quorumscope.db is damaged, or no database at all")


def test_where_nothing_can_be_kept_and_nobody_asked_for_it_it_runs_without(tmp_path: Path) -> None:
    (tmp_path / ".quorumscope").write_text("")
    environment = {k: v for k, v in os.environ.items() if k != "QUORUMSCOPE_DATABASE"}
    with program(cwd=tmp_path, environment=environment) as running:
        assert printed(running)[0].startswith("Quorumscope is at http://")
        running.send_signal(signal.SIGTERM)
        running.wait(10)
        assert running.stderr is not None
        assert running.stderr.read().endswith(":memory: to keep nothing. This server keeps nothing.\n")
