"""Coupons of every sort, by hand and against QuantLib: what a class accrues, what a cap takes, where unpaid interest goes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.deal.model import Deal
from abs_waterfall.timeline import year_fraction
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.small_deals import POOL, Table, paying, row, run, small

INDEX = {"LPR": {"rates": [[dt.date(2019, 12, 20), 0.04], [dt.date(2020, 3, 1), 0.05], [dt.date(2020, 4, 20), 0.07]]}}
PRINCIPAL: list[Table] = [{"principal": ["A", "B"], "from": "principal"}, {"residual": "SUB", "from": "available"}]
STEADY: list[Table] = [{"interest": "A"}, {"interest": "B"}, *PRINCIPAL]
QUIET = paying([0.0] * 4 + [1000.0], interest=[50.0] * 5)
"""Nothing is repaid for four months: A keeps its 600."""


def a_pays(coupon: Any, waterfall: list[Table] = STEADY, **terms: Any) -> Table:
    """The small deal with another coupon on A."""
    raw = small(waterfall, index=INDEX)
    raw["tranche"][0] |= {"coupon": coupon} | terms
    return raw


def floats(**terms: Any) -> Table:
    """The small deal with A floating on LPR."""
    return a_pays({"index": "LPR"} | terms)


def coupons(raw: Table) -> list[float]:
    """A's coupon on each date."""
    return row(run(raw, QUIET).tranches["A"].coupon)


def scenarios_of(raw: Table, shifts: dict[str, float]) -> DealCashflows:
    """The deal with scenarios that shift the indices."""
    raw = raw | {"scenario": {name: {"index_shift": shift} for name, shift in shifts.items()}}
    count = 1 + len(shifts)
    many = {
        name: np.repeat(getattr(QUIET, name), count, axis=0)
        for name in QUIET.__dataclass_fields__
        if name not in ("dates", "segment_names", "segment_initial")
    }
    collateral = type(QUIET)(dates=QUIET.dates, segment_names=QUIET.segment_names, segment_initial=QUIET.segment_initial, **many)
    return run_waterfall(Deal.model_validate(raw), POOL, collateral)[0]


# ------------------------------------------------------------------------------------------------------------ floating


def test_the_index_is_read_when_a_period_begins() -> None:
    # periods begin 15 January, February, March, April, May: 4 %, 4 %, then 5 % from 1 March, 5 %, then 7 % from 20 April
    assert coupons(floats(margin=0.01)) == [0.05, 0.05, 0.06, 0.06, 0.08]


def test_interest_is_the_rate_over_the_period_on_the_class_s_day_count() -> None:
    raw = floats(margin=0.01)
    raw["tranche"][0]["day_count"] = "ACT/360"
    # 31, 29, 31, 30 days of 5, 5, 6, 6 % on 600
    assert row(run(raw, QUIET).tranches["A"].interest)[:4] == [round(600 * rate * days / 360, 6) for rate, days in
        ((0.05, 31), (0.05, 29), (0.06, 31), (0.06, 30))]  # fmt: skip


def test_the_cap_comes_before_the_floor() -> None:
    assert coupons(floats(margin=0.01, cap=0.055, floor=0.052)) == [0.052, 0.052, 0.055, 0.055, 0.055]


def test_an_inverse_floater_falls_as_the_index_rises_and_not_below_0() -> None:
    # 16 % - 3 x the index: 4, 4, 1, 1 and -5, that is 0
    assert coupons(floats(margin=0.16, multiplier=-3.0)) == [0.04, 0.04, 0.01, 0.01, 0.0]


def test_a_reset_every_two_months_keeps_the_rate_in_between() -> None:
    # resets on 15 January, March and May
    assert coupons(floats(reset=2)) == [0.04, 0.04, 0.05, 0.05, 0.07]


def test_a_reset_on_dates_counts_from_the_period_that_begins_then_or_next() -> None:
    # read on 10 April, in force from 15 April; before the first reset the index as interest started
    assert coupons(floats(reset=[dt.date(2020, 4, 10)])) == [0.04, 0.04, 0.04, 0.05, 0.05]


def test_margins_step_by_date() -> None:
    margin = {"steps": [[dt.date(2020, 1, 15), 0.01], [dt.date(2020, 3, 15), 0.02]]}
    assert coupons(floats(margin=margin)) == [0.05, 0.05, 0.07, 0.07, 0.09]


