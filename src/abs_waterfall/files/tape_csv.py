"""CSV tapes, plain or gzipped: read as texts, so that a cell that is no number can be shown as it stands."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from abs_waterfall.arrays import Ints
from abs_waterfall.errors import InputError
from abs_waterfall.files.arrow import mask, where_true
from abs_waterfall.files.tape_columns import Wanted
from abs_waterfall.files.tape_parts import Batch, Batches, batches_of_texts, names_read, unreadable


def open_csv(path: Path, shown: str) -> tuple[tuple[str, ...], Batches]:
    """A CSV file, plain or gzipped."""
    columns = csv_header(path, shown)

    def batches(wanted: Mapping[str, Wanted], ids: str | None) -> Iterator[Batch]:
        table, rows, broken = read_csv(path, shown, names_read(wanted, ids), len(columns))
        yield from batches_of_texts(shown, table, rows, wanted, ids, broken=broken)

    return columns, batches


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


def read_csv(path: Path, shown: str, names: list[str], cells: int) -> tuple[Any, Ints, tuple[tuple[int, str], ...]]:
    """The named columns as texts, the rows' numbers, and the rows with too many or too few cells, which are left out."""
    broken: list[tuple[int, str]] = []

    def note(row: Any) -> str:
        broken.append((row.number, f"has {row.actual_columns} cell{'s' * (row.actual_columns > 1)}; expected {cells}"))
        return "skip"

    try:
        try:
            table = csv_texts(path, names)
        except pa.ArrowInvalid:
            table = csv_texts(path, names, note)
        rows = np.delete(np.arange(2, 2 + table.num_rows + len(broken)), [number - 2 for number, _ in broken])
        blank = blank_rows(table)
        if blank.any() and csv_texts(path, names, lambda _: "skip", blank_lines=False).num_rows == table.num_rows - blank.sum():
            table, rows = table.filter(mask(~blank)), rows[~blank]
    except (pa.ArrowException, OSError, EOFError) as fault:
        if "UTF8" in str(fault):
            raise InputError.one("is not UTF-8 text; save it as CSV in UTF-8", file=shown) from None
        raise unreadable(shown, "CSV", fault) from None
    return table, rows, tuple(broken)


def csv_texts(path: Path, names: list[str], note: Callable[[Any], str] | None = None, *, blank_lines: bool = True) -> Any:
    """The named columns as texts; `note` is told of rows with the wrong number of cells, which otherwise are an error."""
    return pcsv.read_csv(
        path,
        read_options=pcsv.ReadOptions(use_threads=note is None),
        parse_options=pcsv.ParseOptions(
            ignore_empty_lines=not blank_lines, newlines_in_values=note is not None, invalid_row_handler=note
        ),
        convert_options=pcsv.ConvertOptions(include_columns=names, column_types={name: pa.string() for name in names}),
    )


def blank_rows(table: Any) -> Any:
    """Where every cell is empty."""
    blank = np.ones(table.num_rows, dtype=bool)
    for column in table.columns:
        blank &= where_true(pc.match_substring_regex(column, "^$"))
        if not blank.any():
            break
    return blank
