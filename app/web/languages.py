"""Which language a request is answered in."""

from starlette.requests import HTTPConnection

from app.texts import Lang, pick


def language(connection: HTTPConnection) -> Lang:
    """`?lang=`, else what the browser prefers."""
    return pick(connection.query_params.get("lang") or connection.headers.get("accept-language"))
