"""Breadth first: whatever is found first took the fewest moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.explore.world import Move, Planned, Rules, World
from app.history.check import check
from protocols.quorum.versions import includes_all, stamps_of

MOST = 15_000
"""So many moments are looked at before a search is given up."""


@dataclass(frozen=True)
class Found:
    """What a search came to: the moves, or None; whether all moments were looked at, and how many."""

    moves: tuple[Move, ...] | None
    all_seen: bool
    moments: int


def search(rules: Rules, shows: Callable[[Rules, World], bool], most: int = MOST) -> Found:
    """The shortest way to a moment that `shows` it."""
    start = rules.start()
    come_from: list[tuple[int, Move | None]] = [(0, None)]
    worlds, seen = [start], {start.key(rules)}
    at = 0
    while at < len(worlds):
        world = worlds[at]
        for move in world.choices(rules):
            following = world.after(rules, move)
            key = following.key(rules)
            if key in seen:
                continue
            seen.add(key)
            worlds.append(following)
            come_from.append((at, move))
            if shows(rules, following):
                return Found(way(come_from), False, len(worlds))
            if len(worlds) >= most:
                return Found(None, False, len(worlds))
        worlds[at] = start  # no longer needed
        at += 1
    return Found(None, True, len(worlds))


def way(come_from: list[tuple[int, Move | None]]) -> tuple[Move, ...]:
    moves: list[Move] = []
    at = len(come_from) - 1
    while at:
        at, move = come_from[at]
        assert move is not None
        moves.append(move)
    return tuple(reversed(moves))


STALE = (Planned("c1", "put", "new"), Planned("c2", "get", after=0))
"""A write, and a read that begins after it has returned."""

NOT_LINEARIZABLE = (
    Planned("c1", "put", "new"),
    Planned("c2", "get"),
    Planned("c3", "get", after=1),
)
"""A write, a read, and a read that begins after the first has returned."""


def is_stale(rules: Rules, world: World) -> bool:
    """The read has returned, and does not include the write."""
    write, read = world.calls
    if write is None or read is None or read.returned is None:
        return False
    own = tuple(v for v in write.versions if v.client == "c1")
    return not includes_all(rules.options.versions, read.versions, stamps_of(own))


def is_refused(rules: Rules, world: World) -> bool:
    """No order explains what the clients have seen."""
    last = world.calls[-1]
    if last is None or last.returned is None:
        return False
    return check(world.history(rules)).linearizable is False


QUESTIONS: dict[str, tuple[tuple[Planned, ...], Callable[[Rules, World], bool]]] = {
    "stale": (STALE, is_stale),
    "non-linearizable": (NOT_LINEARIZABLE, is_refused),
}
