"""A deal run from closing and again from the state it is in after some date gives the same flows from there."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import abs_waterfall as aw
from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError
from abs_waterfall.files.deals import deal_of
from abs_waterfall.files.toml import read_toml
from abs_waterfall.pipeline import project, project_speeds, read_deal_pool, run, state_of, to_buy
from abs_waterfall.report.state import state_file, state_toml
from abs_waterfall.waterfall.calendar import past_months
from abs_waterfall.waterfall.run import run_waterfall, state_after
from waterfall.made_deals import Made, made
from waterfall.restarts import AT_CLOSING, assert_same_from, bought_by, going_on, left_of
from waterfall.small_deals import POOL, paying, row, small

SHIPPED = sorted(path.parent.name for path in (Path(__file__).parents[2] / "deals").glob("*/deal.toml"))


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.integers(0, 2**32 - 1))
def test_any_deal_goes_on_from_its_own_state(seed: int) -> None:
    rnd = Random(seed)  # noqa: S311 - made-up deals
    case = made(rnd)
    whole = case.run()[0]
    s = rnd.randrange(len(whole.scenarios))
    assume(whole.last_period[s] > 0)
    past = rnd.randint(1, int(whole.last_period[s]))
    said = state_after(case.deal, case.pool_balance, case.collateral, case.at_speeds, case.plan, period=past, scenario=s)
    deal, plan = going_on(case.raw, said), case.plan
    now, plan = (case.collateral, None) if plan is None else bought(case, plan, past)
    pool = left_of(now, past_months(deal))
    again = run_waterfall(deal, float(pool.opening_balance[0, 0]), pool, None, plan)[0]
    assert_same_from(whole, again, s, past, 1e-9 * case.pool_balance)


def bought(case: Made, plan: Plan, past: int) -> tuple[CollateralCashflows, Plan]:
    """The pool with what a made-up deal bought by a date, and the plan as of then."""
    return bought_by(case.deal, case.pool_balance, case.collateral, plan, past, case.at_speeds)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_deal_goes_on_from_its_own_state(name: str) -> None:
    path = Path(__file__).parents[2] / "deals" / name / "deal.toml"
    raw = read_toml(path)
    deal = deal_of(raw, path)
    pool, _ = read_deal_pool(deal)
    flows, balance = project(deal, pool), pool.total_balance
    speeds, plan = project_speeds(deal, pool), to_buy(deal, pool)
    whole = run_waterfall(deal, balance, flows, speeds, plan)[0]
    s = len(whole.scenarios) - 1
    past = max(1, int(whole.last_period[s]) // 3)
    said = state_after(deal, balance, flows, speeds, plan, period=past, scenario=s)
    for scenario in raw.get("scenario", {}).values():
        scenario["set"] = {name: value for name, value in scenario.get("set", {}).items() if not name.endswith(AT_CLOSING)}
    later = deal_of(raw | tomllib.loads(state_toml(said)), path)
    now, plan = bought_by(deal, balance, flows, plan, past) if plan else (flows, None)
    again = run_waterfall(later, balance, left_of(now, past_months(later)), None, plan)[0]
    assert_same_from(whole, again, s, past, 1e-9 * balance)


# ------------------------------------------------------------------------------------------ what made-up deals do not have

PROMISED: dict[str, Any] = {
    "index": {"I": {"rates": [[dt.date(2019, 12, 1), 0.05], [dt.date(2020, 4, 1), 0.09]]}},
    "facility": [{"name": "line", "limit": "0.2 * notes.balance + 100 * hedge.swap.net", "rate": 0.12, "commitment_fee": 0.01}],
    "hedge": [{"name": "swap", "pays": 0.08, "receives": "index.I", "notional": "tranche.A.balance"}],
    "fee": [
        {"name": "yearly", "rate": 0.01, "base": "notes.balance", "every": 5},
        {"name": "stated", "dates": [[dt.date(2020, 3, 1), 3.0], [dt.date(2020, 8, 1), 4.0]]},
        {"name": "by_date", "amount": {"by_period": [1.0, 1.0, 2.0], "then": 3.0}},
    ],
    "account": [{"name": "reserve", "initial": 40.0, "target": "0.05 * pool.balance"}],
    "define": {"floor": "0.2 * pool.balance"},
    "trigger": [
        {"name": "slow", "when": "pool.default > 5", "cure_periods": 3, "effect": {"stop_step_down": ["reserve", "floor"]}},
        {"name": "late", "when": "period > 6", "effect": {"set": {"tranche.A.coupon": 0.14}}},
    ],
}


def promised() -> dict[str, Any]:
    """A deal with a facility, a hedge, a swap that both owe, components, what caps took, fees and numbers that stop."""
    steps = [
        {"swap": "swap", "when": "months < 3 or months > 6", "from": "interest"},
        {"pay": ["yearly", "stated", "by_date"], "from": "interest"},
        {"interest": ["A", "B.senior"], "support": ["line"], "from": "interest"},
        {"pay": "line", "amount": 0.01, "from": "interest"},
        {"interest": "A.carry_over", "amount": 0.3, "from": "interest"},
        {"principal": ["A", "B"], "amount": "pool.principal - floor / 10", "name": "kept", "from": "principal"},
        {"fill": "reserve", "amount": "1 + 0.1 * step.kept.paid", "from": "principal"},
        {"interest": "B", "when": "sum_to_date(pool.default) < 22", "from": "interest"},
        {"repay": "line", "amount": 1.0, "from": "principal"},
        {"residual": "SUB", "when": "notes.balance <= 0", "from": "available"},
    ]
    raw = small(steps, **PROMISED)
    raw["tranche"][0] |= {"coupon": {"index": "I", "margin": 0.01, "cap": 0.07, "carry_over": True, "reset": 3}}
    raw["tranche"][1] |= {"component": [{"name": "senior", "coupon": 0.05}], "deferrable": True, "coupon": 0.1}
    raw["trigger"][1]["effect"] = {"sweep": "reserve"}
    return raw


FLOWS = paying([80.0] * 12, [4.0] * 12, [0.0, 8.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 7.0])


@pytest.mark.parametrize("past", range(1, 11))
def test_facilities_hedges_lines_and_fees_go_on(past: int) -> None:
    raw = promised()
    deal = Deal.model_validate(raw)
    whole = run_waterfall(deal, POOL, FLOWS)[0]
    said = state_after(deal, POOL, FLOWS, period=past)
    again = run_waterfall(going_on(raw, said), POOL, left_of(FLOWS, past))[0]
    assert_same_from(whole, again, 0, past, 1e-9 * POOL)


def test_a_state_says_all_that_is_carried() -> None:
    said = state_after(Deal.model_validate(promised()), POOL, FLOWS, period=4)
    carried = {
        "facility.line.balance", "facility.line.unpaid", "hedge.swap.unpaid", "fee.yearly.accrued", "account.reserve.target",
        "tranche.A.carry_over.interest_shortfall", "floor", "hedge.swap.net", "pool.cumulative_default",
    }  # fmt: skip
    assert carried <= said.values.keys()
    assert said.holding == ["slow"]
    assert said.clean == {"slow": 2}
    assert said.history == {"pool.default": [8.0]}


# ------------------------------------------------------------------------------------------------------------ from a file

AGREED = """\
[deal]
name = "Live"
currency = "USD"
[dates]
cutoff = 2024-12-31
closing = 2025-01-15
first_payment = 2025-02-15
frequency = "monthly"
legal_final = 2027-02-15
[[pool.line]]
balance = 1000
annual_rate = 0.06
remaining_term = 10
amortization = "equal_principal"
[[tranche]]
name = "A"
share = 0.6
coupon = 0.12
day_count = "30/360"
[[tranche]]
name = "SUB"
balance = 300
residual = true
[[fee]]
name = "trustee"
amount = { by_period = [1, 2, 3, 4, 5, 6, 7] }
[waterfall]
only = [{ pay = "trustee" }, { interest = "A" }, { principal = "A", amount = "pool.principal" }, { residual = "SUB" }]
"""
STATE = """
[state]
period = 4
[state.values]
"pool.initial_balance" = 1000
"tranche.A.balance" = 200
"tranche.A.initial_balance" = 600
"tranche.A.interest_shortfall" = 0.5
"tranche.A.written_down" = 10
"tranche.SUB.balance" = 300
"fee.trustee.unpaid" = 0.25
"funds.principal" = 2
"""


@pytest.fixture
def live(tmp_path: Path) -> aw.Result:
    """Four payments are past; 300 of the pool is left, for three months more, and A is above what is left of it."""
    text = AGREED.replace("balance = 1000", "balance = 180", 1).replace("remaining_term = 10", "remaining_term = 3")
    (tmp_path / "deal.toml").write_text(text + STATE, encoding="utf-8")
    return aw.run(aw.load(tmp_path / "deal.toml"))


def test_a_trustee_s_figures_are_where_a_deal_goes_on(live: aw.Result) -> None:
    """The fifth date: 60 + 0.9 collected and 2 held; 5 + 0.25 to the trustee, 0.5 + 2 of interest, the pool's 60, 0 left."""
    flows, a = live.flows, live.flows.tranches["A"]
    assert [str(day) for day in flows.dates] == ["2025-06-15", "2025-07-15", "2025-08-15"]
    assert row(flows.fees["trustee"].due) == pytest.approx([5.25, 6.0, 7.0])
    assert row(a.interest_due)[0] == 2.5
    assert row(a.principal)[0] == 62.9 - 5.25 - 2.5
    assert live.ok
    assert live.original_balances == {"A": 600.0, "SUB": 300.0}
    assert live.measures["A"].principal_loss[0] == pytest.approx(200 + 10 - a.principal.sum())


