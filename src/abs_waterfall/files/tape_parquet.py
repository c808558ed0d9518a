"""Parquet tapes, read a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from abs_waterfall.files.tape_columns import Wanted
from abs_waterfall.files.tape_parts import CHUNK, Batch, Batches, batch_of, names_read, unreadable


def open_parquet(path: Path, shown: str) -> tuple[tuple[str, ...], Batches]:
    """A Parquet file."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as fault:
        raise unreadable(shown, "Parquet", fault) from None
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]

    def batches(wanted: Mapping[str, Wanted], ids: str | None) -> Iterator[Batch]:
        read = names_read(wanted, ids)
        first = 1
        try:
            with pq.ParquetFile(path, read_dictionary=[name for name in texts if name in wanted]) as file:
                for part in file.iter_batches(CHUNK, columns=read):
                    rows = np.arange(first, first + part.num_rows, dtype=np.int64)
                    first += part.num_rows
                    yield batch_of(shown, part, rows, wanted, ids)
        except (pa.ArrowException, OSError) as fault:
            raise unreadable(shown, "Parquet", fault) from None

    return tuple(schema.names), batches
