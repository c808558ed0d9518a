"""Duplicate loan ids. Shapes: N rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from abs_waterfall.arrays import Ints


def repeats(chunks: Sequence[Any]) -> tuple[Ints, Ints]:
    """The rows whose id stands in a row before, and the first row of each such id; ids that increase are settled in one pass."""
    ids = [chunk.combine_chunks() if isinstance(chunk, pa.ChunkedArray) else chunk for chunk in chunks]
    if all(pt.is_integer(chunk.type) and not chunk.null_count for chunk in ids):
        codes = np.concatenate([chunk.to_numpy() for chunk in ids])
        if (codes[1:] > codes[:-1]).all():
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    else:
        codes = text_codes(ids)
    return repeated_codes(codes)


def text_codes(ids: Sequence[Any]) -> Ints:
    """A number for each distinct id; blanks are all different."""
    texts = pa.chunked_array([pc.utf8_trim_whitespace(chunk.cast(pa.string())) for chunk in ids])
    codes: Ints = (
        texts.dictionary_encode().unify_dictionaries().combine_chunks().indices.fill_null(-1).to_numpy().astype(np.int64)
    )
    blank = (codes < 0) | pc.fill_null(pc.equal(texts, ""), fill_value=True).to_numpy()
    return np.where(blank, -1 - np.arange(len(codes)), codes)


def repeated_codes(codes: Any) -> tuple[Ints, Ints]:
    """The positions whose code occurs before, and where it first does."""
    order = np.argsort(codes, kind="stable")
    same = codes[order][1:] == codes[order][:-1]
    starts = np.maximum.accumulate(np.where(np.concatenate([[False], same]), 0, np.arange(len(codes))))
    again = np.flatnonzero(same) + 1
    rows, first = order[again], order[starts[again]]
    tape_order = np.argsort(rows)
    return rows[tape_order], first[tape_order]


def blanks(chunk: Any) -> Any:
    """Where there is no id."""
    if pt.is_integer(chunk.type):
        return pc.is_null(chunk).to_numpy(zero_copy_only=False)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(chunk.cast(pa.string())), ""), fill_value=True).to_numpy(
        zero_copy_only=False
    )
