"""The pages: rendered once, filled by the browser."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from starlette.responses import Response

from app.quorum.published import FITS, PUBLISHED, TOLERANCES
from app.resources import TEMPLATES
from app.rooms.hub import LIVE, Hub
from app.texts import catalogue as texts
from app.web import compare, foundations
from app.web.languages import language
from app.web.modules import lenses_of, modules_of
from app.web.shelf import moments_of, on_shelf
from app.web.visitors import prefix
from protocols.registry import PROTOCOLS

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=TEMPLATES)

PAGES = (
    ("lessons", "/lessons"),
    ("foundations", "/foundations"),
    ("gallery", "/#gallery"),
    ("compare", "/compare"),
    ("quorum", "/quorum"),
    ("models", "/models"),
    ("cap", "/cap"),
    ("museum", "/museum"),
    ("join", "/join"),
)
"""What the top of every page leads to: whose words (`pages.nav.NAME`, `pages.text.NAME`), and where."""
templates.env.globals["PAGES"] = PAGES


def render(
    request: Request, name: str, status: int = 200, *, later: tuple[str, ...] = (), **context: object
) -> Response:
    """`later` names the files of texts, static/i18n/LANG/later, that only some pages need."""
    lang = language(request)
    context |= {"base": prefix(request), "lang": lang}
    context |= {"html_lang": "zh-CN" if lang == "zh" else "en", "t": texts(lang, *later)}
    context["later"] = " ".join(later)
    headers = {"Cache-Control": "no-cache", "Content-Language": lang, "Vary": "Accept-Language"}
    return templates.TemplateResponse(request, name, context, status, headers)


def error_page(request: Request, status: int, message: str) -> Response:
    return render(request, "error.html", status, code=status, message=message)


@router.get("/")
async def home(request: Request) -> Response:
    shown = [(on_shelf(row.name), moments_of(row.name)) for row in compare.rows()]
    return await _with_lenses(request, "home.html", "home.js", LIVE, later=("pages",), gallery=shown)


@router.get("/compare")
async def comparison(request: Request) -> Response:
    """Which protocol, when, and at what cost."""
    rooms = {service: on_shelf(service).room for service in PROTOCOLS}
    return render(
        request, "compare.html", later=("pages",), modules=modules_of("compare.js"), n=5,
        rows=compare.rows(), needs=compare.NEEDS, pairs=compare.pairs(), rooms=rooms,
    )  # fmt: skip


@router.get("/museum")
async def museum(request: Request) -> Response:
    """Every known bug of every protocol."""
    shelves = [on_shelf(row.name) for row in compare.rows()]
    later = ("pages", "museum")
    return render(request, "museum.html", later=later, modules=modules_of("museum.js"), shelves=shelves)


@router.get("/quorum")
async def quorum(request: Request) -> Response:
    """N, W and R: what they promise and what they cost."""
    return render(
        request, "quorum.html", later=("pages", "calculator"), lenses=" ".join(lenses_of(["quorum"])),
        modules=modules_of("quorum.js", "quorum/worker.js"),
    )  # fmt: skip


@router.get("/quorum/table")
async def quorum_table(request: Request) -> Response:
    """The published figures, to be computed again by whoever looks at them."""
    modules = modules_of("quorum-table.js", "quorum/worker.js")
    return render(
        request, "quorum-table.html", later=("pages", "calculator"), modules=modules,
        published=PUBLISHED, fits=FITS, tolerances=TOLERANCES,
    )  # fmt: skip


@router.get("/foundations")
async def the_foundations(request: Request) -> Response:
    """What the course begins with."""
    lenses = lenses_of(foundations.services())
    modules = modules_of("foundations.js", *(f"lenses/{name}.js" for name in lenses))
    return render(
        request, "foundations.html", later=("pages", "player", "foundations"), modules=modules,
        lenses=" ".join(lenses), played=foundations.scenes(),
    )  # fmt: skip


@router.get("/cap")
async def cap(request: Request) -> Response:
    """Two stores on the same machines, and what each gives up when the network breaks."""
    lenses = lenses_of(["raft", "zab", "quorum"])
    modules = modules_of("cap.js", *(f"lenses/{name}.js" for name in lenses))
    return render(
        request, "cap.html", later=("pages", "player", "cap"), modules=modules, lenses=" ".join(lenses),
        played=foundations.choices("10-cap-raft", "11-cap-zab", "12-cap-three-pieces", "13-cap-strict"),
    )  # fmt: skip


@router.get("/live")
async def live(request: Request) -> Response:
    return await _room(request, LIVE)


@router.get("/rooms/{room}")
async def room(request: Request, room: str) -> Response:
    return await _room(request, room)


@router.get("/open")
async def open_moment(request: Request) -> Response:
    """The moment is in the link's fragment, which browsers keep to themselves: the page posts it."""
    return render(request, "open.html")


async def _room(request: Request, id: str) -> Response:
    return await _with_lenses(request, "room.html", "room.js", id)


async def _with_lenses(request: Request, page: str, entry: str, room: str, **context: Any) -> Response:
    """A page that draws a room, with all the modules that this takes, and those alone."""
    hub: Hub = request.app.state.hub
    lenses = lenses_of((await hub.find(room)).config.services)
    modules = modules_of(entry, *(f"lenses/{name}.js" for name in lenses))
    return render(request, page, 200, room_id=room, modules=modules, lenses=" ".join(lenses), **context)
