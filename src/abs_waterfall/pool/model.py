"""What the deal file says of its pool: `[pool]` and `[[pool.line]]`.

Amounts in currency units, rates fractions a year unless a name says otherwise, terms and ages whole months.
"""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from abs_waterfall.errors import did_you_mean
from abs_waterfall.pool.clauses import Adjustment, PrepaymentPenalty
from abs_waterfall.pool.eligibility import names_read
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS

MAX_MONTHS = 1200
"""The longest term or age, in months: a hundred years."""

MAX_MULTIPLIER = 100.0
"""The most that a loan's multiplier may be: beyond it stands a percentage."""

LOAN_COLUMNS = (
    "loan_id", "balance", "annual_rate", "daily_rate", "remaining_term", "age", "amortization", "interest_only_months",
    "amortization_term", "original_balance", "fee_rate", "fee_on_prepayment", "cutoff",
    "payment_holiday_months", "capitalises", "prepayment_penalty", "prepayment_penalty_months", "rate_index", "rate_margin",
    "fixed_months", "reset_months", "first_cap", "periodic_cap", "rate_cap", "rate_floor", "lookback_days",
    *MULTIPLIERS,
)  # fmt: skip
"""Our names of a tape's columns; `score` is stratified where there is one, and any other may be named by the pool."""

NO_DEFAULT = ("loan_id", "balance", "cutoff")

Amortization = Literal["level_pay", "equal_principal", "interest_only", "bullet", "flat_fee", "revolving_line", "custom"]
Months = Annotated[int, Field(ge=0, le=MAX_MONTHS)]
Factor = Annotated[float, Field(ge=0, le=MAX_MULTIPLIER)]
NotNegative = Annotated[float, Field(ge=0)]
STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def rate_fault(value: float, most: float = 1.0) -> str | None:
    """What is wrong with a rate that should lie in [0, most]; None where nothing is.

    >>> rate_fault(12.5)
    '12.5 looks like a percentage; expected a fraction such as 0.125'
    """
    if value < 0:
        return f"{value:g} is negative; expected a fraction from 0 to 1"
    if value > most:
        return f"{value:.12g} looks like a percentage; expected a fraction such as {value / 100:.12g}"
    return None


def checked_rate(value: float | None, most: float = 1.0) -> float | None:
    """The rate, or ValueError with what is wrong with it."""
    if value is not None and (fault := rate_fault(value, most)):
        raise ValueError(fault)
    return value