def test_lives_of_a_deal_that_goes_on_count_from_its_last_payment(live: aw.Result) -> None:
    principal = live.flows.tranches["A"].principal[0]
    months = np.arange(1, 4) / 12
    assert live.measures["A"].wal[0] == pytest.approx((principal * months).sum() / principal.sum())


def test_what_lies_behind_is_not_paid_again(live: aw.Result) -> None:
    assert live.flows.past == 4
    assert str(live.flows.paid_before) == "2025-05-15"
    assert [str(day) for day in live.collateral.dates] == ["2025-05-31", "2025-06-30", "2025-07-31"]


LOSSES = """
[assumptions]
default = { mdr = [0.01, 0.03, 0.02, 0.04, 0.05, 0.01], by = "period" }
recovery = { rate = 0.5, lag = 2, timing = [0.25, 0.25, 0.5] }
"""


def test_a_file_with_its_state_and_the_loans_of_the_day_goes_on_as_it_would_have(tmp_path: Path) -> None:
    """The line is as it is after four months: what is left, for six months more; recoveries come on what has defaulted.

    The list by period leaves out the four that are past.
    """
    (tmp_path / "closing.toml").write_text(AGREED + LOSSES, encoding="utf-8")
    deal = aw.load(tmp_path / "closing.toml")
    whole = aw.run(deal)
    left = float(whole.collateral.closing_balance[0, 3])
    text = (AGREED + LOSSES).replace("balance = 1000", f"balance = {left!r}", 1)
    text = text.replace("remaining_term = 10", "remaining_term = 6\nage = 4").replace("0.01, 0.03, 0.02, 0.04, ", "")
    text += state_toml(state_of(deal, 4))
    (tmp_path / "live.toml").write_text(text, encoding="utf-8")
    again = aw.run(aw.load(tmp_path / "live.toml"))
    np.testing.assert_allclose(again.collateral.recovery[0], whole.collateral.recovery[0, 4:], rtol=1e-12)
    assert_same_from(whole.flows, again.flows, 0, 4, 1e-9 * POOL)


