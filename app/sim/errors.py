"""Refusals: what was wrong, where, and what would be right, as a code with parameters and as a sentence."""

from __future__ import annotations

from typing import Any

from app.texts import Lang, catalogue


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


def texts(lang: str) -> dict[str, str]:
    """The catalogue of one language; English for one that we do not speak."""
    known: Lang = "zh" if lang == "zh" else "en"
    return catalogue(known)


def sentence(key: str, params: dict[str, Any], lang: str = "en") -> str:
    """The catalogue's text for `key` with `params` put in; unknown keys come back as they are."""
    text = texts(lang).get(key, key)
    for name, value in params.items():
        text = text.replace("{" + name + "}", str(value))
    return text
