"""What the loans are assumed to do: the tables [assumptions] and [scenario.NAME] of a deal file.

Rates are fractions within 0-1 (a year for cpr and cdr, a month for smm and mdr, of the segment's balance for cumulative), psa and
sda speeds with 100 = 100 %, abs_speed percent a month; of revolving lines, payments and draws are a month, yields a year. A list
is by month and its last value holds.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from abs_waterfall.assumptions.vectors import Multiplier, Rate, Rates, Shares, Speeds, Values, Weights, wrong

By: TypeAlias = Literal["age", "period"]
Order: TypeAlias = Literal["survivors", "sifma", "prepay_first"]
PrepaymentEffect: TypeAlias = Literal["recast", "shorten"]
SpeedBasis: TypeAlias = Literal["months", "days"]
Months: TypeAlias = Annotated[int, Field(ge=0, le=1200, strict=True)]


class _Table(BaseModel):
    """A table of the deal file: no unknown keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _one_of(table: BaseModel, keys: tuple[str, ...]) -> tuple[str, Values]:
    """Return the key that is given, and what it says; exactly one of them must be."""
    given = [key for key in keys if getattr(table, key) is not None]
    if len(given) != 1:
        raise wrong(f"expected exactly one of {', '.join(keys)}; got {' and '.join(given) if given else 'none of them'}")
    return given[0], getattr(table, given[0])


def _check_by(key: str, values: Values, by: By | None) -> None:
    if isinstance(values, tuple) and by is None:
        raise wrong(f'{key} is a list, so `by` must be said: "age" (months since origination) or "period" (months since cut-off)')
    if not isinstance(values, tuple) and by is not None:
        raise wrong(f"`by` goes with a list, and {key} is one number")


class Prepayment(_Table):
    """Principal paid ahead of schedule; exactly one speed."""

    smm: Rates | None = None
    cpr: Rates | None = None
    psa: Speeds | None = None
    abs_speed: Speeds | None = None
    by: By | None = None

    @model_validator(mode="after")
    def check(self) -> Prepayment:
        """One speed, and `by` where it is a list."""
        _check_by(*self.speed, self.by)
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of speed and its number or numbers."""
        return _one_of(self, ("smm", "cpr", "psa", "abs_speed"))


class Default(_Table):
    """Balance that stops paying for good; exactly one speed. `stop`: none in a loan's last months.

    `at_maturity` is the share of what is left that defaults in the month of a loan's last payment, in place of the speed: what a
    balloon that cannot be refinanced does.

    `cumulative` is the share of the segment's initial balance that ever defaults, spread by `timing` over the months since
    cut-off ("CDR" in Chinese practice; `cdr` here is always the conditional annual rate).
    """

    cdr: Rates | None = None
    mdr: Rates | None = None
    sda: Speeds | None = None
    cumulative: Rate | None = None
    timing: Weights | None = None
    by: By | None = None
    stop: Months = 0
    at_maturity: Rate | None = None

    @model_validator(mode="after")
    def check(self) -> Default:
        """One speed, and what goes with it."""
        key, values = self.speed
        _check_by(key, values, self.by)
        if key == "cumulative" and self.stop:
            raise wrong("`stop` goes with cdr, mdr or sda: a cumulative default is an amount of the whole segment")
        if key == "cumulative" and self.at_maturity is not None:
            raise wrong("`at_maturity` goes with cdr, mdr or sda: a cumulative default is an amount of the whole segment")
        if key != "cumulative" and self.timing is not None:
            raise wrong(f"`timing` goes with cumulative, not with {key}")
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of speed and its number or numbers."""
        return _one_of(self, ("cdr", "mdr", "sda", "cumulative"))


class Delinquency(_Table):
    """Balance that stops paying for `lag` months; then `default_share` of it defaults and the rest goes on where it stopped.

    A loan falls behind once. While it does not pay, no interest accrues and its schedule waits.
    """

    annual_rate: Rates | None = None
    monthly_rate: Rates | None = None
    by: By | None = None
    lag: Annotated[int, Field(ge=1, le=1200, strict=True)]
    default_share: Rate

    @model_validator(mode="after")
    def check(self) -> Delinquency:
        """One rate, and `by` where it is a list."""
        _check_by(*self.speed, self.by)
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of rate and its number or numbers."""
        return _one_of(self, ("annual_rate", "monthly_rate"))


class Recovery(_Table):
    """What comes back of a default, `lag` months later, then spread by `timing`."""

    rate: Rate | None = None
    severity: Rate | None = None
    lag: Months = 0
    timing: Weights = (1.0,)

    @model_validator(mode="after")
    def check(self) -> Recovery:
        """Either the rate or the severity."""
        _one_of(self, ("rate", "severity"))
        return self

    @property
    def recovery_rate(self) -> float:
        """Share of the default that is recovered."""
        return self.rate if self.rate is not None else 1 - (self.severity or 0.0)


class Payment(_Table):
    """Principal that revolving lines pay a month, as a share of their balance (MPR); finance charges are not counted."""

    mpr: Rates
    by: By | None = None

    @model_validator(mode="after")
    def check(self) -> Payment:
        """`by` where it is a list."""
        _check_by(*self.speed, self.by)
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of speed and its number or numbers."""
        return "mpr", self.mpr


