"""`quorumscope check-history FILE`: is what the clients saw linearizable?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from app.history.check import LIMIT, Verdict, check
from app.history.reading import read_histories
from app.history.sessions import breaches
from app.history.words import sentences, session_sentences
from app.sim.errors import Refused, sentence
from app.sim.trace import encode
from app.texts import LANGS


def add_check_history(subparsers: Any) -> None:
    """Add the command to the program's."""
    parser = subparsers.add_parser(
        "check-history",
        help="tell whether a history of operations is linearizable",
        description="Reads a history (docs/histories.md) or an exported trace, and tells whether it is "
        "linearizable, and if not, why. Exit status: 0 when it is, 1 when it is not, 2 when the file is "
        "wrong, 3 when the search was given up.",
    )
    parser.add_argument("file", type=Path, help="the history, or a trace (simulate --json, trace.json)")
    parser.add_argument("--lang", choices=LANGS, default="en", help="language of sentences")
    parser.add_argument("--json", action="store_true", help="the verdict as JSON")
    parser.add_argument(
        "--limit", type=int, default=LIMIT, help="give up after so many configurations (default %(default)s)"
    )
    parser.set_defaults(run=run_check_history)


def run_check_history(args: argparse.Namespace) -> int:
    """Run the command; gives the exit status."""
    try:
        histories = read_histories(args.file)
        if not histories:
            raise Refused("history-no-service")
    except Refused as refused:
        print(f"quorumscope: {refused.message(args.lang)}", file=sys.stderr)
        return 2
    verdicts = {service: check(history, args.limit) for service, history in histories.items()}
    for service, verdict in verdicts.items():
        sessions = breaches(histories[service])
        if args.json:
            print(encode({"service": service, **vars(verdict), "sessions": sessions}).decode())
            continue
        show(service, verdict, args.lang)
        for text in session_sentences(sessions, args.lang, "events" if service else "lines"):
            print(text)
    found = [verdict.linearizable for verdict in verdicts.values()]
    return 1 if False in found else 3 if None in found else 0


def show(service: str, verdict: Verdict, lang: str) -> None:
    """The verdict in words; a trace has its services named, and events instead of lines."""
    first, *rest = sentences(verdict, lang, "events" if service else "lines")
    print(sentence("history.service", {"service": service, "text": first}, lang) if service else first)
    for text in rest:
        print(text)
