"""Ledgers, write-downs and write-ups that say what cannot be. Status 2; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, STEP, Wrong, assert_refused

TABLES = """\
[[ledger]]
name = "pdl"
tranches = ["SUB", "A2", "A1"]

[[ledger]]
name = "lent"

[[trigger]]"""
LEDGERS = DEAL.replace("[[trigger]]", TABLES, 1)
OLD = '{ interest = ["A1", "A2"] },\n  { fill'


def edit(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of a deal with ledgers."""
    return Wrong(((old, new),), problems, deal=LEDGERS)


def step(new: str, *problems: tuple[str, ...]) -> Wrong:
    """A step before the third one."""
    return edit(OLD, f"{new},\n  {OLD}", *problems)


WRONG = {
    "a ledger of a class that is none": edit(
        '["SUB", "A2", "A1"]',
        '["SUB", "A3", "A1"]',
        ("ledger[0].tranches", 'no tranche "A3"; the deal has A1, A2, SUB', "Did you mean"),
    ),
    "a class twice on a ledger": edit('["SUB", "A2", "A1"]', '["SUB", "SUB"]', ("ledger[0].tranches", '"SUB" is named 2 times')),
    "a ledger of no classes": edit('["SUB", "A2", "A1"]', "[]", ("ledger[0].tranches", "at least 1 in the list, got 0")),
    "two ledgers of one name": edit('"lent"', '"pdl"', ("ledger", 'the name "pdl" is given 2 times')),
    "a ledger with an unknown key": edit('name = "lent"', 'name = "lent"\ntranche = "A1"', ("ledger[1].tranche", "tranches")),
    "a debit of a ledger that is none": step(
        '{ debit = "pld", amount = "pool.default" }', (f"{STEP}.debit", 'no ledger "pld"', 'Did you mean "pdl"?')
    ),
    "a debit of a class that the ledger lacks": step(
        '{ debit = "lent.A1", amount = "pool.default" }', (f"{STEP}.debit", 'no ledger "lent.A1"')
    ),
    "a debit without an amount": step('{ debit = "pdl" }', (f"{STEP}.amount", "missing")),
    "a write-down without an amount": step('{ write_down = "A1" }', (f"{STEP}.amount", "missing")),
    "a write-up of a ledger": step(
        '{ write_up = "pdl", amount = "-pool.loss" }', (f"{STEP}.write_up", 'no tranche "pdl"; the deal has A1, A2, SUB')
    ),
    "a debit that says where its cash comes from": step(
        '{ debit = "pdl", amount = "pool.default", from = "interest" }', (f"{STEP}.from", "a debit step takes")
    ),
    "a cure back into where it comes from": step(
        '{ cure = "pdl", from = "available" }',
        (STEP, '"principal" is both source and target'),
        ("waterfall.amortising[5]", "`from` is missing"),
        ("waterfall.amortising[6]", "`from` is missing"),
    ),
    "a cure into funds that are none": step('{ cure = "pdl", to = "principle" }', (f"{STEP}.to", 'Did you mean "principal"?')),
    "a formula of a class's line that is none": step(
        '{ debit = "lent", amount = "ledger.pdl.A3" }', (f"{STEP}.amount", 'unknown name "ledger.pdl.A3"', "Did you mean")
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_ledgers_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
