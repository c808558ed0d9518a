"""Groups and schedules that say nothing, or of what does not exist: told with file, place, value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import STEP, Wrong, assert_refused, edit, step


def table(text: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal with more tables before its call."""
    return edit("[call]", f"{text}\n[call]", *problems)


PLAN = '[[schedule]]\nname = "plan"\ntranches = "A1"\n'

WRONG = {
    "a group of a class that is none": table(
        '[[group]]\nname = "A"\ntranches = ["A1", "A3"]', ("group[0].tranches", 'no tranche "A3"', "Did you mean")
    ),
    "a group of groups": table(
        '[[group]]\nname = "A"\ntranches = ["A1"]\n[[group]]\nname = "AA"\ntranches = ["A"]',
        ("group[1].tranches", 'no tranche "A"'),
    ),
    "a group of nobody": table('[[group]]\nname = "A"\ntranches = []', ("group[0].tranches", "at least 1 in the list, got 0")),
    "a group with a class twice": table(
        '[[group]]\nname = "A"\ntranches = ["A1", "A1"]', ("group[0].tranches", '"A1" is named 2 times')
    ),
    "a group called as a fee": table(
        '[[group]]\nname = "servicing"\ntranches = ["A2"]', ("servicing", "is given to more than one thing")
    ),
    "a group and its class in one step": Wrong(
        (
            ("[call]", '[[group]]\nname = "A"\ntranches = ["A1", "A2"]\n[call]'),
            ('{ interest = ["A1", "A2"] },\n  { fill', '{ interest = ["A", "A1"] },\n  { fill'),
        ),
        ((f"{STEP}.interest", '"A1" is named 2 times'),),
    ),
    "a group that is none": step('{ interest = "PAC" }', (f"{STEP}.interest", 'no tranche "PAC"')),
    "a fee in a group": Wrong(
        (("[call]", '[[group]]\nname = "A"\ntranches = ["A1"]\n[call]'), ('{ pay = "servicing" }', '{ pay = "A" }')),
        (("waterfall.amortising[1].pay", 'no fee "A"'),),
    ),
    "a schedule that plans nothing": table(PLAN, ("schedule[0]", "expected one of speeds, balances, file; got none of them")),
    "a schedule planned twice": table(
        f"{PLAN}speeds = [{{ psa = 100 }}]\nbalances = [1.0]", ("schedule[0]", "got speeds and balances")
    ),
    "a schedule of a class that is none": table(
        '[[schedule]]\nname = "plan"\ntranches = ["A3"]\nbalances = [1.0]', ("schedule[0].tranches", 'no tranche "A3"')
    ),
    "a planned balance below 0": table(
        f"{PLAN}balances = [10.0, -1.0]", ("schedule[0].balances", "item 2", "0 or more, got -1.00")
    ),
    "a schedule's file that is not there": table(f'{PLAN}file = "pac.csv:balance"', ("schedule[0].file", "pac.csv")),
    "balances for a file": table(f"{PLAN}file = [1.0]", ("schedule[0].file", 'expected "file.csv:column"')),
    "a lockout of listed balances": table(
        f"{PLAN}balances = [1.0]\nlockout = 3", ("schedule[0]", "`lockout` goes with `speeds`")
    ),
    "a speed that is none": table(f"{PLAN}speeds = [{{ pas = 100 }}]", ("schedule[0].speeds[0].pas", 'Did you mean "psa"?')),
    "speeds of no class": table(
        '[[schedule]]\nname = "plan"\nspeeds = [{ psa = 100 }]',
        ("schedule[0]", "`tranches` is missing; `speeds` are of the principal"),
    ),
    "no speeds": table(f"{PLAN}speeds = []", ("schedule[0].speeds", "at least 1 in the list, got 0")),
    "a schedule after one that is none": table(
        f'{PLAN}speeds = [{{ psa = 100 }}]\nafter = ["plam"]', ("schedule[0].after", 'no schedule "plam"', 'Did you mean "plan"?')
    ),
    "a schedule after itself": table(
        f'{PLAN}speeds = [{{ psa = 100 }}]\nafter = ["plan"]', ("schedule[0].after", "comes after itself: plan -> plan")
    ),
    "a schedule derived for a class partly paid": Wrong(
        (
            ("[call]", f"{PLAN}speeds = [{{ psa = 100 }}]\n[call]"),
            ("balance = 70_000_000", "balance = 70_000_000\ninitial_balance = 90_000_000"),
        ),
        (("schedule[0].speeds", '"A1" is partly paid', "expected the `balances`"),),
    ),
    "an exchange of a class that is none": table(
        '[[exchange]]\nname = "X"\nof = { A1 = 0.5, A3 = 0.5 }', ("exchange[0].of", 'no tranche "A3"', "Did you mean")
    ),
    "an exchange of more than a class": table(
        '[[exchange]]\nname = "X"\nof = { A1 = 1.5 }', ("exchange[0].of.A1", "1 or less, got 1.5")
    ),
    "an exchange of nothing": table('[[exchange]]\nname = "X"\nof = {}', ("exchange[0].of", "at least 1")),
    "a class partly paid of more than it was": edit(
        "balance = 70_000_000",
        "balance = 70_000_000\ninitial_balance = 60_000_000",
        ("tranche[0].initial_balance", "balance 70,000,000.00 is above it"),
    ),
    "a share of a class partly paid": edit(
        "balance = 70_000_000",
        "share = 0.7\ninitial_balance = 90_000_000",
        ("tranche[0]", "`initial_balance` goes with `balance`"),
    ),
    "unpaid interest of a class that earns none": edit(
        "balance = 10_000_000", "balance = 10_000_000\nunpaid_interest = 5.0", ("tranche[2]", "goes with a coupon")
    ),
    "a legal final after the deal's": edit(
        "coupon = 0.04",
        "coupon = 0.04\nlegal_final = 2027-01-15",
        ("tranche[0].legal_final", "2027-01-15", "the deal's 2026-08-15"),
    ),
    "a schedule in a formula that is none": Wrong(
        (("[call]", f"{PLAN}balances = [1.0]\n[call]"), ("0.1 * pool.balance", "schedule.plam")),
        (("define.oc", 'unknown name "schedule.plam"', 'Did you mean "schedule.plan"?'),),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_structures_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
