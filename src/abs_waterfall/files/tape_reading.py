"""A tape read: its parts opened, planned, read in batches, checked, and put together as loans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.errors import InputError, Problem, did_you_mean
from abs_waterfall.files.loan_ids import blanks, repeats
from abs_waterfall.files.tape_csv import open_csv
from abs_waterfall.files.tape_kinds import part_files, tape_kind
from abs_waterfall.files.tape_parquet import open_parquet
from abs_waterfall.files.tape_parts import Batch, TapePart
from abs_waterfall.files.tape_plan import TapePlan, plan, plan_problems
from abs_waterfall.files.tape_xlsx import open_xlsx
from abs_waterfall.pool.bad_rows import BadRows, bad_row_problems
from abs_waterfall.pool.build import days_of_year, pool_of_rows
from abs_waterfall.pool.cells import Fault, RowRules
from abs_waterfall.pool.columns import Column, joined
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import BadRow
from abs_waterfall.pool.rows import completed, numbers, row_faults

OPEN = {"parquet": open_parquet, "csv": open_csv, "csv.gz": open_csv, "xlsx": open_xlsx}


@dataclass(frozen=True, slots=True)
class Tape:
    """The loans of a tape, bad rows left out."""

    pool: LoanPool
    columns: Mapping[str, Column]  # those that the pool is cut and tested by, by our names
    cut_by: tuple[str, ...]
    supplied: frozenset[str]  # the loan columns that the tape, or a default, states
    bad: BadRows
    parts: int


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """A batch by our names, and which of its rows can be used."""

    batch: Batch
    columns: Mapping[str, Column]
    good: Bools


def read_tape(settings: PoolSettings, path: Path, tape: str, cutoff: dt.date, file: str, segment: str) -> Tape:
    """Read the tape at `path`; `tape` and `file` are what the user calls it and the deal file."""
    parts = open_parts(path, tape)
    columns = parts[0].columns
    what = plan(settings, columns)
    problems = [*plan_problems(settings, what, columns, tape, file), *uneven_parts(parts, what)]
    if problems:
        raise InputError(problems)
    rules = RowRules(cutoff, what.rate, days_of_year(settings.interest_basis), tuple(settings.segment_by), settings.defaults)
    bad = BadRows()
    batches = [checked(batch, what, rules, bad) for part in parts for batch in part.batches(what.wanted(), what.loan_id)]
    rows = sum(len(done.good) + len(done.batch.broken) for done in batches)
    if not rows:
        raise InputError.one("has no rows; expected a loan in each", file=tape)
    refuse_repeats(batches, what, bad)
    if bad.rows and settings.on_bad_rows == "error":
        ours = {theirs: ours for ours, theirs in reversed(what.names.items())} | {str(what.loan_id): "loan_id"}
        raise InputError(bad_row_problems(bad, rows, tape, file, ours))
    loans = put_together(batches)
    supplied = frozenset(what.names) | frozenset(settings.defaults) | {"annual_rate"}
    return Tape(pool_of_rows(loans, rules, segment), loans, what.cut_by, supplied, bad, len(parts))


def open_parts(path: Path, tape: str) -> list[TapePart]:
    """The tape's files; all that is wrong with any of them at once."""
    opened: list[TapePart] = []
    problems: list[Problem] = []
    for part in part_files(path, tape):
        try:
            opened.append(open_part(part, tape if part == path else f"{tape}/{part.name}"))
        except InputError as fault:
            problems.extend(fault.problems)
    if problems:
        raise InputError(problems)
    return opened


def open_part(path: Path, shown: str) -> TapePart:
    """The file, its columns known; InputError where it is not the tape its name says."""
    columns, batches = OPEN[tape_kind(path, shown)](path, shown)
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise InputError.one(f'column "{twice[0]}" stands twice; expected each name once', file=shown)
    return TapePart(shown, columns, batches)


def uneven_parts(parts: Sequence[TapePart], what: TapePlan) -> list[Problem]:
    """Columns read of the first part that another lacks."""
    return [
        Problem(f'no column "{name}", which {parts[0].file} has.{did_you_mean(name, part.columns)}', file=part.file)
        for part in parts[1:]
        for name in what.wanted()
        if name in parts[0].columns and name not in part.columns
    ]


