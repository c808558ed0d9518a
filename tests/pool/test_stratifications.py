"""A pool cut by any column is still the pool."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.arrays import Floats
from abs_waterfall.pool import stratify
from abs_waterfall.pool.build import joined_pools, kept
from abs_waterfall.pool.columns import Labels, Numbers, crossed, joined, natural_order
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import Stratification
from abs_waterfall.pool.stratify import BINS, MAX_LABELS, by_segment, cuts, totals, weights_of


def pool_of(balance: Floats, rate: Floats, term: Floats, age: Floats) -> LoanPool:
    """Level-pay loans in one segment."""
    size = len(balance)
    zeros = np.zeros(size, dtype=np.int64)
    terms = np.asarray(term).astype(np.int64)
    return LoanPool(
        np.asarray(balance, float), np.asarray(rate, float), terms, np.asarray(age).astype(np.int64), zeros, zeros, terms,
        np.asarray(balance, float), np.zeros(size), np.zeros(size, bool), zeros, zeros, ("all",), zeros - 1, (),
    )  # fmt: skip


def stratifications(pool, columns, bins) -> tuple[Stratification, ...]:
    """The tables of a pool in one batch."""
    return stratify.stratifications(cuts(pool, weights_of(pool), columns, bins), bins)


def table(name: str, values: Floats, bins: object = None) -> Stratification:
    """A pool of as many loans of 1 cut by a column of these values."""
    ones = np.ones(len(values))
    pool = pool_of(ones, ones / 10, ones, ones)
    return stratifications(pool, {name: Numbers(np.asarray(values, float))}, {name: bins})[-1]  # type: ignore[dict-item]


LOANS = st.lists(
    st.tuples(
        st.floats(0.01, 1e9),
        st.floats(0, 1),
        st.integers(1, 480),
        st.integers(0, 480),
        st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6), st.integers(300, 850).map(float)),
        st.integers(-1, 90),
    ),
    min_size=1,
    max_size=200,
)


@settings(max_examples=150)
@given(LOANS, st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5, unique=True).map(sorted))
def test_every_table_adds_up_to_the_pool(loans: list[tuple[float, ...]], edges: list[float]) -> None:
    balance, rate, term, age, score, grade = (np.array(column) for column in zip(*loans, strict=True))
    pool = pool_of(balance, rate, term, age)
    columns = {
        "score": Numbers(score),
        "own": Numbers(score),
        "each": Numbers(score),
        "grade": Labels(grade, tuple(map(str, range(91)))),
    }
    tables = stratifications(pool, columns, {"own": edges, "each": "values"})
    whole = totals(pool)
    assert len(tables) == 8
    for cut in tables:
        assert sum(row.loans for row in cut.strata) == whole.loans
        assert sum(row.balance for row in cut.strata) == pytest.approx(whole.balance, rel=1e-12)
        assert sum(row.share for row in cut.strata) == pytest.approx(1, rel=1e-12)
        assert sum(row.balance * row.wac for row in cut.strata) == pytest.approx(whole.balance * whole.wac, rel=1e-9, abs=1e-12)
        assert sum(row.balance * row.wam for row in cut.strata) == pytest.approx(whole.balance * whole.wam, rel=1e-9)
        assert len({row.label for row in cut.strata}) == len(cut.strata) <= MAX_LABELS + 1


@settings(max_examples=150)
@given(st.lists(st.floats(0, 1e7), min_size=2, max_size=100))
def test_a_loan_is_in_the_bin_that_names_it(balances: list[float]) -> None:
    cut = table("amount", balances, [1000, 5000, 20_000])
    held = {
        "below 1,000": (-1, 1000),
        "1,000 – 5,000": (1000, 5000),
        "5,000 – 20,000": (5000, 20_000),
        "20,000 and over": (2e4, 1e9),
    }
    for row in cut.strata:
        low, high = next(held[label] for label in held if row.label.startswith(label.split(" – ")[0]))
        assert row.loans == sum(low <= balance < high for balance in balances)


@pytest.mark.parametrize(
    ("name", "low", "high", "one"),
    [
        ("balance", 500, 35_000, "5,000 – 10,000"),
        ("annual_rate", 0.05, 0.26, "10 % – 12 %"),
        ("remaining_term", 1, 60, "13 – 18"),
        ("age", 0, 30, "12 – 14"),
        ("score", 600, 849, "650 – 699"),
    ],
)
def test_automatic_bins_are_few_and_round(name: str, low: float, high: float, one: str) -> None:
    values = np.linspace(low, high, 1000)
    whole = name in ("remaining_term", "age", "score")
    loans = {**dict.fromkeys(("balance", "annual_rate", "remaining_term", "age"), np.ones(1000))}
    loans[name] = np.floor(values) if whole else values
    score = {"score": Numbers(loans.pop("score"))} if name == "score" else {}
    tables = stratifications(pool_of(*loans.values()), score, {})
    (labels,) = [[row.label for row in cut.strata] for cut in tables if cut.column == name]
    assert one in labels
    assert 4 <= len(labels) <= BINS + 2


def test_one_far_loan_does_not_put_all_others_in_one_bin() -> None:
    cut = table("income", np.append(np.linspace(20_000, 120_000, 999), 1e9))
    assert cut.strata[-1].label.endswith("and over")
    assert cut.strata[-1].loans < 20
    assert len(cut.strata) > 5


def test_loans_of_one_rate_are_one_row() -> None:
    cut = table("some_rate", np.full(10, 0.12))
    assert [row.loans for row in cut.strata] == [10]


def test_whole_numbers_are_named_by_the_first_and_last_they_hold() -> None:
    cut = table("score", [599, 600, 649, 650, 700, 701], [600, 650, 700])
    assert [(row.label, row.loans) for row in cut.strata] == [
        ("below 600", 1),
        ("600 – 649", 2),
        ("650 – 699", 1),
        ("700 and over", 2),
    ]


def test_what_is_not_stated_has_a_row_of_its_own() -> None:
    cut = table("score", [np.nan, 620, np.nan, 640], [600, 650])
    assert [(row.label, row.loans) for row in cut.strata] == [("600 – 649", 2), ("not stated", 2)]
    assert [row.label for row in table("score", [np.nan]).strata] == ["not stated"]


def test_small_codes_can_be_labels() -> None:
    cut = table("vintage_code", [10, 9, 9, 1], "values")
    assert [(row.label, row.loans) for row in cut.strata] == [("1", 1), ("9", 2), ("10", 1)]


def test_the_smallest_of_too_many_labels_are_gathered() -> None:
    cut = table("code", np.repeat(np.arange(100), np.arange(100) + 1), "values")
    assert len(cut.strata) == MAX_LABELS
    assert cut.strata[-1].label == "other (41 values)"
    assert cut.strata[-1].loans == sum(range(1, 42))
    assert cut.strata[0].label == "41"


def test_dates_are_cut_by_year() -> None:
    days = Numbers(np.array([733_773.0, 733_772.0, np.nan]), "date")  # 1 January 2010, the day before
    ones = np.ones(3)
    (cut,) = stratifications(pool_of(ones, ones, ones, ones), {"issued": days}, {})[4:]
    assert [(row.label, row.loans) for row in cut.strata] == [("2009", 1), ("2010", 1), ("not stated", 1)]


def test_segments_are_in_natural_order_and_those_without_loans_are_gone() -> None:
    labels = crossed([Labels(np.array([0, 1, 2, 0]), ("36", "9", "60")), Labels(np.array([1, 0, 1, 0]), ("A", "B"))])
    ones = np.ones(4)
    pool = pool_of(ones, ones / 10, ones, ones)
    fields = {name: getattr(pool, name) for name in LoanPool.__slots__}
    pool = kept(
        LoanPool(**{**fields, "segment": labels.codes, "segment_names": labels.names}), np.array([True, True, False, True])
    )
    assert pool.segment_names == ("9/A", "36/A", "36/B")
    assert [row.label for row in by_segment(cuts(pool, weights_of(pool), {}, {}))] == ["9/A", "36/A", "36/B"]
    assert [pool.segment_names[code] for code in pool.segment] == ["36/B", "9/A", "36/A"]


def test_pools_joined_share_segments_of_one_name() -> None:
    ones = np.ones(2)
    pool = pool_of(ones, ones / 10, ones, ones)
    both = joined_pools([pool, pool])
    assert both.segment_names == ("all",)
    assert both.total_balance == 2 * pool.total_balance


def test_a_column_of_numbers_here_and_texts_there_is_one_of_texts() -> None:
    both = joined([Numbers(np.array([36.0, np.nan])), Labels(np.array([0, -1]), ("36m",))])
    assert isinstance(both, Labels)
    assert list(both.values) == ["36", "", "36m", ""]


def test_natural_order_reads_digits_as_numbers() -> None:
    assert sorted(["B", "36/B", "9/A", "36/A", "A10", "A2"], key=natural_order) == ["9/A", "36/A", "36/B", "A2", "A10", "B"]


def test_an_endless_value_is_over_the_last_edge() -> None:
    cut = table("score", [np.inf, 620.5, 640.5])
    assert (cut.strata[-1].loans, cut.strata[-1].label.endswith("and over")) == (1, True)
    assert [row.loans for row in table("score", [np.inf]).strata] == [1]
