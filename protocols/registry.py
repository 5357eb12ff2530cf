"""Which protocols there are. Adding one is one line here (see CONTRIBUTING)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from protocols import (
    atomic_commit_laws,
    client,
    multi_paxos,
    multi_paxos_laws,
    multi_paxos_mutants,
    multi_paxos_rules,
    paxos,
    paxos_laws,
    paxos_mutants,
    paxos_rules,
    quorum,
    raft,
    zab,
    zookeeper,
)
from protocols import three_phase_commit as three_phase
from protocols import three_phase_commit_mutants as three_phase_mutants
from protocols import three_phase_commit_rules as three_phase_rules
from protocols import two_phase_commit as two_phase
from protocols import two_phase_commit_mutants as two_phase_mutants
from protocols import two_phase_commit_rules as two_phase_rules
from protocols.actor import Actor, Rule, State
from protocols.law import Law
from protocols.quorum import client_laws as quorum_client_laws
from protocols.quorum import laws as quorum_laws
from protocols.quorum import mutants as quorum_mutants
from protocols.quorum import rules as quorum_rules
from protocols.raft import laws as raft_laws
from protocols.raft import mutants as raft_mutants
from protocols.raft import rules as raft_rules
from protocols.zab import laws as zab_laws
from protocols.zab import mutants as zab_mutants
from protocols.zab import rules as zab_rules
from protocols.zookeeper import laws as zookeeper_laws
from protocols.zookeeper import mutants as zookeeper_mutants
from protocols.zookeeper import rules as zookeeper_rules


@dataclass(frozen=True)
class Protocol:
    """All that the simulator and the pages need to know of a protocol."""

    actor: type[Actor[Any, Any]]
    state: type[State]
    options: type[msgspec.Struct]
    rules: Mapping[str, Rule]
    laws: tuple[type[Law[Any]], ...] = ()
    mutants: Mapping[str, tuple[type[Actor[Any, Any]], str]] = field(default_factory=dict)
    """For each mutant: its actor, and the law that catches it ("" where only progress suffers)."""
    client: Protocol | None = None
    """What a client machine runs for this service, if that is not the plain `CLIENT`."""

    @property
    def families(self) -> dict[str, str]:
        """What each kind of message is about."""
        return {m.__name__: m.family for m in self.actor.messages}


CLIENT = Protocol(client.Client, client.ClientState, client.ClientOptions, client.RULES)

PROTOCOLS: dict[str, Protocol] = {
    "raft": Protocol(
        raft.Raft, raft.RaftState, raft.RaftOptions, raft_rules.RULES, raft_laws.LAWS, raft_mutants.MUTANTS
    ),
    "paxos": Protocol(
        paxos.Paxos,
        paxos.PaxosState,
        paxos.PaxosOptions,
        paxos_rules.RULES,
        paxos_laws.LAWS,
        paxos_mutants.MUTANTS,
    ),
    "multi-paxos": Protocol(
        multi_paxos.MultiPaxos,
        multi_paxos.MultiPaxosState,
        multi_paxos.MultiPaxosOptions,
        multi_paxos_rules.RULES,
        multi_paxos_laws.LAWS,
        multi_paxos_mutants.MUTANTS,
    ),
    "2pc": Protocol(
        two_phase.TwoPhaseCommit,
        two_phase.TwoPhaseState,
        two_phase.TwoPhaseOptions,
        two_phase_rules.RULES,
        atomic_commit_laws.laws_of("2pc"),
        two_phase_mutants.MUTANTS,
    ),
    "3pc": Protocol(
        three_phase.ThreePhaseCommit,
        three_phase.ThreePhaseState,
        three_phase.ThreePhaseOptions,
        three_phase_rules.RULES,
        atomic_commit_laws.laws_of("3pc"),
        three_phase_mutants.MUTANTS,
    ),
    "zab": Protocol(
        zab.Zab, zab.StoreState, zab.ZabOptions, zab_rules.RULES, zab_laws.LAWS, zab_mutants.MUTANTS
    ),
    "zookeeper": Protocol(
        zookeeper.ZooKeeper,
        zookeeper.ZooKeeperState,
        zookeeper.ZooKeeperOptions,
        zookeeper_rules.RULES,
        zookeeper_laws.LAWS,
        zookeeper_mutants.MUTANTS,
        Protocol(
            zookeeper.ZooKeeperClient,
            zookeeper.ClientState,
            zookeeper.ClientOptions,
            zookeeper_rules.CLIENT_RULES,
            zookeeper_laws.CLIENT_LAWS,
        ),
    ),
    "quorum": Protocol(
        quorum.Quorum,
        quorum.QuorumState,
        quorum.QuorumOptions,
        quorum_rules.RULES,
        quorum_laws.LAWS,
        quorum_mutants.MUTANTS,
        client=Protocol(
            quorum.QuorumClient,
            quorum.QuorumClientState,
            quorum.QuorumClientOptions,
            quorum_rules.CLIENT_RULES,
            quorum_client_laws.CLIENT_LAWS,
        ),
    ),
}


def client_of(service: str, services: Sequence[str]) -> str:
    """The name of the service that a client runs to talk to `service`, one of the room's `services`."""
    plain = service == services[0] and PROTOCOLS[service].client is None
    return "client" if plain else f"client-{service}"


def clients_side(service: str) -> Protocol:
    """What a client runs to talk to `service`."""
    return PROTOCOLS[service].client or CLIENT


def with_clients(services: Sequence[str]) -> list[str]:
    """All that runs in a room of these services: they, and what clients run for them."""
    return [*services, *(client_of(service, services) for service in services)]


def protocol_of(service: str) -> Protocol:
    """What a service, or a client's side of one, runs."""
    side, _, server = service.partition("-")
    if side != "client":
        return PROTOCOLS[service]
    own = PROTOCOLS[server].client if server else None
    return own or CLIENT


def words_of(service: str) -> str:
    """Where the catalogues keep a service's words: all plain clients share theirs."""
    return "client" if protocol_of(service) is CLIENT else service


def clients() -> list[str]:
    """All that a client machine may run: the plain client, and those of protocols that have their own."""
    return ["client", *(f"client-{name}" for name, protocol in PROTOCOLS.items() if protocol.client)]


def laws_of(service: str, options: Any) -> list[Law[Any]]:
    """The laws that judge a service, or a client's side of one, under these options of the service."""
    return [law for kind in protocol_of(service).laws if (law := kind.of(options)) is not None]


def operations() -> dict[str, tuple[str, ...]]:
    """Everything that a client of some service can ask for; a name means the same in all of them."""
    return {name: args for p in PROTOCOLS.values() for name, args in p.actor.operations.items()}


def orders() -> dict[str, tuple[str, ...]]:
    """Everything that a node of some service, or a client of it, can be told to do."""
    told = [p for protocol in PROTOCOLS.values() for p in (protocol, protocol.client) if p]
    return {name: args for p in told for name, args in p.actor.orders.items()}
