"""Values, dates, assumptions and criteria that cannot be.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import Wrong, assert_refused, edit

WRONG = {
    # values
    "cents of nothing": edit(
        'currency = "USD"', 'currency = "USD"\nround_payments = 0', ("deal.round_payments", "expected more than 0, got 0")
    ),
    "cents below nothing": edit(
        'currency = "USD"', 'currency = "USD"\nround_payments = -0.01', ("deal.round_payments", "expected more than 0")
    ),
    "cents as a word": edit(
        'currency = "USD"', 'currency = "USD"\nround_payments = "cent"', ("deal.round_payments", 'expected a number, got "cent"')
    ),
    "cents above a note": edit(
        'currency = "USD"',
        'currency = "USD"\nface = 10\nround_payments = 100',
        ("deal", "`round_payments` 100 is more than the `face` of a note, 10"),
    ),
    "a share retained in percent": edit(
        "coupon = 0.04", "coupon = 0.04\nretained = 5", ("tranche[0].retained", "looks like", "0.05")
    ),
    "a share retained below 0": edit("coupon = 0.04", "coupon = 0.04\nretained = -0.05", ("tranche[0].retained", "0 or more")),
    "a share retained by a word": edit("coupon = 0.04", 'coupon = 0.04\nretained = "5%"', ("tranche[0].retained", "a number")),
    "expenses below 0": edit(
        'currency = "USD"', 'currency = "USD"\nexpenses = -1', ("deal.expenses", "expected 0 or more, got -1")
    ),
    "expenses of a class": edit("coupon = 0.04", "coupon = 0.04\nexpenses = 5", ("tranche[0].expenses", "unknown key")),
    "a rounding by another name": edit(
        'currency = "USD"', 'currency = "USD"\nround_payment = 0.01', ("deal.round_payment", 'Did you mean "round_payments"?')
    ),
    "a number as a text": edit("coupon = 0.04", 'coupon = "0.04"', ("tranche[0].coupon", 'expected a number, got "0.04"')),
    "a text as a number": edit('name = "Small"', "name = 1", ("deal.name", "expected a text, got 1")),
    "a date as a text": edit("2024-06-30", '"2024-06-30"', ("dates.cutoff", "expected a date", "without quotes")),
    "a date with a time": edit("2024-07-15", "2024-07-15T10:00:00", ("dates.closing", "the date and time 2024-07-15T10:00:00")),
    "true as a number": edit("coupon = 0.04", "coupon = true", ("tranche[0].coupon", "expected a number, got true")),
    "a whole number with decimals": edit("term = 12", "term = 12.5", ("pool.line[0].remaining_term", "a whole number, got 12.5")),
    "a coupon in percent": edit("coupon = 0.04", "coupon = 4.0", ("tranche[0].coupon", "4.0 looks like a percentage", "0.04")),
    "a loan rate in percent": edit("rate = 0.12", "rate = 12", ("pool.line[0].annual_rate", "looks like a percentage", "0.12")),
    "a CDR in percent": edit("cdr = 0.02", "cdr = 2", ("assumptions.default.cdr", "2 looks like a percentage", "0.02")),
    "a negative coupon": edit("coupon = 0.04", "coupon = -0.04", ("tranche[0].coupon", "expected 0 or more, got -0.04")),
    "a negative balance": edit("70_000_000", "-1", ("tranche[0].balance", "expected 0 or more, got -1")),
    "a balance that is no number": edit("70_000_000", "nan", ("tranche[0].balance", "expected a finite number, got nan")),
    "an infinite account": edit("initial = 1_000_000", "initial = inf", ("account[0].initial", "a finite number, got inf")),
    "a loan of nothing": edit("100_000_000", "0", ("pool.line[0].balance", "expected more than 0, got 0")),
    "a term of no months": edit("term = 12", "term = 0", ("pool.line[0].remaining_term", "expected 1 or more, got 0")),
    "a word that is none of the choices": edit(
        '"monthly"', '"monthy"', ("dates.frequency", 'got "monthy". Did you mean "monthly"?')
    ),
    "a day count that is none": edit('"30/360"', '"30/365"', ("tranche[0].day_count", "30/360, ACT/360", 'got "30/365"')),
    "a currency that is none": edit('"USD"', '"usd"', ("deal.currency", "three capital letters", 'got "usd"')),
    "an empty name": edit('name = "Small"', 'name = ""', ("deal.name", "expected a text that is not empty")),
    "a name with a blank": edit(
        'name = "reserve"',
        'name = "re serve"',
        ("account[0].name", 'got "re serve"'),
        ("waterfall.amortising[0].draw", 'no account "reserve"'),
        ("waterfall.amortising[3].fill", 'no account "reserve"'),
    ),
    "a calendar nobody keeps": edit("[pool]", 'calendar = "USA"\n[pool]', ("dates.calendar", 'no calendar "USA"', "US")),
    "an amortization that is none": edit(
        "term = 12", 'term = 12\namortization = "levelpay"', ("pool.line[0].amortization", 'Did you mean "level_pay"?')
    ),
    "a tranche sized twice": edit(
        "70_000_000", "70_000_000\nshare = 0.7", ("tranche[0]", "`balance` or `share`, one of the two")
    ),
    "a coupon without a day count": edit(
        'coupon = 0.04\nday_count = "30/360"', "coupon = 0.04", ("tranche[0]", "`day_count` is missing")
    ),
    "notes without a coupon": edit("coupon = 0.04\n", "", ("tranche[0]", "`coupon` is missing")),
    "a fee of a rate and an amount": edit(
        "rate = 0.01", "rate = 0.01\namount = 5", ("fee[0]", "`rate` with `base`, `amount` or `dates`")
    ),
    "a floor above its cap": edit(
        "rate = 0.01", "rate = 0.01\nfloor = 9\ncap = 5", ("fee[0]", "`floor` 9.00 is above `cap` 5.00")
    ),
    # dates
    "closing after the first payment": edit(
        "closing = 2024-07-15",
        "closing = 2024-09-15",
        ("dates.first_payment", "closing 2024-09-15 is after first_payment 2024-08-15"),
        ("dates.first_payment", "dated 2024-09-15 is after first_payment 2024-08-15"),
    ),
    "a cut-off after closing": edit(
        "2024-06-30", "2024-07-31", ("dates.closing", "cutoff 2024-07-31 is after closing 2024-07-15")
    ),
    "a legal final before the first payment": edit(
        "2026-08-15", "2023-08-15", ("dates.legal_final", "2024-08-15 is after legal_final 2023-08-15")
    ),
    "closing on the first payment date": edit(
        "2024-07-15", "2024-08-15", ("dates.closing", "interest would accrue over no days")
    ),
    # assumptions and scenarios
    "timing that does not sum to 1": edit(
        "{ cdr = 0.02 }",
        "{ cumulative = 0.1, timing = [0.5, 0.4] }",
        ("assumptions.default.timing", "expected weights that sum to 1, got 0.9"),
    ),
    "a negative weight": edit(
        "{ cdr = 0.02 }", "{ cumulative = 0.1, timing = [1.5, -0.5] }", ("assumptions.default.timing", "weights of 0 or more")
    ),
    "two speeds": edit("{ cdr = 0.02 }", "{ cdr = 0.02, mdr = 0.01 }", ("assumptions.default", "exactly one of cdr, mdr")),
    "a list without its clock": edit("{ cdr = 0.02 }", "{ cdr = [0.02, 0.03] }", ("assumptions.default", "`by` must be said")),
    "an unknown speed": edit(
        "{ cdr = 0.02 }", "{ cdr = 0.02 }\nprepayment = { cprr = 0.1 }", ("assumptions.prepayment.cprr", 'Did you mean "cpr"?')
    ),
    "an unknown order": edit(
        "{ cdr = 0.02 }", '{ cdr = 0.02 }\norder = "sifmaa"', ("assumptions.order", 'Did you mean "sifma"?')
    ),
    "a scenario called base": edit("[scenario.stress]", "[scenario.base]", ("scenario.base", "expected another name")),
    "a negative multiplier": edit(
        "default_multiplier = 2.0", "default_multiplier = -1", ("scenario.stress.default_multiplier", "-1 is below 0")
    ),
    "an override gone wrong": edit(
        "[define]",
        '[assumptions.segment."60/C"]\nrecovery = { rate = 1.2 }\n[define]',
        ('assumptions.segment."60/C".recovery.rate', "1.2 looks like a percentage"),
    ),
    "an assumption that is not a number": edit(
        "cdr = 0.02", "cdr = nan", ("assumptions.default.cdr", "expected a finite number, got nan")
    ),
    "a curve file that is not there": edit(
        "cdr = 0.02", 'cdr = "curve.csv:cdr", by = "age"', ("assumptions.default.cdr", "curve.csv: no such file")
    ),
    # eligibility
    "an eligibility criterion that cannot be read": edit(
        "[pool]", '[pool]\neligibility = ["age >= "]', ("pool.eligibility[0]", "expected a number, a name")
    ),
    "synthetic loans of no style": edit(
        "[pool]",
        '[pool]\nsynthetic = { style = "jiebie", loans = 9 }',
        ("pool.synthetic.style", '"jiebie"', 'Did you mean "jiebei"?'),
    ),
    "no synthetic loans": edit(
        "[pool]", '[pool]\nsynthetic = { style = "jiebei", loans = 0 }', ("pool.synthetic.loans", "expected 1 or more, got 0")
    ),
    "synthetic loans uncounted": edit("[pool]", '[pool]\nsynthetic = { style = "jiebei" }', ("pool.synthetic.loans", "missing")),
    "a seed below 0": edit(
        "[pool]", '[pool]\nsynthetic = { style = "jiebei", loans = 9, seed = -1 }', ("pool.synthetic.seed", "0 or more, got -1")
    ),
    "synthetic loans beside a tape": edit(
        "[pool]",
        '[pool]\ntape = "a.parquet"\nsynthetic = { style = "jiebei", loans = 9 }',
        ("pool", "has tape and synthetic; expected one of them"),
        ("pool.tape", 'no file "a.parquet"'),
    ),
    "a tape that is not there": edit("[pool]", '[pool]\ntape = "tape.parquet"', ("pool.tape", 'no file "tape.parquet"')),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_values_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
