"""Settings of all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

# No test is timed, as a busy machine must not turn one red; and every run tries the same examples.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """An option for the golden tests."""
    parser.addoption(
        "--rewrite-expected",
        action="store_true",
        help="write anew what is kept of outputs: deals/*/expected.json, docs/reference.md",
    )
