"""The pool of a deal: a tape, rep lines or both, read, checked, tested for eligibility and cut into tables, in chunks.

One pass over the tape; whatever is said of the loans adds up over chunks, so that memory does not grow with the tape.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from abs_waterfall.errors import InputError, Problem
from abs_waterfall.files.found import (
    Found,
    Source,
    added,
    check_segments,
    found_in_lines,
    kind_in,
    line_fields,
)
from abs_waterfall.files.reading import Reading, Told, read_here, unheard
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.bad_rows import bad_row_problems
from abs_waterfall.pool.build import kept
from abs_waterfall.pool.eligibility import FIELDS, criteria, kind_problems, name_problems
from abs_waterfall.pool.facts import Facts, Gather, every_loan
from abs_waterfall.pool.lines import line_problems, pool_of_lines, stated_in, traits_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.pool.stratify import TITLES, by_segment, stratifications, totals_of

if TYPE_CHECKING:
    from abs_waterfall.files.tape_reading import Tape

NO_TRAITS: Mapping[str, str] = MappingProxyType({})


def read_pool(
    settings: PoolSettings,
    folder: Path,
    cutoff: dt.date,
    file: str,
    default_segment: str = "all",
    gather: Gather[Any] | None = None,
    told: Told = unheard,
    traits: Mapping[str, str] = NO_TRAITS,
    *,
    tables: bool = True,
    reading: Reading | None = None,
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
    gather
        What becomes of the loans; without it they are all held.
    told
        Told of the progress.
    traits
        What else of each loan is kept, with the place in the deal file that asks for it.
    tables
        Whether stratifications are wanted beside the sums by segment.
    reading
        Who reads the tape; it is read here where nobody is named.

    Raises
    ------
    InputError
        With every problem of the tape and of the formulas over it.
    """
    if problems := [*line_problems(settings.line, cutoff, file), *names_without_tape(settings, file, traits)]:
        raise InputError(problems)
    tape = tape_of(settings, folder, cutoff, file, default_segment, traits, tables=tables, reading=reading)
    lines = pool_of_lines(settings.line, cutoff, settings.interest_basis) if settings.line else None
    lines = replace(lines, traits=traits_of_lines(settings.line, traits)) if lines is not None else None
    source = Source(settings, file, tape, lines, tables)
    if problems := kind_problems(settings.eligibility, kinds_of(source), file):
        raise InputError(problems)
    facts, pool = gathered(source, gather or every_loan(), told, reading)
    check_segments(facts, settings, file)
    return kept(pool, np.ones(len(pool.balance), dtype=bool)), report(source, facts)


def gathered(source: Source, gather: Gather[Any], told: Told, reading: Reading | None) -> tuple[Facts, LoanPool]:
    """All that is found, and the pool it comes to; InputError where the loans will not do."""
    found: Iterable[Found] = ()
    if source.tape is None:
        gather = every_loan()
    else:
        read = read_here if reading is None else reading.found
        found, gather = read(source, source.tape, gather, told)
    facts, loans = added(chain(found, found_in_lines(source, gather)), source, gather)
    refuse_bad_rows(source, facts)
    if not facts.eligible[0]:
        raise InputError.one(nothing_left(int(facts.read[0]), source.settings), "pool", source.file)
    return facts, gather.together(loans)


def report(source: Source, facts: Facts) -> PoolReport:
    """What there is to say of the pool."""
    return PoolReport(
        source=named(source),
        read=totals_of(facts.read),
        eligible=totals_of(facts.eligible),
        criteria=criteria(source.settings.eligibility, facts.criteria),
        bad_rows=facts.bad.listed(),
        bad_row_count=facts.bad.rows,
        bad_row_balance=facts.bad.balance,
        stratifications=stratifications(facts.cuts, source.bins) if facts.cuts else (),
        segments=by_segment(facts.cuts) if facts.cuts else (),
    )


