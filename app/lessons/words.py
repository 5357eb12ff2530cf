"""A lesson's words, and what they are bound to: `[the leader](n1)` names an object of the stage."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from pydantic import Field

from app.sim.config import ClusterConfig, Strict, find
from app.sim.errors import Refused
from protocols.registry import protocol_of, with_clients

Part = str | tuple[str, str, list[str]]
"""Plain words, or words, their kind (`node` `client` `link` `message` `era` `strong`) and what they name."""

BOUND = re.compile(r"\[([^\]\n]+)\]\(([^)\n]+)\)|\*\*([^*\n]+)\*\*")
LATIN = 0.53
"""How wide a Latin letter is beside a Chinese character, on average."""
WIDEST = {
    "title": 26, "summary": 120, "caption": 84, "after": 84, "question": 84, "choices": 46, "reveal": 150,
    "why": 110, "task": 110, "hints": 110, "done": 110, "notes": 700,
}  # fmt: skip
"""In Chinese characters. A caption of so many is four lines on a projector of 1024 by 768."""


class PredictTexts(Strict):
    """`reveal` is said to everybody afterwards, `why` to those who chose that."""

    question: str
    choices: dict[str, str] = Field(default_factory=dict)
    reveal: str
    why: dict[str, str] = Field(default_factory=dict)


class ChallengeTexts(Strict):
    task: str
    hints: list[str]
    done: str


class StepTexts(Strict):
    """`caption` is said while the step is played, `after` (if there is one) when it has been."""

    caption: str
    after: str = ""
    notes: str = ""
    predict: PredictTexts | None = None
    challenge: ChallengeTexts | None = None

    def all(self) -> dict[str, str]:
        """Every text by its key; the last part of a key says how wide it may be, or the one before it."""
        found = {"caption": self.caption, "after": self.after, "notes": self.notes}
        if self.predict:
            found |= {"predict.question": self.predict.question, "predict.reveal": self.predict.reveal}
            found |= {f"predict.choices.{k}": v for k, v in self.predict.choices.items()}
            found |= {f"predict.why.{k}": v for k, v in self.predict.why.items()}
        if self.challenge:
            found |= {"challenge.task": self.challenge.task, "challenge.done": self.challenge.done}
            found |= {f"challenge.hints.{i}": text for i, text in enumerate(self.challenge.hints, start=1)}
        return found


class Texts(Strict):
    title: str
    summary: str
    step: dict[str, StepTexts]


def bound(refs: str, config: ClusterConfig) -> tuple[str, list[str]]:
    """What an author's reference means: its kind, and what it names. Raises Refused when that is nothing."""
    names = [name.strip() for name in refs.split(",")]
    kinds = {_kind(name, config) for name in names}
    if len(kinds) > 1:
        raise Refused("lesson-mixed", name=refs)
    return kinds.pop(), names


def _kind(name: str, config: ClusterConfig) -> str:
    if name in config.nodes:
        return "node"
    if name in config.clients or re.fullmatch(r"k\d+", name):
        return "client"
    if "->" in name:
        for end in name.split("->"):
            find(end.strip(), (*config.nodes, *config.clients), "unknown-node")
        return "link"
    if re.fullmatch(r"era \d{1,6}", name):
        return "era"
    messages = [m.__name__ for s in with_clients(config.services) for m in protocol_of(s).actor.messages]
    find(name, [*config.nodes, *config.clients, *messages], "lesson-bound")
    return "message"


def parts(text: str, config: ClusterConfig) -> list[Part]:
    """The text in pieces, those that are bound with what they name. Raises Refused."""
    found: list[Part] = []
    at = 0
    for match in BOUND.finditer(text):
        if match.start() > at:
            found.append(text[at : match.start()])
        words, refs, strong = match.groups()
        found.append((strong, "strong", []) if strong else (words, *bound(refs, config)))
        at = match.end()
    if at < len(text):
        found.append(text[at:])
    return found


def plain(text: str) -> str:
    """As it is read aloud."""
    return BOUND.sub(lambda m: m[1] or m[3], text)


def references(text: str) -> set[str]:
    return {name.strip() for m in BOUND.finditer(text) if m[2] for name in m[2].split(",")}


def width(text: str) -> float:
    """In Chinese characters."""
    return sum(1 if east_asian_width(c) in "WF" else LATIN for c in plain(text))


def widest(key: str) -> int:
    """How wide the text of this key may be."""
    return next(WIDEST[part] for part in reversed(key.split(".")) if part in WIDEST)
