"""What was found about a history, as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import UnsetType

from app.history.check import Refusal, Verdict
from app.history.operation import Operation, Result
from app.history.sessions import Breach
from app.sim.commands import spoken_operation
from app.sim.errors import sentence, texts

MOST_NAMED = 8
"""No more operations, or values, are named in one explanation."""


def sentences(verdict: Verdict, lang: str, places: str = "lines") -> Iterator[str]:
    """The verdict, then what is wrong with each refused key; `places` are `lines` or `events`."""
    kind = {True: "linearizable", False: "broken", None: "unknown"}[verdict.linearizable]
    yield sentence(
        f"history.{kind}",
        {
            "operations": verdict.operations,
            "keys": verdict.keys,
            "configurations": verdict.configurations,
            "given": ", ".join(verdict.given_up),
        },
        lang,
    )
    for refusal in verdict.refusals:
        yield from refusal_sentences(refusal, lang, places)


def refusal_sentences(refusal: Refusal, lang: str, places: str) -> Iterator[str]:
    known = texts(lang)
    named = [spoken(value, lang) for value in refusal.possible[:MOST_NAMED]]
    if len(refusal.possible) > MOST_NAMED:
        named.append("…")
    possible = known["history.or"].join(named)
    parts = {"key": refusal.key, "possible": possible, **parts_of(refusal.operation, lang, places)}
    yield sentence("history.refused", parts, lang)
    if possible:
        yield sentence("history.possible", parts, lang)
    if not refusal.core:
        return
    yield sentence("history.core" if refusal.whatever_before else "history.core.start", parts, lang)
    for operation in refusal.core[-MOST_NAMED:]:
        yield "  " + sentence("history.call", parts_of(operation, lang, places), lang)
    if len(refusal.core) > MOST_NAMED:
        yield "  " + sentence("history.more", {"count": len(refusal.core) - MOST_NAMED}, lang)


def session_sentences(breaches: list[Breach], lang: str, places: str = "lines") -> Iterator[str]:
    """What is broken of the session guarantees; nothing where none is."""
    for breach in breaches:
        wanted = parts_of(breach.wanted, lang, places)
        parts = {
            "guarantee": texts(lang)[f"law.quorum-{breach.guarantee}"],
            "writer": wanted["process"],
            "wanted": wanted["operation"],
            **parts_of(breach.read, lang, places),
        }
        yield sentence("history.session", parts, lang)


def parts_of(o: Operation, lang: str, places: str) -> dict[str, Any]:
    """What a sentence says of an operation."""
    where = {"called": o.called, "returned": o.returned}
    when = sentence(f"history.{places}", where, lang)
    if o.begun is not None and o.ended is not None:
        when = f"{o.begun / 1000:.3f}–{o.ended / 1000:.3f} ms, {when}"
    c = o.command
    operation = spoken_operation(c.op, c.key, c.value)
    return {"process": o.process, "operation": operation, "result": spoken(o.result, lang), "when": when}


def spoken(value: Result, lang: str) -> str:
    if isinstance(value, UnsetType):
        return texts(lang)["history.anything"]
    return texts(lang)["history.nothing"] if value is None else value
