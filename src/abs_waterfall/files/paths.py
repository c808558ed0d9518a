"""Files of paths: a row a scenario, month and segment, with the rates of that month, as Parquet or CSV.

Columns: `scenario` (a name or number), `month` (since cut-off, from 1), `segment`, then `smm` or `cpr`, and `mdr` or `cdr`, as
fractions. The rows of a scenario stand together, in any order; each has every segment of the pool and the same months. A file is
read piece by piece, so its size does not matter.

Shapes: S scenarios, M months, K segments, N rows of a piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.errors import InputError, Problem, did_you_mean
from abs_waterfall.files.arrow import floats, in_one_piece, whole_numbers
from abs_waterfall.rates import monthly_from_annual

SPEEDS: Final = (("smm", "cpr"), ("mdr", "cdr"))
MOST_MONTHS: Final = 1200
CELLS: Final = 4_000_000  # of one block's rates: what is held at a time
CACHED: Final = 1 << 15  # rates converted at a time: what is between stays in the processor's cache
_BYTES: Final = 16 * 1024**2  # of CSV read at a time
_READ: Final = 1 << 18  # rows of Parquet read at a time


@record
class Piece:
    """Whole scenarios of a file."""

    names: tuple[str, ...]  # (S,) in the file's order
    scenario: Ints  # (N,)
    month: Ints  # (N,) from 1
    segment: Ints  # (N,)
    rates: dict[str, Floats]  # (N,) by column
    first: int  # the file's number of the first row


class PathFile:
    """One file of paths, for a pool of some segments."""

    def __init__(self, path: Path, segments: Sequence[str], taken: Sequence[str], year_share: Floats) -> None:
        self.path = path
        self.segments = tuple(segments)
        self.taken = frozenset(taken)  # names of the deal's own scenarios
        self.year_share = year_share  # (MOST_MONTHS,) share of a year that each month is, for speeds a year
        self.header = 1 if path.suffix == ".parquet" else 2  # number of the first row: a CSV file's header is row 1
        self.seen: set[str] = set()
        self.months = 0

    def blocks(self) -> Iterator[Paths]:
        """The scenarios, some at a time. InputError where the file is not as it should be."""
        self.seen.clear()
        self.months = 0
        try:
            for piece in self.pieces():
                yield self.paths_of(piece)
        except (pa.ArrowException, OSError) as fault:
            raise self.wrong(f"cannot be read: {' '.join(str(fault).split())[:200]}") from None
        if not self.seen:
            raise self.wrong("has no rows")

    # ------------------------------------------------------------------------------------------------------------ reading

    def batches(self) -> Iterator[Any]:
        """The file's rows as Arrow tables."""
        if self.path.suffix == ".parquet":
            with pq.ParquetFile(self.path) as file:
                columns = self.columns(file.schema_arrow.names)
                for batch in file.iter_batches(_READ, columns=columns):
                    yield pa.Table.from_batches([batch])
            return
        with pv.open_csv(self.path, read_options=pv.ReadOptions(block_size=_BYTES, use_threads=False)) as header:
            columns = self.columns(header.schema.names)
        as_texts = pv.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        )
        with pv.open_csv(self.path, pv.ReadOptions(block_size=_BYTES), convert_options=as_texts) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def columns(self, names: Sequence[str]) -> list[str]:
        """The columns to read: those that every file has, and one of each pair of speeds."""
        wanted = ["scenario", "month", "segment"]
        for pair in SPEEDS:
            given = [name for name in pair if name in names]
            if len(given) != 1:
                raise self.wrong(f"has {' and '.join(given) or 'none'} of the columns {' and '.join(pair)}; expected one of them")
            wanted += given
        if missing := [name for name in wanted if name not in names]:
            raise self.wrong(f'no column "{missing[0]}"; the file has {", ".join(names)}.{did_you_mean(missing[0], names)}')
        return wanted

    def pieces(self) -> Iterator[Piece]:
        """Whole scenarios: the last one of what was read waits until the next has begun."""
        held: list[Any] = []
        names: list[str] = []
        starts: list[int] = []
        first, rows = self.header, 0
        for batch in self.batches():
            new, at = self.runs(batch, first + rows)
            goes_on = int(names[-1:] == new[:1])
            names, starts = names + new[goes_on:], starts + [rows + start for start in at[goes_on:]]
            held, rows = [*held, batch], rows + batch.num_rows
            if names and rows >= min(CELLS, starts[-1] + _READ) and starts[-1]:
                table, last = pa.concat_tables(held), starts[-1]
                yield self.piece(table.slice(0, last), names[:-1], starts, first)
                held, names, starts, first, rows = [table.slice(last)], names[-1:], [0], first + last, rows - last
        if rows:
            yield self.piece(pa.concat_tables(held), names, [*starts, rows], first)

    def runs(self, table: Any, first: int) -> tuple[list[str], list[int]]:
        """The scenarios of some rows, one after the other, and where each begins."""
        column = table["scenario"]
        self.refuse_nulls(column, "scenario", first)
        coded = in_one_piece(pc.dictionary_encode(column))
        names, codes = coded.dictionary.cast(pa.string()).to_pylist(), whole_numbers(coded.indices, -1)
        at = np.flatnonzero(np.diff(codes, prepend=-1))
        return [names[code] for code in codes[at]], at.tolist()

    def piece(self, table: Any, names: Sequence[str], starts: Sequence[int], first: int) -> Piece:
        """Some rows as numbers; the scenarios begin where `starts` says, which ends with where they end."""
        for name, start in zip(names, starts, strict=False):
            if name in self.seen or name in self.taken:
                why = "goes on after another; expected its rows together" if name in self.seen else "is one of the deal's own"
                raise self.wrong(f'scenario "{name}" {why}', first + start)
            self.seen.add(name)
        month, rates = self.month(table, first), {}
        for column in table.column_names[3:]:
            rates[column] = self.rate(table, column, first)
        scenario = np.repeat(np.arange(len(names)), np.diff(starts))
        return Piece(tuple(names), scenario, month, self.segment(table, first), rates, first)

    def month(self, table: Any, first: int) -> Ints:
        """The months (N,)."""
        values = self.numbers(table, "month", first)
        wrong = (values < 1) | (values > MOST_MONTHS) | (values != np.floor(values))
        self.refuse(wrong, table, "month", first, f"expected a whole number of months, from 1 to {MOST_MONTHS}")
        return values.astype(np.int64)

    def rate(self, table: Any, column: str, first: int) -> Floats:
        """A column of rates (N,)."""
        values = self.numbers(table, column, first)
        self.refuse(~((values >= 0) & (values <= 1)), table, column, first, "expected a fraction within 0-1")
        return values

    def segment(self, table: Any, first: int) -> Ints:
        """The segment of each row (N,)."""
        self.refuse_nulls(table["segment"], "segment", first)
        coded = in_one_piece(pc.dictionary_encode(table["segment"]))
        names, codes = coded.dictionary.cast(pa.string()).to_pylist(), whole_numbers(coded.indices, -1)
        place = {name: k for k, name in enumerate(self.segments)}
        for code, name in enumerate(names):
            if name not in place:
                near, listed = did_you_mean(name, self.segments), ", ".join(self.segments[:10])
                raise self.wrong(
                    f'no loan is in segment "{name}"; there are {listed}.{near}', first + int(np.argmax(codes == code))
                )
        return np.array([place[name] for name in names])[codes]

    def numbers(self, table: Any, column: str, first: int) -> Floats:
        """A column of numbers; of a CSV file, its texts."""
        array = in_one_piece(table[column])
        self.refuse_nulls(array, column, first)
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            try:
                array = array.cast(pa.float64())
            except pa.ArrowInvalid:
                self.refuse(
                    np.array([not is_number(text) for text in array.to_pylist()]), table, column, first, "expected a number"
                )
        if not (pa.types.is_integer(array.type) or pa.types.is_floating(array.type)):
            raise self.wrong(f"expected numbers, got {array.type}", place=column)
        return floats(array.cast(pa.float64()))

    # ----------------------------------------------------------------------------------------------------------- refusing

    def refuse_nulls(self, array: Any, column: str, first: int) -> None:
        """Refuse an empty cell."""
        if array.null_count:
            row = first + pc.index(pc.is_null(array), pa.scalar(value=True)).as_py()
            raise self.wrong("is empty; expected a value", row, column)

    def refuse(self, wrong: Any, table: Any, column: str, first: int, expected: str) -> None:
        """Refuse the first value that is wrong."""
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self.wrong(f"{table[column][row].as_py()}: {expected}", first + row, column)

    def wrong(self, message: str, row: int | None = None, place: str = "") -> InputError:
        """What is wrong, and where."""
        where = ", ".join(([] if row is None else [f"row {row}"]) + ([place] if place else []))
        return InputError([Problem(message, where, str(self.path))])

    # ----------------------------------------------------------------------------------------------------------- as curves

    def paths_of(self, piece: Piece) -> Paths:
        """Scenarios as rates by month and segment."""
        self.months = self.months or int(piece.month[piece.scenario == 0].max())
        if (piece.month > self.months).any():
            row = int(np.argmax(piece.month > self.months))
            raise self.wrong(f"month {piece.month[row]}; the first scenario ends with month {self.months}", piece.first + row)
        shape = len(piece.names), self.months, len(self.segments)
        cell = (piece.scenario * self.months + piece.month - 1) * len(self.segments) + piece.segment
        if len(cell) == np.prod(shape) and (cell == np.arange(len(cell))).all():  # in order
            laid = {column: values.reshape(shape) for column, values in piece.rates.items()}
        else:
            self.refuse_repeated(piece, cell, np.bincount(cell, minlength=int(np.prod(shape))).reshape(shape))
            laid = {column: placed(values, cell, shape) for column, values in piece.rates.items()}
        smm, mdr = (self.monthly(laid, *pair) for pair in SPEEDS)
        return Paths(piece.names, self.segments, smm, mdr)

    def refuse_repeated(self, piece: Piece, cell: Ints, counts: Ints) -> None:
        """Refuse rows that stand twice, and rows that are missing."""
        if (counts > 1).any():
            order = np.argsort(cell, kind="stable")
            again = order[1:][np.diff(cell[order]) == 0].min()
            raise self.wrong(
                f"{self.told(piece.names, np.array(np.unravel_index(cell[again], counts.shape)))} stands twice",
                piece.first + int(again),
            )
        if not counts.all():
            raise self.wrong(f"no row of {self.told(piece.names, np.argwhere(counts == 0)[0])}")

    def told(self, names: Sequence[str], at: Ints) -> str:
        """A scenario, month and segment in words."""
        return f'scenario "{names[at[0]]}", month {at[1] + 1}, segment "{self.segments[at[2]]}"'

    def monthly(self, laid: dict[str, Floats], monthly: str, annual: str) -> Floats:
        """Rates a month, of rates a month or a year; every one is converted, as to find the distinct ones takes longer."""
        if monthly in laid:
            return laid[monthly]
        rates, year_share = laid[annual], self.year_share[: self.months, None]
        converted, at_once = np.empty_like(rates), max(1, CACHED // rates[0].size)
        for first in range(0, len(rates), at_once):
            some = slice(first, first + at_once)
            converted[some] = monthly_from_annual(rates[some], year_share)
        return converted


def placed(values: Floats, cell: Ints, shape: tuple[int, ...]) -> Floats:
    """Values, each in its cell."""
    laid = np.empty(shape)
    laid.ravel()[cell] = values
    return laid


def is_number(text: str) -> bool:
    """Whether a text is a number, as Arrow reads it."""
    try:
        pa.scalar(text).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True