@pytest.mark.parametrize("day_count", ["ACT/360", "ACT/365F"])
def test_compounding_in_arrears_is_quantlib_s(day_count: str) -> None:
    rng = np.random.default_rng(4)
    days = [dt.date(2020, 1, 2) + dt.timedelta(n) for n in range(200)]
    business = [day for day in days if day.weekday() < 5]
    rates = [[day, round(float(rate), 5)] for day, rate in zip(business, rng.uniform(0.01, 0.09, len(business)), strict=True)]
    raw = small(index={"DR": {"rates": rates}}, dates={"closing": dt.date(2020, 1, 15), "business_day": "following"})
    raw["dates"]["accrue_on"] = "adjusted"
    raw["tranche"][0] |= {"coupon": {"index": "DR", "margin": 0.01, "reset": "arrears"}, "day_count": day_count}
    flows = run(raw, QUIET)
    basis = ql.Actual360() if day_count == "ACT/360" else ql.Actual365Fixed()
    expected = quantlib_coupons(rates, [dt.date(2020, 1, 15), *flows.dates], basis)
    np.testing.assert_allclose(flows.tranches["A"].coupon[0], expected, rtol=1e-12)


def quantlib_coupons(rates: list[list[Any]], turns: list[dt.date], basis: ql.DayCounter) -> list[float]:
    """The rates of overnight-indexed coupons between some days, with a margin of 1 %."""
    ql.Settings.instance().evaluationDate = ql.Date(1, 1, 2021)
    index = ql.OvernightIndex("DR", 0, ql.CNYCurrency(), ql.WeekendsOnly(), basis)
    index.clearFixings()
    for day, rate in rates:
        index.addFixing(ql.Date(day.day, day.month, day.year), rate)
    dates = [ql.Date(day.day, day.month, day.year) for day in turns]
    made = [ql.OvernightIndexedCoupon(end, 1.0, start, end, index, 1.0, 0.01, ql.Date(), ql.Date(), basis)
            for start, end in pairwise(dates)]  # fmt: skip
    return [coupon.rate() for coupon in made]


def test_a_rate_that_does_not_move_compounds_to_a_little_more_than_itself() -> None:
    raw = a_pays({"index": "FIX", "reset": "arrears"}) | {"index": {"FIX": {"rates": [[dt.date(2020, 1, 1), 0.0365]]}}}
    raw["tranche"][0]["day_count"] = "ACT/365F"
    # from Wednesday 15 January to Saturday 15 February, at 0.0001 a day: 19 weekdays that count for themselves, 4 Fridays for 3
    growth = 1.0001**19 * 1.0003**4
    assert run(raw, QUIET).tranches["A"].coupon[0, 0] == pytest.approx((growth - 1) / 31 * 365, rel=1e-13)


# -------------------------------------------------------------------------------------------------------- steps, formulas


def test_a_coupon_steps_on_its_dates() -> None:
    steps = [[dt.date(2020, 1, 15), 0.03], [dt.date(2020, 4, 15), 0.06]]
    assert coupons(a_pays({"steps": steps})) == [0.03, 0.03, 0.03, 0.06, 0.06]


def test_a_step_within_a_period_counts_by_its_days() -> None:
    # 15 March to 15 April on 30/360: 15 days at 3 %, 15 at 6 %
    steps = [[dt.date(2020, 1, 15), 0.03], [dt.date(2020, 3, 30), 0.06]]
    assert coupons(a_pays({"steps": steps})) == [0.03, 0.03, 0.045, 0.06, 0.06]


def test_a_step_on_a_payment_date_moves_with_it() -> None:
    # 15 February and 15 March 2020 are a Saturday and a Sunday; accrual turns on the Mondays
    raw = a_pays({"steps": [[dt.date(2020, 1, 15), 0.03], [dt.date(2020, 2, 15), 0.06]]}, accrue_on="adjusted")
    raw["dates"] |= {"business_day": "following"}
    assert coupons(raw)[:2] == [0.03, 0.06]


