"""Settings of all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

# No test is timed: a busy machine must not turn one red.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option for the golden tests."""
    parser.addoption("--rewrite-expected", action="store_true", help="write deals/*/expected.json anew from what deals give now")