class RepLine(BaseModel):
    """Loans alike enough to be one line: `[[pool.line]]`. Balance, term and age are as of its own cut-off."""

    model_config = STRICT

    balance: float = Field(gt=0, description="outstanding, in currency units")
    remaining_term: int = Field(ge=1, le=MAX_MONTHS, description="months")
    age: Months = Field(default=0, description="months since origination")
    amortization: Amortization = "level_pay"
    annual_rate: float | None = Field(default=None, description="a fraction a year")
    daily_rate: float | None = Field(default=None, description="a fraction a day: x 365 on ACT/365F, x 360 otherwise")
    interest_only_months: Months = Field(default=0, description="payments of interest alone before it amortizes")
    amortization_term: Months | None = Field(default=None, description="longer than remaining_term: a balloon")
    original_balance: float | None = Field(default=None, gt=0, description="what a flat fee is charged on; default: balance")
    fee_rate: float | None = Field(default=None, description="flat_fee: a month, on the original balance")
    fee_on_prepayment: bool = Field(default=False, description="flat_fee: a prepayment is charged the rest of the fee")
    schedule: list[Annotated[float, Field(ge=0)]] | None = Field(
        default=None, description="custom: shares of the balance, by month"
    )
    payment_holiday_months: Months = Field(default=0, description="first payments that are not made; the term runs on")
    capitalises: bool = Field(default=True, description="interest of a payment holiday joins the balance; false: it is waived")
    prepayment_penalty: PrepaymentPenalty | None = Field(default=None, description="what a prepayment is charged")
    adjusts: Adjustment | None = Field(default=None, description="a rate that follows an index")
    default_multiplier: Factor = Field(default=1.0, description="of the default speed that is assumed, as quoted")
    prepayment_multiplier: Factor = Field(default=1.0, description="of the prepayment speed that is assumed, as quoted")
    segment: str = Field(default="all", min_length=1)
    score: float | None = Field(default=None, ge=0, description="credit score")
    attributes: dict[str, str | float] = Field(default={}, description="what a tape would say in other columns, such as province")
    cutoff: dt.date | None = Field(default=None, description="where it differs from the deal's; whole months before it")

    @field_validator("annual_rate", "fee_rate")
    @classmethod
    def check_rate(cls, value: float | None) -> float | None:
        """A fraction, not a percentage."""
        return checked_rate(value)

    @field_validator("daily_rate")
    @classmethod
    def check_daily_rate(cls, value: float | None) -> float | None:
        """A fraction a day that comes to no more than 100 % a year."""
        return checked_rate(value, 1 / 360)

    @field_validator("interest_only_months")
    @classmethod
    def check_interest_only(cls, value: int, info: ValidationInfo) -> int:
        """Shorter than the term, and only where principal follows."""
        term, kind = info.data.get("remaining_term", math.inf), info.data.get("amortization", "level_pay")
        if value and kind not in ("level_pay", "equal_principal"):
            raise ValueError(f'{value} goes with level_pay or equal_principal, not with "{kind}"')
        if value >= term:
            raise ValueError(f'{value} leaves no month to amortize in {term}; expected less, or amortization = "interest_only"')
        return value

    @field_validator("payment_holiday_months")
    @classmethod
    def check_holiday(cls, value: int, info: ValidationInfo) -> int:
        """Of a loan that amortizes afterwards."""
        term, kind = info.data.get("remaining_term", math.inf), info.data.get("amortization", "level_pay")
        free = info.data.get("interest_only_months", 0)
        if value and kind not in ("level_pay", "equal_principal"):
            raise ValueError(f'{value} goes with level_pay or equal_principal, not with "{kind}"')
        if value and value + free >= term:
            beside = f" beside {free} of interest alone" if free else ""
            raise ValueError(f"{value}{beside} leaves no month to amortize in {term}; expected fewer")
        return value

    @field_validator("capitalises")
    @classmethod
    def check_capitalises(cls, value: Any, info: ValidationInfo) -> Any:
        """Of a payment holiday."""
        if not value and not info.data.get("payment_holiday_months", 1):
            raise ValueError("goes with payment_holiday_months")
        return value

    @field_validator("prepayment_penalty")
    @classmethod
    def check_penalty(cls, value: PrepaymentPenalty | None, info: ValidationInfo) -> PrepaymentPenalty | None:
        """Of a loan that prepays."""
        if value is not None and info.data.get("amortization") == "revolving_line":
            raise ValueError('does not go with amortization = "revolving_line", which is paid and drawn at will')
        return value

    @field_validator("adjusts")
    @classmethod
    def check_adjusts(cls, value: Adjustment | None, info: ValidationInfo) -> Adjustment | None:
        """Of a loan that pays interest every month."""
        kind = info.data.get("amortization", "level_pay")
        if value is not None and kind not in ("level_pay", "equal_principal", "interest_only"):
            raise ValueError(f'goes with level_pay, equal_principal or interest_only, not with "{kind}"')
        if value is not None and info.data.get("payment_holiday_months"):
            raise ValueError("does not go with payment_holiday_months")
        return value

    @field_validator("prepayment_multiplier")
    @classmethod
    def check_multiplier(cls, value: float, info: ValidationInfo) -> float:
        """Of a loan that prepays."""
        if value != 1 and info.data.get("amortization") == "revolving_line":
            raise ValueError('does not go with amortization = "revolving_line", which never prepays')
        return value

    @field_validator("amortization_term")
    @classmethod
    def check_balloon(cls, value: int | None, info: ValidationInfo) -> int | None:
        """At least the remaining term, and only where there is a schedule to stretch."""
        term, kind = info.data.get("remaining_term", 0), info.data.get("amortization", "level_pay")
        if value is not None and kind not in ("level_pay", "equal_principal"):
            raise ValueError(f'{value} goes with level_pay or equal_principal, not with "{kind}"')
        if value is not None and value < term:
            raise ValueError(f"{value} is shorter than remaining_term {term}; expected at least {term}")
        return value

    @field_validator("fee_rate", "fee_on_prepayment")
    @classmethod
    def check_fee(cls, value: Any, info: ValidationInfo) -> Any:
        """A flat fee's alone."""
        kind = info.data.get("amortization", "flat_fee")
        if value and kind != "flat_fee":
            raise ValueError(f'goes with amortization = "flat_fee", not with "{kind}"')
        return value

    @field_validator("schedule")
    @classmethod
    def check_schedule(cls, value: list[float] | None, info: ValidationInfo) -> list[float] | None:
        """A share for each month, of a custom line, summing to 1."""
        term, kind = info.data.get("remaining_term"), info.data.get("amortization", "custom")
        if value is None:
            return value
        if kind != "custom":  # a line may carry one along; a warning says that it is not used
            return value
        if term is not None and len(value) != term:
            raise ValueError(f"has {len(value)} shares; expected remaining_term = {term} of them")
        if abs(math.fsum(value) - 1) > 1e-9:
            raise ValueError(f"sums to {math.fsum(value):.12g}; expected 1")
        return value

    @field_validator("attributes")
    @classmethod
    def check_attributes(cls, value: dict[str, str | float]) -> dict[str, str | float]:
        """Columns that a line has no key for."""
        for name in value:
            if name in ("segment", "score", *LOAN_COLUMNS):
                raise ValueError(f'"{name}" is a key of the line itself')
        return value

    @model_validator(mode="after")
    def check_presence(self) -> RepLine:
        """One rate (a flat fee may stand for it), and a schedule for a custom line."""
        if self.annual_rate is not None and self.daily_rate is not None:
            raise ValueError("has both annual_rate and daily_rate; expected one of them")
        if self.annual_rate is None and self.daily_rate is None and self.fee_rate is None:
            raise ValueError("has no annual_rate; expected annual_rate or daily_rate")
        if self.amortization == "custom" and self.schedule is None:
            raise ValueError('has no schedule; amortization = "custom" needs the share of the balance due each month')
        return self


