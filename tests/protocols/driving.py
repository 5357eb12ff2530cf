"""A server by hand: give it a state and one input, look at its state and at what it wants to happen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from protocols.actor import Effects, Message, Span, persistent_values
from protocols.key_value import Command
from protocols.log import Entry, Log
from protocols.raft import AppendEntries, Raft, RaftOptions, RequestVote

FIVE = ("n1", "n2", "n3", "n4", "n5")
M = TypeVar("M", bound=Message)


def log_of(terms: Iterable[int]) -> Log:
    """A log of these terms; every entry carries a command of its own, the same in every log."""
    return Log(Entry(t, Command("put", f"k{i}", f"{t}")) for i, t in enumerate(terms, start=1))


def entries_of(terms: Iterable[int], after: int = 0) -> tuple[Entry, ...]:
    """Entries as they would stand in `log_of` behind index `after`."""
    return tuple(Entry(t, Command("put", f"k{i}", f"{t}")) for i, t in enumerate(terms, start=after + 1))


def terms(log: Log) -> list[int]:
    return [e.term for e in log]


class Server:
    """One Raft server: `state` to look at, `out` what its latest handler emitted."""

    def __init__(
        self,
        *log: int,
        me: str = "n1",
        members: tuple[str, ...] = FIVE,
        kind: type[Raft] = Raft,
        term: int | None = None,
        options: dict[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        self.raft = kind(me, members, RaftOptions(**(options or {})))
        self.state = self.raft.initial({})
        self.state.log = log_of(log)
        self.state.current_term = max(log, default=0) if term is None else term
        for name, value in fields.items():
            setattr(self.state, name, value)
        self.out = Effects()

    # --- inputs -------------------------------------------------------------------------------------------

    def receive(self, src: str, message: Message) -> Server:
        self.out = Effects()
        self.raft.handlers[type(message)](self.state, src, message, self.out)
        return self

    def ring(self, timer: str) -> Server:
        self.out = Effects()
        self.raft.timeouts[timer](self.state, self.out)
        return self

    def lead(self) -> Server:
        """Make it the leader of its present term, as an election would, and forget how."""
        self.state.role = "candidate"
        self.state.voted_for = self.raft.me
        self.state.votes = self.raft.members[: len(self.raft.members) // 2 + 1]
        self.out = Effects()
        self.raft.become_leader(self.state, self.out)
        return self

    def ask_vote(self, src: str, term: int, *log: int) -> Server:
        """A RequestVote by `src`, whose log has these terms."""
        return self.receive(src, RequestVote(term, src, len(log), log[-1] if log else 0))

    def append(
        self, src: str, term: int, prev: tuple[int, int], *new: int, commit: int = 0
    ) -> Server:  # fmt: skip
        """An AppendEntries by `src`: entries of terms `new` behind `prev` (index, term)."""
        return self.receive(src, AppendEntries(term, src, *prev, entries_of(new, prev[0]), commit))

    # --- what came of it ----------------------------------------------------------------------------------

    @property
    def role(self) -> str:
        return self.state.role

    @property
    def sent(self) -> list[tuple[str, Any]]:
        """(receiver, message) in order."""
        return [(to, what) for to, what in self.out.outbox if to is not None]

    @property
    def saved(self) -> list[tuple[Any, ...]]:
        """The values of each save: term, vote, log (and the snapshot, which comes after them)."""
        return [what[:3] for to, what in self.out.outbox if to is None]

    @property
    def rules(self) -> list[str]:
        return [rule for rule, _ in self.out.reasons]

    @property
    def timers(self) -> dict[str, Span | None]:
        """What became of each timer that was touched: set (a span) or cancelled (None)."""
        return dict(self.out.timers)

    def only(self, kind: type[M]) -> M:
        """The one message it sent, which must be of this kind."""
        ((_, message),) = self.sent
        assert isinstance(message, kind)
        return message

    def all_sent(self, kind: type[M]) -> dict[str, M]:
        return {to: m for to, m in self.sent if isinstance(m, kind)}

    def assert_saved_before_sending(self) -> None:
        """Before the first message leaves, the persistent fields are on disk as they are now."""
        first = self.out.outbox[0]
        assert first[0] is None, "the first thing in the outbox is a save"
        assert first[1] == persistent_values(self.state)
