"""Small published checks of yields, lives and durations.

- QuantLib 1.44: a level-pay loan as an amortizing bond, figures kept in daycount.json and computed anew by QuantLib itself.
- numpy-financial's documented examples.
- AbsBox's Hastructure (github.com/absbox/Hastructure, commit c1fec9d, test/UT/AnalyticsTest.hs and BondTest.hs). Its convexities
  count only the first flow, so they are left out. Its curves are read off at the dates of the flows: between two points they run
  straight, or hold.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import numpy_financial as npf
import pytest
import QuantLib as ql

from abs_waterfall.measures.durations import convexity, macaulay_duration, modified_duration
from abs_waterfall.measures.wal import times, wal
from abs_waterfall.measures.yields import EFFECTIVE, accrued_interest, price_from_yield, yield_from_price
from abs_waterfall.timeline import payment_dates
from collateral.pools import project

PUBLISHED = json.loads((Path(__file__).parent / "data" / "daycount.json").read_text())
LOAN = PUBLISHED["quantlib_amortising"]
SETTLE = date(2024, 1, 15)
DATES = payment_dates(date(2024, 2, 15), 1, date(2027, 1, 15))
YEARS = times(SETTLE, DATES, "30/360")
PAYMENT = 100 * 0.005 / (1 - 1.005**-36)
FLOWS = np.full(36, PAYMENT)


def quantlib_loan() -> ql.AmortizingFixedRateBond:
    ql.Settings.instance().evaluationDate = ql.Date.from_date(SETTLE)
    notionals = [100 * (1 - 1.005 ** -(36 - n)) / (1 - 1.005**-36) for n in range(36)]
    first, last = ql.Date.from_date(SETTLE), ql.Date.from_date(DATES[-1])
    unmoved = (ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted)
    schedule = ql.Schedule(first, last, ql.Period(ql.Monthly), *unmoved, ql.DateGeneration.Forward, False)
    day_count = ql.Thirty360(ql.Thirty360.BondBasis)
    return ql.AmortizingFixedRateBond(0, notionals, schedule, [0.06], day_count, ql.Unadjusted)


def quantlib_rate(compounding: int = ql.Compounded, frequency: int = ql.Semiannual) -> ql.InterestRate:
    return ql.InterestRate(LOAN["yield_semiannual"], ql.Thirty360(ql.Thirty360.BondBasis), compounding, frequency)


def test_price_durations_and_convexity_of_the_amortizing_bond_are_the_published_ones() -> None:
    bey = np.float64(LOAN["yield_semiannual"])
    assert float(price_from_yield(YEARS, FLOWS, bey, balance=100.0)) == pytest.approx(LOAN["clean"], abs=1e-9)
    assert float(macaulay_duration(YEARS, FLOWS, bey)) == pytest.approx(LOAN["macaulay"], abs=1e-12)
    assert float(modified_duration(YEARS, FLOWS, bey)) == pytest.approx(LOAN["modified_duration"], abs=1e-12)
    assert float(convexity(YEARS, FLOWS, bey)) == pytest.approx(LOAN["convexity"], abs=1e-12)


def test_yield_of_the_amortizing_bond_is_the_published_one() -> None:
    found = yield_from_price(YEARS, FLOWS, 98.5, balance=100.0)
    assert float(found) == pytest.approx(LOAN["yield_at_98_5"], abs=1e-10)


@pytest.mark.parametrize("frequency", [ql.Annual, ql.Semiannual, ql.Quarterly, ql.Monthly])
def test_the_installed_quantlib_says_the_same_at_every_compounding(frequency: int) -> None:
    bond, rate = quantlib_loan(), quantlib_rate(frequency=frequency)
    at = np.float64(LOAN["yield_semiannual"])
    clean = float(price_from_yield(YEARS, FLOWS, at, balance=100.0, per_year=frequency))
    assert clean == pytest.approx(ql.BondFunctions.cleanPrice(bond, rate), abs=1e-9)
    for ours, theirs in [
        (macaulay_duration, ql.BondFunctions.duration(bond, rate, ql.Duration.Macaulay)),
        (modified_duration, ql.BondFunctions.duration(bond, rate, ql.Duration.Modified)),
        (convexity, ql.BondFunctions.convexity(bond, rate)),
    ]:
        assert float(ours(YEARS, FLOWS, at, per_year=frequency)) == pytest.approx(theirs, abs=1e-11)


@pytest.mark.parametrize("clean", [80.0, 98.5, 100.0, 105.0, 112.0])
def test_the_installed_quantlib_finds_the_same_yield_with_accrued_interest(clean: float) -> None:
    """Settled on 25 January 2024, ten days into the first period."""
    settle, bond, rate = date(2024, 1, 25), quantlib_loan(), quantlib_rate()
    theirs = ql.BondFunctions.bondYield(
        bond,
        ql.BondPrice(clean, ql.BondPrice.Clean),
        rate.dayCounter(),
        ql.Compounded,
        ql.Semiannual,
        ql.Date.from_date(settle),
        1e-14,
        200,
    )
    accrued = accrued_interest(0.06, SETTLE, settle, "30/360")
    assert accrued == pytest.approx(ql.BondFunctions.accruedAmount(bond, ql.Date.from_date(settle)), abs=1e-12)
    ours = yield_from_price(times(settle, DATES, "30/360"), FLOWS, clean, balance=100.0, accrued=accrued)
    assert float(ours) == pytest.approx(theirs, abs=1e-11)


def test_irr_of_numpy_financial() -> None:
    (inputs, published), flows = PUBLISHED["numpy_financial"]["irr"], np.array([39.0, 59.0, 55.0, 20.0])
    assert inputs == "-100,39,59,55,20"
    irr = float(yield_from_price(np.arange(1.0, 5.0), flows, 100.0, balance=100.0, per_year=EFFECTIVE))
    assert irr == pytest.approx(published, abs=5e-8)
    assert irr == pytest.approx(npf.irr([-100, *flows]), abs=1e-12)


def test_rate_of_numpy_financial() -> None:
    """3,500 grow to 10,000 in 10 periods."""
    inputs, published = PUBLISHED["numpy_financial"]["rate"]
    assert inputs == "10,0,-3500,10000"
    rate = yield_from_price(np.array([10.0]), np.array([10_000.0]), 100.0, balance=3500.0, per_year=EFFECTIVE)
    assert float(rate) == pytest.approx(published, abs=5e-9)


def test_present_value_of_numpy_financial() -> None:
    """100 a month for 10 years beside 15,692.93 at the end, both worth 100.00067 more than nothing at 5 %."""
    inputs, published = PUBLISHED["numpy_financial"]["pv"]
    assert inputs == ".05/12,120,-100,15692.93"
    years = np.arange(1, 121) / 12
    annuity = price_from_yield(years, np.full(120, 100.0), 0.05, balance=100.0, per_year=12)
    final = price_from_yield(years[-1:], np.array([15_692.93]), 0.05, balance=100.0, per_year=12)
    assert float(annuity - final) == pytest.approx(published, abs=5e-9)


@pytest.mark.parametrize("name", ["pmt", "fv"])
def test_instalments_and_future_values_of_numpy_financial(name: str) -> None:
    """An instalment is what prices a loan at par; a future value grows as its price shrinks."""
    inputs, published = PUBLISHED["numpy_financial"][name]
    if name == "pmt":
        assert inputs == ".075/12,180,200000"
        price = price_from_yield(np.arange(1, 181) / 12, np.full(180, -published), 0.075, balance=200_000.0, per_year=12)
        assert float(price) == pytest.approx(100.0, abs=1e-11)
    else:
        assert inputs == ".05/12,120,-100,-100"
        years, flows = np.arange(1, 121) / 12, np.full(120, 100.0)
        today = 100 + float(price_from_yield(years, flows, 0.05, balance=100.0, per_year=12))
        assert float(price_from_yield(years[-1:], np.array([published]), 0.05, balance=100.0, per_year=12)) == pytest.approx(
            today
        )


def act_365(since: str, *dates: str) -> np.ndarray:
    return times(date.fromisoformat(since), [date.fromisoformat(day) for day in dates], "ACT/365F")


def test_wal_of_two_halves() -> None:
    """Printed 0.74 years, rounded down."""
    life = float(wal(act_365("2023-01-01", "2023-06-30", "2023-12-31"), np.array([50.0, 50.0])))
    assert int(100 * life) / 100 == 0.74


def test_wal_of_two_halves_in_months() -> None:
    """Printed 9.06: days over 30, each half rounded down."""
    days = np.array([(date.fromisoformat(day) - date(2023, 1, 1)).days for day in ("2023-06-30", "2023-12-31")])
    assert (days == 365 * act_365("2023-01-01", "2023-06-30", "2023-12-31")).all()
    life = float(wal(days / 30, np.array([50.0, 50.0])))
    assert int(100 * life) / 100 == pytest.approx(9.06)


PRICED = act_365("2021-05-01", "2022-05-01", "2022-08-01")
CURVE = 0.01 + 0.01 * 365 * PRICED / (date(2023, 1, 1) - date(2021, 5, 1)).days  # 1 % to 2 %, straight


def on_curve() -> list[float]:
    """What the two payments of the priced bond are worth, each at the curve's own rate."""
    return [
        float(price_from_yield(PRICED[i : i + 1], np.array([flow]), CURVE[i], balance=100.0, per_year=EFFECTIVE))
        for i, flow in enumerate((510.0, 1510.0))
    ]


