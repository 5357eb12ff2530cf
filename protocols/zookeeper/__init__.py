"""ZooKeeper on ZAB: znodes, sessions, watches. Begin with `actor.py` for servers, `client.py` for clients."""

from protocols.zookeeper.actor import ZooKeeper
from protocols.zookeeper.client_state import ClientOptions, ClientState
from protocols.zookeeper.state import ZooKeeperOptions, ZooKeeperState
from protocols.zookeeper.tasks import ZooKeeperClient

__all__ = [
    "ClientOptions",
    "ClientState",
    "ZooKeeper",
    "ZooKeeperClient",
    "ZooKeeperOptions",
    "ZooKeeperState",
]
