"""One person's connection: what is sent to it, and what happens when it cannot keep up."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from app.rooms.valve import Valve
from app.texts import Lang

Send = Callable[[str], Coroutine[Any, Any, None]]


class Viewer:
    """Nobody ever waits for a viewer.

    The coroutine that sends is stepped once by hand. It finishes at once unless the connection's
    write buffer is full; then it is taken back (it had written nothing), the viewer is *behind*, and
    whatever else happens is not sent to it. A task of its own waits until the buffer has drained and
    asks the room for the state of the world once.
    """

    def __init__(
        self, id: str, lang: Lang, send: Send, resync: Callable[["Viewer"], None], valve: Valve | None = None
    ) -> None:
        self.id = id
        self.lang = lang
        self.drives = False
        self.proved = False
        """It drives unless a class is held in the room."""
        self.seat = ""
        """In that class: `lead`, or a student's."""
        self.private: str | None = None
        self.behind = False
        self.gone = False
        self.times_behind = 0
        self._send = send
        self._resync = resync
        self._valve = valve or Valve()
        self._catching_up: asyncio.Task[None] | None = None

    def push(self, text: str) -> None:
        self._valve.let(partial(self._pass_on, text))

    def _pass_on(self, text: str) -> None:
        if self.behind or self.gone:
            return
        sending = self._send(text)
        try:
            sending.send(None)
        except StopIteration:
            return
        except Exception:  # the connection is lost; its own task notices and leaves the room
            self.gone = True
            return
        sending.close()
        self.behind = True
        self.times_behind += 1
        self._catching_up = asyncio.get_running_loop().create_task(self._catch_up(text))

    async def reply(self, text: str) -> None:
        """An answer to this viewer's own message; only this viewer waits for it."""
        try:
            await self._send(text)
        except Exception:
            self.gone = True

    async def _catch_up(self, text: str) -> None:
        await self.reply(text)
        self.behind = False
        if not self.gone:
            self._resync(self)

    def leave(self) -> None:
        self.gone = True
        if self._catching_up is not None:
            self._catching_up.cancel()