def test_a_formula_coupon_reads_the_date_s_figures_after_fees() -> None:
    raw = a_pays({"formula": "min(0.30, pool.net_rate)"})
    raw["fee"] = [{"name": "trustee", "amount": 10.0}]
    # 50 of interest less 10 of fees, twelve times a year, on 1,000
    assert coupons(raw)[0] == 0.30
    raw["fee"] = [{"name": "trustee", "amount": 35.0}]
    assert coupons(raw)[:4] == [0.18, 0.0, 0.0, 0.0]  # no step pays the fee: arrears of 35, 70, 105 weigh on the next rates


def test_an_index_may_stand_in_a_formula() -> None:
    assert coupons(a_pays({"formula": "if(period > 2, 2 * index.LPR, index.LPR)"})) == [0.04, 0.04, 0.10, 0.10, 0.14]


def test_a_coupon_may_follow_another_class_s() -> None:
    raw = floats(margin=0.01)
    raw["tranche"][1]["coupon"] = {"formula": "tranche.A.coupon + 0.02"}
    assert row(run(raw, QUIET).tranches["B"].coupon) == [0.07, 0.07, 0.08, 0.08, 0.10]


# -------------------------------------------------------------------------------------------------------------- carry-over

CARRIED: list[Table] = [{"interest": "A"}, {"interest": "B"}, {"interest": "A.carry_over", "when": "period == 3"},
                        *PRINCIPAL]  # fmt: skip


def test_what_the_cap_takes_stays_due_on_its_own_line() -> None:
    raw = a_pays({"index": "LPR", "margin": 0.02, "cap": 0.05, "carry_over": True}, CARRIED)
    a = run(raw, QUIET).tranches["A"]
    # LPR + 2 % is 6, 6, 7, 7, 9 %: the cap takes 1, 1, 2, 2, 4 % of 600, over 12
    assert row(a.lines["A"].paid) == [2.5] * 5
    assert row(a.lines["A.carry_over"].accrued) == [0.5, 0.5, 1.0, 1.0, 2.0]
    assert row(a.lines["A.carry_over"].due) == [0.5, 1.0, 2.0, 1.0, 3.0]
    assert row(a.lines["A.carry_over"].paid) == [0.0, 0.0, 2.0, 0.0, 0.0]
    assert row(a.interest) == [2.5, 2.5, 4.5, 2.5, 2.5]
    assert row(a.interest_shortfall) == [0.5, 1.0, 0.0, 1.0, 3.0]


def test_interest_on_what_was_carried_over_is_at_the_coupon_before_its_cap() -> None:
    raw = a_pays({"index": "LPR", "margin": 0.02, "cap": 0.05, "carry_over": True}, CARRIED, interest_on_shortfall="coupon")
    carried = run(raw, QUIET).tranches["A"].lines["A.carry_over"]
    # 0.5 at 6 % a year over a month; then 1.0025 at 7 %
    assert row(carried.on_shortfall)[:3] == [0.0, round(0.5 * 0.06 / 12, 6), round(1.0025 * 0.07 / 12, 6)]


def test_of_a_formula_the_first_part_of_the_min_is_the_coupon() -> None:
    raw = a_pays({"formula": "min(index.LPR + 0.02, 0.05)", "carry_over": True}, CARRIED)
    a = run(raw, QUIET).tranches["A"]
    assert row(a.coupon) == [0.05] * 5
    assert row(a.lines["A.carry_over"].coupon) == [0.01, 0.01, 0.02, 0.02, 0.04]


def test_what_a_cap_took_is_no_unpaid_interest_to_formulas() -> None:
    raw = a_pays({"index": "LPR", "margin": 0.02, "cap": 0.05, "carry_over": True}, CARRIED)
    raw["trigger"] = [
        {"name": "unpaid", "when": "tranche.A.interest_shortfall > 0", "test": "after"},
        {"name": "carried", "when": "tranche.A.carry_over.interest_shortfall > 0", "test": "after", "cure_periods": 1},
    ]
    flows = run(raw, QUIET)
    assert not flows.triggers["unpaid"].active.any()
    assert flows.triggers["carried"].active[0].tolist() == [True, True, False, True, True]


# ------------------------------------------------------------------------------- notionals, components, deferrable classes


