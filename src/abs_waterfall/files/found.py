"""What is found in the loans of a pool, chunk by chunk, and how it adds up.

Chunks are added within their block, blocks within their part, parts in the tape's order, and rep lines last: whoever reads them,
in threads, on other machines or on another day, the sums come to the same bits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from abs_waterfall.arrays import record
from abs_waterfall.errors import InputError
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.columns import Column, Labels, Numbers
from abs_waterfall.pool.cuts import Bins
from abs_waterfall.pool.eligibility import fields, tested
from abs_waterfall.pool.facts import Facts, Gather, eligible_loans, facts_of, no_facts
from abs_waterfall.pool.lines import stated_in, traits_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.stratify import by_segment

if TYPE_CHECKING:
    from abs_waterfall.files.tape_reading import Chunk, Place, Tape, TapeLoans

MAX_SEGMENTS = 5_000


@record
class Source:
    """Where the loans of a deal come from, and how they are read."""

    settings: PoolSettings
    file: str  # the deal file, for messages
    tape: Tape | None
    lines: LoanPool | None
    tables: bool  # whether stratifications are wanted

    @property
    def bins(self) -> dict[str, Bins]:
        """How tables are cut, where not automatically."""
        return {**dict.fromkeys(self.settings.segment_by, "values"), **self.settings.stratify}


class Found(NamedTuple):
    """What is found in some loans."""

    facts: Facts
    loans: Any  # what is kept of those that are eligible; None where none is


def by_part(found: Iterable[tuple[Place, Found]], source: Source, gather: Gather[Any]) -> Iterator[Found]:
    """What is found in chunks, added within each block, and that within each part: one order of sums, whoever adds them."""
    blocks = ((place, added((each for _, each in chunks), source, gather)) for place, chunks in groupby(found, itemgetter(0)))
    for _, of_part in groupby(blocks, lambda block: block[0].part):
        yield added((each for _, each in of_part), source, gather)


def added(found: Iterable[Found], source: Source, gather: Gather[Any]) -> Found:
    """What is found in loans that follow each other, added in their order."""
    facts = no_facts(source.settings.eligibility)

    def loans() -> Iterator[Any]:
        for each in found:
            facts.take(each.facts)
            refuse_endless_segments(facts, source)
            if each.loans is not None:
                yield each.loans

    rest = loans()
    first = next(rest, None)
    return Found(facts, None if first is None else gather.added(chain([first], rest)))


def found_in(chunk: Chunk, tape: Tape, source: Source, gather: Gather[Any]) -> Found:
    """What is found in one chunk of the tape."""
    from abs_waterfall.files.tape_reading import loans_of  # noqa: PLC0415  # loads pyarrow

    loans = loans_of(chunk.batch, tape, chunk.sorts)
    asked = source.settings.eligibility_names()
    cut = cut_columns(tape, loans) if source.tables else None
    found = found_of(source, gather, loans.pool, tape_fields(tape, loans, asked), cut)
    found.facts.bad, found.facts.rows = loans.bad, loans.rows
    return found


def found_in_lines(source: Source, gather: Gather[Any]) -> Iterator[Found]:
    """What is found in the rep lines, if there are any."""
    if source.lines is not None:
        cut = {name: nothing_stated(kind, len(source.lines.balance)) for name, kind in cut_kinds(source.tape).items()}
        yield found_of(source, gather, source.lines, line_fields(source), cut if source.tables else None)


def found_of(
    source: Source, gather: Gather[Any], pool: LoanPool, readable: Mapping[str, Column], cut: Mapping[str, Column] | None
) -> Found:
    """The facts of some loans, and what is kept of those that are eligible."""
    tests = tested(source.settings.eligibility, readable, len(pool.balance))
    eligible = eligible_loans(pool, tests)
    facts = facts_of(pool, eligible, tests, cut, source.bins, gather.summing)
    return Found(facts, gather.of(eligible) if len(eligible.balance) else None)


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


def line_fields(source: Source) -> dict[str, Column]:
    """What formulas can read of rep lines: what every loan states, and what any of the lines does."""
    read, lines = source.settings.eligibility_names(), source.settings.line
    own = traits_of_lines(lines, read & stated_in(lines))
    return own if source.lines is None else fields(source.lines, read) | own


def tape_fields(tape: Tape, loans: TapeLoans, asked: Collection[str]) -> dict[str, Column]:
    """What formulas and tables can read of a tape's loans: the tape's columns, and of what every loan states what is asked."""
    own = [name for name in asked if (name in tape.supplied if name != "segment" else name not in loans.columns)]
    return {**loans.columns, **fields(loans.pool, own)}


def kind_in(tape: Tape, name: str) -> Kind:
    """What is in one column of a tape."""
    if name in tape.sorts:
        sort = tape.sorts[name]
        return "number" if sort == "number" else "date" if sort == "date" else "text"
    return "text" if name in ("amortization", "segment") else "date" if name == "cutoff" else "number"


def cut_columns(tape: Tape, loans: TapeLoans) -> dict[str, Column]:
    """The columns to cut a tape's loans by, beyond those that every loan has."""
    segments = {name: loans.columns[name] for name in tape.rules.segment_by}
    if len(segments) == 1:
        segments = dict.fromkeys(segments, Labels(loans.pool.segment, loans.pool.segment_names))
    readable = {**tape_fields(tape, loans, tape.plan.cut_by), **segments}
    return {name: readable[name] for name in tape.plan.cut_by}


def cut_kinds(tape: Tape | None) -> dict[str, Kind]:
    """What is in them."""
    return {name: kind_in(tape, name) for name in tape.plan.cut_by} if tape else {}


def nothing_stated(kind: Kind, rows: int) -> Column:
    """A column of blanks: rep lines do not state what only tapes do."""
    if kind == "text":
        return Labels(np.full(rows, -1, dtype=np.int64), ())
    return Numbers(np.full(rows, np.nan), "date" if kind == "date" else "number")
