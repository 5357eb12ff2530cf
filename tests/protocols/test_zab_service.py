"""A service on ZAB is a subclass of `Broadcast`: everything that `machine.py` names is asked of it, when it
says; and ZAB's laws judge its state as they judge the store's."""

from typing import Any, ClassVar

import pytest

from app.sim.config import ClusterConfig
from app.sim.simulation import Simulation
from protocols.actor import Effects, Volatile
from protocols.registry import PROTOCOLS, Protocol
from protocols.zab import ZabOptions, ZabState
from protocols.zab.broadcast import Broadcast
from protocols.zab.laws import LAWS
from protocols.zab.messages import Packet, Snapshot, Txn, make_zxid
from protocols.zab.rules import BROADCAST


class Question(Packet, frozen=True):
    """A packet of the service's own."""

    text: str


class SumSnapshot(Snapshot, frozen=True):
    total: int = 0


class SumState(ZabState):
    total: Volatile[int] = 0
    answers: Volatile[tuple[tuple[int, int], ...]] = ()
    served: Volatile[tuple[str, ...]] = ()
    left: Volatile[tuple[str, ...]] = ()
    synced_at: Volatile[tuple[int, ...]] = ()
    touched: Volatile[tuple[tuple[str, tuple[int, ...]], ...]] = ()
    asked: Volatile[tuple[str, ...]] = ()


class Sum(Broadcast[SumState]):
    """Adds numbers up; the leader makes an addition of each, with the zxid that it gets."""

    state = SumState
    messages = (*Broadcast.messages, Question)
    orders: ClassVar = {"add": ("number",), "wait": (), "ask": ("text",)}

    def order_add(self, s: SumState, args: tuple[str, ...], out: Effects) -> None:
        self.submit(s, int(args[0]), out)

    def order_wait(self, s: SumState, args: tuple[str, ...], out: Effects) -> None:
        self.ask_sync(s, self.me, 7, out)

    def order_ask(self, s: SumState, args: tuple[str, ...], out: Effects) -> None:
        assert s.leader_id is not None
        self.transmit(s, s.leader_id, Question, out, args[0])

    def on_question(self, s: SumState, src: str, m: Question, out: Effects) -> None:
        s.asked += (m.text,)

    def prepare(self, s: SumState, command: int, zxid: int, out: Effects) -> tuple[int, int]:
        return command, zxid

    def told(self, what: Any) -> str:
        return str(what)

    def execute(self, s: SumState, txn: Txn) -> int:
        s.total += txn.command[0]
        return s.total

    def applied(self, s: SumState, txn: Txn, result: int, out: Effects) -> None:
        assert txn.command[1] == txn.zxid == s.last_processed
        s.answers += ((txn.zxid, result),)

    def take_snapshot(self, s: SumState) -> SumSnapshot:
        return SumSnapshot(s.last_processed, s.total)

    def load_snapshot(self, s: SumState, snapshot: SumSnapshot) -> None:
        s.last_processed, s.total = snapshot.zxid, getattr(snapshot, "total", 0)

    def size(self, s: SumState) -> int:
        return 1

    def established(self, s: SumState, out: Effects) -> None:
        s.served += (f"{s.role} {s.current_epoch} {s.total}",)

    def lost(self, s: SumState, out: Effects) -> None:
        s.left += (s.role,)

    def synced(self, s: SumState, client: str, serial: int, out: Effects) -> None:
        assert (client, serial) == (self.me, 7)
        s.synced_at += (s.total,)

    def take_touched(self, s: SumState) -> tuple[int, ...]:
        return (self.sid[self.me],)

    def touch(self, s: SumState, learner: str, sessions: tuple[int, ...], out: Effects) -> None:
        s.touched = tuple(sorted({*s.touched, (learner, sessions)}))


@pytest.fixture
def sim(monkeypatch: pytest.MonkeyPatch) -> Simulation:
    monkeypatch.setitem(PROTOCOLS, "sum", Protocol(Sum, SumState, ZabOptions, BROADCAST, LAWS))
    values = {"services": ["sum"], "nodes": 3, "clients": 0, "options": {"sum": {"snapshotEvery": 2}}}
    sim = Simulation(ClusterConfig.model_validate(values))
    sim.advance(1_000_000)
    return sim


def states(sim: Simulation) -> dict[str, SumState]:
    return {p.node: p.state for p in sim.cluster.processes}


def test_a_service_is_asked_all_that_the_machine_names(sim: Simulation) -> None:
    for number, node in enumerate(("n1", "n2", "n3", "n3", "n1"), start=1):
        sim.execute(f"tell {node} add {number}")
        sim.advance(sim.now + 200_000)
    sim.execute("tell n1 wait")
    sim.execute("tell n2 ask why")
    sim.advance(sim.now + 200_000)
    found = states(sim)
    results = tuple((make_zxid(1, n), n * (n + 1) // 2) for n in range(1, 6))
    assert [s.answers for s in found.values()] == [results] * 3
    assert [s.snapshot for s in found.values()] == [SumSnapshot(make_zxid(1, 4), 10)] * 3
    assert found["n1"].synced_at == (15,)
    assert found["n3"].asked == ("why",)
    assert found["n3"].touched == (("n1", (1,)), ("n2", (2,)))
    assert found["n3"].served == ("leading 1 0",)
    assert found["n1"].served == ("following 1 0",)
    assert [s.left for s in found.values()] == [("looking",)] * 3
    assert not any(sim.cluster.broken.values())


def test_a_service_hears_that_its_leader_is_lost_and_found(sim: Simulation) -> None:
    sim.execute("tell n1 add 1")
    sim.advance(sim.now + 200_000)
    sim.execute("crash n3")
    sim.advance(sim.now + 2_000_000)
    sim.execute("restart n3")
    sim.advance(sim.now + 2_000_000)
    found = states(sim)
    assert found["n1"].left == found["n2"].left == ("looking", "following")
    assert found["n2"].served == ("following 1 0", "leading 2 1")
    assert found["n3"].served == ("following 2 1",)  # what its log held it had executed by itself
    assert found["n3"].answers == ()
    assert not any(sim.cluster.broken.values())
