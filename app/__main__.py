"""The command line: `quorumscope serve`, `simulate FILE`, `check-history FILE`, `lesson`, `quorum`,
`healthcheck`."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import SecretStr

from app.settings import BadSettings, Settings, load_settings


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except BadSettings as error:
        return _complain(str(error), 2)
    return code


def _parser() -> argparse.ArgumentParser:
    from app.history.cli import add_check_history
    from app.lessons.cli import add_lesson
    from app.quorum.cli import add_quorum
    from app.sim.cli import add_simulate

    parser = argparse.ArgumentParser("quorumscope", description="Watch distributed consensus happen.")
    parser.add_argument("--version", action="version", version=f"quorumscope {version('quorumscope')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve the rooms (settings: QUORUMSCOPE_…)")
    serve.add_argument("--lessons", metavar="DIR", help="a folder with lessons of your own")
    serve.set_defaults(run=lambda given: _serve(_with_lessons(load_settings(), given.lessons)))
    add_simulate(commands)
    add_check_history(commands)
    add_lesson(commands)
    add_quorum(commands)
    health = commands.add_parser("healthcheck", help="ask the server of these settings whether it is well")
    health.set_defaults(run=lambda _: _healthcheck(load_settings()))
    return parser


def _with_lessons(settings: Settings, folder: str | None) -> Settings:
    if folder is None:
        return settings
    return settings.model_copy(update={"lessons": Path(folder)})


def _serve(settings: Settings) -> int:
    from app.storage.file import CannotKeep
    from app.web.server import CannotListen, address_of, build, listen

    try:
        settings = _keeping(settings)
        sock = listen(settings)
    except (CannotKeep, CannotListen) as error:
        return _complain(str(error), 1)
    server = build(settings)
    address = address_of(sock) + settings.prefix
    print(f"Quorumscope is at {address}")
    if settings.live:
        print(f"Drive the live cluster: {address}/live#driver={settings.live_token.get_secret_value()}")
    sys.stdout.flush()
    server.run(sockets=[sock])
    return 0


def _keeping(settings: Settings) -> Settings:
    """Whoever has named a file wants it used. A default that cannot be used, and holds nothing that could
    come to harm, keeps nobody from running. The live room's link is the file's, unless one is set."""
    from app.storage.file import MEMORY, CannotKeep, secret

    try:
        token = secret(settings.database, "live-token")
    except CannotKeep as error:
        if "database" in settings.model_fields_set or not error.passing:
            raise
        _complain(f"{error} This server keeps nothing.", 0)
        return settings.model_copy(update={"database": MEMORY})
    if "live_token" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"live_token": SecretStr(token)})


def _healthcheck(settings: Settings) -> int:
    from urllib.request import urlopen

    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    try:
        with urlopen(f"http://{host}:{settings.port}/healthz", timeout=2):
            return 0
    except OSError as error:
        return _complain(f"The server is not well: {error}.", 1)


def _complain(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
