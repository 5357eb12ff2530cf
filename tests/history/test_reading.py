"""Histories in files: what is read, and the line and the reason when it cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec import UNSET

from app.__main__ import main
from app.history.reading import read_histories, read_lines
from app.resources import SCENARIOS
from app.sim.config import read_config
from app.sim.errors import Refused
from app.sim.timeline import Timeline

DOCS = Path(__file__).parent.parent.parent / "docs" / "histories.md"
GOOD = """
{"type": "call", "process": "a", "op": "put", "key": "x", "value": 7, "time": 10}

{"type": "call", "process": "b", "op": "get", "key": "x", "time": 10}
{"type": "return", "process": "a", "time": 30}
{"type": "return", "process": "b", "result": null, "op": "get", "key": "x"}
{"type": "call", "process": "a", "op": "add", "key": "x", "value": "1"}
{"type": "unknown", "process": "a"}
{"type": "call", "process": "a", "op": "delete", "key": "x"}
"""


def test_a_history_is_read_line_by_line() -> None:
    put, get, add, delete = read_lines(GOOD)
    assert (put.command.op, put.command.key, put.command.value) == ("put", "x", "7")
    assert (put.called, put.returned, put.result) == (2, 5, UNSET)
    assert (put.begun, put.ended) == (10, 30)
    assert (get.process, get.called, get.returned, get.result) == ("b", 4, 6, None)
    assert (add.returned, add.result) == (None, UNSET)
    assert (delete.called, delete.returned) == (9, None)


CALL = '{"type": "call", "process": "a", "op": "get", "key": "x", "time": 5}'


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ("{", "history-shape"),
        ("7", "history-shape"),
        ('{"type": "begin", "process": "a"}', "history-shape"),
        ('{"type": "return"}', "history-shape"),
        ('{"type": "return", "process": "a", "colour": 1}', "history-shape"),
        ('{"type": "return", "process": "a", "result": true}', "history-shape"),
        (CALL, "history-overlap"),
        ('{"type": "return", "process": "b", "result": "1"}', "history-no-call"),
        ('{"type": "unknown", "process": "b"}', "history-no-call"),
        ('{"type": "return", "process": "a", "op": "put"}', "history-other-call"),
        ('{"type": "return", "process": "a", "time": 4}', "history-time"),
        ('{"type": "call", "process": "b", "op": "swap", "key": "x"}', "history-operation"),
        ('{"type": "call", "process": "b", "op": "put", "key": "x"}', "history-arguments"),
        ('{"type": "call", "process": "b", "op": "get", "key": "x", "value": 1}', "history-arguments"),
        ('{"type": "call", "process": "b", "op": "get"}', "history-arguments"),
    ],
)
def test_a_wrong_line_is_named_with_its_reason(second: str, why: str) -> None:
    with pytest.raises(Refused) as refused:
        read_lines(f"{CALL}\n\n{second}\n")
    assert refused.value.code == "history-line"
    assert refused.value.params["number"] == 3
    reason = refused.value.reasons["what"]
    assert reason.code == why
    for lang in ("en", "zh"):
        assert not re.search(r"\{\w+\}|errors\.", refused.value.message(lang))


def written(folder: Path, text: str) -> str:
    path = folder / "history"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_command_tells_by_its_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = GOOD + '{"type": "call", "process": "c", "op": "get", "key": "y"}\n'
    assert main(["check-history", written(tmp_path, stale)]) == 0
    assert capsys.readouterr().out == "Linearizable. Operations: 5, keys: 2.\n"
    stale += '{"type": "return", "process": "c", "result": 3}\n'
    assert main(["check-history", written(tmp_path, stale)]) == 1
    said = capsys.readouterr().out
    assert "Key y: no order explains that get y by c returned 3 (lines 10–11)" in said
    assert "It could have returned no value." in said
    assert main(["check-history", written(tmp_path, stale), "--lang", "zh"]) == 1
    assert "不可线性化" in capsys.readouterr().out
    assert main(["check-history", written(tmp_path, stale), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["refusals"][0]["operation"]["returned"] == 11


def test_the_command_names_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-history", written(tmp_path, GOOD + CALL)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("quorumscope: Line 10: ")
    assert main(["check-history", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    for text in ("[1, 2]\n", '{"events": [1]}', '{"events": []}'):
        assert main(["check-history", written(tmp_path, text)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_command_says_when_it_gave_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f'{{"type": "call", "process": "p{n}", "op": "add", "key": "x", "value": {1 << n}}}' for n in range(9)
    ]
    lines += [CALL, '{"type": "return", "process": "a", "result": -1}']
    assert main(["check-history", written(tmp_path, "\n".join(lines)), "--limit", "100"]) == 3
    assert "given up" in capsys.readouterr().out


def test_an_exported_run_is_a_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both forms hold the same: the lines of `simulate --json`, and a room's trace.json."""
    scenario = SCENARIOS / "raft" / "80-exactly-once.toml"
    assert main(["simulate", "--json", str(scenario)]) == 0
    from_lines = read_histories(Path(written(tmp_path, capsys.readouterr().out)))
    assert [o.command.op for o in from_lines["raft"]]
    line = Timeline(read_config({"seed": 4, "clients": 2}))
    for client in ("c1", "c2"):
        line.execute(f"load {client} 100ms")
    line.advance(3_000_000)
    path = written(tmp_path, b"".join(line.trace_json()).decode())
    assert len(read_histories(Path(path))["raft"]) > 20
    assert main(["check-history", path]) == 0
    assert capsys.readouterr().out.startswith("raft: Linearizable.")


def test_the_examples_of_the_document_are_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"```jsonl\n(.+?)```\n\n```text\n(.+?)```", DOCS.read_text(encoding="utf-8"), re.S)
    assert examples
    for text, said in examples:
        main(["check-history", written(tmp_path, text)])
        assert capsys.readouterr().out == said
