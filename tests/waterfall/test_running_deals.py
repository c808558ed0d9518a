"""Deals that are under way: classes partly paid, interest unpaid before, classes with a legal final of their own."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from abs_waterfall.result import Result
from waterfall.small_deals import POOL, paying, row, run, small

DEAL = """\
[deal]
name = "Under way"
currency = "USD"
[dates]
cutoff = 2024-12-31
closing = 2025-01-15
first_payment = 2025-02-15
frequency = "monthly"
legal_final = 2027-02-15
[[pool.line]]
balance = 1000
annual_rate = 0
remaining_term = 10
amortization = "equal_principal"
[[tranche]]
name = "A"
balance = 600
initial_balance = 800
coupon = 0.0
day_count = "30/360"
legal_final = 2025-06-20
[[tranche]]
name = "B"
balance = 400
coupon = 0.0
day_count = "30/360"
[[exchange]]
name = "AB"
of = { A = 0.5, B = 0.25 }
[waterfall]
only = [{ principal = ["A", "B"] }]
"""


@pytest.fixture
def under_way(tmp_path: Path) -> Result:
    (tmp_path / "deal.toml").write_text(DEAL, encoding="utf-8")
    return aw.run(aw.load(tmp_path / "deal.toml"))


def test_interest_unpaid_before_is_due_with_the_first_interest() -> None:
    raw = small()
    raw["tranche"][0] |= {"unpaid_interest": 10.0, "interest_on_shortfall": "coupon"}
    flows = run(raw, paying([0.0, 1000.0], [12.0, 30.0])).tranches["A"]
    assert row(flows.interest_due)[:2] == [16.1, 10.141]  # 10 + 6 + 0.1; then 4.1 + 6 + 0.041
    assert row(flows.interest)[:2] == [12.0, 10.141]
    assert Deal.model_validate(raw).tranche[0].unpaid_interest == 10.0


def test_every_check_holds_with_interest_unpaid_before() -> None:
    raw = small()
    raw["tranche"][0] |= {"unpaid_interest": 10.0}
    flows = run(raw, paying([0.0, 1000.0], [12.0, 30.0]))
    assert all(check.ok for check in flows.checks if "undistributed" not in check.name)


def test_factors_are_of_the_balance_at_closing() -> None:
    raw = small([{"principal": "A", "amount": "1000 * tranche.A.factor - tranche.A.initial_balance + notes.initial_balance"}])
    raw["tranche"][0] |= {"initial_balance": 1200.0}
    flows = run(raw, paying([POOL]))
    # 1000 x 600 / 1200 - 1200 + (1200 + 300) = 800: all of A's 600
    assert row(flows.tranches["A"].principal)[0] == 600.0
    raw["tranche"][0]["initial_balance"] = 6000.0  # 100 - 6000 + 6300 = 400
    assert row(run(raw, paying([POOL])).tranches["A"].principal)[0] == 400.0


def test_what_is_unpaid_at_a_class_s_own_legal_final_is_lost(under_way: Result) -> None:
    """100 a month: 500 are paid by 15 June, so 100 are left on 20 June, and paid in July."""
    assert under_way.measures["A"].principal_loss.tolist() == pytest.approx([100.0])
    assert under_way.measures["B"].principal_loss.tolist() == [0.0]
    assert under_way.tranche("A").closing_balance.iloc[5] == 0
    assert 'base: "A" has 100.00 unpaid at its legal final 2025-06-20, a loss' in under_way.warnings
    assert under_way.ok


def test_the_original_balance_is_that_of_closing(under_way: Result) -> None:
    assert under_way.original_balances == {"A": 800.0, "B": 400.0}


def test_an_exchangeable_class_is_its_shares_of_others(under_way: Result) -> None:
    """Half of A's 100 a month for six months, then a quarter of B's for four."""
    flows = under_way.exchange("AB")
    assert flows.principal.tolist() == pytest.approx([50.0] * 6 + [25.0] * 4)
    assert flows.opening_balance.iloc[0] == 400.0
    measures = under_way.exchanges["AB"].measures
    months = np.arange(1, 11)
    life = (50 * months[:6].sum() + 25 * months[6:].sum()) / 400 / 12
    assert measures.wal.tolist() == pytest.approx([life])
    assert measures.principal_loss.tolist() == pytest.approx([50.0])  # half of A's


def test_an_exchange_of_a_whole_class_is_the_class(under_way: Result, tmp_path: Path) -> None:
    text = DEAL.replace("of = { A = 0.5, B = 0.25 }", "of = { A = 1.0 }\nprice = 97.5").replace("coupon = 0.0", "coupon = 0.06")
    text = text.replace('name = "A"', 'name = "A"\nprice = 97.5').replace("annual_rate = 0\n", "annual_rate = 0.08\n")
    text = text.replace("only = [", 'only = [{ interest = ["A", "B"] }, ')
    (tmp_path / "whole.toml").write_text(text.replace("closing = 2025-01-15", "closing = 2025-01-05"), encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "whole.toml"))
    whole, made = result.measures["A"], result.exchanges["AB"].measures
    assert made.yield_bey.tolist() == whole.yield_bey.tolist()
    assert made.modified_duration.tolist() == whole.modified_duration.tolist()
    assert dt.date(2025, 2, 15) == result.flows.dates[0]


CLOSING = {
    "deal": {"name": "from closing", "currency": "USD", "allow_undercollateralised": True},
    "dates": {
        "cutoff": dt.date(2024, 12, 31),
        "closing": dt.date(2025, 1, 15),
        "first_payment": dt.date(2025, 2, 15),
        "frequency": "monthly",
        "legal_final": dt.date(2028, 1, 15),
    },
    "pool": {"initial_balance": 1000.0, "line": [{"balance": 1000.0, "annual_rate": 0.06, "remaining_term": 24, "age": 3}]},
    "assumptions": {"prepayment": {"psa": 400.0}, "default": {"cdr": 0.35}, "recovery": {"rate": 0.2}},
    "tranche": [
        {"name": "A", "balance": 600.0, "coupon": 0.05, "day_count": "30/360", "interest_on_shortfall": "coupon"},
        {"name": "B", "balance": 250.0, "coupon": 0.30, "day_count": "ACT/365F", "interest_on_shortfall": 0.02},
        {"name": "SUB", "balance": 100.0, "residual": True},
    ],
    "fee": [{"name": "servicing", "rate": 0.01, "base": "pool.opening_balance"}],
    "account": [{"name": "reserve", "initial": 5.0, "target": "0.02 * pool.balance", "rate": 0.01}],
    "group": [{"name": "G", "tranches": ["A", "B"]}],
    "schedule": [{"name": "plan", "tranches": "A", "balances": [600.0 - 20 * n for n in range(1, 31)]}],
    "waterfall": {
        "only": [
            {"pay": "servicing", "from": "interest"},
            {"interest": "G", "from": "interest"},
            {"fill": "reserve", "from": "interest"},
            {"transfer": "interest", "to": "principal", "amount": "pool.default"},
            {"principal": "A", "amount": "tranche.A.balance - schedule.plan", "from": "principal"},
            {"principal": "B", "when": "tranche.A.factor < 0.9 or pool.factor < 0.5", "from": "principal"},
            {"principal": ["G", "SUB"], "when": "pool.cumulative_default_rate > 0.05", "from": "principal"},
            {"residual": "SUB", "when": "notes.balance <= 0", "from": "available"},
        ]
    },
}


def restarted(result: Result, months: int) -> Deal:
    """The deal as it stands after some payment dates, as a deal file of that day would say it."""
    flows, pool, last = result.flows, result.collateral, months - 1
    raw = copy.deepcopy(CLOSING)
    raw["dates"] |= {"cutoff": pool.dates[last], "closing": flows.dates[last], "first_payment": flows.dates[months]}
    raw["pool"] |= {
        "line": [CLOSING["pool"]["line"][0] | {"balance": float(pool.closing_balance[0, last]), "remaining_term": 24 - months}],
        "cumulative_default": float(pool.default[0, :months].sum()),
        "cumulative_loss": float(pool.loss[0, :months].sum()),
    }
    raw["pool"]["line"][0]["age"] = 3 + months
    for tranche in raw["tranche"]:
        at = flows.tranches[tranche["name"]]
        tranche |= {"initial_balance": tranche["balance"], "balance": float(at.closing_balance[0, last])}
        if "coupon" in tranche:
            tranche["unpaid_interest"] = float(at.interest_shortfall[0, last])
    raw["account"][0]["initial"] = float(flows.accounts["reserve"].closing_balance[0, last])
    raw["schedule"][0]["balances"] = CLOSING["schedule"][0]["balances"][months:]
    return Deal.model_validate(raw)


@pytest.mark.parametrize("months", [5, 8, 12])
def test_a_deal_restarted_from_its_own_state_gives_the_same_flows(months: int) -> None:
    whole = aw.run(Deal.model_validate(CLOSING))
    assert whole.flows.tranches["B"].interest_shortfall[0, months - 1] > 1  # there is something to carry over
    assert whole.flows.funds.unspent_principal[0, months - 1] == 0
    again = aw.run(restarted(whole, months))
    for name, flows in again.flows.tranches.items():
        for key in ("opening_balance", "interest_due", "interest", "principal", "residual", "closing_balance"):
            expected = getattr(whole.flows.tranches[name], key)[:, months:]
            np.testing.assert_allclose(getattr(flows, key)[:, : expected.shape[1]], expected, atol=1e-9)
    np.testing.assert_allclose(
        again.flows.accounts["reserve"].closing_balance[0], whole.flows.accounts["reserve"].closing_balance[0, months:], atol=1e-9
    )
