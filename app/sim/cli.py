"""`quorumscope simulate FILE`: run a scenario without a server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.sim.config import read_config
from app.sim.errors import Refused
from app.sim.examine import Run, run_scenario, summary
from app.sim.scenario import read_file
from app.sim.spacetime import spacetime_svg
from app.sim.text import text_lines
from app.sim.trace import encode, lines
from app.sim.units import micros
from app.texts import LANGS


def add_simulate(subparsers: Any) -> None:
    """Add the command to the program's."""
    parser = subparsers.add_parser(
        "simulate",
        help="run a scenario file and judge what it expects",
        description="Runs a scenario without a server, prints its trace and a summary. Exit status: 0 when "
        "every expectation is met, 1 when one is not, 2 when the file is wrong.",
    )
    parser.add_argument("file", type=Path, help="the scenario, a TOML file (see docs/scenarios.md)")
    parser.add_argument("--seed", type=int, help="take this seed instead of the file's")
    parser.add_argument("--until", help="stop at this virtual time, e.g. 2.5s")
    parser.add_argument("--lang", choices=LANGS, default="en", help="language of sentences")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--text", dest="form", action="store_const", const="text", help="one line an event (default)"
    )
    form.add_argument(
        "--json", dest="form", action="store_const", const="json", help="one JSON array an event"
    )
    form.add_argument("--svg", dest="form", action="store_const", const="svg", help="the space-time diagram")
    form.add_argument("--quiet", dest="form", action="store_const", const="quiet", help="the summary alone")
    parser.set_defaults(run=run_simulate, form="text")


def run_simulate(args: argparse.Namespace) -> int:
    """Run the command; gives the exit status."""
    try:
        scenario = read_file(args.file)
        config = scenario.config
        if args.seed is not None:
            config = read_config({**config.model_dump(by_alias=True, exclude_none=True), "seed": args.seed})
        run = run_scenario(config, micros(args.until) if args.until else None)
    except Refused as refused:
        print(f"quorumscope: {refused.message(args.lang)}", file=sys.stderr)
        return 2
    show(run, args.form, args.lang)
    return 1 if run.failed else 0


def show(run: Run, form: str, lang: str) -> None:
    """Print the trace, what failed, and the summary; beside an SVG, words go to standard error."""
    assert run.simulation is not None
    words = sys.stderr if form == "svg" else sys.stdout
    if form == "text":
        print("\n".join(text_lines(run.events, lang)))
    elif form == "json":
        sys.stdout.write(lines(run.events).decode())
    elif form == "svg":
        nodes = [*run.simulation.config.nodes, *run.simulation.config.clients]
        sys.stdout.write(spacetime_svg(run.events, nodes, 0, run.simulation.now, lang))
    if form == "json":
        print(encode(json_summary(run)).decode())
    else:
        for sentence in shortcomings(run, lang):
            print(sentence, file=words)
        print(summary(run), file=words)


def shortcomings(run: Run, lang: str) -> list[str]:
    """Everything that did not go as the scenario expects, a sentence each."""
    found = [
        f"NOT MET at event {v.seq} ({v.time / 1000:.3f} ms): {v}; seen: {v.seen}"
        for v in run.verdicts
        if not v.met
    ]
    for e in run.refused:
        text, code, params = e.body
        found.append(f"REFUSED at event {e.seq}: {text}: {Refused(code, **params).message(lang)}")
    if run.unfinished:
        found.append(f"NOT REACHED: the last {run.unfinished} steps of the script never had their moment")
    return found


def json_summary(run: Run) -> dict[str, Any]:
    """The summary as one JSON object."""
    assert run.simulation is not None
    return {
        "summary": summary(run),
        "ok": not run.failed,
        "time": run.simulation.now,
        "laws": run.simulation.cluster.broken,
        "expectations": [
            {"text": str(v), "met": v.met, "seq": v.seq, "time": v.time, "seen": v.seen} for v in run.verdicts
        ],
        "shortcomings": shortcomings(run, "en"),
    }
