"""The watches that a server's own clients have set: whom to tell of what (`WatchManager`).

As in the real server there are two tables, one for data and one for children; a watch for existence is one
for data. What a znode's fate fires:

    NodeCreated, NodeDataChanged    data watches
    NodeDeleted                     data and child watches, each session once
    NodeChildrenChanged             child watches of its parent

A standard watch fires once and is gone. A persistent one stays, and is in both tables; so is a recursive one,
which also holds for all znodes below, and is never told of children. A session may have several modes of
watch on a path, each for itself (3.9; in 3.8 the last one replaced the others, ZOOKEEPER-4466).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from rpds import HashTrieMap, HashTrieSet

from protocols.traced import Traced, digest64, total64
from protocols.zookeeper.apply import Change, Changes, Event
from protocols.zookeeper.errors import Code
from protocols.zookeeper.operations import Exists, GetChildren, GetData, Operation, SetWatches, SetWatches2
from protocols.zookeeper.paths import ancestors
from protocols.zookeeper.tree import Tree

if TYPE_CHECKING:
    Modes: TypeAlias = HashTrieMap[int, int]

STANDARD, PERSISTENT, RECURSIVE = 1, 2, 4
"""Modes, as bits."""

CHILDREN_KIND, DATA_KIND, ANY_KIND = 1, 2, 3
"""What checkWatches and removeWatches ask for (`WatcherType`)."""

KINDS = {
    "data": STANDARD,
    "exist": STANDARD,
    "child": STANDARD,
    "persistent": PERSISTENT,
    "recursive": RECURSIVE,
}

BY_ADD_MODE = {0: "persistent", 1: "recursive"}
"""The kind that an addWatch asks for by its mode; with any other the answer is MARSHALLING_ERROR."""

Told = tuple[int, Event, str]
"""A session, and the event that it is sent."""


class Table:
    """One of the two: modes by path and session. A value, like the tree."""

    __slots__ = ("_modes", "_paths", "_recursive", "digest", "size")

    def __init__(
        self,
        modes: HashTrieMap[str, Modes],
        paths: HashTrieMap[int, HashTrieSet[str]],
        size: int = 0,
        recursive: int = 0,
        digest: int = 0,
    ) -> None:
        self._modes = modes
        self._paths = paths
        """By session."""
        self.size = size
        """Pairs of a path and a session, as the real server counts."""
        self._recursive = recursive
        """How many of them are recursive: with none, no ancestor need be asked."""
        self.digest = digest

    def modes(self, session: int, path: str) -> int:
        return self._at(path).get(session, 0)

    def sessions(self) -> tuple[int, ...]:
        return tuple(sorted(self._paths))

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._modes))

    def at(self, path: str) -> tuple[tuple[int, int], ...]:
        """Who watches here: sessions and their modes."""
        return tuple(sorted(self._at(path).items()))

    def of(self, session: int) -> tuple[str, ...]:
        return tuple(sorted(self._paths.get(session, ())))

    def counts(self) -> tuple[int, int, int]:
        """Sessions, paths, and pairs of them."""
        return len(self._paths), len(self._modes), self.size

    def add(self, session: int, path: str, mode: int) -> Table:
        return self._set(session, path, self.modes(session, path) | mode)

    def remove(self, session: int, path: str) -> Table:
        return self._set(session, path, 0)

    def drop(self, session: int) -> Table:
        table = self
        for path in self._paths.get(session, ()):
            table = table.remove(session, path)
        return table

    def fire(self, event: Event, path: str) -> tuple[Table, set[int]]:
        """The sessions to tell; their standard watches on this path are gone."""
        table, told = self, set()
        for session, modes in self._at(path).items():
            if modes & (STANDARD | PERSISTENT):
                told.add(session)
            if modes & STANDARD:
                table = table._set(session, path, modes & ~STANDARD)
        if self._recursive and event is not Event.CHILDREN:
            told.update(s for above in ancestors(path) for s, m in self._at(above).items() if m & RECURSIVE)
        return table, told

    def _at(self, path: str) -> Modes:
        return self._modes.get(path, NOBODY)

    def _set(self, session: int, path: str, modes: int) -> Table:
        here, mine = self._at(path), self._paths.get(session, NOWHERE)
        was = here.get(session, 0)
        if modes == was:
            return self
        here = here.insert(session, modes) if modes else here.remove(session)
        mine = mine.insert(path) if modes else mine.remove(path)
        more = (digest64(session, path, modes) if modes else 0) - (digest64(session, path, was) if was else 0)
        return Table(
            self._modes.insert(path, here) if here else self._modes.remove(path),
            self._paths.insert(session, mine) if mine else self._paths.remove(session),
            self.size + bool(modes) - bool(was),
            self._recursive + bool(modes & RECURSIVE) - bool(was & RECURSIVE),
            total64(self.digest, more),
        )


NOBODY: HashTrieMap[int, int] = HashTrieMap()
NOWHERE: HashTrieSet[str] = HashTrieSet()


class Watches(Traced):
    """Both tables. Equal when their digests and sizes are."""

    __slots__ = ("child", "data")

    def __init__(self, data: Table | None = None, child: Table | None = None) -> None:
        self.data = data or Table(HashTrieMap(), HashTrieMap())
        self.child = child or Table(HashTrieMap(), HashTrieMap())

    def add(self, session: int, kind: str, path: str) -> Watches:
        """`kind` is data, exist, child, persistent or recursive."""
        mode = KINDS[kind]
        data = self.data if kind == "child" else self.data.add(session, path, mode)
        child = self.child if kind in ("data", "exist") else self.child.add(session, path, mode)
        return Watches(data, child)

    def check(self, session: int, kind: int, path: str) -> bool:
        """Whether there is one to remove; where there is none, the answer is NO_WATCHER."""
        return any(table.modes(session, path) for table in self._tables(kind))

    def remove(self, session: int, kind: int, path: str) -> Watches:
        data = self.data.remove(session, path) if kind != CHILDREN_KIND else self.data
        child = self.child.remove(session, path) if kind != DATA_KIND else self.child
        return Watches(data, child)

    def drop(self, session: int) -> Watches:
        """Without any of a connection that has ended."""
        return Watches(self.data.drop(session), self.child.drop(session))

    def fire(self, changes: Changes) -> tuple[Watches, tuple[Told, ...]]:
        """What an applied transaction changes, in its order; of each change the sessions in theirs."""
        data, child = self.data, self.child
        told: list[Told] = []
        for event, path in changes:
            sessions: set[int] = set()
            if event is not Event.CHILDREN:
                data, sessions = data.fire(event, path)
            if event in (Event.CHILDREN, Event.DELETED):
                child, more = child.fire(event, path)
                sessions |= more
            told += [(session, event, path) for session in sorted(sessions)]
        return Watches(data, child), tuple(told)

    def _tables(self, kind: int) -> Iterator[Table]:
        if kind != CHILDREN_KIND:
            yield self.data
        if kind != DATA_KIND:
            yield self.child

    def counts(self) -> tuple[int, int, int]:
        """Connections, paths and watches, as `wchs` tells them: of the data table alone."""
        return self.data.counts()

    def of(self, session: int) -> tuple[tuple[str, str], ...]:
        """This session's watches: path and kind, sorted."""
        return tuple(
            sorted((path, kind) for path in self._paths_of(session) for kind in self._kinds(session, path))
        )

    def at(self, path: str) -> tuple[tuple[int, str], ...]:
        """Who watches this very path: session and kind, sorted."""
        sessions = {session for table in (self.data, self.child) for session, _ in table.at(path)}
        return tuple(sorted((session, kind) for session in sessions for kind in self._kinds(session, path)))

    def _paths_of(self, session: int) -> Iterable[str]:
        return {*self.data.of(session), *self.child.of(session)}

    def _kinds(self, session: int, path: str) -> Iterator[str]:
        data, child = self.data.modes(session, path), self.child.modes(session, path)
        if data & STANDARD:
            yield "data"
        if child & STANDARD:
            yield "child"
        if (data | child) & PERSISTENT:
            yield "persistent"
        if (data | child) & RECURSIVE:
            yield "recursive"

    # --- as a value -----------------------------------------------------------------------------------------

    def _key(self) -> tuple[int, ...]:
        return self.data.size, self.data.digest, self.child.size, self.child.digest

    def traced(self) -> dict[str, Any]:
        digest = total64(self.data.digest, 3 * self.child.digest)
        return {"data": self.data.size, "child": self.child.size, "digest": f"{digest:#018x}"}

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Watches) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Watches({self.data.size} data, {self.child.size} child)"


