"""Classes over HTTP: opening one, joining, the private link, what is taken away, and the pages."""

import asyncio
from typing import Annotated, Any, Literal

import segno
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import Field

from app.classes.events import LEAD
from app.classes.export import as_csv, as_json
from app.classes.registry import Classes, lead_cookie, seat_cookie
from app.classes.session import Session
from app.rooms.hub import LIVE
from app.sim.errors import Refused
from app.web import taught
from app.web.api import AHub, Strict, the_hub
from app.web.languages import language
from app.web.modules import lenses_of, modules_of
from app.web.pages import render
from app.web.visitors import address, from_this_machine, prefix

router = APIRouter(prefix="/api", tags=["classes"])
pages = APIRouter(include_in_schema=False)

Token = Annotated[str, Field(max_length=200)]


class NewClass(Strict):
    """On a room, or on a lesson, which gets a room of its own."""

    room: Annotated[str, Field(max_length=40)] = ""
    lesson: Annotated[str, Field(max_length=60)] = ""


class MadeClass(Strict):
    id: str
    code: str
    url: str
    token: Annotated[str, Field(description="Leads the class; add it to the url as /lead#lead=TOKEN.")]


class Joining(Strict):
    """By code, or by the class's id, which the QR code and links carry."""

    code: Annotated[str, Field(max_length=20)] = ""
    id: Annotated[str, Field(max_length=20)] = ""
    name: Annotated[str, Field(max_length=100)] = ""
    lang: Literal["en", "zh"] | None = None


class Seat(Strict):
    id: str
    url: str
    name: str


class Proof(Strict):
    token: Token


def the_classes(request: Request) -> Classes:
    classes: Classes = request.app.state.classes
    return classes


SomeClasses = Annotated[Classes, Depends(the_classes)]


def the_class(id: str, classes: SomeClasses) -> Session:
    return classes.get(id)


AClass = Annotated[Session, Depends(the_class)]


def led(request: Request, session: AClass, classes: SomeClasses) -> Session:
    if classes.seat_of(session, request.cookies) != LEAD:
        raise Refused("class-lead")
    return session


Led = Annotated[Session, Depends(led)]


def keep(request: Request, response: Response, name: str, value: str, days: float) -> None:
    """For the server alone to read, and only where our own pages ask."""
    secure = request.url.scheme == "https"
    age = int((days + 1) * 86_400)
    response.set_cookie(
        name, value, max_age=age, path=prefix(request) or "/", httponly=True, samesite="strict", secure=secure
    )


# -- opening, joining ------------------------------------------------------------------------------------


@router.post("/classes", status_code=201)
async def open_class(
    new: NewClass,
    hub: AHub,
    classes: SomeClasses,
    request: Request,
    response: Response,
    authorization: Annotated[str, Header(max_length=300)] = "",
) -> MadeClass:
    """Whoever drives a room may open a class on it; a lesson is anybody's."""
    hub.check_maker(address(request))
    if new.lesson:
        room = await taught.room_of(hub, request.app.state.lessons, new.lesson)
    else:
        room = await hub.find(new.room)
        trusted = room.id == LIVE and hub.settings.live_loopback_drives and from_this_machine(request)
        if not trusted and not hub.drives(room, authorization.partition(" ")[2].strip(), address(request)):
            raise Refused("class-driver")
    session, token = await classes.open(room, new.lesson)
    session.addresses.add(address(request))
    keep(request, response, lead_cookie(session.id), token, hub.settings.class_days)
    return MadeClass(
        id=session.id, code=session.opened.code, url=f"{prefix(request)}/class/{session.id}", token=token
    )


@router.post("/join", status_code=201)
async def join(
    joining: Joining, classes: SomeClasses, hub: AHub, request: Request, response: Response
) -> Seat:
    """Whoever has a seat already keeps it."""
    who = address(request)
    session = classes.get(joining.id) if joining.id else classes.by_code(joining.code, who)
    person = classes.student_of(session, request.cookies)
    if not person:
        lang = joining.lang or language(request)
        person, token, number = classes.join(session, joining.name, lang, who)
        await session.safe(number)
        keep(request, response, seat_cookie(session.id), f"{person}.{token}", hub.settings.class_days)
    return Seat(
        id=session.id, url=f"{prefix(request)}/class/{session.id}", name=session.state.people[person].name
    )