def test_a_state_says_what_assumptions_count_from(tmp_path: Path) -> None:
    (tmp_path / "deal.toml").write_text(AGREED + LOSSES, encoding="utf-8")
    deal = aw.load(tmp_path / "deal.toml")
    said = state_of(deal, 4)
    assert "leave out the first 4 months of their lists" in state_file(deal, said, "base")
    plain = deal.model_copy(update={"assumptions": Assumptions.model_validate({"default": {"cumulative": 0.1}})})
    told = state_file(plain, said, "base")
    assert "say what is left of it" in told
    assert "leave out" not in told


def test_what_comes_back_is_that_of_all_that_has_defaulted_held_or_bought() -> None:
    """Nothing defaults after the fourth month: what comes back from then on is of what defaulted before."""
    lines = [{"remaining_term": 9, "annual_rate": 0.1, "segment": segment, "balance": 1.0} for segment in ("all", "new")]
    ends = {"default": {"mdr": [0.05, 0.02, 0.04, 0.03, 0.0], "by": "period"}}
    terms = {"months": 3, "then": "after", "line": lines, "assumptions": ends | {"recovery": {"rate": 0.8, "lag": 4}}}
    steps = {"buying": [{"purchase": "pool", "from": "principal"}, {"residual": "SUB", "from": "interest"}]}
    steps["after"] = [{"interest": ["A", "B"]}, {"principal": ["A", "B"]}, {"residual": "SUB"}]
    raw = small(steps, revolving=terms, assumptions=ends | {"recovery": {"rate": 0.5, "lag": 1, "timing": [0.5, 0.0, 0.5]}})
    deal = Deal.model_validate(raw)
    whole, said = aw.run(deal), state_of(deal, 4)
    come = whole.collateral.recovery[0, 4:]
    assert come[:4].all()
    np.testing.assert_allclose(said.recoveries, come[: len(said.recoveries)], rtol=1e-12)
    assert not come[len(said.recoveries) :].any()


