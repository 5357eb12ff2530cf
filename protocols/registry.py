"""Which protocols there are. Adding one is one line here (see CONTRIBUTING)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from protocols import client, raft, raft_laws, raft_mutants, raft_rules
from protocols.actor import Actor, Rule, State
from protocols.law import Law


@dataclass(frozen=True)
class Protocol:
    """All that the simulator and the pages need to know of a protocol."""

    actor: type[Actor[Any, Any]]
    state: type[State]
    options: type[msgspec.Struct]
    rules: Mapping[str, Rule]
    laws: tuple[type[Law[Any]], ...] = ()
    mutants: Mapping[str, tuple[type[Actor[Any, Any]], str]] = field(default_factory=dict)


CLIENT = Protocol(client.Client, client.ClientState, client.ClientOptions, client.RULES)

PROTOCOLS: dict[str, Protocol] = {
    "raft": Protocol(
        raft.Raft, raft.RaftState, raft.RaftOptions, raft_rules.RULES, raft_laws.LAWS, raft_mutants.MUTANTS
    ),
}
