"""A znode, as the tree stores it."""

from __future__ import annotations

import msgspec
from rpds import HashTrieSet

from protocols.traced import digest64
from protocols.zookeeper.operations import OPEN, Acl, Stat

CHILDLESS: HashTrieSet[str] = HashTrieSet()


class Znode(msgspec.Struct, frozen=True, gc=False):
    """Everything but its path. Of `children`, names, the order means nothing: sort them."""

    data: bytes | None
    acl: tuple[Acl, ...] = OPEN
    czxid: int = 0
    mzxid: int = 0
    pzxid: int = 0
    ctime: int = 0
    mtime: int = 0
    version: int = 0
    aversion: int = 0
    creates: int = 0
    """How many children have ever been created here: the next sequence number."""
    owner: int = 0
    """The session that an ephemeral belongs to."""
    container: bool = False
    ttl: int = 0
    """In milliseconds."""
    children: HashTrieSet[str] = CHILDLESS
    digest: int = 0

    @property
    def stat(self) -> Stat:
        """As the wire has it: cversion counts creates and deletes, and only creates are stored."""
        number = len(self.children)
        return Stat(
            self.czxid,
            self.mzxid,
            self.ctime,
            self.mtime,
            self.version,
            2 * self.creates - number,
            self.aversion,
            self.owner,
            len(self.data or b""),
            number,
            self.pzxid,
        )

    def is_expendable(self, now_ms: int) -> bool:
        """Whether the leader is to delete it: an empty container that has had children, or a TTL node
        without any that nobody has changed for longer than its `ttl`."""
        if self.children:
            return False
        return self.creates > 0 if self.container else 0 < self.ttl < now_ms - self.mtime


def digest_of(path: str, node: Znode) -> int:
    """64 bits of all that a znode is; its children are znodes of their own."""
    n = node
    entries = [(a.perms, a.scheme, a.id) for a in n.acl]
    times = (n.czxid, n.mzxid, n.pzxid, n.ctime, n.mtime, n.version, n.aversion, n.creates)
    return digest64(path, n.data, entries, times, n.owner, n.container, n.ttl)
