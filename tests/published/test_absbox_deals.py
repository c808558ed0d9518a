"""Published deal cases of the open engine AbsBox / Hastructure, run through the public interface.

Sources: yellowbean/AbsBox@879c75f and absbox/Hastructure@c1fec9d, collected with their conventions in absbox_cases.json. That
engine floors every amount to the cent and rates to six decimals; the file gives the tolerance for one that does not:
0.02 + 2e-4 x amount.

The rows of the fee's table and the dates it is read on are those of AbsBox's own case (absbox/tests/regression/deals.py,
test10Fee). Left out are figures known to be wrong there: the fee on pool balance, and every convexity (only the first flow is
counted).
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import abs_waterfall as aw

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parent / "data" / "absbox_cases.json").read_text(encoding="utf-8"))["cases"]
}


def payment_dates(months: int) -> list[dt.date]:
    """The first payment on 26 July 2021, then every 20th."""
    return [dt.date(2021, 7, 26), *(dt.date(2021 + (6 + n) // 12, (6 + n) % 12 + 1, 20) for n in range(1, months))]


def sequential_deal(extra: str = "", assumptions: str = "", waterfall: str = "", tranches: str = "", months: int = 30) -> str:
    """The cases' common deal: one level loan of 2,200 at 8 %, A 1,000 at 7 %, B 1,000 of equity."""
    return f"""
[deal]
name = "published case"
currency = "USD"
[dates]
cutoff = 2021-02-01
closing = 2021-04-15
first_payment = 2021-07-26
payment_dates = [{", ".join(str(day) for day in payment_dates(months))}]
frequency = "monthly"
first_collection_months = 4           # the loan's payments of March to June; collected at each month's end
legal_final = 2030-01-01
[assumptions]
order = "prepay_first"
speed_basis = "days"
{assumptions}
[[pool.line]]
balance = 2200
annual_rate = 0.08
remaining_term = 30
{tranches or TRANCHES}
{extra}
[waterfall]
all = [{waterfall or WATERFALL}]
"""


TRANCHES = """
[[tranche]]
name = "A"
balance = 1000
coupon = 0.07
day_count = "ACT/365F"
[[tranche]]
name = "B"
balance = 1000
residual = true
"""
WATERFALL = '{ interest = "A" }, { principal = "A" }, { principal = "B" }, { residual = "B" }'


def run(tmp_path: Path, text: str) -> aw.Result:
    path = tmp_path / "deal.toml"
    path.write_text(text, encoding="utf-8")
    result = aw.run(aw.load(path))
    assert result.ok, [check for check in result.checks if not check.ok]
    return result


def close(amount: float) -> object:
    return pytest.approx(amount, abs=0.02 + 2e-4 * abs(amount))


def of_balance(balance: float) -> object:
    """A balance of a class of 1,000: the file's tolerance on it."""
    return pytest.approx(balance, abs=0.02 + 2e-4 * 1000)


def test_sequential_deal(tmp_path: Path) -> None:
    case = CASES["deal_sequential"]
    result = run(tmp_path, sequential_deal())
    a, b = result.tranche("A"), result.tranche("B")
    assert a.interest.iloc[0] == close(case["published"]["first_A_interest"])
    assert result.pool_flows().scheduled_principal.sum() == close(case["published"]["total_pool_principal"])
    assert result.flows.funds.interest[0, 0] + result.flows.funds.principal[0, 0] == close(324.6)
    for i, row in enumerate(case["full_rows_from_replica"][: len(a)]):
        date, available, a_interest, a_principal, a_balance, b_principal, b_yield, b_balance = row
        assert str(a.index[i].date()) == date
        assert result.flows.funds.interest[0, i] + result.flows.funds.principal[0, i] == close(available)
        assert a.interest.iloc[i] == close(a_interest)
        assert (a.closing_balance.iloc[i], b.closing_balance.iloc[i]) == (of_balance(a_balance), of_balance(b_balance))
        pays_off = date in ("2022-04-20", "2023-05-20")  # what is left of a class holds the cents of all dates before
        near = of_balance if pays_off else close
        assert a.principal.iloc[i] == near(a_principal)
        assert (b.principal.iloc[i], b.residual.iloc[i]) == (near(b_principal), near(b_yield))


GROUP = """
[[tranche]]
name = "A1"
balance = 1000
coupon = 0.07
day_count = "ACT/365F"
[[tranche]]
name = "A2"
balance = 800
coupon = 0.07
day_count = "ACT/365F"
[[tranche]]
name = "B"
balance = 200
residual = true
"""


