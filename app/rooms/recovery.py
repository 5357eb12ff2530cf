"""How a room comes back: its branches are computed again from what `keeping` wrote down.

Whatever made its history then must make it now. After a change of the protocols or the simulator the same
commands may give another one: then the room gets a new life, so that no page goes on in a history that it has
not seen; and where they no longer fit, it begins anew.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from app.rooms.branch import Branch
from app.rooms.keeping import Kept, forget_room
from app.rooms.tree import Tree
from app.settings import Settings
from app.sim.config import ClusterConfig, read_config
from app.sim.errors import Refused
from app.sim.keyframe import Unreadable, code, thaw
from app.sim.timeline import Journal, Timeline
from app.storage.database import Database

log = logging.getLogger("quorumscope.rooms")


@dataclass(frozen=True)
class Stored:
    """The rows of one room."""

    id: str
    title: dict[str, str]
    config: dict[str, Any]
    token: bytes
    life: str
    code: str
    branch: str
    made: int
    branches: list[tuple[Any, ...]]
    commands: dict[str, Journal]
    keyframes: dict[str, list[tuple[int, bytes]]]


@dataclass(frozen=True)
class Recovered:
    title: dict[str, str]
    config: ClusterConfig
    token: bytes
    life: str
    tree: Tree
    kept: dict[str, Kept] | None
    """What is written down of it already; None: nothing that is still true."""


async def read_room(database: Database, id: str) -> Stored | None:
    rooms = await database.read(
        "SELECT title, config, token, life, code, branch, made FROM rooms WHERE id = ?", id
    )
    if not rooms:
        return None
    title, config, token, life, made_by, branch, made = rooms[0]
    commands: dict[str, Journal] = {}
    for name, *entry in await database.read(
        "SELECT branch, seq, time, text FROM commands WHERE room = ? ORDER BY branch, seq", id
    ):
        commands.setdefault(name, []).append((entry[0], entry[1], entry[2]))
    keyframes: dict[str, list[tuple[int, bytes]]] = {}
    for name, seq, data in await database.read(
        "SELECT branch, seq, data FROM keyframes WHERE room = ? ORDER BY branch, seq", id
    ):
        keyframes.setdefault(name, []).append((seq, data))
    branches = await database.read(
        "SELECT id, parent, fork_seq, fork_time, private, playing, speed, whole, seq, time FROM branches"
        " WHERE room = ? ORDER BY rowid",
        id,
    )
    return Stored(
        *(id, json.loads(title), json.loads(config), token, life, made_by, branch, made),
        *(branches, commands, keyframes),
    )


async def forget_old(database: Database, asleep: set[str], since: float, most: int) -> None:
    """Those of the sleeping rooms that have not been used since then, and the oldest of more than `most`."""
    rows = await database.read("SELECT id, used FROM rooms ORDER BY used DESC")
    sleeping = [(id, used) for id, used in rows if id in asleep]
    for n, (id, used) in enumerate(sleeping):
        if (n >= most or used < since) and id in asleep:
            asleep.discard(id)
            forget_room(database, id)


def recover(stored: Stored, settings: Settings) -> Recovered:
    """Seconds of work at most; it touches nothing that others use."""
    config = read_config(stored.config)
    same = stored.code == code()
    known = Recovered(stored.title, config, stored.token, stored.life, _nothing(config, settings), None)
    try:
        tree, kept = _Branches(stored, config, settings, same).all()
        return _with(known, tree, kept) if same else _with(known, tree, None)
    except (Refused, Unreadable) as error:
        log.error("Room %s begins anew, for its history cannot be computed again: %s", stored.id, error)
        return _with(known, known.tree, None)


def _with(known: Recovered, tree: Tree, kept: dict[str, Kept] | None) -> Recovered:
    life = known.life if kept is not None else secrets.token_hex(6)
    return Recovered(known.title, known.config, known.token, life, tree, kept)


def _nothing(config: ClusterConfig, settings: Settings) -> Tree:
    return Tree(Branch("b1", Timeline(config, settings.max_events)), settings.max_branches)


@dataclass
class _Branches:
    stored: Stored
    config: ClusterConfig
    settings: Settings
    same: bool
    """It is the same code that made all this."""

    def all(self) -> tuple[Tree, dict[str, Kept]]:
        made: dict[str, Branch] = {}
        kept: dict[str, Kept] = {}
        for row in self.stored.branches:
            made[row[0]], kept[row[0]] = self._branch(row, made)
        current = made.get(self.stored.branch)
        if current is None:
            raise Refused("unknown-branch", branch=self.stored.branch)
        tree = Tree(current, self.settings.max_branches)
        tree.hold(made.values(), self.stored.made)
        return tree, kept

    def _branch(self, row: tuple[Any, ...], made: dict[str, Branch]) -> tuple[Branch, Kept]:
        id, parent, fork_seq, fork_time, private, playing, speed, whole, seq, time = row
        commands = self.stored.commands.get(id, [])
        keyframes = self.stored.keyframes.get(id, [])
        bases = [0] * whole + [base for base, _ in keyframes]
        above = made.get(parent)
        if above is not None and bases[0] <= fork_seq and _remembers(above, fork_seq):
            line = above.timeline.fork(fork_seq, fork_time)
        elif whole:
            line = Timeline(self.config, self.settings.max_events)
        else:
            line = self._from(keyframes[0][1])
        _go_on(line, [entry for entry in commands if entry[0] >= line.head], seq, time)
        branch = Branch(id, line, fork_seq=fork_seq, fork_time=fork_time, private=bool(private))
        branch.parent, branch.playing, branch.speed = parent, bool(playing), speed
        since = sum(entry[0] >= bases[-1] for entry in commands)
        return branch, Kept(bases, commands[-1][0] if commands else -1, since)

    def _from(self, keyframe: bytes) -> Timeline:
        if not self.same:
            raise Unreadable("it was made by another version")
        return Timeline.begin_at(self.config, thaw(self.config, keyframe), self.settings.max_events)


def _remembers(branch: Branch, seq: int) -> bool:
    return branch.timeline.oldest <= seq <= branch.timeline.head


def _go_on(line: Timeline, commands: Journal, seq: int | None, time: int) -> None:
    """To where it stood, or on to where it may have run."""
    line.go_on(commands, seq or line.head, None if seq is None else time)
    if seq is None:
        line.advance(time)
