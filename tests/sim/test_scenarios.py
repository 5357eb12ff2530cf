"""Scenario files: those that come with the program, wrong ones, and the command that runs them."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from app.resources import SCENARIOS
from app.sim.errors import Refused
from app.sim.examine import run_scenario, summary
from app.sim.scenario import MUSEUM, catalogue, load_scenario
from app.sim.trace import lines
from protocols.registry import protocol_of
from tests.sim.test_commands import assert_sentences

FILES = sorted(SCENARIOS.glob("*/*.toml"))
HASH = re.compile(r"trace sha256 ([0-9a-f]{64})")


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda s: s.name)
def test_a_shipped_scenario_meets_its_expectations_every_time(scenario: Any) -> None:
    run, again = run_scenario(scenario.config), run_scenario(scenario.config)
    assert not run.failed, [f"{v}: {v.seen}" for v in run.verdicts if not v.met]
    assert run.verdicts
    assert summary(run) == summary(again)


@pytest.mark.parametrize("scenario", catalogue(), ids=lambda s: s.name)
def test_a_shipped_scenario_speaks_both_languages(scenario: Any) -> None:
    for words in (scenario.title, scenario.summary, *(s.say for s in scenario.config.script if s.say)):
        assert re.search(r"[\u4e00-\u9fff]", words["zh"])
        assert not re.search(r"[\u4e00-\u9fff]", words["en"])


def test_what_the_issue_asks_for_is_shipped() -> None:
    names = " ".join(path.stem for path in FILES)
    for wanted in ("figure-7", "figure-8", "split-vote", "leader-crash", "partition", "one-way-link"):
        assert wanted in names


def test_a_scenario_breaks_a_law_where_it_says_so_and_nowhere_else() -> None:
    """Every mutant's does; and a right protocol's, where the protocol promises less than the law."""
    for scenario in catalogue():
        broken = {e.body[0] for e in run_scenario(scenario.config).events if e.kind == "violation"}
        announced = {e.law for e in scenario.config.expect if e.is_ == "broken"}
        assert announced <= broken, scenario.name
        assert bool(broken) == bool(announced), scenario.name
        bugs = scenario.config.mutants.items()
        assert announced or not any(protocol_of(s).mutants[bug][1] for s, bug in bugs), scenario.name


def test_the_shortest_scenario_of_the_document() -> None:
    text = 'protocol = "raft"\n[[expect]]\nthat = "leader is not none"\nby = "1s"\n'
    assert not run_scenario(load_scenario(text, "short").config).failed


# --- wrong files --------------------------------------------------------------------------------------------

GOOD = 'protocol = "raft"\n'
STEP = GOOD + "[[step]]\n"
EXPECT = GOOD + "[[expect]]\n"
WRONG: list[tuple[str, str, str]] = [
    # the file, the code of its refusal, and what the sentence must name
    ("protocol = raft", "toml", "line 1"),
    (GOOD + "[[step]\n", "toml", "line 2"),
    ("", "missing", "protocol"),
    ("protocol = 3", "missing", "protocol"),
    ('protocol = "rafd"', "unknown-service", "raft"),
    (GOOD + "nods = 3", "unknown-option", "nods"),
    (GOOD + "nods = 3", "unknown-option", "nodes"),
    (GOOD + "nodes = 0", "count", "0 nodes"),
    (GOOD + "nodes = 100", "count", "25"),
    (GOOD + 'nodes = ["n1", "N 2"]', "bad-name", "N 2"),
    (GOOD + 'nodes = ["n1", "n1"]', "names-twice", "n1"),
    (GOOD + 'nodes = "five"', "count", "five nodes"),
    (GOOD + "clients = 10", "count", "9"),
    (GOOD + "seed = -1", "config-value", "seed"),
    (GOOD + "seed = 1.5", "config-value", "seed"),
    (GOOD + 'until = "later"', "in-key", "until"),
    (GOOD + 'speed = "fast"', "config-value", "speed"),
    (GOOD + 'mutant = "no-log-chek"', "unknown-mutant", "no-log-check"),
    (GOOD + "[options]\npreVot = true", "unknown-option", "preVote"),
    (GOOD + "[options]\npreVote = 1", "config-value", "preVote"),
    (GOOD + '[options]\nheartbeat = "0ms"', "in-key", "heartbeat"),
    (GOOD + "[options]\nbatch = 0", "config-value", "batch"),
    (GOOD + '[options]\nelectionTimeout = "300ms..150ms"', "in-key", "150ms"),
    (GOOD + '[client]\ntimeot = "1s"', "unknown-option", "timeout"),
    (GOOD + '[network]\ndelay = "slow"', "in-key", "delay"),
    (GOOD + "[network]\nloss = 1.5", "config-value", "loss"),
    (GOOD + "[network]\nlost = 0.5", "unknown-key", "lost"),
    (GOOD + "[disk]\nlatency = 5", "config-value", "latency"),
    (GOOD + "[initial.n9]\nlog = [1]", "unknown-node", "n9"),
    (GOOD + "[initial.n1]\nlgo = [1]", "unknown-field", "lgo"),
    (GOOD + "[initial.n1]\nrole = 'leader'", "unknown-field", "role"),
    (GOOD + "[initial.n1]\nlog = [2, 1]", "initial-value", "n1"),
    (GOOD + "[initial.n1]\nlog = 7", "initial-value", "n1"),
    (GOOD + "[initial.n1]\nlog = ['x']", "initial-value", "n1"),
    (GOOD + "[initial.n1]\nlog = [{ term = 1, command = 5 }]", "initial-value", "n1"),
    (GOOD + "[initial.n1]\nlog = [{ trem = 1 }]", "initial-value", "n1"),
    (GOOD + "[initial.n1]\ncurrentTerm = -1", "initial-value", "n1"),
    (GOOD + "[initial.n1]\nvotedFor = 'n9'", "initial-value", "n1"),
    (GOOD + "initial = 5", "config-value", "initial"),
    (GOOD + "step = 5", "config-value", "step"),
    (GOOD + "step = [5]", "config-value", "step"),
    (STEP + 'do = "heal"', "step-moment", "at"),
    (STEP + 'at = "1s"\nafter = "1s"\ndo = "heal"', "step-moment", "after"),
    (STEP + 'at = "soon"\ndo = "heal"', "duration", "soon"),
    (STEP + 'at = "1s"\ndo = "crsh n1"', "in-step", "crsh n1"),
    (STEP + 'at = "1s"\ndo = "crash n9"', "in-step", "n9"),
    (STEP + 'at = "1s"\ndo = ["heal", "link n1 -> n2"]', "in-step", "Step 1"),
    (STEP + 'at = "1s"\ndo = 7', "config-value", "do"),
    (STEP + 'at = "1s"\ndoo = "heal"', "unknown-key", "doo"),
    (STEP + 'at = "1s"\nsay = { de = "Hallo" }', "unknown-option", "de"),
    (STEP + 'at = "1s"\nsay = 5', "words", "say"),
    (STEP + 'when = "n1.rol == 1"\ndo = "heal"', "in-step", "rol"),
    (STEP + 'when = "n1.role = 1"\ndo = "heal"', "in-step", "n1.role = 1"),
    (EXPECT + 'by = "1s"', "expect-subject", "that"),
    (EXPECT + 'that = "true"\nlaw = "log-matching"', "expect-subject", "law"),
    (EXPECT + 'that = "true"\nby = "1s"\nat = "1s"', "expect-moment", "by"),
    (EXPECT + 'that = "n7.role == 1"', "in-expectation", "n7"),
    (EXPECT + 'law = "log-machting"', "in-expectation", "log-matching"),
    (EXPECT + 'law = "log-matching"\nis = "kept"', "config-value", "is"),
    (GOOD + "title = 5", "words", "title"),
    (GOOD + "#" * 200_001, "scenario-too-long", "200000"),
]


@pytest.mark.parametrize(("text", "code", "names"), WRONG, ids=[f"{c}-{n}" for _, c, n in WRONG])
def test_a_wrong_file_is_refused_naming_what_is_wrong(text: str, code: str, names: str) -> None:
    with pytest.raises(Refused) as refused:
        load_scenario(text, "mine")
    assert refused.value.code == "scenario"
    assert refused.value.params["why"] == code
    assert names in refused.value.message()
    assert "mine" in refused.value.message()
    assert_sentences(refused.value)


def test_the_reason_inside_of_a_refusal_is_told_in_the_same_language() -> None:
    with pytest.raises(Refused) as refused:
        load_scenario(STEP + 'at = "1s"\ndo = "crash n9"', "mine")
    assert "There is no node" not in refused.value.message("zh")
    assert "There is no node" in refused.value.message("en")


def test_a_text_that_looks_like_a_placeholder_stays_a_text() -> None:
    with pytest.raises(Refused) as refused:
        load_scenario(STEP + 'at = "1s"\ndo = "crash {known}"', "mine")
    assert "{known}" in refused.value.message()


# --- the command --------------------------------------------------------------------------------------------

Simulate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Simulate:
    """Runs `quorumscope simulate` on a text or a file: exit status, output, error output."""

    def run(what: str | Path, *options: str) -> tuple[int, str, str]:
        path = what if isinstance(what, Path) else tmp_path / "mine.toml"
        if isinstance(what, str):
            path.write_text(what, encoding="utf-8")
        try:
            status = main(["simulate", str(path), *options])
        except SystemExit as left:
            status = left.code  # type: ignore[assignment]
        out, err = capsys.readouterr()
        return int(status or 0), out, err

    return run


def test_exit_status_0_when_all_is_met(simulate: Simulate) -> None:
    status, out, err = simulate(FILES[0])
    assert (status, err) == (0, "")
    assert "expectations met" in out.splitlines()[-1]


def test_exit_status_1_says_which_expectation_where_and_what_was_seen(simulate: Simulate) -> None:
    status, out, _ = simulate(EXPECT + 'that = "n1.currentTerm == 77"\nby = "300ms"', "--quiet")
    assert status == 1
    assert re.search(r"NOT MET at event \d+ \(300\.000 ms\): n1\.currentTerm == 77 by 300ms; seen: ", out)
    assert "n1.currentTerm = " in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EXPECT + 'law = "election-safety"\nis = "broken"', "election-safety holds"),
        (EXPECT + 'that = "leader is none"\nalways = true', "NOT MET"),
        (EXPECT + 'that = "leader is not none"\nat = "1ms"', "NOT MET at event"),
        (STEP + 'at = "1ms"\ndo = "restart n1"', "REFUSED"),
        (STEP + 'when = "n1.currentTerm == 99"\ndo = "heal"', "NOT REACHED"),
    ],
)
def test_exit_status_1_for_all_that_does_not_go_as_planned(simulate: Simulate, text: str, says: str) -> None:
    status, out, _ = simulate(text, "--quiet")
    assert status == 1
    assert says in out


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_exit_status_2_for_a_wrong_file(simulate: Simulate, lang: str) -> None:
    status, out, err = simulate(GOOD + "nods = 3", "--lang", lang)
    assert (status, out) == (2, "")
    assert "nods" in err
    assert "nodes" in err
    assert len(err.strip().splitlines()) == 1


def test_exit_status_2_for_no_file_and_for_wrong_options(simulate: Simulate, tmp_path: Path) -> None:
    assert simulate(tmp_path / "none.toml")[0] == 2
    assert simulate(GOOD, "--seed", "x")[0] == 2
    assert simulate(GOOD, "--seed", "-1")[0] == 2
    assert simulate(GOOD, "--until", "soon")[0] == 2
    assert simulate(GOOD, "--json", "--svg")[0] == 2


def test_a_file_that_is_no_text(simulate: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "picture.toml"
    path.write_bytes(b"\x89PNG\xff\xfe")
    assert simulate(path)[0] == 2


def test_json_is_one_array_an_event_and_a_summary(simulate: Simulate) -> None:
    status, out, _ = simulate(FILES[0], "--json")
    *events, last = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [e[0] for e in events] == list(range(1, len(events) + 1))
    assert last["ok"] is True
    assert all(e["met"] for e in last["expectations"])
    run = run_scenario(catalogue()[0].config)
    assert out.encode().startswith(lines(run.events))


def test_text_has_a_line_an_event_and_its_reasons(simulate: Simulate) -> None:
    for lang in ("en", "zh"):
        _, out, _ = simulate(SCENARIOS / "raft/10-leader-crash.toml", "--text", "--lang", lang)
        assert "rule.raft" not in out
        assert not re.search(r"\{\w+\}", out)
        assert "[§5.2]" in out
    assert "领导者" in out


def test_svg_is_a_picture_by_itself_and_words_go_elsewhere(simulate: Simulate) -> None:
    for path in [p for p in FILES if p.parent.name != MUSEUM][::4]:
        _, out, err = simulate(path, "--svg", "--until", "300ms")
        root = ET.fromstring(out)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "expectations met" in err
        assert not re.search(r"href|<script|url\(", out)


def test_seed_overrides_and_reproduces(simulate: Simulate) -> None:
    def digest(*options: str) -> str:
        found = HASH.search(simulate(GOOD, "--quiet", "--until", "2s", *options)[1])
        assert found
        return found[1]

    assert digest() == digest("--seed", "1")
    assert digest("--seed", "2") == digest("--seed", "2")
    assert digest("--seed", "2") != digest("--seed", "3")


def test_until_ends_the_run(simulate: Simulate) -> None:
    assert "750ms of virtual time" in simulate(GOOD, "--quiet", "--until", "750ms")[1]
    assert "5s of virtual time" in simulate(GOOD, "--quiet")[1]
