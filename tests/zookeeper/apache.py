"""Apache ZooKeeper, where Debian's packages are installed: a server alone, or an ensemble."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.zookeeper.live import Plain

JAR = "/usr/share/java/zookeeper.jar"  # it names the others that it needs
FIRST_PORT = 22181
MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
STARTING = 30.0
"""Seconds that it may take."""

installed = Path(JAR).exists()


@contextmanager
def apache(servers: int = 1) -> Iterator[list[tuple[str, int]]]:
    """So many servers on loopback, each with a folder of its own, when all of them serve."""
    addresses = [("127.0.0.1", FIRST_PORT + n) for n in range(servers)]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        for number in range(1, servers + 1):
            stack.enter_context(server(Path(folder) / str(number), number, servers))
        deadline = time.monotonic() + STARTING
        for number, address in enumerate(addresses, 1):
            if not serves(address, deadline):
                raise SystemExit((Path(folder) / str(number) / "log").read_text()[-2000:])
        yield addresses


@contextmanager
def server(folder: Path, number: int, servers: int) -> Iterator[None]:
    """The process of one server; it ends with the block."""
    folder.mkdir()
    (folder / "myid").write_text(str(number))
    (folder / "zoo.cfg").write_text(configuration(folder, number, servers))
    java = ["java", "-cp", f"/etc/zookeeper/conf:{JAR}", "-Dzookeeper.extendedTypesEnabled=true", MAIN]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*java, str(folder / "zoo.cfg")], stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(10)


def configuration(folder: Path, number: int, servers: int) -> str:
    lines = [
        f"tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir={folder}\nclientPort={FIRST_PORT + number - 1}",
        "clientPortAddress=127.0.0.1\nadmin.enableServer=false\n4lw.commands.whitelist=*\nmaxClientCnxns=0",
    ]
    if servers > 1:
        ports = [(FIRST_PORT + 100 + n, FIRST_PORT + 200 + n) for n in range(servers)]
        lines += [f"server.{n}=127.0.0.1:{peer}:{vote}" for n, (peer, vote) in enumerate(ports, 1)]
    return "\n".join(lines) + "\n"


def serves(address: tuple[str, int], deadline: float) -> bool:
    """Whether it takes a client, sooner or later."""
    while time.monotonic() < deadline:
        try:
            Plain(*address).socket.close()
        except (OSError, AssertionError):
            time.sleep(0.2)
        else:
            return True
    return False
