"""Imports point one way: protocols, app.sim, then app.history and app.rooms, then app.zookeeper and app.web.
The left knows nothing of the right.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = {"app", "app.resources", "app.texts"}  # where files lie and what they say; they know nobody
MAY_IMPORT = {
    "protocols": {"protocols"},
    "app.sim": {"app.sim", "protocols"},
    "app.history": {"app.history", "app.sim", "protocols"},
    "app.lessons": {"app.lessons", "app.sim", "protocols"},
    "app.storage": {"app.storage"},
    "app.quorum": {"app.quorum", "app.sim"},
    "app.explore": {"app.explore", "app.history", "app.sim", "protocols"},
    "app.rooms": {"app.rooms", "app.sim", "app.settings", "app.storage"},
    "app.classes": {"app.classes", "app.rooms", "app.sim", "app.settings", "app.storage", "protocols"},
    "app.zookeeper": {"app.zookeeper", "app.rooms", "app.sim", "app.settings", "app.storage", "protocols"},
    "app.web": {
        *("app.web", "app.classes", "app.rooms", "app.history", "app.sim", "app.settings", "app.storage"),
        *("app.explore", "app.lessons", "app.quorum", "app.main", "protocols"),
    },
}
# What a protocol must not touch: the outside, time, chance.
FORBIDDEN = {
    *("asyncio", "datetime", "logging", "os", "pathlib", "random", "secrets", "socket", "subprocess", "sys"),
    *("threading", "time", "uuid"),
}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package.replace(".", "/")).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it. We import no names relatively."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_the_graph_points_one_way(package: str) -> None:
    assert files(package)
    for path in files(package):
        for module in imported(path):
            ours = within(module, {"app", "protocols"})
            allowed = within(module, MAY_IMPORT[package]) or module in SHARED
            assert not ours or allowed, f"{path.relative_to(ROOT)} imports {module}"


def test_protocols_know_no_outside() -> None:
    for path in files("protocols"):
        for module in imported(path):
            top = module.partition(".")[0]
            assert top not in FORBIDDEN, f"{path.relative_to(ROOT)} imports {module}"
            assert top in sys.stdlib_module_names | {"msgspec", "protocols", "rpds"}, f"{path}: {module}"


def test_the_simulator_and_the_rooms_know_no_web() -> None:
    for path in files("app.sim") + files("app.history") + files("app.lessons") + files("app.rooms"):
        for module in imported(path):
            assert not within(module, {"fastapi", "starlette", "uvicorn", "websockets"}), f"{path}: {module}"


def test_the_simulator_has_no_clock_and_no_chance_of_its_own() -> None:
    for path in files("app.sim") + files("app.history"):
        for module in imported(path):
            assert not within(module, {"asyncio", "datetime", "random", "secrets", "time"}), (
                f"{path}: {module}"
            )
