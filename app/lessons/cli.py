"""`quorumscope lesson check`, `lesson new` and `lesson cast`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.lessons.check import check, check_run, minutes, title
from app.lessons.lesson import FILE, HOME, NAME, read_lesson
from app.lessons.runner import Run, run_lesson
from app.lessons.skeleton import FILES
from app.sim.errors import Refused
from app.sim.units import spoken
from app.texts import LANGS

MOST_SEEDS = 500
HASTE = 2_000_000
"""Virtual microseconds that a step may wait while a seed is looked for."""


def add_lesson(subparsers: Any) -> None:
    """Add the command to the program's."""
    parser = subparsers.add_parser(
        "lesson",
        help="check lessons, or begin a new one",
        description="Lessons are described in docs/lessons.md. LESSON is a folder, or the name of one that "
        "comes with the program. Exit status: 0 when all is well, 1 when a lesson is wrong, 2 when there is "
        "none.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    one = actions.add_parser("check", help="run lessons without a browser and say what is wrong with them")
    one.add_argument(
        "lessons", nargs="*", metavar="LESSON", help="without any: all that come with the program"
    )
    one.set_defaults(run=check_lessons)
    one.add_argument("--steps", action="store_true", help="say when each step begins and ends")
    new = actions.add_parser("new", help="make a folder with a small lesson that is right, to write on")
    new.add_argument("folder", metavar="FOLDER", help="its last part is the lesson's name: raft-my-story")
    new.set_defaults(run=new_lesson)
    cast = actions.add_parser(
        "cast",
        help="look for a seed with which the lesson's run tells its story",
        description="Tries seeds, 1, 2, 3 …, until every step is reached, one choice of every prediction "
        "comes true (those of --answer, where given) and every challenge is solved by its solution.",
    )
    cast.add_argument("lessons", nargs=1, metavar="LESSON")
    cast.add_argument("--answer", action="append", default=[], metavar="STEP=CHOICE")
    cast.set_defaults(run=cast_lesson)
    for action in (one, new, cast):
        action.add_argument("--lang", choices=LANGS, default="en", help="language of sentences")


def folder_of(name: str) -> Path:
    """A folder as it is, else a lesson that comes with the program."""
    path = Path(name)
    if path.is_dir() or not NAME.fullmatch(name):
        return path
    return HOME / name


def check_lessons(args: argparse.Namespace) -> int:
    """One line a lesson, and one for everything that is wrong with it."""
    folders = [folder_of(name) for name in args.lessons] or sorted(
        file.parent for file in HOME.glob(f"*/{FILE}")
    )
    missing = [folder for folder in folders if not folder.is_dir()]
    for folder in missing:
        refused = Refused("unknown-lesson", name=str(folder.name))
        print(f"quorumscope: {refused.message(args.lang)}", file=sys.stderr)
    if missing:
        return 2
    wrong = 0
    for folder in folders:
        run, problems = check(folder)
        for problem in problems:
            print(f"{problem.message(args.lang)}")
        wrong += bool(problems)
        if run is not None and not problems:
            print(summary(run, args.lang))
        if run is not None and args.steps:
            print("\n".join(steps(run)))
    return 1 if wrong else 0


def summary(run: Run, lang: str) -> str:
    told = title(run.lesson, "zh" if lang == "zh" else "en")
    end = run.spans[-1].end
    return (
        f"{run.lesson.name}: right. {told}: {len(run.spans)} steps, {end.seq} events, {spoken(end.time)} of "
        f"virtual time, about {minutes(run.lesson):.0f} min, trace sha256 {run.line.hash()[:16]}"
    )


def steps(run: Run) -> list[str]:
    return [
        f"  {span.step.id}: events {span.start.seq}–{span.end.seq}, {span.start.time / 1000:.3f}–"
        f"{span.end.time / 1000:.3f} ms" + (f", answer {span.answer}" if span.truths else "")
        for span in run.spans
    ]


def new_lesson(args: argparse.Namespace) -> int:
    folder = Path(args.folder)
    problem = None
    if not NAME.fullmatch(folder.name):
        problem = Refused("lesson-name", name=folder.name[:60])
    elif folder.exists():
        problem = Refused("lesson-there", name=folder.name)
    if problem:
        print(f"quorumscope: {problem.message(args.lang)}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"Write on in {folder}; then: quorumscope lesson check {folder}")
    return 0


def cast_lesson(args: argparse.Namespace) -> int:
    try:
        lesson = read_lesson(folder_of(args.lessons[0]))
    except Refused as refused:
        print(refused.message(args.lang), file=sys.stderr)
        return 2
    wanted = dict(answer.split("=", 1) for answer in args.answer)
    for seed in range(1, MOST_SEEDS + 1):
        config = lesson.config.model_copy(update={"seed": seed})
        try:
            run = run_lesson(replace(lesson, config=config), HASTE)
        except Refused:
            continue
        answers = {span.step.id: span.answer for span in run.spans}
        if all(answers.get(step) == choice for step, choice in wanted.items()) and not list(check_run(run)):
            print(f"seed = {seed}")
            return 0
    print(f"None of the seeds up to {MOST_SEEDS} tells this story.", file=sys.stderr)
    return 1
