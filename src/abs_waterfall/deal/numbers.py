"""Numbers that change over the life of a deal, by payment date or by day."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from abs_waterfall.deal.base import Table


def date_and_number(value: Any) -> Any:
    """A pair as TOML writes it, a list of two."""
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("expected a date and a number, such as [2027-01-15, 0.04]")
    return tuple(value)


Number: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
Dated: TypeAlias = Annotated[
    tuple[dt.date, Number],
    BeforeValidator(date_and_number, json_schema_input_type=tuple[dt.date, Number]),
]


class Schedule(Table):
    """A number that changes: by payment date, the last or `then` holding after them, or from dates on."""

    by_period: Annotated[list[Number], Field(min_length=1)] | None = None
    then: Number | None = None
    by_date: Annotated[list[Dated], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def complete(self) -> Schedule:
        """One of the two, dates in order."""
        if (self.by_period is None) == (self.by_date is None):
            raise ValueError("expected `by_period` or `by_date`, one of the two")
        if self.then is not None and self.by_period is None:
            raise ValueError("`then` goes with `by_period`")
        for (earlier, _), (later, _) in pairwise(self.by_date or []):
            if earlier >= later:
                raise ValueError(f"`by_date` has {later} after {earlier}; expected dates in order")
        return self

    def steps(self) -> list[tuple[float, float]]:
        """The first payment date, or the ordinal of the day, from which each number holds."""
        if self.by_date is not None:
            return [(float(day.toordinal()), number) for day, number in self.by_date]
        listed = [*(self.by_period or ()), *([] if self.then is None else [self.then])]
        return [(float(period), number) for period, number in enumerate(listed, start=1)]
