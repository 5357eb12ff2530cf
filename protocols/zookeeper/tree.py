"""The tree of znodes, as a value: it never changes, a write gives another one.

Trees made from one another share nearly everything (persistent hash tries, Bagwell), so a write costs
O(log n) and keeping a moment nothing. What iterating a trie gives first depends on the process: here every
answer that lists something is sorted.

Two trees are the same when their digests and sizes are: the digest is the sum, modulo 2^64, of a hash of
each znode, so it does not depend on how a tree came about, and a write needs to hash only what it writes.
ZooKeeper compares its servers' trees in the same way since 3.6 (`AdHash`).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from typing import Any, TypeAlias

from msgspec.structs import replace
from rpds import HashTrieMap, HashTrieSet

from protocols.traced import Traced, total64
from protocols.zookeeper.operations import READ, Acl
from protocols.zookeeper.paths import CONFIG, QUOTA, ROOT, ZOOKEEPER, join, name_of, parent_of
from protocols.zookeeper.znode import CHILDLESS, Znode, digest_of

Paths: TypeAlias = "HashTrieSet[str]"

NONE: Paths = HashTrieSet()


class Tree(Traced):
    """All znodes by path, and what is looked for by something else."""

    __slots__ = ("_nodes", "digest", "ephemerals", "expendable", "limited")

    def __init__(
        self,
        nodes: HashTrieMap[str, Znode],
        digest: int,
        ephemerals: HashTrieMap[int, Paths],
        expendable: Paths,
        limited: Paths,
    ) -> None:
        self._nodes = nodes
        self.digest = digest
        self.ephemerals = ephemerals
        """Their paths, by session."""
        self.expendable = expendable
        """Containers and TTL nodes, which the leader deletes in the end."""
        self.limited = limited
        """The paths that have a quota."""

    # --- reading --------------------------------------------------------------------------------------------

    def get(self, path: str) -> Znode | None:
        return self._nodes.get(path)

    def __getitem__(self, path: str) -> Znode:
        return self._nodes[path]

    def __contains__(self, path: str) -> bool:
        return path in self._nodes

    def __len__(self) -> int:
        """How many znodes. (The real server's "Node count" counts the root twice.)"""
        return len(self._nodes)

    def children(self, path: str) -> tuple[str, ...]:
        """Names, sorted."""
        return tuple(sorted(self._nodes[path].children))

    def page(self, path: str, after: str = "", most: int = 100) -> tuple[str, ...]:
        """At most so many of the names that follow `after`, sorted, for whoever need not see them all."""
        return tuple(nsmallest(most, (name for name in self._nodes[path].children if name > after)))

    def walk(self, path: str = ROOT) -> Iterator[tuple[str, Znode]]:
        """A znode and all below it: parents before children, siblings sorted."""
        todo = [path]
        while todo:
            path = todo.pop()
            node = self._nodes[path]
            yield path, node
            todo += [join(path, name) for name in sorted(node.children, reverse=True)]

    def below(self, path: str) -> int:
        """How many znodes are below this one."""
        if path == ROOT:
            return len(self) - 1
        count, todo = 0, [path]
        while todo:
            path = todo.pop()
            children = self._nodes[path].children
            count += len(children)
            todo += [join(path, name) for name in children]
        return count

    def ephemerals_of(self, session: int) -> tuple[str, ...]:
        return tuple(sorted(self.ephemerals.get(session, NONE)))

    def sessions(self) -> tuple[int, ...]:
        """The sessions that have ephemerals."""
        return tuple(sorted(self.ephemerals))

    def expired(self, now_ms: int) -> tuple[str, ...]:
        """The containers and TTL nodes that the leader is to delete now (`ContainerManager`)."""
        return tuple(sorted(p for p in self.expendable if self._nodes[p].is_expendable(now_ms)))

    # --- writing --------------------------------------------------------------------------------------------

    def create(self, path: str, node: Znode, creates: int) -> Tree:
        """With `node`, childless, at a path that is free; `creates` is its parent's from now on."""
        above = parent_of(path)
        parent = self._nodes[above]
        changed = replace(
            parent,
            children=parent.children.insert(name_of(path)),
            creates=max(parent.creates, creates),
            pzxid=max(parent.pzxid, node.czxid),
        )
        twin = self._put(above, changed, parent.digest)._put(path, node, 0)
        if node.owner:
            mine = self.ephemerals.get(node.owner, NONE)
            twin.ephemerals = self.ephemerals.insert(node.owner, mine.insert(path))
        if node.container or node.ttl:
            twin.expendable = self.expendable.insert(path)
        return twin

    def delete(self, path: str, zxid: int) -> Tree:
        """Without a znode that has no children."""
        node, above = self._nodes[path], parent_of(path)
        parent = self._nodes[above]
        left = parent.children.remove(name_of(path))
        changed = replace(parent, children=left or CHILDLESS, pzxid=max(parent.pzxid, zxid))
        twin = self._put(above, changed, parent.digest)
        twin._nodes = twin._nodes.remove(path)
        twin.digest = total64(twin.digest, -node.digest)
        if node.owner:
            mine = self.ephemerals[node.owner].remove(path)
            rest = self.ephemerals
            twin.ephemerals = rest.insert(node.owner, mine) if mine else rest.remove(node.owner)
        twin.expendable = self.expendable.discard(path)
        return twin

    def change(self, path: str, **fields: Any) -> Tree:
        """With other data, another ACL, other versions: neither children nor owner."""
        node = self._nodes[path]
        return self._put(path, replace(node, **fields), node.digest)

    def limit(self, path: str, is_limited: bool) -> Tree:
        """With `path` among those that have a quota, or not."""
        twin = self._copy()
        twin.limited = self.limited.insert(path) if is_limited else self.limited.discard(path)
        return twin

    def _put(self, path: str, node: Znode, was: int) -> Tree:
        """With `node` at `path`, where one with digest `was` is now."""
        digest = digest_of(path, node)
        twin = self._copy()
        twin._nodes = self._nodes.insert(path, replace(node, digest=digest))
        twin.digest = total64(self.digest, digest - was)
        return twin

    def _copy(self) -> Tree:
        return Tree(self._nodes, self.digest, self.ephemerals, self.expendable, self.limited)

    # --- as a value -----------------------------------------------------------------------------------------

    def traced(self) -> dict[str, Any]:
        return {"znodes": len(self), "digest": f"{self.digest:#018x}"}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        return self.digest == other.digest and len(self) == len(other)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Tree({len(self)} znodes, {self.digest:#018x})"


def empty(config: bytes = b"", config_zxid: int = 0, now_ms: int = 0) -> Tree:
    """The tree of an ensemble that has never been written to. Its configuration is a znode, read-only
    unless one is super; servers put it there themselves, in no transaction."""
    nodes = {
        ROOT: Znode(b"", children=HashTrieSet([name_of(ZOOKEEPER)])),
        ZOOKEEPER: Znode(b"", children=HashTrieSet([name_of(CONFIG), name_of(QUOTA)])),
        QUOTA: Znode(b""),
        CONFIG: Znode(
            config,
            acl=(Acl(READ, "world", "anyone"),),
            mzxid=config_zxid,
            mtime=now_ms,
            version=-1,
            aversion=-1,
        ),
    }
    tree = Tree(HashTrieMap(), 0, HashTrieMap(), NONE, NONE)
    for path, node in nodes.items():
        tree = tree._put(path, node, 0)
    return tree
