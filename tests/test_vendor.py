"""Code by others is exactly what its README says it is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "static" / "vendor"
ROW = re.compile(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)


def promised() -> dict[str, str]:
    return dict(ROW.findall((VENDOR / "README.md").read_text(encoding="utf-8")))


def present() -> dict[str, str]:
    files = (path for path in VENDOR.rglob("*") if path.is_file() and path.name != "README.md")
    return {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_every_file_has_the_hash_that_the_readme_gives() -> None:
    assert promised() == present()


def test_the_licence_comes_along() -> None:
    for package in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert (package / "LICENSE").is_file(), package.name
