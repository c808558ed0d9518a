"""Formulas as text again."""

from __future__ import annotations

import datetime as dt
import re

from abs_waterfall.formulas.nodes import (
    Apply,
    Constant,
    Lookback,
    Name,
    Node,
)
from abs_waterfall.formulas.reading import ARITY, COMPARISONS

BINDING = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, "negate": 7}


def written(node: Node) -> str:
    """The formula as text; reading it gives the tree again.

    >>> from abs_waterfall.formulas.reading import parse
    >>> written(parse("a-(b - 2) * max(c, -1)"))
    'a - (b - 2.0) * max(c, -1.0)'
    """
    match node:
        case Constant():
            return written_constant(node)
        case Name(name):
            return written_name(name)
        case Lookback(verb, operand, dates):
            return f"{verb}({written(operand)}, {dates})" if dates else f"sum_to_date({written(operand)})"
        case Apply(verb, parts) if verb in ARITY:
            return f"{verb}({', '.join(map(written, parts))})"
        case Apply("negate" | "not" as verb, (part,)):
            return {"negate": "-", "not": "not "}[verb] + bracketed(part, BINDING[verb])
        case Apply(verb, (first, second)):
            binding = BINDING[verb]
            return f"{bracketed(first, binding + (binding == 4))} {verb} {bracketed(second, binding + 1)}"
    raise TypeError(node)


def bracketed(node: Node, binding: int) -> str:
    """A part, in brackets where it binds more loosely than what it stands in."""
    loose = isinstance(node, Apply) and BINDING.get(node.verb, 9) < binding
    return f"({written(node)})" if loose else written(node)


def written_constant(node: Constant) -> str:
    """A literal."""
    match node.kind:
        case "condition":
            return "true" if node.value else "false"
        case "date":
            return dt.date.fromordinal(int(node.value)).isoformat()
        case "text":
            return f'"{node.value}"'
    return repr(float(node.value))


def written_name(name: str) -> str:
    """A name; a part of it with other signs than letters, digits, _ and hyphens is quoted."""
    segment = name.removeprefix("pool.segment.").removesuffix(".balance")
    if name.startswith("pool.segment.") and not re.fullmatch(r"\w+(?:-\w+)*", segment):
        return f'pool.segment."{segment}".balance'
    return name
