"""What others promise the issuer: liquidity facilities, payments that make up what is short, swaps, caps and floors."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from abs_waterfall.deal.base import Amount, DayCount, EntityName, Formula, Rate, Table


def as_formula(value: Any) -> Any:
    """An index with its margin, as for coupons, as the formula that it is: { index = "LPR1Y", margin = 0.005 }."""
    if not isinstance(value, dict):
        return value
    unknown = value.keys() - {"index", "margin", "multiplier"}
    margin, multiplier = value.get("margin", 0.0), value.get("multiplier", 1.0)
    numbers = all(isinstance(number, int | float) and not isinstance(number, bool) for number in (margin, multiplier))
    if unknown or not numbers or not isinstance(value.get("index"), str):
        raise ValueError('expected a rate, a formula, or { index = "LPR1Y" } with `margin` and `multiplier`')
    return f"({float(multiplier)!r}) * index.{value['index']} + ({float(margin)!r})"


Leg: TypeAlias = Annotated[Formula, BeforeValidator(as_formula, json_schema_input_type=float | str | dict[str, Any])]
IndexRate: TypeAlias = Annotated[str, BeforeValidator(as_formula, json_schema_input_type=str | dict[str, Any])]


class Facility(Table):
    """[[facility]]: cash that may be drawn up to a limit; owed back with interest, or (`owed = false`) never."""

    name: EntityName
    limit: Formula
    rate: Rate | IndexRate = 0.0  # on what is drawn
    commitment_fee: Rate = 0.0  # on what is not
    owed: bool = True
    day_count: DayCount = "ACT/365F"

    @model_validator(mode="after")
    def complete(self) -> Facility:
        """What is never owed back bears no interest."""
        if self.rate and not self.owed:
            raise ValueError("`rate` is interest on what is owed back; with owed = false nothing is")
        return self


class Hedge(Table):
    """[[hedge]]: a swap of two legs, or a cap or floor with its strike and premium; rates a year on the notional."""

    name: EntityName
    kind: Literal["swap", "cap", "floor"] = "swap"
    pays: Leg | None = None
    receives: Leg
    strike: Annotated[float, Field(allow_inf_nan=False)] | None = None
    premium: Rate = 0.0
    notional: Formula | Annotated[list[Amount], Field(min_length=1)]  # a list is by payment date, 0 after it
    day_count: DayCount = "ACT/365F"
    ends: dt.date | None = None

    @model_validator(mode="after")
    def complete(self) -> Hedge:
        """A swap pays a leg, a cap and a floor have a strike."""
        if self.kind == "swap" and (self.pays is None or self.strike is not None or self.premium):
            raise ValueError("a swap has `pays` and `receives`, and no strike or premium")
        if self.kind != "swap" and (self.pays is not None or self.strike is None):
            raise ValueError(f"a {self.kind} has `strike` and `premium` in place of `pays`")
        return self
