"""What kernels read and write.

Shapes: N loans, C cohorts (sorted by segment), K segments, G parts of the pool, Q cells (a part of a segment each), M weights of
loans, S scenarios, R rows (each of a scenario), H months on the axis (month h runs from boundary h to h + 1).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints

CHUNK: Final = 65_536  # loans
SURVIVORS: Final = 0
SIFMA: Final = 1
PREPAY_FIRST: Final = 2
DEFAULT, CLOSING = 7, 8  # rows of Flows.parts
PENALTY, CAPITALISED, BEHIND = 9, 10, 11  # those that few pools have; BEHIND has three
ANY: Final = 1e-12  # a smaller share of a cohort is rounding
NO_STRIP: Final = np.zeros((0, 0))
NO_CURVE: Final = np.zeros((0, 0, 0))
NO_WEIGHTS: Final = np.zeros((0, 0, 0))
NO_WEIGHT: Final = np.zeros(0)
NOBODY: Final = np.zeros(0, np.int64)


class Loans(NamedTuple):
    """What the schedule of a loan is made of, as columns."""

    balance: Floats  # (N,)
    rate: Floats  # (N,) a month, of the schedule
    interest_rate: Floats  # (N,) a month, charged every month
    months: Ints  # (N,) payments left
    free: Ints  # (N,) first payments without principal
    payments: Ints  # (N,) payments of principal it is sized for
    grows: Bools  # (N,) level payments: principal grows by the rate
    cohort: Ints  # (N,)
    start: Ints  # (C,) the month boundary at which a cohort's balances stand


class Adjusting(NamedTuple):
    """How the rates of some loans follow an index, as columns."""

    path: Ints  # (N,) row of the paths of indices
    first: Ints  # (N,) month of the first reset, counted from 0 at the loan's cut-off
    every: Ints  # (N,) months between resets
    capped_first: Bools  # (N,) whether that reset is the first since origination
    margin: Floats  # (N,) this and what follows a year
    multiplier: Floats  # (N,)
    first_cap: Floats  # (N,) infinite where there is none
    periodic_cap: Floats  # (N,)
    cap: Floats  # (N,)
    floor: Floats  # (N,)


class Cells(NamedTuple):
    """What each part has of each segment, and the runs of cohorts that lie together in one part, of loans or of lines."""

    of: Ints  # (C,) cell of each cohort
    segment: Ints  # (Q,)
    part: Ints  # (Q,)
    bounds: Ints  # (B + 1,) cohorts of run b: bounds[b] to bounds[b + 1]
    line: Bools  # (B,)


class Schedules(NamedTuple):
    """What each cohort would pay if no loan defaulted or prepaid."""

    balance: Floats  # (H + 1, C) at the month boundaries
    interest: Floats  # (H, C) with fees
    exits: Floats  # (H + 1, C) what prepaying all of it would cost beside the balance; (H + 1, 0) where nothing
    start: Ints  # (C,) the month boundary at which a cohort's balances stand
    bounds: Ints  # (K + 1,) cohorts of segment k: bounds[k] to bounds[k + 1]
    segment: Ints  # (C,) of each cohort
    cells: Cells
    weighted: Floats = NO_WEIGHTS  # (M, H + 1, C) balances times what loans are weighted by
    penalty: Floats = NO_STRIP  # (H, C) what prepaying all of it in a month is charged; this and what follows of few pools
    charge: Floats = NO_STRIP  # (H, C) what any prepayment of the month is charged
    capitalised: Floats = NO_STRIP  # (H, C) interest that joins the balance
    returning: Ints = NOBODY  # (C,) the cohort that loans which fell behind go on in; -1 for such a cohort itself
    prepaid: Floats = NO_STRIP  # (H, C) prepayments that the balances hold already, of loans that these shorten
    weight: Floats = NO_WEIGHT  # (C,) of its balance in a cumulative default; empty where every loan counts as it is
    lag: Ints = NOBODY  # (C,) months that they do not pay; 0 where none falls behind


class Leaving(NamedTuple):
    """Rates at which cohorts leave the schedule."""

    mdr: Floats  # (S, H, C), or (S, H', K') where `month` and `column` say which of them
    smm: Floats  # (S, H, C), or as mdr
    target: Ints  # (S, K) row of `targets`, or -1 where mdr says what defaults
    targets: Floats  # (N, H) what defaults of a whole segment
    stopping: Floats = NO_CURVE  # (S, H, C) share of those that pay that falls behind
    default_share: Floats = NO_STRIP  # (S, K) of what fell behind
    month: Ints = NOBODY  # (H,) of mdr and smm, by month of the axis; empty where they are the same
    column: Ints = NOBODY  # (C,) of mdr and smm, by cohort; empty where they are the same


class OpenLines(NamedTuple):
    """Cohorts of revolving lines, the last of each segment's: what is drawn on them, and what they pay beside principal."""

    first: Ints  # (K,) the first of each segment's; where it has none, its end
    number: Ints  # (C,) among the L cohorts that are lines
    draw: Floats  # (S, H, L) share of what has not defaulted; SIFMA: of the opening balance
    of_payments: Floats  # (S, H, L) share of the month's payments
    interest: Floats  # (S, H, L) share of the balance that pays, or NaN where the schedule says it


class Recoveries(NamedTuple):
    """What comes back of a default; scenarios that assume the same share a row."""

    row: Ints  # (S,)
    rate: Floats  # (N, K)
    lag: Ints  # (N, K) months
    timing: Floats  # (N, K, W) weights by month after the lag
    alike: Bools  # (N,) every segment has the first one's


class Flows(NamedTuple):
    """Outputs of a projection; those by cell have rows for no scenario where nobody asks for them."""

    parts: Floats  # (S, G, 9, T): interest, scheduled, prepayment, recovery, advanced interest and principal, drawn, default,
    # closing; of few pools (S, G, 14, T): penalty, capitalised interest, what has missed at least 1, 2 and 3 payments
    default: Floats  # (S or 0, H, Q)
    closing: Floats  # (S or 0, H, Q)
    weighted: Floats  # (S, G, M, H) closing balances times what loans are weighted by


class Vintage(NamedTuple):
    """What 1 bought of each part pays, from the month after it is bought."""

    parts: Floats  # (S, G, 9 or 14, T)
    default: Floats  # (S, H, Q)
    closing: Floats  # (S, H, Q)
    weighted: Floats  # (S, G, M, H)
    shift: Floats  # (M,) what closing balances add to their weighted ones
    segment: Ints  # (Q,)
    part: Ints  # (Q,)


class Grown(NamedTuple):
    """The months of a pool that is bought into."""

    flows: Floats  # (R, 9 or 14, U): as of parts
    default: Floats  # (R, K, U)
    closing: Floats  # (R, K, U)
    parts: Floats  # (R, G, U) closing
    weighted: Floats  # (R, M, U)
