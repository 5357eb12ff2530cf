"""Pages, files, headers, and what the keepers of a server look at."""

import json
import re

import pytest

from tests.serving import Served, serving

PAGES = [
    "/",
    "/compare",
    "/museum",
    "/quorum",
    "/quorum/table",
    "/foundations",
    "/lessons",
    "/lessons/raft-election",
    "/lessons/2pc-blocks/text",
    "/lessons/nowhere",
    "/cap",
    "/live",
    "/open",
    "/api/docs",
    "/nowhere",
    "/rooms/nowhere",
]
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_to_the_strict_policy(served: Served, path: str) -> None:
    answer = served.http.get(path, headers=HTML)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.text
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert "<script>" not in page
    assert "//" not in page.replace("http://www.w3.org/", ""), "nothing is fetched from elsewhere"


@pytest.mark.parametrize(
    ("accepts", "lang"), [("zh-CN,zh;q=0.9,en;q=0.5", "zh"), ("en-GB,zh;q=0.5", "en"), ("fr", "en")]
)
def test_pages_speak_the_first_language_that_we_know(served: Served, accepts: str, lang: str) -> None:
    answer = served.http.get("/", headers=HTML | {"Accept-Language": accepts})
    assert f'<html lang="{lang}' in answer.text
    assert "Accept-Language" in answer.headers["vary"]


@pytest.mark.parametrize(("lang", "sentence"), [("en", "There is no room"), ("zh", "没有房间")])
def test_a_room_that_is_not_there_is_a_page_for_people(served: Served, lang: str, sentence: str) -> None:
    answer = served.http.get("/rooms/<b>x", headers=HTML | {"Accept-Language": lang})
    assert answer.status_code == 404
    assert sentence in answer.text
    assert "<b>x" not in answer.text


def test_a_room_page_for_a_room_that_is_there(served: Served) -> None:
    assert served.http.get(served.make()["url"], headers=HTML).status_code == 200


def test_files_are_compressed_and_asked_after(served: Served) -> None:
    path = "/static/vendor/lit-html/lit-html.js"
    first = served.http.get(path)
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["cache-control"] == "no-cache"
    assert "Accept-Encoding" in first.headers["vary"]
    for header in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        again = served.http.get(path, headers=header)
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_catalogue(served: Served, lang: str) -> None:
    first = served.http.get(f"/i18n/{lang}.json")
    texts = first.json()
    assert texts["server.live"] == {"en": "The live cluster", "zh": "实时集群"}[lang]
    assert first.headers["content-encoding"] == "gzip"
    assert (
        served.http.get(f"/i18n/{lang}.json", headers={"If-None-Match": first.headers["etag"]}).status_code
        == 304
    )


def test_health(served: Served) -> None:
    assert served.http.get("/healthz").json()["status"] == "ok"
    assert served.http.get("/readyz").json() == {"status": "ready"}


def test_not_ready_when_time_stands_still(served: Served) -> None:
    pump = served.hub._pump
    served.hub._pump = None
    try:
        assert served.http.get("/readyz").status_code == 503
    finally:
        served.hub._pump = pump


def test_metrics_only_when_asked_for(served: Served) -> None:
    assert served.http.get("/metrics").status_code == 404
    with serving(metrics=True) as other, other.enter("live") as member:
        member.ask("command", text="crash n1")
        member.ask("command", text="crash n1")
        member.hear("events")
        member.hear("events")
        figures = dict(
            line.rsplit(" ", 1) for line in other.http.get("/metrics").text.splitlines() if line[0] != "#"
        )
        assert float(figures["quorumscope_viewers"]) == 1
        assert float(figures["quorumscope_rooms"]) == 1
        assert float(figures["quorumscope_commands_total"]) == 2
        assert float(figures["quorumscope_refusals_total"]) == 1
        assert float(figures["quorumscope_events_total"]) > 0
        assert float(figures["quorumscope_tick_seconds_count"]) > 0


def test_the_api_describes_itself_from_our_own_files(served: Served) -> None:
    description = served.http.get("/api/openapi.json").json()
    assert "/api/rooms" in description["paths"]
    assert "http" not in json.dumps(description["paths"])
    page = served.http.get("/api/docs", headers=HTML).text
    for part in ("vendor/swagger-ui/swagger-ui.css", "vendor/swagger-ui/swagger-ui-bundle.js", "api/docs.js"):
        assert f"/static/{part}" in page
        assert served.http.get(f"/static/{part}").status_code == 200


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("/live", "room.js"),
        ("/", "home.js"),
        ("/compare", "compare.js"),
        ("/museum", "museum.js"),
        ("/quorum", "quorum.js"),
        ("/quorum/table", "quorum-table.js"),
        ("/foundations", "foundations.js"),
        ("/cap", "cap.js"),
    ],
)
def test_a_page_names_every_module_it_will_import(served: Served, page: str, entry: str) -> None:
    """So that a browser fetches them all at once; one that is missing here is fetched a round trip later."""
    named = re.findall(r'rel="modulepreload" href="([^"]+)"', served.http.get(page).text)
    assert named[0] == f"/static/js/{entry}"
    assert len(named) == len(set(named))
    imported = re.compile(r"""from ['"](\.[^'"]+)['"]""")
    for address in named:
        source = served.http.get(address)
        assert source.status_code == 200
        for other in imported.findall(source.text):
            assert str(source.url.join(other).path) in named, f"{address} imports {other}"
