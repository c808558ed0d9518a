"""What a class pays interest at: a fixed rate, an index and a margin, rates by date, or a formula; and the index curves.

Rates are fractions a year. A rate with a date holds from that date to the next one.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, PlainValidator, Tag, ValidationInfo, WithJsonSchema, model_validator

from abs_waterfall import formulas
from abs_waterfall.deal.base import EntityName, Rate, Table

DatedRate: TypeAlias = tuple[dt.date, float]
CARRY_OVER = "carry_over"


def dated_rates(value: Any, info: ValidationInfo) -> tuple[DatedRate, ...]:
    """Dates in order with a rate each: as pairs, or as two columns of a file."""
    pairs = read_file(value, info) if isinstance(value, str) else value
    if not isinstance(pairs, list | tuple) or not pairs:
        raise ValueError('expected dates with rates such as [[2026-01-15, 0.03]], or "file.csv:date:rate"')
    read = tuple(dated_rate(pair, f"item {i}") for i, pair in enumerate(pairs, start=1))
    for (earlier, _), (later, _) in pairwise(read):
        if earlier >= later:
            raise ValueError(f"{later} comes after {earlier}; expected dates in order")
    return read


def read_file(text: str, info: ValidationInfo) -> Any:
    """The dates and rates of "file.csv:date:rate"."""
    reader = (info.context or {}).get("read_dated")
    if reader is None:
        raise ValueError(f'"{text}" names columns of a file; expected dates with rates here')
    return reader(text)


def dated_rate(pair: Any, place: str) -> DatedRate:
    """One date with its rate."""
    match pair:
        case [dt.date() as day, int() | float() as rate] if not isinstance(day, dt.datetime) and not isinstance(rate, bool):
            if not math.isfinite(rate) or abs(rate) > 1:
                hint = f" such as {rate / 100:g}" if 1 < abs(rate) < math.inf else ""
                raise ValueError(f"{place}: {rate} is no rate a year; expected a fraction{hint}")
            return day, float(rate)
    raise ValueError(f"{place}: expected a date and a rate such as [2026-01-15, 0.03]")


PAIR = {"type": "array", "prefixItems": [{"type": "string", "format": "date"}, {"type": "number"}], "minItems": 2, "maxItems": 2}
COLUMNS = {"type": "string", "description": "file.csv:date:rate"}
DatedRates: TypeAlias = Annotated[
    tuple[DatedRate, ...],
    PlainValidator(dated_rates),
    WithJsonSchema({"anyOf": [{"type": "array", "items": PAIR, "minItems": 1}, COLUMNS]}),
]


class IndexCurve(Table):
    """[index.NAME]: the rates of an index, each from its date to the next."""

    rates: DatedRates


class SteppedRate(Table):
    """A rate that changes on dates."""

    steps: DatedRates


class SteppedCoupon(SteppedRate):
    """A coupon that changes on dates."""

    @model_validator(mode="after")
    def not_negative(self) -> SteppedCoupon:
        """A coupon is never below 0."""
        for day, rate in self.steps:
            if rate < 0:
                raise ValueError(f"{rate} from {day} is below 0; expected a coupon of 0 or more")
        return self


class FloatingCoupon(Table):
    """multiplier x index + margin, then cap, then floor."""

    index: str
    margin: Annotated[float, Field(ge=-1, le=1)] | SteppedRate = 0.0
    multiplier: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    cap: Rate | None = None
    floor: Rate = 0.0
    reset: Literal["payment", "arrears"] | Annotated[int, Field(ge=1)] | Annotated[list[dt.date], Field(min_length=1)] = "payment"
    carry_over: bool = False

    @model_validator(mode="after")
    def complete(self) -> FloatingCoupon:
        """A cap is not below the floor, and what is carried over was taken by a cap."""
        if self.cap is not None and self.floor > self.cap:
            raise ValueError(f"`floor` {self.floor} is above `cap` {self.cap}")
        if self.carry_over and self.cap is None:
            raise ValueError("`carry_over` keeps what a cap took; expected `cap` with it")
        return self


class FormulaCoupon(Table):
    """A formula, evaluated when what is due is fixed; not below the floor."""

    formula: str
    floor: Rate = 0.0
    carry_over: bool = False

    @model_validator(mode="after")
    def complete(self) -> FormulaCoupon:
        """What is carried over is what the other operands of a min took from its first."""
        if self.carry_over and self.uncapped is None and readable(self.formula):
            raise ValueError(
                "`carry_over` keeps what a cap took; expected a formula of the form min(coupon, cap), its first part the coupon"
            )
        return self

    @property
    def uncapped(self) -> formulas.Node | None:
        """The first part of a min: the coupon before its cap."""
        node = formulas.parse(self.formula) if readable(self.formula) else None
        return node.operands[0] if isinstance(node, formulas.Apply) and node.verb == "min" else None


def readable(text: str) -> bool:
    """Whether a formula can be read; where not, that is told with the formulas."""
    try:
        formulas.parse(text)
    except formulas.FormulaError:
        return False
    return True


KINDS_OF_COUPON = {"index": "floating", "steps": "stepped", "formula": "formulated"}


def kind_of_coupon(value: Any) -> str | None:
    """Which sort of coupon it is, raw or validated: by the one key that only it has."""
    match value:
        case FloatingCoupon():
            return "floating"
        case SteppedCoupon():
            return "stepped"
        case FormulaCoupon():
            return "formulated"
        case dict():
            kinds = [kind for key, kind in KINDS_OF_COUPON.items() if key in value]
            return kinds[0] if len(kinds) == 1 else None
    return "fixed"


Coupon: TypeAlias = Annotated[
    Annotated[Rate, Tag("fixed")]
    | Annotated[FloatingCoupon, Tag("floating")]
    | Annotated[SteppedCoupon, Tag("stepped")]
    | Annotated[FormulaCoupon, Tag("formulated")],
    Discriminator(
        kind_of_coupon,
        custom_error_type="coupon",
        custom_error_message="expected a number, or a table with one of index, steps, formula",
    ),
]


class Component(Table):
    """[[tranche.component]]: a part of a class's interest that is paid apart."""

    name: EntityName
    coupon: Coupon


def refuse_lines(components: Sequence[Component]) -> None:
    """Refuse components of one name, and one named like what a cap took."""
    for name, count in Counter(component.name for component in components).items():
        if count > 1:
            raise ValueError(f'the component "{name}" is given {count} times')
        if name == CARRY_OVER:
            raise ValueError(f'"{CARRY_OVER}" is what the line of a capped coupon is called; expected another name')


def carries_over(coupon: Any) -> bool:
    """Whether what a cap takes from a coupon stays due; of a coupon that may be raw."""
    return bool(coupon.get(CARRY_OVER) if isinstance(coupon, dict) else getattr(coupon, CARRY_OVER, False))


def line_names(tranche: str, coupon: Any, components: Sequence[tuple[str, Any]]) -> list[str]:
    """The lines a class's interest is due on: its own, each component, and after each what a cap took from it."""
    named = [(tranche, coupon), *((f"{tranche}.{name}", terms) for name, terms in components)]
    return [line for name, terms in named for line in (name, *([f"{name}.{CARRY_OVER}"] if carries_over(terms) else []))]
