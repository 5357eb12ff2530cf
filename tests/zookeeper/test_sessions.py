"""Sessions: the documentation's "ZooKeeper Sessions", and what version 3.8 does."""

import base64

import pytest

from app.sim.trace import Event
from protocols.zookeeper.messages import Connect, Connected
from protocols.zookeeper.sessions import password_of
from tests.zookeeper.ensembles import Ensemble


@pytest.mark.parametrize(("wanted", "given"), [(1, 100), (100, 100), (700, 700), (1000, 1000), (9999, 1000)])
def test_a_time_out_lies_between_two_and_twenty_ticks(wanted: int, given: int) -> None:
    """A tick is 50 ms here."""
    ensemble = Ensemble(clients=1)
    negotiated = ensemble.sim.cluster.processes[0].actor.negotiated
    assert negotiated(wanted * 1000) == given * 1000


def test_the_servers_bounds_can_be_set() -> None:
    ensemble = Ensemble(1, {"sessionTimeout": "3s"}, minSessionTimeout="2s", maxSessionTimeout="5s")
    ensemble.zk("c1", "ls /")
    assert ensemble.c1.timeout == 3_000_000
    assert all(
        s.sessions == {ensemble.c1.session: 3_000_000} for s in (ensemble.n1, ensemble.n2, ensemble.n3)
    )


def test_the_leader_closes_a_session_nobody_has_heard_from_with_its_ephemerals_in_one_transaction() -> None:
    ensemble = Ensemble()
    ensemble.zk("c1", "create -e /a", "create -e /b", ms=400)
    ensemble.zk("c2", "stat -w /b", "stat /")
    before, session = ensemble.n3.last_processed, ensemble.c1.session
    ensemble.do("pause c1", ms=350)  # its last ping was at most 220 ms ago
    assert session in ensemble.n3.sessions
    ensemble.do(ms=400)
    assert [d["session"] for d in ensemble.why("n3", "session-expires")] == [hex(session)]
    assert not ensemble.why("n1", "session-expires")
    assert ensemble.n1.last_processed == before + 1
    for server in (ensemble.n1, ensemble.n2, ensemble.n3):
        assert session not in server.sessions
        assert server.tree.children("/") == ("zookeeper",)
    assert ensemble.output("c2")[-1].startswith("WatchedEvent")


def test_who_says_something_now_and_then_keeps_its_session() -> None:
    """Pings alone do, by way of the server's answers to the leader's."""
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create -e /a")
    ensemble.do(ms=3000)
    assert "/a" in ensemble.n3.tree
    assert ensemble.c1.server == "n1", "and not at the leader's own"


def test_a_new_leader_gives_everybody_a_full_time_out() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create -e /a")
    ensemble.do("pause c1", ms=400)
    ensemble.do("crash n3")
    while ensemble.n2.phase != "broadcast" or ensemble.n2.role != "leading":
        ensemble.do(ms=10)
    due = ensemble.n2.deadlines[ensemble.c1.session] - ensemble.sim.now
    assert 590_000 <= due <= 600_000
    ensemble.do(ms=500)
    assert "/a" in ensemble.n2.tree
    ensemble.do(ms=200)
    assert "/a" not in ensemble.n2.tree


def test_a_session_goes_on_at_another_server_when_the_leader_says_so() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create -e /a")
    session = ensemble.c1.session
    ensemble.do("tell c1 connect n2", ms=35)  # the leader has not answered yet
    assert (ensemble.c1.phase, ensemble.n2.clients["c1"].session) == ("connecting", 0)
    ensemble.do(ms=100)
    assert [(d["server"], d["valid"]) for d in ensemble.why("n3", "revalidates")] == [("n2", True)]
    assert (ensemble.c1.phase, ensemble.c1.session) == ("connected", session)
    assert ensemble.n3.owners[session] == "n2"
    ensemble.do(ms=1500)
    assert "/a" in ensemble.n3.tree


def test_a_session_that_is_over_does_not_go_on() -> None:
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create -e /a")
    ensemble.do("pause c1", ms=1000)
    ensemble.do("resume c1", ms=300)
    assert ensemble.why("c1", "session-expired")
    assert (ensemble.c1.session, ensemble.c1.phase) == (0, "closed")
    assert ensemble.zk("c1", "ls /") == ["Not connected"]


def test_a_wrong_password_is_as_good_as_no_session() -> None:
    ensemble = Ensemble()
    ensemble.zk("c1", "create -e /a")
    session = ensemble.c1.session
    for password, same in ((b"0" * 16, 0), (password_of(session), session)):
        ensemble.do(f"tell c2 open n2 {session} {base64_of(password)} 600000 0 127.0.0.1", ms=150)
        (answer,) = connected(ensemble, "c2")[-1:]
        assert (answer.session, answer.timeout) == (same, 600_000 if same else 0)
    assert "/a" in ensemble.n3.tree


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def connected(ensemble: Ensemble, client: str) -> list[Connected]:
    return [e.body[2] for e in sends(ensemble) if e.body[0] == client and isinstance(e.body[2], Connected)]


def sends(ensemble: Ensemble) -> list[Event]:
    return [e for e in ensemble.sim.cluster.events if e.kind == "send"]


def test_one_session_one_connection() -> None:
    """At the same server the old connection ends at once."""
    ensemble = Ensemble()
    ensemble.zk("c1", "create -e /a")
    session = ensemble.c1.session
    ensemble.do(f"tell c2 open n1 {session} {base64_of(password_of(session))} 600000 0 127.0.0.1", ms=100)
    assert list(ensemble.n1.clients) == ["c2"]
    assert ensemble.why("c1", "server-hung-up")


def test_what_the_old_server_still_forwards_is_refused_and_its_connection_ends() -> None:
    """SessionMoved."""
    ensemble = Ensemble()
    ensemble.zk("c1", "create -e /a")
    session = ensemble.c1.session
    ensemble.do(f"tell c2 open n2 {session} {base64_of(password_of(session))} 600000 0 127.0.0.1", ms=100)
    ensemble.zk("c1", "create /from-there", ms=115)
    assert "/from-there" not in ensemble.n3.tree
    assert "SESSION_MOVED" in str(ensemble.why("n3", "apply")[-1]["result"])
    assert "c1" not in ensemble.n1.clients
    assert ensemble.n2.clients["c2"].session == session


def test_a_client_that_has_seen_more_is_refused() -> None:
    """It must not go back in time."""
    ensemble = Ensemble(clients=1)
    ensemble.zk("c1", "create /a")
    ensemble.do("cut n3 -> n2")
    ensemble.zk("c1", "create /b", ms=130)
    ensemble.do("tell c1 connect n2", ms=45)
    assert ensemble.why("n2", "client-ahead")
    assert not ensemble.n2.clients
    assert [e for e in sends(ensemble) if isinstance(e.body[2], Connect)][-1].body[2].last_zxid > 0
    ensemble.do(ms=200)
    assert (ensemble.c1.phase, ensemble.c1.server) == ("connected", "n3")