class SyntheticLoans(BaseModel):
    """`[pool] synthetic`: loans drawn by a seeded generator, in place of a tape; none of them is real."""

    model_config = STRICT

    style: Literal["jiebei", "huabei"] = Field(description="cash loans by the day, or flat-fee instalments")
    loans: int = Field(ge=1, le=100_000_000, description="how many")
    seed: int = Field(default=7, ge=0, description="the same seed gives the same loans")


class PoolSettings(BaseModel):
    """The pool of a deal, `[pool]`: a tape, rep lines, or both.

    Beyond what every pool says, `stratify` gives the bins of a table (edges, or "values" for one row a value) for columns
    named, and `defaults` the value of a loan column where the tape has no such column or leaves a cell empty.
    """

    model_config = STRICT

    tape: str | None = Field(
        default=None,
        min_length=1,
        description=".parquet, .csv, .csv.gz, .xlsx, a folder of parts, or an address of Parquet",
    )
    synthetic: SyntheticLoans | None = Field(default=None, description="loans of a seeded generator, in place of a tape")
    line: list[RepLine] = Field(default=[], description="rep lines")
    segment_by: list[str] = Field(default=[], description="tape columns; their values, joined by /, name the segments")
    interest_basis: Literal["30/360", "ACT/365F", "ACT/360"] = Field(default="30/360", description="of the loans' interest")
    recoveries_to: Literal["principal", "interest"] = Field(default="principal", description="the funds that recoveries join")
    eligibility: list[str] = Field(default=[], description="formulas a loan must meet")
    initial_balance: float | None = Field(default=None, gt=0, description="of a seasoned pool; default: the eligible balance")
    cumulative_default: float = Field(default=0, ge=0, description="of a seasoned pool, to cut-off")
    cumulative_loss: float = Field(default=0, description="of a seasoned pool, to cut-off; below 0 where recoveries exceed")
    columns: dict[str, str] = Field(default={}, description="our name = the tape's, where they differ")
    on_bad_rows: Literal["error", "exclude"] = "error"
    stratify: dict[str, list[float] | Literal["values"]] = Field(default={}, description="bins' edges, or each value")
    defaults: dict[str, float | bool | str] = Field(default={}, description="values of loan columns the tape lacks")

    @field_validator("segment_by", "eligibility")
    @classmethod
    def check_distinct(cls, value: list[str]) -> list[str]:
        """No entry twice, none empty."""
        for entry in value:
            if not entry.strip() or value.count(entry) > 1:
                raise ValueError(f'"{entry}" {"stands twice" if entry.strip() else "is empty"}')
        return value

    @field_validator("defaults")
    @classmethod
    def check_defaults(cls, value: dict[str, float | bool | str]) -> dict[str, float | bool | str]:
        """Loan columns only, each with a value of its kind."""
        for name, given in value.items():
            check_default(name, given)
        return value

    @field_validator("stratify")
    @classmethod
    def check_bins(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Edges that increase."""
        for name, edges in value.items():
            if isinstance(edges, list) and (not edges or any(b <= a for a, b in pairwise(edges))):
                raise ValueError(f'{name}: {edges} are not bins; expected increasing edges, or "values"')
        return value

    @model_validator(mode="after")
    def check_columns(self) -> PoolSettings:
        """Only names that are ours, or that the pool uses."""
        known = (*LOAN_COLUMNS, "score", *self.segment_by, *self.stratify, *sorted(self.eligibility_names()))
        for name in self.columns:
            if name not in known:
                raise ValueError(f'columns: no loan column "{name}".{did_you_mean(name, known)}')
        if "annual_rate" in self.columns and "daily_rate" in self.columns:
            raise ValueError("columns: both annual_rate and daily_rate; expected one of them")
        return self

    @model_validator(mode="after")
    def check_presence(self) -> PoolSettings:
        """Some loans, from a tape or made up."""
        if not self.by_loan and not self.line:
            raise ValueError("has no loans; expected tape, or [[pool.line]]")
        if self.tape is not None and self.synthetic is not None:
            raise ValueError("has tape and synthetic; expected one of them")
        return self

    @property
    def by_loan(self) -> bool:
        """Whether there are loans beside rep lines."""
        return self.tape is not None or self.synthetic is not None

    def eligibility_names(self) -> frozenset[str]:
        """The columns that the eligibility formulas read; those of a formula that cannot be read are told elsewhere."""
        return names_read(self.eligibility)


def check_default(name: str, given: Any) -> None:
    """ValueError unless `given` can stand for a missing value of the loan column `name`."""
    known = [column for column in LOAN_COLUMNS if column not in NO_DEFAULT]
    if name not in known:
        raise ValueError(f'no loan column "{name}" that may have a default.{did_you_mean(name, known)}')
    if name == "amortization":
        kinds = AMORTIZATIONS[:-1]
        if given not in kinds:
            raise ValueError(f'amortization: "{given}"; expected one of {", ".join(kinds)}.{did_you_mean(str(given), kinds)}')
    elif name in ("fee_on_prepayment", "capitalises"):
        if not isinstance(given, bool):
            raise ValueError(f"{name}: {given!r}; expected true or false")
    elif name == "rate_index":
        if not isinstance(given, str) or not given:
            raise ValueError(f"rate_index: {given!r}; expected the name of an index")
    elif isinstance(given, bool) or not isinstance(given, (int, float)) or given < 0:
        raise ValueError(f"{name}: {given!r}; expected a number from 0")
