"""A tape read in chunks: its parts opened and planned, each chunk checked and made into loans."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from abs_waterfall.arrays import Bools, Floats, record
from abs_waterfall.errors import InputError, Problem, did_you_mean
from abs_waterfall.files.addresses import answering, is_address, part_addresses
from abs_waterfall.files.loan_ids import Ids, IdsHere, Repeats, blanks, repeats_of
from abs_waterfall.files.tape_columns import Sort, Wanted, as_sort, common_sort
from abs_waterfall.files.tape_csv import open_csv
from abs_waterfall.files.tape_kinds import part_files, tape_kind
from abs_waterfall.files.tape_parquet import open_parquet
from abs_waterfall.files.tape_parts import BLOCK, Batch, TapePart, columns_of
from abs_waterfall.files.tape_plan import TapePlan, plan, plan_problems
from abs_waterfall.files.tape_xlsx import open_xlsx
from abs_waterfall.pool.bad_rows import BadRows
from abs_waterfall.pool.build import days_of_year, pool_of_rows
from abs_waterfall.pool.cells import Fault, RowRules
from abs_waterfall.pool.columns import Column
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import BadRow
from abs_waterfall.pool.rows import completed, numbers, row_faults

OPEN = {"parquet": open_parquet, "csv": open_csv, "csv.gz": open_csv, "xlsx": open_xlsx}


@dataclass(frozen=True, slots=True)
class Tape:
    """A tape opened: its parts, and what its batches are read by."""

    name: str  # as the user calls it
    parts: tuple[TapePart, ...]
    plan: TapePlan
    rules: RowRules
    sorts: Mapping[str, Sort]  # what is in columns, by our names, whose sort is not prescribed
    segment: str  # of every loan, where no column names them
    traits: tuple[str, ...]  # what else of each loan is kept
    repeats: Repeats
    supplied: frozenset[str]  # the loan columns that the tape, or a default, states

    @property
    def rows(self) -> int | None:
        """How many there are, where it can be known beforehand."""
        counts = [part.rows for part in self.parts]
        return sum(count for count in counts if count is not None) if None not in counts else None

    @property
    def names(self) -> list[str]:
        """The tape's columns to read; ids only where some are missing or stand twice."""
        ids = [self.plan.loan_id] if self.plan.loan_id and self.repeats.told else []
        return list(dict.fromkeys([*self.plan.names.values(), *ids]))


@record
class TapeLoans:
    """The loans of one batch, bad rows left out and told."""

    pool: LoanPool
    columns: Mapping[str, Column]  # those that the pool is cut and tested by, by our names
    rows: int  # bad ones too
    bad: BadRows


class Place(NamedTuple):
    """Where a chunk is: sums are added within blocks, then blocks within parts, then parts."""

    part: int
    block: int  # of the part


class Chunk(NamedTuple):
    """A batch of a tape as it was read."""

    place: Place
    batch: Batch
    sorts: Mapping[str, Sort]  # what is in its part's columns of any sort


def open_tape(
    settings: PoolSettings,
    parts: Sequence[TapePart],
    tape: str,
    cutoff: dt.date,
    file: str,
    segment: str,
    traits: Mapping[str, str],
    *,
    tables: bool = True,
    ids: Ids | None = None,
) -> Tape:
    """The tape of these parts; `tape` and `file` are what the user calls it and the deal file; `ids` are their loans'."""
    columns = parts[0].columns
    what = plan(settings, columns, traits, tables=tables)
    problems = [*plan_problems(settings, what, columns, tape, file, traits), *uneven_parts(parts, what)]
    if problems:
        raise InputError(problems)
    return Tape(
        name=tape,
        parts=tuple(parts),
        plan=what,
        rules=RowRules(cutoff, what.rate, days_of_year(settings.interest_basis), tuple(settings.segment_by), settings.defaults),
        sorts=settled_sorts(parts, what),
        segment=segment,
        traits=tuple(traits),
        repeats=repeats_of(what.loan_id, ids or IdsHere(parts)),
        supplied=frozenset(what.names) | frozenset(settings.defaults) | {"annual_rate"},
    )


def open_tape_at(settings: PoolSettings, folder: Path) -> tuple[str, list[TapePart]]:
    """What a tape is called in messages, and its files opened; its path is relative to the folder."""
    tape = str(settings.tape)
    if is_address(tape):
        return tape, [open_part_at(address) for address in part_addresses(tape)]
    return str(folder / tape), open_parts(folder / tape, str(folder / tape))


def open_part_at(address: str) -> TapePart:
    """The Parquet file at an address."""
    with answering(address):
        return without_twins(open_parquet(address, address))


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
    return without_twins(OPEN[tape_kind(path, shown)](path, shown))


def without_twins(part: TapePart) -> TapePart:
    """The part; InputError where two columns have one name."""
    if twice := sorted({name for name in part.columns if name and part.columns.count(name) > 1}):
        raise InputError.one(f'column "{twice[0]}" stands twice; expected each name once', file=part.file)
    return part


def uneven_parts(parts: Sequence[TapePart], what: TapePlan) -> list[Problem]:
    """Columns read of the first part that another lacks."""
    return [
        Problem(f'no column "{name}", which {parts[0].file} has.{did_you_mean(name, part.columns)}', file=part.file)
        for part in parts[1:]
        for name in what.wanted()
        if name in parts[0].columns and name not in part.columns
    ]