def test_senior_group_paid_a2_then_a1(tmp_path: Path) -> None:
    case = CASES["deal_group_sequential"]["published"]
    steps = '{ interest = ["A1", "A2"] }, { principal = ["A2", "A1"] }, { principal = "B" }, { residual = "B" }'
    result = run(tmp_path, sequential_deal(tranches=GROUP, waterfall=steps))
    for name in ("A1", "A2"):
        ours = result.tranche(name).closing_balance
        for i, balance in enumerate(case[name]):
            assert ours.iloc[i] == pytest.approx(balance, abs=0.02 + 2e-4 * 1000)


def test_senior_group_pro_rata(tmp_path: Path) -> None:
    steps = '{ interest = ["A1", "A2"] }, { principal = ["A2", "A1"], split = "pro_rata" }, { residual = "B" }'
    result = run(tmp_path, sequential_deal(tranches=GROUP, waterfall=steps))
    a1, a2 = result.tranche("A1").principal, result.tranche("A2").principal
    paid = a1 > 0.01
    assert (a2[paid] / a1[paid]).to_numpy() == pytest.approx(0.8, abs=1e-9)


def test_one_off_fee_takes_two_dates(tmp_path: Path) -> None:
    published = CASES["deal_fees"]["published"]["one_off_400"]
    fee = '[[fee]]\nname = "closing_costs"\namount = "if(period == 1, 400, 0)"'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "closing_costs" }, ' + WATERFALL))
    paid = result.fee("closing_costs").paid
    assert (paid.iloc[0], paid.iloc[1]) == (close(published["d2021_07_26"]), close(published["d2021_08_20"]))


def test_fee_flow_by_bond_period(tmp_path: Path) -> None:
    published = CASES["deal_fees"]["published"]["flow_by_bond_period"]
    fee = '[[fee]]\nname = "flow"\namount = { by_period = [50, 30, 5], then = 0 }'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "flow" }, ' + WATERFALL))
    assert list(result.fee("flow").paid.iloc[:3]) == [close(amount) for amount in published]


def test_fee_of_twenty_each_quarter(tmp_path: Path) -> None:
    """On the payment dates that follow the ends of quarters, of which the first is the first there is."""
    fee = '[[fee]]\nname = "rating"\namount = 20\nevery = 3'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "rating" }, ' + WATERFALL))
    paid = result.fee("rating").paid
    due = [date for date in paid.index if paid[date] > 0]
    dates = ("2021-07-26", "2021-10-20", "2022-01-20", "2022-04-20", "2022-07-20", "2022-10-20", "2023-01-20", "2023-04-20")
    assert [str(date.date()) for date in due] == [*dates, "2023-07-20"]
    assert list(paid[due]) == [close(20.0)] * 9


def test_dated_fees_are_due_on_the_next_payment_date(tmp_path: Path) -> None:
    """81.15 is all there is on 20 August 2021; 18.85 stays due."""
    fee = '[[fee]]\nname = "custom"\ndates = [[2021-08-01, 100], [2021-12-20, 50]]'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "custom" }, ' + WATERFALL))
    fees = result.fee("custom")
    paid = fees.paid[fees.paid > 0]
    assert {str(date.date()): amount for date, amount in paid.items()} == {
        "2021-08-20": close(81.15),
        "2021-09-20": close(18.85),
        "2021-12-20": close(50.0),
    }
    assert fees.unpaid["2021-08-20"] == close(18.85)


def test_fee_of_fifteen_a_collection_period(tmp_path: Path) -> None:
    fee = '[[fee]]\nname = "collection"\namount = "15 * pool.months"'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "collection" }, ' + WATERFALL))
    assert list(result.fee("collection").paid.iloc[:2]) == [close(60), close(15)]


def test_fee_of_eight_a_class_outstanding(tmp_path: Path) -> None:
    """16 while A and B are outstanding, 8 once A is paid; that engine's B is a bond like any other."""
    amount = "8 * (if(tranche.A.balance > 0.005, 1, 0) + if(tranche.B.balance > 0.005, 1, 0))"
    fee = f'[[fee]]\nname = "count"\namount = "{amount}"'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "count" }, ' + WATERFALL))
    paid = result.fee("count").paid
    assert paid["2021-08-20"] == close(16)
    assert paid["2022-08-20"] == close(8)


def test_three_percent_of_cumulative_interest_less_what_was_paid(tmp_path: Path) -> None:
    published = CASES["deal_fees"]["published"]["three_pct_of_cumulative_interest_less_paid"]
    fee = '[[fee]]\nname = "share"\namount = "0.03 * pool.interest"'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "share" }, ' + WATERFALL))
    assert list(result.fee("share").paid.iloc[: len(published)]) == [close(amount) for amount in published]


