"""Eligibility criteria: formulas over the columns of the loans. Shapes: N loans.

A loan that does not state a value that a criterion reads fails it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from abs_waterfall.arrays import Bools, Floats, record
from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.formulas import FormulaError, Kind, Lookback, names, over_columns, parse, problems, walk
from abs_waterfall.pool.columns import Column, Labels, Numbers
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool
from abs_waterfall.pool.report import Criterion

FIELDS = (
    "balance", "annual_rate", "remaining_term", "age", "amortization", "interest_only_months", "amortization_term",
    "original_balance", "fee_rate", "segment",
)  # fmt: skip
"""What every loan states; a formula may read these and any column of the tape."""


@record
class Verdicts:
    """Which loans meet each criterion."""

    formulas: tuple[str, ...]
    met: tuple[Bools, ...]  # each (N,)

    def all_met(self, loans: int) -> Bools:
        """Which loans meet every criterion."""
        return np.logical_and.reduce(self.met) if self.met else np.ones(loans, dtype=bool)


def fields(pool: LoanPool, wanted: Iterable[str] = FIELDS) -> dict[str, Column]:
    """What loans state as columns that formulas can read."""
    return {name: field_of(pool, name) for name in wanted if name in FIELDS}


def field_of(pool: LoanPool, name: str) -> Column:
    """One of them."""
    if name == "amortization":
        return Labels(pool.amortization, AMORTIZATIONS)
    if name == "segment":
        return Labels(pool.segment, pool.segment_names)
    return Numbers(getattr(pool, name).astype(np.float64, copy=False))


def name_problems(
    formulas: Sequence[str], known: Mapping[str, Kind], file: str, place: str = "pool.eligibility"
) -> list[Problem]:
    """Formulas that cannot be read, or that read columns nobody has."""
    return [
        Problem(message, f"{place}[{number}]", file)
        for number, formula in enumerate(formulas)
        for message in reading_problems(formula, known)
    ]


def reading_problems(formula: str, known: Mapping[str, Kind]) -> list[str]:
    """What is wrong with a formula before the columns' kinds are known."""
    try:
        node = parse(formula)
    except FormulaError as fault:
        return [str(fault)]
    lookbacks = [part.verb for part, _ in walk(node) if isinstance(part, Lookback)]
    told = [f"{verb}() looks back over payment dates; a loan has none" for verb in lookbacks]
    unknown = sorted(names(node) - known.keys())
    return told + [f'no column "{name}"; there are {", ".join(known)}.{did_you_mean(name, known)}' for name in unknown]


def kind_problems(
    formulas: Sequence[str], kinds: Mapping[str, Kind], file: str, place: str = "pool.eligibility"
) -> list[Problem]:
    """Formulas that compare what cannot be compared, or are no condition."""
    return [
        Problem(message, f"{place}[{number}]", file)
        for number, formula in enumerate(formulas)
        for message in problems(formula, kinds, "condition")
    ]


def tested(formulas: Sequence[str], columns: Mapping[str, Column], loans: int) -> Verdicts:
    """Test every criterion on every loan; a criterion that reads what these loans have no column for is met."""
    return Verdicts(tuple(formulas), tuple(met(formula, columns, loans) for formula in formulas))


def met(formula: str, columns: Mapping[str, Column], loans: int) -> Bools:
    """Which loans meet one criterion."""
    read = names(parse(formula))
    if not read <= columns.keys():
        return np.ones(loans, dtype=bool)
    values = over_columns(formula, {name: columns[name].values for name in read})
    stated = [columns[name].stated for name in read]
    result: Bools = np.logical_and.reduce([np.broadcast_to(np.asarray(values, dtype=bool), loans), *stated])
    return result


def names_read(formulas: Sequence[str]) -> frozenset[str]:
    """The columns that formulas read; those of a formula that cannot be read are told elsewhere."""
    found: set[str] = set()
    for formula in formulas:
        try:
            found |= names(parse(formula))
        except FormulaError:
            continue
    return frozenset(found)


def criteria_sums(tests: Verdicts, balance: Floats) -> Floats:
    """Loans and balance that each criterion took from what passed those before it, and that fail it alone: (criteria, 4)."""
    passing = np.ones(len(balance), dtype=bool)
    sums = np.zeros((len(tests.met), 4))
    for row, meets in zip(sums, tests.met, strict=True):
        excluded = passing & ~meets
        passing = passing & meets
        row[:] = excluded.sum(), balance[excluded].sum(), (~meets).sum(), balance[~meets].sum()
    return sums


def criteria(formulas: Sequence[str], sums: Floats) -> tuple[Criterion, ...]:
    """What the criteria took."""
    told = zip(formulas, sums.tolist(), strict=True)
    return tuple(
        Criterion(formula, int(loans), balance, int(failing), failing_balance)
        for formula, (loans, balance, failing, failing_balance) in told
    )
