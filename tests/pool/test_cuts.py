"""Cuts of batches add up to the cut of the whole, and every bin of round edges is made of whole cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.pool.columns import Labels, Numbers
from abs_waterfall.pool.cuts import IN_NUMPY, Cut, NumberCut, added, cell_edges, cells, cut_by, found_cells

NUMBERS = st.one_of(
    st.floats(-1e18, 1e18), st.integers(0, 5000).map(float), st.sampled_from([0.0, -0.0, 1e-9, 9.99e15, 1e300, np.inf, 5e-324])
)


@settings(max_examples=200)
@given(st.lists(st.one_of(NUMBERS, st.sampled_from(cell_edges()[1:].tolist())), min_size=1), st.booleans())
def test_a_number_is_in_the_cell_from_whose_edge_it_is_not_yet_the_next(values: list[float], positive: bool) -> None:
    numbers = np.abs(values) if positive else np.array(values)
    edges = np.append(cell_edges(), np.inf)
    cell = cells(numbers) if positive else found_cells(numbers)
    assert (edges[cell] <= numbers).all()
    assert ((numbers < edges[cell + 1]) | np.isinf(edges[cell + 1])).all()


def test_edges_are_the_decimals_as_they_are_written() -> None:
    edges = set(cell_edges().tolist())
    assert {0.07, 0.0325, -0.0325, 1.01, 9.99, 999.0, 1000.0, 35_000.0, 123_000_000.0} <= edges
    assert 1.001 not in edges


ROWS = st.lists(st.tuples(st.one_of(st.just(np.nan), NUMBERS), st.integers(-1, 4), st.floats(0.01, 1e6)), min_size=2, max_size=40)


@settings(max_examples=100)
@given(ROWS, st.integers(1, 39), st.sampled_from([None, [0.0, 10.0], "values"]))
def test_cuts_of_parts_add_up(rows: list[tuple[float, int, float]], at: int, bins: object) -> None:
    number, label, balance = (np.array(column) for column in zip(*rows, strict=True))
    weights = (balance, balance / 7, balance * 3)

    def cut(of: slice) -> tuple[Cut, Cut]:
        some = tuple(weight[of] for weight in weights)
        own = Labels(label[of], ("a", "b", "c", "d", "e") if of.stop else ("a", "b", "c", "d", "e", "f"))
        return cut_by(Numbers(number[of]), some, bins, IN_NUMPY), cut_by(own, some, None, IN_NUMPY)  # type: ignore[arg-type]

    for one, other, whole in zip(cut(slice(0, at)), cut(slice(at, None)), cut(slice(0, len(rows))), strict=True):
        both = added(one, other)
        np.testing.assert_allclose(both.unstated, whole.unstated, rtol=1e-12)
        if isinstance(whole, NumberCut):
            assert isinstance(both, NumberCut)
            assert (both.low, both.high, both.whole) == (whole.low, whole.high, whole.whole)
            assert by_cell(both) == pytest.approx(by_cell(whole), rel=1e-12)
        else:
            assert by_name(both) == pytest.approx(by_name(whole), rel=1e-12)


def by_cell(cut: NumberCut) -> dict[int, float]:
    return {cut.first + at: float(cut.sums[1, at]) for at in np.flatnonzero(cut.sums[0])}


def by_name(cut: Cut) -> dict[str, float]:
    assert not isinstance(cut, NumberCut)
    return {name: float(balance) for name, loans, balance in zip(cut.names, cut.sums[0], cut.sums[1], strict=True) if loans}
