"""`python -m benchmarks [NAME…]`: run the benchmarks and print their ratios."""

from __future__ import annotations

import importlib
import sys

ALL = (
    "kernel",
    "protocols",
    "znodes",
    "history",
    "linearizability",
    "storage",
    "fanout",
    "classes",
    "zookeeper",
    "quorum",
    "browser",
)


def main(names: list[str]) -> int:
    for name in names or list(ALL):
        print(f"== {name}", flush=True)
        for ratio in importlib.import_module(f"benchmarks.{name}").report():
            print(ratio, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
