"""The gate's arithmetic in one pass over the rows, for runs of many: NumPy's arrays in between would take most of the time.

Shapes: R rows. Amounts in currency units.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.collateral.kernels.compiling import exact


@exact
def pay_claim(
    cash: Floats,
    out: Floats,
    owed: Floats,
    paid: Floats,
    pots: tuple[int, int],
    claim: int,
    want: Floats,
    mask: Bools,
    dust: float,
) -> Floats:
    """Move cash from a pot, and from a second where that is no -1, to a claim: what `move` does with arrays, to the bit."""
    first, second = pots
    moved = np.empty_like(want)
    for r in range(want.shape[0]):
        there = cash[first, r] + (cash[second, r] if second >= 0 else 0.0)
        taken = max(min(want[r], owed[claim, r], there), 0.0) if mask[r] else 0.0
        part = min(taken, cash[first, r]) if second >= 0 else taken
        left = taken - part
        cash[first, r] -= part
        out[first, r] += part
        if second >= 0:
            part = min(left, cash[second, r])
            left -= part
            cash[second, r] -= part
            out[second, r] += part
            taken -= left  # two pots may hold an ulp less than their sum
        still = owed[claim, r] - taken
        owed[claim, r] = 0.0 if mask[r] and still < dust else still
        paid[claim, r] += taken
        moved[r] = taken
    return moved
