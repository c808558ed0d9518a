"""Formulas of deal files and eligibility criteria: parsed to a small tree, checked for kinds, compiled to closures.

Nothing is ever evaluated as Python. The grammar, loosest binding first::

    or, and, not, comparison (one, not chained), + -, * /, unary -, literal | name | call | ( .. )

Names are dotted; a part after a dot may hold hyphens between its letters (tranche.A-2.balance) or be quoted
(pool.segment."36/A".balance). There is no power, no attribute, no indexing.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

from abs_waterfall.errors import did_you_mean

Kind = Literal["number", "condition", "date", "text"]
Value: TypeAlias = Any  # a float, a bool, a text or an array of them; dates are day ordinals
Env = TypeVar("Env")

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

# ---------------------------------------------------------------------------------------------------------------- reading

TOKEN = re.compile(
    r"""\s*(?:
      (?P<date>\d{4}-\d{2}-\d{2}(?![\w.]))
    | (?P<number>(?>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)(?!\w))
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<name>[^\W\d]\w*(?:\.(?:\w+(?:-\w+)*|"[^"]*"))*)
    | (?P<op><=|>=|==|!=|\*\*|[-+*/<>(),^])
    )""",
    re.VERBOSE,
)
COMPARISONS = ("<=", ">=", "==", "!=", "<", ">")
ARITY = {"min": (2, 99), "max": (2, 99), "abs": (1, 1), "if": (3, 3)}
FUNCTIONS = (*ARITY, *LOOKBACKS, "sum_to_date")


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """The (sort, text) tokens of a formula."""
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            rest = text[position:].lstrip()
            raise FormulaError(f"cannot read {rest[:12].strip()!r} at character {len(text) - len(rest) + 1}")
        position = match.end()
        sort = str(match.lastgroup)
        yield sort, match.group(sort)


class Reader:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, text: str) -> None:
        self.tokens = [*tokens(text), ("end", "the end")]
        self.at = 0
        self.nesting = 0

    def peek(self) -> str:
        """The next token's text, quotes and all."""
        return self.tokens[self.at][1]

    def take(self, *wanted: str) -> str | None:
        """The next token if it is one of the operators or words `wanted`."""
        sort, text = self.tokens[self.at]
        if sort in ("op", "name") and text in wanted:
            self.at += 1
            return text
        return None

    def expect(self, wanted: str) -> None:
        """Take an operator or say what stands there instead."""
        if not self.take(wanted):
            raise FormulaError(f'expected "{wanted}", found {self.peek()!r}')

    def nested(self, read: Callable[[], Node]) -> Node:
        """Read one level deeper, within the limit."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FormulaError(f"nested more than {MAX_NESTING} deep")
        node = read()
        self.nesting -= 1
        return node

    def left(self, operators: tuple[str, ...], below: Callable[[], Node]) -> Node:
        """A chain of left-associative operators."""
        node, length = below(), 0
        while operator := self.take(*operators):
            length += 1
            if length >= MAX_DEPTH:
                raise FormulaError(f"more than {MAX_DEPTH} terms in one chain")
            node = Apply(operator, (node, below()))
        return node

    def expression(self) -> Node:
        """The loosest level: or."""
        return self.left(("or",), lambda: self.left(("and",), self.negation))

    def negation(self) -> Node:
        """Not, then one comparison."""
        if self.take("not"):
            return self.nested(lambda: Apply("not", (self.negation(),)))
        node = self.sum()
        if operator := self.take(*COMPARISONS):
            node = Apply(operator, (node, self.sum()))
            if self.peek() in COMPARISONS:
                raise FormulaError('comparisons cannot be chained; write "a < b and b < c"')
        return node

    def sum(self) -> Node:
        """Addition and subtraction."""
        return self.left(("+", "-"), self.product)

    def product(self) -> Node:
        """Multiplication and division."""
        return self.left(("*", "/"), self.factor)

    def factor(self) -> Node:
        """A sign, a bracket, a literal, a name or a call."""
        if self.take("-"):
            return self.nested(lambda: Apply("negate", (self.factor(),)))
        if self.take("("):
            node = self.nested(self.expression)
            self.expect(")")
            return self.no_power(node)
        sort, text = self.tokens[self.at]
        self.at += 1
        if sort in READ_LITERAL:
            return self.no_power(READ_LITERAL[sort](text))
        if sort == "name" and text not in ("and", "or", "not"):
            return self.no_power(self.name_or_call(text))
        raise FormulaError(f"expected a number, a name or a bracket, found {text!r}")

    def no_power(self, node: Node) -> Node:
        """The node, unless somebody raises it to a power."""
        if self.peek() in ("**", "^"):
            raise FormulaError("there is no power in formulas; multiply instead")
        return node

    def name_or_call(self, text: str) -> Node:
        """A name, true or false, or a function of arguments."""
        if self.take("("):
            return self.call(text)
        if text in ("true", "false"):
            return Constant(text == "true", "condition")
        return Name(text.replace('"', ""))

    def call(self, verb: str) -> Node:
        """The arguments of a function, its bracket already taken."""
        if verb not in FUNCTIONS:
            raise FormulaError(f'no function "{verb}"; there are {", ".join(FUNCTIONS)}.{did_you_mean(verb, FUNCTIONS)}')
        operands = [self.nested(self.expression)]
        while self.take(","):
            operands.append(self.nested(self.expression))
        self.expect(")")
        if verb == "sum_to_date":
            check_count(verb, operands, 1, 1)
            return Lookback("sum", operands[0], 0)
        if verb in LOOKBACKS:
            check_count(verb, operands, 2, 2)
            return Lookback(verb, operands[0], whole_dates(verb, operands[1]))
        check_count(verb, operands, *ARITY[verb])
        return Apply(verb, tuple(operands))


def check_count(verb: str, operands: list[Node], least: int, most: int) -> None:
    """Refuse a call with too few or too many arguments."""
    if not least <= len(operands) <= most:
        wanted = str(least) if least == most else f"at least {least}"
        raise FormulaError(f"{verb}() takes {wanted} argument{'s' * (wanted != '1')}, not {len(operands)}")


def whole_dates(verb: str, node: Node) -> int:
    """How many payment dates a lookback spans: a literal whole number from 1."""
    if isinstance(node, Constant) and node.kind == "number" and float(node.value) in range(1, 1201):
        return int(node.value)
    raise FormulaError(f"the second argument of {verb}() is a whole number of payment dates from 1 to 1200")


def read_number(text: str) -> Constant:
    """A finite number, its digits perhaps grouped by underscores."""
    value = float(text.replace("_", ""))
    if not math.isfinite(value):
        raise FormulaError(f"{text} is too large a number")
    return Constant(value, "number")


def read_date(text: str) -> Constant:
    """A date as its ordinal."""
    try:
        return Constant(dt.date.fromisoformat(text).toordinal(), "date")
    except ValueError as fault:
        raise FormulaError(f"{text} is not a date: {fault}") from None


READ_LITERAL: dict[str, Callable[[str], Constant]] = {
    "number": read_number,
    "date": read_date,
    "text": lambda text: Constant(text[1:-1], "text"),
}


def parse(text: str | float) -> Node:
    """The tree of a formula; a number stands for itself. Raises FormulaError with what is wrong and where.

    >>> parse("max(0.06 * pool.balance, 500_000)").operands[1]
    Constant(value=500000.0, kind='number')
    >>> parse("a ** b")
    Traceback (most recent call last):
        ...
    abs_waterfall.formulas.FormulaError: there is no power in formulas; multiply instead
    """
    if not isinstance(text, str):
        return read_number(repr(float(text))) if text >= 0 else Constant(float(text), "number")
    reader = Reader(text)
    if reader.tokens[0][0] == "end":
        raise FormulaError("the formula is empty")
    node = reader.expression()
    if reader.tokens[reader.at][0] != "end":
        raise FormulaError(f"expected an operator or the end, found {reader.peek()!r}")
    return bounded(node)


# ---------------------------------------------------------------------------------------------------------------- writing

BINDING = {"or": 1, "and": 2, "not": 3, **dict.fromkeys(COMPARISONS, 4), "+": 5, "-": 5, "*": 6, "/": 6, "negate": 7}


def written(node: Node) -> str:
    """The formula as text; reading it gives the tree again.

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


# --------------------------------------------------------------------------------------------------------------- checking


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


# -------------------------------------------------------------------------------------------------------------- computing


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
