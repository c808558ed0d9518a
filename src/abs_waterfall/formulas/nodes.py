"""The tree that a formula is read to, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind = Literal["number", "condition", "date", "text"]
Value: TypeAlias = Any  # a float, a bool, a text or an array of them; dates are day ordinals

MAX_NESTING = 40
MAX_DEPTH = 250
MAX_NODES = 20_000

LOOKBACKS = ("sum", "average", "max_over", "previous")


class FormulaError(ValueError):
    """A formula that cannot be read, or that says something it cannot mean."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, true or false, a date (as its ordinal) or a quoted text."""

    value: float | bool | int | str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Name:
    """A name looked up where the formula is used."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or a function applied to its operands."""

    verb: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Lookback:
    """A function over payment dates: verb of `operand` over the last `dates` (0: all to date)."""

    verb: str
    operand: Node
    dates: int


Node: TypeAlias = Constant | Name | Apply | Lookback


def operands(node: Node) -> tuple[Node, ...]:
    """The parts a node is made of."""
    match node:
        case Apply():
            return node.operands
        case Lookback():
            return (node.operand,)
    return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """The node and everything in it, each with its depth."""
    stack = [(node, 1)]
    while stack:
        top, depth = stack.pop()
        yield top, depth
        stack.extend((part, depth + 1) for part in operands(top))


def bounded(node: Node) -> Node:
    """The node, if it is small enough to be computed without running out of stack or time."""
    for count, (_, depth) in enumerate(walk(node)):
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise FormulaError("the formula, with what it is defined by, is too large")
    return node


def names(node: Node) -> frozenset[str]:
    """Every name a formula reads."""
    return frozenset(part.name for part, _ in walk(node) if isinstance(part, Name))


def substitute(node: Node, definitions: Mapping[str, Node]) -> Node:
    """The formula with defined names replaced by their formulas; check it with `bounded`."""
    match node:
        case Name(name):
            return definitions.get(name, node)
        case Apply(verb, parts):
            return Apply(verb, tuple(substitute(part, definitions) for part in parts))
        case Lookback(verb, part, dates):
            return Lookback(verb, substitute(part, definitions), dates)
    return node