def settled_sorts(parts: Sequence[TapePart], what: TapePlan) -> dict[str, Sort]:
    """What is in the columns whose sort is not prescribed, over all parts: by our names."""
    asked = [theirs for theirs, sort in what.wanted().items() if sort == "any"]
    found = [part.sorts(asked) if asked else {} for part in parts]
    common: dict[str, Sort] = {theirs: common_sort([sorts[theirs] for sorts in found]) for theirs in asked}
    common = {theirs: "text" if sort == "empty" else sort for theirs, sort in common.items()}
    return {ours: common[theirs] for ours, theirs in what.names.items() if theirs in common}


def all_chunks(tape: Tape) -> Iterator[Chunk]:
    """The chunks of a tape, in its order."""
    for number, part in enumerate(tape.parts):
        own = sorts_in(part, tape)
        first = 0
        for batch in part.batches(tape.names):
            yield Chunk(Place(number, first // BLOCK), batch, own)
            first += len(batch.rows)


def sorts_in(part: TapePart, tape: Tape) -> Mapping[str, Sort]:
    """What is in a part's columns of any sort."""
    asked = [theirs for theirs, sort in tape.plan.wanted().items() if sort == "any"]
    return part.sorts(asked) if asked else {}


def more_than(rows: int, tape: Tape, chunks: Iterator[Chunk]) -> tuple[bool, Iterator[Chunk]]:
    """Whether a tape has more rows than so many, and its chunks, of which some are read ahead where it is not known."""
    if tape.rows is not None:
        return tape.rows > rows, chunks
    ahead: deque[Chunk] = deque()
    while sum(len(chunk.batch.rows) for chunk in ahead) <= rows and (chunk := next(chunks, None)) is not None:
        ahead.append(chunk)
    more = sum(len(chunk.batch.rows) for chunk in ahead) > rows
    return more, chain(iter(lambda: ahead.popleft() if ahead else None, None), chunks)


def loans_of(batch: Batch, tape: Tape, own: Mapping[str, Sort]) -> TapeLoans:
    """The loans of a batch; `own` is what is in its part's columns of any sort."""
    read = columns_of(batch, {name: as_wanted(sort, own.get(name)) for name, sort in tape.plan.wanted().items()})
    named = {ours: read[theirs] for ours, theirs in tape.plan.names.items()}
    named |= {ours: as_sort(named[ours], sort) for ours, sort in tape.sorts.items()}
    columns = completed(named, tape.rules, len(batch.rows))
    bad = BadRows()
    good = good_rows(batch, columns, tape, bad)
    every = bool(good.all())
    kept = columns if every else {name: column.take(good) for name, column in columns.items()}
    pool = replace(pool_of_rows(kept, tape.rules, tape.segment), traits={name: kept[name] for name in tape.traits})
    return TapeLoans(pool, kept, len(good) + len(batch.broken), bad)


def as_wanted(wanted: Wanted, own: Sort | None) -> Wanted:
    """What a column is to be read as: where it may be of any sort, as what is in it."""
    known: dict[str | None, Wanted] = {"number": "number", "date": "date", "text": "text"}
    return known.get(own, "any") if wanted == "any" else wanted


def good_rows(batch: Batch, columns: Mapping[str, Column], tape: Tape, bad: BadRows) -> Bools:
    """Which rows can be used; what is wrong with the others is added to `bad`."""
    good = np.ones(len(batch.rows), dtype=bool)
    faults = [*row_faults(columns, tape.rules), *id_faults(batch, tape)]
    for fault in faults:
        note(bad, fault, batch, columns, tape.plan)
        good[fault.rows] = False
    if tape.repeats.originals:
        note_repeats(batch, columns, tape, good, bad)
    for number, reason in batch.broken:
        bad.add(("", reason), [BadRow(batch.file, number, "", "", reason, 0.0)].__getitem__, 1)
    if not good.all() or batch.broken:
        bad.rows += int((~good).sum()) + len(batch.broken)
        bad.balance += float(readable_balance(columns)[~good].sum())
    return good


def id_faults(batch: Batch, tape: Tape) -> Iterator[Fault]:
    """Loans without an id, where ids are read."""
    if tape.plan.loan_id in tape.names and (empty := np.flatnonzero(blanks(batch.table.column(tape.plan.loan_id)))).size:
        yield Fault("loan_id", "is empty", empty)


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


def note_repeats(batch: Batch, columns: Mapping[str, Column], tape: Tape, good: Bools, bad: BadRows) -> None:
    """Mark the rows whose loan id stands in a row before."""
    found = [row for row, number in enumerate(batch.rows.tolist()) if (batch.file, number) in tape.repeats.originals]
    balance, name = readable_balance(columns), str(tape.plan.loan_id)

    def example(number: int) -> BadRow:
        row = found[number]
        file, original = tape.repeats.originals[batch.file, int(batch.rows[row])]
        where = "" if file == batch.file else f" of {file}"
        value = str(batch.table.column(name)[row].as_py()).strip()
        return BadRow(batch.file, int(batch.rows[row]), name, value, f"is also in row {original}{where}", float(balance[row]))

    if found:
        bad.add((name, "stands in a row before"), example, len(found))
        good[found] = False
