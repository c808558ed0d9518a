"""Columns of numbers from CSV files: what "timing.csv:weight" in a deal file stands for."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

from abs_waterfall.errors import InputError, did_you_mean
from abs_waterfall.files.toml import read_text


def column_reader(folder: Path) -> Callable[[str], list[float]]:
    """A function from "file.csv:column" to the column's numbers, for files looked up in a folder."""

    def read_column(reference: str) -> list[float]:
        file, separator, column = reference.rpartition(":")
        if not separator or not file or not column:
            raise ValueError(f'expected numbers or "file.csv:column", got "{reference}"')
        return numbers(column, rows_of(folder / file, file), file)

    return read_column


def rows_of(path: Path, file: str) -> list[list[str]]:
    """The rows of a CSV file, header first; ValueError says why it cannot be read."""
    try:
        return list(csv.reader(io.StringIO(read_text(path)), strict=True))
    except InputError as fault:
        raise ValueError(f"{file}: {fault.problems[0].message}") from None
    except csv.Error as fault:
        raise ValueError(f"{file}: not a CSV file: {fault}") from None


def numbers(column: str, rows: list[list[str]], file: str) -> list[float]:
    """The numbers below a column's header; rows that are empty altogether are passed over."""
    header = [name.strip() for name in rows[0]] if rows else []
    if column not in header:
        listed = ", ".join(header) or "none"
        raise ValueError(f'{file}: no column "{column}"; the file has {listed}.{did_you_mean(column, header)}')
    at = header.index(column)
    filled = [(i, row) for i, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(f"{file}: no rows below the header")
    return [number(row[at] if at < len(row) else "", f"{file}: row {i}, {column}") for i, row in filled]


def number(cell: str, where: str) -> float:
    """A finite number, or ValueError that says where it is not."""
    try:
        value = float(cell.replace("_", "x"))  # Python would read 1_0 as 10; nobody writes that in a CSV
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f'{where}: expected a number, got "{cell}"')
    return value
