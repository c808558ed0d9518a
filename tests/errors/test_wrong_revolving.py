"""What a deal that revolves may not say. Each is told with file, place, value and what was expected; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import STEP, Wrong, assert_refused, edit, step

PERIOD = '[revolving]\nmonths = 12\nthen = "accelerated"\n'
MONTHLY = f'{PERIOD}purchases = "monthly"\n'


def terms(text: str, *problems: tuple[str, ...]) -> Wrong:
    """A deal with [revolving]."""
    return edit("[call]", f"{text}\n[call]", *problems)


WRONG = {
    "a purchase without a period": step(
        '{ purchase = "pool", from = "principal" }',
        (f"{STEP}.purchase", "nothing says what is bought and when; expected [revolving]"),
        ("waterfall.amortising[4]", "`from` is missing"),
        ("waterfall.amortising[5]", "`from` is missing"),
    ),
    "a period in which no step buys": terms(PERIOD, ("revolving", 'no step buys; expected { purchase = "pool" }')),
    "a period of no length": terms('[revolving]\nthen = "accelerated"', ("revolving", "expected `months` or `until`")),
    "two ends": terms('[revolving]\nmonths = 12\nuntil = 2025-07-15\nthen = "accelerated"', ("revolving", "one of the two")),
    "an end before closing": terms(
        MONTHLY.replace("months = 12", "until = 2024-07-01"), ("revolving.until", "2024-07-01 is before closing 2024-07-15")
    ),
    "nothing after it": terms('[revolving]\nmonths = 12\npurchases = "monthly"', ("revolving.then", "missing")),
    "a mode after it that is none": terms(
        MONTHLY.replace("accelerated", "acelerated"), ("revolving.then", 'Did you mean "accelerated"?')
    ),
    "the same mode after it": terms(
        MONTHLY.replace("accelerated", "amortising"), ("revolving.then", "the mode that the deal starts in")
    ),
    "monthly keys with the purchase step": terms(f'{PERIOD}retain = "1"\n', ("revolving", "`retain` goes with")),
    "an account to buy from": terms(f'{MONTHLY}from = "reserve"\n', ("revolving.from", 'spend a fund, "interest"')),
    "a price of nothing": terms(f"{MONTHLY}price = 0\n", ("revolving.price", "expected more than 0, got 0")),
    "a price that cannot be read": terms(f'{MONTHLY}price = "1 +"\n', ("revolving.price", "1 +")),
    "a yield that is a text": terms(f'{MONTHLY}price = {{ yield = "a" }}\n', ("revolving.price.yield", "expected a number")),
    "an unknown name in a supply": terms(
        f'{MONTHLY}supply = "pool.balanc"\n', ("revolving.supply", 'unknown name "pool.balanc"', "Did you mean")
    ),
    "a supply in no file": terms(f'{MONTHLY}supply = "none.csv:amount"\n', ("revolving.supply", "none.csv")),
    "a supply below 0": terms(f"{MONTHLY}supply = [1.0, -2.0]\n", ("revolving.supply", "amounts of 0 or more")),
    "another profile": terms(f'{MONTHLY}profile = "pol"\n', ("revolving.profile", "pool")),
    "two profiles": terms(
        f'{MONTHLY}profile = "pool"\n[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\n',
        ("revolving", "two answers to what is bought"),
    ),
    "a line of another day": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\ncutoff = 2024-06-30\n",
        ("revolving.line[0]", "`cutoff` has no meaning here"),
    ),
    "a rate that is a percentage": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 10.0\nremaining_term = 6\n",
        ("revolving.line[0].annual_rate", "looks like a percentage"),
    ),
    "a limit of nothing": terms(f"{MONTHLY}[[revolving.limit]]\n", ("revolving.limit[0]", "expected `by` with `max_share`")),
    "a share of nothing": terms(
        f"{MONTHLY}[[revolving.limit]]\nmax_share = 0.3\n", ("revolving.limit[0]", "expected `by` with `max_share`")
    ),
    "a measure without a bound": terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_annual_rate"\n',
        ("revolving.limit[0]", "`measure` goes with `min` or `max`"),
    ),
    "a limit by a column that segments are not made of": terms(
        f'{MONTHLY}[[revolving.limit]]\nby = "province"\nmax_share = 0.3\n',
        ("revolving.limit[0].by", '"province"', "expected segment, or a column of pool.segment_by"),
    ),
    "a word of the plan where none revolves": edit(
        '"0.1 * pool.balance"', '"pool.idle_cash"', ("define.oc", 'unknown name "pool.idle_cash"')
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_plan_that_cannot_revolve_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
