"""Loans told apart by the columns that limits name: those alike in all of them are one part.

Shapes: N loans of a pool, G parts, M measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.pool.columns import Labels, Numbers, as_labels, joined_labels
from abs_waterfall.pool.eligibility import FIELDS, field_of
from abs_waterfall.pool.loans import LoanPool


@record
class Groups:
    """The parts of several pools together, and what each column says of each part."""

    part: tuple[Ints, ...]  # of each pool (N,)
    count: int  # G
    values: Mapping[str, Labels]  # by column, (G,)


def grouped(pools: Sequence[LoanPool], columns: Sequence[str], segment_by: Sequence[str]) -> Groups:
    """Cut pools by columns; by none, all loans are one part."""
    if not columns:
        return Groups(tuple(np.zeros(len(pool.balance), dtype=np.int64) for pool in pools), 1, {})
    labels = [joined_labels([column_of(pool, name, segment_by) for pool in pools]) for name in columns]
    codes = labels[0].codes
    for column in labels[1:]:
        codes = np.unique(codes, return_inverse=True)[1] * len(column.names) + column.codes
    _, example, part = np.unique(codes, return_index=True, return_inverse=True)
    ends = np.cumsum([len(pool.balance) for pool in pools])[:-1]
    values = {name: Labels(column.codes[example], column.names) for name, column in zip(columns, labels, strict=True)}
    return Groups(tuple(np.split(part.astype(np.int64), ends)), len(example), values)


def column_of(pool: LoanPool, name: str, segment_by: Sequence[str]) -> Labels:
    """What a column says of each loan; of those that segments are made of, what the segment's name says."""
    if name == "segment":
        return Labels(pool.segment, pool.segment_names)
    if name in segment_by:
        said = joined_labels([Labels(np.zeros(1, dtype=np.int64), (value_in(s, name, segment_by),)) for s in pool.segment_names])
        return Labels(said.codes[pool.segment], said.names)
    return as_labels(pool.traits[name] if name in pool.traits or name not in FIELDS else field_of(pool, name))


def value_in(segment: str, column: str, segment_by: Sequence[str]) -> str:
    """The value of one of the columns that segments are made of; the segment itself where it is not made of them.

    >>> value_in("36/A", "grade", ["term", "grade"])
    'A'
    """
    values = segment.split("/")
    return values[segment_by.index(column)] if len(values) == len(segment_by) else segment


# -------------------------------------------------------------------------------------------------------------- measures

MEASURES = {
    "weighted_annual_rate": "annual_rate",
    "weighted_remaining_term": "remaining_term",
    "weighted_score": "score",
}
"""What limits measure, by the value of a loan that it is the mean of, weighted by balance."""
AGEING = ("weighted_remaining_term",)
"""Those whose values fall by 1 a month."""


def weights_of(pool: LoanPool, measures: Iterable[str]) -> Floats:
    """(M, N) what balances are weighted by; a term is counted from the deal's cut-off."""
    weights = [value_of(pool, measure) for measure in measures]
    return np.array(weights).reshape(len(weights), len(pool.balance))


def value_of(pool: LoanPool, measure: str) -> Floats:
    """(N,) the values that a measure is the mean of."""
    if measure == "weighted_remaining_term":
        return (pool.remaining_term - pool.months_before_cutoff).astype(np.float64)
    if measure == "weighted_annual_rate":
        return pool.annual_rate
    column = pool.traits[MEASURES[measure]]
    return column.values if isinstance(column, Numbers) else np.full(len(column), np.nan)
