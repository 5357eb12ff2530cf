"""One kazoo client on the live room at speed `max`: requests a second, sync, idle sessions, memory; and the
same requests to a real ensemble of three, where Apache ZooKeeper is installed.

The platform is a process of its own, and its CPU time is what counts."""

from __future__ import annotations

import os
import re
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kazoo.client import KazooClient

from benchmarks.fanout import process
from benchmarks.measure import ROUNDS, Ratio
from protocols.zookeeper import jute
from tests.zookeeper.apache import apache, installed

REQUESTS = 500
IDLE = 500


@contextmanager
def platform() -> Iterator[tuple[int, str]]:
    """A process of its own: its id, and where its ensemble is."""
    settings = {"PORT": "0", "SPEED": "max", "ZOOKEEPER_PORT": str(FIRST_PORT)}
    environment = {f"QUORUMSCOPE_{name}": value for name, value in settings.items()}
    with process("app", "serve", **environment) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child.pid, ",".join(f"127.0.0.1:{FIRST_PORT + n}" for n in range(5))


FIRST_PORT = 23181


@contextmanager
def client(hosts: str) -> Iterator[Any]:
    made = KazooClient(hosts)
    made.start(timeout=15)
    try:
        yield made
    finally:
        made.stop()
        made.close()


def cpu(pid: int) -> float:
    """Seconds that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """In megabytes."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def rate(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    for asked in [ask() for _ in range(REQUESTS)]:
        asked.get(timeout=60)
    return REQUESTS / (time.perf_counter() - begun)


def report() -> Iterator[Ratio]:
    with platform() as (pid, hosts):
        with client(hosts) as zk:
            used = cpu(pid)
            ours = requests_a_second(zk)
            spent = (cpu(pid) - used) / (ROUNDS * len(ours) * REQUESTS) * 1000
            detail = f"{spoken(ours)}; {spent:.2f} ms of CPU each; {memory(pid):.0f} MB"
            yield Ratio(
                "ZooKeeper: async gets for one create", ours["get"] / ours["create"], None, True, detail
            )
            latency = sync_latency(zk)
            yield Ratio("ZooKeeper: median latency of a sync, in ms", latency, 50, False)
        yield idle(pid, hosts)
    if installed:
        yield from beside(ours, latency)


def requests_a_second(zk: Any) -> dict[str, float]:
    """Of each kind, many at a time, the median of interleaved rounds."""
    zk.create("/bench", b"x" * 100)
    asks: dict[str, Callable[[], Any]] = {
        "create": lambda: zk.create_async("/bench/n-", b"x" * 100, sequence=True),
        "set": lambda: zk.set_async("/bench", b"y" * 100),
        "get": lambda: zk.get_async("/bench"),
    }
    found: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            found[name].append(rate(ask))
    return {name: statistics.median(values) for name, values in found.items()}


def spoken(rates: dict[str, float]) -> str:
    return "async requests a second: " + ", ".join(f"{name} {value:.0f}" for name, value in rates.items())


def beside(ours: dict[str, float], latency: float) -> Iterator[Ratio]:
    """The same client on three servers of Apache ZooKeeper."""
    with apache(3) as addresses, client(",".join(f"{host}:{port}" for host, port in addresses)) as zk:
        theirs = requests_a_second(zk)
        for name, value in ours.items():
            yield Ratio(
                f"ZooKeeper: our async {name} for one of a real ensemble", value / theirs[name], None, True
            )
        found = sync_latency(zk)
        name = "ZooKeeper: our sync latency for that of a real ensemble"
        yield Ratio(name, latency / found, None, False, f"real: {spoken(theirs)}; sync {found:.1f} ms")


def sync_latency(zk: Any) -> float:
    """In milliseconds, the median."""
    took = []
    for _ in range(50):
        begun = time.perf_counter()
        zk.sync("/bench")
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def idle(pid: int, hosts: str) -> Ratio:
    """What 500 sessions that ask for nothing cost, of one CPU."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(plain(hosts.split(",")[n % 5])) for n in range(IDLE)]
        for each in sockets:
            assert each.recv(41)
        time.sleep(1)
        used, begun = cpu(pid), time.perf_counter()
        time.sleep(5)
        share = (cpu(pid) - used) / (time.perf_counter() - begun)
        held = memory(pid)
    return Ratio("ZooKeeper: CPU of 500 idle sessions", share, 0.5, False, f"{held:.0f} MB")


def plain(address: str) -> socket.socket:
    """A session to be, without a client library's threads."""
    host, _, port = address.partition(":")
    sock = socket.create_connection((host, int(port)), 60)
    sock.sendall(jute.framed(jute.write_connect(jute.ConnectRequest(0, 40_000))))
    return sock
