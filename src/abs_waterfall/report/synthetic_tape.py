"""Writing synthetic loans as a Parquet tape, in the names a tape's columns have; a row group a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from abs_waterfall.files.arrow import texts
from abs_waterfall.synthetic import BANDS, STYLES, Columns, Style, batches

KINDS = {"loan_id": pa.int64(), "score": pa.int16(), "original_term": pa.int8(), "age": pa.int8(), "remaining_term": pa.int8()}


def write_tape(file: BinaryIO, style: str, seed: int, loans: int, written: Callable[[int], object]) -> None:
    """Write the loans to an open file, telling `written` how many after each batch. The same seed gives the same bytes."""
    about = f"Synthetic loans: none is real. Made by abs-model synth, style {style}, seed {seed}, {loans} loans."
    writer = None
    for columns in batches(STYLES[style], seed, loans):
        table = table_of(columns, STYLES[style]).replace_schema_metadata({"description": about})
        if writer is None:
            # Dictionaries would be packed in bits, the last ones of a run whatever the memory held: not the same bytes.
            writer = pq.ParquetWriter(file, table.schema, compression="zstd", use_dictionary=False)
        writer.write_table(table)
        written(table.num_rows)
    if writer is not None:
        writer.close()


def table_of(columns: Columns, style: Style) -> pa.Table:
    """One batch as Arrow has it; words as a dictionary."""
    words = {"score_band": BANDS, "amortization": style.amortizations}
    arrays = {name: labels(values, words[name]) if name in words else plain(name, values) for name, values in columns.items()}
    return pa.table(arrays)


def plain(name: str, values: NDArray[np.generic]) -> pa.Array:
    """Numbers, through their buffer: Arrow's own conversion loads pandas."""
    kind = KINDS.get(name, pa.float64())
    width = np.dtype(f"{'f' if pa.types.is_floating(kind) else 'i'}{kind.bit_width // 8}")
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values.astype(width).tobytes())])


def labels(codes: NDArray[np.generic], names: tuple[str, ...]) -> pa.Array:
    """Words by number."""
    indices = pa.Array.from_buffers(pa.int8(), len(codes), [None, pa.py_buffer(codes.astype(np.int8).tobytes())])
    return pa.DictionaryArray.from_arrays(indices, texts(names))
