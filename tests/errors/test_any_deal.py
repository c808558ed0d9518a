"""Whatever stands in a deal file, it is a deal or it is refused in our words: never a fault of ours."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.files.deals import deal_of
from errors.wrong import DEAL

RIGHT = tomllib.loads(DEAL)
THEIR_WORDS = (
    "pydantic",
    "input should be",
    "input_value",
    "extra inputs",
    "field required",
    "valid dictionary",
    "errors.pydantic.dev",
)

words = st.one_of(
    st.sampled_from(
        ["A1", "A2", "SUB", "servicing", "reserve", "acceleration", "amortising", "available", "interest", "principal"]
    ),
    st.sampled_from(
        ["pool.balance", "pool.factor > 0.1", "tranche.A1.balance", "oc", "oc + previous(oc, 2)", "fee.servicing.due"]
    ),
    st.sampled_from(
        ["", "coupn", "t.csv:x", "1 +", "a.b()", 'pool.segment."x".balance', "30/360", "monthly", "level_pay", "USD"]
    ),
    st.text(max_size=8),
)
values = st.recursive(
    st.one_of(
        words,
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
        st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)),
        st.datetimes(),
        st.times(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=4,
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a file, tables and values."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for key, part in inner for deeper in places(part, (*path, key)))]


def changed(tables: dict[str, Any], change: tuple[tuple[Any, ...], str, str, Any]) -> dict[str, Any]:
    """The tables with a value replaced, removed or added."""
    path, how, key, value = change
    node: Any = tables
    for part in path[:-1]:
        node = node[part]
    if how == "replace":
        node[path[-1]] = value
    elif how == "remove":
        del node[path[-1]]
    elif isinstance(node, dict):
        node[key] = value
    else:
        node += [value]  # a TypeError, as above, where an earlier change put a text
    return tables


PLACES = places(RIGHT)[1:]
changes = st.tuples(st.sampled_from(PLACES), st.sampled_from(["replace", "remove", "add"]), words, values)


@settings(max_examples=300, deadline=None)
@given(st.lists(changes, min_size=1, max_size=3))
def test_a_deal_with_anything_in_it_is_a_deal_or_is_refused_in_our_words(
    made: list[tuple[tuple[Any, ...], str, str, Any]],
) -> None:
    tables = copy.deepcopy(RIGHT)
    for change in made:
        try:
            tables = changed(tables, change)
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    told = refusal(tables)
    assert all(problem.file == "nowhere/deal.toml" and problem.place and problem.message for problem in told)
    assert not [problem for problem in told if any(word in problem.message.lower() for word in THEIR_WORDS)]


def refusal(tables: dict[str, Any]) -> tuple[Problem, ...]:
    """The problems for which tables are refused; none where they are a deal."""
    try:
        assert isinstance(deal_of(tables, Path("nowhere/deal.toml")), Deal)
    except InputError as error:
        return error.problems
    return ()
