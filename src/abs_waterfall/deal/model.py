"""The deal as agreed: the tables of a deal file, as frozen pydantic models with the file's own words.

Each table is checked on its own here; what one table says of another is checked in `cross.py`. Amounts in the deal's
currency, rates fractions a year, dates as in TOML.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, PrivateAttr, Tag, ValidationInfo, model_validator

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.deal.base import (
    Amount,
    DayCount,
    EntityName,
    Formula,
    Names,
    Rate,
    Table,
    TermName,
    tell_percentage,
)
from abs_waterfall.deal.classes import BalanceSchedule, Exchange, Group
from abs_waterfall.deal.coupons import Component, Coupon, IndexCurve, refuse_lines
from abs_waterfall.deal.revolving import Revolving
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.pool.model import PoolSettings


def read_days(value: Any, info: ValidationInfo) -> Any:
    """The days of a file, read by the context's `read_days`, a callable that raises ValueError."""
    if not isinstance(value, str):
        return value
    reader = (info.context or {}).get("read_days")
    if reader is None:
        raise ValueError(f'"{value}" cannot be read here; expected days and whether each is "holiday" or "working"')
    return reader(value)


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
Days: TypeAlias = Annotated[
    dict[dt.date, Literal["holiday", "working"]],
    BeforeValidator(read_days, json_schema_input_type=Annotated[str, Field(description="a CSV file")]),
]


