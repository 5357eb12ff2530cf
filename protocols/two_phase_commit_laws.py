"""The laws of atomic commitment, as 2PC keeps them under every fault."""

from __future__ import annotations

from protocols import atomic_commit_laws as laws


class Atomicity(laws.Atomicity):
    id = "2pc-atomicity"


class Stability(laws.Stability):
    id = "2pc-stability"


class Validity(laws.Validity):
    id = "2pc-validity"


class LocksHeld(laws.LocksHeld):
    id = "2pc-locks"


class Conservation(laws.Conservation):
    id = "2pc-conservation"


LAWS = (Atomicity, Stability, Validity, LocksHeld, Conservation)
