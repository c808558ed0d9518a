"""All faults of a file show in one run, and none of them makes a fault of what is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, TAPE_DEAL, Wrong, assert_refused

WRONG = {
    "a fault in every table": Wrong(
        (
            ('currency = "USD"', 'currency = "dollar"'),
            ("cutoff = 2024-06-30", 'cutoff = "2024-06-30"'),
            ("annual_rate = 0.12", "annual_rate = 12.0"),
            ("{ cdr = 0.02 }", "{ cumulative = 0.1, timing = [0.5, 0.4] }"),
            ("default_multiplier = 2.0", "default_multiplyer = 2.0"),
            ('oc = "0.1 * pool.balance"', 'oc = "0.1 * pool.balnce"'),
            ("balance = 70_000_000", "balance = -70_000_000"),
            ('base = "pool.opening_balance"', 'base = "pool.opening"'),
            ("initial = 1_000_000", "initial = nan"),
            ('mode = "accelerated"', 'mode = "acelerated"'),
            ('when = "pool.factor <= 0.1"', 'when = "pool.factor ** 2"'),
            ('{ draw = "reserve" }', '{ draw = "reserv" }'),
            ('{ residual = "SUB" },\n]\nacc', '{ residule = "SUB" },\n]\nacc'),
        ),
        (
            ("deal.currency", 'got "dollar"'),
            ("dates.cutoff", "without quotes"),
            ("pool.line[0].annual_rate", "looks like a percentage"),
            ("assumptions.default.timing", "sum to 1, got 0.9"),
            ("scenario.stress.default_multiplyer", 'Did you mean "default_multiplier"?'),
            ("define.oc", 'Did you mean "pool.balance"?'),
            ("tranche[0].balance", "got -70000000"),
            ("fee[0].base", 'unknown name "pool.opening"'),
            ("account[0].initial", "got nan"),
            ("trigger[0].mode", 'Did you mean "accelerated"?'),
            ("call.when", "there is no power"),
            ("waterfall.amortising[0].draw", 'Did you mean "reserve"?'),
            ("waterfall.amortising[5].residule", 'Did you mean "residual"?'),
        ),
    ),
    "three faults of one tranche": Wrong(
        (('coupon = 0.04\nday_count = "30/360"', 'coupn = 0.04\nday_count = "30/365"\nrating = 1'),),
        (
            ("tranche[0].coupn", 'Did you mean "coupon"?'),
            ("tranche[0].day_count", 'got "30/365"'),
            ("tranche[0].rating", "expected a text, got 1"),
        ),
    ),
    "a tranche without its name, and a fee that is none": Wrong(
        (('name = "A1"', 'nmae = "A1"'), ('{ pay = "servicing" }', '{ pay = "trustee" }')),
        (
            ("tranche[0].name", "missing; expected a text"),
            ("tranche[0].nmae", 'Did you mean "name"?'),
            ("waterfall.amortising[1].pay", 'no fee "trustee"; the deal has servicing'),
        ),
    ),
    "no tranches at all, and an account that is none": Wrong(
        deal=DEAL[: DEAL.index("[[tranche]]")] + DEAL[DEAL.index("[[fee]]") :].replace('fill = "reserve"', 'fill = "cash"'),
        problems=(("tranche", "missing table"), ("waterfall.amortising[3].fill", 'no account "cash"; the deal has reserve')),
    ),
    "no waterfall, and a mode to start in": Wrong(
        deal=DEAL[: DEAL.index("[waterfall]")].replace('currency = "USD"\n', ""),
        problems=(("waterfall", "missing table"), ("deal.currency", "missing")),
    ),
    "the same fault three times": Wrong(
        (('["A1", "A2"] },\n  { fill', '["A1", "A3"] },\n  { fill'), ('["A1", "A2"], amount', '["A3", "A2"], amount')),
        (
            ("waterfall.amortising[2].interest", 'no tranche "A3"'),
            ("waterfall.amortising[4].principal", 'no tranche "A3"'),
        ),
    ),
    "a tape and a curve that are not there": Wrong(
        (("cdr = 0.02", 'cdr = "curve.csv:cdr", by = "age"'),),
        (("pool.tape", 'no file "tape.csv"'), ("assumptions.default.cdr", "curve.csv: no such file")),
        deal=TAPE_DEAL,
    ),
    "every row of a curve file is read": Wrong(
        (("{ cdr = 0.02 }", '{ cdr = "curve.csv:cdr", by = "age" }\nprepayment = { cpr = "curve.csv:cpr", by = "age" }'),),
        (
            ("assumptions.default.cdr", "curve.csv: row 3, cdr", 'expected a number, got "2%"'),
            ("assumptions.prepayment.cpr", 'no column "cpr"; the file has month, cdr', 'Did you mean "cdr"?'),
        ),
        files={"curve.csv": b"month,cdr\n1,0.02\n2,2%\n"},
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_every_fault_of_a_file_is_told_in_one_run(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
