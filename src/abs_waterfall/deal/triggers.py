"""What a deal tests on its payment dates, and what follows."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator

from abs_waterfall.deal.base import Formula, Names, Table, TermName
from abs_waterfall.deal.numbers import Number, Schedule


class Effect(Table):
    """What a trigger does while it holds, beside its mode."""

    end_revolving: bool = False
    sweep: Names | None = None
    stop_step_down: bool | Names = False
    trap: Literal[True] | str | None = None
    set: dict[str, Number] = {}


class Trigger(Table):
    """[[trigger]]: a test that switches the waterfall's mode and does what `effect` says, or a flag that formulas read."""

    name: TermName
    when: str
    threshold: Formula | Schedule | None = None
    mode: str | None = None
    effect: Effect = Effect()
    phase: Literal["revolving", "amortising", "any"] = "any"
    test: Literal["before", "after"] = "before"
    test_dates: Annotated[list[dt.date], Field(min_length=1)] | None = None
    test_months: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(min_length=1)] | None = None
    from_period: Annotated[int, Field(ge=1)] = 1
    cure_periods: Annotated[int, Field(ge=0)] = 0
    today_only: bool = False

    @model_validator(mode="after")
    def complete(self) -> Trigger:
        """A trigger is tested on dates or in months, and lasts or does not."""
        if self.test_dates is not None and self.test_months is not None:
            raise ValueError("expected `test_dates` or `test_months`, not both")
        if self.today_only and self.cure_periods:
            raise ValueError("`today_only` holds for a date alone; `cure_periods` has nothing to cure")
        return self
