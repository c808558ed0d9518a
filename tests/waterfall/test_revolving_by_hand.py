"""Plans whose purchases can be worked out by hand: what is bought, when it pays, what it costs, what is left.

Notes of 900 on a pool of 1,000; collections are months, payments follow on the 15th of the month after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.collateral.plan import plan_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError
from abs_waterfall.pool.columns import Labels, Numbers
from abs_waterfall.pool.lines import pool_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import RepLine
from abs_waterfall.waterfall.cashflows import DealCashflows, PurchaseFlows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.small_deals import CUTOFF, POOL, paying, row, small

BUYING = [
    {"interest": ["A", "B"], "from": "interest"},
    {"purchase": "pool", "from": "principal"},
    {"residual": "SUB", "from": "interest"},
]
AFTER = [{"interest": ["A", "B"]}, {"principal": ["A", "B"]}, {"residual": "SUB"}]
INTEREST = [20.0] * 4


BULLET = {"balance": 1.0, "annual_rate": 0.12, "remaining_term": 2, "amortization": "interest_only"}


def pool_of(principal: list[float], **trait: Any) -> LoanPool:
    """The pool of 1,000 at 12 % that pays this principal, as one loan."""
    line = {"balance": POOL, "annual_rate": 0.12, "remaining_term": len(principal), "amortization": "custom"}
    schedule = [paid / POOL for paid in principal]
    return pool_of_lines([RepLine.model_validate(line | {"schedule": schedule} | trait)], CUTOFF, "30/360")


def plan(
    terms: dict[str, Any],
    principal: list[float],
    lines: Sequence[dict[str, Any]] = (BULLET,),
    pool: LoanPool | None = None,
    **tables: Any,
) -> DealCashflows:
    """A plan that may buy until 15 March, the second payment date, by default two-month loans at 1 % a month."""
    revolving = {"until": dt.date(2020, 3, 20), "then": "after", "line": [dict(line) for line in lines]} | terms
    tables = {"waterfall": {"buying": BUYING, "after": AFTER}} | tables
    deal = Deal.model_validate(small(revolving=revolving, **tables))
    flows = run_waterfall(deal, POOL, paying(principal, INTEREST), plan=plan_of(deal, pool or pool_of(principal)))[0]
    assert all(check.ok for check in flows.checks if "undistributed" not in check.name)
    return flows


def bought(flows: DealCashflows) -> PurchaseFlows:
    """What was bought."""
    assert flows.purchases is not None
    return flows.purchases


def test_loans_bought_collect_in_the_month_after_the_one_that_holds_the_date() -> None:
    # 15 February pays January's 100 and buys 100: it collects in March and April, 1 of interest each, 100 at the end of April
    flows = plan({"until": dt.date(2020, 2, 20)}, [100.0, 300.0, 300.0, 300.0])
    pool = bought(flows).collateral
    assert row(pool.purchased)[:3] == [0.0, 100.0, 0.0]
    assert row(pool.opening_balance)[:4] == [1000.0, 900.0, 700.0, 400.0]
    assert row(pool.interest)[:4] == [20.0, 20.0, 21.0, 21.0]
    assert row(pool.scheduled_principal)[:4] == [100.0, 300.0, 300.0, 400.0]
    assert row(flows.pool_balance)[:4] == [1000.0, 700.0, 400.0, 0.0]  # 900 and the 100 just bought; then with it
    assert row(bought(flows).bought)[:3] == [100.0, 0.0, 0.0]


def test_the_mode_after_the_period_pays_principal() -> None:
    flows = plan({}, [100.0, 300.0, 300.0, 300.0])
    assert row(bought(flows).bought)[:3] == [100.0, 300.0, 0.0]
    # April pays the March collections: 300 of the pool; May 300 + the 100 of February; June the 300 of March
    assert row(flows.tranches["A"].principal)[:5] == [0.0, 0.0, 300.0 + 21.0 - 9.0, 288.0, 0.0]
    assert [flows.modes[mode] for mode in flows.mode[0, :4]] == ["buying", "buying", "after", "after"]


def test_monthly_purchases_collect_from_the_next_month_on() -> None:
    # 31 January is after closing: January's 100 buys then, and pays in February and March
    flows = plan({"purchases": "monthly", "until": dt.date(2020, 1, 31)}, [100.0, 300.0, 300.0, 300.0])
    pool = bought(flows).collateral
    assert row(pool.purchased)[:2] == [100.0, 0.0]
    assert row(pool.interest)[:4] == [20.0, 21.0, 21.0, 20.0]
    assert row(pool.scheduled_principal)[:4] == [100.0, 300.0, 400.0, 300.0]
    (line,) = [line for line in flows.ledger if line.verb == "purchase" and line.step < 0]
    assert row(line.paid)[:2] == [100.0, 0.0]


def test_what_monthly_purchases_retain_stays_in_the_fund() -> None:
    flows = plan({"purchases": "monthly", "retain": 40.0, "until": dt.date(2020, 1, 31)}, [100.0, 300.0, 300.0, 300.0])
    assert row(bought(flows).bought)[0] == 60.0
    assert row(bought(flows).idle_cash)[0] == 0.0  # retained cash was not to be spent


def test_a_price_below_par_buys_more_than_the_cash() -> None:
    flows = plan({"price": 0.8, "until": dt.date(2020, 2, 20)}, [100.0, 300.0, 300.0, 300.0])
    assert row(bought(flows).bought)[0] == 125.0  # 100 / 0.8
    assert row(bought(flows).cost)[0] == 100.0
    assert row(flows.pool_balance)[0] == 1025.0


def test_a_price_that_yields_the_loans_own_rate_is_par() -> None:
    # 1 % a month on what pays 1 % a month: 0.01/1.01 + 1.01/1.01^2 = 1
    assert plan({"price": {"yield": 0.12}}, [100.0, 300.0, 300.0, 300.0]).purchases.cost[0, 0] == pytest.approx(100.0)
    # at 2 % a month: 0.01/1.02 + 1.01/1.02^2 = 0.980584391...
    flows = plan({"price": {"yield": 0.24}}, [100.0, 300.0, 300.0, 300.0])
    assert bought(flows).bought[0, 0] == pytest.approx(100.0 / (0.01 / 1.02 + 1.01 / 1.02**2), rel=1e-12)


def test_what_supply_leaves_unbought_stays_in_its_fund_and_buys_later() -> None:
    # for sale: 30 in January, 40 in February (15 February is held by it), 500 in March
    flows = plan({"supply": [30.0, 40.0, 500.0]}, [100.0, 300.0, 300.0, 300.0])
    assert row(bought(flows).bought)[:2] == [70.0, 330.0]
    assert row(bought(flows).idle_cash)[:3] == [30.0, 0.0, 0.0]
    assert row(bought(flows).shortfall)[:2] == [30.0, 0.0]
    assert row(flows.funds.unspent_principal)[:2] == [30.0, 0.0]


def test_a_plan_knows_the_months_it_collects() -> None:
    steps = {"buying": [{"pay": "agent", "from": "interest"}, *BUYING[1:]], "after": AFTER}
    agent = {"name": "agent", "amount": "2 * pool.months"}
    raw = small(steps, revolving={"until": dt.date(2020, 3, 20), "then": "after", "line": [dict(BULLET)]}, fee=[agent])
    deal = Deal.model_validate(raw)
    flows = run_waterfall(deal, POOL, paying([100.0] * 10, INTEREST), plan=plan_of(deal, pool_of([100.0] * 10)))[0]
    assert row(flows.fees["agent"].due)[:2] == [2.0, 2.0]


def test_loans_bought_when_the_pool_has_paid_all_keep_the_deal_alive() -> None:
    # The pool is gone in February. The payment of 15 March buys at the end of February: what is bought is paid out in May
    flows = plan({"purchases": "monthly", "until": dt.date(2020, 2, 29)}, [0.0, 1000.0])
    assert row(bought(flows).bought)[:2] == [0.0, 1000.0]
    assert flows.last_period[0] == 3
    assert flows.tranches["A"].closing_balance[0, 3] == 0.0


def test_idle_cash_may_end_the_period() -> None:
    trigger = {"name": "idle", "when": "pool.idle_cash > 20 and revolving.active", "effect": {"end_revolving": True}}
    flows = plan({"supply": [30.0, 40.0, 500.0]}, [100.0, 300.0, 300.0, 300.0], trigger=[trigger])
    assert row(bought(flows).bought)[:2] == [70.0, 0.0]
    assert bought(flows).active[0, :3].tolist() == [True, False, False]
    assert flows.modes[flows.mode[0, 1]] == "after"  # the mode that follows the period, though no trigger names one


def test_cumulative_rates_are_over_initial_and_bought_unless_the_deal_says_initial() -> None:
    for base, factor in (("bought", 1000 / 1100), ("initial", 1.0)):
        flows = plan({"cumulative_base": base}, [100.0, 300.0, 300.0, 300.0])
        assert flows.pool_factor[0, 0] == pytest.approx(factor)


def test_a_share_cuts_what_it_is_a_share_of() -> None:
    # pool 900 of "all"; buys half "all", half "new"; "new" at most 4 %: x <= 0.04 (900 + 50 + x), x = 38 / 0.96
    new = BULLET | {"segment": "new"}
    terms = {"limit": [{"by": "segment", "max_share": 1.0}, {"by": "segment", "max_share": 0.04}]}
    flows = plan(terms | {"until": dt.date(2020, 2, 20)}, [100.0, 300.0, 300.0, 300.0], (BULLET, new))
    # of "all" no more than 4 % either, and the pool is past that: none of it, as more would make it worse
    assert bought(flows).bought[0, 0] == pytest.approx(0.04 * 900 / 0.96)
    assert bought(flows).shortfall[0, 0] == pytest.approx(100 - 0.04 * 900 / 0.96)


def test_a_mean_cuts_all_that_is_bought() -> None:
    # the pool's 900 are at 12 %, what is bought at 6 %; a mean of at least 11.5 %: (108 + 0.06 x) / (900 + x) >= 0.115
    # where 0.055 x <= 4.5
    terms = {"limit": [{"measure": "weighted_annual_rate", "min": 0.115}], "until": dt.date(2020, 2, 20)}
    flows = plan(terms, [100.0, 300.0, 300.0, 300.0], (BULLET | {"annual_rate": 0.06},))
    assert bought(flows).bought[0, 0] == pytest.approx(4.5 / 0.055)


def test_of_a_pool_past_a_mean_what_brings_it_no_further_is_bought() -> None:
    # the pool's 900 are at 12 %, below the 20 % asked for: loans at 16 % mend it, loans at its own 12 % leave it as it is
    for rate, expected in ((0.16, 100.0), (0.12, 100.0), (0.119, 0.0)):
        terms = {"limit": [{"measure": "weighted_annual_rate", "min": 0.2}], "until": dt.date(2020, 2, 20)}
        flows = plan(terms, [100.0, 300.0, 300.0, 300.0], (BULLET | {"annual_rate": rate},))
        assert bought(flows).bought[0, 0] == pytest.approx(expected)


def test_a_mean_that_is_the_limit_but_for_its_last_digit_meets_it() -> None:
    # 0.1 + 0.02 is 0.12 to 17 digits, and 0.12000000000000001 is not
    terms = {"limit": [{"measure": "weighted_annual_rate", "min": 0.1 + 0.02 + 2e-17}], "until": dt.date(2020, 2, 20)}
    for third in (0.12, 0.04 * 3, 0.12000000000000001):
        flows = plan(terms, [100.0, 300.0, 300.0, 300.0], (BULLET | {"annual_rate": third},))
        assert bought(flows).bought[0, 0] == 100.0


def test_a_mean_score_cuts_all_that_is_bought() -> None:
    # the pool's 900 score 700, what is bought 600; a mean of at least 695: (700 900 + 600 x) / (900 + x) >= 695
    terms = {"limit": [{"measure": "weighted_score", "min": 695.0}], "until": dt.date(2020, 2, 20)}
    loans = [100.0, 300.0, 300.0, 300.0]
    flows = plan(terms, loans, (BULLET | {"score": 600.0},), scored(loans, 700.0))
    assert bought(flows).bought[0, 0] == pytest.approx(5 * 900 / 95)
    (limit,) = bought(flows).limits
    assert limit.value[0, 0] == pytest.approx(695.0)
    assert limit.headroom[0, 0] == pytest.approx(0.0, abs=1e-9)
    assert limit.cut[0, 0] == pytest.approx(100 - 5 * 900 / 95)
    assert limit.value[0, 1] == pytest.approx((700 * 600 + 600 * 5 * 900 / 95) / (600 + 5 * 900 / 95))  # March: as they pay


def scored(principal: list[float], score: float) -> LoanPool:
    """The pool that pays this principal, with a score."""
    return replace(pool_of(principal), traits={"score": Numbers(np.array([score]))})


def test_a_mean_term_falls_as_the_pool_ages_and_purchases_hold_it_up() -> None:
    # the pool's 900 have 3 months left at the end of January, what is bought on 15 February 2; at least 2.95:
    # (3 900 + 2 x) / (900 + x) >= 2.95 where 0.95 x <= 45; at most 2.95, and the pool is past it: what is bought makes it better
    for bound, expected in (({"min": 2.95}, 45 / 0.95), ({"max": 2.95}, 100.0)):
        terms = {"limit": [{"measure": "weighted_remaining_term"} | bound], "until": dt.date(2020, 2, 20)}
        flows = plan(terms, [100.0, 300.0, 300.0, 300.0])
        assert bought(flows).bought[0, 0] == pytest.approx(expected)


def test_a_share_of_any_column_cuts_its_own() -> None:
    # the pool's 900 are all of the north; 50 of each is offered; the north at most 94.9 %: 900 + x <= 0.949 (900 + x + 50)
    lines = [BULLET | {"attributes": {"region": region}} for region in ("north", "south")]
    loans = [100.0, 300.0, 300.0, 300.0]
    pool = replace(pool_of(loans), traits={"region": Labels(np.zeros(1, dtype=np.int64), ("north",))})
    shares = [{"by": "region", "max_share": 0.99}, {"by": "region", "max_share": 0.949}]
    flows = plan({"limit": shares, "until": dt.date(2020, 2, 20)}, loans, lines, pool)
    assert bought(flows).bought[0, 0] == pytest.approx(50 + (0.949 * 950 - 900) / 0.051)
    limit = bought(flows).limits[1]
    assert limit.names[limit.largest[0, 0]] == "north"
    assert limit.value[0, 0] == pytest.approx(0.949)
    assert [row(each.cut)[0] > 0 for each in bought(flows).limits] == [False, True]


def test_purchases_need_not_fall_in_the_segments_that_limits_tell_apart() -> None:
    # a limit that never binds changes nothing, though it cuts what is bought into parts of one segment
    lines = [BULLET | {"attributes": {"region": "north"}}, BULLET | {"remaining_term": 3, "attributes": {"region": "south"}}]
    loans = [100.0, 300.0, 300.0, 300.0]
    pool = replace(pool_of(loans), traits={"region": Labels(np.zeros(1, dtype=np.int64), ("north",))})
    assumed = {"default": {"cumulative": 0.2, "timing": [0.5, 0.5]}, "recovery": {"rate": 0.5, "lag": 1}}
    free, watched = (
        plan({"limit": limits, "assumptions": assumed}, loans, lines, pool)
        for limits in ([], [{"by": "region", "max_share": 1.0}])
    )
    for name in ("default", "recovery", "interest", "closing_balance"):
        ours, theirs = (getattr(bought(flows).collateral, name) for flows in (watched, free))
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_what_originators_make_by_month_is_what_is_bought() -> None:
    # January makes 40 prime, February 20 prime and 60 other: on 15 February both months' 120 are for sale, 100 is the cash
    lines = [
        {key: BULLET[key] for key in BULLET if key != "balance"} | {"by_month": made, "segment": name}
        for name, made in (("prime", [40.0, 20.0]), ("other", [0.0, 60.0, 30.0]))
    ]
    flows = plan({"supply": "lines"}, [100.0, 300.0, 300.0, 300.0], lines)
    assert row(bought(flows).bought)[:2] == [100.0, 30.0]  # in March only 30 other are made
    pool = bought(flows).collateral
    balances = dict(zip(pool.segment_names, pool.segment_balance[0], strict=True))
    assert balances["prime"][1] == pytest.approx(50.0)
    assert balances["other"][2] == pytest.approx(50.0 + 30.0)
    assert row(bought(flows).shortfall)[1] == 270.0


def test_a_balance_of_lines_for_sale_is_that_of_every_month() -> None:
    # 30 a month: 15 February finds January's and February's 60, 15 March March's 30
    flows = plan({"supply": "lines"}, [100.0, 300.0, 300.0, 300.0], [BULLET | {"balance": 30.0}])
    assert row(bought(flows).bought)[:2] == [60.0, 30.0]


def test_a_month_that_comes_in_after_a_later_payment_date_buys_the_mix_that_is_for_sale() -> None:
    # 15 March pays January; its day opens the supply of February and March, which the end of February, paid in April, then buys
    lines = [
        {key: BULLET[key] for key in BULLET if key != "balance"} | {"by_month": made, "segment": name}
        for name, made in (("prime", [10.0, 0.0, 6.0]), ("other", [0.0, 2.0, 0.0]))
    ]
    dates = {"first_payment": dt.date(2020, 3, 15), "first_collection_months": 1}
    steps = {"buying": [step for step in BUYING if "purchase" not in step], "after": AFTER}
    terms = {"supply": "lines", "purchases": "monthly"}
    flows = plan(terms, [100.0, 300.0, 300.0, 300.0], lines, dates=dates, waterfall=steps)
    pool = bought(flows).collateral
    balances = dict(zip(pool.segment_names, pool.segment_balance[0], strict=True))
    assert row(pool.purchased)[:3] == [10.0, 8.0, 0.0]
    assert balances["prime"][1] == pytest.approx(16.0)
    assert balances["other"][1] == pytest.approx(2.0)


def test_the_mix_of_each_month_is_offered_where_supply_is_unlimited() -> None:
    lines = [
        {key: BULLET[key] for key in BULLET if key != "balance"} | {"by_month": made, "segment": name}
        for name, made in (("prime", [1.0, 0.0, 3.0]), ("other", [0.0, 1.0, 1.0]))
    ]
    flows = plan({}, [100.0, 300.0, 300.0, 300.0], lines)
    pool = bought(flows).collateral
    balances = dict(zip(pool.segment_names, pool.segment_balance[0], strict=True))
    assert balances["prime"][1] == pytest.approx(50.0)  # January's and February's together
    assert balances["prime"][2] == pytest.approx(50.0 + 225.0)


def test_idle_cash_over_three_dates_may_end_the_period() -> None:
    # idle cash is 30 after the first purchase and 330 after the next two, of notes of 900: the mean of the last three that a date
    # sees is 120 / 900 on the third date and 230 / 900, above 0.2, on the fourth
    trigger = {
        "name": "idle",
        "when": "average(pool.idle_cash / notes.balance, 3) > threshold",
        "threshold": 0.2,
        "effect": {"end_revolving": True},
    }
    terms = {"supply": [30.0, 40.0], "until": dt.date(2020, 12, 20)}
    flows = plan(terms, [100.0, 300.0, 0.0, 0.0, 600.0], trigger=[trigger])
    assert row(bought(flows).idle_cash)[:3] == [30.0, 330.0, 330.0]
    measured = flows.triggers["idle"].measure
    assert measured is not None
    np.testing.assert_allclose(measured[0, 2:4], [120 / 900, 230 / 900], rtol=1e-9)
    assert flows.triggers["idle"].breached[0, :4].tolist() == [False, False, False, True]
    assert bought(flows).active[0, :4].tolist() == [True, True, True, False]


def test_a_prefunding_account_buys_and_its_cash_leaves_the_deal() -> None:
    steps = [{"purchase": "pool", "from": "prefunding"}, *BUYING]
    flows = plan(
        {"until": dt.date(2020, 2, 20)},
        [100.0, 300.0, 300.0, 300.0],
        waterfall={"buying": steps, "after": AFTER},
        account=[{"name": "prefunding", "initial": 50.0}],
    )
    assert row(bought(flows).bought)[0] == 150.0
    assert row(flows.accounts["prefunding"].out)[0] == 50.0
    assert all(check.ok for check in flows.checks)


PREFUNDED = [  # A and B of 900 stand on a pool of 700 and 200 of cash
    {"interest": ["A", "B"], "from": "interest"},
    {"purchase": "pool", "from": "prefunding"},
    {"principal": ["A", "B"], "from": "principal"},
    {"residual": "SUB", "from": "interest"},
]
RAMPED_UP = [
    {"draw": "prefunding", "to": "principal"},
    {"interest": ["A", "B"]},
    {"principal": ["A", "B"]},
    {"residual": "SUB"},
]


def prefunded(monthly: bool, **terms: Any) -> DealCashflows:
    """A pool of 1,000, and 200 to buy two-month loans with in two months; principal is passed through meanwhile."""
    steps = [step for step in PREFUNDED if "purchase" not in step] if monthly else PREFUNDED
    return plan(
        terms | ({"purchases": "monthly", "from": "prefunding"} if monthly else {}),
        [100.0, 300.0, 300.0, 300.0],
        tranche=[
            {"name": "A", "balance": 900.0, "coupon": 0.0, "day_count": "30/360"},
            {"name": "B", "balance": 300.0, "coupon": 0.0, "day_count": "30/360"},
            {"name": "SUB", "balance": 0.0, "residual": True},
        ],
        account=[{"name": "prefunding", "initial": 200.0, "rate": 0.0365}],
        waterfall={"buying": steps, "after": RAMPED_UP},
    )


def test_what_a_prefunding_account_does_not_spend_prepays_the_notes() -> None:
    # 70 is for sale by 15 February, 40 by 15 March; the 90 left pay A on 15 April with the pool's 300 and March's interest: 20,
    # and 0.7 of the loans bought in February; the account earned 3.65 % / 365 a day: 31 days on 200, 29 on 130, 31 on 90
    flows = prefunded(False, supply=[30.0, 40.0, 40.0])
    assert row(bought(flows).bought)[:3] == [70.0, 40.0, 0.0]
    assert row(flows.accounts["prefunding"].closing_balance)[:3] == [130.0, 90.0, 0.0]
    assert row(flows.accounts["prefunding"].earned)[:3] == [0.62, 0.377, 0.279]
    assert row(flows.tranches["A"].principal)[:2] == [100.0, 300.0]
    interest = 20 + 0.7 + 0.279
    assert row(flows.tranches["A"].principal)[2] == pytest.approx(90 + 300 + interest)


def test_monthly_purchases_spend_an_account_day_by_day() -> None:
    # 31 January: 30 are for sale and bought, 29 February 40; an account earns on what it holds from day to day: 16 days from
    # closing on 200, 15 more on 170; then 14 days on 170, 15 on 130
    flows = prefunded(True, supply=[30.0, 40.0, 40.0])
    account = flows.accounts["prefunding"]
    assert row(bought(flows).bought)[:3] == [30.0, 40.0, 0.0]
    assert row(account.opening_balance)[:2] == [200.0, 170.0]
    assert row(account.out)[:2] == [30.0, 40.0]
    assert row(account.earned)[:2] == [round((16 * 200 + 15 * 170) / 10_000, 6), round((14 * 170 + 15 * 130) / 10_000, 6)]
    (line,) = [line for line in flows.ledger if line.verb == "purchase" and line.step < 0]
    assert line.source == "prefunding"


def test_notes_may_exceed_the_pool_by_the_cash_that_buys() -> None:
    assert prefunded(False).tranches["A"].opening_balance[0, 0] == 900.0
    with pytest.raises(InputError, match=r"above the pool's 1,000.00 and 199.00 of cash to buy with by 1.00"):
        plan(
            {}, [100.0, 300.0, 300.0, 300.0], tranche=[
                {"name": "A", "balance": 1200.0, "coupon": 0.0, "day_count": "30/360"},
                {"name": "SUB", "balance": 0.0, "residual": True},
            ],
            account=[{"name": "prefunding", "initial": 199.0}, {"name": "reserve", "initial": 50.0}],
            waterfall={"buying": [{"purchase": "pool", "from": "prefunding"}, {"residual": "SUB", "from": "interest"}],
                       "after": [{"principal": "A"}, {"residual": "SUB"}]},
        )  # fmt: skip


def test_scenarios_buy_what_their_own_cash_buys() -> None:
    revolving = {"until": dt.date(2020, 3, 20), "then": "after", "line": [BULLET]}
    raw = small({"buying": BUYING, "after": AFTER}, revolving=revolving, scenario={"slow": {}})
    fast, slow = paying([100.0, 300.0, 300.0, 300.0], INTEREST), paying([50.0, 50.0, 450.0, 450.0], INTEREST)
    both = type(fast)(
        dates=fast.dates,
        segment_names=fast.segment_names,
        segment_initial=fast.segment_initial,
        **{
            name: np.concatenate([getattr(fast, name), getattr(slow, name)])
            for name in fast.__slots__
            if name not in ("dates", "segment_names", "segment_initial", "purchased")
        },
    )
    deal = Deal.model_validate(raw)
    flows = run_waterfall(deal, POOL, both, plan=plan_of(deal, pool_of([100.0, 300.0, 300.0, 300.0])))[0]
    assert bought(flows).bought[:, 0].tolist() == [100.0, 50.0]
    np.testing.assert_allclose(bought(flows).bought[0], bought(plan({}, [100.0, 300.0, 300.0, 300.0])).bought[0])


def test_the_illustrative_plan_buys_for_a_year_and_then_passes_through() -> None:
    result = aw.run(aw.load(Path(__file__).parents[2] / "deals" / "jiebei-revolving" / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    flows, purchases = result.flows, bought(result.flows)
    for s in range(2):  # the base case and the stress revolve to the end
        assert purchases.active[s, :11].all()
        assert not purchases.active[s, 11:].any()
        assert (flows.tranches["A"].principal[s, :11] == 0).all()
        assert flows.tranches["A"].principal[s, 11] > 0
    severe = result.scenarios.index("severe")
    assert flows.triggers["循环期提前结束"].breached[severe].any()
    assert purchases.bought[severe].sum() < 0.5 * purchases.bought[0].sum()
    assert result.collateral.purchased[0].sum() == pytest.approx(purchases.bought[0].sum())


def test_the_workbook_and_the_files_show_what_was_bought(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    from abs_waterfall.report.as_csv import csv_files
    from abs_waterfall.report.as_json import results
    from abs_waterfall.report.term_sheet.write import write_term_sheet

    result = aw.run(aw.load(Path(__file__).parents[2] / "deals" / "jiebei-revolving" / "deal.toml"))
    with (tmp_path / "sheet.xlsx").open("wb") as file:
        write_term_sheet(result, file)
    cells = [[cell.value for cell in row] for row in load_workbook(tmp_path / "sheet.xlsx")["Purchases"].iter_rows()]
    assert any(str(cell).startswith("Balance bought") for line in cells for cell in line)
    entry = results(result)["scenarios"]["base"]
    assert sum(entry["purchases"]["purchased"]) == pytest.approx(sum(entry["collateral"]["purchased"]))
    assert csv_files(result)["purchases.csv"].startswith(b"scenario,date,purchased,cost,idle_cash,shortfall,active\n")
