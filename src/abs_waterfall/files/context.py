"""What the models of a deal's tables need to read the files that the deal names, looked up beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from abs_waterfall.files.curves import column_reader, dated_reader
from abs_waterfall.files.days import day_reader


def reading_context(folder: Path) -> dict[str, Callable[[str], Any]]:
    """The validation context of a deal in a folder."""
    return {"read_column": column_reader(folder), "read_days": day_reader(folder), "read_dated": dated_reader(folder)}
