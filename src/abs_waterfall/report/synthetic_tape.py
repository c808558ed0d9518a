"""Writing synthetic loans as a Parquet tape, in the names a tape's columns have; a row group a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import pyarrow.parquet as pq

from abs_waterfall.files.tape_synthetic import table_of
from abs_waterfall.synthetic import STYLES, batches


def write_tape(file: BinaryIO, style: str, seed: int, loans: int, written: Callable[[int], object], first: int = 0) -> None:
    """Write the loans, or those from the `first` on, to an open file, telling `written` how many after each batch.

    The same seed gives the same bytes.
    """
    about = f"Synthetic loans: none is real. Made by abs-model synth, style {style}, seed {seed}, {loans} loans."
    writer = None
    for columns in batches(STYLES[style], seed, loans, first):
        table = table_of(columns, STYLES[style]).replace_schema_metadata({"description": about})
        if writer is None:
            # Dictionaries would be packed in bits, the last ones of a run whatever the memory held: not the same bytes.
            writer = pq.ParquetWriter(file, table.schema, compression="zstd", use_dictionary=False)
        writer.write_table(table)
        written(table.num_rows)
    if writer is not None:
        writer.close()
