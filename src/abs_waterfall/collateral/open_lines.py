"""Revolving lines as the scenarios assume them: what is drawn, and the yield in place of the lines' own rates.

Shapes: S scenarios, K segments, C cohorts, L of them lines, H months of the axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.assumptions.curves import CurveAxes, monthly_rates
from abs_waterfall.assumptions.scenarios import NOTHING, Behaviour
from abs_waterfall.collateral.kernels.shapes import OpenLines


def open_lines(
    grid: Sequence[Sequence[Behaviour]], line: Ints, segment: Ints, first: Ints, axes: CurveAxes, fractions: Floats
) -> OpenLines:
    """What is drawn on each cohort of lines, `line` (L,) of those of `segment` (C,), and what it pays beside principal.

    `axes` are the cohorts', `fractions` (H,) years of each month.
    """
    shape = (len(grid), len(fractions), len(line))
    draw, of_payments, interest = (np.empty(shape) for _ in range(3))
    for k in np.flatnonzero(np.bincount(segment[line])).tolist():
        of = np.flatnonzero(segment[line] == k)
        own = CurveAxes(axes.age[:, line[of]], axes.remaining[:, line[of]], axes.period, axes.year_share)
        quotes = [row[k].draw for row in grid]
        draw[:, :, of] = monthly_rates([NOTHING if quote.kind == "of_payments" else quote for quote in quotes], own)
        of_payments[:, :, of] = monthly_rates([quote if quote.kind == "of_payments" else NOTHING for quote in quotes], own)
        interest[:, :, of] = yields([row[k] for row in grid], own) * fractions[:, None]
    return OpenLines(first, np.searchsorted(line, np.arange(len(segment))), draw, of_payments, interest)


def yields(behaviours: Sequence[Behaviour], axes: CurveAxes) -> Floats:
    """Annual yields (S, H, L) of one segment's lines; NaN where they have their own rates."""
    rates = monthly_rates([behaviour.portfolio_yield or NOTHING for behaviour in behaviours], axes)
    rates[[behaviour.portfolio_yield is None for behaviour in behaviours]] = np.nan
    return rates
