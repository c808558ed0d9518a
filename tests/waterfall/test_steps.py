"""Each step by hand: what it pays, out of what, in which order and up to what."""

from __future__ import annotations

from typing import Any

import pytest

from abs_waterfall.errors import InputError
from abs_waterfall.waterfall.cashflows import DealCashflows
from waterfall.small_deals import SEQUENTIAL, Table, paying, row, run, small

RESERVE = [{"name": "reserve", "initial": 100.0, "target": 50.0}]
TWO = [{"name": "reserve", "initial": 3.0}, {"name": "spare", "initial": 100.0}]
NOT_YET = [0.0, 0.0, 1000.0]  # the pool's principal comes on the third date


def first(flows: DealCashflows, tranche: str, key: str = "principal") -> float:
    """What a class got on the first date."""
    return round(float(getattr(flows.tranches[tranche], key)[0, 0]), 6)


# -------------------------------------------------------------------------------------------------------------- interest


def test_interest_of_one_step_is_shared_by_what_is_due() -> None:
    flows = run(small([{"interest": ["A", "B"]}]), paying(NOT_YET, [6.0]))
    assert (first(flows, "A", "interest"), first(flows, "B", "interest")) == (4.0, 2.0)


def test_interest_in_order_leaves_the_junior_short_and_the_arrears_are_due_again() -> None:
    flows = run(small(), paying(NOT_YET, [7.0, 20.0])).tranches["B"]
    assert row(flows.interest_due)[:2] == [3.0, 5.0]
    assert row(flows.interest)[:2] == [1.0, 5.0]
    assert row(flows.interest_shortfall)[:2] == [2.0, 0.0]


@pytest.mark.parametrize(
    ("terms", "late"), [({}, 0.0), ({"interest_on_shortfall": "coupon"}, 0.02), ({"interest_on_shortfall": 0.6}, 0.1)]
)
def test_interest_on_shortfall_is_what_the_class_says(terms: Table, late: float) -> None:
    raw = small()
    raw["tranche"][1] |= terms
    flows = run(raw, paying(NOT_YET, [7.0, 20.0])).tranches["B"]
    assert row(flows.interest_on_shortfall)[:2] == [0.0, late]
    assert row(flows.interest_due)[:2] == [3.0, 5.0 + late]


def test_support_pays_only_what_is_short_in_its_order() -> None:
    raw = small([{"interest": ["A", "B"], "support": ["reserve", "spare"]}], account=TWO)
    flows = run(raw, paying(NOT_YET, [4.0]))
    assert (first(flows, "A", "interest"), first(flows, "B", "interest")) == (6.0, 3.0)
    assert [round(a.out[0, 0], 6) for a in flows.accounts.values()] == [3.0, 2.0]


def test_support_of_a_capped_step_stops_at_the_cap() -> None:
    raw = small([{"interest": "A", "amount": 5.0, "support": ["spare"]}], account=TWO)
    flows = run(raw, paying(NOT_YET, [4.0]))
    assert first(flows, "A", "interest") == 5.0
    assert flows.accounts["spare"].out[0, 0] == 1.0


def test_interest_spends_interest_before_principal() -> None:
    flows = run(small([{"interest": "A"}]), paying([500.0, 500.0], [4.0]))
    assert (flows.funds.unspent_interest[0, 0], flows.funds.unspent_principal[0, 0]) == (0.0, 498.0)


def test_interest_accrued_to_the_balance_is_settled_without_cash() -> None:
    raw = small([{"interest": "A"}, {"accrue": "B"}, {"principal": "A", "amount": "tranche.B.accrued"}, {"principal": "B"}])
    flows = run(raw, paying([0.0, 0.0, 1000.0], [20.0, 20.0]))
    b = flows.tranches["B"]
    assert row(b.accreted)[:2] == [3.0, 3.0 * 292 / 300]  # 11 of the 20 went on to B's principal on the first date
    assert row(b.closing_balance)[0] == 292.0
    assert row(b.interest_shortfall) == [0.0, 0.0, 0.0]
    assert first(flows, "A") == 3.0


# ------------------------------------------------------------------------------------------------------------- principal


@pytest.mark.parametrize(
    ("terms", "paid"),
    [
        ({}, (600.0, 60.0)),
        ({"split": "pro_rata"}, (440.0, 220.0)),
        ({"split": "pro_rata", "weights": [1, 2]}, (360.0, 300.0)),  # B can take no more than its balance; A takes the rest
        ({"split": "pro_rata", "weights": [1, 0]}, (600.0, 0.0)),
        ({"amount": 610.0}, (600.0, 10.0)),
        ({"amount": "-5"}, (0.0, 0.0)),
        ({"targets": [500.0, "0.9 * tranche.B.initial_balance"]}, (100.0, 30.0)),
        ({"targets": [0.0, 300.0], "amount": 50.0}, (50.0, 0.0)),
        ({"targets": [-10.0, 400.0]}, (600.0, 0.0)),
        ({"split": "pro_rata", "targets": [400.0, 200.0], "amount": 30.0}, (20.0, 10.0)),
        ({"split": "pro_rata", "weights": [1, 1], "targets": [590.0, 0.0], "amount": 50.0}, (10.0, 40.0)),
    ],
)
def test_principal_is_split_as_the_step_says(terms: Table, paid: tuple[float, float]) -> None:
    step = {"principal": ["A", "B"], **terms}
    flows = run(small([step]), paying([660.0, 340.0]))
    assert (first(flows, "A"), first(flows, "B")) == paid


