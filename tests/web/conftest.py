"""One server for all tests that leave it as it is; tests with settings of their own start another."""

from collections.abc import Iterator

import pytest

from tests.serving import Served, serving


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with serving(rooms_per_minute=10_000, max_rooms=1_000) as running:
        yield running
