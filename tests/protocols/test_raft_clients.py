"""Clients of Raft: redirection, sessions and exactly-once (section 8, dissertation 6.3)."""

from protocols.client import ClientReply, ClientRequest
from protocols.key_value import Command
from protocols.log import Entry
from protocols.raft import AppendEntries, AppendEntriesReply
from tests.protocols.driving import Server

ADD = Command("add", "x", "1", "c1", 1)


def answers(n: Server) -> list[ClientReply]:
    return [m for to, m in n.sent if to == "c1"]


def leader() -> Server:
    return Server(term=2, options={"no_op": False}, members=("n1", "n2", "n3")).lead()


def confirm(n: Server, match: int) -> Server:
    return n.receive("n2", AppendEntriesReply(n.state.current_term, True, match_index=match))


def test_a_follower_names_the_leader() -> None:
    """§8: "that server will reject the client's request and supply information about the most recent leader
    it has heard from".
    """
    n = Server(1, term=2).append("n3", 2, (1, 1))
    n.receive("c1", ClientRequest(ADD))
    assert n.sent == [("c1", ClientReply(1, "redirect", leader="n3"))]
    assert len(n.state.log) == 1


def test_a_server_that_knows_no_leader_says_so() -> None:
    """§8."""
    n = Server(1, term=2).ring("election").receive("c1", ClientRequest(ADD))
    assert answers(n) == [ClientReply(1, "redirect", leader=None)]


def test_a_client_is_answered_once_its_command_is_applied() -> None:
    """§5.3: "When the entry has been safely replicated, the leader applies the entry to its state machine and
    returns the result of that execution to the client".
    """
    n = leader().receive("c1", ClientRequest(ADD))
    assert not answers(n)
    confirm(n, 1)
    assert answers(n) == [ClientReply(1, "ok", "1")]
    assert n.state.waiting == {}


def test_a_retry_of_an_executed_command_is_answered_without_executing_it_again() -> None:
    """§8, dissertation §6.3: "If it receives a command whose serial number has already been executed, it
    responds immediately without re-executing the request".
    """
    n = confirm(leader().receive("c1", ClientRequest(ADD)), 1)
    n.receive("c1", ClientRequest(ADD))
    assert answers(n) == [ClientReply(1, "ok", "1")]
    assert (len(n.state.log), n.state.data) == (1, {"x": "1"})


def test_a_retry_of_a_command_in_the_log_is_not_appended_again() -> None:
    """Dissertation §6.3: the leader has it already; the answer comes with the commit, once."""
    n = leader().receive("c1", ClientRequest(ADD)).receive("c1", ClientRequest(ADD))
    assert not n.out.outbox
    assert len(n.state.log) == 1
    confirm(n, 1)
    assert answers(n) == [ClientReply(1, "ok", "1")]


def test_a_command_twice_in_the_log_is_executed_once() -> None:
    """Dissertation §6.3: a retry may reach a later leader that has the entry of the earlier one; sessions are
    part of the state machine, so every server skips the second.
    """
    n = Server(term=3)
    n.receive("n2", AppendEntries(3, "n2", 0, 0, (Entry(2, ADD), Entry(3, ADD)), 2))
    assert n.state.data == {"x": "1"}
    assert n.state.sessions["c1"].serial == 1


def test_a_new_leader_that_has_the_entry_of_the_old_one_answers_the_retry_once() -> None:
    """Dissertation §6.3, §5.4.2: the second entry commits both; the command runs once."""
    n = Server(term=3, options={"no_op": False}, members=("n1", "n2", "n3"))
    n.receive("n2", AppendEntries(3, "n2", 0, 0, (Entry(3, ADD),), 0))
    n.state.current_term = 4
    n.lead().receive("c1", ClientRequest(ADD))
    assert len(n.state.log) == 2
    confirm(n, 2)
    assert answers(n) == [ClientReply(1, "ok", "1")]
    assert n.state.data == {"x": "1"}


def test_a_deposed_leader_forgets_whom_it_would_have_answered() -> None:
    """§8: whoever leads when the entry commits answers; the old leader must not, for the entry at that index
    may be another by then.
    """
    n = leader().receive("c1", ClientRequest(ADD))
    other = Entry(3, Command("put", "x", "9", "c2", 1))
    n.receive("n3", AppendEntries(3, "n3", 0, 0, (other,), 1))
    assert n.state.data == {"x": "9"}
    assert not answers(n)


def test_reads_go_through_the_log() -> None:
    """§8: a read must not return stale data; here it is an entry like a write."""
    n = confirm(leader().receive("c1", ClientRequest(ADD)), 1)
    n.receive("c1", ClientRequest(Command("get", "x", "", "c1", 2)))
    assert not answers(n)
    assert answers(confirm(n, 2)) == [ClientReply(2, "ok", "1")]
