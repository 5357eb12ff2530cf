"""The documents say what the program does: settings, routes, messages."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from app.main import create_app
from app.rooms import wire
from app.settings import PREFIX, Settings

DOCS = Path(__file__).parent.parent / "docs"
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
SOCKET = PROTOCOL.partition("## Socket")[2].partition("## HTTP")[0]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described_with_its_default(name: str) -> None:
    field = Settings.model_fields[name]
    row = re.search(rf"^\| `{PREFIX}{name.upper()}` \| (.+?) \| (.+) \|$", SETTINGS, re.MULTILINE)
    assert row, f"docs/settings.md lacks {name}"
    assert row[2] == field.description
    if field.default_factory is None:
        assert row[1] == (f"`{str(field.default).lower()}`" if field.default != "" else "none")


def test_no_setting_is_described_that_does_not_exist() -> None:
    described = set(re.findall(rf"^\| `{PREFIX}(\w+)`", SETTINGS, re.MULTILINE))
    assert described == {name.upper() for name in Settings.model_fields}


def routes() -> list[tuple[str, str]]:
    paths = create_app(Settings(live=False)).openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


@pytest.mark.parametrize("route", routes())
def test_every_route_of_the_api_is_described(route: tuple[str, str]) -> None:
    method, path = route
    described = re.findall(r"^\| `(GET|POST) ([^`?]+)", PROTOCOL, re.MULTILINE)
    assert (method, path) in described


@pytest.mark.parametrize("kind", [wire.Hello, *get_args(wire.Request)])
def test_every_message_from_a_viewer_is_described_with_its_fields(kind: type[msgspec.Struct]) -> None:
    tag = kind.__struct_config__.tag
    row = re.search(rf"^\| `{tag}` \| (.+?) \|", SOCKET, re.MULTILINE)
    assert row, tag
    for field in msgspec.structs.fields(kind):
        assert f"`{field.name}`" in row[1], f"{tag}.{field.name}"


def test_every_message_to_a_viewer_is_described() -> None:
    source = Path(wire.__file__).parent.parent
    said: set[str] = set()
    for path in [*(source / "rooms").glob("*.py"), *(source / "web").glob("*.py")]:
        said |= set(re.findall(r'wire\.message\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert said >= {"welcome", "snapshot", "transport", "branches", "people", "ok", "refused", "error"}
    for type in said | {"events"}:
        assert re.search(rf"^\| `{type}` \|", SOCKET, re.MULTILINE), type
