"""What a plan buys, and what its pool then pays, equals a pool to which the loans are really added, loan by loan."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.collateral.parts import undivided
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.collateral.project import project_pool
from abs_waterfall.collateral.vintages import Vintages, original_terms
from abs_waterfall.deal.model import Deal
from abs_waterfall.pool.groups import grouped
from abs_waterfall.waterfall.run import run_waterfall
from collateral.pools import defaults, draws, loans_of, payments, pool_of, prepayments, recoveries, yields
from reference import revolving as reference
from reference.loans import month_date

CUTOFF = dt.date(2020, 1, 31)
LINES = {"payment": payments(), "draw": draws(), "yield": yields()}
CLOSING = dt.date(2020, 2, 10)


def deal(months, frequency, revolving, basis):
    """All principal buys while the plan revolves, then pays the one class."""
    first = month_date(CUTOFF, months).replace(day=1) + dt.timedelta(days=32)
    return Deal.model_validate(
        {
            "deal": {"name": "plan", "currency": "CNY", "starts_in": "revolving", "allow_undercollateralised": True},
            "dates": {
                "cutoff": CUTOFF,
                "closing": CLOSING,
                "first_payment": first.replace(day=15),
                "frequency": frequency,
                "legal_final": dt.date(2040, 1, 15),
            },
            "pool": {"line": [{"balance": 1.0, "annual_rate": 0.1, "remaining_term": 1}], "interest_basis": basis},
            "tranche": [
                {"name": "A", "balance": 1e12, "coupon": 0.0, "day_count": "30/360"},
                {"name": "SUB", "balance": 0.0, "residual": True},
            ],
            "revolving": {"then": "after", **revolving},
            "waterfall": {
                "revolving": [
                    {
                        "purchase": "pool",
                        "from": "principal",
                        "when": "period > 0" if "purchases" not in revolving else "period < 0",
                    },
                    {"residual": "SUB", "from": "interest"},
                ],
                "after": [{"principal": "A"}, {"residual": "SUB"}],
            },
        }
    )


@st.composite
def cases(draw):
    loans = draw(st.lists(loans_of(max_term=10), min_size=1, max_size=4))
    for loan in loans:  # loans that wait have no place in a profile, and the reference's first month holds what came before
        loan |= {"months_before_cutoff": 0, "age": loan["age"] % 6}
    names = sorted({loan["segment"] for loan in loans})
    segments = {
        name: {"prepayment": draw(prepayments()), "default": draw(defaults()), "recovery": draw(recoveries(spread=True))}
        | draw(st.fixed_dictionaries({}, optional=LINES))
        for name in names
    }
    extra = draw(st.sampled_from([{}, {"purchases": "monthly"}, {"purchases": "monthly", "retain": 1000.0}]))
    supply = draw(st.one_of(st.none(), st.lists(st.integers(0, 10**6).map(float), min_size=30, max_size=30)))
    return {
        "loans": loans,
        "segments": segments,
        "revolving": {
            "until": draw(st.sampled_from([dt.date(2020, 9, 15), dt.date(2020, 7, 20), dt.date(2021, 3, 1)])),
            "price": draw(st.sampled_from([1.0, 0.97, 1.02])),
            **extra,
            **({} if supply is None else {"supply": supply}),
        },
        "frequency": draw(st.sampled_from(["monthly", "monthly", "quarterly"])),
        "basis": draw(st.sampled_from(["30/360", "ACT/365F", "ACT/360"])),
        "speed_basis": draw(st.sampled_from(["months", "days"])),
        "lines": draw(st.booleans()),
    }


@settings(max_examples=40, deadline=None)
@given(cases())
def test_a_plan_is_the_loans_it_has_and_the_loans_it_buys(case):
    months = 1 if case["frequency"] == "monthly" else 3
    terms = deal(months, case["frequency"], case["revolving"], case["basis"])
    assumptions = Assumptions.model_validate({"segment": case["segments"], "speed_basis": case["speed_basis"]})
    pool, lines = pool_of(case["loans"]), case["loans"][::-1]
    profile = pool_of(lines, pool.segment_names) if case["lines"] else original_terms(pool)
    collateral = project_pool(pool, assumptions, {}, CUTOFF, case["basis"])
    vintages = Vintages(profile, assumptions, {}, CUTOFF, case["basis"])
    plan = Plan(vintages, grouped([pool, profile], (), ()), (), undivided(pool), None)
    flows = run_waterfall(terms, pool.total_balance, collateral, plan=plan)[0]
    ours = flows.purchases.collateral

    theirs = reference.Plan(
        case["loans"],
        [dict(line, months_before_cutoff=0) for line in lines]
        if case["lines"]
        else [reference.at_original_terms(loan) for loan in case["loans"]],
        case["segments"],
        CUTOFF,
        case["basis"],
        case["speed_basis"],
    )
    if case["lines"]:
        theirs.profile = [dict(line, original_balance=line["balance"]) for line in theirs.profile]
    periods = [(months * p + 1, months * (p + 1)) for p in range(len(flows.nominal_dates))]
    terms = case["revolving"]
    reference.run(
        theirs, flows.nominal_dates, periods, terms["until"],
        monthly="purchases" in terms, closing=CLOSING, retain=terms.get("retain", 0.0), price=terms["price"],
        supply=terms.get("supply"),
    )  # fmt: skip

    assert all(check.ok for check in flows.checks), [check for check in flows.checks if not check.ok]
    size = 1e-9 * pool.total_balance
    bought = np.zeros(len(ours.dates))
    for month, balance in theirs.bought.items():
        bought[month - 1] = balance
    np.testing.assert_allclose(ours.purchased[0], bought, rtol=1e-9, atol=10 * size)
    for name, amounts in theirs.flows().items():
        mine = getattr(ours, name)[0, : len(amounts)]
        np.testing.assert_allclose(mine, amounts[: len(mine)], rtol=1e-9, atol=10 * size, err_msg=name)
        assert abs(getattr(ours, name)[0, len(amounts) :]).max(initial=0.0) <= 10 * size
