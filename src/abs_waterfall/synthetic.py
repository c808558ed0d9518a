"""Synthetic loans: pools that look like small Chinese consumer credit, for trying things out. None of them is real.

Drawn batch by batch, each from a generator of its own (seed, batch), so that the first loans of a seed are the same however
many follow. N loans; amounts in currency units. No figure is taken from anybody's book.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, Ints

BATCH: Final = 65_536
DAYS: Final = 365  # of a year on which the daily rates are quoted
BANDS: Final = ("under 640", "640-679", "680-719", "720-759", "760+")
EDGES: Final = (640, 680, 720, 760)
DAILY_RATES: Final = (0.00052, 0.00046, 0.00040, 0.00032, 0.00025)  # by band; a loan's own is up to two tiers off
TIER: Final = 0.00001
TERMS: Final = (3, 6, 9, 12)

Columns: TypeAlias = dict[str, Floats | Ints]


@dataclass(frozen=True, slots=True)
class Style:
    """What a pool is like."""

    what: str
    amortizations: tuple[str, str]  # level pay or a flat fee, and what a share of the loans has instead
    other_share: float
    term_weights: tuple[float, float, float, float]
    median: float  # of the amounts lent
    spread: float  # of their logarithms
    least: float
    most: float
    step: float  # amounts are multiples of it
    total_fees: tuple[float, float, float, float] | None = None  # flat, of the amount lent, by term; None: interest by the day


STYLES: Final = MappingProxyType(
    {
        "jiebei": Style(
            what="cash loans at a daily rate, by level instalments or interest first",
            amortizations=("level_pay", "interest_only"),
            other_share=0.2,
            term_weights=(0.18, 0.27, 0.15, 0.40),
            median=8_000,
            spread=0.9,
            least=500,
            most=50_000,
            step=100,
        ),
        "huabei": Style(
            what="purchases paid in instalments for a flat fee",
            amortizations=("flat_fee", "flat_fee"),
            other_share=0.0,
            term_weights=(0.30, 0.28, 0.07, 0.35),
            median=1_500,
            spread=0.8,
            least=100,
            most=20_000,
            step=0.01,
            total_fees=(0.023, 0.045, 0.065, 0.088),
        ),
    }
)


def batches(style: Style, seed: int, loans: int, first: int = 0) -> Iterator[Columns]:
    """The loans by column, batch after batch; `score_band` and `amortization` as indices into BANDS and the style's.

    With `first` those from there on, up to `loans`: the same loans as with all before them.
    """
    for number in range(first // BATCH, -(-loans // BATCH)):
        drawn, start = draw(style, np.random.default_rng([seed, number])), number * BATCH
        low, high = max(first, start), min(start + BATCH, loans)
        columns: Columns = {"loan_id": np.arange(low + 1, high + 1)}
        yield columns | {name: column[low - start : high - start] for name, column in drawn.items()}


def draw(style: Style, rng: np.random.Generator) -> Columns:
    """One whole batch of loans."""
    score = np.clip(np.rint(rng.normal(725, 50, BATCH)), 520, 850).astype(np.int64)
    band = np.digitize(score, EDGES)
    tier = rng.integers(-2, 3, BATCH)
    which = rng.choice(len(TERMS), BATCH, p=style.term_weights)
    term = np.array(TERMS)[which]
    age = (rng.random(BATCH) ** 2 * term).astype(np.int64)  # most are new, all have a payment to come
    other = (rng.random(BATCH) < style.other_share).astype(np.int64)
    lent = np.exp(rng.normal(np.log(style.median), style.spread, BATCH))
    lent = np.asarray(np.clip(np.rint(lent / style.step) * style.step, style.least, style.most).round(2), dtype=np.float64)
    columns: Columns = {"score": score, "score_band": band, "original_term": term, "age": age, "remaining_term": term - age}
    columns |= {"amortization": other, "original_balance": lent}
    if style.total_fees is not None:
        fee = np.round(np.array(style.total_fees)[which] / term, 6)
        balance = lent * (term - age) / term
        return columns | {"fee_rate": fee, "daily_rate": np.zeros(BATCH), "balance": np.round(balance, 2)}
    daily = np.round(np.array(DAILY_RATES)[band] + tier * TIER, 6)
    share = np.where(other == 1, 1.0, left_of_level_pay(daily * DAYS / 12, term, age))
    return columns | {"daily_rate": daily, "balance": np.round(lent * share, 2)}


def left_of_level_pay(monthly_rate: Floats, term: Ints, age: Ints) -> Floats:
    """The share of a level-pay loan outstanding after `age` payments.

    >>> left_of_level_pay(np.array([0.01]), np.array([12]), np.array([6])).round(6).tolist()
    [0.514921]
    """
    whole = (1 + monthly_rate) ** term
    return np.asarray((whole - (1 + monthly_rate) ** age) / (whole - 1))
