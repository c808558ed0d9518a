"""Rep lines as loans: one line, one loan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.errors import Problem
from abs_waterfall.pool.build import days_of_year
from abs_waterfall.pool.clauses import PLAIN, Clauses
from abs_waterfall.pool.columns import Column, Numbers, joined, joined_labels, repeated
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool
from abs_waterfall.pool.model import RepLine
from abs_waterfall.timeline import whole_months


def line_problems(lines: Sequence[RepLine], cutoff: dt.date, file: str) -> list[Problem]:
    """Lines whose own cut-off is not whole months before or after the deal's."""
    problems = []
    for number, line in enumerate(lines):
        if line.cutoff is not None and whole_months(line.cutoff, cutoff) is None:
            message = f"{line.cutoff}; expected whole months from the deal's cut-off {cutoff}"
            problems.append(Problem(message, f"pool.line[{number}].cutoff", file))
    return problems


def pool_of_lines(lines: Sequence[RepLine], cutoff: dt.date, interest_basis: str) -> LoanPool:
    """The lines, whose cut-offs were checked, as loans."""
    segments = joined_labels([repeated(line.segment, 1) for line in lines])
    clauses = [clauses_of(line) for line in lines]
    known = tuple(dict.fromkeys(each for each in clauses if each != PLAIN))
    return LoanPool(
        balance=floats(line.balance for line in lines),
        annual_rate=floats(annual_rate(line, interest_basis) for line in lines),
        remaining_term=ints(line.remaining_term for line in lines),
        age=ints(line.age for line in lines),
        amortization=ints(AMORTIZATIONS.index(line.amortization) for line in lines),
        interest_only_months=ints(line.interest_only_months for line in lines),
        amortization_term=ints(line.amortization_term or line.remaining_term for line in lines),
        original_balance=floats(line.original_balance or line.balance for line in lines),
        fee_rate=floats(line.fee_rate or 0.0 for line in lines),
        fee_on_prepayment=np.array([line.fee_on_prepayment for line in lines], dtype=bool),
        months_before_cutoff=ints(whole_months(line.cutoff or cutoff, cutoff) or 0 for line in lines),
        segment=segments.codes,
        segment_names=segments.names,
        schedule=schedule_numbers(lines),
        schedules=tuple(np.array(line.schedule, dtype=np.float64) for line in lines if line.schedule is not None),
        clause=ints(-1 if each == PLAIN else known.index(each) for each in clauses),
        clauses=known,
        default_multiplier=floats(line.default_multiplier for line in lines),
        prepayment_multiplier=floats(line.prepayment_multiplier for line in lines),
    )


def clauses_of(line: RepLine) -> Clauses:
    """What the line says beside balance, rate and term."""
    return Clauses(line.payment_holiday_months, line.capitalises, line.prepayment_penalty, line.adjusts)


def traits_of_lines(lines: Sequence[RepLine], names: Iterable[str]) -> dict[str, Column]:
    """What lines say in columns of a tape, blank where they say nothing."""
    return {name: trait(lines, name) for name in names}


def stated_in(lines: Sequence[RepLine]) -> frozenset[str]:
    """The columns of a tape that any line speaks of."""
    scored = ["score" for line in lines if line.score is not None]
    return frozenset([*scored, *(name for line in lines for name in line.attributes)])


def trait(lines: Sequence[RepLine], name: str) -> Column:
    """One column: numbers, or labels where any line says a text."""
    said = [line.score if name == "score" else line.attributes.get(name) for line in lines]
    if any(isinstance(value, str) for value in said):
        return joined([repeated(str(value), 1) if isinstance(value, str) else stated(value) for value in said])
    return Numbers(floats(np.nan if value is None else float(value) for value in said))


def stated(value: float | None) -> Column:
    """A number as a column of its own."""
    return Numbers(np.array([np.nan if value is None else value]))


def annual_rate(line: RepLine, interest_basis: str) -> float:
    """The line's rate a year; 0 where a flat fee stands for it."""
    if line.daily_rate is not None:
        return line.daily_rate * days_of_year(interest_basis)
    return line.annual_rate or 0.0


def schedule_numbers(lines: Sequence[RepLine]) -> Ints:
    """Which of the schedules each line has, -1 where none."""
    custom = ints(line.schedule is not None for line in lines)
    return np.where(custom > 0, np.cumsum(custom) - 1, -1)


def floats(values: Iterable[float]) -> Floats:
    """An array of them."""
    return np.array(list(values), dtype=np.float64)


def ints(values: Iterable[int]) -> Ints:
    """An array of them."""
    return np.array(list(values), dtype=np.int64)
