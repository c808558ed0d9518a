"""What few loans agree beside balance, rate and term: a payment holiday, a penalty on prepayments, a rate that adjusts.

Rates are fractions a year, months are the loan's own, counted from origination unless said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.assumptions.vectors import Rates, Speeds, Values, wrong

MONTHS = 1200
STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def a_year(value: object) -> object:
    """Say of a rate beyond 1 that it looks like a percentage."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 < abs(value) < math.inf:
        raise ValueError(f"{value:g} looks like a percentage; expected a fraction such as {value / 100:g}")
    return value


AnnualRate: TypeAlias = Annotated[float, BeforeValidator(a_year), Field(ge=0, le=1)]


class PrepaymentPenalty(BaseModel):
    """`prepayment_penalty` of a line: what a prepayment is charged, by the month since origination that it falls in."""

    model_config = STRICT

    rate: Rates | None = Field(default=None, description="a share of what is prepaid; a list is by month, the last holds")
    amount: Speeds | None = Field(default=None, description="a loan that prepays, in currency units; a list as of `rate`")
    step_months: int = Field(default=1, ge=1, le=MONTHS, description="months that each number of a list stands for")
    until: int | None = Field(default=None, ge=1, le=MONTHS, description="the last month with a penalty; default: every month")
    each_month: bool = Field(default=False, description="`amount` in each month that any of the line prepays, however little")

    @model_validator(mode="after")
    def check(self) -> PrepaymentPenalty:
        """One of the two, and what goes with it."""
        if (self.rate is None) == (self.amount is None):
            raise wrong("expected `rate` or `amount`, one of the two")
        if self.each_month and self.amount is None:
            raise wrong("`each_month` goes with `amount`")
        if self.step_months > 1 and not isinstance(self.numbers, tuple):
            raise wrong("`step_months` goes with a list")
        return self

    @property
    def numbers(self) -> Values:
        """The rate or the amount, as written."""
        return self.rate if self.rate is not None else self.amount or 0.0

    def at(self, months: Ints) -> Floats:
        """What is charged in months since origination, counted from 1."""
        values = np.atleast_1d(np.asarray(self.numbers, np.float64))
        found = values[np.clip((months - 1) // self.step_months, 0, len(values) - 1)]
        return np.where(months > (self.until or MONTHS * 2), 0.0, found)


class Adjustment(BaseModel):
    """`adjusts` of a line: after `fixed_months`, and every `reset_months` from there, the rate is index x multiplier + margin.

    It moves by no more than the periodic cap (by `first_cap` at the first reset), then is held within `floor` and `cap`. The
    level payment is worked out anew at each reset.
    """

    model_config = STRICT

    index: str = Field(min_length=1, description="one of [index.NAME]")
    margin: Annotated[float, BeforeValidator(a_year), Field(ge=-1, le=1)] = Field(default=0.0, description="a year")
    multiplier: float = Field(default=1.0, ge=0, description="of the index")
    fixed_months: int = Field(default=0, ge=0, le=MONTHS, description="payments at the first rate, from origination")
    reset_months: int = Field(default=12, ge=1, le=MONTHS, description="between resets")
    first_cap: AnnualRate | None = Field(default=None, description="periodic_cap of the first reset, where it differs")
    periodic_cap: AnnualRate | None = Field(default=None, description="the most that a reset moves the rate")
    cap: AnnualRate | None = Field(default=None, description="the most that it ever is")
    floor: AnnualRate = Field(default=0.0, description="the least that it ever is")
    lookback_days: int = Field(
        default=0, ge=-31, le=366, description="from the day the index is read to the reset; below 0: after it"
    )

    @model_validator(mode="after")
    def check(self) -> Adjustment:
        """A floor below the cap."""
        if self.cap is not None and self.floor > self.cap:
            raise wrong(f"`floor` {self.floor:g} is above `cap` {self.cap:g}")
        return self


@dataclass(frozen=True, slots=True)
class Clauses:
    """The clauses of a loan; many loans may share them."""

    holiday: int = 0  # first payments that are not made
    capitalises: bool = True  # their interest joins the balance, or is waived
    penalty: PrepaymentPenalty | None = None
    adjusts: Adjustment | None = None


PLAIN = Clauses()
