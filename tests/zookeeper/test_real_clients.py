"""kazoo, as people use it, on the live room's ensemble: every operation, and its recipes."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
)
from kazoo.protocol.states import EventType
from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.security import make_acl, make_digest_acl

from app.zookeeper.live import PATIENCE, RoomGateway
from protocols.zookeeper import operations as ops
from protocols.zookeeper.errors import ZooKeeperError
from protocols.zookeeper.jute import ConnectRequest
from tests.zookeeper.live import Live, Plain, eventually, live, together

OPEN = (ops.Acl(31, "world", "anyone"),)


@pytest.fixture(scope="module")
def room() -> Iterator[Live]:
    with live() as running:
        running.client()  # now there is a leader
        running.end()
        yield running


@pytest.fixture
def zk(room: Live) -> Iterator[Any]:
    yield room.client()
    room.end()


@pytest.fixture
def base() -> str:
    return f"/t{uuid.uuid4().hex[:8]}"


def test_create_and_its_kinds(zk: Any, base: str) -> None:
    assert zk.create(base, b"x") == base
    path, stat = zk.create(f"{base}/e", b"mine", ephemeral=True, include_data=True)
    assert (path, stat.ephemeralOwner, stat.version) == (f"{base}/e", zk.client_id[0], 0)
    assert zk.create(f"{base}/s-", sequence=True) == f"{base}/s-0000000001"
    with pytest.raises(NodeExistsError):
        zk.create(base)
    with pytest.raises(NoNodeError):
        zk.create(f"{base}/no/such")
    assert zk.create(f"{base}/deep/er", makepath=True) == f"{base}/deep/er"


def test_sequence_numbers_count_creates(zk: Any, base: str) -> None:
    """Deletes and failed creates do not advance them; plain creates and other prefixes do."""
    zk.create(base)
    made = [zk.create(f"{base}/n-", sequence=True)[-3:] for _ in range(3)]
    zk.delete(f"{base}/n-0000000002")
    made.append(zk.create(f"{base}/n-", sequence=True)[-3:])
    zk.create(f"{base}/plain")
    with pytest.raises(NodeExistsError):
        zk.create(f"{base}/plain")
    made.append(zk.create(f"{base}/other-", sequence=True)[-3:])
    assert made == ["000", "001", "002", "003", "005"]


def test_get_set_exists_delete(zk: Any, base: str) -> None:
    zk.create(base, b"one")
    data, stat = zk.get(base)
    assert (data, stat.version, stat.numChildren, stat.dataLength) == (b"one", 0, 0, 3)
    changed = zk.set(base, b"three", version=0)
    assert (changed.version, changed.mzxid > stat.mzxid, changed.czxid) == (1, True, stat.czxid)
    with pytest.raises(BadVersionError):
        zk.set(base, b"x", version=0)
    zk.create(f"{base}/child")
    assert zk.get_children(base, include_data=True)[0] == ["child"]
    with pytest.raises(NotEmptyError):
        zk.delete(base)
    zk.delete(base, recursive=True)
    assert zk.exists(base) is None


def test_large_data_comes_through(zk: Any, base: str) -> None:
    large = bytes(range(256)) * 400
    zk.create(base, large)
    assert zk.get(base)[0] == large


def test_multi_is_all_or_nothing(zk: Any, base: str) -> None:
    with zk.transaction() as good:
        good.create(base)
        good.create(f"{base}/a", b"1")
        good.set_data(f"{base}/a", b"2")
        good.check(f"{base}/a", 1)
    bad = zk.transaction()
    bad.create(f"{base}/b")
    bad.check(f"{base}/a", 7)
    bad.delete(f"{base}/a")
    kinds = [type(result) for result in bad.commit()]
    assert kinds[:2] == [RolledBackError, BadVersionError]
    assert zk.get_children(base) == ["a"]
    assert zk.get(f"{base}/a")[0] == b"2"


def test_acl_and_identities(room: Live, zk: Any, base: str) -> None:
    zk.add_auth("digest", "alice:secret")
    zk.create(base, b"hers", acl=[make_digest_acl("alice", "secret", all=True)])
    assert zk.get(base)[0] == b"hers"
    other = room.client()
    with pytest.raises(NoAuthError):
        other.get(base)
    zk.set_acls(base, [make_acl("ip", "127.0.0.1", read=True), make_digest_acl("alice", "secret", all=True)])
    assert other.get(base)[0] == b"hers", "it comes from there"
    with pytest.raises(NoAuthError):
        other.set(base, b"his")
    assert len(zk.get_acls(base)[0]) == 2


def test_watches_fire_once_and_before_the_answer(room: Live, zk: Any, base: str) -> None:
    seen: list[Any] = []
    assert zk.exists(base, watch=seen.append) is None
    other = room.client()
    other.create(base, b"")
    eventually(lambda: seen)
    zk.get(base, watch=seen.append)
    zk.get_children(base, watch=seen.append)
    other.create(f"{base}/c")
    other.set(base, b"new")
    other.set(base, b"newer")
    eventually(lambda: len(seen) == 3)
    assert [e.type for e in seen] == [EventType.CREATED, EventType.CHILD, EventType.CHANGED]


def test_what_kazoo_does_not_know(room: Live, base: str) -> None:
    """Persistent watches, containers, TTL nodes and the rest of 3.6 and later."""
    with Plain(*room.served.zookeeper["n2"]) as plain:
        plain.ask(ops.Create(base, b"", OPEN))
        plain.ask(ops.AddWatch(base, 1))
        made = plain.ask(ops.CreateContainer(f"{base}/c", b"", OPEN))
        assert made.path == f"{base}/c"
        plain.ask(ops.CreateTtl(f"{base}/t", b"", OPEN, 5, ttl=60_000))
        plain.ask(ops.Create(f"{base}/c/e", b"", OPEN, 1))
        plain.ask(ops.SetData(f"{base}/c/e", b"x"))
        events = [(1, f"{base}/c"), (1, f"{base}/t"), (1, f"{base}/c/e"), (3, f"{base}/c/e")]
        assert plain.events == events
        assert plain.ask(ops.GetEphemerals(base)) == ops.PathsOf((f"{base}/c/e",))
        assert plain.ask(ops.GetAllChildrenNumber(base)) == ops.NumberOf(3)
        assert ("ip", "127.0.0.1") in [tuple(who) for who in plain.ask(ops.WhoAmI()).identities]
        plain.ask(ops.CheckWatches(base, 3))
        plain.ask(ops.RemoveWatches(base, 3))
        with pytest.raises(ZooKeeperError, match="NO_WATCHER"):
            plain.ask(ops.CheckWatches(base, 3))
        several = plain.ask(ops.MultiRead((ops.GetData(base), ops.GetChildren(f"{base}/c"))))
        assert len(several.results) == 2


def test_sync_shows_what_others_have_done(room: Live, base: str) -> None:
    writer, reader = room.client("n1"), room.client("n5")
    for n in range(10):
        path = f"{base}-{n}"
        writer.create(path)
        assert reader.sync(path) == path
        assert reader.exists(path)


def test_the_answers_of_one_connection_come_in_order(zk: Any, base: str) -> None:
    zk.create(base)
    order: list[int] = []
    asked = []
    for n in range(60):
        asked.append(zk.set_async(base, b"%d" % n) if n % 3 else zk.get_async(base))
        asked[-1].rawlink(lambda _, n=n: order.append(n))
    last = [each.get(timeout=10) for each in asked][-1]
    eventually(lambda: len(order) == 60)
    assert order == list(range(60))
    assert last.version == 40


def test_the_words(room: Live, zk: Any) -> None:
    assert zk.command(b"ruok") == "imok"
    assert zk.server_version() == (3, 8, 0)
    assert "zk_quorum_size\t5" in zk.command(b"mntr")


# -- recipes -------------------------------------------------------------------------------------------------


def test_lock(room: Live, base: str) -> None:
    clients = [room.client() for _ in range(3)]
    holders: list[str] = []
    inside: list[int] = []

    def work(client: Any, name: str) -> None:
        for _ in range(3):
            with client.Lock(f"{base}/lock", name):
                inside.append(1)
                assert len(inside) == 1, "two hold it"
                holders.append(name)
                inside.pop()

    together(*(lambda c=c, n=n: work(c, f"c{n}") for n, c in enumerate(clients)))
    assert sorted(holders) == sorted(["c0", "c1", "c2"] * 3)
    room.end()


def test_election_passes_on(room: Live, base: str) -> None:
    led: list[str] = []

    def stand(client: Any, name: str) -> None:
        client.Election(f"{base}/election", name).run(lambda: led.append(name))

    clients = [room.client() for _ in range(3)]
    together(*(lambda c=c, n=n: stand(c, f"c{n}") for n, c in enumerate(clients)))
    assert sorted(led) == ["c0", "c1", "c2"]
    room.end()


def test_queues(zk: Any, base: str) -> None:
    queue = zk.Queue(f"{base}/queue")
    for n in range(5):
        queue.put(b"%d" % n)
    assert [queue.get() for _ in range(6)] == [b"0", b"1", b"2", b"3", b"4", None]
    locking = zk.LockingQueue(f"{base}/locking")
    locking.put_all([b"a", b"b"])
    assert locking.get(5) == b"a"
    assert locking.consume()
    assert (locking.get(5), len(locking)) == (b"b", 1)


def test_counter(room: Live, base: str) -> None:
    clients = [room.client() for _ in range(2)]

    def add(client: Any) -> None:
        counter = client.Counter(f"{base}/counter")
        for _ in range(10):
            counter += 1

    together(*(lambda c=c: add(c) for c in clients))
    assert clients[0].Counter(f"{base}/counter").value == 20
    room.end()


def test_barriers(room: Live, base: str) -> None:
    one, two = room.client(), room.client()
    barrier = one.Barrier(f"{base}/barrier")
    barrier.create()
    assert not barrier.wait(0.05)
    two.Barrier(f"{base}/barrier").remove()
    assert barrier.wait(5)

    def meet(client: Any, name: str) -> bool:
        double = client.DoubleBarrier(f"{base}/double", 2, name)
        double.enter()
        double.leave()
        return bool(double.participating)

    assert together(lambda: meet(one, "1"), lambda: meet(two, "2")) == [False, False]
    room.end()


def test_party(room: Live, base: str) -> None:
    one, two = room.client(), room.client()
    first, second = one.Party(f"{base}/party", "one"), two.Party(f"{base}/party", "two")
    first.join()
    second.join()
    assert sorted(first) == ["one", "two"]
    two.stop()
    eventually(lambda: list(first) == ["one"])
    room.end()


def test_lease(room: Live, base: str) -> None:
    import datetime

    hour = datetime.timedelta(hours=1)
    one, two = room.client(), room.client()
    assert one.NonBlockingLease(f"{base}/lease", hour, identifier="one")
    assert not two.NonBlockingLease(f"{base}/lease", hour, identifier="two")
    room.end()


def test_partitioner(room: Live, base: str) -> None:
    clients = [room.client() for _ in range(2)]

    def share(client: Any, name: str) -> list[int]:
        parts = client.SetPartitioner(f"{base}/parts", set(range(6)), identifier=name, time_boundary=0.3)
        while not parts.acquired:
            assert not parts.failed
            parts.release_set() if parts.release else parts.wait_for_acquire(5)
        return list(parts)

    shares = together(*(lambda c=c, n=n: share(c, f"c{n}") for n, c in enumerate(clients)))
    assert sorted(shares[0] + shares[1]) == list(range(6))
    room.end()


def test_tree_cache(room: Live, zk: Any, base: str) -> None:
    cache, events, ready = TreeCache(zk, base), [], threading.Event()
    cache.listen(lambda e: ready.set() if e.event_type == TreeEvent.INITIALIZED else events.append(e))
    zk.create(base, b"root")
    cache.start()
    assert ready.wait(5)
    other = room.client()
    other.create(f"{base}/a/b", b"leaf", makepath=True)
    eventually(lambda: cache.get_data(f"{base}/a/b") is not None)
    assert cache.get_data(f"{base}/a/b").data == b"leaf"
    other.delete(f"{base}/a", recursive=True)
    eventually(lambda: cache.get_children(base) == frozenset())
    cache.close()


def test_at_full_speed_who_comes_late_is_rushed_for_too(room: Live, zk: Any) -> None:
    """Time leaps for a handshake, however much of it has passed before."""
    while room.timeline.sim.cluster.now <= PATIENCE:
        zk.sync("/")

    def leap_for_a_new_client() -> int:
        (gateway,) = room.room.outside
        assert isinstance(gateway, RoomGateway)
        line = gateway.connect("n1", ConnectRequest(0, 10_000), "127.0.0.1", Nobody())
        leap = gateway.rush_until() - room.timeline.time
        line.hang_up()
        return leap

    assert room.served.inside(leap_for_a_new_client) > 0


class Nobody:
    def hear(self, said: Any) -> None:
        pass
