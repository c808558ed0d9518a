"""Plans whose purchases can be worked out by hand: what is bought, when it pays, what it costs, what is left.

Notes of 900 on a pool of 1,000; collections are months, payments follow on the 15th of the month after.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.collateral.vintages import Vintages
from abs_waterfall.deal.model import Deal
from abs_waterfall.pool.lines import pool_of_lines
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


def lines(*given: dict[str, Any]) -> Vintages:
    """Vintages of these lines, which nobody prepays or defaults on; by segment where there are several."""
    pool = pool_of_lines([RepLine.model_validate(line) for line in given], CUTOFF, "30/360")
    return Vintages(pool, Assumptions(), {}, CUTOFF, "30/360", by_segment=len(given) > 1)


BULLET = {"balance": 1.0, "annual_rate": 0.12, "remaining_term": 2, "amortization": "interest_only"}


def plan(terms: dict[str, Any], principal: list[float], vintages: Vintages | None = None, **tables: Any) -> DealCashflows:
    """A plan that may buy until 15 March, the second payment date, by default two-month loans at 1 % a month."""
    raw = small({"buying": BUYING, "after": AFTER}, revolving={"until": dt.date(2020, 3, 20), "then": "after"} | terms, **tables)
    flows = run_waterfall(Deal.model_validate(raw), POOL, paying(principal, INTEREST), vintages=vintages or lines(BULLET))[0]
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
    raw = small(steps, revolving={"until": dt.date(2020, 3, 20), "then": "after"}, fee=[agent])
    flows = run_waterfall(Deal.model_validate(raw), POOL, paying([100.0] * 10, INTEREST), vintages=lines(BULLET))[0]
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
    flows = plan(terms | {"until": dt.date(2020, 2, 20)}, [100.0, 300.0, 300.0, 300.0], lines(BULLET, new))
    # of "all" no more than 4 % either, and the pool is past that: none of it, as more would make it worse
    assert bought(flows).bought[0, 0] == pytest.approx(0.04 * 900 / 0.96)
    assert bought(flows).shortfall[0, 0] == pytest.approx(100 - 0.04 * 900 / 0.96)


def test_a_mean_cuts_all_that_is_bought() -> None:
    # the pool's 900 are at 12 %, what is bought at 6 %; a mean of at least 11.5 %: (108 + 0.06 x) / (900 + x) >= 0.115
    # where 0.055 x <= 4.5
    vintages = lines(BULLET | {"annual_rate": 0.06})
    pool = pool_of_lines(
        [RepLine(balance=1000.0, annual_rate=0.12, remaining_term=10, amortization="equal_principal")], CUTOFF, "30/360"
    )
    vintages.measure(["weighted_annual_rate"], pool)
    terms = {"limit": [{"measure": "weighted_annual_rate", "min": 0.115}], "until": dt.date(2020, 2, 20)}
    flows = plan(terms, [100.0, 300.0, 300.0, 300.0], vintages)
    assert bought(flows).bought[0, 0] == pytest.approx(4.5 / 0.055)


def test_a_prefunding_account_buys_and_its_cash_leaves_the_deal() -> None:
    steps = [{"purchase": "pool", "from": "prefunding"}, *BUYING]
    raw = small({"buying": steps, "after": AFTER}, revolving={"until": dt.date(2020, 2, 20), "then": "after"})
    raw["account"] = [{"name": "prefunding", "initial": 50.0}]
    flows = run_waterfall(Deal.model_validate(raw), POOL, paying([100.0, 300.0, 300.0, 300.0], INTEREST), vintages=lines(BULLET))[
        0
    ]
    assert row(bought(flows).bought)[0] == 150.0
    assert row(flows.accounts["prefunding"].out)[0] == 50.0
    assert all(check.ok for check in flows.checks)


def test_scenarios_buy_what_their_own_cash_buys() -> None:
    raw = small(
        {"buying": BUYING, "after": AFTER}, revolving={"until": dt.date(2020, 3, 20), "then": "after"}, scenario={"slow": {}}
    )
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
    pool = pool_of_lines([RepLine.model_validate(BULLET)], CUTOFF, "30/360")
    deal = Deal.model_validate(raw)
    flows = run_waterfall(deal, POOL, both, vintages=Vintages(pool, Assumptions(), deal.scenario, CUTOFF, "30/360"))[0]
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
