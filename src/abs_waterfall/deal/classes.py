"""Tables about several classes at once: groups that are paid as one, planned balances, exchangeable classes.

Amounts in the deal's currency.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from abs_waterfall.assumptions.model import Prepayment
from abs_waterfall.assumptions.vectors import Vector, wrong
from abs_waterfall.deal.base import EntityName, Names, Table


def read_balances(values: tuple[float, ...]) -> tuple[float, ...]:
    """Planned balances are 0 or more."""
    for i, value in enumerate(values):
        if value < 0:
            raise wrong(f"item {i + 1}: expected a balance of 0 or more, got {value:,.2f}")
    return values


def read_column_name(value: Any) -> Any:
    """A column of a file is named by a text."""
    if not isinstance(value, str):
        raise wrong('expected "file.csv:column"; balances themselves go under `balances`')
    return value


Balances: TypeAlias = Annotated[Vector, AfterValidator(read_balances)]
BalanceColumn: TypeAlias = Annotated[
    Vector,
    AfterValidator(read_balances),
    BeforeValidator(read_column_name),
    WithJsonSchema({"type": "string", "description": "file.csv:column"}),
]
ScheduleNames: TypeAlias = Annotated[
    list[str],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | list[str]),
]


class Group(Table):
    """[[group]]: classes that a step pays, and formulas read, as one."""

    name: EntityName
    tranches: Names
    split: Literal["sequential", "pro_rata"] = "sequential"


class BalanceSchedule(Table):
    """[[schedule]]: what classes should have left after each payment date, listed or derived from speeds of the pool.

    Without classes it is a list of amounts that formulas read, such as yield supplement amounts.
    """

    name: EntityName
    tranches: ScheduleNames = []
    speeds: Annotated[list[Prepayment], Field(min_length=1)] | None = None
    balances: Balances | None = None
    file: BalanceColumn | None = None
    lockout: Annotated[int, Field(ge=0)] = 0
    after: ScheduleNames = []

    @model_validator(mode="after")
    def complete(self) -> BalanceSchedule:
        """Planned one way; what belongs to derived schedules goes with speeds."""
        given = [key for key in ("speeds", "balances", "file") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of speeds, balances, file; got {' and '.join(given) or 'none of them'}")
        if self.speeds is not None and not self.tranches:
            raise ValueError("`tranches` is missing; `speeds` are of the principal that classes take")
        for key in ("lockout", "after"):
            if getattr(self, key) and self.speeds is None:
                raise ValueError(f"`{key}` goes with `speeds`; listed balances say it themselves")
        return self

    @property
    def listed(self) -> tuple[float, ...]:
        """The balances by payment date, where they are listed."""
        return self.balances or self.file or ()


class Exchange(Table):
    """[[exchange]]: a class that holders may take for shares of others; it is reported, the others are paid."""

    name: EntityName
    of: Annotated[dict[str, Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]], Field(min_length=1)]
    price: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100.0


def classes_of(names: Iterable[str], groups: Iterable[Group]) -> tuple[str, ...]:
    """The classes that names of classes and groups stand for, in order."""
    members = {group.name: group.tranches for group in groups}
    return tuple(member for name in names for member in members.get(name, [name]))


def planned_speeds(schedules: Iterable[BalanceSchedule]) -> tuple[Prepayment, ...]:
    """The speeds that schedules are derived from, each once."""
    return tuple(dict.fromkeys(speed for schedule in schedules for speed in schedule.speeds or ()))
