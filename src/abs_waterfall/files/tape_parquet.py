"""Parquet tapes, read a chunk at a time; a block can be read without those before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abs_waterfall.arrays import Ints
from abs_waterfall.errors import InputError
from abs_waterfall.files.addresses import Where, opened
from abs_waterfall.files.tape_columns import Sort, sort_of
from abs_waterfall.files.tape_parts import BLOCK, CHUNK, Batch, Names, TapePart, in_chunks, unreadable


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A Parquet file that was looked into."""

    where: Where
    shown: str
    schema: Any
    rows: int

    def batches(self, names: Names) -> Iterator[Batch]:
        """All of its chunks."""
        return self.between(0, self.rows, names)

    def block(self, names: Names, number: int) -> Iterator[Batch]:
        """The chunks of one block."""
        return self.between(number * BLOCK, min((number + 1) * BLOCK, self.rows), names)

    def between(self, first: int, end: int, names: Names) -> Iterator[Batch]:
        """The chunks of the rows from one, counted from 0, to before another."""
        texts = [name for name in names if is_text(self.schema.field(name).type)]
        try:
            with opened(self.where) as source, pq.ParquetFile(source, read_dictionary=texts) as file:
                self.refuse_changed(file)
                for table, rows in in_chunks(rows_between(first, end, file, names)):
                    yield Batch(self.shown, rows, table)
        except FileNotFoundError:
            raise InputError.one("is not there to be read; expected it where every worker can read it", file=self.shown) from None
        except (pa.ArrowException, OSError) as fault:
            raise unreadable(self.shown, "Parquet", fault) from None

    def refuse_changed(self, file: Any) -> None:
        """Refuse a file that another has taken the place of."""
        if file.metadata.num_rows != self.rows:
            raise InputError.one(f"had {self.rows:,} rows and now has {file.metadata.num_rows:,}", file=self.shown)

    def sorts(self, names: Names) -> dict[str, Sort]:
        """What its columns hold."""
        found = {name: sort_of(self.schema.field(name).type) for name in names}
        return {name: "number" if sort == "empty" else sort for name, sort in found.items()}


def is_text(kind: Any) -> bool:
    """Whether a column is of texts that no dictionary holds yet."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def open_parquet(where: Where, shown: str) -> TapePart:
    """A Parquet file."""
    try:
        with opened(where) as source, pq.ParquetFile(source) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise unreadable(shown, "Parquet", fault) from None
    found = ParquetFile(where if isinstance(where, str) else where.absolute(), shown, schema, count)
    return TapePart(shown, tuple(schema.names), found.batches, found.sorts, count, found.where, found.block)


def rows_between(first: int, end: int, file: Any, names: Names) -> Iterator[tuple[Any, Ints]]:
    """The rows from one to before another, counted from 0, from the row groups that hold any of them."""
    groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    ends = np.cumsum(groups)
    held = [number for number, last in enumerate(ends) if last > first and last - groups[number] < end]
    before = int(ends[held[0]]) - groups[held[0]] if held else 0
    for table, rows in numbered(file.iter_batches(CHUNK, row_groups=held, columns=list(names)), before):
        low, high = (int(at) for at in np.searchsorted(rows, (first + 1, end + 1)))
        yield table.slice(low, high - low), rows[low:high]
        if rows[-1] >= end:
            return


def numbered(batches: Iterable[Any], before: int) -> Iterator[tuple[Any, Ints]]:
    """Arrow's batches, which end where a row group does, with their rows' numbers, so many rows being before them."""
    first = before + 1
    for batch in batches:
        if batch.num_rows:
            yield pa.Table.from_batches([batch]), np.arange(first, first + batch.num_rows)
        first += batch.num_rows
