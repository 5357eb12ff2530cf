"""An operation as its client saw it: the interval from call to return (Herlihy & Wing 1990, section 2)."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from protocols.key_value import Command

Result = str | UnsetType | None
"""What came out; None is "no value", UNSET is "nobody said"."""


class Operation(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`called` and `returned` are places in the history: numbers of lines, or of a trace's events. They give
    the order of real time; `begun` and `ended` (virtual microseconds, where known) are only shown.

    An operation that has not `returned` may take effect at any time after its call, or never.
    """

    process: str
    command: Command
    called: int
    returned: int | None = None
    result: Result = UNSET
    begun: int | None = None
    ended: int | None = None


History = list[Operation]


def by_key(history: History) -> dict[str, History]:
    """The history of each key. A store is linearizable when each of its keys is (locality: Herlihy & Wing,
    theorem 1; P-compositionality: Horn & Kroening 2015).
    """
    keys: dict[str, History] = {}
    for operation in history:
        keys.setdefault(operation.command.key, []).append(operation)
    return keys
