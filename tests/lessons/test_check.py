"""What `lesson check` finds: each mistake by itself, told with its file, step and key."""

import re
from pathlib import Path

import pytest

from app.__main__ import main
from app.lessons.check import check
from app.lessons.lesson import HOME, read_lesson
from app.lessons.runner import Watch, run_lesson, try_solution
from app.lessons.skeleton import FILES
from app.sim.errors import Refused
from app.sim.timeline import Timeline
from tests.sim.test_commands import assert_sentences


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mine"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_text(text, encoding="utf-8")
    return made


MISTAKES = [
    ("lesson.toml", "n1.role == 'leader'", "n1.rolle == 'leader'", "step “leader”, until", "rolle"),
    ("lesson.toml", "n1.role == 'leader'", "n9.role == 'leader'", "step “leader”, until", "n9"),
    ("lesson.toml", "n1.role == 'leader'", "now > 200000", "step “leader”, until", "never for a time"),
    ("lesson.toml", "n1.role == 'leader'", "n1.role == 'king'", "step “leader”, until", "never came true"),
    ("lesson.toml", "n1.role == 'leader'", "n1.role == 'candidate'", "step “leader”, until", "true already"),
    ("lesson.toml", "timeout n1 election", "timeout n1 lease", "step “leader”, do", "lease"),
    ("lesson.toml", "timeout n1 election", "crush n1", "step “leader”, do", "crush"),
    ("lesson.toml", 'id = "leader"', 'id = "rest"', "step “rest”, id", "two steps"),
    ("lesson.toml", "until =", "till =", "step “leader”, till", "not known here"),
    ("lesson.toml", "hints = 2", "hints = 0", "step “try”, challenge.hints", "greater than or equal to 1"),
    ("lesson.toml", "Term == 2", "Term == 1", "step “leader”, predict.choices", "true are: one, two"),
    ("lesson.toml", "Term == 1", "Term == 7", "step “leader”, predict.choices", "true are: –"),
    (
        "lesson.toml",
        "c1.answered == 1",
        "c1.answered == 0",
        "step “try”, challenge.goal",
        "before the learner",
    ),
    ("lesson.toml", "c1.answered == 1", "c1.answered == 2", "step “try”, challenge.solution", "still false"),
    (
        "lesson.toml",
        "request c1 put x 7",
        "restart n2",
        "step “try”, challenge.solution",
        "n2 is running",
    ),
    ("lesson.toml", "nodes = 3", "nodes = 33", "lesson.toml, cluster", "33"),
    (
        "lesson.toml",
        "nodes = 3",
        'nodes = 3\nbreaks = ["log-matching"]',
        "lesson.toml, breaks",
        "log-matching",
    ),
    ("lesson.toml", "[step.challenge]", "[step.challange]", "step “try”, challange", "not known here"),
    ("lesson.toml", "nodes = 3", "nodes = = 3", "lesson.toml, toml", "not TOML"),
    ("en.toml", "[n1](n1) ends", "[n1](n7) ends", "en.toml, step “leader”, caption", "n7"),
    ("en.toml", "[n1](n1) ends", "n1 ends", "zh.toml, step “leader”, caption", "different things: n1"),
    ("en.toml", "Now it is", "", "", ""),
    ("zh.toml", "轮到您了。", "", "zh.toml, step “try”, caption", "empty"),
    ("zh.toml", "轮到您了。", "轮到您了。" * 20, "zh.toml, step “try”, caption", "too long for a projector"),
    ("en.toml", "[step.rest]", "[step.west]", "en.toml, step", "no words here: add [step.rest]"),
    (
        "zh.toml",
        '"任期 1", two',
        '"任期 1", three',
        "zh.toml, step “leader”, predict.choices.two",
        "no words",
    ),
    (
        "zh.toml",
        ', "发出请求 put x 7，然后让时间继续。"',
        "",
        "zh.toml, step “try”, challenge.hints",
        "2 hints",
    ),
    ("en.toml", "title =", "titel =", "en.toml, titel", "not known here"),
]