def test_an_interest_only_class_accrues_on_its_notional() -> None:
    raw = small([{"interest": "A"}, {"interest": "IO"}, *PRINCIPAL])
    io = {"name": "IO", "balance": 0.0, "coupon": 0.06, "day_count": "30/360", "interest_on": "0.35 * tranche.A.balance"}
    raw["tranche"].append(io)
    flows = run(raw, paying([200.0, 200.0, 600.0], interest=[20.0] * 3))
    # A stands at 600, 400, 200: 35 % of it at 0.5 % a month
    assert row(flows.tranches["IO"].interest_base) == [210.0, 140.0, 70.0]
    assert row(flows.tranches["IO"].interest) == [1.05, 0.70, 0.35]


def test_components_of_a_class_rank_apart() -> None:
    raw = small([{"interest": "A.senior"}, {"interest": "B"}, {"interest": "A.junior"}, {"residual": "SUB"}])
    raw["tranche"][0] = {"name": "A", "balance": 600.0, "day_count": "30/360", "component": [
        {"name": "senior", "coupon": 0.02}, {"name": "junior", "coupon": 0.04}]}  # fmt: skip
    a = run(raw, paying([0.0, 1000.0], interest=[4.5, 10.0])).tranches["A"]
    # 4.50: senior 600 x 2 % / 12 = 1, B 300 x 12 % / 12 = 3, and 0.50 of junior's 600 x 4 % / 12 = 2
    assert row(a.lines["A.senior"].paid)[0] == 1.0
    assert row(a.lines["A.junior"].paid) == [0.5, 3.5]
    assert row(a.lines["A.junior"].unpaid)[0] == 1.5
    assert row(a.coupon) == [0.06, 0.06]


def test_a_component_may_be_paid_beside_a_group() -> None:
    raw = small([{"interest": ["A.senior", "G"]}, {"residual": "SUB"}], group=[{"name": "G", "tranches": ["B"]}])
    raw["tranche"][0] |= {"component": [{"name": "senior", "coupon": 0.02}]}
    flows = run(raw, paying([0.0, 1000.0], interest=[4.0, 10.0]))
    assert row(flows.tranches["A"].lines["A.senior"].paid)[0] == 1.0
    assert row(flows.tranches["B"].interest)[0] == 3.0


def test_unpaid_interest_of_a_deferrable_class_joins_its_balance() -> None:
    raw = small(STEADY)
    raw["tranche"][1]["deferrable"] = True
    flows = run(raw, paying([0.0, 0.0, 1000.0], interest=[7.0, 20.0, 20.0]))
    b = flows.tranches["B"]
    # A takes 6 of 7; B is due 3, is paid 1, and 2 joins its 300; then 302 accrues 3.02
    assert row(b.accreted) == [2.0, 0.0, 0.0]
    assert row(b.closing_balance)[0] == 302.0
    assert row(b.interest_due) == [3.0, 3.02, 3.02]
    assert row(b.interest_shortfall) == [0.0, 0.0, 0.0]
    (line,) = [line for line in flows.ledger if line.verb == "defer"]
    assert (line.payee, row(line.due)[0], row(line.paid)[0]) == ("B", 2.0, 2.0)


def test_a_rounding_of_interest_does_not_join_the_balance() -> None:
    raw = small([{"principal": ["A", "B"], "from": "principal"}])
    raw["tranche"][1] |= {"deferrable": True, "coupon": 1e-12}
    b = run(raw, paying([900.0, 0.0, 100.0])).tranches["B"]
    # 300 at 1e-12 is 2.5e-11 a month, less than 1e-11 of the pool's 1,000: the class is paid once its 300 are
    assert row(b.principal)[0] == 300.0
    assert b.closing_balance[0, 0] == 0.0


# --------------------------------------------------------------------------------------------------------------- scenarios


def test_a_scenario_shifts_every_index() -> None:
    flows = scenarios_of(floats(margin=0.01, cap=0.065), {"up": 0.01, "down": -0.10})
    expected = [[0.05, 0.05, 0.06, 0.06, 0.065], [0.06, 0.06, 0.065, 0.065, 0.065], [0.0] * 5]
    np.testing.assert_allclose(flows.tranches["A"].coupon, expected, atol=1e-15)


def test_a_scenario_shifts_what_formulas_read_of_an_index() -> None:
    flows = scenarios_of(a_pays({"formula": "index.LPR"}), {"up": 0.01})
    np.testing.assert_allclose(flows.tranches["A"].coupon[1], [0.05, 0.05, 0.06, 0.06, 0.08], atol=1e-15)