def test_fee_by_a_table_of_two_percent_of_the_pool(tmp_path: Path) -> None:
    """5, from 15 on 10, from 30 on 15: at the end of each month since closing, so three times by the first payment."""
    published = CASES["deal_fees"]["published"]["table_on_two_pct_of_pool"]
    dates = ("2021-07-26", "2021-08-20", "2022-02-20", "2022-12-20")
    assert published == "45 on {}, 15 on {}, 10 on {}, 5 on {}".format(*dates)
    extra = """
[define]
by_table = { table = [[0, 5], [15, 10], [30, 15]], of = "0.02 * pool.balance" }
month_ends = "if(period == 1, months, 1)"
[[fee]]
name = "tabled"
amount = "by_table * month_ends"
"""
    result = run(tmp_path, sequential_deal(extra=extra, waterfall='{ pay = "tabled" }, ' + WATERFALL))
    assert list(result.fee("tabled").paid[list(dates)]) == [close(45), close(15), close(10), close(5)]


def test_fee_whose_amount_is_the_table(tmp_path: Path) -> None:
    """The same on each payment date: below the first row nothing, at a row's own number that row."""
    fee = '[[fee]]\nname = "tabled"\namount = { table = [[2, 5], [15, 10], [30, 15]], of = "0.02 * pool.balance" }'
    result = run(tmp_path, sequential_deal(extra=fee, waterfall='{ pay = "tabled" }, ' + WATERFALL))
    due, pool = result.fee("tabled").due, result.flows.pool_balance[0]
    expected = [0 if 0.02 * left < 2 else 5 if 0.02 * left < 15 else 10 if 0.02 * left < 30 else 15 for left in pool[: len(due)]]
    assert list(due) == [pytest.approx(amount) for amount in expected]
    assert set(expected) == {0, 5, 10, 15}


def test_interest_short_after_the_first_account_is_met_by_the_next(tmp_path: Path) -> None:
    """The pool has nothing left by then: a millionth recovered six months late keeps the dates coming, as they do there."""
    published = CASES["deal_support_account"]["published"]["second_variant_d2024_01_20"]
    accounts = "".join(
        f'[[account]]\nname = "{name}"\ninitial = {cash}\ntarget = {cash}\n' for name, cash in (("acc02", 10), ("acc03", 50))
    )
    assumptions = "default = { cdr = 0.75 }\nrecovery = { rate = 1e-6, lag = 6 }"
    steps = WATERFALL.replace('{ interest = "A" }', '{ interest = "A", support = ["acc02", "acc03"] }')
    result = run(tmp_path, sequential_deal(extra=accounts, assumptions=assumptions, waterfall=steps, months=38))
    drawn = {name: result.account(name).out["2024-01-20"] for name in ("acc02", "acc03")}
    # what is left of the first account holds the cents of the four interest payments before
    assert drawn["acc02"] == pytest.approx(-published["acc02"], abs=0.02 + 0.01 * 4)
    assert drawn["acc03"] == pytest.approx(-published["acc03"], abs=0.02 + 0.01 * 4)
    assert drawn["acc02"] + drawn["acc03"] == close(-published["acc02"] - published["acc03"])


def test_interest_is_short_by_what_the_second_account_gives(tmp_path: Path) -> None:
    """Here that date is the last, and accounts are released before the first step: the sum is the same."""
    published = CASES["deal_support_account"]["published"]["d2023_09_20"]
    account = '[[account]]\nname = "second"\ninitial = 200\ntarget = 200'
    steps = WATERFALL.replace('{ interest = "A" }', '{ interest = "A", support = ["second"] }')
    result = run(tmp_path, sequential_deal(extra=account, assumptions="default = { cdr = 0.75 }", waterfall=steps))
    a, collected = result.tranche("A"), result.flows.funds.interest[0] + result.flows.funds.principal[0]
    assert a.opening_balance["2023-09-20"] == of_balance(453.87)
    assert collected[len(a) - 1] == close(-published["main_account"])
    short = a.interest_due["2023-09-20"] - collected[len(a) - 1]
    assert short == close(-published["support_account"])
    assert a.interest["2023-09-20"] == close(2.69)


RESERVE = """
[deal]
name = "published case"
currency = "USD"
[dates]
cutoff = 2021-05-01
closing = 2021-06-15
first_payment = 2021-07-26
payment_dates = [{dates}]
frequency = "monthly"
legal_final = 2030-01-01
[[pool.line]]
balance = 2200
annual_rate = 0.08
remaining_term = 25
age = 5
cutoff = 2021-07-01                   # its first payment is on 1 August
{tranches}
[[fee]]
name = "one_off"
amount = "if(period == 1, 30, 0)"
[[account]]
name = "reserve"
initial = 100
target = "{target}"
[waterfall]
all = [
  {{ draw = "reserve", amount = "account.reserve.balance - account.reserve.target" }},
  {{ pay = "one_off", support = ["reserve"] }},
  {{ interest = "A", support = ["reserve"] }},
  {{ fill = "reserve" }},
  {{ principal = "A" }},
  {{ principal = "B" }},
  {{ residual = "B" }},
]
"""


