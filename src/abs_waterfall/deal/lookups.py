"""A number looked up in a table: { table = [[0, 5], [15, 10]], of = "0.02 * pool.balance" }, as the formula that it is.

The number of a row holds from its first number up to that of the next row; below the first row it is 0.
"""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from abs_waterfall.deal.base import Formula

EXPECTED = 'expected { table = [[0, 5], [15, 10]], of = "a formula" }'


def as_formula(value: Any) -> Any:
    """The formula of a table, or what else is given."""
    if not isinstance(value, dict) or not {"table", "of"} & value.keys():
        return value
    if unknown := sorted(value.keys() - {"table", "of"}):
        raise ValueError(f'unknown key "{unknown[0]}"; {EXPECTED}')
    if missing := sorted({"table", "of"} - value.keys()):
        raise ValueError(f"`{missing[0]}` is missing; {EXPECTED}")
    if not (isinstance(value["of"], str) or is_number(value["of"])):
        raise ValueError(f"`of` is no formula; {EXPECTED}")
    return chosen(f"({value['of']})", checked_rows(value["table"]))


def checked_rows(table: Any) -> list[tuple[float, float]]:
    """The rows, in order."""
    if not isinstance(table, list) or not table:
        raise ValueError("`table` is a list of rows, each [from, number]")
    for number, row in enumerate(table, start=1):
        pair = isinstance(row, list) and len(row) == 2
        if not pair or not all(is_number(part) for part in row):
            raise ValueError(f"row {number} of `table`: expected two numbers, such as [15, 10]")
    for (low, _), (high, _) in pairwise(table):
        if low >= high:
            raise ValueError(f"`table` has {high:g} after {low:g}; expected rows that increase")
    return [(float(start), float(number)) for start, number in table]


def is_number(value: Any) -> bool:
    """Whether it is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def chosen(of: str, rows: list[tuple[float, float]], below: float = 0.0) -> str:
    """The formula that picks a row, halving the rows so that a long table is not a deep formula."""
    if not rows:
        return plain(below)
    middle = len(rows) // 2
    start, number = rows[middle]
    return f"if({of} >= {plain(start)}, {chosen(of, rows[middle + 1 :], number)}, {chosen(of, rows[:middle], below)})"


def plain(number: float) -> str:
    """A number as formulas write it, without an exponent.

    >>> plain(15.0), plain(1e-7), plain(2e21)
    ('15', '0.0000001', '2000000000000000000000')
    """
    return format(Decimal(repr(number)), "f").removesuffix(".0")


Looked: TypeAlias = Annotated[Formula, BeforeValidator(as_formula, json_schema_input_type=float | str | dict[str, Any])]
