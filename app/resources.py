"""Where the files that the program serves lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _find(name: str) -> Path:
    installed = _PACKAGE / "_resources" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


STATIC = _find("static")
TEMPLATES = _find("templates")
SCENARIOS = _find("scenarios")
