"""Arrow columns as our columns: numbers, dates and labels, whatever their width. Shapes: N rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.files.arrow import floats, in_one_piece, mask, nulls_where, where_true, whole_numbers
from abs_waterfall.pool.columns import Column, Labels, Numbers, as_labels

Wanted: TypeAlias = Literal["number", "date", "text", "flag", "any"]
Sort: TypeAlias = Literal["number", "date", "text", "flag", "empty", "other"]

EPOCH = 719_163  # the ordinal of 1970-01-01
BLANK = r"^(NA|N/A|n/a|#N/A|NULL|null|None|NaN|nan)?$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(inf|Inf|INF)$"
PLAIN_NUMBER = r"^-?(0|[1-9]\d*|\d*\.\d+|0\.\d+|[1-9]\d*\.\d*)([eE][+-]?\d+)?$"
DATE = r"^\d{4}-\d{2}-\d{2}([T ].*)?$"


def column_of(array: Any, wanted: Wanted) -> Column:
    """An Arrow array as the column wanted; ValueError where its type holds nothing of the sort."""
    array = decoded(array)
    sort = sort_of(array.type)
    if wanted == "text" or (wanted == "any" and sort == "text"):
        return labels(array)
    if sort == "text":
        return read_flags(array) if wanted == "flag" else read_dates(array) if wanted == "date" else read_numbers(array)
    if sort == "empty" or (sort == "flag" and wanted == "flag") or (sort == "number" and wanted in ("number", "flag", "any")):
        return Numbers(whole_numbers(array, 0) if all_whole(array) else floats(array.cast(pa.float64(), safe=False)))
    if sort == "date" and wanted in ("date", "any"):
        return Numbers(ordinals(array), "date")
    if sort == "flag" and wanted == "any":
        return labels(array)
    raise ValueError(f"holds {array.type}; expected {'a number' if wanted == 'any' else f'a {wanted}'}")


def all_whole(array: Any) -> bool:
    """Whether every cell states a whole number that 64 bits hold."""
    return not array.null_count and pt.is_integer(array.type) and not pt.is_uint64(array.type)


def decoded(array: Any) -> Any:
    """The array in one piece, a dictionary of anything but text looked up."""
    array = in_one_piece(array)
    if pt.is_dictionary(array.type) and sort_of(array.type.value_type) != "text":
        return array.dictionary_decode()
    return array


def sort_of(kind: Any) -> Sort:
    """Which sort of values an Arrow type holds."""
    if pt.is_dictionary(kind):
        return sort_of(kind.value_type)
    tests: dict[Sort, tuple[Callable[[Any], bool], ...]] = {
        "text": (pt.is_string, pt.is_large_string, pt.is_string_view),
        "number": (pt.is_integer, pt.is_floating, pt.is_decimal),
        "date": (pt.is_date, pt.is_timestamp),
        "flag": (pt.is_boolean,),
        "empty": (pt.is_null,),
    }
    return next((sort for sort, any_of in tests.items() if any(test(kind) for test in any_of)), "other")


def ordinals(array: Any) -> Floats:
    """Dates and times as the ordinals of their days."""
    if pt.is_timestamp(array.type) and array.type.tz is not None:
        array = pc.local_timestamp(array)
    days = array.cast(pa.date32(), safe=False).cast(pa.int32()).cast(pa.float64())
    return floats(days) + EPOCH


def labels(array: Any) -> Labels:
    """Texts as labels, without the space around them; empty ones are blanks."""
    if not pt.is_dictionary(array.type):
        array = (array if sort_of(array.type) == "text" else array.cast(pa.string())).dictionary_encode()
    names = [(name or "").strip() for name in array.dictionary.to_pylist()]
    numbered: dict[str, int] = {}
    codes, indices = (
        [numbered.setdefault(name, len(numbered)) if name else -1 for name in names],
        whole_numbers(array.indices, -1),
    )
    same = codes == [*range(len(codes))]
    return Labels(indices if same else np.array([*codes, -1], dtype=np.int64)[indices], tuple(numbered))


def cells(array: Any) -> Any:
    """Texts without the space around them, null where they mean nothing."""
    trimmed = pc.utf8_trim_whitespace(array.cast(pa.string()))
    return nulls_where(pc.match_substring_regex(trimmed, BLANK), trimmed)


def read_numbers(array: Any) -> Numbers:
    """Texts as numbers, those that are none kept as they stand."""
    texts = cells(array)
    try:
        return Numbers(floats(texts.cast(pa.float64())))
    except pa.ArrowInvalid:
        good = pc.match_substring_regex(texts, NUMBER)
        values = floats(nulls_where(pc.invert(good), texts).cast(pa.float64()))
        return Numbers(values, "number", *unread(texts, good))


def read_dates(array: Any) -> Numbers:
    """Texts such as 2015-06-30, with or without a time, as ordinals."""
    texts = cells(array)
    shaped = nulls_where(pc.invert(pc.match_substring_regex(texts, DATE)), pc.utf8_slice_codeunits(texts, 0, 10))
    days = pc.strptime(shaped, format="%Y-%m-%d", unit="s", error_is_null=True)
    real = pc.equal(pc.strftime(days, format="%Y-%m-%d"), shaped)  # strptime takes 30 February for 2 March
    days = nulls_where(pc.invert(real), days)
    return Numbers(ordinals(days), "date", *unread(texts, pc.is_valid(days)))


def read_flags(array: Any) -> Numbers:
    """True and false, or 1 and 0."""
    texts = pc.utf8_lower(cells(array))
    good = pc.match_substring_regex(texts, "^(true|false|1|0)$")
    said = nulls_where(pc.invert(good), texts).cast(pa.bool_()).cast(pa.float64())
    return Numbers(floats(said), "number", *unread(texts, good))


def unread(texts: Any, good: Any) -> tuple[Ints, tuple[str, ...]]:
    """Where the texts that are not good stand, and what they say."""
    wrong = where_true(pc.and_kleene(pc.is_valid(texts), pc.invert(good)))
    return np.flatnonzero(wrong).astype(np.int64), tuple(texts.filter(mask(wrong)).to_pylist())


def sorts_of_texts(names: Iterable[str], tables: Iterable[Any]) -> dict[str, Sort]:
    """What columns of texts hold: numbers or dates if every cell does, and labels otherwise ("007" is one)."""
    found: dict[str, set[Sort]] = {name: set() for name in names}
    for table in tables:
        for name, sorts in found.items():
            sorts.add(said_in_text(table.column(name)))
    return {name: common_sort(sorts) for name, sorts in found.items()}


def common_sort(sorts: Iterable[Sort]) -> Sort:
    """The sort that several batches are of: text where they differ."""
    stated = set(sorts) - {"empty"}
    return stated.pop() if len(stated) == 1 else "text" if stated else "empty"


def said_in_text(array: Any) -> Sort:
    """What the cells of one batch hold."""
    texts = pc.drop_null(cells(array))
    if not len(texts):
        return "empty"
    if pc.all(pc.match_substring_regex(texts, PLAIN_NUMBER)).as_py():
        return "number"
    return "date" if pc.all(pc.match_substring_regex(texts, DATE)).as_py() else "text"


def as_sort(column: Column, sort: Sort) -> Column:
    """A column as what the column of the same name is in every part of the tape."""
    if sort == "text":
        return as_labels(column)
    if sort not in ("number", "date") or column.kind == sort:
        return column
    return Numbers(np.full(len(column), np.nan), "date" if sort == "date" else "number")  # nothing is stated here
