"""The store with one bug in it, each an override or two of the right code, and the law that catches it."""

from __future__ import annotations

from msgspec.structs import replace

from protocols.actor import Effects
from protocols.quorum.actor import Quorum
from protocols.quorum.messages import Stored, StoreRequest
from protocols.quorum.state import Hint, QuorumState, Work
from protocols.quorum.versions import Versions, merge


class AcknowledgesBeforeSaving(Quorum):
    """A replica acknowledges first and writes to disk then. Breaks durability."""

    def on_store_request(self, s: QuorumState, src: str, m: StoreRequest, out: Effects) -> None:
        out.send(src, Stored(m.operation, m.key))
        super().on_store_request(s, src, replace(m, purpose="repair"), out)


class RepairReplaces(Quorum):
    """A repair puts what the read found in place of what is there, even if that is newer."""

    def on_store_request(self, s: QuorumState, src: str, m: StoreRequest, out: Effects) -> None:
        if m.purpose == "repair":
            s.store = {key: versions for key, versions in s.store.items() if key != m.key}
        super().on_store_request(s, src, m, out)


class KeepsOneSibling(Quorum):
    """Of concurrent versions only the one that was written last is kept. Breaks durability."""

    def reconcile(self, *sets: Versions) -> Versions:
        return merge("last-write-wins", *sets)


class DropsHintEarly(Quorum):
    """A hint is thrown away as soon as it has been sent home. Breaks durability when that is lost."""

    def hand_off(self, s: QuorumState, hint: Hint, out: Effects) -> None:
        super().hand_off(s, hint, out)
        self.drop_hint(s, hint)
        out.save(s)


class CountsDuplicates(Quorum):
    """Counts acknowledgements, not replicas: one that comes twice is two."""

    def is_news(self, work: Work, src: str) -> bool:
        return True


class CountsItself(Quorum):
    """A coordinator counts its own copy, even where it is no replica of the key and the quorum is strict."""

    def counts_itself(self, key: str) -> bool:
        return True


class NumberForgotten(Quorum):
    """The number of the last write is not on disk: after a crash it is given again."""

    def restart(self, s: QuorumState, out: Effects) -> None:
        s.counter = 0
        super().restart(s, out)


class KeepsReplaced(Quorum):
    """What a newer version has replaced is kept beside it."""

    def reconcile(self, *sets: Versions) -> Versions:
        known = {(v.stamp.node, v.stamp.counter): v for versions in sets for v in versions}
        return tuple(known[dot] for dot in sorted(known))


class TakesFirstAnswer(Quorum):
    """Waits for R answers, and returns the first of them. Quorums overlap in vain."""

    def read_done(self, work: Work, out: Effects) -> Work:
        return super().read_done(replace(work, versions=next(iter(work.answers.values()))), out)


class AnswersBeforeWriteBack(Quorum):
    """Answers first and writes back then. A later read may find less."""

    def write_back(self, s: QuorumState, work: Work, out: Effects) -> None:
        super().write_back(s, self.answer(work, out), out)


MUTANTS: dict[str, tuple[type[Quorum], str]] = {
    "quorum-acknowledges-before-saving": (AcknowledgesBeforeSaving, "quorum-durable"),
    "quorum-repair-replaces": (RepairReplaces, "quorum-durable"),
    "quorum-keeps-one-sibling": (KeepsOneSibling, "quorum-durable"),
    "quorum-drops-hint-early": (DropsHintEarly, "quorum-durable"),
    "quorum-counts-duplicates": (CountsDuplicates, "quorum-written"),
    "quorum-counts-itself": (CountsItself, "quorum-written"),
    "quorum-number-forgotten": (NumberForgotten, "quorum-version-unique"),
    "quorum-keeps-replaced": (KeepsReplaced, "quorum-siblings-concurrent"),
    "quorum-takes-first-answer": (TakesFirstAnswer, "quorum-overlap"),
    "quorum-answers-before-write-back": (AnswersBeforeWriteBack, "quorum-linearizable"),
}
"""Each mutant's name, its actor, and the law that catches it."""