@router.post("/classes/{id}/lead", status_code=204)
async def prove(proof: Proof, session: AClass, classes: SomeClasses, hub: AHub, request: Request) -> Response:
    """The private link's token becomes a cookie."""
    if not classes.leads(session, proof.token):
        hub.guessed_wrong(address(request))
        raise Refused("class-lead")
    response = Response(status_code=204)
    keep(request, response, lead_cookie(session.id), proof.token, hub.settings.class_days)
    return response


@router.get("/classes/{id}/lesson")
async def lesson(request: Request, session: AClass, classes: SomeClasses) -> list[dict[str, Any]]:
    """The steps of the lesson that the class is held on, if there is one; notes and answers for the lead."""
    if not session.opened.lesson:
        return []
    run = await asyncio.to_thread(request.app.state.lessons.run, session.opened.lesson)
    return taught.steps(run, classes.seat_of(session, request.cookies) == LEAD)


@router.get("/classes/{id}/qr.svg")
async def qr(session: AClass, request: Request) -> Response:
    """Where to join, for a phone's camera."""
    url = f"{request.url.scheme}://{request.url.netloc}{prefix(request)}/join?id={session.id}"
    svg = segno.make(url, error="m").svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
    headers = {"Cache-Control": "no-store"}
    return Response(
        svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1), 200, headers, "image/svg+xml"
    )


# -- after -----------------------------------------------------------------------------------------------


def _download(name: str) -> dict[str, str]:
    return {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}


@router.get("/classes/{id}/answers.csv")
async def answers_csv(session: Led) -> Response:
    """For a spreadsheet, which reads Chinese only with a byte order mark."""
    text = "\ufeff" + as_csv(session.state)
    return Response(text, 200, _download(f"class-{session.id}.csv"), "text/csv; charset=utf-8")


@router.get("/classes/{id}/answers.json")
async def answers_json(session: Led, response: Response) -> dict[str, Any]:
    response.headers.update(_download(f"class-{session.id}.json"))
    about = {"id": session.id, "title": session.opened.title, "room": session.opened.room}
    return about | as_json(session.state)


@router.post("/classes/{id}/delete", status_code=204)
async def delete(session: Led, classes: SomeClasses, request: Request) -> Response:
    await classes.forget(session)
    response = Response(status_code=204)
    path = prefix(request) or "/"
    response.delete_cookie(lead_cookie(session.id), path=path, httponly=True, samesite="strict")
    return response


# -- pages -----------------------------------------------------------------------------------------------


@pages.get("/join")
def join_page(
    request: Request,
    code: Annotated[str, Query(max_length=20)] = "",
    id: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The way in for students, and for those who want to lead a class on a lesson."""
    lessons = [] if id else taught.listed(request.app.state.lessons)
    return render(
        request, "join.html", later=("pages", "class"), modules=modules_of("join.js"), code=code, id=id,
        lessons=lessons,
    )  # fmt: skip


@pages.get("/class/{id}")
async def student_page(request: Request, session: AClass) -> Response:
    return await _page(request, session, "student")


@pages.get("/class/{id}/lead")
async def lead_page(request: Request, session: AClass) -> Response:
    return await _page(request, session, "lead")


@pages.get("/class/{id}/projector")
async def projector_page(request: Request, session: AClass) -> Response:
    return await _page(request, session, "projector")


async def _page(request: Request, session: Session, role: str) -> Response:
    """The room's page, with the class around it."""
    hub = the_hub(request)
    room = await hub.find(session.opened.room)
    lenses = lenses_of(room.config.services)
    modules = modules_of("class.js", "room.js", *(f"lenses/{name}.js" for name in lenses))
    return render(
        request, "class.html", later=("class",), room_id=room.id, class_id=session.id, role=role,
        modules=modules, lenses=" ".join(lenses), join=f"{request.url.netloc}{prefix(request)}/join",
        days=f"{hub.settings.class_days:g}", lesson=session.opened.lesson,
    )  # fmt: skip
