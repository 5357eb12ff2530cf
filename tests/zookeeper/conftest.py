"""The front serves on uvloop where there is one, and elsewhere on asyncio: its tests run on both."""

from importlib.util import find_spec
from typing import Any

import pytest


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    if request.param and not find_spec("uvloop"):
        pytest.skip("There is no uvloop here.")
    return "asyncio", {"use_uvloop": request.param}
