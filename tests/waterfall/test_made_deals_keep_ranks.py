"""What holds of every made-up deal whose classes are paid in order: rank, protection, payment in full."""

from __future__ import annotations

import copy
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abs_waterfall.arrays import Floats
from abs_waterfall.waterfall.cashflows import DealCashflows, TrancheFlows
from waterfall.made_deals import Made, seeds
from waterfall.made_deals.ranked import ranked, senior_alone, without_losses

ANY = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def owed(flow: TrancheFlows) -> Floats:
    """(S, P) the balance that is left when principal is paid, or less: what joins it after that is not due yet."""
    return np.asarray(flow.closing_balance - flow.accreted - flow.write_up)


@ANY
@given(seeds(), st.booleans())
def test_no_junior_principal_is_paid_while_a_senior_is_due(rnd: Random, turbo: bool) -> None:
    case = ranked(rnd, turbo=turbo)
    tolerance = 1e-9 * case.pool_balance
    for flows in case.run():
        classes = [flows.tranches[tranche["name"]] for tranche in case.raw["tranche"]]
        for rank, senior in enumerate(classes):
            unpaid = sum(line.unpaid for line in senior.lines.values())
            late = unpaid - senior.accreted > tolerance
            assert not (senior.principal[late] > tolerance).any()
            for junior in classes[rank + 1 :]:
                assert not (junior.principal[late | (owed(senior) > tolerance)] > tolerance).any()
                assert not turbo or not (junior.interest[owed(senior) > tolerance] > tolerance).any()


@ANY
@given(seeds())
def test_more_subordination_never_hurts_the_senior(rnd: Random) -> None:
    case = senior_alone(rnd)
    before, after = senior_of(case, 1.0), senior_of(case, rnd.choice((0.9, 0.5, 0.1)))
    for s in range(len(before.principal)):
        shares = [np.array(flow.closing_balance[s]) / flow.opening_balance[s, 0] for flow in (before, after)]
        assert (shares[1] <= shares[0] + 1e-9).all()
        short = [flow.interest_shortfall[s] / flow.opening_balance[s, 0] for flow in (before, after)]
        assert (short[1] <= short[0] + 1e-9).all()


def senior_of(case: Made, share: float) -> TrancheFlows:
    """The flows of the first class with this much of it, the rest being lent by a class behind all others."""
    raw = copy.deepcopy(case.raw)
    first = raw["tranche"][0]
    junior: dict[str, Any] = {"name": "LAST", "balance": (1 - share) * first["balance"], "residual": False}
    raw["tranche"].append(junior | {"coupon": 0.07, "day_count": "30/360"})
    first["balance"] *= share
    for steps in raw["waterfall"].values():
        at = len(steps) - ("residual" in steps[-1])
        steps[at:at] = [{"interest": "LAST"}, {"principal": "LAST", "from": "available"}]
    return replace(case, raw=raw).run()[0].tranches[first["name"]]


def test_without_losses_a_pool_that_earns_fees_and_coupons_pays_every_note() -> None:
    held = 0

    @ANY
    @given(seeds())
    def pays(rnd: Random) -> None:
        nonlocal held
        case = without_losses(rnd)
        for flows in case.run():
            held += sum(paid_in_full(case, flows, s) for s in range(len(flows.last_period)))

    pays()
    assert held >= 60  # runs in which the pool earned enough


def paid_in_full(case: Made, flows: DealCashflows, s: int) -> bool:
    """Every note of one run is paid; False where the pool earns too little, is too small or does not end by the legal final."""
    notes = [flows.tranches[t["name"]] for t in case.raw["tranche"] if not t["residual"]]
    last, tolerance = flows.last_period[s], 1e-9 * case.pool_balance
    due = sum((note.interest_due[s] for note in notes), np.zeros(len(flows.dates)))[: last + 1]
    due = due + sum((fee.due[s] for fee in flows.fees.values()), np.zeros(len(flows.dates)))[: last + 1]
    earns = bool((flows.funds.interest[s, : last + 1] >= due).all())
    enough = sum(note.opening_balance[s, 0] for note in notes) <= case.pool_balance
    if not (earns and enough and flows.pool_balance[s, last] <= tolerance):
        return False
    assert all(note.closing_balance[s, last] <= tolerance for note in notes)
    assert all((note.interest_shortfall[s] <= tolerance).all() for note in notes)
    return True
