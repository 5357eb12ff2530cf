"""The catalogues: one flat JSON object a language, merged from the files in static/i18n/LANG/."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from app.resources import STATIC

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)


Files = tuple[tuple[Path, int], ...]
"""With the time at which each was last changed."""


def catalogue(lang: Lang, *later: str) -> dict[str, str]:
    """Every text in `lang`, as a page is given it, and those of the files `later/NAME.json` that it names:
    what only some pages and panels say. Files are read again when one has changed, so an editor sees the
    new text."""
    return _merged(_files(lang, *later))


def full_catalogue(lang: Lang) -> dict[str, str]:
    """The same, with what pages fetch later, and with what is said by way of another: `"like.a": "b"` gives
    every `KIND.b.NAME` to `KIND.a.NAME` too, where that is missing. Pages see to it themselves
    (static/js/core/i18n.js)."""
    folder = STATIC / "i18n" / lang / "later"
    return _completed(_files(lang, *sorted(file.stem for file in folder.glob("*.json"))))


def _files(lang: Lang, *later: str) -> Files:
    folder = STATIC / "i18n" / lang
    files = [*sorted(folder.glob("*.json")), *(folder / "later" / f"{name}.json" for name in later)]
    return tuple((file, file.stat().st_mtime_ns) for file in files)


@lru_cache(maxsize=32)
def _merged(files: Files) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file, _ in files:
        texts.update(json.loads(file.read_text(encoding="utf-8")))
    return texts


@lru_cache(maxsize=4)
def _completed(files: Files) -> dict[str, str]:
    texts = _merged(files)
    like = {key.removeprefix("like."): other for key, other in texts.items() if key.startswith("like.")}
    given: dict[str, str] = {}
    for key, text in texts.items():
        kind, _, rest = key.partition(".")
        service, _, name = rest.partition(".")
        given |= {f"{kind}.{one}.{name}": text for one, other in like.items() if other == service and name}
    return given | texts


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