def test_a_shifted_scenario_alone_has_the_same_bits_as_among_others() -> None:
    raw = floats(margin=0.01, reset="arrears")
    many = scenarios_of(raw, {"up": 0.013, "down": -0.002, "far": 0.05})
    alone = scenarios_of(raw, {"far": 0.05})
    assert many.tranches["A"].interest[3].tobytes() == alone.tranches["A"].interest[1].tobytes()


# -------------------------------------------------------------------------------------------------------------- properties

PERCENT = st.integers(0, 100).map(lambda n: n / 1000)
CURVES = st.lists(st.tuples(st.integers(1, 150), st.integers(-20, 100)), max_size=6, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [
        [dt.date(2019, 12, 20), 0.03],
        *([dt.date(2019, 12, 20) + dt.timedelta(n), r / 1000] for n, r in sorted(pairs)),
    ]
)
RESETS = st.sampled_from(["payment", "arrears", 1, 2, 3, [dt.date(2020, 3, 1)]])


def on_curve(curve: list[list[Any]], *classes: Table) -> DealCashflows:
    """Classes of these terms on a pool that pays enough interest."""
    names = [terms["name"] for terms in classes]
    carried = [{"interest": f"{terms['name']}.carry_over"} for terms in classes if terms["coupon"].get("carry_over")]
    principal = [{"principal": names, "from": "principal"}, {"residual": "SUB", "from": "available"}]
    raw = small([{"interest": names}, *carried, *principal], index={"I": {"rates": curve}})
    raw["tranche"] = [*({"day_count": "ACT/360", "balance": 300.0} | terms for terms in classes), raw["tranche"][2]]
    return run(raw, QUIET)


@settings(max_examples=25)
@given(CURVES, RESETS, PERCENT, PERCENT, PERCENT)
def test_a_coupon_stays_between_its_floor_and_its_cap(
    curve: list[list[Any]], reset: Any, margin: float, floor: float, width: float
) -> None:
    terms = {"index": "I", "margin": margin, "floor": floor, "cap": floor + width, "reset": reset}
    coupon = on_curve(curve, {"name": "A", "coupon": terms}).tranches["A"].coupon
    assert (coupon >= floor).all()
    assert (coupon <= floor + width).all()


@settings(max_examples=25)
@given(CURVES, RESETS, PERCENT, PERCENT)
def test_the_capped_coupon_and_what_the_cap_took_are_the_uncapped_coupon(
    curve: list[list[Any]], reset: Any, margin: float, cap: float
) -> None:
    terms = {"index": "I", "margin": margin, "reset": reset}
    capped = on_curve(curve, {"name": "A", "coupon": terms | {"cap": cap, "carry_over": True}}).tranches["A"]
    free = on_curve(curve, {"name": "A", "coupon": terms}).tranches["A"]
    np.testing.assert_allclose(capped.interest_accrued, free.interest_accrued, rtol=0, atol=1e-9)
    carried = capped.lines["A.carry_over"]
    np.testing.assert_allclose((carried.accrued - carried.paid).sum(axis=1), carried.unpaid[:, -1], rtol=0, atol=1e-9)


@settings(max_examples=25)
@given(CURVES, RESETS, st.integers(0, 60).map(lambda n: n / 1000))
def test_a_floater_and_its_inverse_share_out_a_fixed_coupon(curve: list[list[Any]], reset: Any, margin: float) -> None:
    # floater I + m, inverse k - I, of equal size: together (m + k) / 2 of the two, as long as neither meets its floor
    flows = on_curve(
        curve,
        {"name": "F", "coupon": {"index": "I", "margin": margin + 0.05, "reset": reset}},
        {"name": "V", "coupon": {"index": "I", "margin": 0.2, "multiplier": -1.0, "reset": reset}},
    )
    together = flows.tranches["F"].interest_accrued + flows.tranches["V"].interest_accrued
    days = [dt.date(2020, 1, 15), *flows.nominal_dates]
    years = np.array([year_fraction(start, end, "ACT/360") for start, end in pairwise(days)])
    np.testing.assert_allclose(together[0], 300 * (margin + 0.25) * years, rtol=1e-12)