def test_bond_priced_on_a_curve() -> None:
    """Printed 1,979.54 and, of its original balance of 3,000, 65.984666; lives and accrued interest rounded down."""
    value = sum(on_curve())
    assert value == pytest.approx(1979.54, abs=0.02)
    assert 100 * value / 3000 == pytest.approx(65.984666, abs=0.02 / 30)
    assert int(100 * float(wal(PRICED, np.array([500.0, 1500.0])))) / 100 == 1.18
    accrued = 2000 / 100 * accrued_interest(0.08, date(2021, 1, 1), date(2021, 5, 1), "ACT/365F")
    assert int(100 * accrued) / 100 == 52.60
    assert float(wal(PRICED, np.array(on_curve()))) == pytest.approx(1.188138, abs=1e-4)  # values rounded to the cent there


def test_spread_over_a_curve() -> None:
    """Printed 0.176754, on a curve that holds 4 % from 1 April 2022, of 3,000 that pay 3,100 on 1 May, at par on 1 March."""
    paid = act_365("2022-03-01", "2022-05-01")
    earned = yield_from_price(paid, np.array([3100.0]), 100.0, balance=3000.0, per_year=EFFECTIVE)
    assert float(earned) - 0.04 == pytest.approx(0.176754, abs=2e-5)


def test_interest_only_loan_priced_with_accrued_interest() -> None:
    """Printed 1,037.38 with 0.21 accrued, and duration 0.726208.

    Interest is 6.66 a month there, and each of the nine values is rounded down. The life printed beside, 0.76 years, weighs
    interest as if it were principal; of principal alone it is the time to 1 July 2025, 0.745.
    """
    loan = {"balance": 1000, "annual_rate": 0.08, "remaining_term": 10, "age": 2, "amortization": "interest_only"}
    flows = project([loan], cutoff=date(2024, 9, 1))
    priced, paid = date(2024, 10, 2), (flows.interest + flows.scheduled_principal)[0, 1:]
    years = times(priced, flows.dates[1:], "ACT/365F")
    value = float(price_from_yield(years, paid, 0.03, balance=100.0, per_year=EFFECTIVE))
    assert value == pytest.approx(1037.38, abs=9 * (6.6667 - 6.66 + 0.01))
    assert float(macaulay_duration(years, paid, np.float64(0.03), per_year=EFFECTIVE)) == pytest.approx(0.726208, abs=3e-5)
    accrued = 1000 / 100 * accrued_interest(0.08, date(2024, 10, 1), priced, "ACT/365F")
    assert int(100 * accrued) / 100 == 0.21
    assert float(wal(years, flows.scheduled_principal[0, 1:])) == pytest.approx(272 / 365)


