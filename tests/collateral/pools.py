"""Loan pools for tests: from loans as dicts, and drawn by hypothesis or at random."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType

import numpy as np
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.project import project_pool
from abs_waterfall.pool.clauses import PLAIN, Adjustment, Clauses, PrepaymentPenalty
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool

CUTOFF = dt.date(2020, 1, 31)


def pool_of(loans, segment_names=None) -> LoanPool:
    """The same loans as columns."""

    def column(key, default, kind):
        return np.array([loan.get(key, default) for loan in loans], dtype=kind)

    names = segment_names or tuple(sorted({loan.get("segment", "all") for loan in loans}))
    custom = [loan for loan in loans if "schedule" in loan]
    numbers = {id(loan): number for number, loan in enumerate(custom)}
    term = column("remaining_term", 0, np.int64)
    clauses = [clauses_of(loan) for loan in loans]
    known = tuple(dict.fromkeys(each for each in clauses if each != PLAIN))
    return LoanPool(
        balance=column("balance", 0, np.float64),
        annual_rate=column("annual_rate", 0, np.float64),
        remaining_term=term,
        age=column("age", 0, np.int64),
        amortization=np.array([AMORTIZATIONS.index(loan.get("amortization", "level_pay")) for loan in loans], np.int64),
        interest_only_months=column("interest_only_months", 0, np.int64),
        amortization_term=np.array([loan.get("amortization_term", loan["remaining_term"]) for loan in loans], np.int64),
        original_balance=column("original_balance", 0, np.float64),
        fee_rate=column("fee_rate", 0, np.float64),
        fee_on_prepayment=column("fee_on_prepayment", False, np.bool_),
        months_before_cutoff=column("months_before_cutoff", 0, np.int64),
        segment=np.array([names.index(loan.get("segment", "all")) for loan in loans], np.int64),
        segment_names=names,
        schedule=np.array([numbers.get(id(loan), -1) for loan in loans], np.int64),
        schedules=tuple(np.array(loan["schedule"]) for loan in custom),
        clause=np.array([known.index(each) if each != PLAIN else -1 for each in clauses], np.int64),
        clauses=known,
        default_multiplier=column("default_multiplier", 1, np.float64),
        prepayment_multiplier=column("prepayment_multiplier", 1, np.float64),
    )


def clauses_of(loan) -> Clauses:
    """The clauses that a loan has, as a line of a deal file writes them."""
    penalty, adjusts = loan.get("prepayment_penalty"), loan.get("adjusts")
    return Clauses(
        loan.get("payment_holiday_months", 0),
        loan.get("capitalises", True),
        PrepaymentPenalty.model_validate(penalty) if penalty else None,
        Adjustment.model_validate(adjusts) if adjusts else None,
    )


def project(
    loans, assumptions=None, scenarios=None, cutoff=CUTOFF, interest_basis="30/360", curves=MappingProxyType({})
) -> CollateralCashflows:
    """Flows of loans under assumptions as the deal file writes them."""
    pool = loans if isinstance(loans, LoanPool) else pool_of(loans)
    named = {name: Scenario.model_validate(table) for name, table in (scenarios or {}).items()}
    return project_pool(pool, Assumptions.model_validate(assumptions or {}), named, cutoff, interest_basis, curves=curves)


def random_pool(loans: int, seed: int, segments: int = 4) -> LoanPool:
    """Level-pay loans of 12 to 60 months."""
    rng = np.random.default_rng(seed)
    term = rng.integers(12, 61, loans)
    zeros = np.zeros(loans, np.int64)
    return LoanPool(
        balance=rng.uniform(500, 30_000, loans),
        annual_rate=rng.uniform(0.05, 0.25, loans),
        remaining_term=term,
        age=rng.integers(0, 24, loans),
        amortization=zeros,
        interest_only_months=zeros,
        amortization_term=term,
        original_balance=np.zeros(loans),
        fee_rate=np.zeros(loans),
        fee_on_prepayment=np.zeros(loans, np.bool_),
        months_before_cutoff=zeros,
        segment=rng.integers(0, segments, loans),
        segment_names=tuple(f"S{k}" for k in range(segments)),
        schedule=zeros - 1,
        schedules=(),
        clause=zeros - 1,
        clauses=(),
    )


def fractions(most: float = 1.0) -> st.SearchStrategy[float]:
    return st.floats(0, most).map(lambda x: round(x, 6))


@st.composite
def loans_of(draw, max_term: int = 30, *, lines: bool = True):
    """A loan of any amortization; without `lines`, of any that has a schedule."""
    term = draw(st.integers(1, max_term))
    loan = {
        "balance": draw(st.floats(1, 1e6)),
        "annual_rate": draw(st.one_of(st.just(0.0), st.floats(0.001, 1))),
        "remaining_term": term,
        "age": draw(st.integers(0, 40)),
        "amortization": draw(st.sampled_from(AMORTIZATIONS)),
        "segment": draw(st.sampled_from(("A", "B", "C"))),
        "months_before_cutoff": draw(st.sampled_from((0, 0, 0, 1, 4, -3))),
        "interest_only_months": draw(st.sampled_from((0, 0, 0, 3, 40))),
    }
    if draw(st.booleans()):
        loan["amortization_term"] = term + draw(st.integers(0, 200))
    if loan["amortization"] == "flat_fee":
        loan |= {
            "original_balance": loan["balance"] * draw(st.floats(1, 3)),
            "fee_rate": draw(fractions(0.03)),
            "fee_on_prepayment": draw(st.booleans()),
        }
    if loan["amortization"] == "revolving_line" and not lines:
        loan["amortization"] = "interest_only"
    if loan["amortization"] == "custom":
        weights = draw(st.lists(st.integers(0, 9), min_size=term, max_size=term))
        total = sum(weights) or 1
        loan["schedule"] = [w / total for w in weights] if sum(weights) else [1.0] + [0.0] * (term - 1)
    return loan


MULTIPLIERS = ("default_multiplier", "prepayment_multiplier")

CURVES = {
    "ONE": [(dt.date(2015, 1, 1), 0.03), (dt.date(2020, 5, 10), 0.045), (dt.date(2021, 8, 31), 0.02)],
    "TWO": [(dt.date(2015, 1, 1), 0.0), (dt.date(2020, 2, 29), 0.08)],
}


@st.composite
def penalties(draw):
    """A penalty on prepayments."""
    numbers = draw(st.one_of(fractions(0.2), st.lists(fractions(0.2), min_size=1, max_size=4)))
    terms = {"rate": numbers} if draw(st.booleans()) else {"amount": numbers, "each_month": draw(st.booleans())}
    if isinstance(numbers, list):
        terms["step_months"] = draw(st.sampled_from((1, 3, 12)))
    return terms | ({"until": draw(st.integers(1, 40))} if draw(st.booleans()) else {})


@st.composite
def adjustments(draw):
    """How a rate follows an index."""
    caps = {name: draw(fractions(0.03)) for name in ("first_cap", "periodic_cap") if draw(st.booleans())}
    if draw(st.booleans()):
        caps |= {"cap": draw(st.floats(0.05, 0.12)), "floor": draw(fractions(0.05))}
    return caps | {
        "index": draw(st.sampled_from(tuple(CURVES))),
        "margin": draw(st.floats(-0.02, 0.05)),
        "multiplier": draw(st.sampled_from((1.0, 1.0, 0.5))),
        "fixed_months": draw(st.integers(0, 40)),
        "reset_months": draw(st.sampled_from((1, 2, 6, 12))),
        "lookback_days": draw(st.sampled_from((0, 45, -31))),
    }


@st.composite
def loans_with_clauses(draw, max_term: int = 30):
    """A loan that may have a payment holiday, a penalty, a rate that adjusts."""
    loan = draw(loans_of(max_term))
    kind, term = loan["amortization"], loan["remaining_term"]
    if draw(st.booleans()):
        loan["prepayment_penalty"] = draw(penalties())
    if kind in ("level_pay", "equal_principal", "interest_only") and draw(st.booleans()):
        return loan | {"adjusts": draw(adjustments())}
    if kind in ("level_pay", "equal_principal") and draw(st.booleans()):
        free = min(loan["interest_only_months"], max(0, term - 2))
        months = draw(st.integers(0, max(0, term - free - 1)))
        return loan | {"interest_only_months": free, "payment_holiday_months": months, "capitalises": draw(st.booleans())}
    return loan


@st.composite
def loans_with_multipliers(draw, max_term: int = 30):
    """A loan that may leave faster or slower than others do."""
    factors = st.one_of(st.sampled_from((0.0, 1.0, 2.0)), st.floats(0, 4))
    own = {name: draw(factors) for name in MULTIPLIERS if draw(st.booleans())}
    return draw(loans_with_clauses(max_term)) | own


@st.composite
def loans_to_shorten(draw, max_term: int = 30):
    """A loan that may go with prepayments that shorten it."""
    loan = draw(loans_with_multipliers(max_term))
    if loan["amortization"] in ("level_pay", "equal_principal"):
        penalty = loan.get("prepayment_penalty", {})
        unlike = {"adjusts", "payment_holiday_months", "capitalises"} | ({"prepayment_penalty"} if "amount" in penalty else set())
        return {key: value for key, value in loan.items() if key not in unlike}
    return loan


@st.composite
def delinquencies(draw):
    """What falls behind."""
    kind = draw(st.sampled_from(("annual_rate", "monthly_rate")))
    by, values = vector(draw, fractions())
    return {kind: values, "lag": draw(st.integers(1, 6)), "default_share": draw(fractions())} | by


def vector(draw, values):
    """One number, or a list with its axis."""
    if draw(st.booleans()):
        return {}, draw(values)
    return {"by": draw(st.sampled_from(("age", "period")))}, draw(st.lists(values, min_size=1, max_size=5))


def weights(draw, most=5):
    parts = draw(st.lists(st.integers(0, 9), min_size=1, max_size=most).filter(any))
    return [part / sum(parts) for part in parts]


@st.composite
def prepayments(draw):
    kind = draw(st.sampled_from(("smm", "cpr", "psa", "abs_speed")))
    by, values = vector(draw, {"psa": st.floats(0, 2000), "abs_speed": st.floats(0, 5)}.get(kind, fractions()))
    return {kind: values} | by


@st.composite
def defaults(draw):
    kind = draw(st.sampled_from(("mdr", "cdr", "sda", "cumulative")))
    if kind == "cumulative":
        return {kind: draw(fractions()), "timing": weights(draw, 12)}
    by, values = vector(draw, {"sda": st.floats(0, 20_000)}.get(kind, fractions()))
    at_maturity = {"at_maturity": draw(fractions())} if draw(st.integers(0, 3)) == 0 else {}
    return {kind: values, "stop": draw(st.sampled_from((0, 0, 6)))} | by | at_maturity


@st.composite
def payments(draw):
    by, values = vector(draw, fractions())
    return {"mpr": values} | by


@st.composite
def draws(draw):
    """What is drawn a month; not so much that balances outgrow the digits there are."""
    kind = draw(st.sampled_from(("monthly_rate", "of_payments")))
    by, values = vector(draw, fractions(0.3 if kind == "monthly_rate" else 1.3))
    return {kind: values, "stop": draw(st.sampled_from((0, 0, 4)))} | by


@st.composite
def yields(draw):
    by, values = vector(draw, fractions())
    return {"annual_rate": values} | by


@st.composite
def recoveries(draw, *, spread: bool):
    timing = weights(draw) if spread else [1.0]
    return {"rate": draw(fractions()), "lag": draw(st.integers(0, 8)), "timing": timing}
