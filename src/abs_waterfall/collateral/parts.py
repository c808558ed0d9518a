"""Parts of a pool: loans told apart in what comes out of a projection, though those of a segment leave alike.

Shapes: N loans, S scenarios, K segments, G parts, Q cells (what a part has of a segment), M weights, H
months of loans, T months to the last recovery.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.pool.loans import LoanPool


@record
class Parting:
    """Which part each loan is in, and what balances are weighted by."""

    part: Ints  # (N,)
    count: int  # G
    weights: Floats  # (M, N)


@record
class PartFlows:
    """What the parts pay. Month t is the t-th after the cut-off, or after the month they were bought in."""

    parts: Floats  # (S, G, 9 or 14, T) as the kernels write them
    default: Floats  # (S, H, Q)
    closing: Floats  # (S, H, Q)
    weighted: Floats  # (S, G, M, H) closing balances times what loans are weighted by
    initial: Floats  # (Q,)
    segment: Ints  # (Q,)
    part: Ints  # (Q,)


def undivided(pool: LoanPool) -> Parting:
    """The whole pool as one part, nothing weighted."""
    loans = len(pool.balance)
    return Parting(np.zeros(loans, dtype=np.int64), 1, np.zeros((0, loans)))
