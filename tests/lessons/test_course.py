"""Every lesson that comes with the program is right, in both languages, and takes three to seven minutes."""

import re

import pytest

from app.lessons.check import check, minutes
from app.lessons.lesson import FILE, HOME
from app.texts import LANGS

COURSE = sorted(file.parent for file in HOME.glob(f"*/{FILE}"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("folder", COURSE, ids=lambda folder: folder.name)
def test_a_lesson_of_the_course_is_right(folder) -> None:  # type: ignore[no-untyped-def]
    run, problems = check(folder)
    assert [str(problem) for problem in problems] == []
    assert run is not None
    assert run.lesson.about.part, "the course has parts"
    assert 2 < minutes(run.lesson) < 8.5
    for lang in LANGS:
        texts = run.lesson.texts[lang]
        said = [texts.title, texts.summary, *(t for s in texts.step.values() for t in s.all().values() if t)]
        for text in said:
            tag = re.fullmatch(r"[\w\d ./+=<>–-]*", text)  # a name, a number
            assert tag or bool(CHINESE.search(text)) == (lang == "zh"), f"{lang}: {text}"


def test_no_two_lessons_have_the_same_place() -> None:
    from app.lessons.lesson import read_lesson

    places = [(a.part, a.place) for a in (read_lesson(folder).about for folder in COURSE)]
    assert len(set(places)) == len(places)
