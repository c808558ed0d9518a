"""Duplicate loan ids. Shapes: N rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.files.arrow import booleans, in_one_piece, where_true, whole_numbers

NONE: Ints = np.zeros(0, dtype=np.int64)


def repeats(chunks: Sequence[Any]) -> tuple[Ints, Ints]:
    """The rows whose id stands in a row before, and where it first does; ids that increase are settled in one pass."""
    ids = [in_one_piece(chunk) for chunk in chunks]
    if all(pt.is_integer(chunk.type) and not chunk.null_count for chunk in ids):
        codes = np.concatenate([whole_numbers(chunk, 0) for chunk in ids])
        return (NONE, NONE) if (codes[1:] > codes[:-1]).all() else repeated_codes(codes)
    return repeated_codes(text_codes(ids))


def text_codes(ids: Sequence[Any]) -> Ints:
    """A number for each distinct id; blanks are all different."""
    texts = pa.chunked_array([trimmed(chunk) for chunk in ids])
    codes = whole_numbers(in_one_piece(in_one_piece(texts).dictionary_encode()).indices, -1)
    return np.where(empty(texts), -1 - np.arange(len(codes)), codes)


def repeated_codes(codes: Ints) -> tuple[Ints, Ints]:
    """The positions whose code occurs before, and where it first does."""
    order = np.argsort(codes, kind="stable")
    same = np.append(False, codes[order][1:] == codes[order][:-1])[: len(codes)]
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(codes))))
    rows, first = order[same], order[starts[same]]
    in_order = np.argsort(rows)
    return rows[in_order], first[in_order]


def blanks(chunk: Any) -> Bools:
    """Where there is no id."""
    return booleans(pc.is_null(chunk)) if pt.is_integer(chunk.type) else empty(trimmed(chunk))


def trimmed(chunk: Any) -> Any:
    """Ids as texts, without the space around them."""
    return pc.utf8_trim_whitespace(chunk.cast(pa.large_string()))


def empty(texts: Any) -> Bools:
    """Where a text is empty or null."""
    return booleans(pc.is_null(texts)) | where_true(pc.match_substring_regex(texts, "^$"))
