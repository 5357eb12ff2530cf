"""Which modules a page will import, so that a browser can fetch them all at once."""

import re
from functools import lru_cache
from pathlib import Path

from app.resources import STATIC

_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^'"]*?['"](\.{1,2}/[^'"]+\.js)['"]""", re.MULTILINE)


def modules_of(entry: str) -> tuple[str, ...]:
    """The addresses of all modules that `entry` (a file in static/js) imports, itself first."""
    return _modules_of(entry, _newest())


def _newest() -> int:
    """Changes whenever a module does, so that an editor sees the new graph."""
    return max(file.stat().st_mtime_ns for file in (STATIC / "js").rglob("*.js"))


@lru_cache(maxsize=8)
def _modules_of(entry: str, _changed: int) -> tuple[str, ...]:
    found: dict[Path, None] = {}
    waiting = [(STATIC / "js" / entry).resolve()]
    while waiting:
        file = waiting.pop(0)
        if file in found:
            continue
        found[file] = None
        waiting += [
            (file.parent / name).resolve() for name in _IMPORT.findall(file.read_text(encoding="utf-8"))
        ]
    return tuple(f"/static/{file.relative_to(STATIC.resolve()).as_posix()}" for file in found)
