"""Quorumscope: real consensus protocols in a deterministic simulator, shown in the browser."""
