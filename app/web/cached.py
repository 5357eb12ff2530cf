"""Browsers keep what we serve and ask each time whether it is still so: a new version shows at once."""

from hashlib import blake2b
from os import PathLike, stat_result
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

REVALIDATE = {"Cache-Control": "no-cache"}


class RevalidatedFiles(StaticFiles):
    """Starlette compares ETag and Last-Modified; we only say that it should be asked to."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(REVALIDATE)
        return response


def revalidated(request: Request, data: bytes, media_type: str, **headers: Any) -> Response:
    tag = f'"{blake2b(data, digest_size=12).hexdigest()}"'
    known = request.headers.get("if-none-match", "")
    same = tag in (part.strip().removeprefix("W/") for part in known.split(","))
    return Response(
        b"" if same else data, 304 if same else 200, REVALIDATE | {"ETag": tag} | headers, media_type
    )
