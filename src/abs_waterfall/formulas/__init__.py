"""Formulas of deal files and eligibility criteria: parsed to a small tree, checked for kinds, compiled to closures.

Nothing is ever evaluated as Python. The grammar, loosest binding first::

    or, and, not, comparison (one, not chained), + -, * /, unary -, literal | name | call | ( .. )

Names are dotted; a part after a dot may hold hyphens between its letters (tranche.A-2.balance) or be quoted
(pool.segment."36/A".balance). There is no power, no attribute, no indexing.
"""

from __future__ import annotations

from abs_waterfall.formulas.computing import compiled, over_columns
from abs_waterfall.formulas.kinds import kind_of, problems, unknown_names
from abs_waterfall.formulas.nodes import (
    LOOKBACKS,
    MAX_DEPTH,
    Apply,
    Constant,
    FormulaError,
    Kind,
    Lookback,
    Name,
    Node,
    Value,
    bounded,
    names,
    operands,
    substitute,
    walk,
)
from abs_waterfall.formulas.reading import ARITY, FUNCTIONS, parse
from abs_waterfall.formulas.writing import written

__all__ = [
    "ARITY",
    "FUNCTIONS",
    "LOOKBACKS",
    "MAX_DEPTH",
    "Apply",
    "Constant",
    "FormulaError",
    "Kind",
    "Lookback",
    "Name",
    "Node",
    "Value",
    "bounded",
    "compiled",
    "kind_of",
    "names",
    "operands",
    "over_columns",
    "parse",
    "problems",
    "substitute",
    "unknown_names",
    "walk",
    "written",
]
