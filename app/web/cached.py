"""Browsers keep what we serve and ask each time whether it is still so: a new version shows at once."""

import gzip
from email.utils import formatdate
from functools import lru_cache
from hashlib import blake2b
from mimetypes import guess_type
from os import PathLike, stat_result
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

REVALIDATE = {"Cache-Control": "no-cache"}
LARGEST_KEPT = 200_000
"""Bytes: larger files (the API's own documentation) are read from disk each time."""


class RevalidatedFiles(StaticFiles):
    """Starlette finds the file; small ones come from memory, where they are compressed once."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        if status_code == 200 and stat_result.st_size <= LARGEST_KEPT:
            response = _kept(Request(scope), str(full_path), stat_result.st_mtime_ns)
            if self.is_not_modified(response.headers, Headers(scope=scope)):
                return NotModifiedResponse(response.headers)
            return response
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(REVALIDATE)
        return response


def _kept(request: Request, path: str, changed: int) -> Response:
    data, packed, tag = _read(path, changed)
    headers = REVALIDATE | {
        "ETag": tag,
        "Last-Modified": formatdate(changed / 1e9, usegmt=True),
        "Vary": "Accept-Encoding",
    }
    media_type = guess_type(path)[0] or "application/octet-stream"
    if packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(data, 200, headers, media_type)
    return Response(packed, 200, headers | {"Content-Encoding": "gzip"}, media_type)


@lru_cache(maxsize=1024)
def _read(path: str, _changed: int) -> tuple[bytes, bytes | None, str]:
    """A file's bytes, compressed too if that is smaller, and its tag; read again when it has changed."""
    data = Path(path).read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    return data, packed if len(packed) < len(data) else None, _tag(data)


def _tag(data: bytes) -> str:
    return f'"{blake2b(data, digest_size=12).hexdigest()}"'


def revalidated(request: Request, data: bytes, media_type: str, **headers: Any) -> Response:
    tag = _tag(data)
    known = request.headers.get("if-none-match", "")
    same = tag in (part.strip().removeprefix("W/") for part in known.split(","))
    return Response(
        b"" if same else data, 304 if same else 200, REVALIDATE | {"ETag": tag} | headers, media_type
    )
