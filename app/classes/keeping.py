"""Classes in the database: one row a class, one row a fact."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from app.classes.events import Fact, pack, unpack
from app.storage.database import Database


class Opened(msgspec.Struct, frozen=True):
    """What a class is from its first moment on."""

    id: str
    code: str
    room: str
    lead: str
    """The hash of the token in the private link."""
    title: dict[str, str]
    nodes: tuple[str, ...]
    seats: int
    opened: int
    lesson: str = ""


class Kept(msgspec.Struct, frozen=True):
    opened: Opened
    used: int
    facts: list[Fact]


class Keeper:
    """The only one who knows the tables. Writes are numbered: see app/storage/database.py."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, c: Opened) -> int:
        values = (c.id, c.code, c.room, c.lead, json.dumps(c.title), json.dumps(c.nodes), c.seats, c.opened)
        return self._db.write(
            f"INSERT INTO class VALUES ({', '.join('?' * 10)})", *values, c.opened, c.lesson
        )

    def add(self, id: str, number: int, fact: Fact) -> int:
        self._db.write("UPDATE class SET used = ? WHERE id = ?", fact.at, id)
        text = pack(fact).decode()
        return self._db.write("INSERT INTO class_fact VALUES (?, ?, ?)", id, number, text)

    def forget(self, id: str) -> int:
        self._db.write("DELETE FROM class_fact WHERE class = ?", id)
        return self._db.write("DELETE FROM class WHERE id = ?", id)

    async def until_safe(self, number: int) -> bool:
        return await self._db.until_safe(number)

    async def load(self) -> list[Kept]:
        classes = await self._db.read("SELECT * FROM class ORDER BY opened")
        facts = await self._db.read("SELECT class, fact FROM class_fact ORDER BY class, number")
        return list(_kept(classes, facts))


def _kept(classes: list[tuple[object, ...]], facts: list[tuple[str, str]]) -> Iterator[Kept]:
    of: dict[str, list[Fact]] = {}
    for id, text in facts:
        of.setdefault(id, []).append(unpack(text.encode()))
    for *row, title, nodes, seats, opened, used, lesson in classes:
        plain = [*row, json.loads(str(title)), json.loads(str(nodes)), seats, opened, lesson]
        made = msgspec.convert(dict(zip(Opened.__struct_fields__, plain, strict=True)), Opened)
        yield Kept(made, int(str(used)), of.get(made.id, []))
