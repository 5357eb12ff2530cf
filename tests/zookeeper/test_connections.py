"""What a server owes its clients: "Consistency Guarantees", "ZooKeeper Watches"; and what it refuses them."""

import base64

import pytest

from protocols.zookeeper import jute
from protocols.zookeeper.messages import Connected, Reply, WatchedEvent
from protocols.zookeeper.operations import (
    OPEN,
    Check,
    Create,
    DataOf,
    Delete,
    GetData,
    Multi,
    Operation,
    Reconfig,
    Sasl,
    Token,
)
from protocols.zookeeper.watches import Watches
from tests.zookeeper.ensembles import Ensemble


def told(ensemble: Ensemble, client: str) -> list[str]:
    """The kinds of packets that a client was sent since it connected."""
    kinds = (Connected, Reply, WatchedEvent)
    sent = [e for e in ensemble.sim.cluster.events if e.kind == "send" and e.body[0] == client]
    return [e.body[1] for e in sent if isinstance(e.body[2], kinds)]


def outside(ensemble: Ensemble, *operations: Operation) -> list[Reply]:
    """What a real client, c2, is answered."""
    if ensemble.c2.phase == "closed":
        ensemble.do("tell c2 open n1 0 - 600000 0 127.0.0.1", ms=200)
    first = len(ensemble.sim.cluster.events)  # larger every time
    for at, operation in enumerate(operations):
        frame = base64.b64encode(jute.write_request(first + at, operation)).decode()
        ensemble.do(f"tell c2 frame {frame}")
    ensemble.do(ms=400)
    sent = [e for e in ensemble.sim.cluster.events if e.kind == "send" and e.body[0] == "c2"]
    return [e.body[2] for e in sent if isinstance(e.body[2], Reply)][-len(operations) :]


# --- order --------------------------------------------------------------------------------------------------


def test_a_read_waits_for_the_writes_of_its_own_session_and_for_nobody_elses() -> None:
    """Both are at n1, and ask at the same time: c2 writes and reads, c1 reads."""
    ensemble = Ensemble()
    ensemble.zk("c1", "ls /")
    ensemble.do("tell c1 zk 'ls /'")
    created, read = outside(ensemble, Create("/a", b"x", OPEN), GetData("/a"))
    assert (created.error, read.error) == (0, 0)
    assert isinstance(read.result, DataOf)
    at = {m: e.time for e in ensemble.sim.cluster.events if e.kind == "send" for m in [e.body[2]]}
    assert at[created] == at[read]
    assert ensemble.output("c1")[-1] == "[zookeeper]", "answered before there was an /a"


def test_answers_come_in_the_order_of_the_requests() -> None:
    ensemble = Ensemble(clients=2)
    operations = (Create("/a", b"", OPEN), Create("/a", b"", OPEN), Delete("/none", -1))
    replies = outside(ensemble, *operations, Sasl(b"x"), Delete("/a", -1))
    assert [r.error for r in replies] == [0, -110, -101, 0, 0]
    assert [r.xid for r in replies] == sorted(r.xid for r in replies)


# --- zxids --------------------------------------------------------------------------------------------------


def test_sessions_and_writes_take_a_zxid_failed_ones_too_and_reads_none() -> None:
    ensemble = Ensemble(clients=2)
    assert ensemble.n3.last_processed == 1 << 32, "an epoch begins with none"
    ensemble.zk("c1", "ls /", "get /", "sync /")
    assert ensemble.n3.last_processed == (1 << 32) + 1, "the session"
    ensemble.zk("c1", "create /a", "create /a", "delete /b", "set /a x -v 9", ms=600)
    assert ensemble.n3.last_processed == (1 << 32) + 5
    ensemble.zk("c1", "close")
    assert ensemble.n3.last_processed == (1 << 32) + 6


def test_a_new_epoch_counts_from_one_again() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create /a")
    ensemble.do("crash n3", ms=1500)
    ensemble.zk("c1", "create /b", ms=500)
    assert ensemble.n2.tree["/b"].czxid == (2 << 32) + 1
    assert ensemble.n1.tree["/a"].czxid == (1 << 32) + 2


def test_a_multi_is_one_transaction_or_none() -> None:
    ensemble = Ensemble(clients=2)
    both = Multi((Create("/a", b"", OPEN), Create("/a/b", b"", OPEN)))
    failing = Multi((Create("/c", b"", OPEN), Check("/none", -1), Create("/d", b"", OPEN)))
    done, failed = outside(ensemble, both, failing)
    assert ensemble.n1.tree["/a"].czxid == ensemble.n1.tree["/a/b"].czxid == done.zxid
    assert "/c" not in ensemble.n1.tree
    assert failed.zxid == done.zxid + 1


# --- watches ------------------------------------------------------------------------------------------------


def test_the_event_comes_before_the_writers_own_answer() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create /a x", "get -w /a", ms=400)
    ensemble.zk("c1", "set /a y")
    assert told(ensemble, "c1")[-2:] == ["WatchedEvent", "Reply"]
    assert len(told(ensemble, "c1")) == 5


