"""Excel tapes: the first sheet of a workbook, its cells read as CSV would have them."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from abs_waterfall.arrays import Ints
from abs_waterfall.errors import InputError
from abs_waterfall.files.arrow import texts
from abs_waterfall.files.tape_columns import Sort, sorts_of_texts
from abs_waterfall.files.tape_parts import Batch, Names, TapePart, in_chunks, unreadable

Rows: TypeAlias = Iterator[Sequence[Any]]
Read = TypeVar("Read")


def open_xlsx(path: Path, shown: str) -> TapePart:
    """The first sheet of an Excel workbook."""
    columns = read_sheet(path, shown, header_of)
    if not columns:
        raise InputError.one("its first sheet holds no header row", file=shown)

    @cache
    def read(names: tuple[str, ...]) -> tuple[Any, Ints]:
        places = [columns.index(name) for name in names]
        numbered = read_sheet(path, shown, lambda rows: texts_of(rows, places))
        cells = [texts([row[at] for _, row in numbered]) for at in range(len(names))]
        return pa.table(cells, names=list(names)), np.array([number for number, _ in numbered], dtype=np.int64)

    def batches(names: Names) -> Iterator[Batch]:
        for table, rows in in_chunks([read(tuple(names))]):
            yield Batch(shown, rows, table)

    def sorts(names: Names) -> dict[str, Sort]:
        return sorts_of_texts(names, [read(tuple(names))[0]])

    return TapePart(shown, columns, batches, sorts, None)


def read_sheet(path: Path, shown: str, read: Callable[[Rows], Read]) -> Read:
    """What `read` makes of the rows of the first sheet."""
    import openpyxl  # noqa: PLC0415  # only a workbook needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # styles and extensions that a tape does not need
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                sheet = book.worksheets[0]
                sheet.reset_dimensions()
                return read(sheet.iter_rows(values_only=True))
            finally:
                book.close()
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, IndexError, SyntaxError, EOFError, OSError) as fault:
        raise unreadable(shown, "an Excel workbook", fault) from None


def header_of(rows: Rows) -> tuple[str, ...]:
    """The names in the first row, up to the last that is one."""
    names = [cell_text(cell) for cell in next(rows, ())]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def texts_of(rows: Rows, places: Sequence[int]) -> list[tuple[int, list[str]]]:
    """The cells wanted of each row below the header, with the row's number; empty rows are passed over."""
    next(rows, None)
    return [
        (number, [cell_text(row[place]) if place < len(row) else "" for place in places])
        for number, row in enumerate(rows, start=2)
        if any(cell is not None for cell in row)
    ]


def cell_text(cell: Any) -> str:
    """A cell as CSV would have it: whole numbers without decimals, dates as ISO writes them."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell).strip()
