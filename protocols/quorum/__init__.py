"""A Dynamo-style store: N replicas of a key, W and R. Begin with `actor.py`; clients: `client.py`."""

from protocols.quorum.actor import Quorum
from protocols.quorum.client import QuorumClient
from protocols.quorum.client_state import QuorumClientOptions, QuorumClientState
from protocols.quorum.state import QuorumOptions, QuorumState

__all__ = [
    "Quorum",
    "QuorumClient",
    "QuorumClientOptions",
    "QuorumClientState",
    "QuorumOptions",
    "QuorumState",
]
