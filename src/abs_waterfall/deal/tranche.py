"""A class of notes, as agreed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from abs_waterfall.deal.base import Amount, DayCount, EntityName, Formula, Rate, Table, tell_percentage
from abs_waterfall.deal.coupons import Component, Coupon, refuse_lines


class Tranche(Table):
    """[[tranche]]: a class of notes, or the residual."""

    name: EntityName
    balance: Amount | None = None
    share: Annotated[float, BeforeValidator(tell_percentage), Field(ge=0, le=1)] | None = None
    round_to: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    coupon: Coupon | None = None
    component: list[Component] = []
    interest_on: Formula | None = None
    deferrable: bool = False
    day_count: DayCount | None = None
    rating: str | None = None
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100.0
    retained: Annotated[float, BeforeValidator(tell_percentage), Field(ge=0, le=1)] = 0.0
    residual: bool = False
    seller: Annotated[bool, Field(description="the class of the seller, who funds what is drawn on revolving lines")] = False
    interest_on_shortfall: Literal["coupon"] | Rate | None = None
    accrue_on: Literal["unadjusted", "adjusted"] | None = None
    legal_final: dt.date | None = None
    initial_balance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    unpaid_interest: Amount = 0.0

    @model_validator(mode="after")
    def complete(self) -> Tranche:
        """A tranche is sized one way, and has a coupon unless it is residual."""
        if (self.balance is None) == (self.share is None):
            raise ValueError("expected `balance` or `share`, one of the two")
        if self.round_to is not None and self.share is None:
            raise ValueError("`round_to` goes with `share`")
        bears = self.coupon is not None or bool(self.component)
        if not bears and not self.residual:
            raise ValueError("`coupon` is missing; only a residual tranche, or one with components, may have none")
        if self.initial_balance is not None and self.balance is None:
            raise ValueError("`initial_balance` goes with `balance`, what is left of it today")
        if self.unpaid_interest and self.coupon is None:
            raise ValueError("`unpaid_interest` goes with a coupon")
        if bears and self.day_count is None:
            raise ValueError("`day_count` is missing; a coupon needs one")
        for key, given in (("interest_on", self.interest_on is not None), ("deferrable", self.deferrable)):
            if given and not bears:
                raise ValueError(f"`{key}` goes with a coupon")
        if self.seller and not (self.residual and self.balance == 0):
            raise ValueError(
                "`seller` goes with residual = true and balance = 0: its interest is what the pool has above the others"
            )
        refuse_lines(self.component)
        return self