def test_another_client_has_the_event_before_it_can_read_the_change() -> None:
    """It is at a server of its own: event and answer travel the same way, in this order."""
    ensemble = Ensemble()
    ensemble.zk("c1", "create /a x")
    ensemble.zk("c2", "get -w /a")
    ensemble.do("tell c1 zk 'set /a y'")
    for _ in range(12):
        ensemble.do("tell c2 zk 'get /a'", ms=20)
    ensemble.do(ms=200)
    text = [line for line in ensemble.output("c2") if line in ("x", "y") or "NodeDataChanged" in line]
    assert text.count("WatchedEvent state:SyncConnected type:NodeDataChanged path:/a") == 1
    at = text.index("WatchedEvent state:SyncConnected type:NodeDataChanged path:/a")
    assert set(text[:at]) == {"x"}
    assert set(text[at + 1 :]) == {"y"}


def test_watches_come_along_to_another_server_and_what_was_missed_is_told_there() -> None:
    ensemble = Ensemble()
    ensemble.zk("c1", "create /a x", "create /b x", ms=400)
    ensemble.zk("c2", "get -w /a", "get -w /b")
    ensemble.do("tell c2 hang-up")
    ensemble.zk("c1", "set /a y")
    ensemble.do("tell c2 connect n1", ms=200)
    assert [d["path"] for d in ensemble.why("n1", "watch-missed")] == ["/a"]
    assert ensemble.c2.watched.data == ("/b",)
    ensemble.zk("c1", "set /b y")
    assert [d["path"] for d in ensemble.why("c2", "event")] == ["/a", "/b"]


def test_watches_are_gone_with_the_connection() -> None:
    ensemble = Ensemble()
    ensemble.zk("c1", "create /a x")
    ensemble.zk("c2", "get -w /a")
    assert ensemble.n2.watches != Watches()
    ensemble.do("tell c2 connect n3", ms=200)
    assert ensemble.n2.watches == Watches()
    ensemble.zk("c1", "set /a y")
    assert [d["client"] for d in ensemble.why("n3", "watch-fires")] == ["c2"]
    assert not ensemble.why("n2", "watch-fires")


# --- sync ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("line", "seen"), [("ls /", "old"), ("sync /", "new")])
def test_a_read_may_be_stale_and_is_not_behind_a_sync(line: str, seen: str) -> None:
    """c2's server hears of the commit late; the sync's answer comes behind it."""
    ensemble = Ensemble()
    ensemble.zk("c1", "create /a old")
    ensemble.zk("c2", "ls /")
    ensemble.do("link n3 -> n2 delay 300ms")
    ensemble.zk("c1", "set /a new", ms=140)
    assert ensemble.c1.answered == 2
    ensemble.zk("c2", line, "get /a", ms=1000)
    assert ensemble.output("c2")[-1] == seen


# --- refused ------------------------------------------------------------------------------------------------


def test_sasl_is_answered_with_no_token() -> None:
    (reply,) = outside(Ensemble(clients=2), Sasl(b"x"))
    assert (reply.error, reply.result) == (0, Token(None))


def test_another_membership_is_refused_and_the_connection_stays() -> None:
    ensemble = Ensemble(clients=2)
    (reply,) = outside(ensemble, Reconfig("server.4=x:1:2", "", "", -1))
    assert (reply.error, ensemble.c2.phase) == (-6, "connected")


def test_too_much_data_ends_the_connection() -> None:
    """jute.maxbuffer; in a multi, its parts together."""
    ensemble = Ensemble(clients=2, maxData=100)
    parts = tuple(Create(f"/{name}", b"x" * 50, OPEN) for name in "ab")
    (reply,) = outside(ensemble, Multi(parts))
    assert (reply.error, ensemble.c2.phase) == (0, "connected")
    outside(ensemble, Multi((*parts, parts[0])))
    assert ensemble.c2.phase == "closed"
    ensemble.zk("c1", "ls /")
    ensemble.zk("c1", "create /c " + "x" * 101, ms=90)
    assert "KeeperErrorCode = ConnectionLoss for /c" in ensemble.output("c1")


def test_who_cannot_prove_who_it_is_loses_its_connection() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create -e /a", "addauth nobody x")
    assert ensemble.why("n1", "auth-failed")
    assert ensemble.why("c1", "server-hung-up")


def test_there_is_no_such_server() -> None:
    ensemble = Ensemble(clients=1)
    session = (ensemble.zk("c1", "ls /"), ensemble.c1.session)[1]
    assert ensemble.zk("c1", "connect n9")[-1] == "There is no server n9 here, only n1, n2, n3: it stays."
    assert (ensemble.c1.server, ensemble.c1.session, ensemble.c1.phase) == ("n1", session, "connected")


def test_a_passed_soft_quota_is_said_and_stops_nobody() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create /a", "setquota -n 2 /a", "create /a/b", ms=900)
    assert not ensemble.why("n2", "quota-passed")
    ensemble.zk("c1", "create /a/c", ms=300)
    for node in ("n1", "n2", "n3"):
        assert ensemble.why(node, "quota-passed") == [{"path": "/a", "what": "count", "limit": 2, "used": 3}]
    assert "/a/c" in ensemble.n3.tree
