"""A state that the deal cannot be in. Status 2; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, Wrong, assert_refused, refused

STATE = """
[[schedule]]
name = "listed"
tranches = "A1"
balances = [60_000_000, 50_000_000]

[[schedule]]
name = "derived"
tranches = "A2"
speeds = [{ cpr = 0.1 }]

[state]
period = 3
holding = ["acceleration"]
emptied = ["reserve"]
[state.values]
"pool.initial_balance" = 140_000_000
"tranche.A1.balance" = 60_000_000
"tranche.A2.balance" = 20_000_000
"tranche.SUB.balance" = 10_000_000
"account.reserve.balance" = 0
[state.clean]
acceleration = 1
[state.planned]
derived = [15_000_000, 0]
"""
LIVE = DEAL + STATE
A2 = '"tranche.A2.balance" = 20_000_000\n'


def edit(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of a deal with a state."""
    return Wrong(((old, new),), problems, deal=LIVE)


LINE = "[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\n"
PLAN = f'[revolving]\nmonths = 12\nthen = "accelerated"\npurchases = "monthly"\n{LINE}{LINE}'


def of_plan(new: str, *problems: tuple[str, ...]) -> Wrong:
    """Something more that the state of a plan with two lines says."""
    return Wrong((("period = 3\n", f"period = 3\n{new}"),), problems, deal=LIVE.replace("[call]", f"{PLAN}[call]", 1))


def value(name: str, number: str, *words: str) -> Wrong:
    """A value more."""
    return edit(A2, f'{A2}"{name}" = {number}\n', (f'state.values."{name}"', *words))


WRONG = {
    "lines for sale of a plan without": edit(
        "period = 3\n", "period = 3\nfor_sale = [5]\n", ("state.for_sale", "the deal has no [[revolving.line]]")
    ),
    "an amount for sale of too few lines": of_plan("for_sale = [5]\n", ("state.for_sale", "1 amounts of 2 [[revolving.line]]")),
    "an amount for sale below 0": of_plan("for_sale = [5, -5]\n", ("state.for_sale[1]", "0 or more")),
    "what is for sale said twice": Wrong(
        (("period = 3\n", "period = 3\nfor_sale = [5, 5]\n"), (A2, f'{A2}"revolving.for_sale" = 10\n')),
        (('state.values."revolving.for_sale"', "said of each line too"),),
        deal=LIVE.replace("[call]", f"{PLAN}[call]", 1),
    ),
    "a recovery below 0": edit("period = 3\n", "period = 3\nrecoveries = [5, -1]\n", ("state.recoveries[1]", "0 or more")),
    "recoveries that are no list": edit("period = 3\n", "period = 3\nrecoveries = 5\n", ("state.recoveries", "a list")),
    "no period": edit("period = 3\n", "", ("state.period", "missing")),
    "period 0": edit("period = 3", "period = 0", ("state.period", "1 or more")),
    "a period that is no number": edit("period = 3", 'period = "3"', ("state.period", "whole number")),
    "no payment left": edit("period = 3", "period = 25", ("state.period", "no payment date is left after 25: the deal has 25")),
    "an unknown key": edit("period = 3", "period = 3\nvalue = 3", ("state.value", 'Did you mean "values"?')),
    "a class's balance missing": edit(A2, "", ("state.values", "missing: tranche.A2.balance", "after payment date 3")),
    "the pool's initial balance missing": edit(
        '"pool.initial_balance" = 140_000_000\n', "", ("state.values", "missing: pool.initial_balance")
    ),
    "an account missing": edit('"account.reserve.balance" = 0\n', "", ("state.values", "missing: account.reserve.balance")),
    "a value of a class that is none": value("tranche.A3.balance", "1", "no value of this name", "Did you mean"),
    "a value that is none": value("tranche.A1.arrears", "1", "no value of this name", "Did you mean"),
    "an unpaid fee below 0": value("fee.servicing.unpaid", "-5", "expected 0 or more, got -5.00"),
    "a value that is a text": value("fee.servicing.unpaid", '"5"', "number"),
    "a ledger that is none": value("ledger.pdl.A1", "5", "no value of this name"),
    "purchases of a plan that never revolves": value("pool.bought", "5", "no value of this name"),
    "an unknown trigger": edit(
        'holding = ["acceleration"]', 'holding = ["acceleration", "accelerated"]', ("state.holding", 'no trigger "accelerated"')
    ),
    "clean dates of what does not hold": edit('holding = ["acceleration"]', "", ("state.clean", '"acceleration" does not hold')),
    "clean dates below 0": edit("acceleration = 1\n", "acceleration = -1\n", ("state.clean.acceleration", "0 or more")),
    "an unknown account": edit('emptied = ["reserve"]', 'emptied = ["reserv"]', ("state.emptied", 'Did you mean "reserve"?')),
    "a derived schedule without its balances": edit(
        "derived = [15_000_000, 0]\n", "", ("state.planned", '"derived" was derived from speeds', "derived = [..]")
    ),
    "balances of a listed schedule": edit(
        "derived = [15_000_000, 0]\n",
        "derived = [15_000_000, 0]\nlisted = [1.0]\n",
        ("state.planned", '"listed" lists its balances'),
    ),
    "balances of no schedule": edit(
        "derived = [15_000_000, 0]\n", "derived = [15_000_000, 0]\nother = [1.0]\n", ("state.planned", 'no schedule "other"')
    ),
    "a history nobody looks back on": edit(
        "[state.clean]",
        '[state.history]\n"pool.loss" = [1.0]\n[state.clean]',
        ('state.history."pool.loss"', "no formula looks back on this; they look back on nothing"),
    ),
    "a history that is no formula": edit(
        "[state.clean]", '[state.history]\n"pool.loss +" = [1.0]\n[state.clean]', ('state.history."pool.loss +"', "found")
    ),
    "a size of closing that a scenario sets": edit(
        "[scenario.stress]",
        '[scenario.stress]\nset = { "tranche.A1.balance" = 1 }',
        ("scenario.stress.set", "tranche.A1.balance is of closing"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_state_that_cannot_be_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--period", "0"), "expected a payment date from 1 to 11, the last but one; got 0"),
        (("--period", "12"), "expected a payment date from 1 to 11, the last but one; got 12"),
        (("--period", "3", "--scenario", "stres"), 'Did you mean "stress"?'),
        (("--period", "3", "-o", "deal.toml"), "is the deal file; expected another file"),
    ],
)
def test_a_state_that_cannot_be_written_is_refused(
    options: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deal.toml").write_text(DEAL.replace('0.1"\n', '0.0"\n'), "utf-8")
    (told,) = refused(tmp_path, "state", "deal.toml", *options, capfd=capfd)
    assert words in told
