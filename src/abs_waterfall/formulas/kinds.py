"""What kind of value a formula gives, and whether its parts go together."""

from __future__ import annotations

from collections.abc import Mapping

from abs_waterfall.errors import did_you_mean
from abs_waterfall.formulas.nodes import (
    Apply,
    Constant,
    FormulaError,
    Kind,
    Lookback,
    Name,
    Node,
    names,
)
from abs_waterfall.formulas.reading import COMPARISONS, parse


def unknown_names(node: Node, known: Mapping[str, Kind]) -> list[str]:
    """A message for each name that is not known, with the nearest one."""
    hint = {True: " A minus takes spaces around it.", False: ""}
    return [f'unknown name "{n}".{did_you_mean(n, known)}{hint["-" in n]}' for n in sorted(names(node) - known.keys())]


def kind_of(node: Node, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of value a formula gives; FormulaError where its parts do not fit together."""
    match node:
        case Constant(_, kind):
            return kind
        case Name(name):
            return kinds[name]
        case Lookback(verb, part, _):
            need(verb, (kind_of(part, kinds),), "number")
            return "number"
        case Apply(verb, parts):
            return kind_of_applied(verb, tuple(kind_of(part, kinds) for part in parts))


def kind_of_applied(verb: str, kinds: tuple[Kind, ...]) -> Kind:
    """The kind an operator or function gives for operands of these kinds."""
    if verb in ("and", "or", "not"):
        return need(verb, kinds, "condition")
    if verb in COMPARISONS:
        if kinds[0] != kinds[1] or kinds[0] == "condition" or (kinds[0] == "text" and verb not in ("==", "!=")):
            raise FormulaError(f'"{verb}" cannot compare a {kinds[0]} with a {kinds[1]}')
        return "condition"
    if verb == "if":
        need("if", kinds[:1], "condition")
        return need("if", kinds[1:], kinds[1])
    return need(verb, kinds, "number")


def need(verb: str, kinds: tuple[Kind, ...], wanted: Kind) -> Kind:
    """The wanted kind, if all operands have it."""
    for kind in kinds:
        if kind != wanted:
            raise FormulaError(f'"{verb}" needs a {wanted}, not a {kind}')
    return wanted


def problems(text: str | float, kinds: Mapping[str, Kind], wanted: Kind) -> list[str]:
    """What is wrong with a formula that reads these names and should give the wanted kind; [] where nothing is."""
    try:
        node = parse(text)
        if unknown := unknown_names(node, kinds):
            return unknown
        kind = kind_of(node, kinds)
    except FormulaError as fault:
        return [str(fault)]
    return [] if kind == wanted else [f"expected a {wanted}, and this formula is a {kind}"]
