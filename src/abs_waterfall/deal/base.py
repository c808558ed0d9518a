"""What the tables of a deal file are made of: the model they share, and the types of their values."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from abs_waterfall.timeline import DAY_COUNTS


class Table(BaseModel):
    """A table of the deal file: no unknown keys, no coercion, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)


def tell_percentage(value: Any) -> Any:
    """Say of a rate above 1 that it looks like a percentage."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 1:
        raise ValueError(f"{value} looks like a percentage; expected a fraction such as {value / 100:g}")
    return value


def known_day_count(value: Any) -> Any:
    """Refuse a day count that is not among those the timeline has."""
    if value not in DAY_COUNTS:
        raise ValueError(f"expected one of {', '.join(DAY_COUNTS)}")
    return value


Amount: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate: TypeAlias = Annotated[float, BeforeValidator(tell_percentage), Field(ge=0, le=1, allow_inf_nan=False)]
DayCount: TypeAlias = Annotated[str, BeforeValidator(known_day_count), Field(json_schema_extra={"enum": list(DAY_COUNTS)})]
Formula: TypeAlias = str | Annotated[float, Field(allow_inf_nan=False)]
EntityName: TypeAlias = Annotated[str, Field(pattern=r"^\w+(-\w+)*$")]
TermName: TypeAlias = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]
Names: TypeAlias = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value, json_schema_input_type=str | list[str]),
]
