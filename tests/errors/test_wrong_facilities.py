"""Facilities and hedges that say what cannot be. Status 2; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, STEP, Wrong, assert_refused

TABLES = """\
[[facility]]
name = "liquidity"
limit = "0.02 * notes.balance"
rate = 0.03

[[facility]]
name = "promise"
limit = 1_000_000
owed = false

[[hedge]]
name = "swap"
pays = 0.031
receives = 0.03
notional = "tranche.A2.balance"

[[trigger]]"""
PROMISED = DEAL.replace("[[trigger]]", TABLES, 1)
OLD = '{ interest = ["A1", "A2"] },\n  { fill'


def edit(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of a deal with facilities and a hedge."""
    return Wrong(((old, new),), problems, deal=PROMISED)


def step(new: str, *problems: tuple[str, ...]) -> Wrong:
    """A step before the third one."""
    return edit(OLD, f"{new},\n  {OLD}", *problems)


WRONG = {
    "a facility without a limit": edit('limit = "0.02 * notes.balance"\n', "", ("facility[0].limit", "missing")),
    "a facility's rate in percent": edit("rate = 0.03\n", "rate = 3\n", ("facility[0].rate", "looks like a percentage")),
    "interest on what is never owed": edit(
        "owed = false", "owed = false\nrate = 0.03", ("facility[1]", "`rate` is interest on what is owed back")
    ),
    "a limit of itself": edit('"0.02 * notes.balance"', '"1 + facility.liquidity.undrawn"', ("facility[0]", "defined by itself")),
    "a limit of an unknown name": edit(
        '"0.02 * notes.balance"', '"0.02 * note.balance"', ("facility[0].limit", 'Did you mean "notes.balance"?')
    ),
    "a draw that does not say how much": step('{ draw = "liquidity" }', (f"{STEP}.draw", "`amount` is missing", '"liquidity"')),
    "a facility to be filled": step('{ fill = "liquidity" }', (f"{STEP}.fill", 'no account "liquidity"')),
    "repayment of what is never owed": step('{ repay = "promise" }', (f"{STEP}.repay", '"promise" is never owed back')),
    "repayment of an account": step('{ repay = "reserve" }', (f"{STEP}.repay", 'no facility "reserve"')),
    "support from nowhere": step('{ interest = "A1", support = "liqidity" }', (f"{STEP}.support", 'Did you mean "liquidity"?')),
    "a swap that is none": step('{ swap = "swop" }', (f"{STEP}.swap", 'no hedge "swop"; the deal has swap')),
    "a swap without a leg": edit("pays = 0.031\n", "", ("hedge[0]", "a swap has `pays` and `receives`")),
    "a cap that pays a leg": edit(
        'name = "swap"', 'name = "swap"\nkind = "cap"', ("hedge[0]", "a cap has `strike` and `premium`")
    ),
    "a hedge of no kind": edit('name = "swap"', 'name = "swap"\nkind = "swop"', ("hedge[0].kind", 'Did you mean "swap"?')),
    "a leg of an unknown name": edit("receives = 0.03", 'receives = "LPR1Y"', ("hedge[0].receives", 'unknown name "LPR1Y"')),
    "a leg of an index that is none": edit(
        "receives = 0.03", 'receives = { index = "LPR1Y" }', ("hedge[0].receives", 'unknown name "index.LPR1Y"')
    ),
    "a leg of its own net": edit("receives = 0.03", 'receives = "0.03 + hedge.swap.net"', ("hedge[0]", "defined by itself")),
    "a facility's rate that waits for itself": edit(
        "rate = 0.03\n", 'rate = "0.03 * facility.liquidity.due"\n', ("facility[0]", "defined by itself")
    ),
    "an index leg with a strange key": edit(
        "receives = 0.03", 'receives = { index = "LPR1Y", spread = 0.01 }', ("hedge[0].receives", "`margin` and `multiplier`")
    ),
    "a facility and a fee of one name": edit('name = "promise"', 'name = "servicing"', ("servicing", "more than one thing")),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_facilities_or_hedges_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