def reserve_deal(target: str) -> str:
    dates = ", ".join(str(day) for day in payment_dates(30))
    # that engine's level loan at 25 of 30 months has the balance given; A pays 7 % on ACT/365F from closing
    return RESERVE.format(dates=dates, tranches=TRANCHES, target=target)


def test_reserve_account_of_one_hundred(tmp_path: Path) -> None:
    """All printed rows until A is paid off."""
    case = CASES["deal_reserve_account"]
    result = run(tmp_path, reserve_deal("if(tranche.A.balance > 0, 100, 0)"))
    a, b, reserve = result.tranche("A"), result.tranche("B"), result.account("reserve")
    for row in case["published_rows"]:
        date, interest, drawn, _, balance, principal, a_balance, b_principal = row
        assert a.interest[date] == close(interest), date
        near = of_balance if date == "2022-08-20" else close  # A's last payment holds the cents of all dates before
        assert a.principal[date] == near(principal), date
        assert a.closing_balance[date] == of_balance(a_balance), date
        if date != "2022-08-20":  # that engine releases the reserve a date later than A's last payment
            assert reserve.closing_balance[date] == close(balance), date
        if drawn:
            assert reserve.out[date] == close(drawn + (30 if date == "2021-07-26" else 0)), date
        if b_principal is not None:
            assert b.principal[date] == of_balance(b_principal), date


def test_reserve_account_of_two_percent_of_the_pool(tmp_path: Path) -> None:
    published = CASES["deal_reserve_account"]["published_formula_target"]["on_2021_11_20"]
    result = run(tmp_path, reserve_deal("0.02 * pool.balance"))
    a, reserve = result.tranche("A"), result.account("reserve")
    date = "2021-11-20"
    assert reserve.out[date] - reserve["in"][date] == close(published["reserve_released_net"])
    assert a.interest[date] == close(published["A_interest"])
    assert a.principal[date] == close(published["A_principal"])
    assert reserve.closing_balance[date] == close(published["reserve_after"])


def test_cumulative_default_against_a_step_curve(tmp_path: Path) -> None:
    curve = ", ".join(["0.014"] * 11 + ["0.035"] * 12 + ["0.06"])
    text = """
[deal]
name = "published case"
currency = "USD"
[dates]
cutoff = 2021-02-01
closing = 2021-06-15
first_payment = 2021-07-26
payment_dates = [{dates}]
frequency = "monthly"
first_collection_months = 4
legal_final = 2030-01-01
[assumptions]
order = "prepay_first"
speed_basis = "days"
default = {{ cdr = 0.02 }}
[[pool.line]]
balance = 1100
annual_rate = 0.08
remaining_term = 30
[[tranche]]
name = "A"
balance = 1000
coupon = 0.07
day_count = "ACT/365F"
[[tranche]]
name = "B"
balance = 100
residual = true
[[trigger]]
name = "defaults"
when = "pool.cumulative_default_rate > threshold"
threshold = {{ by_period = [{curve}] }}
[waterfall]
all = [{waterfall}]
""".format(dates=", ".join(str(day) for day in payment_dates(30)), curve=curve, waterfall=WATERFALL)
    result = run(tmp_path, text)
    trigger = result.flows.triggers["defaults"]
    for i, (_, rate, fired) in enumerate(CASES["deal_trigger_period_curve"]["published"]):
        cents = 0.01 * (4 + i)  # that engine floors each month's default
        assert result.flows.cumulative_default_rate[0, i] == pytest.approx(rate, abs=cents / 1100)
        assert bool(trigger.active[0, i]) is fired


def test_a_coupon_that_a_trigger_changes(tmp_path: Path) -> None:
    # 12 % on the day itself, then SOFR1Y - 2 %, with SOFR1Y flat at 4 %
    coupon = '{ formula = "if(date < 2021-08-20, 0.07, if(changed, index.SOFR1Y - 0.02, 0.12))" }'
    extra = """
[index.SOFR1Y]
rates = [[2021-01-01, 0.04]]
[[trigger]]
name = "changed"
when = "date >= 2021-08-20"
test = "after"
"""
    tranches = TRANCHES.replace("coupon = 0.07", f"coupon = {coupon}")
    result = run(tmp_path, sequential_deal(extra=extra, tranches=tranches))
    published = CASES["deal_trigger_rate_change"]["published"]["A_rate_by_payment"]
    assert result.tranche("A").coupon.iloc[: len(published)].tolist() == pytest.approx(published)
