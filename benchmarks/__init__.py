"""Benchmarks: `make bench`. Each reports a ratio against a peer or a limit, taken in the same run."""