def test_pro_rata_goes_by_the_balance_before_the_step() -> None:
    flows = run(
        small([{"principal": "A", "amount": 300.0}, {"principal": ["A", "B"], "split": "pro_rata"}]), paying([400.0, 600.0])
    )
    assert (first(flows, "A"), first(flows, "B")) == (350.0, 50.0)


def test_what_a_capped_step_leaves_stays_due_for_a_later_one() -> None:
    flows = run(small([{"interest": "A", "amount": 2.0}, {"interest": "B"}, {"interest": "A"}]), paying(NOT_YET, [8.0]))
    assert (first(flows, "A", "interest"), first(flows, "B", "interest")) == (5.0, 3.0)


# ------------------------------------------------------------------------------------------------------ funds, accounts


def test_a_step_draws_on_the_funds_it_names_and_the_rest_waits_for_the_next_date() -> None:
    steps = [
        {"interest": "A", "from": "interest"},
        {"principal": "A", "from": "principal", "amount": 30.0},
        {"residual": "SUB", "from": "interest", "amount": 1.0},
    ]
    flows = run(small(steps), paying([50.0, 0.0, 950.0], [10.0]))
    assert row(flows.funds.unspent_interest)[:2] == [3.0, 0.0]  # 10 - 6 - 1; then 5.7 due, 3 there
    assert row(flows.tranches["A"].interest)[:2] == [6.0, 3.0]
    assert row(flows.tranches["A"].principal)[:2] == [30.0, 20.0]
    assert row(flows.tranches["SUB"].residual)[:2] == [1.0, 0.0]


def test_recoveries_join_the_funds_the_pool_says() -> None:
    pool = paying([0.0, 900.0], [1.0, 1.0], default=[100.0], recovery=[40.0])
    to_principal = run(small(), pool).funds
    to_interest = run(small(pool={"recoveries_to": "interest"}), pool).funds
    assert (to_principal.interest[0, 0], to_principal.principal[0, 0]) == (1.0, 40.0)
    assert (to_interest.interest[0, 0], to_interest.principal[0, 0]) == (41.0, 0.0)


@pytest.mark.parametrize(
    ("step", "interest", "principal", "reserve", "spare"),
    [
        ({"draw": "reserve"}, 13.0, 100.0, 0.0, 100.0),
        ({"draw": "reserve", "amount": 1.0, "to": "principal"}, 10.0, 101.0, 2.0, 100.0),
        ({"draw": ["reserve", "spare"], "amount": 5.0}, 15.0, 100.0, 0.0, 98.0),
        ({"draw": "spare", "to": "reserve"}, 10.0, 100.0, 103.0, 0.0),
        ({"transfer": "interest", "to": "principal"}, 0.0, 110.0, 3.0, 100.0),
        ({"transfer": "interest", "to": "principal", "amount": "0.4 * funds.interest"}, 6.0, 104.0, 3.0, 100.0),
        ({"transfer": "available", "to": "reserve", "amount": 30.0}, 0.0, 80.0, 33.0, 100.0),
        ({"transfer": "spare", "to": "interest", "amount": 500.0}, 110.0, 100.0, 3.0, 0.0),
        ({"transfer": "principal", "to": "spare", "amount": "-1"}, 10.0, 100.0, 3.0, 100.0),
    ],
)
def test_cash_moves_between_funds_and_accounts(
    step: Table, interest: float, principal: float, reserve: float, spare: float
) -> None:
    flows = run(small([step], account=TWO), paying([100.0, 900.0], [10.0]))
    assert (flows.funds.unspent_interest[0, 0], flows.funds.unspent_principal[0, 0]) == (interest, principal)
    assert [account.closing_balance[0, 0] for account in flows.accounts.values()] == [reserve, spare]


def test_an_account_is_filled_up_to_its_target_and_no_more() -> None:
    accounts = [{"name": "reserve", "initial": 5.0, "target": 8.0}, {"name": "full", "initial": 9.0, "target": 2.0}]
    accounts.append({"name": "low", "target": 30.0})
    flows = run(small([{"fill": ["reserve", "full", "low"], "from": "interest"}], account=accounts), paying(NOT_YET, [10.0]))
    assert [account.closing_balance[0, 0] for account in flows.accounts.values()] == [8.0, 9.0, 7.0]


