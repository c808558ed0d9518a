"""Columns of loans as a tape states them, before they are checked. Shapes: N loans."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from abs_waterfall.arrays import Bools, Floats, Ints, record

NOTHING: Ints = np.zeros(0, dtype=np.int64)


@record
class Numbers:
    """Numbers, or dates as their ordinals; NaN where the cell is empty or cannot be read."""

    held: Floats | Ints  # (N,) whole numbers as they are where every cell states one
    kind: Literal["number", "date"] = "number"
    unread_rows: Ints = field(default_factory=NOTHING.copy)  # positions of cells that say something else,
    unread_texts: tuple[str, ...] = ()  # and what they say

    def __len__(self) -> int:
        return len(self.held)

    @property
    def values(self) -> Floats:
        """The numbers, whole or not."""
        return self.held.astype(np.float64, copy=False)

    @property
    def stated(self) -> Bools:
        """Where there is a value."""
        return ~np.isnan(self.values)

    def take(self, keep: Bools | Ints | slice) -> Numbers:
        """The rows to keep, all of which could be read."""
        return Numbers(self.held[keep], self.kind)

    def shown(self, row: int) -> str:
        """The cell as its reader would know it."""
        at = np.flatnonzero(self.unread_rows == row)
        return self.unread_texts[int(at[0])] if len(at) else shown_number(float(self.held[row]), self.kind)


@record
class Labels:
    """Texts by number: `names[codes]`, code -1 where the cell is empty."""

    codes: Ints  # (N,)
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def kind(self) -> Literal["text"]:
        """Text, as formulas call it."""
        return "text"

    @property
    def stated(self) -> Bools:
        """Where there is a label."""
        return self.codes >= 0

    @property
    def values(self) -> NDArray[Any]:
        """The texts, empty where nothing is stated."""
        return np.array([*self.names, ""], dtype=object)[self.codes]

    def take(self, keep: Bools | Ints | slice) -> Labels:
        """The rows to keep."""
        return Labels(self.codes[keep], self.names)

    def shown(self, row: int) -> str:
        """The cell as its reader would know it."""
        code = int(self.codes[row])
        return self.names[code] if code >= 0 else ""


Column: TypeAlias = Numbers | Labels


def shown_number(value: float, kind: str = "number") -> str:
    """A number or date as text, without needless digits; nothing for NaN.

    >>> shown_number(36.0), shown_number(0.1284), shown_number(733773.0, "date")
    ('36', '0.1284', '2010-01-01')
    """
    if np.isnan(value):
        return ""
    if kind == "date":
        return dt.date.fromordinal(int(value)).isoformat()
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(float(value))


def natural_order(label: str) -> list[tuple[int, int, str]]:
    """A sort key that reads digits as numbers: "9/A" before "36/A".

    >>> sorted(["36/B", "9/A", "36/A"], key=natural_order)
    ['9/A', '36/A', '36/B']
    """
    parts = re.findall(r"\d+|\D+", label)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


def dense(codes: Ints, size: int) -> tuple[Ints, Ints]:
    """Codes below `size` renumbered over those that occur, and those that occur, in order; -1 stays."""
    stated = codes[codes >= 0] if len(codes) and codes.min() < 0 else codes
    if size > 4 * len(codes) + 65_536:
        present = np.unique(stated)
        return np.where(codes >= 0, np.searchsorted(present, codes), -1), present
    present = np.flatnonzero(np.bincount(stated, minlength=size)).astype(np.int64)
    if len(present) == size:
        return codes, present
    renumber = np.full(size + 1, -1, dtype=np.int64)
    renumber[present] = np.arange(len(present))
    return renumber[codes], present


def as_labels(column: Column) -> Labels:
    """The column's values as labels: 36 is "36", a date is written as ISO does."""
    if isinstance(column, Labels):
        return column
    stated = column.stated
    every = bool(stated.all())
    values, found = distinct(column.values if every else column.values[stated])
    codes = found if every else np.full(len(column), -1, dtype=np.int64)
    if not every:
        codes[stated] = found
    return Labels(codes, tuple(shown_number(value, column.kind) for value in values))


def distinct(values: Floats) -> tuple[Floats, Ints]:
    """The values that occur, in order, and for each row which of them it has; without sorting where they are small integers."""
    if len(values) and values.min() >= 0 and values.max() < 65_536:
        whole = values.astype(np.int64)
        if (whole == values).all():
            codes, present = dense(whole, int(whole.max()) + 1)
            return present.astype(np.float64), codes
    found, codes = np.unique(values, return_inverse=True)
    return found, codes.astype(np.int64)


def constant(value: Any, rows: int) -> NDArray[Any]:
    """The same value for every row, which takes no memory."""
    return np.broadcast_to(value, rows)


def differing(values: NDArray[Any]) -> NDArray[Any]:
    """The values that may differ: of one that is known to be the same in every row, the first."""
    return values[:1] if values.strides == (0,) else values


def repeated(label: str, rows: int) -> Labels:
    """The same label for every row."""
    return Labels(constant(np.int64(0), rows), (label,))


def joined(columns: Sequence[Column]) -> Column:
    """Columns one after the other; text where they are not all of one kind."""
    kinds = {column.kind for column in columns if column.stated.any()} or {columns[0].kind}
    kind = kinds.pop()
    if kind == "text" or kinds:
        return joined_labels([as_labels(column) for column in columns])
    return Numbers(np.concatenate([as_numbers(column) for column in columns]), kind)


def as_numbers(column: Column) -> Floats:
    """The numbers of a column; one of empty labels has none."""
    return column.values if isinstance(column, Numbers) else np.full(len(column), np.nan)


def joined_labels(columns: Iterable[Labels]) -> Labels:
    """Labels one after the other, their names united."""
    numbered: dict[str, int] = {}
    codes = []
    for column in columns:
        renumber = np.array([*(numbered.setdefault(name, len(numbered)) for name in column.names), -1], dtype=np.int64)
        codes.append(renumber[column.codes])
    return Labels(np.concatenate(codes), tuple(numbered))


def crossed(columns: Sequence[Labels], between: str = "/") -> Labels:
    """Several columns as one, labels joined: "36/A". A row without one of them has none."""
    if len(columns) == 1:
        return columns[0]
    codes, names = dense(columns[0].codes, len(columns[0].names))
    labels = [columns[0].names[code] for code in names]
    for column in columns[1:]:
        size = len(column.names)
        pairs = np.where((codes >= 0) & (column.codes >= 0), codes * size + column.codes, -1)
        codes, found = dense(pairs, len(labels) * size)
        labels = [labels[pair // size] + between + column.names[pair % size] for pair in found]
    return Labels(codes, tuple(labels))
