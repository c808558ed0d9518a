"""Parquet tapes, read a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abs_waterfall.arrays import Ints
from abs_waterfall.files.tape_columns import Sort, sort_of
from abs_waterfall.files.tape_parts import CHUNK, Batch, Names, TapePart, in_chunks, unreadable


def open_parquet(path: Path, shown: str) -> TapePart:
    """A Parquet file."""
    try:
        with pq.ParquetFile(path) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as fault:
        raise unreadable(shown, "Parquet", fault) from None
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]

    def batches(names: Names) -> Iterator[Batch]:
        try:
            with pq.ParquetFile(path, read_dictionary=[name for name in texts if name in names]) as file:
                for table, rows in in_chunks(numbered(file.iter_batches(CHUNK, columns=list(names)))):
                    yield Batch(shown, rows, table)
        except (pa.ArrowException, OSError) as fault:
            raise unreadable(shown, "Parquet", fault) from None

    def sorts(names: Names) -> dict[str, Sort]:
        found = {name: sort_of(schema.field(name).type) for name in names}
        return {name: "number" if sort == "empty" else sort for name, sort in found.items()}

    return TapePart(shown, tuple(schema.names), batches, sorts, count)


def numbered(batches: Iterable[Any]) -> Iterator[tuple[Any, Ints]]:
    """Arrow's batches, which end where a row group does, with their rows' numbers."""
    first = 1
    for batch in batches:
        yield pa.Table.from_batches([batch]), np.arange(first, first + batch.num_rows)
        first += batch.num_rows