def checked(batch: Batch, what: TapePlan, rules: RowRules, bad: BadRows) -> CheckedBatch:
    """The batch by our names, its blanks filled; what is wrong with its rows is added to `bad`."""
    rows = len(batch.rows)
    columns = completed({ours: batch.columns[theirs] for ours, theirs in what.names.items()}, rules, rows)
    good = np.ones(rows, dtype=bool)
    for fault in row_faults(columns, rules):
        note(bad, fault, batch, columns, what)
        good[fault.rows] = False
    if what.loan_id is not None and (empty := np.flatnonzero(blanks(batch.ids))).size:
        note(bad, Fault("loan_id", "is empty", empty), batch, columns, what)
        good[empty] = False
    for number, reason in batch.broken:
        bad.add(("", reason), [BadRow(batch.file, number, "", "", reason, 0.0)].__getitem__, 1)
    balance = readable_balance(columns)
    bad.rows += int((~good).sum()) + len(batch.broken)
    bad.balance += float(balance[~good].sum())
    return CheckedBatch(batch, columns, good)


def readable_balance(columns: Mapping[str, Column]) -> Floats:
    """Each row's balance, 0 where there is none to read."""
    return np.nan_to_num(numbers(columns, "balance"), nan=0.0, posinf=0.0, neginf=0.0)


def note(bad: BadRows, fault: Fault, batch: Batch, columns: Mapping[str, Column], what: TapePlan) -> None:
    """Add a fault's rows, with what they say."""
    name = what.loan_id if fault.column == "loan_id" and what.loan_id else what.names.get(fault.column, fault.column)
    balance = readable_balance(columns)

    def example(number: int) -> BadRow:
        row = int(fault.rows[number])
        value = columns[fault.column].shown(row) if fault.column in columns else ""
        return BadRow(batch.file, int(batch.rows[row]), name, value, fault.reason, float(balance[row]))

    bad.add((name, fault.reason), example, len(fault.rows))


def refuse_repeats(batches: Sequence[CheckedBatch], what: TapePlan, bad: BadRows) -> None:
    """Mark the rows whose loan id stands in a row before."""
    if what.loan_id is None:
        return
    rows, first = repeats([done.batch.ids for done in batches])
    starts = np.cumsum([0, *(len(done.good) for done in batches)])

    def example(number: int) -> BadRow:
        done, row = located(batches, starts, int(rows[number]))
        original, at = located(batches, starts, int(first[number]))
        reason = f"is also in row {original.batch.rows[at]}"
        where = "" if original.batch.file == done.batch.file else f" of {original.batch.file}"
        value = str(done.batch.ids[row].as_py()).strip()
        return BadRow(done.batch.file, int(done.batch.rows[row]), str(what.loan_id), value, reason + where, balance_at(done, row))

    if len(rows):
        bad.add((what.loan_id, "stands in a row before"), example, len(rows))
    for done, start in zip(batches, starts, strict=False):
        mine = rows[(rows >= start) & (rows < start + len(done.good))] - start
        fresh = mine[done.good[mine]]
        done.good[fresh] = False
        bad.rows += len(fresh)
        bad.balance += float(readable_balance(done.columns)[fresh].sum())


def balance_at(done: CheckedBatch, row: int) -> float:
    """One row's balance."""
    return float(readable_balance(done.columns)[row])


def located(batches: Sequence[CheckedBatch], starts: Ints, row: int) -> tuple[CheckedBatch, int]:
    """The batch that a row of the whole tape is in, and where."""
    number = int(np.searchsorted(starts, row, side="right")) - 1
    return batches[number], row - int(starts[number])


def put_together(batches: Sequence[CheckedBatch]) -> dict[str, Column]:
    """The good rows of every batch, column by column."""
    return {name: joined([good_rows(done, name) for done in batches]) for name in batches[0].columns}


def good_rows(done: CheckedBatch, name: str) -> Column:
    """One column of a batch without its bad rows."""
    column = done.columns[name]
    return column if done.good.all() else column.take(done.good)
