"""Nobody is told what a crash could take back: what is said after a write waits until the write is safe."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from app.storage.database import Database


class Valve:
    """Of one room. Whatever leaves it goes through here, in order; without a database nothing waits."""

    def __init__(self) -> None:
        self.needed = 0
        """The write that whatever is said from now on waits for."""
        self._database: Database | None = None
        self._waiting: deque[tuple[int, Callable[[], None]]] = deque()

    def wait_for(self, database: Database) -> None:
        self._database = database
        database.listen(self.flow)

    def let(self, go: Callable[[], None]) -> None:
        """At once, or when what was written by now is safe."""
        if self._database is not None and self.needed > self._database.safe:
            self._waiting.append((self.needed, go))
        else:
            go()

    def flow(self) -> None:
        safe = self._database.safe if self._database is not None else self.needed
        while self._waiting and self._waiting[0][0] <= safe:
            self._waiting.popleft()[1]()

    async def open(self) -> bool:
        """When all that was written by now is safe. False: it is not kept, for the disk refuses."""
        return self._database is None or await self._database.until_safe(self.needed)

    def close(self) -> None:
        """The room is gone."""
        self._waiting.clear()
        if self._database is not None:
            self._database.ignore(self.flow)
