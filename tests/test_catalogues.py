"""Every text exists in both languages, and every refusal in the code has its sentence."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.resources import STATIC

ROOT = Path(__file__).parent.parent
PLACEHOLDER = re.compile(r"\{(\w+)\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def files(lang: str) -> list[str]:
    """Those in later/ are fetched with the panels that need them."""
    home = STATIC / "i18n" / lang
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*.json"))


FILES = files("en")


def load(lang: str, file: str) -> dict[str, str]:
    def no_twins(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(set(keys)) == len(keys), f"{lang}/{file} says a key twice"
        return dict(pairs)

    text = (STATIC / "i18n" / lang / file).read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text, object_pairs_hook=no_twins)
    return found


def merged(lang: str) -> dict[str, str]:
    return {key: text for file in FILES for key, text in load(lang, file).items()}


def test_both_languages_have_the_same_files() -> None:
    assert files("zh") == FILES


@pytest.mark.parametrize("file", FILES)
def test_both_languages_have_the_same_keys_and_placeholders(file: str) -> None:
    en, zh = load("en", file), load("zh", file)
    assert set(en) == set(zh)
    for key in en:
        assert isinstance(en[key], str), key
        assert isinstance(zh[key], str), key
        assert en[key].strip(), key
        assert zh[key].strip(), key
        assert set(PLACEHOLDER.findall(en[key])) == set(PLACEHOLDER.findall(zh[key])), key


def test_no_key_is_in_two_files() -> None:
    seen: dict[str, str] = {}
    for file in FILES:
        for key in load("en", file):
            assert key not in seen, f"{key} is in {seen[key]} and in {file}"
            seen[key] = file


def test_chinese_is_chinese() -> None:
    """Sentences, that is; a name or a number may be the same in both."""
    zh = merged("zh")
    foreign = [key for key, text in zh.items() if len(text.split()) > 4 and not CHINESE.search(text)]
    assert not foreign


def refusals() -> Iterator[tuple[Path, str, set[str] | None]]:
    """Every `Refused("code", …)` in the source; None for parameters that only the run knows."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused" and node.args):
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                names = [keyword.arg for keyword in node.keywords]
                given = None if None in names else {name for name in names if name}
                yield path, code.value, given


def test_every_refusal_has_its_sentence_with_everything_filled_in() -> None:
    en = merged("en")
    found = list(refusals())
    assert len(found) > 50
    for path, code, given in found:
        text = en.get(f"errors.{code}")
        assert text, f"{path.name}: no sentence for {code}"
        if given is not None:
            assert set(PLACEHOLDER.findall(text)) <= given, f"{path.name}: {code}"
