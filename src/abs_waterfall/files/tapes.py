"""The pool of a deal: a tape, rep lines or both, read, checked, tested for eligibility and cut into tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abs_waterfall.errors import InputError, Problem
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.bad_rows import BadRows
from abs_waterfall.pool.build import joined_pools, kept
from abs_waterfall.pool.columns import Column, Labels, Numbers, joined
from abs_waterfall.pool.eligibility import FIELDS, Verdicts, criteria, fields, joined_tests, kind_problems, name_problems, tested
from abs_waterfall.pool.lines import line_problems, pool_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.pool.stratify import TITLES, Bins, by_segment, stratifications, totals

if TYPE_CHECKING:
    from abs_waterfall.files.tape_reading import Tape

MAX_SEGMENTS = 5_000


def read_pool(
    settings: PoolSettings, folder: Path, cutoff: dt.date, file: str, default_segment: str = "all"
) -> tuple[LoanPool, PoolReport]:
    """Read the eligible loans, and what there is to say of them.

    Parameters
    ----------
    settings
        `[pool]` of the deal file.
    folder
        Where the deal file is; the tape's path is relative to it.
    cutoff
        The deal's.
    file
        The deal file as the user gave it, for messages.
    default_segment
        The segment of a tape's loans where no column names them.

    Raises
    ------
    InputError
        With every problem of the tape and of the formulas over it.
    """
    if problems := [*line_problems(settings.line, cutoff, file), *names_without_tape(settings, file)]:
        raise InputError(problems)
    tape = tape_of(settings, folder, cutoff, file, default_segment)
    lines = pool_of_lines(settings.line, cutoff, settings.interest_basis) if settings.line else None
    tests = tests_of(settings, tape, lines, file)
    every = joined_pools([pool for pool in (tape.pool if tape else None, lines) if pool is not None])
    passes = tests.all_met(len(every.balance))
    if not passes.any():
        raise InputError.one(nothing_left(len(every.balance), settings), "pool", file)
    pool = kept(every, passes)
    check_segments(pool, settings, file)
    columns = {
        name: column if passes.all() else column.take(passes) for name, column in cut_columns(tape, lines, settings).items()
    }
    return pool, report(settings, every, pool, tests, columns, tape)


def report(
    settings: PoolSettings, every: LoanPool, pool: LoanPool, tests: Verdicts, columns: Mapping[str, Column], tape: Tape | None
) -> PoolReport:
    """What there is to say of the pool."""
    bad = tape.bad if tape else BadRows()
    bins: dict[str, Bins] = {**dict.fromkeys(settings.segment_by, "values"), **settings.stratify}
    return PoolReport(
        source=source(settings, tape),
        read=totals(every),
        eligible=totals(pool),
        criteria=criteria(tests, every.balance),
        bad_rows=bad.listed(),
        bad_row_count=bad.rows,
        bad_row_balance=bad.balance,
        stratifications=stratifications(pool, columns, bins),
        segments=by_segment(pool),
    )


def source(settings: PoolSettings, tape: Tape | None) -> str:
    """Where the loans come from: "tape.parquet and 3 rep lines"."""
    parts = f" ({tape.parts} parts)" if tape and tape.parts > 1 else ""
    count = len(settings.line)
    lines = [f"{count} rep line{'s' * (count > 1)}"] if count else []
    return " and ".join([*([f"{settings.tape}{parts}"] if tape else []), *lines])


def tape_of(settings: PoolSettings, folder: Path, cutoff: dt.date, file: str, segment: str) -> Tape | None:
    """The tape, if there is one; without one nothing that reads tapes is loaded."""
    if settings.tape is None:
        return None
    from abs_waterfall.files.tape_reading import read_tape  # noqa: PLC0415  # loads pyarrow

    path = folder / settings.tape
    return read_tape(settings, path, str(path), cutoff, file, segment)


def names_without_tape(settings: PoolSettings, file: str) -> list[Problem]:
    """Columns named that rep lines cannot have, where there are rep lines only."""
    if settings.tape is not None:
        return []
    asked = [(f"pool.segment_by[{at}]", name) for at, name in enumerate(settings.segment_by)]
    asked += [(f"pool.stratify.{name}", name) for name in settings.stratify if name not in TITLES]
    asked += [(f"pool.columns.{name}", name) for name in settings.columns]
    asked += [(f"pool.defaults.{name}", name) for name in settings.defaults]
    known: dict[str, Kind] = dict.fromkeys(FIELDS, "number")
    told = [Problem(f'"{name}" is a column of a tape, and this pool has rep lines only', place, file) for place, name in asked]
    return told + name_problems(settings.eligibility, known, file)


def tests_of(settings: PoolSettings, tape: Tape | None, lines: LoanPool | None, file: str) -> Verdicts:
    """Every criterion on every loan; rep lines are tested on what they state."""
    read = settings.eligibility_names()
    readable = [(tape_fields(tape, read), tape.pool)] if tape else []
    readable += [(fields(lines, read), lines)] if lines is not None else []
    if problems := kind_problems(settings.eligibility, readable[0][0], file):
        raise InputError(problems)
    return joined_tests([tested(settings.eligibility, columns, len(pool.balance)) for columns, pool in readable])


def tape_fields(tape: Tape, wanted: Iterable[str]) -> dict[str, Column]:
    """What can be read of a tape's loans: what every loan states, and the tape's other columns."""
    own = [name for name in wanted if (name in tape.supplied if name != "segment" else name not in tape.columns)]
    return {**tape.columns, **fields(tape.pool, own)}


def nothing_left(loans: int, settings: PoolSettings) -> str:
    """Why there is no pool."""
    if not loans:
        return "no row of the tape can be used"
    return f"none of the {loans:,} loans meets every eligibility formula: {'; '.join(settings.eligibility)}"


def check_segments(pool: LoanPool, settings: PoolSettings, file: str) -> None:
    """Refuse a column of ids or amounts as segments."""
    if len(pool.segment_names) > MAX_SEGMENTS:
        message = (
            f"{', '.join(settings.segment_by)}: gives {len(pool.segment_names):,} segments; expected at most {MAX_SEGMENTS:,}"
        )
        raise InputError.one(message, "pool.segment_by", file)


def cut_columns(tape: Tape | None, lines: LoanPool | None, settings: PoolSettings) -> dict[str, Column]:
    """The columns to stratify by; rep lines do not state them."""
    if tape is None:
        return {}
    own = tape_fields(tape, set(tape.cut_by) - set(settings.segment_by))
    columns = {name: own[name] for name in tape.cut_by}
    if lines is None:
        return columns
    return {name: joined([column, nothing_stated(column, len(lines.balance))]) for name, column in columns.items()}


def nothing_stated(like: Column, rows: int) -> Column:
    """A column of blanks of the same kind."""
    if isinstance(like, Labels):
        return Labels(np.full(rows, -1, dtype=np.int64), ())
    return Numbers(np.full(rows, np.nan), like.kind)
