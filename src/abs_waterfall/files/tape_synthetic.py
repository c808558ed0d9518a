"""Synthetic loans as a tape: what the seeded generator draws, in the names a tape's columns have. None of the loans is real."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from abs_waterfall.files.arrow import texts
from abs_waterfall.files.tape_columns import Sort, sort_of
from abs_waterfall.files.tape_parts import Batch, Names, TapePart
from abs_waterfall.pool.model import SyntheticLoans
from abs_waterfall.synthetic import BANDS, STYLES, Columns, Style, batches

KINDS = {"loan_id": pa.int64(), "score": pa.int16(), "original_term": pa.int8(), "age": pa.int8(), "remaining_term": pa.int8()}


def open_synthetic(asked: SyntheticLoans) -> TapePart:
    """The loans asked for, drawn as they are read; a batch of the generator is a chunk of the tape."""
    style, shown = STYLES[asked.style], f"synthetic loans ({asked.style}, seed {asked.seed})"
    schema = table_of(next(batches(style, asked.seed, 1)), style).schema

    def drawn(names: Names) -> Iterator[Batch]:
        first = 1
        for columns in batches(style, asked.seed, asked.loans):
            table = table_of(columns, style).select(list(names))
            yield Batch(shown, np.arange(first, first + table.num_rows), table)
            first += table.num_rows

    def sorts(names: Names) -> dict[str, Sort]:
        return {name: sort_of(schema.field(name).type) for name in names}

    return TapePart(shown, tuple(schema.names), drawn, sorts, asked.loans)


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