class DealTerms(Table):
    """[deal]: what it is called and how it starts."""

    name: Annotated[str, Field(min_length=1)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
    face: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100.0
    starts_in: str | None = None
    allow_undercollateralised: bool = False


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
    residual: bool = False
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
        refuse_lines(self.component)
        return self


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


class Fee(Table):
    """[[fee]]: a rate on a base, an amount a payment period, or amounts on stated dates."""

    name: EntityName
    rate: Rate | None = None
    base: Formula | None = None
    amount: Formula | Schedule | None = None
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


class Effect(Table):
    """What a trigger does while it holds, beside its mode."""

    end_revolving: bool = False
    sweep: Names | None = None
    stop_step_down: bool | Names = False
    trap: Literal[True] | str | None = None
    set: dict[str, Number] = {}


class Ledger(Table):
    """[[ledger]]: what was debited and is not cured, class by class; without classes, a counter."""

    name: EntityName
    tranches: Names | None = None  # debited in this order, cured in reverse


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


class Call(Table):
    """[call]: the clean-up call."""

    when: str
    amount: Formula | None = None
    assume: bool = True


class StepTerms(Table):
    """What any step may say."""

    when: str | None = None
    amount: Formula | None = None
    name: TermName | None = None


class Pay(StepTerms):
    """Fees due and unpaid, pro rata by what is due."""

    pay: Names
    source: Annotated[str, Field(alias="from")] = "available"
    support: Names | None = None


class Interest(StepTerms):
    """Interest due and unpaid, pro rata by what is due; `support` draws only what is short, in order.

    A group is one of those paid; what it gets goes to its classes as the group says.
    """

    interest: Names
    source: Annotated[str, Field(alias="from")] = "available"
    support: Names | None = None


class Principal(StepTerms):
    """Principal up to the balance, or down to `targets`.

    A group is one of those paid; what it gets goes to its classes as the group says, or, where the step names it alone
    and says `split`, as the step says.
    """

    principal: Names
    source: Annotated[str, Field(alias="from")] = "available"
    split: Literal["sequential", "pro_rata"] = "sequential"
    weights: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None
    targets: list[Formula] | None = None

    @model_validator(mode="after")
    def complete(self) -> Principal:
        """Weights and targets match the classes paid."""
        for key, values in (("weights", self.weights), ("targets", self.targets)):
            if values is not None and len(values) != len(self.principal):
                raise ValueError(f"`{key}` has {len(values)} values for {len(self.principal)} classes")
        if self.weights is not None and (self.split != "pro_rata" or sum(self.weights) <= 0):
            raise ValueError('`weights` go with split = "pro_rata" and add up to more than 0')
        return self


class Draw(StepTerms):
    """An account, all of it or `amount`, into interest funds or into `to`."""

    draw: Names
    to: str = "interest"


class Fill(StepTerms):
    """Funds into an account, up to its target."""

    fill: Names
    source: Annotated[str, Field(alias="from")] = "available"


class Transfer(StepTerms):
    """Cash from a fund or account to another."""

    transfer: str
    to: str


class Residual(StepTerms):
    """All that is left, to one class."""

    residual: str
    source: Annotated[str, Field(alias="from")] = "available"


class Purchase(StepTerms):
    """New loans of the profile of [revolving], for all the cash of a fund or `amount`, while the plan revolves."""

    purchase: Literal["pool"]
    source: Annotated[str, Field(alias="from")] = "available"


class Accrue(StepTerms):
    """Interest due and unpaid settled by adding it to the balance; no cash moves."""

    accrue: Names


class Debit(StepTerms):
    """An amount written on a ledger: on its classes in order, each up to its balance; no cash moves."""

    debit: str  # a ledger, or one class's line of it: "pdl.A"
    amount: Formula


class Cure(StepTerms):
    """Cash from one fund to another, and a ledger credited with as much: its classes in reverse order, or one."""

    cure: str
    source: Annotated[str, Field(alias="from")] = "interest"
    to: str = "principal"


class WriteDown(StepTerms):
    """An amount taken off balances, in order; no cash moves."""

    write_down: Names
    amount: Formula


class WriteUp(StepTerms):
    """An amount put back on balances, in order, each by what was written down at most; no cash moves."""

    write_up: Names
    amount: Formula


class Repay(StepTerms):
    """What is drawn under facilities and owed, in order."""

    repay: Names
    source: Annotated[str, Field(alias="from")] = "available"


class Swap(StepTerms):
    """A hedge's net, both ways: what it pays goes `to` a fund, what it is owed comes `from` one."""

    swap: str
    source: Annotated[str, Field(alias="from")] = "available"
    to: str = "interest"


VERBS: dict[str, type[StepTerms]] = {
    "pay": Pay,
    "interest": Interest,
    "principal": Principal,
    "draw": Draw,
    "fill": Fill,
    "transfer": Transfer,
    "residual": Residual,
    "accrue": Accrue,
    "debit": Debit,
    "cure": Cure,
    "write_down": WriteDown,
    "write_up": WriteUp,
    "purchase": Purchase,
    "repay": Repay,
    "swap": Swap,
}
AnyStep: TypeAlias = (
    Pay
    | Interest
    | Principal
    | Draw
    | Fill
    | Transfer
    | Residual
    | Accrue
    | Debit
    | Cure
    | WriteDown
    | WriteUp
    | Purchase
    | Repay
    | Swap
)


PAYEES = {
    "pay": "fee",
    "interest": "tranche",
    "principal": "tranche",
    "draw": "account",
    "fill": "account",
    "transfer": "account",
    "residual": "tranche",
    "accrue": "tranche",
    "debit": "ledger",
    "cure": "ledger",
    "write_down": "tranche",
    "write_up": "tranche",
    "purchase": "account",
    "repay": "facility",
    "swap": "hedge",
}
"""The table that the names after a verb stand in."""


def verb_of(step: Any) -> str | None:
    """The verb of a step, raw or validated: the one key of it that is a verb."""
    keys = step if isinstance(step, dict) else type(step).model_fields
    verbs = [key for key in keys if key in VERBS]
    return verbs[0] if len(verbs) == 1 else None


Step: TypeAlias = Annotated[
    Annotated[Pay, Tag("pay")]
    | Annotated[Interest, Tag("interest")]
    | Annotated[Principal, Tag("principal")]
    | Annotated[Draw, Tag("draw")]
    | Annotated[Fill, Tag("fill")]
    | Annotated[Transfer, Tag("transfer")]
    | Annotated[Residual, Tag("residual")]
    | Annotated[Accrue, Tag("accrue")]
    | Annotated[Debit, Tag("debit")]
    | Annotated[Cure, Tag("cure")]
    | Annotated[WriteDown, Tag("write_down")]
    | Annotated[WriteUp, Tag("write_up")]
    | Annotated[Purchase, Tag("purchase")]
    | Annotated[Repay, Tag("repay")]
    | Annotated[Swap, Tag("swap")],
    Discriminator(
        verb_of,
        custom_error_type="step_verb",
        custom_error_message=f"a step has one verb: {', '.join(VERBS)}",
    ),
]


class Deal(Table):
    """A whole deal file."""

    deal: DealTerms
    dates: Dates
    pool: PoolSettings
    assumptions: Assumptions = Assumptions()
    scenario: dict[str, Scenario] = {}
    define: dict[TermName, Formula] = {}
    index: dict[EntityName, IndexCurve] = {}
    tranche: Annotated[list[Tranche], Field(min_length=1)]
    fee: list[Fee] = []
    account: list[Account] = []
    ledger: list[Ledger] = []
    facility: list[Facility] = []
    hedge: list[Hedge] = []
    trigger: list[Trigger] = []
    group: list[Group] = []
    schedule: list[BalanceSchedule] = []
    exchange: list[Exchange] = []
    call: Call | None = None
    revolving: Revolving | None = None
    waterfall: Annotated[dict[str, Annotated[list[Step], Field(min_length=1)]], Field(min_length=1)]
    _origin: Path | None = PrivateAttr(default=None)

    def read_from(self, origin: Path) -> Deal:
        """The same deal, knowing the file it was read from: its tapes are looked up beside that file."""
        deal = self.model_copy()
        deal._origin = origin
        return deal

    @property
    def file(self) -> str:
        """What messages call the deal's file."""
        return str(self._origin) if self._origin else "deal"

    @property
    def folder(self) -> Path:
        """The folder that paths in the deal are relative to."""
        return self._origin.parent if self._origin else Path()

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The base case and the named scenarios, in the file's order."""
        return ("base", *self.scenario)
