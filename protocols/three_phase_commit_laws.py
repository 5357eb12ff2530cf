"""The laws of atomic commitment. 3PC keeps them when nodes crash; in a partition, with quorums."""

from __future__ import annotations

from protocols import atomic_commit_laws as laws


class Atomicity(laws.Atomicity):
    id = "3pc-atomicity"


class Stability(laws.Stability):
    id = "3pc-stability"


class Validity(laws.Validity):
    id = "3pc-validity"


class LocksHeld(laws.LocksHeld):
    id = "3pc-locks"


class Conservation(laws.Conservation):
    id = "3pc-conservation"


LAWS = (Atomicity, Stability, Validity, LocksHeld, Conservation)