def test_present_value_of_one_payment() -> None:
    """Printed 98.09, rounded down."""
    value = price_from_yield(act_365("2022-02-01", "2023-02-01"), np.array([103.0]), 0.05, balance=100.0, per_year=EFFECTIVE)
    assert int(100 * float(value)) / 100 == 98.09


def test_future_value_of_100_over_half_a_year() -> None:
    """Printed 103.89, rounded down: what is worth 100 six months earlier at 8 %."""
    years = act_365("2023-01-01", "2023-07-01")
    grown = 100 / float(price_from_yield(years, np.array([100.0]), 0.08, balance=100.0, per_year=EFFECTIVE)) * 100
    assert int(100 * grown) / 100 == 103.89


@pytest.mark.parametrize(
    ("paid", "dates", "flows", "published", "digits"),
    [
        ("2023-01-01", ["2024-01-01"], [108.0], 0.08, 1e-12),
        ("2025-01-01", ["2025-03-01", "2025-10-18"], [50.0, 70.0], 0.4264066, 1e-7),
    ],
)
def test_irr_by_actual_days(paid: str, dates: list[str], flows: list[float], published: float, digits: float) -> None:
    """The second is printed with seven decimals, rounded down."""
    irr = yield_from_price(act_365(paid, *dates), np.array(flows), 100.0, balance=100.0, per_year=EFFECTIVE)
    assert float(irr) == pytest.approx(published, abs=digits)


def test_macaulay_duration_of_two_payments() -> None:
    """The fraction comes of discount factors held to six decimals."""
    years = act_365("2023-01-01", "2023-10-01", "2024-01-01")
    duration = macaulay_duration(years, np.array([100.0, 100.0]), np.float64(0.01), per_year=EFFECTIVE)
    assert float(duration) == pytest.approx(252921 / 289445, abs=1e-6)


def test_accrued_interest_over_a_quarter() -> None:
    """Printed 59.17, rounded down."""
    accrued = 3000 / 100 * accrued_interest(0.08, date(2021, 1, 1), date(2021, 4, 1), "ACT/365F")
    assert int(100 * accrued) / 100 == 59.17
