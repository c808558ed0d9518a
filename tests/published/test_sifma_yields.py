"""Yields, average lives, durations and convexity of the Standard Formulas.

The Bond Market Association (now SIFMA), Uniform Practices, chapter SF, Standard Formulas for the Analysis of Mortgage-Backed
Securities, 1 February 1999; SF-n is the page. These test the measures: the flows are written out here. A tolerance is half a
unit of the last printed digit unless it says otherwise. Left out: effective duration and convexity (SF-50), which need a model
of prepayments, and discount margins (SF-54), which need floating coupons.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from abs_waterfall.measures.durations import convexity, macaulay_duration, modified_duration
from abs_waterfall.measures.wal import wal
from abs_waterfall.measures.yields import equivalent_yield, price_from_yield, yield_from_price

SF = json.loads((Path(__file__).parent / "data" / "sifma_sf.json").read_text())
SF49, SF52, SF55, SF56 = SF["sf49"], SF["sf52_frcmo"], SF["sf55_project_loan"], SF["sf56"]
LAST_DIGIT_5 = 5e-6  # of figures printed with five decimals


def remaining_share(rate: float, term: int, age: int) -> float:
    """Balance of a level-pay loan after `age` payments, per 1 of original balance."""
    return (1 - (1 + rate) ** (age - term)) / (1 - (1 + rate) ** -term)


def pass_through() -> tuple[np.ndarray, np.ndarray]:
    """Interest and principal of SF-49 per 100: a new 9 % pool of 9.5 % loans at 150 % PSA."""
    gross, term = SF49["gross"] / 1200, SF49["term"]
    balance, interest, principal = 100.0, [], []
    for month in range(1, term + 1):
        cpr = 0.06 * min(month / 30, 1) * SF49["psa"] / 100
        amortized = balance * remaining_share(gross, term, month) / remaining_share(gross, term, month - 1)
        closing = amortized * (1 - cpr) ** (1 / 12)
        interest.append(balance * SF49["net"] / 1200)
        principal.append(balance - closing)
        balance = closing
    return np.array(interest), np.array(principal)


INTEREST, PRINCIPAL = pass_through()
FLOWS = INTEREST + PRINCIPAL
YEARS = (30 * np.arange(1, SF49["term"] + 1) + SF49["actual_delay"]) / 360
BEY = yield_from_price(YEARS, FLOWS, SF49["price"], balance=100.0)


def test_the_flows_of_the_pass_through_are_those_of_sf_49() -> None:
    assert FLOWS[:3] == pytest.approx(SF49["cf"], abs=5e-5)
    assert FLOWS[-1] == pytest.approx(SF49["cf360"], abs=5e-5)


def test_bond_equivalent_yield_of_sf_49() -> None:
    assert 100 * float(BEY) == pytest.approx(SF49["bey"], abs=LAST_DIGIT_5)


def test_mortgage_yield_of_sf_49_is_the_yield_nominal_at_twelve_payments_a_year() -> None:
    mortgage_yield = yield_from_price(YEARS, FLOWS, SF49["price"], balance=100.0, per_year=12)
    assert 100 * float(mortgage_yield) == pytest.approx(SF49["mortgage_yield"], abs=LAST_DIGIT_5)
    assert float(equivalent_yield(mortgage_yield, 12, 2)) == pytest.approx(float(BEY), abs=1e-15)


def test_average_life_of_sf_49() -> None:
    assert float(wal(YEARS, PRINCIPAL)) == pytest.approx(SF49["avg_life"], abs=LAST_DIGIT_5)


def test_durations_of_sf_49() -> None:
    assert float(macaulay_duration(YEARS, FLOWS, BEY)) == pytest.approx(SF49["mac_dur"], abs=LAST_DIGIT_5)
    assert float(modified_duration(YEARS, FLOWS, BEY)) == pytest.approx(SF49["mod_dur"], abs=LAST_DIGIT_5)


def test_convexity_of_sf_49() -> None:
    assert float(convexity(YEARS, FLOWS, BEY)) == pytest.approx(SF49["convexity"], abs=5e-5)


def test_settled_a_week_later_the_price_is_quoted_without_its_accrued_interest() -> None:
    """Bought at 100 clean with seven days of 9 % accrued, 100.175 in all."""
    years, accrued = YEARS - 7 / 360, 7 / 360 * SF49["net"]
    later_yield = yield_from_price(years, FLOWS, 100.0, balance=100.0, accrued=accrued)
    assert 100 * float(later_yield) == pytest.approx(SF49["settle7_yield"], abs=LAST_DIGIT_5)
    dirty = price_from_yield(years, FLOWS, later_yield, balance=100.0)
    assert float(dirty) == pytest.approx(SF49["settle7_price"], abs=5e-4)


@pytest.mark.parametrize(("days", "figure"), [("days_30_360", "bey"), ("days_act", "mmy")])
def test_yields_of_the_floating_rate_cmo_of_sf_52(days: str, figure: str) -> None:
    """The money-market yield counts actual days over 360. Price and flows are printed to 5e-5, which leaves 1e-4 % open."""
    years, flows = np.array(SF52[days]) / 360, np.array([SF52["CF1"], SF52["CF2"]])
    assert 100 * float(yield_from_price(years, flows, SF52["P"], balance=100.0)) == pytest.approx(SF52[figure], abs=1e-4)


def test_yields_of_the_index_of_sf_52_and_the_spreads_over_it() -> None:
    """LIBOR is compounded quarterly, on 360 days for the money-market yield and on 365 for the bond-equivalent one."""
    libor = SF52["libor_pct"] / 100
    index_mmy, index_bey = equivalent_yield(libor, 4, 2), equivalent_yield(libor * 365 / 360, 4, 2)
    assert 100 * float(index_mmy) == pytest.approx(SF52["index_mmy"], abs=LAST_DIGIT_5)
    assert 100 * float(index_bey) == pytest.approx(SF52["index_bey"], abs=LAST_DIGIT_5)
    assert 100 * (SF52["bey"] - 100 * float(index_bey)) == pytest.approx(SF52["spread_bp"], abs=0.005)
    assert 100 * (SF52["mmy"] - 100 * float(index_mmy)) == pytest.approx(SF52["spread_mmy_bp"], abs=0.005)


def project_loan() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give times, principal and flows of the loan of SF-55, per 1 of balance, put at 96 after 124 months.

    The put is paid on its date, before the last payments of the loan, which come with the delay.
    """
    months, aged, rate = 124, 120, SF55["gross"] / 1200
    balance = np.array([remaining_share(rate, SF55["orig_term"], aged + n) for n in range(months + 1)])
    balance /= balance[0]
    years = (30 * np.arange(1, months + 1) + SF55["delay"]) / 360
    principal = -np.diff(balance)
    flows = principal + balance[:-1] * SF55["net"] / 1200
    put = months / 12
    place = int(np.searchsorted(years, put))
    return (
        np.insert(years, place, put),
        np.insert(principal, place, balance[-1]),
        np.insert(flows, place, balance[-1] * SF55["put_price"] / 100),
    )


def test_yield_and_average_life_to_the_put_of_the_project_loan_of_sf_55() -> None:
    years, principal, flows = project_loan()
    found = yield_from_price(years, flows, SF55["price"], balance=1.0)
    assert 100 * float(found) == pytest.approx(SF55["yield_to_put"], abs=LAST_DIGIT_5)
    assert float(wal(years, principal)) == pytest.approx(SF55["al_to_put"], abs=LAST_DIGIT_5)


def test_average_lives_of_accrual_instruments_of_sf_56() -> None:
    """A graduated-payment loan has negative principal while interest is added to it; a Z bond has none until it pays."""
    years, flows = np.arange(1.0, 4.0), np.array(SF56["cf"][1:], dtype=float)
    opening, principal = -SF56["cf"][0], []
    for flow in flows:
        principal.append(flow - opening * SF56["rate"])
        opening -= principal[-1]
    assert float(wal(years, np.array(principal))) == pytest.approx(SF56["al_gpm"], abs=1e-12)
    assert float(wal(years, np.maximum(principal, 0.0))) == pytest.approx(SF56["al_z"], abs=1e-12)
