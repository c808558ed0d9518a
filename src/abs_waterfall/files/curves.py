"""Columns of numbers from CSV files: what "timing.csv:weight" in a deal file stands for."""

from __future__ import annotations

import csv
import datetime as dt
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


def dated_reader(folder: Path) -> Callable[[str], list[tuple[dt.date, float]]]:
    """A function from "file.csv:date:rate" to the dates and numbers of two columns."""

    def read_dated(reference: str) -> list[tuple[dt.date, float]]:
        file, *columns = reference.rsplit(":", maxsplit=2)
        if len(columns) != 2 or not file or not all(columns):
            raise ValueError(f'expected dates with rates or "file.csv:date:rate", got "{reference}"')
        rows = rows_of(folder / file, file)
        days, rates = cells(columns[0], rows, file), cells(columns[1], rows, file)
        return [(day_of(*day), number(*rate)) for day, rate in zip(days, rates, strict=True)]

    return read_dated


def day_of(cell: str, where: str) -> dt.date:
    """A date, or ValueError that says where it is not."""
    try:
        return dt.date.fromisoformat(cell.strip())
    except ValueError:
        raise ValueError(f'{where}: expected a date such as 2026-01-15, got "{cell}"') from None


def rows_of(path: Path, file: str) -> list[list[str]]:
    """The rows of a CSV file, header first; ValueError says why it cannot be read."""
    try:
        return list(csv.reader(io.StringIO(read_text(path)), strict=True))
    except InputError as fault:
        raise ValueError(f"{file}: {fault.problems[0].message}") from None
    except csv.Error as fault:
        raise ValueError(f"{file}: not a CSV file: {fault}") from None


def numbers(column: str, rows: list[list[str]], file: str) -> list[float]:
    """The numbers below a column's header."""
    return [number(cell, where) for cell, where in cells(column, rows, file)]


def cells(column: str, rows: list[list[str]], file: str) -> list[tuple[str, str]]:
    """What stands below a column's header, each with where it does; rows that are empty altogether are passed over."""
    header = [name.strip() for name in rows[0]] if rows else []
    if column not in header:
        listed = ", ".join(header) or "none"
        raise ValueError(f'{file}: no column "{column}"; the file has {listed}.{did_you_mean(column, header)}')
    at = header.index(column)
    filled = [(i, row) for i, row in enumerate(rows[1:], start=2) if any(cell.strip() for cell in row)]
    if not filled:
        raise ValueError(f"{file}: no rows below the header")
    return [(row[at] if at < len(row) else "", f"{file}: row {i}, {column}") for i, row in filled]


def number(cell: str, where: str) -> float:
    """A finite number, or ValueError that says where it is not."""
    try:
        value = float(cell.replace("_", "x"))  # Python would read 1_0 as 10; nobody writes that in a CSV
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f'{where}: expected a number, got "{cell}"')
    return value
