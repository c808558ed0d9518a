"""招银和智 2021-1: the printed credit support of its classes, from the deal file; the arithmetic stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

import abs_waterfall as aw
from abs_waterfall.report.structure import standings

PRINTED = {"A-1": 25.92, "A-2": 25.92, "B": 19.92, "C": 14.59, "SUB": 1.03}


@pytest.fixture(scope="module")
def result() -> aw.Result:
    return aw.run(aw.load(Path(__file__).parents[2] / "deals" / "zhaoyin-hezhi-2021-1" / "deal.toml"))


@pytest.mark.parametrize("name", list(PRINTED))
def test_credit_support_at_closing(result: aw.Result, name: str) -> None:
    (support,) = (row.enhancement for row in standings(result) if row.tranche.name == name)
    assert support is not None
    assert 100 * support == pytest.approx(PRINTED[name], abs=0.02)


def test_the_structure_is_as_issued(result: aw.Result) -> None:
    assert result.pool.eligible.balance == 3_001_000_000
    millions = [balance / 1e6 for balance in result.original_balances.values()]
    assert millions == [1403, 820, 180, 160, 407]
    assert result.ok


def test_support_rises_as_the_classes_are_paid_in_order(result: aw.Result) -> None:
    support = result.credit().dropna()
    assert (support["A-1"].diff().dropna() > -1e-12).all()
    assert (support["A-1"] >= support["B"]).all()
    assert (support["B"] >= support["C"]).all()
