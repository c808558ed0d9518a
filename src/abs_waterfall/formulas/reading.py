"""Formulas read from text. Nothing is ever evaluated as Python."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator

from abs_waterfall.errors import did_you_mean
from abs_waterfall.formulas.nodes import (
    LOOKBACKS,
    MAX_DEPTH,
    MAX_NESTING,
    Apply,
    Constant,
    FormulaError,
    Lookback,
    Name,
    Node,
    bounded,
)

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
    abs_waterfall.formulas.nodes.FormulaError: there is no power in formulas; multiply instead
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
