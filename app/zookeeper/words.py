"""The four-letter words: what an operator asks over a bare connection, answered as ZooKeeper 3.8 does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.zookeeper.gateway import Facts
from protocols.zookeeper.messages import Reply
from protocols.zookeeper.operations import Operation

VERSION = "3.8.0-quorumscope, built on 2026-01-01 00:00 UTC"
NOT_SERVING = "This ZooKeeper instance is not currently serving requests"

LAST_OPERATION = {
    1: "CREA", 2: "DELE", 3: "EXIS", 4: "GETD", 5: "SETD", 6: "GETA", 7: "SETA", 8: "GETC", 9: "SYNC",
    12: "GETC", 13: "CHEC", 14: "MULT", 15: "CREA", 16: "RECO", 17: "CHKW", 18: "REMW", 19: "CREA",
    21: "CREA", 22: "MLTR", 101: "SETW", 103: "GETE", 104: "GETACN", 105: "STW2", 106: "ADDW", 107: "HOMI",
    -11: "CLOS",
}  # fmt: skip
"""What `cons` calls an operation."""


@dataclass
class Tally:
    """What a connection, or all of a server's, has been through. Latencies are milliseconds of wall time."""

    received: int = 0
    sent: int = 0
    established: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    last_operation: str = "NA"
    last_xid: int = -1
    last_zxid: int = 0
    last_response: int = 0
    latency: int = 0
    least: int | None = None
    most: int = 0
    total: int = 0
    replies: int = 0

    def answered(self, operation: Operation, reply: Reply, seconds: float) -> None:
        self.last_operation = LAST_OPERATION.get(operation.opcode, "NA")
        self.last_xid = reply.xid
        self.last_zxid = max(self.last_zxid, reply.zxid)
        self.last_response = time.monotonic_ns() // 1_000_000
        self.latency = round(seconds * 1000)
        self.least = self.latency if self.least is None else min(self.least, self.latency)
        self.most = max(self.most, self.latency)
        self.total += self.latency
        self.replies += 1

    @property
    def average(self) -> float:
        return round(self.total / self.replies, 4) if self.replies else 0.0


@dataclass(frozen=True)
class Client:
    """One connection."""

    address: str
    reads: bool
    queued: int
    session: int
    timeout: int
    tally: Tally


@dataclass(frozen=True)
class Server:
    """`facts` is None for a server that does not serve."""

    facts: Facts | None
    clients: Sequence[Client]
    tally: Tally


def answer(word: str, server: Server, allowed: str) -> str:
    """`allowed` is 4lw.commands.whitelist: words between commas, or *."""
    if word not in ANSWERS or not {word, "*"} & {part.strip() for part in allowed.split(",")}:
        return f"{word} is not executed because it is not in the whitelist.\n"
    if server.facts is None:
        return {"ruok": "imok", "isro": "null"}.get(word, NOT_SERVING + "\n")
    return ANSWERS[word](server, server.facts)


def ruok(server: Server, facts: Facts) -> str:
    return "imok"


def isro(server: Server, facts: Facts) -> str:
    return "rw"


def srvr(server: Server, facts: Facts) -> str:
    return f"Zookeeper version: {VERSION}\n" + summary(server, facts)


def stat(server: Server, facts: Facts) -> str:
    clients = "".join(f"{brief(client)})\n" for client in server.clients)
    return f"Zookeeper version: {VERSION}\nClients:\n{clients}\n" + summary(server, facts)


def summary(server: Server, facts: Facts) -> str:
    tally = server.tally
    lines = [
        f"Latency min/avg/max: {tally.least or 0}/{tally.average}/{tally.most}",
        f"Received: {tally.received}",
        f"Sent: {tally.sent}",
        f"Connections: {len(server.clients)}",
        f"Outstanding: {facts.outstanding}",
        f"Zxid: 0x{facts.zxid:x}",
        f"Mode: {facts.mode}",
        f"Node count: {facts.znodes}",
    ]
    if facts.mode == "leader":
        lines.append("Proposal sizes last/min/max: {}/{}/{}".format(*facts.proposal_sizes))
    return "\n".join(lines) + "\n"


def cons(server: Server, facts: Facts) -> str:
    return "".join(f"{brief(client)}{details(client)})\n" for client in server.clients) + "\n"


def brief(client: Client) -> str:
    """Its address, whether the server waits for it to say something, and how much it has said and heard."""
    tally = client.tally
    return (
        f" /{client.address}[{int(client.reads)}]"
        f"(queued={client.queued},recved={tally.received},sent={tally.sent}"
    )


def details(client: Client) -> str:
    if client.session == 0:
        return ""
    tally = client.tally
    xid = f",lcxid=0x{tally.last_xid:x}" if tally.last_xid >= 0 else ""
    return (
        f",sid=0x{client.session & (1 << 64) - 1:x},lop={tally.last_operation},est={tally.established}"
        f",to={client.timeout}{xid},lzxid=0x{tally.last_zxid:x},lresp={tally.last_response}"
        f",llat={tally.latency},minlat={tally.least or 0},avglat={tally.average},maxlat={tally.most}"
    )


def wchs(server: Server, facts: Facts) -> str:
    return f"{facts.watching} connections watching {facts.watched} paths\nTotal watches:{facts.watches}\n"


def mntr(server: Server, facts: Facts) -> str:
    tally = server.tally
    values: dict[str, object] = {
        "version": VERSION,
        "server_state": facts.mode,
        "peer_state": {"leader": "leading", "observer": "observing"}.get(facts.mode, "following")
        + " - broadcast",
        "quorum_size": facts.members,
        "avg_latency": tally.average,
        "min_latency": tally.least or 0,
        "max_latency": tally.most,
        "packets_received": tally.received,
        "packets_sent": tally.sent,
        "num_alive_connections": len(server.clients),
        "outstanding_requests": facts.outstanding,
        "uptime": facts.uptime,
        "znode_count": facts.znodes,
        "watch_count": facts.watches,
        "ephemerals_count": facts.ephemerals,
        "approximate_data_size": facts.data_size(),
        "global_sessions": facts.sessions,
    }
    if facts.mode == "leader":
        last, least, most = facts.proposal_sizes
        values |= {
            "learners": facts.learners,
            "synced_followers": facts.synced,
            "last_proposal_size": last,
            "min_proposal_size": least,
            "max_proposal_size": most,
        }
    return "".join(f"zk_{name}\t{value}\n" for name, value in values.items())


def envi(server: Server, facts: Facts) -> str:
    """Of the environment only what clients look for; kazoo takes the server's version from it."""
    return f"Environment:\nzookeeper.version={VERSION}\n"


ANSWERS = {word.__name__: word for word in (ruok, srvr, stat, mntr, cons, wchs, isro, envi)}
NOT_OURS = {
    "conf", "crst", "dirs", "dump", "gtmk", "hash", "icfg", "lead", "srst", "stmk", "sysp", "wchc", "wchp",
}  # fmt: skip
KNOWN = {word.encode() for word in {*ANSWERS, *NOT_OURS}}
"""How such a connection begins; any of them would be the length of an enormous frame."""
