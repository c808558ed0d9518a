"""Fees, accounts and ledgers: what is owed beside the notes, where cash stands, and what is counted."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from abs_waterfall.deal.base import Amount, DayCount, EntityName, Formula, Names, Rate, Table
from abs_waterfall.deal.lookups import as_formula
from abs_waterfall.deal.numbers import Dated, Schedule

FeeAmount: TypeAlias = Annotated[
    Formula | Schedule | None,
    BeforeValidator(as_formula, json_schema_input_type=Formula | dict[str, Any] | Schedule | None),
]


class Fee(Table):
    """[[fee]]: a rate on a base, an amount a payment period, or amounts on stated dates."""

    name: EntityName
    rate: Rate | None = None
    base: Formula | None = None
    amount: FeeAmount = None
    dates: Annotated[list[Dated], Field(min_length=1)] | None = None
    every: Annotated[int, Field(ge=1)] = 1
    from_period: Annotated[int, Field(ge=1)] = 1
    floor: Amount | None = None
    cap: Amount | None = None
    day_count: DayCount = "30/360"
    accrue: Literal["collection", "payment"] = "collection"

    @model_validator(mode="after")
    def complete(self) -> Fee:
        """A fee is either a rate with its base, an amount, or amounts on dates."""
        if sum(given is not None for given in (self.rate, self.amount, self.dates)) != 1:
            raise ValueError("expected `rate` with `base`, `amount` or `dates`, one of the three")
        if self.dates is not None and {"every", "from_period", "floor", "cap"} & self.model_fields_set:
            raise ValueError("`dates` says what is due and when; `every`, `from_period`, `floor` and `cap` do not go with it")
        if any(amount < 0 for _, amount in self.dates or ()):
            raise ValueError("`dates` has an amount below 0")
        if self.amount is not None and self.every > 1 and (self.floor, self.cap) != (None, None):
            raise ValueError(
                f"`floor` and `cap` a year go with an amount of every payment date; this one is due every {self.every}"
            )
        if (self.rate is None) != (self.base is None):
            raise ValueError("`rate` and `base` go together")
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError(f"`floor` {self.floor:,.2f} is above `cap` {self.cap:,.2f}")
        return self


class Account(Table):
    """[[account]]: cash held by the issuer."""

    name: EntityName
    initial: Amount = 0.0
    target: Formula | None = None
    rate: Rate = 0.0


class Ledger(Table):
    """[[ledger]]: what was debited and is not cured, class by class; without classes, a counter."""

    name: EntityName
    tranches: Names | None = None  # debited in this order, cured in reverse
