"""Names that point nowhere, steps that say nothing, notes that the pool does not cover.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import STEP, Wrong, assert_refused, edit, step

WRONG = {
    # names
    "two tranches of one name": edit(
        'name = "A2"',
        'name = "A1"',
        ("tranche", 'the name "A1" is given 2 times'),
        (f"{STEP}.interest", 'no tranche "A2"'),
        ("waterfall.amortising[4].principal", 'no tranche "A2"'),
        ("waterfall.accelerated[1].interest", 'no tranche "A2"'),
        ("waterfall.accelerated[2].principal", 'no tranche "A2"'),
    ),
    "a fee and a trigger of one name": edit(
        'name = "acceleration"', 'name = "servicing"', ("servicing", "all names in a file are distinct")
    ),
    "a name that formulas use": edit(
        'oc = "0.1 * pool.balance"', 'oc = "0.1"\nperiod = "1"', ("period", 'the name "period" is taken')
    ),
    "a mode that is none": edit(
        'mode = "accelerated"', 'mode = "acelerated"', ("trigger[0].mode", 'Did you mean "accelerated"?')
    ),
    "no mode to start in": edit(
        'starts_in = "amortising"\n', "", ("deal.starts_in", "missing; the waterfall has the modes amortising, accelerated")
    ),
    # steps
    "a step for a tranche that is none": step(
        '{ interest = ["A1", "A3"] }', (f"{STEP}.interest", 'no tranche "A3"; the deal has A1, A2, SUB', "Did you mean")
    ),
    "a step for a fee that is none": edit(
        '{ pay = "servicing" }',
        '{ pay = "servicer" }',
        ("waterfall.amortising[1].pay", 'no fee "servicer"', 'Did you mean "servicing"?'),
    ),
    "a step for an account that is none": edit(
        '{ draw = "reserve" }', '{ draw = "reserv" }', ("waterfall.amortising[0].draw", 'Did you mean "reserve"?')
    ),
    "support from an account that is none": step(
        '{ interest = ["A1", "A2"], support = ["cash"] }', (f"{STEP}.support", 'no account "cash"; the deal has reserve')
    ),
    "funds that are none": step(
        '{ interest = ["A1", "A2"], from = "intrest" }',
        (f"{STEP}.from", 'Did you mean "interest"?'),
        ("waterfall.amortising[4]", "`from` is missing"),
        ("waterfall.amortising[5]", "`from` is missing"),
    ),
    "a step without a verb": step('{ when = "true" }', (STEP, "a step has one verb, and this one has none")),
    "a step of two verbs": step('{ interest = "A1", principal = "A1" }', (STEP, "this one has interest and principal")),
    "a step with an unknown verb": step('{ intrest = "A1" }', (f"{STEP}.intrest", 'Did you mean "interest"?')),
    "an unknown key in a step": step(
        '{ interest = "A1", form = "interest" }', (f"{STEP}.form", "an interest step takes", 'Did you mean "from"?')
    ),
    "the model's word for a key": step('{ interest = "A1", source = "interest" }', (f"{STEP}.source", "unknown key")),
    "a step that is no table": step('"A1"', (STEP, "expected a step such as", 'got "A1"')),
    "a mode of no steps": edit(
        "accelerated = [\n", "empty = []\naccelerated = [\n", ("waterfall.empty", "expected a list of steps, got an empty list")
    ),
    "nobody to pay": step("{ interest = [] }", (f"{STEP}.interest", "at least 1 in the list, got 0")),
    "interest to a class without a coupon": step('{ interest = "SUB" }', (f"{STEP}.interest", 'tranche "SUB" has no coupon')),
    "a residual to notes": edit(
        '{ residual = "SUB" },\n]\nacc',
        '{ residual = "A1" },\n]\nacc',
        ("waterfall.amortising[5].residual", 'tranche "A1" is not residual'),
    ),
    "weights for other classes": edit(
        'amount = "notes.balance - (pool.balance - oc)"',
        'split = "pro_rata", weights = [1.0]',
        ("waterfall.amortising[4]", "`weights` has 1 values for 2 classes"),
    ),
    "a split that is none": edit(
        'amount = "notes.balance - (pool.balance - oc)"',
        'split = "prorata"',
        ("waterfall.amortising[4].split", 'Did you mean "pro_rata"?'),
    ),
    # the deal against its pool
    "notes above the pool": edit("70_000_000", "90_000_000", ("tranche", "110,000,000.00", "above the pool's 100,000,000.00")),
    "a segment that the pool does not have": edit(
        "pool.balance - oc",
        'pool.segment.\\"60/C\\".balance',
        ("waterfall.amortising[4].amount", 'no segment "60/C"; the pool has all'),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_waterfalls_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