@pytest.mark.parametrize(("name", "old", "new", "where", "what"), MISTAKES)
def test_a_mistake_is_told_with_its_file_step_and_key(
    folder: Path, name: str, old: str, new: str, where: str, what: str
) -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    _, problems = check(folder)
    told = [str(problem) for problem in problems]
    assert bool(told) == bool(where)
    for problem in problems:
        assert_sentences(problem)
    if where:
        assert any(where in one and what in one for one in told), told


def test_a_new_lesson_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "new", str(tmp_path / "my-own")]) == 0
    assert main(["lesson", "check", str(tmp_path / "my-own"), "--steps"]) == 0
    told = capsys.readouterr().out
    assert "my-own: right." in told
    assert re.search(r"leader: events 4–19, .*answer one", told)
    assert main(["lesson", "new", str(tmp_path / "my-own")]) == 2
    assert main(["lesson", "new", str(tmp_path / "My Own")]) == 2


def test_a_wrong_lesson_and_one_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "zh.toml").unlink()
    assert main(["lesson", "check", str(folder), "--lang", "zh"]) == 1
    assert "mine/zh.toml" in capsys.readouterr().out
    assert main(["lesson", "check", "no-such-lesson"]) == 2
    assert "no lesson" in capsys.readouterr().err


def test_the_same_run_every_time() -> None:
    lesson = read_lesson(HOME / "raft-election")
    assert run_lesson(lesson).line.hash() == run_lesson(lesson).line.hash()


# --- a challenge --------------------------------------------------------------------------------------------


def blocked() -> tuple[Timeline, Watch]:
    """A branch for the challenge of 2pc-blocks, and who judges it."""
    run = run_lesson(read_lesson(HOME / "2pc-blocks"))
    end = run.spans[-1].end
    return run.line.fork(end.seq, end.time), Watch(run, run.spans[-1].step)


def follow(watch: Watch, line: Timeline) -> None:
    watch.follow(line.journal, line.head)


def test_the_goal_is_reached_by_what_was_done_and_by_that_alone() -> None:
    line, watch = blocked()
    line.advance(line.time + 50_000)
    follow(watch, line)
    assert watch.reached is None
    line.execute("crash n1")
    line.advance(line.time + 150_000)
    follow(watch, line)
    assert watch.given == 1, "but the decision timers have not ended yet"
    line.advance(line.time + 200_000)
    follow(watch, line)
    assert watch.reached


def test_a_goal_that_was_true_for_a_moment_stays_reached() -> None:
    line, watch = blocked()
    line.advance(line.time + 50_000)
    line.execute("crash n1")
    line.advance(line.time + 600_000)
    line.execute("restart n1")
    line.advance(line.time + 600_000)
    assert not any(getattr(p.state, "blocked", False) for p in line.sim.cluster.processes)
    follow(watch, line)
    assert watch.reached is not None
    assert watch.given == 2


@pytest.mark.parametrize(("after", "solved"), [(10_000, False), (30_000, True), (90_000, False)])
def test_only_a_crash_within_the_window_blocks_everybody(after: int, solved: bool) -> None:
    """Before that nobody has been asked to vote, after that somebody knows the decision."""
    line, watch = blocked()
    line.advance(line.time + after)
    line.execute("crash n1")
    line.advance(line.time + 2_000_000)
    follow(watch, line)
    assert (watch.reached is not None) == solved


def test_another_run_is_not_judged() -> None:
    _, watch = blocked()
    other = Timeline(watch.sim.config)
    other.advance(2_000_000)
    with pytest.raises(Refused) as refused:
        follow(watch, other)
    assert refused.value.code == "not-this-challenge"


def test_the_reference_solution_says_what_it_needed() -> None:
    run = run_lesson(read_lesson(HOME / "2pc-blocks"))
    tried = try_solution(run, run.spans[-1])
    assert (tried.before, tried.after, tried.commands, tried.unfinished) == (False, True, 1, 0)
