"""Coupons, index curves and lines of interest that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, Wrong, assert_refused, edit, step

CURVE = "[index.LPR1Y]\nrates = [[2024-06-20, 0.0345], [2025-01-20, 0.031]]\n\n"
FLOATING = 'coupon = { index = "LPR1Y", margin = 0.005 }'
WITH_INDEX = DEAL.replace("[define]", f"{CURVE}[define]").replace("coupon = 0.04", FLOATING)
PARTS = '[[tranche.component]]\nname = "senior"\ncoupon = 0.02\n[[tranche.component]]\nname = "junior"\ncoupon = 0.02\n'
WITH_PARTS = DEAL.replace("coupon = 0.04\n", "").replace('day_count = "30/360"\n', f'day_count = "30/360"\n{PARTS}', 1)


def floating(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """Another floating coupon."""
    return Wrong(((FLOATING, f"coupon = {{ {terms} }}"),), problems, deal=WITH_INDEX)


def curve(rates: str, *problems: tuple[str, ...], **files: str) -> Wrong:
    """Another index curve."""
    written = {f"{name}.csv": text.encode() for name, text in files.items()}
    return Wrong(((CURVE, f"[index.LPR1Y]\nrates = {rates}\n\n"),), problems, deal=WITH_INDEX, files=written)


def coupon(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """Another coupon of the first class."""
    return edit("coupon = 0.04", f"coupon = {terms}", *problems)


COUPON, RATES = "tranche[0].coupon", "index.LPR1Y.rates"
WRONG = {
    "a coupon of no kind": coupon(
        "{ margin = 0.01 }", (COUPON, "expected a number, or a table with one of index, steps, formula")
    ),
    "a coupon of two kinds": coupon(
        '{ steps = [[2024-07-15, 0.03]], formula = "0.03" }', (COUPON, "one of index, steps, formula")
    ),
    "a coupon that is a list": coupon("[0.03]", (COUPON, "expected a number, got a list of 1")),
    "an index that is not": floating(
        'index = "LPR5Y"', (f"{COUPON}.index", 'no index "LPR5Y"; the deal has LPR1Y. Did you mean')
    ),
    "no index at all": coupon('{ index = "LPR1Y" }', (f"{COUPON}.index", 'no index "LPR1Y"; the deal has none')),
    "a key that no coupon has": floating('index = "LPR1Y", spread = 0.01', (f"{COUPON}.spread", 'unknown key "spread"')),
    "a margin in percent": floating('index = "LPR1Y", margin = 2', (f"{COUPON}.margin", "expected 1 or less, got 2")),
    "a cap below the floor": floating('index = "LPR1Y", cap = 0.02, floor = 0.03', (COUPON, "`floor` 0.03 is above `cap` 0.02")),
    "a cap in percent": floating('index = "LPR1Y", cap = 8', (f"{COUPON}.cap", "8 looks like a percentage", "0.08")),
    "a carry-over without a cap": floating('index = "LPR1Y", carry_over = true', (COUPON, "expected `cap` with it")),
    "a reset that is no word": floating('index = "LPR1Y", reset = "arrear"', (f"{COUPON}.reset", "payment, arrears", '"arrear"')),
    "a reset every 0 months": floating('index = "LPR1Y", reset = 0', (f"{COUPON}.reset", "expected 1 or more, got 0")),
    "a margin known too late": floating(
        'index = "LPR1Y", margin = { steps = [[2024-08-15, 0.01]] }',
        (f"{COUPON}.margin.steps", "the first rate is of 2024-08-15, after interest starts on 2024-07-15"),
    ),
    "steps that begin too late": coupon(
        "{ steps = [[2024-08-15, 0.03]] }", (f"{COUPON}.steps", "2024-08-15, after interest starts on 2024-07-15")
    ),
    "steps out of order": coupon(
        "{ steps = [[2024-07-15, 0.03], [2024-07-15, 0.04]] }",
        (f"{COUPON}.steps", "2024-07-15 comes after 2024-07-15; expected dates in order"),
    ),
    "a negative step": coupon("{ steps = [[2024-07-15, -0.03]] }", (COUPON, "-0.03 from 2024-07-15 is below 0")),
    "a step in percent": coupon(
        "{ steps = [[2024-07-15, 3.0]] }", (f"{COUPON}.steps", "item 1: 3.0 is no rate a year; expected a fraction such as 0.03")
    ),
    "a step without a date": coupon("{ steps = [0.03] }", (f"{COUPON}.steps", "item 1: expected a date and a rate such as")),
    "no steps": coupon("{ steps = [] }", (f"{COUPON}.steps", "expected dates with rates such as [[2026-01-15, 0.03]]")),
    "a coupon that reads nothing": coupon('{ formula = "pool.netrate" }', (f"{COUPON}.formula", "pool.netrate", "pool.net_rate")),
    "a coupon that is a condition": coupon('{ formula = "period > 1" }', (f"{COUPON}.formula", "number")),
    "a formula that caps nothing": coupon(
        '{ formula = "pool.net_rate", carry_over = true }', (COUPON, "expected a formula of the form min(coupon, cap)")
    ),
    "coupons that wait for each other": Wrong(
        (
            ("coupon = 0.04", 'coupon = { formula = "tranche.A2.coupon - 0.01" }'),
            ("coupon = 0.06", 'coupon = { formula = "tranche.A1.coupon + 0.01" }'),
        ),
        (
            ("tranche[0]", "defined by itself: tranche.A1.interest_due -> tranche.A2.interest_due -> tranche.A1.interest_due"),
            ("tranche[1]", "defined by itself"),
        ),
    ),
    "a fee that waits for a coupon that waits for fees": Wrong(
        (
            ("coupon = 0.04", 'coupon = { formula = "pool.net_rate" }'),
            ('base = "pool.opening_balance"', 'base = "tranche.A1.interest_due"'),
        ),
        (
            ("fee[0]", "fee.servicing.due -> tranche.A1.interest_due -> fee.servicing.due"),
            ("tranche[0]", "tranche.A1.interest_due -> fee.servicing.due -> tranche.A1.interest_due"),
        ),
    ),
    "a notional of nothing": coupon('0.04\ninterest_on = "tranche.A3.balance"', ("tranche[0].interest_on", "tranche.A3.balance")),
    "a residual without interest deferred": edit(
        "residual = true", "residual = true\ndeferrable = true", ("tranche[2]", "`deferrable` goes with a coupon")
    ),
    "an index that starts too late": curve(
        "[[2024-07-20, 0.0345]]", (RATES, "the first rate is of 2024-07-20, after interest starts on 2024-07-15")
    ),
    "an index without rates": curve("[]", (RATES, "expected dates with rates")),
    "an index with dates as texts": curve('[["2024-06-20", 0.03]]', (RATES, "item 1: expected a date and a rate such as")),
    "an index in percent": curve("[[2024-06-20, 3.45]]", (RATES, "item 1: 3.45 is no rate a year", "0.0345")),
    "an index file that is not there": curve('"lpr.csv:date:rate"', (RATES, "lpr.csv")),
    "an index file without its columns": curve('"lpr.csv"', (RATES, 'expected dates with rates or "file.csv:date:rate", got')),
    "an index file without the column": curve(
        '"lpr.csv:date:rate"', (RATES, 'lpr.csv: no column "rate"; the file has date, value'), lpr="date,value\n2024-06-20,0.03\n"
    ),
    "an index file with a day that is none": curve(
        '"lpr.csv:date:rate"',
        (RATES, 'lpr.csv: row 3, date: expected a date such as 2026-01-15, got "2024-13-20"'),
        lpr="date,rate\n2024-06-20,0.03\n2024-13-20,0.03\n",
    ),
    "an index file with a rate that is none": curve(
        '"lpr.csv:date:rate"', (RATES, 'lpr.csv: row 2, rate: expected a number, got "x"'), lpr="date,rate\n2024-06-20,x\n"
    ),
    "an index in a formula that is not": Wrong(
        (("0.1 * pool.balance", "index.LPR * pool.balance"),),
        (("define.oc", 'unknown name "index.LPR"', "index.LPR1Y"),),
        deal=WITH_INDEX,
    ),
    "two components of a name": Wrong(
        (('"junior"', '"senior"'),), (("tranche[0]", 'the component "senior" is given 2 times'),), deal=WITH_PARTS
    ),
    "a component called like a carry-over": Wrong(
        (('"junior"', '"carry_over"'),), (("tranche[0]", '"carry_over" is what the line of a capped coupon'),), deal=WITH_PARTS
    ),
    "components paid by the class": Wrong(
        problems=tuple(
            (f"waterfall.{place}.interest", 'tranche "A1" has no coupon of its own; its components are A1.senior, A1.junior')
            for place in ("amortising[2]", "accelerated[1]")
        ),
        deal=WITH_PARTS,
    ),
    "a component that is not": step(
        '{ interest = ["A1.senior", "A2"] }', ("waterfall.amortising[2].interest", 'no tranche "A1.senior"; the deal has A1, A2')
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_coupon_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