def test_a_state_of_a_deal_that_goes_on_tells_of_recoveries_that_it_was_told_of(tmp_path: Path) -> None:
    text = AGREED.replace("balance = 1000", "balance = 180", 1).replace("remaining_term = 10", "remaining_term = 3")
    told = STATE.replace("period = 4", "period = 4\nrecoveries = [1, 2, 3, 4, 5]")
    (tmp_path / "deal.toml").write_text(text + told, encoding="utf-8")
    deal = aw.load(tmp_path / "deal.toml")
    assert state_of(deal, 5).recoveries == [2.0, 3.0, 4.0, 5.0]
    assert row(aw.run(deal).flows.funds.principal) == [61.0, 62.0, 63.0, 4.0, 5.0]  # with the pool's 60 for three months


def test_a_lookback_needs_its_past() -> None:
    raw = promised()
    said = state_after(Deal.model_validate(raw), POOL, FLOWS, period=4)
    for history, words in (({}, "the last 1 values are needed"), ({"pool.loss": [1.0]}, "no formula looks back on this")):
        deal = going_on(raw, said.model_copy(update={"history": history}))
        with pytest.raises(InputError, match=words):
            run_waterfall(deal, POOL, left_of(FLOWS, 4))


def test_a_sum_to_date_may_be_said_as_one_figure() -> None:
    raw = promised()
    said = state_after(Deal.model_validate(raw), POOL, FLOWS, period=6)
    assert said.history["pool.default"] == [14.0]
    spread = going_on(raw, said.model_copy(update={"history": {"pool.default": [0.0, 8.0, 0.0, 0.0, 6.0, 0.0]}}))
    left = left_of(FLOWS, 6)
    one, other = run_waterfall(going_on(raw, said), POOL, left)[0], run_waterfall(spread, POOL, left)[0]
    assert row(one.tranches["B"].interest) == row(other.tranches["B"].interest)


def test_a_state_beyond_the_last_date_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deal.toml").write_text(AGREED, encoding="utf-8")
    deal = aw.load(tmp_path / "deal.toml")
    pool, _ = read_deal_pool(deal)
    with pytest.raises(InputError, match="expected a payment date from 1 to 9, the last but one; got 10"):
        state_after(deal, pool.total_balance, project(deal, pool), period=10)
    assert run(deal).ok
