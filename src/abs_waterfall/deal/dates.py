"""When a deal is measured, accrues and pays."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from abs_waterfall.deal.base import Table


def read_days(value: Any, info: ValidationInfo) -> Any:
    """The days of a file, read by the context's `read_days`, a callable that raises ValueError."""
    if not isinstance(value, str):
        return value
    reader = (info.context or {}).get("read_days")
    if reader is None:
        raise ValueError(f'"{value}" cannot be read here; expected days and whether each is "holiday" or "working"')
    return reader(value)


Days: TypeAlias = Annotated[
    dict[dt.date, Literal["holiday", "working"]],
    BeforeValidator(read_days, json_schema_input_type=Annotated[str, Field(description="a CSV file")]),
]


class Dates(Table):
    """[dates]: when it is measured, accrues and pays."""

    cutoff: dt.date
    closing: dt.date
    dated: dt.date | None = None
    settlement: dt.date | None = None
    first_payment: dt.date
    frequency: Literal["monthly", "quarterly", "semiannual", "annual"]
    first_collection_months: Annotated[int, Field(ge=1)] | None = None
    collection_day: Annotated[int, Field(ge=1, le=31)] | None = None  # of the month; collection periods end on it
    determination_lag: Annotated[int, Field(ge=0, le=60)] | None = None  # business days before payment
    record_lag: Annotated[int, Field(ge=0, le=60)] | None = None  # business days before payment
    delay_days: Annotated[int, Field(ge=0, le=180)] = 0  # from the end of an accrual period to its payment
    legal_final: dt.date
    calendar: str = "none"
    holidays: Days | None = None  # beside the calendar's, or against them
    business_day: Literal["none", "following", "modified_following", "preceding"] = "none"
    accrue_on: Literal["unadjusted", "adjusted"] = "unadjusted"
    roll: Literal["end_of_month", "day_of_month"] | None = None  # None: month ends where the first payment is one
    payment_dates: Annotated[list[dt.date], Field(min_length=1)] | None = None  # in place of regular ones

    @model_validator(mode="after")
    def listed_in_order(self) -> Dates:
        """Listed payment dates follow one another, from the first payment to no later than the legal final."""
        listed = self.payment_dates or []
        for earlier, later in pairwise(listed):
            if earlier >= later:
                raise ValueError(f"`payment_dates` has {later} after {earlier}; expected dates in order")
        if listed and (listed[0] != self.first_payment or listed[-1] > self.legal_final):
            raise ValueError(
                f"`payment_dates` run from {listed[0]} to {listed[-1]}; expected from first_payment {self.first_payment} "
                f"to legal_final {self.legal_final} at the latest"
            )
        return self

    @model_validator(mode="after")
    def said_once(self) -> Dates:
        """Collections end by day or by count, and payments roll or are listed."""
        if self.collection_day is not None and self.first_collection_months is not None:
            raise ValueError("`collection_day` says which months the first payment collects; leave out `first_collection_months`")
        if self.roll is not None and self.payment_dates is not None:
            raise ValueError("`roll` goes with regular payment dates; leave it out beside `payment_dates`")
        return self
