"""What a client watches: its own notes, kept so that it can tell its next server (ClientWatchManager)."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from protocols.zookeeper.operations import (
    AddWatch,
    Exists,
    GetChildren,
    GetData,
    Operation,
    RemoveWatches,
    SetWatches,
    SetWatches2,
)

CREATED, DELETED, CHANGED, CHILDREN = 1, 2, 3, 4


class Watched(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Paths, each list in order and without doubles. `exist` holds those of an exists that found nothing."""

    data: tuple[str, ...] = ()
    exist: tuple[str, ...] = ()
    child: tuple[str, ...] = ()
    persistent: tuple[str, ...] = ()
    recursive: tuple[str, ...] = ()

    def after(self, op: Operation, error: int) -> Watched:
        """What it watches after `op` was answered with `error`."""
        if isinstance(op, Exists) and op.watch:
            return self.put("exist" if error else "data", op.path)
        if error:
            return self
        if isinstance(op, GetData) and op.watch:
            return self.put("data", op.path)
        if isinstance(op, GetChildren) and op.watch:
            return self.put("child", op.path)
        if isinstance(op, AddWatch):
            return self.put("recursive" if op.mode else "persistent", op.path)
        if isinstance(op, RemoveWatches):
            return self.removed(op.path, op.kind)
        return self

    def fired(self, event: int, path: str) -> Watched:
        """One-shot watches are over once they have fired; the others stay."""
        kinds = {
            CREATED: ("data", "exist"),
            CHANGED: ("data", "exist"),
            DELETED: ("data", "exist", "child"),
            CHILDREN: ("child",),
        }
        return self.without(path, kinds.get(event, ()))

    def removed(self, path: str, kind: int) -> Watched:
        kinds = {1: ("child",), 2: ("data", "exist")}
        return self.without(path, kinds.get(kind, ("data", "exist", "child", "persistent", "recursive")))

    def put(self, kind: str, path: str) -> Watched:
        paths = getattr(self, kind)
        return self if path in paths else replace(self, **{kind: (*paths, path)})

    def without(self, path: str, kinds: tuple[str, ...]) -> Watched:
        hit = {kind: getattr(self, kind) for kind in kinds if path in getattr(self, kind)}
        if not hit:
            return self
        return replace(self, **{kind: tuple(p for p in paths if p != path) for kind, paths in hit.items()})

    def request(self, last_zxid: int) -> SetWatches | None:
        """What tells a new server of them all; None where there is nothing to tell."""
        if self.persistent or self.recursive:
            return SetWatches2(last_zxid, self.data, self.exist, self.child, self.persistent, self.recursive)
        if self.data or self.exist or self.child:
            return SetWatches(last_zxid, self.data, self.exist, self.child)
        return None
