"""The files of a tape, opened: their columns at once, their rows in batches of the columns wanted.

A batch is a chunk of 65,536 consecutive rows of one file, the last one shorter. Rows are numbered as the user counts
them: the first data row of Parquet is 1; of CSV and Excel, whose header is row 1, it is 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from abs_waterfall.arrays import Ints
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.files.tape_columns import Wanted, column_of, said_in_text
from abs_waterfall.pool.columns import Column

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of one file."""

    file: str
    rows: Ints  # (N,) as the user counts
    columns: Mapping[str, Column]  # by the tape's names
    ids: Any = None  # the Arrow array of loan ids, where wanted
    broken: tuple[tuple[int, str], ...] = ()  # rows with too many or too few cells, and what is wrong


Batches: TypeAlias = Callable[[Mapping[str, Wanted], str | None], Iterator[Batch]]


@dataclass(frozen=True, slots=True)
class TapePart:
    """One file of a tape; `batches` reads the columns wanted, and the loan ids."""

    file: str
    columns: tuple[str, ...]
    batches: Batches


def batch_of(shown: str, table: Any, rows: Ints, wanted: Mapping[str, Wanted], ids: str | None) -> Batch:
    """The columns wanted of some rows."""
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for name, sort in wanted.items():
        try:
            columns[name] = column_of(table.column(name), sort)
        except ValueError as fault:
            problems.append(Problem(str(fault), f"column {name}", shown))
    if problems:
        raise InputError(problems)
    return Batch(shown, rows, columns, None if ids is None else table.column(ids))


def names_read(wanted: Mapping[str, Wanted], ids: str | None) -> list[str]:
    """The tape's columns to read, each once."""
    return list(dict.fromkeys([*wanted, *([ids] if ids is not None else [])]))


def batches_of_texts(
    shown: str, table: Any, rows: Ints, wanted: Mapping[str, Wanted], ids: str | None, *, broken: tuple[tuple[int, str], ...] = ()
) -> Iterator[Batch]:
    """A table of texts in batches; what each column holds is settled over the whole of it."""
    settled = {name: said_in_text(table.column(name)) if sort == "any" else sort for name, sort in wanted.items()}
    for start in range(0, table.num_rows, CHUNK):
        yield batch_of(shown, table.slice(start, CHUNK), rows[start : start + CHUNK], settled, ids)
    if broken:
        nothing = batch_of(shown, table.slice(0, 0), rows[:0], settled, ids)
        yield Batch(shown, nothing.rows, nothing.columns, nothing.ids, broken)


def unreadable(shown: str, what: str, fault: BaseException) -> InputError:
    """The file is damaged."""
    reason = str(fault).strip().splitlines()
    return InputError.one(f"cannot be read as {what}: {reason[0] if reason else type(fault).__name__}", file=shown)
