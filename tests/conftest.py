"""What several parts of the tests share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
