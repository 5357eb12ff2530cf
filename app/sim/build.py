"""From a configuration to a cluster that has just been switched on."""

from __future__ import annotations

from app.sim.chance import Stream
from app.sim.cluster import Cluster, Record
from app.sim.config import ClusterConfig, actor_class, initial_state
from app.sim.delays import read_link_delay
from app.sim.network import Link, Network
from app.sim.process import Machine, Process, Shape
from app.sim.units import span
from protocols.law import Laws
from protocols.registry import client_of, protocol_of


def build(config: ClusterConfig, record: Record = "full") -> Cluster:
    """A running cluster at time 0; its `start` events are there already."""
    disk = span(config.disk.latency) if config.disk.latency else None
    cluster = Cluster(build_network(config), record, disk)
    cluster.config = config
    for name in config.nodes:
        machine = cluster.machines[name] = Machine(name, is_client=False)
        for service in config.services:
            add_process(cluster, config, machine, service)
    for name in config.clients:
        machine = cluster.machines[name] = Machine(name, is_client=True)
        add_clients(cluster, config, machine, config.services)
    connect(cluster, config)
    for service, laws in config.laws().items():
        cluster.laws[service] = Laws(laws)
        cluster.broken.update({law.id: 0 for law in laws})
    cluster.start()
    return cluster


def build_network(config: ClusterConfig) -> Network:
    """A link from every endpoint to every other, but none between clients."""
    links: dict[str, dict[str, Link]] = {}
    for a in [*config.nodes, *config.clients]:
        links[a] = {}
        for b in [*config.nodes, *config.clients]:
            if a == b or (a in config.clients and b in config.clients):
                continue
            links[a][b] = build_link(config, a, b)
    return Network(links)


def build_link(config: ClusterConfig, src: str, dst: str) -> Link:
    """A link as the configuration wants all of them."""
    settings = config.network
    link = Link(src, dst, read_link_delay(settings.delay), config.seed)
    for kind, delay in settings.delays.items():
        link.set_kind(kind, read_link_delay(delay))
    link.loss, link.duplicate, link.fifo = settings.loss, settings.duplicate, settings.fifo
    link.refresh(severed=False, ruled=False)
    return link


def add_clients(cluster: Cluster, config: ClusterConfig, machine: Machine, services: list[str]) -> None:
    """A client's side of each of these services, on `machine`."""
    for service in services:
        p = add_process(cluster, config, machine, client_of(service, config.services))
        p.actor.server, p.actor.server_options = protocol_of(service).actor, config.options_of(service)


def add_process(cluster: Cluster, config: ClusterConfig, machine: Machine, service: str) -> Process:
    members, options = tuple(config.nodes), config.options_of(service)
    actor = actor_class(config, service)(machine.name, members, options)
    state = initial_state(
        config, machine.name, service, config.initial.get(machine.name, {}).get(service, {})
    )
    process = Process(
        index=len(cluster.processes),
        machine=machine,
        service=service,
        actor=actor,
        state=state,
        shape=Shape(protocol_of(service).state),
        stream=Stream(config.seed, f"node/{machine.name}/{service}"),
    )
    cluster.add(process)
    return process


def connect(cluster: Cluster, config: ClusterConfig) -> None:
    """A message goes to the same service on another node, and between a service and a client's side of it."""
    at = {(p.node, p.service): p.index for p in cluster.processes}
    client = {service: client_of(service, config.services) for service in config.services}
    server = {name: service for service, name in client.items()}
    for p in cluster.processes:
        service = server.get(p.service, p.service)
        for dst in p.links:
            p.targets[dst] = at[dst, client[service] if cluster.machines[dst].is_client else service]
