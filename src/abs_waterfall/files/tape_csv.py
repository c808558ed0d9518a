"""CSV tapes, plain or gzipped: read as texts, so that a cell that is no number can be shown as it stands."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.errors import InputError
from abs_waterfall.files.arrow import mask, texts, where_true
from abs_waterfall.files.tape_columns import Sort, sorts_of_texts
from abs_waterfall.files.tape_parts import Batch, Names, TapePart, in_chunks, unreadable

BLOCK = 4 * 1024**2  # bytes read at a time


def open_csv(path: Path, shown: str) -> TapePart:
    """A CSV file, plain or gzipped."""
    columns = csv_header(path, shown)

    def batches(names: Names) -> Iterator[Batch]:
        broken: list[tuple[int, str]] = []
        with telling(shown):
            tables = without_blank_lines(path, names, numbered(path, names, len(columns), broken))
            for table, rows in in_chunks(tables):
                yield Batch(shown, rows, table)
            if broken:
                nothing = pa.table([texts([]) for _ in names], names=list(names))
                yield Batch(shown, np.zeros(0, np.int64), nothing, tuple(broken))

    def sorts(names: Names) -> dict[str, Sort]:
        with telling(shown):
            return sorts_of_texts(names, texts_of(path, names, skipped))

    return TapePart(shown, columns, batches, sorts, None)


@contextmanager
def telling(shown: str) -> Iterator[None]:
    """Say of a file that cannot be read what is wrong with it."""
    try:
        yield
    except (pa.ArrowException, OSError, EOFError) as fault:
        if "UTF8" in str(fault):
            raise InputError.one("is not UTF-8 text; save it as CSV in UTF-8", file=shown) from None
        raise unreadable(shown, "CSV", fault) from None


def csv_header(path: Path, shown: str) -> tuple[str, ...]:
    """The names in the first row."""
    unpacked = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with unpacked(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            names = next(csv.reader(line for line in file if line.strip()), None)
            "".join(names or []).encode()
    except UnicodeEncodeError:
        raise InputError.one("is not UTF-8 text; save it as CSV in UTF-8", file=shown) from None
    except (OSError, EOFError, zlib.error, csv.Error) as fault:
        raise unreadable(shown, "CSV", fault) from None
    if names is None:
        raise InputError.one("holds no header row", file=shown)
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise InputError.one(f"its header {names[0][:60]!r} has no commas; expected columns separated by commas", file=shown)
    return tuple(names)


def numbered(path: Path, names: Names, cells: int, broken: list[tuple[int, str]]) -> Iterator[tuple[Any, Ints]]:
    """The named columns as texts with the rows' numbers; rows of too many or too few cells are left out, and told to `broken`."""

    def note(row: Any) -> str:
        broken.append((row.number, f"has {row.actual_columns} cell{'s' * (row.actual_columns > 1)}; expected {cells}"))
        return "skip"

    first = 2
    for table in texts_of(path, names, note):
        left_out = [number for number, _ in broken if number >= first]
        rows = np.arange(first, first + table.num_rows + len(left_out))
        rows = rows[~np.isin(rows, left_out)][: table.num_rows]
        first = int(rows[-1]) + 1 if len(rows) else first
        yield table, rows


def texts_of(path: Path, names: Names, note: Callable[[Any], str], *, blank_lines: bool = True) -> Iterator[Any]:
    """The named columns as tables of texts; `note` is told of rows with the wrong number of cells."""
    with pcsv.open_csv(
        path,
        read_options=pcsv.ReadOptions(use_threads=False, block_size=BLOCK),
        parse_options=pcsv.ParseOptions(ignore_empty_lines=not blank_lines, newlines_in_values=True, invalid_row_handler=note),
        convert_options=pcsv.ConvertOptions(
            include_columns=list(names), column_types={name: pa.string() for name in names}, strings_can_be_null=False
        ),
    ) as reader:
        for batch in reader:
            yield pa.Table.from_batches([batch])


def skipped(_: Any) -> str:
    """Leave a row out without a word."""
    return "skip"


def without_blank_lines(path: Path, names: Names, tables: Iterator[tuple[Any, Ints]]) -> Iterator[tuple[Any, Ints]]:
    """The rows of lines that hold something."""

    @cache
    def are_lines() -> bool:
        """Whether every row without a cell is a blank line, and not one of commas; asked only where there is such a row."""
        empty = sum(int(blank_rows(table).sum()) for table in texts_of(path, names, skipped))
        lines, filled = (
            sum(table.num_rows for table in texts_of(path, list(names)[:1], skipped, blank_lines=kept)) for kept in (True, False)
        )
        return bool(lines - filled == empty)

    for table, rows in tables:
        blank = blank_rows(table)
        if blank.any() and are_lines():
            yield table.filter(mask(~blank)), rows[~blank]
        else:
            yield table, rows


def blank_rows(table: Any) -> Bools:
    """Where every cell is empty."""
    blank = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        blank &= where_true(pc.match_substring_regex(column, "^$"))
        if not blank.any():
            break
    return blank
