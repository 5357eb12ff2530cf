"""Puts the application together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Router, WebSocketRoute
from starlette.types import ASGIApp

from app.classes.registry import Classes
from app.lessons.shelf import Shelf
from app.resources import SCENARIOS, STATIC
from app.rooms.hub import LIVE, Hub
from app.settings import Settings
from app.sim.scenario import read_file
from app.storage.sqlite import Sqlite
from app.texts import LANGS, catalogue
from app.web import api, classes, errors, explore, judging, lessons, models, ops, pages, shelf, znodes
from app.web.cached import RevalidatedFiles
from app.web.class_socket import ClassSocket
from app.web.middleware import Guard
from app.web.socket import RoomSocket
from app.zookeeper.front import Front
from app.zookeeper.live import RoomGateway


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or Settings()
    hub = Hub(settings)
    database = Sqlite(settings.database)
    if settings.live:
        _open_live(hub)

    taught = Classes(settings, database, hub.find)
    gateway = RoomGateway(hub.get(LIVE)) if settings.live and settings.zookeeper else None
    front = Front(gateway, settings) if gateway else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as over:
            await database.open()
            over.push_async_callback(database.close)
            await hub.keep_in(database)
            if gateway is not None and database.keeps:
                await gateway.keep_in(database)
            hub.start()
            over.push_async_callback(hub.stop)
            await taught.start()
            over.push_async_callback(taught.stop)
            if front is not None:
                await front.start()
                over.push_async_callback(front.stop)
                reached = ",".join(f"{host}:{port}" for host, port in front.addresses.values())
                print(
                    f"ZooKeeper clients connect to {reached or 'no server: every port is taken'}", flush=True
                )
            yield

    app = FastAPI(
        title="Quorumscope",
        version=version("quorumscope"),
        description="Rooms in which real consensus protocols run. Errors are `{code, params, message}`.",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": settings.prefix}] if settings.prefix else None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.hub = hub
    app.state.database = database
    app.state.classes = taught
    app.state.lessons = Shelf(settings.lessons)
    app.state.zookeeper = front
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    app.add_middleware(Guard, settings=settings, sockets=_sockets(hub, taught))
    for router in (
        pages.router,
        ops.router,
        api.router,
        judging.router,
        explore.router,
        models.router,
        models.pages,
        shelf.router,
        znodes.router,
        classes.router,
        classes.pages,
        lessons.router,
        lessons.pages,
    ):
        app.include_router(router)
    app.router.routes.append(Mount("/static", RevalidatedFiles(directory=STATIC)))
    return app


def _sockets(hub: Hub, taught: Classes) -> ASGIApp:
    """Beside the rest of the application: nothing that looks at responses stands between room and viewer."""
    return Router(
        [
            WebSocketRoute("/ws/rooms/{room}", RoomSocket(hub, taught)),
            WebSocketRoute("/ws/classes/{id}", ClassSocket(hub.settings, taught)),
        ]
    )


def _open_live(hub: Hub) -> None:
    """The room that is there from the start, the same cluster for everybody."""
    settings = hub.settings
    title: dict[str, str] = {lang: catalogue(lang)["server.live"] for lang in LANGS}
    live = read_file(SCENARIOS / "live.toml").config
    timeline = hub.timeline(live.model_copy(update={"seed": settings.live_seed, "scenario": None}))
    room = hub.add(title, timeline, id=LIVE, token=settings.live_token.get_secret_value())
    room.tree.current.speed = settings.speed
