"""Lessons: narrated runs, told as data. The format is in `docs/lessons.md`."""
