"""ZAB: `Zab`, the actor, with its state and options. Begin with `actor.py`."""

from protocols.zab.actor import Zab
from protocols.zab.state import ZabOptions, ZabState
from protocols.zab.store import StoreState

__all__ = ["StoreState", "Zab", "ZabOptions", "ZabState"]
