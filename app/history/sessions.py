"""Session guarantees of a history (Terry et al. 1994): does each process find what it has to find?

A history has values, not versions. So a read is refused only for what is certain: the write that it saw (the
only one of that value) was over before another began that the guarantee demands, or it saw no value at all
after one was written. Of writes that overlap nobody can say which is the older; and where a value was written
twice, nobody knows which of the two a read has seen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from app.history.operation import History, Operation

GUARANTEES = ("read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads")


@dataclass(frozen=True)
class Breach:
    """`read` should have found what `wanted` wrote, or something newer."""

    guarantee: str
    read: Operation
    wanted: Operation


Known = tuple[Operation, ...]


class Session:
    """What one process has written and read so far, and what the writers of what it read had before."""

    def __init__(self) -> None:
        self.wrote: Known = ()
        self.read: Known = ()
        self.writers_wrote: Known = ()
        self.writers_read: Known = ()

    def demands(self) -> dict[str, Known]:
        return dict(
            zip(GUARANTEES, (self.wrote, self.read, self.writers_wrote, self.writers_read), strict=True)
        )


def breaches(history: History) -> list[Breach]:
    """The first breach of each guarantee by each process, in the order of the reads' returns."""
    writes = only_writes(history)
    sessions = {o.process: Session() for o in history}
    behind: dict[int, tuple[Known, Known]] = {}
    found: dict[tuple[str, str], Breach] = {}
    for _, is_return, number in moments(history):
        o, session = history[number], sessions[history[number].process]
        if not is_return and o.command.op == "put":
            behind[o.called] = (session.wrote, session.read)
        elif is_return and o.command.op == "put":
            session.wrote = with_new(session.wrote, o)
        elif is_return and o.command.op == "get":
            seen = writes.get((o.command.key, str(o.result))) if isinstance(o.result, str) else None
            if seen is None and o.result is not None:
                continue  # nobody knows which write that was
            for guarantee, wanted in session.demands().items():
                for write in wanted:
                    if write.command.key == o.command.key and is_older(seen, write):
                        found.setdefault((guarantee, o.process), Breach(guarantee, o, write))
            if seen is not None:
                session.read = with_new(session.read, seen)
                wrote, read = behind.get(seen.called, ((), ()))
                for write in wrote:
                    session.writers_wrote = with_new(session.writers_wrote, write)
                for write in read:
                    session.writers_read = with_new(session.writers_read, write)
    return list(found.values())


def only_writes(history: History) -> dict[tuple[str, str], Operation]:
    """For each key and value, the one write of it; keys that anybody adds to or deletes are left out."""
    others = {o.command.key for o in history if o.command.op not in ("put", "get")}
    puts = [o for o in history if o.command.op == "put" and o.command.key not in others]
    count = Counter((o.command.key, o.command.value) for o in puts)
    return {place: o for o in puts if count[place := (o.command.key, o.command.value)] == 1}


def moments(history: History) -> list[tuple[int, bool, int]]:
    """Calls and returns in their order."""
    calls = [(o.called, False, n) for n, o in enumerate(history)]
    returns = [(o.returned, True, n) for n, o in enumerate(history) if o.returned is not None]
    return sorted(calls + returns, key=lambda moment: (moment[0], not moment[1]))


def is_older(seen: Operation | None, wanted: Operation) -> bool:
    """What was seen is certainly older than what was wanted: nothing, or a write that was over before."""
    if seen is None:
        return True
    return seen is not wanted and seen.returned is not None and seen.returned < wanted.called


def with_new(known: Known, write: Operation) -> Known:
    """Of each key only what nothing replaces; a write of which nobody knows the end replaces nothing."""
    if write in known:
        return known
    return (*(o for o in known if o.command.key != write.command.key or not is_older(o, write)), write)
