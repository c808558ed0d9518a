"""The gate in one pass: what it does with NumPy's arrays, to the bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.waterfall import opening
from abs_waterfall.waterfall.gate import pay_claim
from waterfall.made_deals import Made, made_deals

ROWS = 40


def arrays_in(thing: Any) -> Iterator[np.ndarray]:
    """Every array in some cash flows."""
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict):
        yield from (array for value in thing.values() for array in arrays_in(value))
    elif isinstance(thing, tuple):
        yield from (array for value in thing for array in arrays_in(value))
    elif dataclasses.is_dataclass(thing):
        yield from (array for field in dataclasses.fields(thing) for array in arrays_in(getattr(thing, field.name)))


@settings(max_examples=60)
@given(made_deals())
def test_a_deal_pays_the_same_to_the_bit_in_one_pass(case: Made) -> None:
    plain = case.run()
    with mock.patch.object(opening, "FEW", 0):
        in_one_pass = case.run()
    ours, theirs = list(arrays_in(in_one_pass)), list(arrays_in(plain))
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(0, 10_000), st.sampled_from([(0, -1), (0, 1), (1, 0)]))
def test_what_moves_is_wanted_owed_there_and_nowhere_else(seed: int, pots: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    cash, owed = (random.choice([0.0, 1e-13, 3.0], (2, ROWS)) * random.random((2, ROWS)) for _ in range(2))
    out, paid = np.zeros((2, ROWS)), np.zeros((2, ROWS))
    want, mask = random.normal(1.0, 1.0, ROWS), random.random(ROWS) < 0.8
    before, due = cash.copy(), owed.copy()
    moved = pay_claim(cash, out, owed, paid, pots, 1, want, mask, 1e-11)
    there = sum(before[pot] for pot in pots if pot >= 0)
    expected = np.where(mask, np.clip(np.minimum(want, np.minimum(due[1], there)), 0.0, None), 0.0)
    np.testing.assert_allclose(moved, expected, rtol=1e-15, atol=1e-15)
    np.testing.assert_array_equal(paid, [np.zeros(ROWS), moved])
    np.testing.assert_allclose(before - cash, out, atol=1e-15)
    np.testing.assert_allclose(out.sum(axis=0), moved, atol=1e-15)
    assert (cash >= 0).all()
    left = due[1] - moved
    np.testing.assert_array_equal(owed, [due[0], np.where(mask & (left < 1e-11), 0.0, left)])
