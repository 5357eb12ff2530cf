"""The pages that show everything that runs here: from the registry, so a new protocol appears by itself."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.sim.scenario import catalogue, famous
from app.texts import catalogue as texts
from app.web import compare
from protocols.registry import PROTOCOLS
from tests.serving import Served, serving
from tests.test_new_protocol import registered  # noqa: F401 (a fixture)

HTML = {"Accept": "text/html"}
HOLES = re.compile(r"\b(?:compare|museum|pages|home|mutant|law|protocol)\.[a-z0-9][\w.-]*")


def page(served: Served, path: str, lang: str = "en") -> str:
    answer = served.http.get(path, headers=HTML | {"Accept-Language": lang})
    assert answer.status_code == 200
    return answer.text


def words(page: str) -> str:
    """What a reader sees."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<main")[2])))


def openers(page: str) -> Iterator[dict[str, Any]]:
    for found in re.findall(r'data-open="([^"]*)"', page):
        yield json.loads(html.unescape(found))


@pytest.mark.parametrize("path", ["/compare", "/museum"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_is_missing(served: Served, path: str, lang: str) -> None:
    assert HOLES.findall(words(page(served, path, lang))) == []


@pytest.mark.parametrize("path", ["/", "/compare", "/museum"])
def test_every_way_in_leads_to_a_room(path: str) -> None:
    with serving(rooms_per_minute=10_000, max_rooms=1_000) as served:
        found = list(openers(page(served, path)))
        assert len(found) >= len(PROTOCOLS)
        for body in found:
            answer = served.http.post("/api/rooms", json=body)
            assert answer.status_code == 201, (body, answer.text)


def test_the_museum_has_every_known_bug_with_its_law(served: Served) -> None:
    seen = page(served, "/museum")
    known = texts("en", "museum")
    for protocol in PROTOCOLS.values():
        for name, (_, law) in protocol.mutants.items():
            case = seen.partition(f'id="bug-{name}"')[2].partition("</li>")[0]
            assert known[f"mutant.{name}"] in html.unescape(case)
            assert known[f"law.{law}" if law else "museum.slow"] in html.unescape(case)


def test_a_bug_is_shown_by_the_scenario_that_has_it(served: Served) -> None:
    """On the museum's page: first the scenario, then a room to try it in."""
    bugs = {s.name: s.config.mutants for s in catalogue()}
    seen = page(served, "/museum")
    for protocol in served.http.get("/api/protocols").json():
        for mutant in protocol["mutants"]:
            bug = {protocol["name"]: mutant["id"]}
            assert bugs[mutant["scenario"]] == bug
            case = seen.partition(f'id="bug-{mutant["id"]}"')[2].partition("</li>")[0]
            watch, room = openers(case)
            assert watch == {"scenario": mutant["scenario"]}
            assert room["config"]["mutants"] == bug


def test_the_front_page_leaves_to_the_other_pages_what_is_theirs(served: Served) -> None:
    listed = {s["name"] for s in served.http.get("/api/scenarios").json()}
    opened = {body["scenario"] for body in openers(page(served, "/")) if "scenario" in body}
    kept = {s.name for s in catalogue()} - {s.name for s in famous()}
    assert kept
    assert kept <= listed
    assert not kept & opened


@pytest.mark.usefixtures("registered")
def test_a_new_protocol_is_taken_up_by_itself(served: Served) -> None:
    assert "greeter" in [p["name"] for p in served.http.get("/api/protocols").json()]
    assert '<article id="greeter"' in page(served, "/compare")
    run = served.http.get("/api/protocols/greeter/recording").json()
    assert run["services"]["greeter"]["messages"] == ["Hello"]
    assert any(event[2] == "deliver" for event in run["events"])


@pytest.mark.parametrize("service", PROTOCOLS)
def test_a_recording_is_a_real_run_and_small(served: Served, service: str) -> None:
    answer = served.http.get(f"/api/protocols/{service}/recording")
    run = answer.json()
    assert [event[0] for event in run["events"]] == list(range(1, len(run["events"]) + 1))
    assert run["view"]["seq"] == 0
    assert any(event[8] for event in run["events"] if event[4] == service), "it explains itself"
    assert any(event[2] == "deliver" for event in run["events"])
    tag = answer.headers["etag"]
    again = served.http.get(f"/api/protocols/{service}/recording", headers={"If-None-Match": tag})
    assert again.status_code == 304
    with served.http.stream("GET", f"/api/protocols/{service}/recording") as stream:
        assert sum(map(len, stream.iter_raw())) < 25_000


def test_an_unknown_protocol_has_no_recording(served: Served) -> None:
    assert served.http.get("/api/protocols/nobody/recording").status_code == 404


@pytest.mark.parametrize(
    ("service", "n", "messages", "delays", "writes"),
    [
        ("2pc", 4, 12, (2, 3), 9),
        ("3pc", 4, 20, (4, 5), None),
        ("paxos", 5, 20, (4, 4), 10),
        ("multi-paxos", 5, 8, (2, 3), 5),
        ("raft", 5, 8, (2, 3), 5),
        ("zab", 5, 12, (2, 3), 5),
        ("quorum", 3, 12, (4, 4), 3),
    ],
)
def test_the_published_figures(
    service: str, n: int, messages: int, delays: tuple[int, int], writes: int | None
) -> None:
    costs = compare.COSTS[service]
    assert (costs.messages.at(n), costs.delays) == (messages, delays)
    assert (costs.writes.at(n) if costs.writes else None) == writes


def test_formulas_read_as_people_write_them() -> None:
    line = compare.Line
    assert [str(x) for x in (line(1), line(3), line(2, less=1), line(1, less=1), line(2, plus=1))] == [
        "n", "3n", "2(n − 1)", "n − 1", "2n + 1",
    ]  # fmt: skip
