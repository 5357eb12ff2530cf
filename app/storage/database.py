"""The interface to whatever keeps things: writes that are numbered, and a number up to which they are safe.

A write is asked for and not waited for; it gets the next number. What is asked for while the disk is busy is
written together, in order, in one transaction (group commit). Writes that are asked for without an `await`
between them are in the same transaction: all of them are kept, or none.

Whoever has to be sure waits: `await db.until_safe(number)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Value = str | int | float | bytes | None


class Database(Protocol):
    keeps: bool
    """False: it is in memory, works like any other, and is gone with the process."""

    @property
    def written(self) -> int:
        """The number of the latest write that was asked for."""

    @property
    def safe(self) -> int:
        """All writes up to this number are as durable as they will be. While the disk refuses, they are not
        (`trouble`), and nobody is kept waiting."""

    @property
    def trouble(self) -> str:
        """One sentence that says why nothing can be kept just now; "" when all is well."""

    def write(self, sql: str, *values: Value) -> int:
        """One statement with `?` for each value. SQL that SQLite and PostgreSQL have in common, please."""

    async def until_safe(self, number: int) -> bool:
        """Wait for that write. False: the disk refuses, so a crash now would take it back."""

    async def read(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        """The rows of a query; it sees every write that was asked for before."""

    def listen(self, heard: Callable[[], None]) -> None:
        """`heard` is called on the event loop whenever `safe` has moved."""

    def ignore(self, heard: Callable[[], None]) -> None:
        """It is called no more."""
