"""[revolving]: what a plan buys with its collections, when, from what, at what price and within what limits.

Amounts in the deal's currency, rates fractions a year, dates as in TOML.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.pool.model import RepLine


class Table(BaseModel):
    """A table of the deal file: no unknown keys, no coercion, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)


def read_amounts(value: Any, info: ValidationInfo) -> Any:
    """Amounts by month where the text names a column of a file; what is given otherwise."""
    if isinstance(value, str) and re.fullmatch(r"[^:]+\.csv(\.gz)?:.+", value):
        read_column = (info.context or {}).get("read_column")
        if read_column is None:
            raise ValueError(f'"{value}" names a column of a file; expected numbers here')
        value = read_column(value)
    if isinstance(value, list | tuple):
        value = [float(amount) for amount in value]
        if not value or min(value) < 0:
            raise ValueError("expected amounts of 0 or more, by month, at least one")
    return value


Amounts: TypeAlias = list[Annotated[float, Field(ge=0, allow_inf_nan=False)]]
Formula: TypeAlias = str | Annotated[float, Field(allow_inf_nan=False)]
ByMonth: TypeAlias = Annotated[Amounts, BeforeValidator(read_amounts, json_schema_input_type=str | Amounts)]
Supply: TypeAlias = Annotated[str | float | Amounts, BeforeValidator(read_amounts)]


class YieldPrice(Table):
    """A price that yields so much on the contractual payments, compounded monthly: sum CF_t (1 + y/12)^-t."""

    yield_: Annotated[float, Field(alias="yield", ge=0, le=10, allow_inf_nan=False)]


class PurchaseLine(RepLine):
    """[[revolving.line]]: loans as they are when they are bought; `balance` is the line's weight among the lines.

    `by_month` stands in its place: what is offered by month since the deal's cut-off, nothing after the last.
    """

    balance: float = Field(default=1.0, gt=0, description="the line's weight among the lines, every month")
    by_month: ByMonth | None = Field(default=None, description="amounts offered by month since cut-off, or a column of a file")

    @model_validator(mode="after")
    def check_line(self) -> PurchaseLine:
        """It is bought as it stands, so much of it."""
        if self.cutoff is not None:
            raise ValueError("`cutoff` has no meaning here: a line is as of the day it is bought")
        if ("balance" in self.model_fields_set) == (self.by_month is not None):
            raise ValueError("expected `balance` or `by_month`, one of the two")
        if self.by_month is not None and not any(self.by_month):
            raise ValueError("`by_month` offers nothing in any month")
        return self


class Limit(Table):
    """[[revolving.limit]]: what the pool must meet once it holds what is bought."""

    by: str | None = None
    max_share: Annotated[float, Field(gt=0, le=1)] | None = None
    measure: Literal["weighted_annual_rate", "weighted_remaining_term", "weighted_score"] | None = None
    min: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    max: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def complete(self) -> Limit:
        """A share of something, or a bound of a measure."""
        if (self.by is None) == (self.measure is None):
            raise ValueError("expected `by` with `max_share`, or `measure` with `min` or `max`")
        if (self.by is None) != (self.max_share is None):
            raise ValueError("`by` and `max_share` go together")
        if (self.measure is not None) != (self.min is not None or self.max is not None):
            raise ValueError("`measure` goes with `min` or `max`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"`min` {self.min:g} is above `max` {self.max:g}")
        return self


class Revolving(Table):
    """[revolving]: a period in which collections buy new loans."""

    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    until: dt.date | None = None
    then: str
    purchases: Literal["payment", "monthly"] = "payment"
    source: Annotated[str, Field(alias="from")] = "principal"
    retain: Formula = 0.0
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] | str | YieldPrice = 1.0
    profile: Literal["pool"] | None = None
    line: list[PurchaseLine] = []
    supply: Supply = "unlimited"
    eligibility: list[str] | None = None
    cumulative_base: Literal["bought", "initial"] = "bought"
    assumptions: Assumptions | None = None
    limit: list[Limit] = []

    @model_validator(mode="after")
    def complete(self) -> Revolving:
        """One end, one profile, and the keys of monthly purchases only with them."""
        if (self.months is None) == (self.until is None):
            raise ValueError("expected `months` or `until`, one of the two")
        if self.profile is not None and self.line:
            raise ValueError('`profile = "pool"` and [[revolving.line]] are two answers to what is bought; expected one')
        if self.supply == "lines" and not self.line:
            raise ValueError('supply = "lines" is what [[revolving.line]] offer; there are none')
        if self.purchases == "payment":
            for key, name in (("source", "from"), ("retain", "retain")):
                if key in self.model_fields_set:
                    raise ValueError(f'`{name}` goes with purchases = "monthly"; a purchase step says its own')
        return self

    @property
    def supply_formula(self) -> str | float | None:
        """The formula of what is for sale, where it is one."""
        return None if isinstance(self.supply, list) or self.supply in ("unlimited", "lines") else self.supply
