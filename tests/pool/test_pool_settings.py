"""What `[pool]` may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from abs_waterfall.pool.model import PoolSettings


def faults(settings: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        PoolSettings.model_validate(settings)
    told = [(*map(str, fault["loc"]), fault["msg"].removeprefix("Value error, ")) for fault in caught.value.errors()]
    return [": ".join(parts) for parts in told]


def test_everything_but_the_loans_has_a_default() -> None:
    pool = PoolSettings.model_validate({"tape": "tape.parquet"})
    assert (pool.interest_basis, pool.recoveries_to, pool.on_bad_rows) == ("30/360", "principal", "error")
    assert (pool.initial_balance, pool.cumulative_default, pool.cumulative_loss) == (None, 0, 0)


def test_a_column_may_be_any_that_the_pool_uses() -> None:
    columns = {"balance": "out_prncp", "term": "original_term", "fico": "score_now", "vintage": "issued", "score": "fico"}
    settings = {
        "tape": "t.csv",
        "segment_by": ["term"],
        "stratify": {"fico": [600, 700]},
        "eligibility": ["vintage >= 2009-01-01"],
    }
    assert PoolSettings.model_validate({**settings, "columns": columns}).columns == columns


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tape": None}, "has no loans; expected tape, or [[pool.line]]"),
        ({"columns": {"balnce": "x"}}, 'columns: no loan column "balnce". Did you mean "balance"?'),
        ({"columns": {"annual_rate": "a", "daily_rate": "b"}}, "columns: both annual_rate and daily_rate; expected one of them"),
        ({"segment_by": ["a", "a"]}, 'segment_by: "a" stands twice'),
        ({"eligibility": [" "]}, 'eligibility: " " is empty'),
        (
            {"stratify": {"score": [700, 600]}},
            "stratify: score: [700.0, 600.0] are not bins; expected increasing edges",
        ),
        ({"defaults": {"balance": 5}}, 'defaults: no loan column "balance" that may have a default.'),
        ({"defaults": {"amortization": "flatfee"}}, 'amortization: "flatfee"; expected one of level_pay'),
        ({"defaults": {"amortization": "custom"}}, 'amortization: "custom"; expected one of level_pay'),
        ({"defaults": {"age": "3"}}, "defaults: age: '3'; expected a number from 0"),
        ({"defaults": {"fee_on_prepayment": 1}}, "defaults: fee_on_prepayment: 1"),
        ({"initial_balance": -1}, "initial_balance: Input should be greater than 0"),
        ({"interest_basis": "30/365"}, "interest_basis: Input should be '30/360', 'ACT/365F' or 'ACT/360'"),
        ({"recovery_to": "principal"}, "recovery_to: Extra inputs are not permitted"),
        ({"cumulative_default": "0"}, "cumulative_default: Input should be a valid number"),
    ],
)
def test_what_a_pool_cannot_say_is_refused(settings: dict[str, Any], told: str) -> None:
    (fault,) = faults({"tape": "tape.parquet", **settings})
    assert told in fault
