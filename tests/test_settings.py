"""Settings come from the environment; a wrong one is one sentence and exit code 2."""

import os
import subprocess
import sys

import pytest

from app.settings import BadSettings, load_settings


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("QUORUMSCOPE_"):
            monkeypatch.delenv(name)
    settings = load_settings()
    assert (settings.host, settings.port, settings.metrics) == ("127.0.0.1", 8000, False)
    assert settings.live_token != load_settings().live_token, "a new one each start"


def test_values_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORUMSCOPE_PORT", "9001")
    monkeypatch.setenv("QUORUMSCOPE_ALLOWED_ORIGINS", "https://a.example/, https://b.example")
    settings = load_settings()
    assert settings.port == 9001
    assert settings.allowed_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("PORT", "70000"), ("MAX_ROOMS", "0"), ("METRICS", "perhaps"), ("MAX_NODES", "26")],
)
def test_a_wrong_value_is_one_sentence(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"QUORUMSCOPE_{name}", value)
    with pytest.raises(BadSettings) as bad:
        load_settings()
    sentence = str(bad.value)
    assert f"QUORUMSCOPE_{name} is '{value}'" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUORUMSCOPE_LIVE_TOKEN", "psst")
    with pytest.raises(BadSettings) as bad:
        load_settings()
    assert "psst" not in str(bad.value)


def test_the_program_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "serve"],
        env=os.environ | {"QUORUMSCOPE_PORT": "eighty"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("The setting QUORUMSCOPE_PORT is 'eighty'")
