"""Judging a history, key by key, and boiling down what cannot be explained to a few operations."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from msgspec import UNSET
from msgspec.structs import replace

from app.history.operation import History, Operation, by_key
from app.history.search import Budget, Search, TooMany, Value, outcome

LIMIT = 2_000_000
"""So many configurations are looked at, over all keys, before the search is given up."""
EXPLAIN_LIMIT = 200_000
"""And so many more to explain each refusal; what was not found by then is left out."""


@dataclass(frozen=True)
class Refusal:
    """A key whose history no order explains."""

    key: str
    operation: Operation
    """The history up to just before its return can be explained; with its return it cannot."""
    order: tuple[Operation, ...]
    """An order that explains it up to there."""
    possible: tuple[Value, ...]
    """What the operation could have returned instead."""
    core: tuple[Operation, ...]
    """A few operations that cannot be ordered, whatever others did that are not named,"""
    whatever_before: bool
    """and whatever the key held before the first of them."""


@dataclass(frozen=True)
class Verdict:
    """What was found; `linearizable` is None when the search was given up on some key and refused none."""

    operations: int
    keys: int
    linearizable: bool | None
    refusals: tuple[Refusal, ...]
    given_up: tuple[str, ...]
    """The keys on which the search was given up."""
    configurations: int


def check(history: History, limit: int = LIMIT, from_start: bool = True) -> Verdict:
    """Is the history linearizable? Without `from_start` it begins in the midst of things, and keys may hold
    anything at first.
    """
    keys = by_key(history)
    start: Value = None if from_start else UNSET
    budget = Budget(limit)
    refusals, given_up = [], []
    for key, operations in keys.items():
        search = Search(relevant(operations), start, budget)
        try:
            if search.run() is None:
                refusals.append(explain(key, operations, start, search.furthest_operation))
        except TooMany:
            given_up.append(key)
    linearizable = False if refusals else None if given_up else True
    spent = limit - max(0, budget.left)
    return Verdict(len(history), len(keys), linearizable, tuple(refusals), tuple(given_up), spent)


def relevant(operations: History) -> History:
    """Without operations whose outcome is unknown and that no explanation needs: reads; and, where nothing is
    added, writes of a value that nobody saw. They could as well have had no effect.
    """
    seen = {o.result for o in operations}
    adds = any(o.command.op == "add" for o in operations)
    return [
        o
        for o in operations
        if o.returned is not None
        or o.command.op in ("add", "delete")
        or (o.command.op == "put" and (adds or o.command.value in seen))
    ]


# --- explaining ---------------------------------------------------------------------------------------------


def explain(key: str, operations: History, start: Value, furthest: Operation) -> Refusal:
    """What a person should look at."""
    budget = Budget(EXPLAIN_LIMIT)
    order: tuple[Operation, ...] = ()
    possible: list[Value] = []
    core: History = []
    culprit, before = furthest, start
    with suppress(TooMany):
        culprit = first_refused(operations, start, furthest, budget)
        seen = up_to(operations, culprit)
        core, before = contradiction(seen, start, culprit, budget)
        order = ordered(seen, start, culprit, UNSET, budget) or ()
        for value in candidates(seen, culprit):
            if ordered(seen, start, culprit, value, budget) is not None:
                possible.append(value)
    return Refusal(key, culprit, order, tuple(possible), tuple(core), before is UNSET)


def first_refused(operations: History, start: Value, furthest: Operation, budget: Budget) -> Operation:
    """The first operation at whose return there is no order any more. It is `furthest`, unless that was only
    refused for what operations returned that were still open then.
    """
    if window(up_to(operations, furthest), budget) is not None:
        return furthest
    later = [o for o in operations if o.returned is not None and o.returned >= (furthest.returned or 0)]
    later.sort(key=lambda o: o.returned or 0)
    low, high = -1, 0
    while high < len(later) - 1 and not impossible(up_to(operations, later[high]), start, budget):
        low, high = high, min(2 * high + 1, len(later) - 1)
    while high - low > 1:
        middle = (low + high) // 2
        if impossible(up_to(operations, later[middle]), start, budget):
            high = middle
        else:
            low = middle
    return later[high]


def up_to(operations: History, last: Operation) -> History:
    """The history up to the return of `last`, as it was known then."""
    end = last.returned or 0
    return [o if 0 < (o.returned or 0) <= end else forget(o) for o in operations if o.called < end]


def forget(o: Operation) -> Operation:
    """The same operation, its outcome unknown: whatever was possible still is, and more."""
    return replace(o, returned=None, result=UNSET)


def ordered(
    operations: History, start: Value, culprit: Operation, result: Value, budget: Budget
) -> tuple[Operation, ...] | None:
    """An order, had `culprit` returned `result`."""
    changed = [replace(o, result=result) if o is culprit else o for o in operations]
    return Search(relevant(changed), start, budget).run()


def candidates(operations: History, culprit: Operation) -> list[Value]:
    """What `culprit` may have returned as far as times tell: what was there before it, or came meanwhile."""
    if culprit.command.op == "put":
        return [culprit.command.value]
    writes = [o for o in operations if o.command.op != "get" and o is not culprit]
    settled = [w for w in writes if w.returned is not None and w.returned < culprit.called]
    latest = max((w.called for w in settled), default=0)
    recent = [w for w in writes if w.returned is None or w.returned >= latest]
    held: dict[Value, None] = {} if settled else {None: None}
    for w in recent:
        held[left_by(w)] = None
    held.pop(UNSET, None)
    return list(dict.fromkeys(outcome(value, culprit)[1] for value in held))


def left_by(write: Operation) -> Value:
    """What is at the key after it, as far as one can tell."""
    return None if write.command.op == "delete" else outcome(UNSET, write)[0]


def contradiction(
    operations: History, start: Value, culprit: Operation, budget: Budget
) -> tuple[History, Value]:
    """A few operations that cannot be ordered, and what the key held before them."""
    recent = window(operations, budget)
    if recent is not None:
        operations, start = recent, UNSET
    return smallest(operations, start, culprit, budget), start


def window(operations: History, budget: Budget) -> History | None:
    """The shortest end of a history that no order explains whatever the key held before it, if there is one.
    A later start makes more possible: so it is found by doubling, then by halving.
    """
    places = sorted((o.called for o in operations), reverse=True)
    short, long = 0, 1
    while not impossible(since(operations, places[min(long, len(places)) - 1]), UNSET, budget):
        if long >= len(places):
            return None
        short, long = long, 2 * long
    long = min(long, len(places))
    while long - short > 1:
        middle = (short + long) // 2
        if impossible(since(operations, places[middle - 1]), UNSET, budget):
            long = middle
        else:
            short = middle
    return since(operations, places[long - 1])


def since(operations: History, place: int) -> History:
    """What returned from `place` on. Of what returned before, only the operations that overlap with one of
    those may take effect after it: their outcome is taken for unknown.
    """
    kept = [o for o in operations if o.returned is None or o.returned >= place]
    first = min((o.called for o in kept if o.returned is not None), default=place)
    return kept + [forget(o) for o in operations if o.returned is not None and first < o.returned < place]


def smallest(operations: History, start: Value, culprit: Operation, budget: Budget) -> History:
    """Those operations that a contradiction needs: it is there though the outcome of all others is unknown.
    None of them can be spared; another choice might have needed fewer.
    """
    needed = operations
    for o in operations:
        if o is culprit or o.returned is None:
            continue
        looser = [forget(x) if x is o else x for x in needed]
        if impossible(looser, start, budget):
            needed = looser
    return sorted((o for o in needed if o.returned is not None), key=lambda o: o.called)


def impossible(operations: History, start: Value, budget: Budget) -> bool:
    """No order explains these."""
    return Search(relevant(operations), start, budget).run() is None
