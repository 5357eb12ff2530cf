"""Rooms that are only looked at: a lesson's run, of which panels ask what they ask of any room."""

import secrets
from weakref import WeakKeyDictionary

from app.lessons.runner import Run
from app.lessons.shelf import Shelf
from app.rooms.room import Counts, Room
from app.settings import Settings
from app.texts import LANGS

PREFIX = "lesson."
"""No room that somebody makes has a dot in its name."""

_rooms: WeakKeyDictionary[Run, Room] = WeakKeyDictionary()


def exhibit(shelf: Shelf, settings: Settings, id: str) -> Room:
    """The room `lesson.NAME`: one branch, b1, that nobody drives and that never moves. Raises Refused."""
    run = shelf.run(id.removeprefix(PREFIX))
    if run not in _rooms:
        title: dict[str, str] = {lang: run.lesson.texts[lang].title for lang in LANGS}
        room = Room(id, title, run.lesson.config, secrets.token_urlsafe(18), settings, Counts(), run.line)
        room.tree.current.playing = False
        _rooms[run] = room
    return _rooms[run]
