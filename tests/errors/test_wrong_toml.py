"""A deal file that is not TOML, or not the tables of the language.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, Wrong, assert_refused, edit

WRONG = {
    # the file as TOML
    "an empty file": Wrong(problems=(("", "the file is empty"),), deal=""),
    "a file of blanks": Wrong(problems=(("", "the file is empty"),), deal=" \n\n"),
    "a bracket left open": edit("[dates]", "[dates", ("line 6, column 7", "not valid TOML", "[dates")),
    "a text left open": edit('"Small"', '"Small', ("line 2, column 14", "not valid TOML", 'name = "Small')),
    "a key given twice": edit("[dates]", 'name = "x"\n[dates]', ("line 6, column 11", "not valid TOML", "Cannot overwrite")),
    "a table given twice": edit(
        "[pool]", "[deal]\n[pool]", ("line 13, column 6", "Cannot declare", "a table can only be given once")
    ),
    "a Windows path in double quotes": edit("[pool]", '[pool]\ntape = "C:\\data"', ("line 14, column 13", "single quotes")),
    "a date that is none": edit("2024-06-30", "2024-06-31", ("line 7, column 10", "not valid TOML", "2024-06-31")),
    "ten thousand brackets": edit("0.04", "[" * 10_000, ("", "nested more than 100 levels")),
    "three hundred brackets": edit("0.04", "[" * 300 + "]" * 300, ("tranche", "nested more than 100 levels")),
    "a key of ten thousand parts": edit(
        "[call]", f"[{'a.' * 10_000}a]\n[call]", ("a" + ".a" * 29 + ".", "nested more than 100 levels")
    ),
    "a number of 400 digits": edit("70_000_000", "7" * 400, ("tranche[0].balance", "400 digits", "at most 19")),
    "a number of 5,000 digits": edit("70_000_000", "7" * 5000, ("", "not valid TOML", "4300 digits")),
    # keys and tables
    "an unknown key": edit("coupon = 0.04", "coupon = 0.04\ncoupn = 0.05", ("tranche[0].coupn", 'Did you mean "coupon"?')),
    "an unknown key like no other": edit(
        "[dates]", "zzz = 1\n[dates]", ("deal.zzz", "unknown key", "Expected one of name, currency")
    ),
    "an unknown table": edit("[[fee]]", "[[fees]]", ("fees", 'unknown table "fees"', 'Did you mean "fee"?')),
    "every tranche in [[tranches]]": Wrong(
        deal=DEAL.replace("[[tranche]]", "[[tranches]]"), problems=(("tranches", 'Did you mean "tranche"?'),)
    ),
    "a missing key": edit('currency = "USD"\n', "", ("deal.currency", "missing; expected a text")),
    "a missing date": edit("closing = 2024-07-15\n", "", ("dates.closing", "missing; expected a date")),
    "a missing choice": edit('frequency = "monthly"\n', "", ("dates.frequency", "missing; expected one of monthly, quarterly")),
    "a missing table": Wrong(
        deal='[deal]\nname = "x"\ncurrency = "USD"\n',
        problems=(
            ("dates", "missing table; expected [dates]"),
            ("pool", "missing table; expected [pool]"),
            ("tranche", "missing table; expected [[tranche]]"),
            ("waterfall", "missing table; expected [waterfall]"),
        ),
    ),
    "no loans": edit(DEAL[DEAL.index("[[pool.line]]") : DEAL.index("[assumptions]")], "", ("pool", "has no loans", "tape")),
    "one fee in single brackets": edit(
        "[[fee]]", "[fee]", ("fee", "expected a list of tables, each headed [[fee]], got a table")
    ),
    "a value where a table stands": Wrong(
        deal="call = 5\n" + DEAL.replace('[call]\nwhen = "pool.factor <= 0.1"\n', ""),
        problems=(("call", "expected a table, got 5"),),
    ),
    "values where every table stands": Wrong(
        deal='deal = 1\ndates = []\npool = "x"\ntranche = 5\nfee = {}\nscenario = []\ndefine = 1\nwaterfall = []\ncall = 2\n'
        'account = [1]\ntrigger = "x"\nassumptions = 3\n',
        problems=tuple(
            (table, "expected")
            for table in (
                "deal",
                "dates",
                "pool",
                "tranche",
                "fee",
                "scenario",
                "define",
                "waterfall",
                "call",
                "account[0]",
                "trigger",
                "assumptions",
            )
        ),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_that_is_no_deal_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
