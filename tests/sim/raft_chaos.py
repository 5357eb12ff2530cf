"""Random faults for Raft with all that can be switched on, and with orders: handing over, members coming and
going. What is left at the end is judged here, too.
"""

from __future__ import annotations

from random import Random
from typing import Any

from app.history.check import check
from app.history.recording import record
from app.sim.config import ClusterConfig
from protocols.key_value import Command
from tests.sim.chaos import Chaos, random_config

NO_LEASE = {"clock", "pause", "timeout", "trap"}
"""With these a lease promises nothing: clocks that lie, and servers that do not notice the time."""


def raft_config(rng: Random, kinds: tuple[str, ...], **fixed: Any) -> ClusterConfig:
    """As `random_config`, with snapshots, reads and a first configuration as chance has them."""
    config = random_config(rng, **fixed)
    if "options" in fixed:
        return config
    options = dict(config.options["raft"]) | {"snapshotEvery": rng.choice([0, 1, 3, 8])}
    sticky = options["preVote"] or options["checkQuorum"]
    if options["noOp"]:
        lease = sticky and NO_LEASE.isdisjoint(kinds)
        options["reads"] = rng.choice(["log", "index", "lease" if lease else "index"])
    if sticky and rng.random() < 0.5:  # without stickiness, who was removed disturbs the others for ever
        names = rng.sample(config.nodes, rng.randint(1, len(config.nodes)))
        options["voters"], rest = names, [n for n in config.nodes if n not in names]
        options["learners"] = [n for n in rest if rng.random() < 0.3]
    values = config.model_dump(by_alias=True) | {"options": {"raft": options}}
    return ClusterConfig.model_validate(values)


class RaftChaos(Chaos):
    """Operators give orders at random times; clients read now and then what they wrote."""

    @property
    def raft(self) -> dict[str, Any]:
        return self.sim.config.options["raft"]

    def request(self) -> None:
        super().request()
        if self.rng.random() < 0.3:
            self.order()

    def operation(self, client: str) -> str:
        """On a counter of its own, or on a key that all write."""
        number = self.rng.randrange(100)
        return self.rng.choice(
            [f"add {client} 1", f"add {client} 1", f"get {client}", "get x", f"put x {number}"]
        )

    def order(self) -> None:
        node = self.node()
        orders = [f"transfer {node}"]
        if self.raft["preVote"] or self.raft["checkQuorum"]:
            some = " ".join(self.rng.sample(self.nodes, self.rng.randint(1, len(self.nodes))))
            orders += [f"add {node}", f"remove {node}", f"learn {node}", f"change {some}"]
        self.do(f"tell leader {self.rng.choice(orders)}")

    # --- what came of it ----------------------------------------------------------------------------------

    @property
    def servers(self) -> dict[str, Any]:
        return {p.node: p.state for p in self.sim.cluster.processes if p.service == "raft"}

    def cluster(self) -> dict[str, Any]:
        """Those in the configuration of the leader of the newest term; nobody when there is no leader."""
        leaders = [s for s in self.servers.values() if s.role == "leader"]
        if not leaders:
            return {}
        newest = max(leaders, key=lambda s: s.current_term)
        return {n: s for n, s in self.servers.items() if n in newest.configuration}

    def recovered(self) -> bool:
        """One leader that all follow, all logs the same, all applied, and no client waiting."""
        cluster = self.cluster()
        leaders = [s for s in cluster.values() if s.role == "leader"]
        return (
            len(leaders) == 1
            and not leaders[0].configuration.old_voters
            and all(s.leader_id == leaders[0].leader_id for s in cluster.values())
            and all(s.log.last_index == s.last_applied == leaders[0].last_applied for s in cluster.values())
            and all(s.log.shared_prefix(leaders[0].log) == s.last_applied for s in cluster.values())
            and all(c.pending is None and not c.waiting for c in self.customers)
        )

    def while_waiting(self) -> None:
        """Without a no-op, what is left over needs something new."""
        if not self.raft["noOp"] and not any(c.pending for c in self.customers):
            self.do("request c1 add c1 1")

    def check_history(self) -> None:
        """Each client adds 1 to a counter of its own, and reads it: every answer is the number of additions
        so far. So every request took effect exactly once and in order. And what the clients saw together is
        linearizable: no read was stale.
        """
        verdict = check(record(self.sim.cluster.events))
        assert verdict.linearizable, verdict.refusals
        for client, state in zip(self.clients, self.customers, strict=True):
            asked = sum(e.kind == "request" and e.node == client for e in self.sim.cluster.events)
            answers = self.answers(client)
            assert state.answered == asked == len(answers)
            count = 0
            for command, result in answers:
                if command.key != client:
                    continue
                count += command.op == "add"
                assert result == (str(count) if count else None), (client, command, result)
            for server in self.cluster().values():
                assert server.data.get(client) == (str(count) if count else None)

    def answers(self, client: str) -> list[tuple[Command, str | None]]:
        whys = [e.why for e in self.sim.cluster.events if e.node == client]
        return [(d["op"], d["result"]) for why in whys for rule, d in why if rule == "answered"]
