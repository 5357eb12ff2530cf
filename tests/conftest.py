"""What several parts of the tests share.

Hypothesis runs without a stopwatch: how long one example takes says nothing on a busy machine. And it draws
the same examples each time, so that a red test is a change's own; `pytest --hypothesis-profile=exploring`
draws new ones. Servers keep nothing, but where a test says so: no test leaves a database behind.
"""

import os

import pytest
from hypothesis import settings

os.environ["QUORUMSCOPE_DATABASE"] = ":memory:"
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("exploring", deadline=None)
settings.load_profile("repeatable")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
