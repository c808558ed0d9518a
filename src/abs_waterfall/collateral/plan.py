"""What a deal that revolves may buy, and what its limits look at: worked out once, before it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from abs_waterfall.arrays import Bools, record
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection
from abs_waterfall.collateral.clauses import NO_CURVES, Curves
from abs_waterfall.collateral.for_sale import LineParts
from abs_waterfall.collateral.parts import PartFlows, Parting
from abs_waterfall.collateral.project import project_parts
from abs_waterfall.collateral.vintages import Offered, Vintages, original_terms
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.revolving import PurchaseLine, Revolving
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.build import kept
from abs_waterfall.pool.columns import Column
from abs_waterfall.pool.eligibility import (
    FIELDS,
    Verdicts,
    criteria,
    criteria_sums,
    fields,
    kind_problems,
    name_problems,
    names_read,
    tested,
)
from abs_waterfall.pool.groups import Groups, grouped, weights_of
from abs_waterfall.pool.lines import pool_of_lines, stated_in, traits_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import Criterion

MAX_PARTS = 5_000


@record
class Plan:
    """What may be bought, cut into the parts that limits tell apart."""

    vintages: Vintages
    groups: Groups
    measures: tuple[str, ...]
    of_pool: Parting  # the pool itself, by parts and measured
    held: PartFlows | None  # what it holds; None where there are no limits
    criteria: tuple[Criterion, ...] = ()  # what eligibility left out
    lines: LineParts | None = None  # None where the pool's own mix is bought

    def along(self, paths: Paths, held: PathProjection | None) -> Plan:
        """The same along some paths; `held` is the pool by parts, where there are limits."""
        return replace(self, vintages=self.vintages.along(paths), held=held.project_parts(paths) if held else None)


def plan_of(
    deal: Deal, pool: LoanPool, curves: Curves = NO_CURVES, cutoff: dt.date | None = None, elapsed: int = 0
) -> Plan | None:
    """What the deal may buy: its own lines, or the pool's mix at its original terms. None for a deal that does not revolve.

    `cutoff` is the pool's, so many months after the deal's, where it is another.
    InputError where loans do not state what limits look at, or none may be bought.
    """
    terms = deal.revolving
    if terms is None:
        return None
    cutoff, basis = cutoff or deal.dates.cutoff, deal.pool.interest_basis
    profile, offered, tests, eligible = eligible_profile(deal, terms, pool, cutoff)
    columns, measures = limit_columns(terms), limit_measures(terms)
    refuse_unstated(deal, terms, pool, profile)
    groups = grouped([pool, profile], columns, deal.pool.segment_by)
    refuse_many(groups, deal)
    of_pool, of_profile = (
        Parting(part, groups.count, weights_of(loans, measures)) for part, loans in zip(groups.part, (pool, profile), strict=True)
    )
    held = project_parts(pool, deal.assumptions, deal.scenario, cutoff, basis, of_pool, curves=curves) if terms.limit else None
    assumed = terms.assumptions or deal.assumptions
    vintages = Vintages(profile, assumed, deal.scenario, cutoff, basis, of_profile, offered, curves, elapsed)
    lines = LineParts(eligible, of_profile.part, profile.balance) if terms.line else None
    return Plan(vintages, groups, measures, of_pool, held, tests, lines)


# ----------------------------------------------------------------------------------------------------------- what is bought


def traits_asked(deal: Deal) -> dict[str, str]:
    """What limits and criteria on purchases look at of loans, beside what every loan has, and where the deal asks for it."""
    terms = deal.revolving
    if terms is None:
        return {}
    asked = {} if terms.line else {name: place for place, formula in criteria_of(deal, terms) for name in names_read([formula])}
    for i, limit in enumerate(terms.limit):
        if limit.by is not None and limit.by not in ("segment", *deal.pool.segment_by):
            asked[limit.by] = f"revolving.limit[{i}].by"
        if limit.measure == "weighted_score":
            asked["score"] = f"revolving.limit[{i}].measure"
    return {name: place for name, place in asked.items() if name not in FIELDS}


def needs_loans(deal: Deal) -> bool:
    """Whether lines that pay what loans pay are not enough: what loans state is asked of each of them."""
    terms = deal.revolving
    if terms is None:
        return False
    tests_pool = bool(criteria_of(deal, terms)) and not terms.line
    return (
        tests_pool
        or any(limit.by not in (None, "segment", *deal.pool.segment_by) for limit in terms.limit)
        or bool(traits_asked(deal))
    )


def criteria_of(deal: Deal, terms: Revolving) -> list[tuple[str, str]]:
    """What loans must meet to be bought, with its place: the plan's own criteria, or the pool's."""
    table, formulas = ("pool", deal.pool.eligibility) if terms.eligibility is None else ("revolving", terms.eligibility)
    return [(f"{table}.eligibility[{i}]", formula) for i, formula in enumerate(formulas)]


def eligible_profile(
    deal: Deal, terms: Revolving, pool: LoanPool, cutoff: dt.date
) -> tuple[LoanPool, Offered | None, tuple[Criterion, ...], Bools]:
    """The loans whose mix is bought, what is offered of them by month, what eligibility left out, and which it did not."""
    lines, criteria_read = terms.line, [formula for _, formula in criteria_of(deal, terms)]
    read, limits = names_read(criteria_read), traits_asked(deal)
    if lines:
        profile = pool_of_lines(lines, cutoff, deal.pool.interest_basis)
        profile = replace(profile, traits=traits_of_lines(lines, {*limits, *(read & stated_in(lines))}))
    else:
        profile = original_terms(pool)
    tests = purchase_tests(deal, terms, profile, criteria_read)
    passes = tests.all_met(len(profile.balance))
    made = [line for n, line in enumerate(lines) if passes[n]]
    offered = offered_of(made) if any(line.by_month or terms.supply == "lines" for line in made) else None
    told = criteria(criteria_read, criteria_sums(tests, profile.balance))
    if not passes.any():
        message = f"none of the {len(passes):,} loans or lines that may be bought meets {'; '.join(criteria_read)}"
        raise InputError.one(message, "revolving", deal.file)
    return kept(profile, passes), offered, told, passes


def purchase_tests(deal: Deal, terms: Revolving, profile: LoanPool, formulas: Sequence[str]) -> Verdicts:
    """Every criterion on what may be bought, as it is when it is bought."""
    place = "pool.eligibility" if terms.eligibility is None else "revolving.eligibility"
    columns = fields(profile, names_read(formulas)) | dict(profile.traits)
    if terms.eligibility is not None:
        known: dict[str, Kind] = {name: column.kind for name, column in (fields(profile) | columns).items()}
        if problems := name_problems(formulas, known, deal.file, place) or kind_problems(formulas, known, deal.file, place):
            raise InputError(problems)
    return tested(formulas, columns, len(profile.balance))


# ------------------------------------------------------------------------------------------------------ what limits look at


def refuse_unstated(deal: Deal, terms: Revolving, pool: LoanPool, profile: LoanPool) -> None:
    """InputError where loans, of the pool or to be bought, do not state what a limit looks at."""
    both = [(pool, "the pool's loans")] + ([(profile, "the lines that may be bought")] if terms.line else [])
    asked = {name: place for name, place in traits_asked(deal).items() if place.startswith("revolving.limit")}
    if problems := [
        Problem(f"{missing:,} of {len(loans.balance):,} of {whose} state no {name}, which this limit looks at", place, deal.file)
        for name, place in asked.items()
        for loans, whose in both
        if (missing := int((~stated(loans.traits[name], name)).sum()))
    ]:
        raise InputError(problems)


def stated(column: Column, name: str) -> Bools:
    """Where a column says what a limit can use; a score is a number."""
    return np.zeros(len(column), dtype=np.bool_) if name == "score" and column.kind != "number" else column.stated


def refuse_many(groups: Groups, deal: Deal) -> None:
    """InputError where a column tells too many loans apart: one of ids or amounts."""
    if groups.count > MAX_PARTS:
        columns = ", ".join(groups.values)
        message = f"{columns}: gives {groups.count:,} groups of loans; expected at most {MAX_PARTS:,}"
        raise InputError.one(message, "revolving.limit", deal.file)


def limit_columns(terms: Revolving) -> tuple[str, ...]:
    """What limits are by, each once."""
    return tuple(dict.fromkeys(limit.by for limit in terms.limit if limit.by is not None))


def limit_measures(terms: Revolving) -> tuple[str, ...]:
    """What limits measure, each once."""
    return tuple(dict.fromkeys(limit.measure for limit in terms.limit if limit.measure is not None))


def offered_of(lines: Sequence[PurchaseLine]) -> Offered:
    """What is made of each line by month; a balance is that of every month."""
    months = max(len(line.by_month or ()) for line in lines)
    table = [filled(line.by_month, months) if line.by_month else [line.balance] * months for line in lines]
    return Offered(np.array(table), np.array([0.0 if line.by_month else line.balance for line in lines]))


def filled(amounts: Sequence[float], months: int) -> list[float]:
    """Amounts by month, 0 after the last."""
    return [*amounts, *[0.0] * (months - len(amounts))]
