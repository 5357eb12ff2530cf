"""`Database` in a SQLite file, by aiosqlite: one connection in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from itertools import groupby
from typing import Any

import aiosqlite

from app.storage.database import Value
from app.storage.file import MEMORY, connect, reason

log = logging.getLogger("quorumscope.storage")

AGAIN = 2.0  # seconds until the next try while the disk refuses
MOST_OWED = 200_000  # writes that are kept for a disk that refuses
DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT")
"""What is not the fault of who wrote."""

Write = tuple[str, tuple[Value, ...]]


class Sqlite:
    def __init__(self, path: str) -> None:
        self.keeps = path != MEMORY
        self.trouble = ""
        self.written = 0
        self.safe = 0
        self.commits = 0
        self._path = path
        self._kept = 0
        self._queue: list[Write] = []
        self._given_up = False
        self._db: aiosqlite.Connection
        self._writer: asyncio.Task[None]
        self._something = asyncio.Event()
        self._closing = asyncio.Event()
        self._free = asyncio.Lock()
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._listeners: list[Callable[[], None]] = []

    async def open(self) -> None:
        """Raises CannotKeep."""
        self._db = await aiosqlite.Connection(lambda: connect(self._path), 64)
        self._writer = asyncio.create_task(self._write_on())

    async def close(self) -> None:
        """Everything that was asked for is written, if the disk lets us."""
        self._closing.set()
        self._something.set()
        await self._writer
        await self._db.close()

    # -- the interface ---------------------------------------------------------------------------------------

    def write(self, sql: str, *values: Value) -> int:
        self.written += 1
        if not self._given_up:
            self._queue.append((sql, values))
        self._something.set()
        return self.written

    async def until_safe(self, number: int) -> bool:
        if number > self.safe:
            done = asyncio.get_running_loop().create_future()
            self._waiting.append((number, done))
            await done
        return number <= self._kept

    async def read(self, sql: str, *values: Value) -> list[tuple[Any, ...]]:
        await self.until_safe(self.written)
        async with self._free:
            return [tuple(row) for row in await self._db.execute_fetchall(sql, values)]

    def listen(self, heard: Callable[[], None]) -> None:
        self._listeners.append(heard)

    def ignore(self, heard: Callable[[], None]) -> None:
        self._listeners.remove(heard)

    # -- group commit ----------------------------------------------------------------------------------------

    async def _write_on(self) -> None:
        while not self._closing.is_set():
            await self._something.wait()
            async with self._free:
                await self._commit()
            if self._queue and self.trouble:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), AGAIN)
                self._something.set()

    async def _commit(self) -> None:
        """All that has come together by now, in one transaction."""
        self._something.clear()
        batch, self._queue = self._queue, []
        upto = self.written
        try:
            if batch:
                await self._transaction(batch)
                self._recovered()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith(DISK):
                self._refused(batch, error)
            else:
                log.exception("a write is wrong, so it is left out")
                await self._one_by_one(batch)
        if not self.trouble:
            self._kept = upto
        self._is_safe(upto)

    async def _transaction(self, batch: list[Write]) -> None:
        await self._db.execute("BEGIN IMMEDIATE")
        try:
            for sql, writes in groupby(batch, key=lambda write: write[0]):
                await self._db.executemany(sql, [values for _, values in writes])
            await self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                await self._db.execute("ROLLBACK")
            raise
        self.commits += 1

    async def _one_by_one(self, batch: list[Write]) -> None:
        """Somebody's mistake must not cost the others what they wrote."""
        for write in batch:
            try:
                await self._transaction([write])
            except sqlite3.Error as error:
                log.error("%s: %s", error, write[0])

    def _refused(self, batch: list[Write], error: sqlite3.Error) -> None:
        """Owed until there is room again; meanwhile, who waits is told that a crash would take it back."""
        if not self.trouble:
            log.error("What happens cannot be kept in %s: %s. It goes on, unkept.", self._path, reason(error))
        self.trouble = f"What happens here cannot be kept now: {reason(error)}."
        self._queue = batch + self._queue
        if len(self._queue) > MOST_OWED:  # a later one without these would make no sense
            log.critical("%s is given up until the next start: too much is owed to it.", self._path)
            self._given_up = True
            self._queue.clear()

    def _recovered(self) -> None:
        if self.trouble:
            log.error("%s takes what happens in rooms again: all of it is there.", self._path)
            self.trouble = ""

    def _is_safe(self, upto: int) -> None:
        self.safe = upto
        while self._waiting and self._waiting[0][0] <= upto:
            _, done = self._waiting.popleft()
            if not done.done():
                done.set_result(None)
        for heard in list(self._listeners):
            heard()