class Draws(_Table):
    """What is drawn on revolving lines a month, as a share of their balance or of what they paid.

    `stop`: none in a line's last months.
    """

    monthly_rate: Rates | None = None
    of_payments: Shares | None = None
    by: By | None = None
    stop: Months = 0

    @model_validator(mode="after")
    def check(self) -> Draws:
        """One of the two, and `by` where it is a list."""
        _check_by(*self.speed, self.by)
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of speed and its number or numbers."""
        return _one_of(self, ("monthly_rate", "of_payments"))

    @property
    def any(self) -> bool:
        """Whether anything is ever drawn."""
        values = self.speed[1]
        return max(values) > 0 if isinstance(values, tuple) else values > 0


class Yield(_Table):
    """Finance charges of revolving lines a year, as a share of their balance, in place of the lines' own rates."""

    annual_rate: Rates
    by: By | None = None

    @model_validator(mode="after")
    def check(self) -> Yield:
        """`by` where it is a list."""
        _check_by(*self.speed, self.by)
        return self

    @property
    def speed(self) -> tuple[str, Values]:
        """The kind of speed and its number or numbers."""
        return "annual_rate", self.annual_rate


class SegmentAssumptions(_Table):
    """[assumptions.segment.NAME]: what differs for one segment."""

    prepayment: Prepayment | None = None
    default: Default | None = None
    recovery: Recovery | None = None
    payment: Payment | None = None
    draw: Draws | None = None
    yield_: Annotated[Yield | None, Field(alias="yield")] = None
    delinquency: Delinquency | None = None


NO_ADVANCES = "`delinquency` does not go with advances = true: what the servicer advances is not behind"


NO_SHORTENING = 'prepayment_effect = "shorten" does not go with'


def unlike_shortening(table: SegmentAssumptions, order: Order) -> str | None:
    """What does not go with prepayments that shorten loans: what makes them depend on more than speeds."""
    if table.delinquency is not None:
        return f"{NO_SHORTENING} `delinquency`: a loan that stopped paying goes on where its schedule stopped"
    if order == "sifma" and table.default is not None and table.default.cumulative is not None:
        return f'{NO_SHORTENING} a cumulative default in order = "sifma", where what prepays depends on what defaults'
    return None


class Assumptions(SegmentAssumptions):
    """[assumptions]: the base case."""

    order: Order = "survivors"
    speed_basis: SpeedBasis = "months"
    advances: bool = False
    prepayment_effect: PrepaymentEffect = "recast"
    segment: dict[str, SegmentAssumptions] = {}

    @property
    def of_each_loan(self) -> bool:
        """Whether what a loan pays is not in proportion to its balance, so that only the loans themselves will do."""
        return self.advances or self.prepayment_effect == "shorten"

    @model_validator(mode="after")
    def check(self) -> Assumptions:
        """Refuse spread recoveries with advances, which end with one recovery a default, and what does not go with `shorten`."""
        if self.prepayment_effect == "shorten" and self.advances:
            raise wrong(f"{NO_SHORTENING} advances = true: what is advanced is the schedule of a loan that does not prepay")
        for table in (self, *self.segment.values()):
            if self.advances and table.recovery is not None:
                check_recovery_of_advances(table.recovery)
            if self.advances and table.delinquency is not None:
                raise wrong(NO_ADVANCES)
            if self.prepayment_effect == "shorten" and (reason := unlike_shortening(table, self.order)):
                raise wrong(reason)
        return self


class SegmentScenario(SegmentAssumptions):
    """[scenario.NAME.segment.SEGMENT]: replaced or multiplied for one segment."""

    default_multiplier: Multiplier = 1.0
    prepayment_multiplier: Multiplier = 1.0
    recovery_multiplier: Multiplier = 1.0
    payment_multiplier: Multiplier = 1.0
    draw_multiplier: Multiplier = 1.0
    yield_multiplier: Multiplier = 1.0
    delinquency_multiplier: Multiplier = 1.0


class Scenario(SegmentScenario):
    """[scenario.NAME]: assumptions replaced for every segment, or multiplied.

    `index_shift` is added to the indices that coupons and loans float on; where none floats it shifts nothing. `fire` breaches
    triggers by hand on the first payment date on or after a day; triggers that are `off` are never tested; `set` replaces numbers
    of the structure.
    """

    index_shift: Annotated[float, Field(ge=-1, le=1)] = 0.0
    fire: dict[str, dt.date] = {}
    off: list[str] = []
    set: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    segment: dict[str, SegmentScenario] = {}


def check_recovery_of_advances(recovery: Recovery) -> None:
    """Refuse recoveries spread over months where the servicer advances."""
    if len(recovery.timing) > 1:
        raise wrong("recovery `timing` does not go with advances = true: an advanced loan ends with one recovery after `lag`")
