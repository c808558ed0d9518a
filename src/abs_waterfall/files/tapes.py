"""The pool of a deal: a tape, rep lines or both, read, checked, tested for eligibility and cut into tables, in batches.

One pass over the tape; whatever is said of the loans adds up over batches, so that memory does not grow with the tape.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from abs_waterfall.errors import InputError, Problem
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.bad_rows import bad_row_problems
from abs_waterfall.pool.build import kept
from abs_waterfall.pool.columns import Column, Labels, Numbers
from abs_waterfall.pool.cuts import Bins
from abs_waterfall.pool.eligibility import FIELDS, criteria, fields, kind_problems, name_problems, tested
from abs_waterfall.pool.facts import Facts, Gather, eligible_loans, every_loan, facts_of, no_facts
from abs_waterfall.pool.lines import line_problems, pool_of_lines, stated_in, traits_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.pool.stratify import TITLES, by_segment, stratifications, totals_of

if TYPE_CHECKING:
    from abs_waterfall.files.tape_reading import Tape, TapeLoans

MAX_SEGMENTS = 5_000
NO_TRAITS: Mapping[str, str] = MappingProxyType({})
Told = Callable[[int, int | None], object]
"""Told after each batch how many rows are read, and of how many, where that is known."""


def unheard(_rows: int, _of: int | None) -> None:
    """Nobody wants to be told."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the loans of a deal come from, and how they are read."""

    settings: PoolSettings
    file: str  # the deal file, for messages
    tape: Tape | None
    lines: LoanPool | None
    told: Told

    @property
    def bins(self) -> dict[str, Bins]:
        """How tables are cut, where not automatically."""
        return {**dict.fromkeys(self.settings.segment_by, "values"), **self.settings.stratify}


