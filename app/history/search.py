"""Is there an order? The search of Wing & Gong (1993) with Lowe's cache (2017), for operations on one key.

A history is linearizable when its operations can be put in one order, each somewhere between its call and
its return, in which one copy of the data gives the results that were seen. The search takes calls from the
front of the history one after the other, as long as results agree; when it meets a return whose operation
it has not taken, it goes back. A *configuration* (which operations are taken, what the key holds then) that
was met before is not tried again: this is what makes long histories possible.

A read that agrees with what the key holds is taken at once, and never reconsidered: it changes nothing, so
whatever order has it later also has it now.

No call behind an open return is ever taken. So when the furthest return that was met is that of `o`, all that
returned before it can be ordered; what cannot is said in `app.history.check`.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from app.history.operation import History, Operation, Result
from protocols.key_value import operate

Value = Result
"""What a key holds; UNSET is "anything", until an operation tells."""


class TooMany(Exception):
    """More configurations than the search may look at."""


@dataclass
class Budget:
    """How many more configurations may be looked at."""

    left: int = 1 << 62


class _Entries:
    """Calls and returns in order, linked both ways; 0 is before the first and after the last. What is taken
    leaves the list.
    """

    def __init__(self, history: History) -> None:
        moments = [(o.called, 1, n) for n, o in enumerate(history)]
        moments += [(o.returned, 0, n) for n, o in enumerate(history) if o.returned is not None]
        moments.sort()  # where an answer lets the next call go, the return is first
        self.of = [-1, *(n for _, _, n in moments)]
        """The operation of each entry."""
        self.is_call = [True, *(kind == 1 for _, kind, _ in moments)]
        self.call = [0] * len(history)
        self.back = [0] * len(history)
        """For each operation: the entries of its call, and of its return; 0 when it has none."""
        for entry, (_, kind, n) in enumerate(moments, start=1):
            (self.call if kind else self.back)[n] = entry
        self.next = [*range(1, len(self.of)), 0]
        self.prev = [len(self.of) - 1, *range(len(self.of) - 1)]
        self.returns = sum(o.returned is not None for o in history)
        """How many are in the list."""

    def take(self, n: int) -> None:
        for entry in (self.call[n], self.back[n]):
            if entry:
                before, after = self.prev[entry], self.next[entry]
                self.next[before], self.prev[after] = after, before
        self.returns -= self.back[n] > 0

    def put_back(self, n: int) -> None:
        for entry in (self.back[n], self.call[n]):
            if entry:
                self.next[self.prev[entry]] = self.prev[self.next[entry]] = entry
        self.returns += self.back[n] > 0


class Search:
    """One search over the operations of one key."""

    def __init__(self, history: History, start: Value, budget: Budget) -> None:
        self.history = history
        self.start = start
        self.budget = budget
        self.entries = _Entries(history)
        self.seen: set[tuple[int, Value]] = set()
        self.steps: list[dict[Value, tuple[bool, Value]]] = [{} for _ in history]
        self.path: list[int] = []
        """What is taken, in order; `taken` is the same as a set of bits."""
        self.taken = 0
        self.furthest = 0
        """The furthest return that was met."""

    def run(self) -> tuple[Operation, ...] | None:
        """An order that explains the history; None when there is none. Raises TooMany."""
        entries, state = self.entries, self.start
        choices: list[tuple[int, Value]] = []  # how long the path was, and what the key held, before each
        self.take_reads(state)
        entry = entries.next[0]
        while entries.returns:
            n = entries.of[entry]
            if entries.is_call[entry]:
                agrees, after = self.step(n, state)
                if not agrees:
                    entry = entries.next[entry]
                    continue
                choices.append((len(self.path), state))
                state = after
                self.take(n)
                self.take_reads(state)
                if self.is_new(state):
                    entry = entries.next[0]
                    continue
            else:
                self.furthest = max(self.furthest, entry)
            if not choices:
                return None
            length, state = choices.pop()
            entry = entries.next[self.go_back(length)]
        return tuple(self.history[n] for n in self.path)

    @property
    def furthest_operation(self) -> Operation:
        return self.history[self.entries.of[self.furthest]]

    def take(self, n: int) -> None:
        self.path.append(n)
        self.taken |= 1 << n
        self.entries.take(n)

    def take_reads(self, state: Value) -> None:
        """Every read that may come next and sees just this."""
        entries = self.entries
        entry = entries.next[0]
        while entries.is_call[entry] and entry:
            n = entries.of[entry]
            if self.history[n].command.op == "get" and self.step(n, state) == (True, state):
                self.take(n)
            entry = entries.next[entry]

    def go_back(self, length: int) -> int:
        """Give back what was taken since the path had this length; gives the entry of the first of it."""
        while len(self.path) > length:
            n = self.path.pop()
            self.taken ^= 1 << n
            self.entries.put_back(n)
        return self.entries.call[n]

    def step(self, n: int, state: Value) -> tuple[bool, Value]:
        """Whether operation `n` may come next where the key holds `state`, and what it leaves there."""
        known = self.steps[n].get(state)
        if known is None:
            o = self.history[n]
            after, result = outcome(state, o)
            known = self.steps[n][state] = o.result in (UNSET, result), after
        return known

    def is_new(self, state: Value) -> bool:
        """Lowe's cache."""
        configuration = (self.taken, state)
        if configuration in self.seen:
            return False
        self.seen.add(configuration)
        self.budget.left -= 1
        if self.budget.left < 0:
            raise TooMany
        return True


def outcome(state: Value, o: Operation) -> tuple[Value, Value]:
    """What the key holds after `o`, and what `o` returns. Where the key may have held anything, the operation
    tells: a read saw what it returned, and a sum that was returned came from some number.
    """
    if not isinstance(state, UnsetType):
        return operate(state, o.command)
    if o.command.op == "put":
        return operate(None, o.command)
    if o.command.op == "add" and not isinstance(o.result, UnsetType):
        return operate(o.result, replace(o.command, value="0"))  # itself, if it is a number
    return (None if o.command.op == "delete" else o.result), o.result