def left_by(operation: Operation, code: Code) -> tuple[str, str] | None:
    """The kind and the path of the watch that a read leaves, which was answered with `code`. Of a missing
    znode only its existence can be watched."""
    match operation:
        case GetData(path, True) if code is Code.OK:
            return "data", path
        case Exists(path, True) if code in (Code.OK, Code.NO_NODE):
            return ("data" if code is Code.OK else "exist"), path
        case GetChildren(path, True) if code is Code.OK:
            return "child", path
    return None


def set_watches(
    watches: Watches, tree: Tree, session: int, operation: SetWatches
) -> tuple[Watches, tuple[Change, ...]]:
    """A client is here that had these watches elsewhere, with what it has missed meanwhile: a watch whose
    event has happened since `relative_zxid` fires now, any other is set (`DataTree.setWatches`)."""
    missed: list[Change] = []

    def settle(kind: str, path: str, event: Event | None) -> None:
        nonlocal watches
        if event is None:
            watches = watches.add(session, kind, path)
        else:
            missed.append((event, path))

    for path in operation.data:
        node = tree.get(path)
        changed = node is not None and node.mzxid > operation.relative_zxid
        settle("data", path, Event.DELETED if node is None else Event.DATA if changed else None)
    for path in operation.exist:
        settle("exist", path, Event.CREATED if path in tree else None)
    for path in operation.child:
        node = tree.get(path)
        changed = node is not None and node.pzxid > operation.relative_zxid
        settle("child", path, Event.DELETED if node is None else Event.CHILDREN if changed else None)
    if isinstance(operation, SetWatches2):
        for path in operation.persistent:
            settle("persistent", path, None)
        for path in operation.recursive:
            settle("recursive", path, None)
    return watches, tuple(missed)
