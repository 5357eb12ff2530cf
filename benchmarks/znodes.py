"""ZooKeeper's tree against plain dictionaries, which keep no moment, index nothing and compare by looking.

The price of a value is what a write costs more; what it buys is a moment kept for nothing.
"""

from __future__ import annotations

import copy
import gc
import resource
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Ratio, rates
from protocols.zookeeper.apply import apply
from protocols.zookeeper.operations import OPEN, Create
from protocols.zookeeper.prepare import prepare
from protocols.zookeeper.transactions import CreateTxn, Transaction
from protocols.zookeeper.tree import Tree, empty

CHILDREN = 10_000
ZNODES = 100_000
WRITES = 5_000
MANY = 200_000

Plain = dict[str, tuple[bytes, list[int], set[str]]]


def write(tree: Tree, path: str, data: bytes, zxid: int) -> Tree:
    body = CreateTxn(path, data, OPEN, zxid)
    return apply(tree, Transaction(zxid, 1, zxid, zxid, body)).tree


def write_plain(tree: Plain, path: str, data: bytes, zxid: int) -> None:
    parent, _, name = path.rpartition("/")
    above = tree[parent or "/"]
    above[2].add(name)
    above[1][5] += 1
    above[1][10] = zxid
    tree[path] = (data, [zxid, zxid, zxid, zxid, 0, 0, 0, 0, len(data), 0, zxid], set())


def paths(znodes: int) -> list[str]:
    """One znode for every `CHILDREN` of them, and the rest below it."""
    found: list[str] = []
    while len(found) < znodes:
        parent = f"/p{len(found)}"
        found += [parent, *(f"{parent}/c{n}" for n in range(min(CHILDREN, znodes - len(found) - 1)))]
    return found


def grown(znodes: int) -> Tree:
    tree = empty()
    for zxid, path in enumerate(paths(znodes), start=1):
        tree = write(tree, path, b"value", zxid)
    return tree


def grown_plain(znodes: int) -> Plain:
    tree: Plain = {"/": (b"", [0] * 11, set())}
    for zxid, path in enumerate(paths(znodes), start=1):
        write_plain(tree, path, b"value", zxid)
    return tree


def creates(base: Tree) -> Callable[[], int]:
    """Children of a znode that has 10 000, as a server that is no leader applies them."""

    def run() -> int:
        tree = base
        for n in range(WRITES):
            tree = write(tree, f"/p0/n{n}", b"value", 1_000_000 + n)
        return WRITES

    return run


def prepared(base: Tree) -> Callable[[], int]:
    """The same, with the leader's checks."""

    def run() -> int:
        tree = base
        for n in range(WRITES):
            zxid = 1_000_000 + n
            body = prepare(tree, Create(f"/p0/n{n}", b"value", OPEN), 1, (), zxid, zxid)
            tree = apply(tree, Transaction(zxid, 1, n, zxid, body)).tree
        return WRITES

    return run


def plain_creates(base: Plain) -> Callable[[], int]:
    """The same in place; the next round overwrites what this one has added."""

    def run() -> int:
        for n in range(WRITES):
            write_plain(base, f"/p0/n{n}", b"value", 1_000_000 + n)
        return WRITES

    return run


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def bytes_each(build: Callable[[int], object]) -> float:
    """Memory a znode: what the process grows by while it builds many."""
    gc.collect()
    before = resident()
    kept = build(MANY)
    grew = resident() - before
    del kept
    gc.collect()
    return grew / MANY


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def report() -> list[Ratio]:
    ours, theirs = bytes_each(grown), bytes_each(grown_plain)
    tree, plain = grown(ZNODES), grown_plain(ZNODES)
    found = rates({"plain": plain_creates(plain), "ours": creates(tree), "leader": prepared(tree)})
    moment = seconds(lambda: [copy.copy(tree) for _ in range(1000)]) / 1000
    deep = seconds(lambda: copy.deepcopy(plain))
    scale = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in found.items())
    return [
        Ratio(f"creates at {ZNODES} znodes, {CHILDREN} siblings / in plain dictionaries",
              found["ours"] / found["plain"], 0.05, True, scale),
        Ratio("creates with the leader's checks / applied only", found["leader"] / found["ours"], 0.5, True),
        Ratio("memory a znode / in plain dictionaries", ours / theirs, 1.5, False,
              f"{ours:.0f} against {theirs:.0f} bytes: {ours / 1e3:.2f} GB a million"),
        Ratio("a moment kept / copy.deepcopy of the dictionaries", moment / deep, 0.001, False,
              f"{moment * 1e6:.1f} µs against {deep:.2f} s"),
    ]  # fmt: skip
