"""`quorumscope quorum`: what N, W and R promise and cost, computed and tried out without a browser."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from app.quorum.formulas import available, check, missed, overlap
from app.quorum.published import FITS, PUBLISHED, Fit, N
from app.sim.errors import Refused
from app.texts import LANGS

PERCENTS = (50.0, 95.0, 99.0, 99.9)


def add_quorum(subparsers: Any) -> None:
    """Add the command to the program's."""
    parser = subparsers.add_parser(
        "quorum",
        help="what N, W and R promise, and how stale and slow they are",
        description="Closed forms and trials (WARS) for N replicas, of which W must store a write and R must "
        "answer a read. Exit status: 0, or 2 when the numbers cannot be.",
    )
    parser.add_argument("--n", type=int, default=3, help="replicas of a key")
    parser.add_argument("--w", type=int, default=2, help="must store a write")
    parser.add_argument("--r", type=int, default=2, help="must answer a read")
    parser.add_argument("--p", type=float, default=0.01, help="probability that a node is down")
    parser.add_argument("--k", type=int, default=1, help="the last writes that a read misses")
    parser.add_argument(
        "--fit", choices=FITS, default="lnkd-disk", help="published delays (default: lnkd-disk)"
    )
    parser.add_argument(
        "--write", metavar="DELAY", help="delay of a write instead: 60%%5ms..9ms+40%%exp(0.05)"
    )
    parser.add_argument(
        "--rest", metavar="DELAY", help="delay of acknowledgements, reads and answers instead"
    )
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lang", choices=LANGS, default="en", help="language of refusals")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--table", action="store_true", help="the published table beside our figures")
    parser.set_defaults(run=run_quorum)


def run_quorum(args: argparse.Namespace) -> int:
    """Run the command; gives the exit status."""
    try:
        if args.table:
            print("\n".join(table(max(args.trials, 1), args.seed)))
            return 0
        found = figures(args)
    except Refused as refused:
        print(f"quorumscope: {refused.message(args.lang)}", file=sys.stderr)
        return 2
    print(json.dumps(found) if args.json else "\n".join(said(found)))
    return 0


def figures(args: argparse.Namespace) -> dict[str, Any]:
    """Everything that there is to say about these numbers."""
    from app.quorum.wars import Trials

    n, w, r = args.n, args.w, args.r
    check(n, w, r)
    if not 0 <= args.p <= 1:
        raise Refused("nwr-probability", value=args.p)
    for value in (args.k, args.trials):
        if value < 1:
            raise Refused("nwr-positive", value=value)
    found = Trials(_fit(args), n, args.trials, args.seed).outcomes(w, r)
    reads, writes = found.percentiles(PERCENTS)
    return {
        "n": n, "w": w, "r": r, "p": args.p, "k": args.k, "trials": len(found.reads),
        "overlap": overlap(n, w, r),
        "availability": {"reads": available(n, r, args.p), "writes": available(n, w, args.p)},
        "may_fail": {"reads": n - r, "writes": n - w, "data": w - 1},
        "missed": missed(n, w, r, args.k),
        "latency": {"percentiles": PERCENTS, "reads": reads, "writes": writes},
        "stale": found.stale(),
        "fresh_within": found.within(),
    }  # fmt: skip


def _fit(args: argparse.Namespace) -> Fit:
    named = FITS[args.fit]
    if args.write is None and args.rest is None:
        return named
    rest = args.rest or named.a
    return Fit(args.write or named.w, rest, rest, rest, named.far)


def said(f: dict[str, Any]) -> list[str]:
    n, w, r, over = f["n"], f["w"], f["r"], f["overlap"]
    verdict = (
        f"every read shares {over} or more replicas with every completed write"
        if over > 0
        else "a read can miss every replica that has the newest write"
    )
    times = [
        f"{name:<6} {'  '.join(f'{p:g} %: {ms:.2f} ms' for p, ms in zip(PERCENTS, values, strict=True))}"
        for name, values in (("reads", f["latency"]["reads"]), ("writes", f["latency"]["writes"]))
    ]
    return [
        f"N = {n}, W = {w}, R = {r}: R + W = {r + w} {'>' if over > 0 else '<='} {n}: {verdict}",
        f"available, each node down with probability {f['p']:g}: "
        f"reads {100 * f['availability']['reads']:.6g} %, writes {100 * f['availability']['writes']:.6g} %",
        "may fail without losing: " + ", ".join(f"{what} {count}" for what, count in f["may_fail"].items()),
        f"misses the last {f['k']} writes when nothing spreads: {100 * f['missed']:.6g} %",
        *times,
        f"stale right after the write: {100 * f['stale']:.4g} %; "
        f"99.9 % fresh within {f['fresh_within']:.2f} ms ({f['trials']:,} trials)",
    ]


def table(trials: int, seed: int) -> list[str]:
    """The published table, and ours with the error of each figure."""
    from app.quorum.wars import Trials

    lines = ["99.9th percentiles and time to 99.9 % fresh, ms: ours (published, error)"]
    for name, rows in PUBLISHED.items():
        drawn = Trials(FITS[name], N, trials, seed)
        for (r, w), published in rows.items():
            found = drawn.outcomes(w, r)
            (read,), (write,) = found.percentiles((99.9,))
            cells = [_cell(*pair) for pair in zip((read, write, found.within()), published, strict=True)]
            lines.append(f"{name:<10} R={r} W={w}  " + "  ".join(cells))
    return lines


def _cell(ours: float, published: float) -> str:
    error = f"{ours / published - 1:+.1%}" if published else "exactly" if ours == 0 else "not 0"
    return f"{ours:9.2f} ({published:g}, {error})"
