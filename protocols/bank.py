"""The database that a transaction changes: accounts spread over participants, a log, undo and redo.

The example is the one that every course tells: A −1000 at one participant, B +1000 at another. The first
participant holds account A, the second account B, and each further one keeps a `book` of what has been moved,
so that every participant has work to do, and can tell whether it was done. (A single one holds A and B.)

A participant changes its accounts in place when it votes yes, under locks that it keeps until the decision.
The log record of that vote carries the values before (for undo) and after (for redo), so the log alone says
what the accounts are: they are rebuilt from it after a crash (Bernstein, Hadzilacos & Goodman, chapter 6).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

TRANSFER = {"transfer": ("value",)}
"""The one operation: move that much from A to B."""

Accounts = dict[str, int]
Locks = dict[str, str]
"""For each locked account, the transaction that holds it."""


class Update(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a transaction makes of an account."""

    account: str
    before: int
    after: int


class Record(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A log record. `kind` is what happened to the transaction; `updates` are those of a participant's yes,
    `client` and `serial` tell in the coordinator's records who is to be answered, `ballot` is an election's
    number.
    """

    kind: str
    txn: str
    updates: tuple[Update, ...] = ()
    client: str = ""
    serial: int = 0
    ballot: int = 0


def opening(participants: Sequence[str], me: str, balance: int) -> Accounts:
    """The accounts that `me` opens with: none when it is no participant."""
    held = {name: ("A", "B")[i] if i < 2 else "book" for i, name in enumerate(participants)}
    if me not in held:
        return {}
    if len(participants) == 1:
        return {"A": balance, "B": balance}
    return {held[me]: 0 if held[me] == "book" else balance}


def updates_for(accounts: Accounts, amount: int) -> tuple[Update, ...]:
    """What a transfer makes of these accounts: A loses the amount, B and the books gain it."""
    return tuple(
        Update(name, now, now - amount if name == "A" else now + amount) for name, now in accounts.items()
    )


def covered(updates: Iterable[Update]) -> bool:
    """No account would be overdrawn."""
    return all(u.account == "book" or u.after >= 0 for u in updates)


def redo(accounts: Accounts, updates: Iterable[Update]) -> Accounts:
    return {**accounts, **{u.account: u.after for u in updates}}


def undo(accounts: Accounts, updates: Iterable[Update]) -> Accounts:
    return {**accounts, **{u.account: u.before for u in updates}}


def lock(locks: Locks, updates: Iterable[Update], txn: str) -> Locks:
    return {**locks, **{u.account: txn for u in updates}}


def unlock(locks: Locks, txn: str) -> Locks:
    return {account: holder for account, holder in locks.items() if holder != txn}


def updates_of(log: Sequence[Record], txn: str) -> tuple[Update, ...]:
    """What a transaction did here, by its record in the log; the latest are looked at first."""
    for record in reversed(log):
        if record.txn == txn and record.updates:
            return record.updates
    return ()
