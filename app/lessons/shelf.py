"""The lessons there are: the course that comes with the program, and those of a folder of one's own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from app.lessons.lesson import FILE, HOME, Lesson, read_lesson, version_of
from app.lessons.runner import Run, run_lesson
from app.sim.errors import Refused

KEPT = 60
"""Lessons whose runs are kept; one that is asked for again is otherwise run again."""


@dataclass
class Shelf:
    """Reads a lesson again when one of its files has changed, so that an author sees the new one."""

    own: Path | None = None
    _lessons: dict[Path, Lesson] = field(default_factory=dict)
    _runs: OrderedDict[tuple[Path, str], Run] = field(default_factory=OrderedDict)
    _running: Lock = field(default_factory=Lock)

    def folders(self) -> dict[str, tuple[Path, bool]]:
        """Every lesson's folder, and whether it is one's own; one's own of the same name comes first."""
        found: dict[str, tuple[Path, bool]] = {}
        for home, own in ((HOME, False), (self.own, True)):
            if home is not None and home.is_dir():
                found |= {path.parent.name: (path.parent, own) for path in sorted(home.glob(f"*/{FILE}"))}
        return found

    def lesson(self, name: str) -> Lesson:
        """Raises Refused when there is none of that name, or when it is wrong."""
        folders = self.folders()
        if name not in folders:
            raise Refused("unknown-lesson", name=name[:60])
        folder, own = folders[name]
        known = self._lessons.get(folder)
        if known is None or (own and known.version != version_of(folder)):
            known = self._lessons[folder] = read_lesson(folder, own)
        return known

    def run(self, name: str) -> Run:
        """Raises Refused, as `lesson`, or when a step never ends."""
        with self._running:
            lesson = self.lesson(name)
            key = (lesson.folder, lesson.version)
            run = self._runs.pop(key, None) or run_lesson(lesson)
            self._runs[key] = run
            if len(self._runs) > KEPT:
                self._runs.popitem(last=False)
            return run

    def course(self) -> list[Lesson]:
        """All that can be read, in the order of the course; one's own last."""
        lessons = []
        for name in self.folders():
            try:
                lessons.append(self.lesson(name))
            except Refused:
                continue  # its own page says what is wrong
        return sorted(lessons, key=lambda it: (it.about.part is None, it.about.part, it.about.place, it.name))
