"""The listening sockets of one room: its ensemble's first server on the port of the settings, the next on the
next, …"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from functools import partial

from app.settings import Settings
from app.zookeeper.connection import Connection
from app.zookeeper.gateway import Gateway, State
from app.zookeeper.words import Server, Tally

log = logging.getLogger("quorumscope.zookeeper")
LAST_PORT = 65_535
FULL_AGAIN = 60.0  # seconds between two lines in the log about the same full server


class Front:
    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        self.gateway = gateway
        self.settings = settings
        self.connections: dict[str, set[Connection]] = {server: set() for server in gateway.servers}
        self.tallies = {server: Tally() for server in gateway.servers}
        self.addresses: dict[str, tuple[str, int]] = {}
        """Where each server can be reached; one whose port is taken is not here."""
        self._listening: list[asyncio.Server] = []
        self._told_full: dict[str, float] = {}
        gateway.when_down(self._cut_off)

    async def start(self) -> None:
        for offset, server in enumerate(self.gateway.servers):
            await self._listen(server, self.settings.zookeeper_port and self.settings.zookeeper_port + offset)

    async def _listen(self, server: str, port: int) -> None:
        host = self.settings.zookeeper_host
        try:
            if port > LAST_PORT:
                raise OSError(f"the last port is {LAST_PORT}")
            listening = await asyncio.get_running_loop().create_server(
                partial(Connection, self, server), host, port, backlog=1024
            )
        except OSError as error:
            why = os.strerror(error.errno).lower() if error.errno else str(error)
            log.warning("ZooKeeper clients cannot connect to %s at %s:%d: %s.", server, host, port, why)
        else:
            self._listening.append(listening)
            self.addresses[server] = listening.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        for listening in self._listening:
            listening.close()
        for server in self.connections:
            self._cut_off(server)
        await asyncio.gather(*(listening.wait_closed() for listening in self._listening))

    # -- connections -------------------------------------------------------------------------------------

    def admits(self, connection: Connection) -> bool:
        server = connection.server
        if self.gateway.state(server) is State.DOWN:
            return False
        here, everywhere = len(self.connections[server]), sum(map(len, self.connections.values()))
        settings = self.settings
        if (
            here >= settings.zookeeper_max_connections_per_server
            or everywhere >= settings.zookeeper_max_connections
        ):
            self._tell_full(server, here, everywhere)
            return False
        self.connections[server].add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        if connection in self.connections[connection.server]:
            self.connections[connection.server].remove(connection)

    def _tell_full(self, server: str, here: int, everywhere: int) -> None:
        """Not for each of a crowd."""
        if time.monotonic() - self._told_full.get(server, float("-inf")) >= FULL_AGAIN:
            self._told_full[server] = time.monotonic()
            log.warning("%s takes no further ZooKeeper client: it has %d of %d.", server, here, everywhere)

    def _cut_off(self, server: str) -> None:
        for connection in list(self.connections[server]):
            connection.cut()

    def describe(self, server: str) -> Server:
        """For the four-letter words."""
        serving = self.gateway.state(server) is State.SERVING
        return Server(
            facts=self.gateway.facts(server) if serving else None,
            clients=[connection.fact() for connection in self.connections[server]],
            tally=self.tallies[server],
        )
