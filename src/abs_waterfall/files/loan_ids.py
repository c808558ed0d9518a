"""Duplicate loan ids. Shapes: N rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.files.arrow import booleans, in_one_piece, plain, where_true, whole_numbers
from abs_waterfall.files.tape_parts import Batch, TapePart

NONE: Ints = np.zeros(0, dtype=np.int64)
Span: TypeAlias = tuple[int, int]  # the first and the last of ids that increase


@dataclass(frozen=True, slots=True)
class Repeats:
    """The rows of a tape whose id stands in a row before."""

    originals: Mapping[tuple[str, int], tuple[str, int]]  # by file and row, as the user counts: where the id first stands
    told: bool  # some row repeats an id, or has none


class Ids(Protocol):
    """The ids of a tape, gone over where its parts are read."""

    def spans(self, loan_id: str) -> Iterator[Span | None]:
        """The first and the last id of each piece of the tape, in its order; None where they do not increase."""

    def batches(self, loan_id: str) -> Iterator[Batch]:
        """The column of ids."""


@dataclass(frozen=True, slots=True)
class IdsHere:
    """Ids read in this process."""

    parts: Sequence[TapePart]

    def spans(self, loan_id: str) -> Iterator[Span | None]:
        """Of each batch."""
        return (span(loan_id, [batch]) for batch in self.batches(loan_id))

    def batches(self, loan_id: str) -> Iterator[Batch]:
        """Of each part."""
        return (batch for part in self.parts for batch in part.batches([loan_id]))


def repeats_of(loan_id: str | None, ids: Ids) -> Repeats:
    """Look through the ids alone, before anything is added up; ids that increase are settled in one pass that holds none."""
    if loan_id is None or follow(ids.spans(loan_id)):
        return Repeats({}, told=False)
    read = list(ids.batches(loan_id))
    rows, first = repeats([batch.table.column(loan_id) for batch in read])
    starts = np.cumsum([0, *(len(batch.rows) for batch in read)])
    originals = {place(read, starts, int(row)): place(read, starts, int(before)) for row, before in zip(rows, first, strict=True)}
    return Repeats(originals, told=bool(originals) or any(blanks(batch.table.column(loan_id)).any() for batch in read))


def place(read: Sequence[Batch], starts: Ints, at: int) -> tuple[str, int]:
    """The file and row of a place in all that was read."""
    number = int(np.searchsorted(starts, at, side="right")) - 1
    return read[number].file, int(read[number].rows[at - int(starts[number])])


def follow(spans: Iterable[Span | None]) -> bool:
    """Whether ids increase in each piece, and from each to the next."""
    last = None
    for each in spans:
        if each is None or (last is not None and each[0] <= last):
            return False
        last = each[1]
    return True


def span(loan_id: str, batches: Iterable[Batch]) -> Span | None:
    """The first and the last id of some batches with rows; None unless every id is a whole number greater than the one before."""
    first = last = None
    for batch in batches:
        ids = in_one_piece(batch.table.column(loan_id))
        if not pt.is_integer(ids.type) or ids.null_count or not len(ids):
            return None
        codes = plain(ids, 0)
        if not (codes[1:] > codes[:-1]).all() or (last is not None and codes[0] <= last):
            return None
        first, last = codes[0] if first is None else first, codes[-1]
    return None if first is None or last is None else (int(first), int(last))


def repeats(chunks: Sequence[Any]) -> tuple[Ints, Ints]:
    """The places whose id occurs before, and where it first does."""
    ids = [in_one_piece(chunk) for chunk in chunks]
    if not ids:
        return NONE, NONE
    if all(pt.is_integer(chunk.type) and not chunk.null_count for chunk in ids):
        return repeated_codes(np.concatenate([whole_numbers(chunk, 0) for chunk in ids]))
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
    chunk = in_one_piece(chunk)
    return booleans(pc.is_null(chunk)) if pt.is_integer(chunk.type) else empty(trimmed(chunk))


def trimmed(chunk: Any) -> Any:
    """Ids as texts, without the space around them."""
    return pc.utf8_trim_whitespace(chunk.cast(pa.large_string()))


def empty(texts: Any) -> Bools:
    """Where a text is empty or null."""
    return booleans(pc.is_null(texts)) | where_true(pc.match_substring_regex(texts, "^$"))
