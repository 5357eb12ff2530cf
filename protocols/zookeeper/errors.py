"""What can go wrong with a request: ZooKeeper's error codes (`KeeperException.Code`), by their numbers."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """Zero and above never travel as errors; each name is `KeeperException`'s."""

    OK = 0
    RUNTIME_INCONSISTENCY = -2
    """In the results of a failed `multi`: an operation behind the culprit."""
    CONNECTION_LOSS = -4
    MARSHALLING_ERROR = -5
    UNIMPLEMENTED = -6
    BAD_ARGUMENTS = -8
    NO_NODE = -101
    NO_AUTH = -102
    BAD_VERSION = -103
    NO_CHILDREN_FOR_EPHEMERALS = -108
    NODE_EXISTS = -110
    NOT_EMPTY = -111
    SESSION_EXPIRED = -112
    INVALID_ACL = -114
    AUTH_FAILED = -115
    SESSION_MOVED = -118
    NO_WATCHER = -121
    QUOTA_EXCEEDED = -125


class ZooKeeperError(Exception):
    """A request that failed with `code`; `path` is the znode it was about, "" where there is none."""

    def __init__(self, code: Code, path: str = "") -> None:
        super().__init__(code.name, path)
        self.code = code
        self.path = path
