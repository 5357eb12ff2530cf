"""Refusals: what was wrong, where, and what would be right, as a code with parameters and as a sentence."""

from __future__ import annotations

import re
from typing import Any

from app.texts import Lang, full_catalogue


class Refused(Exception):
    """Something was asked that cannot be done; nothing has changed.

    `code` names the sentence `errors.CODE` in the catalogues, `params` fill its placeholders. A parameter may
    be another refusal, the reason of this one; it is told in the same language.
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.reasons = {name: value for name, value in params.items() if isinstance(value, Refused)}
        self.params = params | {name: str(value) for name, value in self.reasons.items()}

    def message(self, lang: str = "en") -> str:
        """The sentence, in English or Chinese."""
        told = {name: reason.message(lang) for name, reason in self.reasons.items()}
        return sentence(f"errors.{self.code}", self.params | told, lang)

    def __str__(self) -> str:
        return self.message()


def texts(lang: str) -> dict[str, str]:
    """The catalogue of one language; English for one that we do not speak."""
    known: Lang = "zh" if lang == "zh" else "en"
    return full_catalogue(known)


def sentence(key: str, params: dict[str, Any], lang: str = "en") -> str:
    """The catalogue's text for `key` with `params` put in; unknown keys come back as they are."""
    text = texts(lang).get(key, key)
    return re.sub(r"\{(\w+)\}", lambda m: str(params.get(m[1], m[0])), text)
