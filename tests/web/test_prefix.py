"""Behind a proxy, below a path: every address that we give out begins with it, whether or not we hear it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.resources import STATIC, TEMPLATES
from tests.serving import Member, Served, serving
from tests.web.proxy import PREFIX, proxied

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module", params=[True, False], ids=["taken away", "passed on"])
def behind(request: pytest.FixtureRequest) -> Iterator[tuple[Served, str]]:
    with serving(prefix=PREFIX + "/") as served, proxied(served.address, request.param) as (address, _):
        yield served, address


def test_pages_files_and_api_are_below_it(behind: tuple[Served, str]) -> None:
    _, address = behind
    with httpx.Client() as http:
        for page in (
            "/",
            "/compare",
            "/museum",
            "/quorum",
            "/foundations",
            "/lessons",
            "/cap",
            "/join",
            "/live",
            "/api/docs",
        ):
            answer = http.get(address + page, headers=HTML)
            assert answer.status_code == 200
            found = re.findall(r'(?:href|src)="(/[^"]*)"', answer.text)
            assert found
            assert all(link.startswith(PREFIX + "/") for link in found), found
        for link in found:
            assert http.get(address.removesuffix(PREFIX) + link).status_code == 200
        missing = http.get(address + "/nowhere", headers=HTML)
        assert missing.status_code == 404
        assert f'href="{PREFIX}/"' in missing.text
        assert http.get(address + "/api/openapi.json").json()["servers"] == [{"url": PREFIX}]
        assert http.get(address + "/api/rooms/nowhere").json()["code"] == "unknown-room"


def test_a_room_is_made_driven_and_watched_below_it(behind: tuple[Served, str]) -> None:
    _, address = behind
    made = httpx.post(address + "/api/rooms", json={"config": {"seed": 3}}).json()
    assert made["url"] == f"{PREFIX}/rooms/{made['id']}"
    with Member(address, made["id"], token=made["token"]) as member:
        assert member.ask("command", text="crash n1")["type"] == "ok"
    with httpx.stream("GET", f"{address}/sse/rooms/{made['id']}") as stream:
        said_there = stream.iter_lines()
        opened = next(line for line in said_there if line.startswith("data:") and len(line) > 10)
        said = json.dumps({"type": "hello", "version": 1})
        assert (
            httpx.post(f"{address}/sse/{opened.partition(':')[2].strip()}", content=said).status_code == 204
        )


def test_the_server_is_still_there_without_it(behind: tuple[Served, str]) -> None:
    """The health check of a container asks it directly."""
    served, _ = behind
    assert served.http.get("/healthz").status_code == 200
    assert served.http.get(PREFIX + "s/healthz").status_code == 404


@pytest.mark.parametrize("wrong", ["quorumscope", "/a b", "//evil.example", "/a?b", "/a/#", "/a//b"])
def test_a_prefix_is_a_path(wrong: str) -> None:
    with pytest.raises(ValueError, match="prefix"), serving(prefix=wrong):
        pass


OURS = r"(cap|api|ws|sse|static|i18n|rooms|live|class|lessons|join|open|compare|museum|quorum|foundations)\b"


def sources() -> Iterator[tuple[Path, str]]:
    for folder, kind in ((STATIC / "js", "*.js"), (TEMPLATES, "*.html")):
        for file in sorted(folder.rglob(kind)):
            yield file, file.read_text(encoding="utf-8")


def test_no_page_and_no_module_writes_an_address_without_it() -> None:
    """Templates begin an address with `{{ base }}`, modules with `BASE` of core/base.js; what is given to
    `fetchJson` of home/api.js, also by way of an `address` or `addressOf`, begins with a plain `/`."""
    for file, text in sources():
        for number, line in enumerate(text.splitlines(), start=1):
            where = f"{file.name}:{number}: {line.strip()[:100]}"
            if file.suffix == ".html":
                assert not re.search(r'\b(href|src|action)="(/|\{\{ (?!base))', line), where
            elif not line.lstrip().startswith(("*", "/**", "//")):
                assert not re.search(r'(href|src|action)="/', line), where
                for found in re.finditer(rf"['\"`]/{OURS}", line):
                    before = line[: found.start()]
                    assert re.search(
                        r"(?<!this\.)(?<!store\.)fetchJson\($|href\$=$|\baddress(Of)?\b.*$", before
                    ), where