def read_pool(
    settings: PoolSettings,
    folder: Path,
    cutoff: dt.date,
    file: str,
    default_segment: str = "all",
    gather: Gather[Any] | None = None,
    told: Told = unheard,
    traits: Mapping[str, str] = NO_TRAITS,
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

    Raises
    ------
    InputError
        With every problem of the tape and of the formulas over it.
    """
    if problems := [*line_problems(settings.line, cutoff, file), *names_without_tape(settings, file, traits)]:
        raise InputError(problems)
    tape = tape_of(settings, folder, cutoff, file, default_segment, traits)
    lines = pool_of_lines(settings.line, cutoff, settings.interest_basis) if settings.line else None
    lines = replace(lines, traits=traits_of_lines(settings.line, traits)) if lines is not None else None
    source = Source(settings, file, tape, lines, told)
    if problems := kind_problems(settings.eligibility, kinds_of(source), file):
        raise InputError(problems)
    facts = no_facts(settings.eligibility)
    pool = (gather or every_loan()).together(gathered(source, gather or every_loan(), facts))
    check_segments(facts, settings, file)
    return kept(pool, np.ones(len(pool.balance), dtype=bool)), report(source, facts)


def gathered(source: Source, gather: Gather[Any], facts: Facts) -> Iterator[Any]:
    """What is kept of each batch, its facts added; InputError where in the end the loans will not do."""
    for found, part in batches(source, gather):
        facts.take(found)
        source.told(facts.rows, source.tape.rows if source.tape else None)
        refuse_endless_segments(facts, source)
        if part is not None:
            yield part
    refuse_bad_rows(source, facts)
    if not facts.eligible[0]:
        raise InputError.one(nothing_left(int(facts.read[0]), source.settings), "pool", source.file)


def batches(source: Source, gather: Gather[Any]) -> Iterator[tuple[Facts, Any]]:
    """The facts of each batch, and what is kept of its eligible loans, None where there are none; rep lines come last."""
    tape = source.tape
    if tape is not None:
        from abs_waterfall.files.tape_reading import read_batches  # noqa: PLC0415  # loads pyarrow

        def make(loans: TapeLoans) -> tuple[Facts, Any]:
            facts, part = batch_of(source, gather, loans.pool, loans.first, tape_fields(tape, loans), cut_columns(tape, loans))
            facts.bad, facts.rows = loans.bad, loans.rows
            return facts, part

        yield from read_batches(tape, make)
    if source.lines is not None:
        cut = {name: nothing_stated(kind, len(source.lines.balance)) for name, kind in cut_kinds(tape).items()}
        yield batch_of(source, gather, source.lines, 0, line_fields(source), cut)


def line_fields(source: Source) -> dict[str, Column]:
    """What formulas can read of rep lines: what every loan states, and what any of the lines does."""
    read, lines = source.settings.eligibility_names(), source.settings.line
    own = traits_of_lines(lines, read & stated_in(lines))
    return own if source.lines is None else fields(source.lines, read) | own


def batch_of(
    source: Source, gather: Gather[Any], pool: LoanPool, first: int, readable: Mapping[str, Column], cut: Mapping[str, Column]
) -> tuple[Facts, Any]:
    """The facts of some loans, and what is kept of those that are eligible."""
    tests = tested(source.settings.eligibility, readable, len(pool.balance))
    eligible = eligible_loans(pool, tests)
    facts = facts_of(pool, eligible, tests, cut, source.bins, gather.summing(first))
    return facts, gather.of(eligible, first) if len(eligible.balance) else None


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
    settings: PoolSettings, folder: Path, cutoff: dt.date, file: str, segment: str, traits: Mapping[str, str]
) -> Tape | None:
    """The tape, if there is one; without one nothing that reads tapes is loaded."""
    if not settings.by_loan:
        return None
    from abs_waterfall.files.tape_reading import open_parts, open_tape  # noqa: PLC0415  # loads pyarrow

    if settings.synthetic is not None:
        from abs_waterfall.files.tape_synthetic import open_synthetic  # noqa: PLC0415

        parts = [open_synthetic(settings.synthetic)]
        return open_tape(settings, parts, parts[0].file, cutoff, file, segment, traits)
    path = folder / str(settings.tape)
    return open_tape(settings, open_parts(path, str(path)), str(path), cutoff, file, segment, traits)


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


def kind_in(tape: Tape, name: str) -> Kind:
    """What is in one column of a tape."""
    if name in tape.sorts:
        sort = tape.sorts[name]
        return "number" if sort == "number" else "date" if sort == "date" else "text"
    return "text" if name in ("amortization", "segment") else "date" if name == "cutoff" else "number"


def tape_fields(tape: Tape, loans: TapeLoans) -> dict[str, Column]:
    """What formulas and tables can read of a tape's loans: the tape's columns, and what every loan states."""
    own = [name for name in FIELDS if (name in tape.supplied if name != "segment" else name not in loans.columns)]
    return {**loans.columns, **fields(loans.pool, own)}


def nothing_left(loans: int, settings: PoolSettings) -> str:
    """Why there is no pool."""
    if not loans:
        return "no row of the tape can be used"
    return f"none of the {loans:,} loans meets every eligibility formula: {'; '.join(settings.eligibility)}"


def check_segments(facts: Facts, settings: PoolSettings, file: str) -> None:
    """Refuse a column of ids or amounts as segments."""
    segments = len(by_segment(facts.cuts)) if facts.cuts else 0
    if segments > MAX_SEGMENTS:
        message = f"{', '.join(settings.segment_by)}: gives {segments:,} segments; expected at most {MAX_SEGMENTS:,}"
        raise InputError.one(message, "pool.segment_by", file)


def refuse_endless_segments(facts: Facts, source: Source) -> None:
    """The same before the end of the tape, where there are far too many."""
    segments = len(facts.cuts.segments.names) if facts.cuts else 0
    if segments > 10 * MAX_SEGMENTS:
        check_segments(facts, source.settings, source.file)


def cut_columns(tape: Tape, loans: TapeLoans) -> dict[str, Column]:
    """The columns to cut a tape's loans by, beyond those that every loan has."""
    segments = {name: loans.columns[name] for name in tape.rules.segment_by}
    if len(segments) == 1:
        segments = dict.fromkeys(segments, Labels(loans.pool.segment, loans.pool.segment_names))
    readable = {**tape_fields(tape, loans), **segments}
    return {name: readable[name] for name in tape.plan.cut_by}


def cut_kinds(tape: Tape | None) -> dict[str, Kind]:
    """What is in them."""
    return {name: kind_in(tape, name) for name in tape.plan.cut_by} if tape else {}


def nothing_stated(kind: Kind, rows: int) -> Column:
    """A column of blanks: rep lines do not state what only tapes do."""
    if kind == "text":
        return Labels(np.full(rows, -1, dtype=np.int64), ())
    return Numbers(np.full(rows, np.nan), "date" if kind == "date" else "number")
