"""Which modules a page will import, so that a browser can fetch them all at once."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from app.resources import STATIC

_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^'"();=]*?['"](\.{1,2}/[^'"]+\.js)['"]""", re.MULTILINE)


def modules_of(*entries: str) -> tuple[str, ...]:
    """The addresses of all modules that `entries` (files in static/js) import, themselves first."""
    return _modules_of(entries, _newest())


def lenses_of(services: Iterable[str]) -> list[str]:
    """Those of these services that a file of their own in static/js/lenses draws."""
    return [name for name in services if (STATIC / "js" / "lenses" / f"{name}.js").is_file()]


def _newest() -> int:
    """Changes whenever a module does, so that an editor sees the new graph."""
    return max(file.stat().st_mtime_ns for file in (STATIC / "js").rglob("*.js"))


@lru_cache(maxsize=64)
def _modules_of(entries: tuple[str, ...], _changed: int) -> tuple[str, ...]:
    found: dict[Path, None] = {}
    waiting = [(STATIC / "js" / entry).resolve() for entry in entries]
    while waiting:
        file = waiting.pop(0)
        if file in found:
            continue
        found[file] = None
        waiting += [
            (file.parent / name).resolve() for name in _IMPORT.findall(file.read_text(encoding="utf-8"))
        ]
    return tuple(f"/static/{file.relative_to(STATIC.resolve()).as_posix()}" for file in found)
