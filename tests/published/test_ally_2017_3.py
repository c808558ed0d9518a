"""Ally Auto Receivables Trust 2017-3: the decrement tables of Exhibit 99.4 to its Form 8-K of 2018-09-17.

SEC EDGAR, CIK 1477336, accession 0001193125-18-274846. The deal file is run through the public interface. The file of figures
says what to expect: 1,456 cells, at most 12 more than 0.005 points away and none more than 0.0062 (the exhibit prints two
decimals and does not print the balance of A-2); every weighted average life at two decimals.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.measures.decrement import decrement_table

ROOT = Path(__file__).parents[2]
PUBLISHED = json.loads((Path(__file__).parent / "data" / "ally_2017_3.json").read_text(encoding="utf-8"))
CLASSES = tuple(PUBLISHED["decrement"])


@pytest.fixture(scope="module")
def result() -> aw.Result:
    return aw.run(aw.load(ROOT / "deals" / "ally-2017-3" / "deal.toml"))


def scenario_rows(result: aw.Result) -> list[int]:
    return [result.scenarios.index(f"{speed:.1f} ABS") for speed in PUBLISHED["speeds_abs_pct"]]


def test_the_pool_is_the_exhibits(result: aw.Result) -> None:
    assert result.pool.eligible.balance == pytest.approx(PUBLISHED["pool_total"], abs=0.005)


def test_all_1456_decrement_cells(result: aw.Result) -> None:
    misses = []
    for name in CLASSES:
        printed = np.array([row["pct"] for row in PUBLISHED["decrement"][name]]).T
        flows = result.to_maturity.tranches[name]
        ours = decrement_table(flows.closing_balance, flows.opening_balance[:, 0])[scenario_rows(result), : printed.shape[1]]
        misses.append(np.abs(ours - printed)[:, 1:].ravel())  # the first row is the closing date: 100 everywhere
    miss = np.concatenate(misses)
    assert miss.size == 1456
    assert miss.max() < 0.0062
    assert (miss > 0.005).sum() <= 12


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize(("row", "measure"), [("to_maturity", "wal"), ("to_call", "wal_to_call")])
def test_lives_at_two_decimals(result: aw.Result, name: str, row: str, measure: str) -> None:
    ours = getattr(result.measures[name], measure)[scenario_rows(result)]
    assert [f"{life:.2f}" for life in ours] == [f"{life:.2f}" for life in PUBLISHED["wal_years"][name][row]]


def test_every_check_holds(result: aw.Result) -> None:
    assert result.ok, [check for check in result.checks if not check.ok]
