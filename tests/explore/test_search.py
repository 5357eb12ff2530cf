"""Shortest schedules: found where the theory says that there are some, excluded where it says that there are
none, and played by the room as they were found.
"""

from typing import Any

import pytest

from app.explore.script import play
from app.explore.search import QUESTIONS, Found, search
from app.explore.world import Ask, Deliver, Rules
from app.sim.simulation import Simulation
from protocols.quorum import QuorumOptions
from tests.serving import serving

THREE = ("n1", "n2", "n3")


def find(what: str, **options: Any) -> tuple[Rules, Found]:
    plan, shows = QUESTIONS[what]
    rules = Rules(THREE, QuorumOptions(**options), plan)
    return rules, search(rules, shows, 5_000)


@pytest.mark.parametrize("w", [1, 2, 3])
@pytest.mark.parametrize("r", [1, 2, 3])
def test_a_stale_read_exists_exactly_where_quorums_need_not_meet(w: int, r: int) -> None:
    """Dynamo, section 4.5: R + W > N. Where it holds, every order of delivery has been looked at."""
    _, found = find("stale", w=w, r=r)
    assert (found.moves is not None) == (w + r <= 3)
    assert found.all_seen == (w + r > 3)


def test_r_and_w_above_n_are_not_linearizable_and_the_schedule_is_the_shortest() -> None:
    """New, then old: the first reader hears one other replica, the second the third."""
    _, found = find("non-linearizable", w=2, r=2)
    assert found.moves is not None
    assert sum(isinstance(move, Ask) for move in found.moves) == 3
    assert sum(isinstance(move, Deliver) for move in found.moves) == 4


def test_write_back_leaves_nothing_to_be_found() -> None:
    """Attiya, Bar-Noy & Dolev, section 3."""
    assert find("non-linearizable", w=2, r=2, write_back=True)[1].moves is None


@pytest.mark.parametrize(
    ("what", "law", "options"),
    [
        ("stale", "quorum-regular", {"w": 1, "r": 1}),
        ("stale", "quorum-regular", {"w": 2, "r": 1}),
        ("stale", "quorum-regular", {"w": 1, "r": 2}),
        ("non-linearizable", "quorum-linearizable", {"w": 2, "r": 2}),
        ("non-linearizable", "quorum-linearizable", {"w": 3, "r": 1}),
    ],
)
def test_a_room_plays_it_and_its_law_catches_it(what: str, law: str, options: dict[str, Any]) -> None:
    rules, found = find(what, **options)
    assert found.moves is not None
    sim = Simulation(play(rules, found.moves, options, what))
    sim.advance(3_000_000)
    events = sim.take()
    assert not [e.body for e in events if e.kind == "refused"]
    assert sim.next_step == len(sim.config.script)
    assert {e.body[0] for e in events if e.kind == "violation"} == {law}


def test_the_api_gives_a_room_that_can_be_opened() -> None:
    with serving() as served:
        ask = {"what": "non-linearizable", "w": 2, "r": 2}
        answer = served.http.post("/api/quorum/find", json=ask).json()
        assert (answer["found"], answer["moves"]) == (True, 7)
        assert served.http.post("/api/rooms", json={"config": answer["config"]}).status_code == 201
        none = served.http.post("/api/quorum/find", json={"what": "stale"}).json()
        assert (none["found"], none["allSeen"], none["config"]) == (False, True, None)
        refused = served.http.post("/api/quorum/find", json={"what": "stale", "w": 4})
        assert refused.status_code == 422
        assert refused.json()["code"] == "quorum-level"
