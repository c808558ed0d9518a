"""Formulas of a deal file, read and computed one number at a time: the plain reading of the reference's grammar.

    or < and < not < comparison < + - < * / < sign; functions, dates, dotted names with hyphens or quotes after a dot.

A tree is ("number", 2.0), ("name", "pool.balance"), (verb, part, ...) or ("look", verb, part, dates).
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

Tree = tuple[Any, ...]
WORDS = re.compile(
    r"\s*(\d{4}-\d\d-\d\d|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+"
    r'|[^\W\d]\w*(?:\.(?:"[^"]*"|\w+(?:-\w+)*))*|<=|>=|==|!=|[-+*/<>(),])'
)
LOOSEST_FIRST = (("or",), ("and",), ("not",), ("<", "<=", ">", ">=", "==", "!="), ("+", "-"), ("*", "/"))
LOOK = ("sum", "average", "max_over", "previous", "sum_to_date")


@functools.cache
def read(text: str | float) -> Tree:
    """The tree of a formula."""
    words = WORDS.findall(str(text)) if isinstance(text, str) else []
    if not isinstance(text, str):
        return ("number", float(text))
    tree, rest = level(words, 0)
    assert not rest, f"left over in {text!r}: {rest}"
    return tree


def level(words: list[str], tightness: int) -> tuple[Tree, list[str]]:
    """One level of precedence; what it gives and the words after it."""
    if tightness == len(LOOSEST_FIRST):
        return atom(words)
    verbs = LOOSEST_FIRST[tightness]
    if verbs == ("not",):
        if words[0] == "not":
            tree, rest = level(words[1:], tightness)
            return ("not", tree), rest
        return level(words, tightness + 1)
    tree, rest = level(words, tightness + 1)
    while rest and rest[0] in verbs:
        right, after = level(rest[1:], tightness + 1)
        tree, rest = (rest[0], tree, right), after
    return tree, rest


def atom(words: list[str]) -> tuple[Tree, list[str]]:
    """A sign, a bracket, a number, a date, a name or a function."""
    word, rest = words[0], words[1:]
    if word == "-":
        tree, rest = atom(rest)
        return ("negate", tree), rest
    if word == "(":
        tree, rest = level(rest, 0)
        assert rest[0] == ")"
        return tree, rest[1:]
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return ("number", dt.date.fromisoformat(word).toordinal()), rest
    if word[0] in "0123456789.":
        return ("number", float(word.replace("_", ""))), rest
    if word in ("true", "false"):
        return ("number", word == "true"), rest
    if rest and rest[0] == "(":
        return function(word, rest[1:])
    return ("name", word.replace('"', "")), rest


def function(verb: str, words: list[str]) -> tuple[Tree, list[str]]:
    """The arguments of a function and the words after its bracket."""
    parts = []
    while True:
        part, words = level(words, 0)
        parts.append(part)
        word, words = words[0], words[1:]
        if word == ")":
            break
    if verb in LOOK:
        return ("look", verb, parts[0], int(parts[1][1]) if len(parts) > 1 else 0), words
    return (verb, *parts), words


def lookbacks(tree: Tree) -> Iterator[Tree]:
    """Every function over payment dates in a tree, inner ones first."""
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from lookbacks(part)
    if tree[0] == "look":
        yield tree


def value(tree: Tree, name: Callable[[str], Any], look: Callable[[Tree], float]) -> Any:
    """What a formula is worth, given what its names and its functions over dates are worth."""
    verb, *parts = tree
    if verb == "number":
        return parts[0]
    if verb == "name":
        return name(parts[0])
    if verb == "look":
        return look(tree)
    return apply(verb, [value(part, name, look) for part in parts])


VERBS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda a, b: a / b if b else math.nan,
    "negate": operator.neg,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": operator.not_,
    "if": lambda condition, yes, no: yes if condition else no,
    "min": min,
    "max": max,
    "abs": abs,
}


def apply(verb: str, parts: list[Any]) -> Any:
    """One operator or function."""
    return VERBS[verb](*parts)
