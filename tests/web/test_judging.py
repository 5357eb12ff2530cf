"""What the server says of a branch's past: linearizability and costs."""

from __future__ import annotations

from typing import Any

import pytest

from app.sim.config import read_config
from app.web import judging
from app.web.judging import theory
from tests.serving import Served

WORK = [{"at": "1s", "do": ["load c1 300ms"]}]


def played(served: Served, seconds: float = 6.0, **config: Any) -> str:
    made = served.make(config={"seed": 3, "clients": 2} | config)
    line = served.hub.rooms[made["id"]].tree.current.timeline
    served.inside(lambda: line.advance(int(seconds * 1_000_000)))
    return f"/api/rooms/{made['id']}/branches/b1"


def test_the_history_and_its_verdict(served: Served) -> None:
    said = served.http.get(played(served, script=WORK) + "/linearizability").json()
    assert (said["service"], said["first"], said["linearizable"]) == ("raft", 1, True)
    assert (said["refusals"], said["givenUp"], said["keys"]) == ([], [], 3)
    first = said["history"][0]
    assert first["process"] == "c1"
    assert first["command"]["op"] == "put"
    assert 0 < first["called"] < first["returned"] <= said["seq"]
    assert first["begun"] < first["ended"]


def test_a_history_whose_beginning_is_not_looked_at(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    base = played(served, script=WORK)
    monkeypatch.setattr(judging, "WINDOW", 300)
    said = served.http.get(base + "/linearizability").json()
    assert said["first"] == said["seq"] - 299 > 1
    assert said["linearizable"]


def test_a_search_that_takes_too_long_is_given_up(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    base = played(served, script=WORK)
    monkeypatch.setattr(judging, "CONFIGURATIONS", 3)
    said = served.http.get(base + "/linearizability").json()
    assert said["linearizable"] is None
    assert said["givenUp"]


def test_only_keys_and_values_are_judged(served: Served) -> None:
    base = played(served, 0.5, services=["2pc", "raft"])
    assert served.http.get(base + "/linearizability").json()["service"] == "raft"
    refused = served.http.get(base + "/linearizability?service=2pc")
    assert (refused.status_code, refused.json()["code"]) == (422, "history-not-here")
    refused = served.http.get(base + "/linearizability?service=zzz&lang=zh")
    assert (refused.status_code, refused.json()["code"]) == (422, "service-not-here")


def test_costs_beside_the_papers(served: Served) -> None:
    base = played(served, services=["raft", "2pc"], script=WORK)
    said = served.http.get(base + "/costs").json()
    assert [row["service"] for row in said["services"]] == ["raft", "2pc"]
    for row in said["services"]:
        (commit,) = row["kinds"]
        assert commit["measured"]["messages"] == row["theory"]["expected"]
        assert [commit["measured"]["decide"], commit["measured"]["know"]] == row["theory"]["delays"]
        assert 0 < commit["latest"] <= said["seq"]
    early = served.http.get(base + "/costs", params={"seq": 40}).json()
    assert early["seq"] == 40
    assert early["services"][0]["kinds"] == []


@pytest.mark.parametrize(
    ("service", "options", "expected", "note"),
    [
        ("raft", {}, ("2(n − 1)", 8, "2(n − 1)", 8), ""),
        ("2pc", {}, ("3n", 12, "4n", 16), "acks"),
        ("2pc", {"acks": False}, ("3n", 12, "3n", 12), ""),
        ("paxos", {}, ("4n", 20, "5(n − 1)", 20), "paxos"),
    ],
)
def test_the_formula_for_the_rooms_own_settings(
    service: str, options: dict[str, Any], expected: tuple[Any, ...], note: str
) -> None:
    found = theory(service, read_config({"services": [service], "nodes": 5, "options": {service: options}}))
    assert found is not None
    assert (found.formula, found.value, found.here, found.expected) == expected
    assert found.note == note


def test_roles_of_ones_own_have_no_formula() -> None:
    options = {"paxos": {"acceptors": ["n1", "n2", "n3"]}}
    assert theory("paxos", read_config({"services": ["paxos"], "options": options})) is None
