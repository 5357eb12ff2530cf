"""Refusals: what was wrong, where, and what would be right, as a code with parameters and as a sentence."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from app.resources import STATIC

LANGUAGES = ("en", "zh")


class Refused(Exception):
    """Something was asked that cannot be done; nothing has changed.

    `code` names the sentence `errors.CODE` in the catalogues, `params` fill its placeholders.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def message(self, lang: str = "en") -> str:
        """The sentence, in English or Chinese."""
        return sentence(f"errors.{self.code}", self.params, lang)

    def __str__(self) -> str:
        return self.message()


def sentence(key: str, params: dict[str, Any], lang: str = "en") -> str:
    """The catalogue's text for `key` with `params` put in; unknown keys come back as they are."""
    text = catalogue(lang).get(key, key)
    for name, value in params.items():
        text = text.replace("{" + name + "}", str(value))
    return text


@lru_cache
def catalogue(lang: str) -> dict[str, str]:
    """All texts of one language: the files of `static/i18n/{lang}` laid over each other."""
    texts: dict[str, str] = {}
    for path in sorted((STATIC / "i18n" / (lang if lang in LANGUAGES else "en")).glob("*.json")):
        texts.update(json.loads(path.read_text(encoding="utf-8")))
    return texts
