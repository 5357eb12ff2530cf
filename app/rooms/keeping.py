"""How a room is written down: its configuration, its branches, and the commands that were given in each.

A branch that stands is written down where it stands. One that runs is written down with a moment a little
ahead: nobody has been shown anything beyond it. Without a command the run up to there can only be what it
will be, so whoever comes back after a crash has seen a beginning of what is brought back.

A journal does not grow for ever: from time to time the branch itself is written down, as a keyframe, and what
was before the last but one is forgotten.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.rooms.branch import Branch
from app.rooms.tree import Tree
from app.rooms.valve import Valve
from app.sim.keyframe import code, freeze
from app.storage.database import Database, Value

if TYPE_CHECKING:
    from app.rooms.room import Room

AHEAD = 2.0
"""Seconds on the wall that a running branch may go on before it is written down again."""
EVENTS, COMMANDS = 20_000, 5_000
"""So much after one keyframe there is another: half a second's work to bring it back, or less."""
SHARE = 0.05
"""At most so much of the time is spent on keyframes."""

ROOM = """INSERT INTO rooms (id, title, config, token, life, code, branch, made, used)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title,
    config = excluded.config, token = excluded.token, life = excluded.life, code = excluded.code,
    branch = excluded.branch, made = excluded.made, used = excluded.used"""
BRANCH = """INSERT INTO branches (room, id, parent, fork_seq, fork_time, private, playing, speed, whole, seq,
    time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room, id) DO UPDATE SET
    parent = excluded.parent, playing = excluded.playing, speed = excluded.speed, whole = excluded.whole,
    seq = excluded.seq, time = excluded.time"""
COMMAND = "INSERT INTO commands (room, branch, seq, time, text) VALUES (?, ?, ?, ?, ?)"
KEYFRAME = "INSERT INTO keyframes (room, branch, seq, data) VALUES (?, ?, ?, ?)"

Row = tuple[Value, ...]


@dataclass
class Kept:
    """What is written down of one branch."""

    bases: list[int]
    """From where it can be brought back: its beginning (0), or keyframes; two at most, the older first."""
    told: int = -1
    """The event after which the latest command was given."""
    commands: int = 0
    """Those after the latest base."""
    promised: int = 0
    """Where it runs: the moment up to which it may be shown. 0: it stands."""
    row: Row = ()
    next_keyframe: float = 0.0


@dataclass
class Keeping:
    """Of one room. Asked after each change, it finds out by itself what is new."""

    room: Room
    database: Database
    branches: dict[str, Kept] = field(default_factory=dict)
    row: Row = ()

    @property
    def valve(self) -> Valve:
        return self.room.valve

    @property
    def runs(self) -> bool:
        """Somewhere in it a moment ahead is promised."""
        return any(kept.promised for kept in self.branches.values())

    def begin(self) -> None:
        """Everything anew."""
        forget_room(self.database, self.room.id)
        self.branches.clear()
        self.row = ()
        self.all()

    def all(self) -> None:
        tree = self.room.tree
        for name in [name for name in self.branches if tree.get(name) is None]:
            del self.branches[name]
            forget_branch(self.database, self.room.id, name)
        row = room_row(self.room, tree)
        if row != self.row:
            self.row = row
            self._must(ROOM, *row)
        for branch in tree:
            self.branch(branch)

    def branch(self, branch: Branch) -> None:
        kept = self.branches.get(branch.id)
        if kept is None:
            kept = self.branches[branch.id] = self._first(branch)
        self._commands(branch, kept)
        much = branch.timeline.head - kept.bases[-1] > EVENTS or kept.commands > COMMANDS
        if much and time.monotonic() >= kept.next_keyframe:
            self._keyframe(branch, kept)
        self._moment(branch, kept)

    # -- inside --------------------------------------------------------------------------------------

    def _must(self, sql: str, *values: Value) -> None:
        """Nobody is told anything more before this is safe."""
        self.valve.needed = self.database.write(sql, *values)

    def _first(self, branch: Branch) -> Kept:
        """A branch with little behind it is its commands; else it begins with a keyframe of its own."""
        line = branch.timeline
        kept = Kept(bases=[0])
        if line.origin or line.head > EVENTS or len(line.journal) > COMMANDS:
            kept.bases = []
            self._keyframe(branch, kept)
            kept.told = line.journal[-1][0] if line.journal else -1
        return kept

    def _commands(self, branch: Branch, kept: Kept) -> None:
        new = []
        for entry in reversed(branch.timeline.journal):
            if entry[0] <= kept.told:
                break
            new.append(entry)
        for seq, moment, text in reversed(new):
            self._must(COMMAND, self.room.id, branch.id, seq, moment, text)
            kept.told = seq
            kept.commands += 1

    def _moment(self, branch: Branch, kept: Kept) -> None:
        line, seq = branch.timeline, None
        in_time = False
        if self.room.runs(branch):
            ahead = max(1, round(AHEAD * min(branch.speed, 1.0) * 1_000_000))
            in_time = line.time <= kept.promised
            if line.time > kept.promised - ahead // 2:
                kept.promised = line.time + ahead
            moment = kept.promised
        else:
            seq, moment, kept.promised = line.head, line.time, 0
        row = (
            *(self.room.id, branch.id, branch.parent, branch.fork_seq, branch.fork_time, branch.private),
            *(branch.playing, branch.speed, 0 in kept.bases, seq, moment),
        )
        if row != kept.row:
            if in_time and row[:-1] == kept.row[:-1]:
                self.database.write(BRANCH, *row)  # nobody has to wait for it yet
            else:
                self._must(BRANCH, *row)
            kept.row = row

    def _keyframe(self, branch: Branch, kept: Kept) -> None:
        begun = time.monotonic()
        where, head = (self.room.id, branch.id), branch.timeline.head
        self.database.write(KEYFRAME, *where, head, freeze(branch.timeline.sim))
        kept.bases.append(head)
        kept.commands = 0
        if len(kept.bases) > 2:
            del kept.bases[0]
            for table in ("keyframes", "commands"):
                self.database.write(
                    f"DELETE FROM {table} WHERE room = ? AND branch = ? AND seq < ?", *where, kept.bases[0]
                )
        now = time.monotonic()
        kept.next_keyframe = now + (now - begun) / SHARE


def room_row(room: Room, tree: Tree) -> Row:
    unused = time.monotonic() - room.used
    return (
        room.id,
        json.dumps(room.title, ensure_ascii=False),
        room.config.model_dump_json(by_alias=True),
        room.token_hash,
        room.life,
        code(),
        tree.current.id,
        tree.made,
        (time.time() - unused) // 60 * 60,
    )


def forget_branch(database: Database, room: str, branch: str) -> None:
    for table in ("commands", "keyframes"):
        database.write(f"DELETE FROM {table} WHERE room = ? AND branch = ?", room, branch)
    database.write("DELETE FROM branches WHERE room = ? AND id = ?", room, branch)


def forget_room(database: Database, room: str) -> None:
    for table in ("commands", "keyframes", "branches"):
        database.write(f"DELETE FROM {table} WHERE room = ?", room)
    database.write("DELETE FROM rooms WHERE id = ?", room)
