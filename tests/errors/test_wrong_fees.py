"""Fees that are charged in two ways at once, or after the deal's end.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import Wrong, assert_refused, edit


def fee(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's fee on other terms."""
    return edit('rate = 0.01\nbase = "pool.opening_balance"', terms, *problems)


WRONG = {
    "a fee of nothing": fee("every = 3", ("fee[0]", "expected `rate` with `base`, `amount` or `dates`, one of the three")),
    "an amount beside dates": fee("amount = 5\ndates = [[2025-01-15, 10]]", ("fee[0]", "one of the three")),
    "dates every third time": fee("dates = [[2025-01-15, 10]]\nevery = 3", ("fee[0]", "`every`", "do not go with it")),
    "a dated amount below 0": fee("dates = [[2025-01-15, -10]]", ("fee[0]", "`dates` has an amount below 0")),
    "an amount after the end": fee(
        "dates = [[2025-01-15, 10], [2027-01-15, 10]]", ("fee[0].dates[1]", "2027-01-15 is after the legal final 2026-08-15")
    ),
    "a date without an amount": fee("dates = [[2025-01-15]]", ("fee[0].dates[0]", "expected a date and a number")),
    "no dates": fee("dates = []", ("fee[0].dates", "at least 1")),
    "every zeroth payment date": fee("amount = 5\nevery = 0", ("fee[0].every", "1 or more, got 0")),
    "a cap a year on an amount every third date": fee("amount = 5\nevery = 3\ncap = 10", ("fee[0]", "this one is due every 3")),
    "a list by period of texts": fee('amount = { by_period = ["5"] }', ("fee[0].amount.by_period[0]", "a number", 'got "5"')),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_fees_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
