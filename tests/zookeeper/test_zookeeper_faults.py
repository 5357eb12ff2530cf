"""ZooKeeper under random faults: its laws hold whatever happens; once the faults end, everybody is served
again, nothing that was acknowledged is lost, and nobody is there who is gone."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sim.trace import lines
from tests.sim.chaos import GUESTS
from tests.zookeeper.chaos import LOG, ZooKeeperChaos, clients, established, servers, zookeeper_config
from tests.zookeeper.ensembles import Ensemble


class Witness(ZooKeeperChaos):
    """Looks again and again who holds the lock."""

    most = 0

    def do(self, text: str) -> bool:
        self.look()
        return super().do(text)

    def look(self) -> None:
        holders = self.holders()
        assert len(holders) <= 1, (holders, self.sim.config, self.commands)
        self.most = max(self.most, len(holders))

    def holders(self) -> list[str]:
        """The lock's znodes whose clients believe to have it. Who has lost its session may go on believing;
        but its znode is gone in the newest tree before anybody else can have the lock."""
        newest = max(servers(self), key=lambda s: s.last_processed).tree
        line = newest.children("/lock") if "/lock" in newest else ()
        believed = tuple(
            f"{task.identity.session:x}-{task.identity.run}-lock-"
            for c in clients(self)
            for number, task in c.tasks.items()
            if task.name == "lock" and last_words(c, number).endswith("has the lock /lock")
        )
        return [name for name in line if name.startswith(believed)]


def last_words(client: Any, task: int) -> str:
    return next((said.text for said in reversed(client.output) if said.task == task), "")


def suffer_and_recover(seed: object, kinds: tuple[str, ...] | None = None, **fixed: Any) -> Witness:
    rng = Random(repr(seed))
    chaos = Witness(zookeeper_config(rng, **fixed), rng, kinds)
    chaos.suffer_and_recover()
    check_log(chaos)
    check_order(chaos)
    return chaos


def check_log(chaos: ZooKeeperChaos) -> None:
    """Every acknowledged entry is there, where its client was told; every other at most once."""
    leader = established(chaos)
    names = leader.tree.children(LOG) if LOG in leader.tree else ()
    there = {f"{LOG}/{name}": leader.tree[f"{LOG}/{name}"].data.decode() for name in names}
    assert all(times == 1 for times in Counter(there.values()).values())
    for path, entry in acknowledged(chaos):
        assert there.get(path) == entry


def check_order(chaos: ZooKeeperChaos) -> None:
    """What one client had acknowledged stands in the order in which it asked."""
    for client in chaos.clients:
        mine = [(path, entry) for path, entry in acknowledged(chaos) if entry.startswith(client + ":")]
        numbers = [int(entry.partition(":")[2]) for _, entry in mine]
        assert (mine, numbers) == (sorted(mine, key=lambda row: row[0]), sorted(numbers))


def acknowledged(chaos: ZooKeeperChaos) -> list[tuple[str, str]]:
    """The paths that clients were told, and what they had asked to be put there: a shell's line, then what
    came of it."""
    asked: dict[str, str] = {}
    found = []
    for e in chaos.sim.cluster.events:
        for rule, data in e.why:
            if rule == "says" and f"create -s {LOG}/n- " in data["text"]:
                asked[e.node] = data["text"].rpartition(" ")[2]
            elif rule == "says" and data["text"].startswith(f"Created {LOG}/n-"):
                found.append((data["text"].removeprefix("Created "), asked.pop(e.node)))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_laws_hold_under_random_faults_and_work_goes_on_after_them(seed: int) -> None:
    suffer_and_recover(seed)


@pytest.mark.parametrize("kind", GUESTS)
def test_one_kind_of_fault_alone(kind: str) -> None:
    suffer_and_recover(f"only {kind}", (kind,))


@given(st.integers(0, 2**40), st.sets(st.sampled_from(GUESTS), min_size=1))
@settings(max_examples=5)
def test_any_faults(seed: int, kinds: set[str]) -> None:
    suffer_and_recover(seed, tuple(sorted(kinds)))


# --- what random faults have found --------------------------------------------------------------------------


def test_a_create_whose_answer_was_lost_is_not_done_twice() -> None:
    """The client comes to another server while its znode is proposed and not committed: without a sync it
    would not see it there, create a second one, and wait for itself for ever."""
    ensemble = Ensemble(clients=1)
    ensemble.do("tell c1 connect n1", ms=200)
    ensemble.zk("c1", "create /lock")
    ensemble.do("hold every Ack n1 -> n3", "hold every Ack n2 -> n3", "tell c1 run lock /lock 10", ms=70)
    ensemble.do("tell c1 connect n2", ms=180)
    assert "the answer was lost: look whether the znode is there" in ensemble.output("c1")
    assert len(ensemble.n3.prepared.children("/lock")) == 1
    ensemble.release().do(ms=1000)
    assert len(ensemble.why("n3", "propose")) == 4  # session, /lock, the lock's znode and its end
    assert ensemble.output("c1")[-1].startswith("c1 has released")


def test_a_program_on_a_fast_clock_wakes_up() -> None:
    """Its timer goes off before its time has come, and is set again: never for the very same moment."""
    ensemble = Ensemble(clients=1)
    ensemble.do("clock c1 2", "tell c1 run lock /lock 500", ms=1500)
    assert ensemble.output("c1")[-1].startswith("c1 has released")


def run_hash() -> str:
    rng = Random("hash seeds")
    chaos = ZooKeeperChaos(zookeeper_config(rng), rng, GUESTS)
    chaos.run(60)
    return hashlib.sha256(lines(chaos.sim.cluster.events)).hexdigest()


def test_the_same_trace_under_any_hash_seed() -> None:
    """Trees are hash tries, whose order depends on the process: none of it reaches the trace."""
    code = "from tests.zookeeper.test_zookeeper_faults import run_hash; print(run_hash())"
    found = {
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hash_seed}, text=True
        )
        for hash_seed in ("1", "4242")
    }
    assert found == {run_hash() + "\n"}