def test_a_capped_fill_stops_at_the_cap_over_all_its_accounts() -> None:
    accounts = [{"name": name, "target": 8.0} for name in ("first", "second", "third")]
    flows = run(small([{"fill": ["first", "second", "third"], "amount": 10.0}], account=accounts), paying(NOT_YET, [50.0]))
    assert [account.closing_balance[0, 0] for account in flows.accounts.values()] == [8.0, 2.0, 0.0]


def test_accounts_earn_by_days_for_the_interest_funds() -> None:
    raw = small([{"interest": "A"}], account=[{"name": "reserve", "initial": 365.0, "rate": 0.1}])
    flows = run(raw, paying(NOT_YET, [1.0]))
    assert row(flows.accounts["reserve"].earned)[:2] == [3.1, 2.9]  # 15 January to 15 February to 15 March 2020
    assert flows.funds.interest[0, 0] == pytest.approx(4.1)


def test_the_residual_takes_what_is_left_or_as_much_as_it_may() -> None:
    flows = run(small([{"interest": "A"}, {"residual": "SUB", "amount": 3.0}]), paying([10.0, 990.0], [20.0]))
    assert first(flows, "SUB", "residual") == 3.0
    assert (flows.funds.unspent_interest[0, 0], flows.funds.unspent_principal[0, 0]) == (11.0, 10.0)


# ------------------------------------------------------------------------------------------------------- when and name


def test_a_step_runs_only_where_its_condition_holds() -> None:
    flows = run(small([{"interest": "A", "when": "period == 2"}]), paying(NOT_YET, [10.0, 10.0]))
    assert row(flows.tranches["A"].interest)[:2] == [0.0, 12.0]


def test_a_later_step_reads_what_a_named_one_moved_today() -> None:
    steps = [{"interest": "A", "name": "senior"}, {"residual": "SUB", "amount": "2 * step.senior.paid"}, {"interest": "B"}]
    flows = run(small(steps), paying(NOT_YET, [40.0, 0.0]))
    assert row(flows.tranches["SUB"].residual)[:2] == [12.0, 12.0]  # the second date pays A out of what was left


def test_formulas_see_what_the_steps_before_left() -> None:
    steps = [
        {"principal": "A", "amount": 100.0},
        {"principal": "A", "amount": "tranche.A.initial_balance - tranche.A.balance"},
        {"interest": "A", "amount": "tranche.A.interest_shortfall / 2"},
        {"interest": "A", "amount": "tranche.A.interest_due - tranche.A.interest_paid - 1"},
        {"principal": "B", "amount": "funds.available - 250"},
    ]
    flows = run(small(steps), paying([500.0, 500.0], [5.0]))
    assert (first(flows, "A"), first(flows, "A", "interest"), first(flows, "B")) == (200.0, 5.0, 50.0)


def test_an_amount_that_is_not_a_number_is_told_with_step_and_date_only_where_the_step_runs() -> None:
    def deal(**terms: Any) -> Table:
        return small([{"principal": "A", "amount": "1 / (pool.balance - 900)", **terms}])

    with pytest.raises(InputError, match=r"waterfall.only\[0\].amount: the formula gives inf on 2020-02-15, payment date 1"):
        run(deal(), paying([100.0, 900.0]))
    run(deal(when="period > 1"), paying([100.0, 900.0]))


def test_shares_of_the_pool_are_rounded_down() -> None:
    raw = small()
    raw["tranche"][0] = {"name": "A", "share": 0.5996, "round_to": 10.0, "coupon": 0.1, "day_count": "30/360"}
    raw["tranche"][1] = {"name": "B", "share": 0.25, "coupon": 0.1, "day_count": "30/360"}
    flows = run(raw, paying(NOT_YET))
    assert [flows.tranches[name].opening_balance[0, 0] for name in "AB"] == [590.0, 250.0]


def test_notes_above_the_pool_are_refused_unless_the_deal_allows_them() -> None:
    raw = small()
    raw["tranche"][0]["balance"] = 700.02
    with pytest.raises(InputError, match=r"the notes add up to 1,000.02, above the pool's 1,000.00 by 0.02"):
        run(raw, paying(NOT_YET))
    raw["deal"]["allow_undercollateralised"] = True
    run(raw, paying(NOT_YET))
    raw["tranche"][0]["balance"], raw["deal"]["allow_undercollateralised"] = 700.01, False
    run(raw, paying(NOT_YET))


def test_the_ledger_tells_who_was_due_what_and_what_was_left() -> None:
    flows = run(small(SEQUENTIAL), paying([100.0, 900.0], [8.0]))
    said = [(line.payee, *(round(x[0, 0], 6) for x in (line.due, line.paid, line.left))) for line in flows.ledger]
    assert said == [
        ("A", 6.0, 6.0, 102.0),
        ("B", 3.0, 3.0, 99.0),
        ("A", 600.0, 99.0, 0.0),
        ("B", 300.0, 0.0, 0.0),
        ("SUB", 0.0, 0.0, 0.0),
    ]
