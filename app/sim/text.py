"""A trace as people read it in a terminal: one line an event, and its reasons as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.sim.commands import spoken_operation
from app.sim.errors import sentence, texts
from app.sim.trace import Event, encode, plain
from protocols.key_value import Command
from protocols.registry import PROTOCOLS, clients, protocol_of, words_of


def text_lines(events: list[Event], lang: str = "en") -> Iterator[str]:
    """Each event as a line, followed by a line for every rule that it applied."""
    for e in events:
        yield f"{e.seq:>7}  {e.time / 1000:>12.3f} ms  {e.node:<4} {what(e)}".rstrip()
        for reason in reasons(e, lang):
            yield " " * 29 + reason


def what(e: Event) -> str:
    """What happened, in the terms of the trace."""
    body = e.body
    if e.kind == "send":
        held = ", held" if body[4] else ""
        return (
            f"send #{e.seq} {body[1]} -> {body[0]} {fields(body[2])}, arrives {body[3] / 1000:.3f} ms{held}"
        )
    if e.kind == "deliver":
        return f"deliver #{body[0]} {body[2]} from {body[1]}"
    if e.kind == "drop":
        return f"drop #{body[0]} ({body[1]})"
    if e.kind in ("hold", "reschedule"):
        return f"{e.kind} #{body[0]}" + (f", arrives {body[1] / 1000:.3f} ms" if len(body) > 1 else "")
    if e.kind == "violation":
        return f"VIOLATION {body[0]} {encode(body[1]).decode()}"
    rest = " ".join(str(x) if isinstance(x, str | int | float) else encode(x).decode() for x in body)
    return f"{e.kind} {rest}"


def fields(message: Any) -> str:
    """A message's fields in one short line."""
    values: dict[str, Any] = plain(message)
    return " ".join(f"{k}={short(v)}" for k, v in values.items())


def short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]" if value else "[]"
    if isinstance(value, dict) and "op" in value:
        return spoken(value)
    return encode(value).decode()


def spoken(command: Mapping[str, Any]) -> str:
    """An operation as people write it."""
    return spoken_operation(*(str(command.get(part, "")) for part in ("op", "key", "value")))


def reasons(e: Event, lang: str) -> Iterator[str]:
    """The rules that an event applied, as sentences with the paper's section."""
    for rule, data in e.why:
        values = {"node": e.node, **{k: word(v, lang, k) for k, v in data.items()}}
        text = sentence(f"rule.{words_of(e.service)}.{rule}", values, lang)
        yield f"{text} [{section(words_of(e.service), rule)}]"


def section(service: str, rule: str) -> str:
    table = protocol_of(service).rules if service in (*PROTOCOLS, *clients()) else {}
    return table[rule].section if rule in table else ""


PEOPLE = {"leader", "uncertain"}
"""What these name is somebody: there is nobody, not none."""


def word(value: Any, lang: str, name: str = "") -> str:
    """A value inside a sentence."""
    if value is None or value == ():
        return texts(lang).get("stage.nobody" if name in PEOPLE else "stage.none", "–")
    if isinstance(value, Command):
        return spoken(plain(value))
    if isinstance(value, tuple | list):
        return ("、" if lang == "zh" else ", ").join(str(v) for v in value)
    return str(value)


def xml(text: str) -> str:
    """Text for XML: no markup, no control characters."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
