"""The catalogues: one flat JSON object a language, merged from the files in static/i18n/LANG/."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from app.resources import STATIC

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)


def catalogue(lang: Lang) -> dict[str, str]:
    """Every text in `lang`. Files are read again when one has changed, so an editor sees the new text."""
    folder = STATIC / "i18n" / lang
    files = sorted(folder.glob("*.json"))
    return _merged(tuple((file, file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=4)
def _merged(files: tuple[tuple[Path, int], ...]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file, _ in files:
        texts.update(json.loads(file.read_text(encoding="utf-8")))
    return texts


def pick(wanted: str | None) -> Lang:
    """The first language of an Accept-Language header (or of a plain `zh`) that we speak."""
    best: tuple[float, Lang] = (0.0, "en")
    for part in (wanted or "").lower().split(","):
        tag, _, rest = part.strip().partition(";")
        weight = _weight(rest)
        for lang in LANGS:
            if (tag == lang or tag.startswith(lang + "-")) and weight > best[0]:
                best = (weight, lang)
    return best[1]


def _weight(rest: str) -> float:
    _, _, number = rest.strip().partition("q=")
    try:
        return float(number) if number else 1.0
    except ValueError:
        return 0.0
