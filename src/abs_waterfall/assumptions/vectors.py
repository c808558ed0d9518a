"""The numbers of an assumption: one number, a list of them by month, or "file.csv:column" that reads as such a list.

They are read by validators of our own rather than pydantic unions, so that an error names the key and says what was expected.
The validation context may hold `read_column`, a callable from "file.csv:column" to the column's numbers that raises ValueError.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeAlias

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

Values: TypeAlias = float | tuple[float, ...]

_NUMBER: dict[str, Any] = {"type": "number"}
_MOST = 2.0  # that a share may be, before it looks like a percentage
_COLUMN: dict[str, Any] = {"type": "string", "description": "file.csv:column"}


def wrong(message: str) -> PydanticCustomError:
    """Build a validation error that reads as `message`."""
    return PydanticCustomError("assumption", "{message}", {"message": message})


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"expected a number, got {value!r}")
    if not math.isfinite(value):
        raise wrong(f"expected a finite number, got {value}")
    return float(value)


def _column(text: str, info: ValidationInfo) -> list[float]:
    read_column = (info.context or {}).get("read_column")
    if read_column is None:
        raise wrong(f'"{text}" names a column of a file; expected numbers here')
    try:
        column: list[float] = read_column(text)
    except ValueError as error:
        raise wrong(str(error)) from error
    return column


def _item(value: Any, place: int) -> float:
    try:
        return _number(value)
    except PydanticCustomError as error:
        raise wrong(f"item {place + 1}: {error.message()}") from error


def _list(value: Any, info: ValidationInfo) -> tuple[float, ...]:
    items = _column(value, info) if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise wrong(f'expected a list of numbers or "file.csv:column", got {value!r}')
    if not items:
        raise wrong("expected at least one number, got an empty list")
    return tuple(_item(item, place) for place, item in enumerate(items))


def _values(value: Any, info: ValidationInfo) -> Values:
    return _list(value, info) if isinstance(value, list | tuple | str) else _number(value)


def check_rate(value: float) -> None:
    """Refuse what is not within 0-1, and say so where it looks like a percentage.

    >>> check_rate(10.0)
    Traceback (most recent call last):
    pydantic_core._pydantic_core.PydanticCustomError: 10 looks like a percentage: rates are fractions within 0-1, and 10 % is 0.1
    """
    if 1 < value <= 100:
        raise wrong(f"{value:g} looks like a percentage: rates are fractions within 0-1, and {value:g} % is {value / 100:g}")
    if not 0 <= value <= 1:
        raise wrong(f"{value:g} is outside 0-1; expected a fraction")


def _check_speed(value: float) -> None:
    if value < 0:
        raise wrong(f"{value:g} is below 0")


def _check_share(value: float) -> None:
    _check_speed(value)
    if value > _MOST:
        raise wrong(f"{value:g} looks like a percentage: a share is a fraction, and {value:g} % is {value / 100:g}")


def _each(values: Values) -> tuple[float, ...]:
    return values if isinstance(values, tuple) else (values,)


def read_rates(value: Any, info: ValidationInfo) -> Values:
    """Read a rate, or rates by month, each within 0-1."""
    values = _values(value, info)
    for rate in _each(values):
        check_rate(rate)
    return values


def read_speeds(value: Any, info: ValidationInfo) -> Values:
    """Read a speed, or speeds by month, each 0 or more."""
    values = _values(value, info)
    for speed in _each(values):
        _check_speed(speed)
    return values


def read_shares(value: Any, info: ValidationInfo) -> Values:
    """Read a share, or shares by month, each 0 or more; above 1 where more goes out than came in."""
    values = _values(value, info)
    for share in _each(values):
        _check_share(share)
    return values


def read_rate(value: Any) -> float:
    """Read one rate within 0-1."""
    rate = _number(value)
    check_rate(rate)
    return rate


def read_multiplier(value: Any) -> float:
    """Read one factor, 0 or more."""
    factor = _number(value)
    _check_speed(factor)
    return factor


def read_weights(value: Any, info: ValidationInfo) -> tuple[float, ...]:
    """Read weights by month: none below 0, summing to 1 within 1e-9."""
    weights = _list(value, info)
    if min(weights) < 0:
        raise wrong(f"expected weights of 0 or more, got {min(weights):g} in month {weights.index(min(weights)) + 1}")
    if abs(math.fsum(weights) - 1) > 1e-9:
        raise wrong(f"expected weights that sum to 1, got {math.fsum(weights):.12g}")
    return weights


def _schema(number: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [number, {"type": "array", "items": number, "minItems": 1}, _COLUMN]})


_FRACTION = _NUMBER | {"minimum": 0, "maximum": 1}
_POSITIVE = _NUMBER | {"minimum": 0}

Vector: TypeAlias = Annotated[tuple[float, ...], PlainValidator(_list), _schema(_NUMBER)]
Rates: TypeAlias = Annotated[Values, PlainValidator(read_rates), _schema(_FRACTION)]
Speeds: TypeAlias = Annotated[Values, PlainValidator(read_speeds), _schema(_POSITIVE)]
Shares: TypeAlias = Annotated[Values, PlainValidator(read_shares), _schema(_POSITIVE | {"maximum": _MOST})]
Weights: TypeAlias = Annotated[
    tuple[float, ...],
    PlainValidator(read_weights),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _POSITIVE, "minItems": 1}, _COLUMN]}),
]
Rate: TypeAlias = Annotated[float, PlainValidator(read_rate), WithJsonSchema(_FRACTION)]
Multiplier: TypeAlias = Annotated[float, PlainValidator(read_multiplier), WithJsonSchema(_POSITIVE)]
