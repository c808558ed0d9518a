"""Formulas as functions of what their names stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from abs_waterfall.formulas.nodes import (
    Apply,
    Constant,
    FormulaError,
    Lookback,
    Name,
    Node,
    Value,
)
from abs_waterfall.formulas.reading import parse

Env = TypeVar("Env")


def all_of(combine: Callable[[Value, Value], Value]) -> Callable[..., Value]:
    """A function of two made one of many."""

    def combined(*values: Value) -> Value:
        result = values[0]
        for value in values[1:]:
            result = combine(result, value)
        return result

    return combined


COMPUTE: dict[str, Callable[..., Value]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "negate": np.negative,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "and": np.logical_and,
    "or": np.logical_or,
    "not": np.logical_not,
    "min": all_of(np.minimum),
    "max": all_of(np.maximum),
    "abs": np.abs,
    "if": np.where,
}


def compiled(
    node: Node,
    read: Callable[[str], Callable[[Env], Value]],
    look_back: Callable[[Lookback], Callable[[Env], Value]],
) -> Callable[[Env], Value]:
    """The formula as a function of an environment.

    `read` gives, once, the function that fetches a name's value; `look_back` the one that computes over past dates.
    Division by zero gives infinity or NaN, which the caller refuses where the value is used.
    """
    match node:
        case Constant(value, _):
            constant = np.float64(value) if isinstance(value, float) else value
            return lambda _: constant
        case Name(name):
            return read(name)
        case Lookback():
            return look_back(node)
        case Apply(verb, parts):
            return applied(COMPUTE[verb], [compiled(part, read, look_back) for part in parts])


def applied(compute: Callable[..., Value], parts: list[Callable[[Env], Value]]) -> Callable[[Env], Value]:
    """A function of the environment that computes with what its parts give."""
    if len(parts) == 1:
        (only,) = parts
        return lambda env: compute(only(env))
    if len(parts) == 2:
        first, second = parts
        return lambda env: compute(first(env), second(env))
    return lambda env: compute(*[part(env) for part in parts])


def over_columns(text: str, columns: Mapping[str, Value]) -> Value:
    """A formula over columns of loans: an array with a value a loan. The formula was checked before.

    >>> over_columns("remaining_term >= 3 and grade != 'G'", {"remaining_term": np.array([2, 9]), "grade": np.array(["A", "B"])})
    array([False,  True])
    """

    def no_dates(node: Lookback) -> Callable[[Mapping[str, Value]], Value]:
        raise FormulaError(f"{node.verb}() looks back over payment dates; a loan has none")

    with np.errstate(all="ignore"):
        formula: Callable[[Mapping[str, Value]], Value] = compiled(parse(text), lambda name: lambda env: env[name], no_dates)
        return formula(columns)
