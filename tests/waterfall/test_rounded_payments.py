"""Payments in whole cents a note of `face`: interest rounded down where it falls due, principal where it is paid."""

from __future__ import annotations

import copy
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.made_deals import made
from waterfall.small_deals import Table, paying, row, run, small

STEPS: list[Table] = [
    {"interest": ["A", "B"], "from": "interest"},
    {"principal": ["A", "B"], "from": "principal"},
    {"residual": "SUB", "from": "interest"},
]


def rounded(**terms: float) -> Table:
    """A of 6 notes at 12.34 %, B of 3 at 12 %, face 100, to the cent."""
    raw = small(copy.deepcopy(STEPS), deal={"round_payments": 0.01} | terms)
    raw["tranche"][0]["coupon"] = 0.1234
    return raw


FLOWS = paying([0.0, 0.0, 100.0, 100.0, 700.0], [20.0] * 5)


def test_interest_is_rounded_down_and_the_rest_carried() -> None:
    """6.17 a month is 1.0283 a note: 1.02 is due, and 0.05 of the six is carried; then 6.22, 6.21, 5.172 of 500.04."""
    a = run(rounded(), FLOWS).tranches["A"]
    assert row(a.interest_due)[:4] == [6.12, 6.18, 6.18, 5.16]
    assert row(a.interest)[:4] == [6.12, 6.18, 6.18, 5.16]


def test_principal_is_paid_in_whole_cents_and_the_rest_stays() -> None:
    """100 is 16.6667 a note: 16.66 is paid and 0.04 stays; then 100.04 is 16.6733 a note. The last date pays all."""
    flows = run(rounded(), FLOWS)
    assert row(flows.tranches["A"].principal) == [0.0, 0.0, 99.96, 100.02, 400.02]
    assert row(flows.funds.unspent_principal)[:4] == [0.0, 0.0, 0.04, 0.02]
    assert row(flows.tranches["B"].principal)[-1] == 300.0  # 700.02 - 400.02


def test_a_class_that_is_paid_off_gets_its_last_payment_in_full() -> None:
    flows = run(rounded(), paying([650.0, 0.0, 250.0], [20.0] * 3))
    assert row(flows.tranches["A"].principal) == [600.0, 0.0, 0.0]
    assert row(flows.tranches["B"].principal) == [49.98, 0.0, 250.02]  # 50 is 16.6667 of three notes; the last date pays all


def test_the_face_says_how_many_notes_there_are() -> None:
    assert row(run(rounded(face=1.0), FLOWS).tranches["A"].interest)[:2] == [6.0, 6.0]  # 600 notes: 0.01 each
    assert row(run(rounded(face=1.0), FLOWS).tranches["A"].principal)[2] == 96.0


def test_what_is_short_is_paid_in_whole_cents_too() -> None:
    """9.12 is due to both and 5 is there: 3.3553 to A is 0.5592 a note, 1.6447 to B 0.5482; 0.04 stays."""
    flows = run(rounded(), paying([0.0, 900.0], [5.0, 20.0]))
    assert row(flows.tranches["A"].interest)[0] == 3.3
    assert row(flows.tranches["B"].interest)[0] == 1.62
    assert row(flows.tranches["SUB"].residual)[0] == 0.08


def test_without_rounding_nothing_is_rounded() -> None:
    raw = rounded()
    del raw["deal"]["round_payments"]
    assert row(run(raw, FLOWS).tranches["A"].interest)[:2] == [6.17, 6.17]


# ------------------------------------------------------------------------------------------------------------ any deal


def whole(amount: float, cent: float) -> bool:
    """Whether an amount is a multiple of a cent."""
    return abs(amount / cent - round(amount / cent)) < 1e-6


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.01, 0.5]))
def test_any_deal_pays_whole_cents_and_loses_nothing(seed: int, cent: float) -> None:
    case = made(Random(seed))  # noqa: S311 - made-up deals
    raw = copy.deepcopy(case.raw)
    raw["deal"] |= {"round_payments": cent, "face": 100.0}
    flows = run_waterfall(Deal.model_validate(raw), case.pool_balance, case.collateral, case.at_speeds, case.plan)[0]
    assert {check.name for check in flows.checks if not check.ok} <= {"nothing is undistributed"}
    assert "payments are whole cents a note" in {check.name for check in flows.checks}
    for terms, tranche in zip(raw["tranche"], flows.tranches.values(), strict=True):
        for s, last in enumerate(flows.last_period):
            note = cent / 100 * terms.get("initial_balance", tranche.opening_balance[s, 0])
            for t in range(last if note else 0):
                touched = tranche.write_down[s, : t + 1].any() or tranche.accreted[s, : t + 1].any()
                assert touched or "unpaid_interest" in terms or whole(tranche.interest[s, t], note)
                assert touched or whole(tranche.principal[s, t], note)
                assert whole(tranche.residual[s, t], note)
                assert whole(tranche.interest_accrued[s, t], note)


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 150.0), min_size=2, max_size=8), st.floats(0.001, 0.3), st.sampled_from([0.01, 0.25]))
def test_over_a_life_interest_is_less_than_a_cent_a_note_from_what_accrues(paid: list[float], coupon: float, cent: float) -> None:
    raw = rounded(round_payments=cent)
    raw["tranche"][0]["coupon"] = coupon
    flows = run(raw, paying([*paid, 1000.0 - sum(paid)] if sum(paid) < 1000 else paid, [50.0] * (len(paid) + 1)))
    for tranche, notes, rate in ((flows.tranches["A"], 6, coupon), (flows.tranches["B"], 3, 0.12)):
        exact = (tranche.opening_balance * rate / 12).sum()
        assert 0 <= exact - tranche.interest.sum() + 1e-9 < cent * notes + 2e-9
    assert cash_left(flows) == pytest.approx(0.0, abs=1e-9)


def cash_left(flows: DealCashflows) -> float:
    """What came in less what was paid out and what is left."""
    came = flows.funds.interest.sum() + flows.funds.principal.sum()
    paid = sum(float((t.interest + t.principal + t.residual).sum()) for t in flows.tranches.values())
    return float(came - paid - np.sum(flows.undistributed))
