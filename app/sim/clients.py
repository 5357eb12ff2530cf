"""Clients that come and go while a run goes on.

One that joins has links to all servers, as the configuration wants links to be, each with a stream of chance
of its own, by its name: nobody else's chance is shuffled. One that leaves takes with it whatever was on its
way to it or from it. A client is known to the services by its name, so a name is never given twice.
"""

from __future__ import annotations

import re

from app.sim.build import add_clients, build_link
from app.sim.cluster import Cluster
from app.sim.errors import Refused
from app.sim.process import NOBODY, Machine

MOST_CLIENTS = 2000
"""So many clients may be here at a time."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}")
WORDS = ("leader", "nodes", "now", "true", "false", "none", "null", "on")
"""What commands and conditions say of somebody else."""


def check_name(name: str) -> None:
    if not NAME.fullmatch(name) or name in WORDS:
        raise Refused("bad-client-name", name=name[:40])


def check_joining(cluster: Cluster, name: str) -> None:
    """Whether a client of this name may come now."""
    check_name(name)
    if name in cluster.machines:
        raise Refused("name-in-use", name=name)
    if name in cluster.gone:
        raise Refused("name-used", name=name)
    if sum(machine.is_client for machine in cluster.machines.values()) >= MOST_CLIENTS:
        raise Refused("too-many-clients", most=MOST_CLIENTS)


def join(cluster: Cluster, name: str, services: list[str], cause: int) -> None:
    """A client comes, and is switched on at once."""
    machine = cluster.machines[name] = Machine(name, is_client=True)
    machine.joined, machine.since = True, cluster.now
    wire(cluster, name)
    add_clients(cluster, cluster.config, machine, services)
    address(cluster, machine, services)
    seq = cluster.emit("join", name, "", cause, (tuple(p.service for p in machine.processes),))
    for p in machine.processes:
        p.actor.start(p.state, p.out)
        cluster.finish(p, "start", seq, ())


def wire(cluster: Cluster, name: str) -> None:
    """Links to all servers and back, in the condition that the network is in."""
    network = cluster.network
    network.links[name] = {}
    for server in cluster.config.nodes:
        for a, b in ((name, server), (server, name)):
            link = network.links[a][b] = build_link(cluster.config, a, b)
            link.refresh(network.severed(a, b), network.ruled)


def address(cluster: Cluster, machine: Machine, services: list[str]) -> None:
    """A client's side of a service and that service's servers find each other."""
    side = dict(zip(services, machine.processes, strict=True))
    for server in cluster.config.nodes:
        for p in cluster.machines[server].processes:
            if p.service in side:
                client = side[p.service]
                client.targets[server] = p.index
                p.targets = {**p.targets, machine.name: client.index}  # kept moments share the old ones


def leave(cluster: Cluster, machine: Machine, cause: int) -> None:
    """A client goes, and is forgotten."""
    name, network = machine.name, cluster.network
    for message, sent in list(cluster.in_flight.items()):
        if name in (sent.node, sent.body[0]):
            cluster.lose(message, "gone", cause)
    before = network.state()
    network.forget(name)
    for p in cluster.processes:
        if name in p.targets:
            p.targets = {dst: index for dst, index in p.targets.items() if dst != name}
    for p in machine.processes:
        cluster.processes[p.index] = NOBODY
    del cluster.machines[name]
    cluster.gone.add(name)
    seq = cluster.emit("leave", name, "", cause, ())
    after = network.state()
    if after != before:
        cluster.emit("network", "", "", seq, (after,))
