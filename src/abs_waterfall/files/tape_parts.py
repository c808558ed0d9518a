"""The files of a tape, opened: their columns at once, their rows in batches of the columns wanted.

A batch is a chunk of 65,536 consecutive rows of one file, the last one shorter; 16 chunks are a block. Rows are numbered as
the user counts them: the first data row of Parquet is 1; of CSV and Excel, whose header is row 1, it is 2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from abs_waterfall.arrays import Ints, record
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.files.addresses import Where
from abs_waterfall.files.tape_columns import Sort, Wanted, column_of
from abs_waterfall.pool.columns import Column

CHUNK = 65_536
BLOCK = 16 * CHUNK


@record
class Batch:
    """Consecutive rows of one file, as they were read."""

    file: str
    rows: Ints  # (N,) as the user counts
    table: Any  # the Arrow columns read
    broken: tuple[tuple[int, str], ...] = ()  # rows with too many or too few cells, and what is wrong


Names: TypeAlias = Collection[str]
Batches: TypeAlias = Callable[[Names], Iterator[Batch]]


@dataclass(frozen=True, slots=True)
class TapePart:
    """One file of a tape; `batches` reads the columns named, `sorts` tells what is in those whose sort is not prescribed."""

    file: str
    columns: tuple[str, ...]
    batches: Batches
    sorts: Callable[[Names], dict[str, Sort]]
    rows: int | None  # where they can be known beforehand
    where: Where | None = None  # of a Parquet file
    block: Callable[[Names, int], Iterator[Batch]] | None = None  # the chunks of one, where the file can be read from there

    @property
    def blocks(self) -> int:
        """How many there are, where the rows are known."""
        return -(-(self.rows or 0) // BLOCK)


def columns_of(batch: Batch, wanted: Mapping[str, Wanted]) -> dict[str, Column]:
    """The columns wanted of a batch."""
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for name, sort in wanted.items():
        try:
            columns[name] = column_of(batch.table.column(name), sort)
        except ValueError as fault:
            problems.append(Problem(str(fault), f"column {name}", batch.file))
    if problems:
        raise InputError(problems)
    return columns


def in_chunks(tables: Iterable[tuple[Any, Ints]]) -> Iterator[tuple[Any, Ints]]:
    """Tables of any number of rows, with the rows' numbers, cut and joined into chunks."""
    held: list[tuple[Any, Ints]] = []
    for table, rows in tables:
        first = 0
        while first < table.num_rows:
            room = CHUNK - sum(len(part[1]) for part in held)
            held.append((table.slice(first, room), rows[first : first + room]))
            first += room
            if sum(len(part[1]) for part in held) == CHUNK:
                yield joined(held)
                held = []
    if held:
        yield joined(held)


def joined(parts: list[tuple[Any, Ints]]) -> tuple[Any, Ints]:
    """Tables one after the other."""
    if len(parts) == 1:
        return parts[0]
    return pa.concat_tables([table for table, _ in parts]), np.concatenate([rows for _, rows in parts])


def unreadable(shown: str, what: str, fault: BaseException) -> InputError:
    """The file is damaged."""
    reason = str(fault).strip().splitlines()
    return InputError.one(f"cannot be read as {what}: {reason[0] if reason else type(fault).__name__}", file=shown)