def named(source: Source) -> str:
    """Where the loans come from: "tape.parquet and 3 rep lines"."""
    settings, tape = source.settings, source.tape
    parts = f" ({len(tape.parts)} parts)" if tape and len(tape.parts) > 1 else ""
    count = len(settings.line)
    lines = [f"{count} rep line{'s' * (count > 1)}"] if count else []
    return " and ".join([*([f"{settings.tape or tape.name}{parts}"] if tape else []), *lines])


def tape_of(
    settings: PoolSettings,
    folder: Path,
    cutoff: dt.date,
    file: str,
    segment: str,
    traits: Mapping[str, str],
    *,
    tables: bool,
    reading: Reading | None,
) -> Tape | None:
    """The tape, if there is one; without one nothing that reads tapes is loaded."""
    if reading is not None and settings.tape is None:
        raise reading.refused("reads tapes, and this pool has none; expected [pool] tape")
    if not settings.by_loan:
        return None
    from abs_waterfall.files.tape_reading import open_tape, open_tape_at  # noqa: PLC0415  # loads pyarrow

    if settings.synthetic is not None:
        from abs_waterfall.files.tape_synthetic import open_synthetic  # noqa: PLC0415

        parts = [open_synthetic(settings.synthetic)]
        return open_tape(settings, parts, parts[0].file, cutoff, file, segment, traits, tables=tables)
    name, parts = open_tape_at(settings, folder)
    ids = None if reading is None else reading.ids(parts)
    return open_tape(settings, parts, name, cutoff, file, segment, traits, tables=tables, ids=ids)


def names_without_tape(settings: PoolSettings, file: str, traits: Mapping[str, str]) -> list[Problem]:
    """Columns named that rep lines cannot have, where there are rep lines only."""
    if settings.by_loan:
        return []
    asked = [(f"pool.segment_by[{at}]", name) for at, name in enumerate(settings.segment_by)]
    asked += [(f"pool.stratify.{name}", name) for name in settings.stratify if name not in TITLES]
    asked += [(f"pool.columns.{name}", name) for name in settings.columns]
    asked += [(f"pool.defaults.{name}", name) for name in settings.defaults]
    known: dict[str, Kind] = dict.fromkeys((*FIELDS, *stated_in(settings.line)), "number")
    told = [Problem(f'"{name}" is a column of a tape, and this pool has rep lines only', place, file) for place, name in asked]
    unsaid = [(name, place) for name, place in traits.items() if name not in stated_in(settings.line)]
    told += [Problem(f'no [[pool.line]] states "{name}"; {how_to_state(name)}', place, file) for name, place in unsaid]
    return told + name_problems(settings.eligibility, known, file)


def how_to_state(name: str) -> str:
    """How a rep line says what a tape would in a column."""
    return "expected score = 700" if name == "score" else f'expected attributes = {{ {name} = "..." }}'


def refuse_bad_rows(source: Source, facts: Facts) -> None:
    """Refuse a tape without rows, and one with bad rows where the deal does not leave them out."""
    tape, settings = source.tape, source.settings
    if tape is None:
        return
    if not facts.rows:
        raise InputError.one("has no rows; expected a loan in each", file=tape.name)
    if facts.bad.rows and settings.on_bad_rows == "error":
        ours = {theirs: ours for ours, theirs in reversed(tape.plan.names.items())} | {str(tape.plan.loan_id): "loan_id"}
        raise InputError(bad_row_problems(facts.bad, facts.rows, tape.name, source.file, ours))


def kinds_of(source: Source) -> dict[str, Kind]:
    """What is in each column that the eligibility formulas read."""
    tape, asked = source.tape, source.settings.eligibility_names()
    if tape is None:
        return {name: column.kind for name, column in line_fields(source).items()}
    return {name: kind_in(tape, name) for name in asked}


def nothing_left(loans: int, settings: PoolSettings) -> str:
    """Why there is no pool."""
    if not loans:
        return "no row of the tape can be used"
    return f"none of the {loans:,} loans meets every eligibility formula: {'; '.join(settings.eligibility)}"
