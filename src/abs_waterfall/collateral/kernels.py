"""The compiled kernels, the only numba of the package: loans into strips, strips and curves into flows.

Shapes: N loans, C cohorts (sorted by segment), K segments, G parts of the pool, Q cells (a part of a segment each), M weights of
loans, S scenarios, R rows (each of a scenario), H months on the axis (month h runs from boundary h to h + 1). No checks:
strips.py, project.py and those that buy hand over what is valid. Kernels write every cell of their outputs.

Loans are summed with the fastmath {reassoc, contract, nsz} and nothing else: sums may be vectorised, infinities and NaN keep
their meaning. Each sum has one order: chunks of loans are summed by themselves, and a scenario is one thread's work, so results
do not depend on threads. The projection of a scenario does each operation as it is written: its bits do not depend on how many
scenarios run beside it, nor on whether they are enough for loading the compiler to pay.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from types import FunctionType
from typing import Any, Final, Generic, NamedTuple, ParamSpec, TypeVar, cast

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.threads import processors

P = ParamSpec("P")
R = TypeVar("R")

CHUNK: Final = 65_536  # loans
SURVIVORS: Final = 0
SIFMA: Final = 1
PREPAY_FIRST: Final = 2
MOMENTS: Final = 11
DEFAULT, CLOSING = 7, 8  # rows of Flows.parts
PENALTY, CAPITALISED, BEHIND = 9, 10, 11  # those that few pools have; BEHIND has three
ANY: Final = 1e-12  # a smaller share of a cohort is rounding
NO_STRIP: Final = np.zeros((0, 0))
NO_CURVE: Final = np.zeros((0, 0, 0))
NO_WEIGHTS: Final = np.zeros((0, 0, 0))
NOBODY: Final = np.zeros(0, np.int64)
FASTMATH: Final = frozenset({"reassoc", "contract", "nsz"})
PROCESSORS: Final = processors()
LOADING: Final = Lock()  # of the compiler, by whichever thread needs it first
FEW: Final = 30_000  # months of loans or cohorts: interpreting them takes no longer than loading the compiler does


class Kernel(Generic[P, R]):
    """A kernel by its name: compiled, with all it calls, when it is first called; or interpreted, where that is asked for."""

    def __init__(self, written: Callable[P, R], fastmath: frozenset[str]) -> None:
        self.written = cast("FunctionType", written)
        self.fastmath = fastmath

    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """Run it compiled."""
        return self.compiled(*given, **named)

    @property
    def compiled(self) -> Callable[P, R]:
        """As machine code."""
        with LOADING:
            kernel: Callable[P, R] = _compiled()[self.written.__name__]
        return kernel

    @property
    def interpreted(self) -> Callable[P, R]:
        """As it is written, and so all it calls."""
        kernel: Callable[P, R] = _interpreted()[self.written.__name__]
        return kernel

    def fit(self, months: int) -> Callable[P, R]:
        """The one that is done sooner with so many months of loans or cohorts."""
        return self.interpreted if months <= FEW else self


def summing(written: Callable[P, R]) -> Kernel[P, R]:
    """Name a kernel whose sums may be vectorised: their bits are those of one machine, compiled or interpreted."""
    return Kernel(written, FASTMATH)


def exact(written: Callable[P, R]) -> Kernel[P, R]:
    """Name a kernel that does each operation as it is written: the same bits compiled and interpreted."""
    return Kernel(written, frozenset())


def _kernels() -> dict[str, Kernel[..., Any]]:
    return {name: value for name, value in globals().items() if isinstance(value, Kernel)}


@cache
def _interpreted() -> dict[str, Any]:
    """Names of the module, each kernel as it is written."""
    names = dict(globals())
    for name, kernel in _kernels().items():
        names[name] = FunctionType(kernel.written.__code__, names, name)
    return names


@cache
def _compiled() -> dict[str, Any]:
    """Names of the module, each kernel compiled for one thread: numba's own parallel loops take a third longer to compile."""
    with _without_scipy():
        import numba  # noqa: PLC0415 - as long to load as a small deal takes to run
        import numba.np.arraymath  # noqa: PLC0415
    caching, names = _can_cache(), dict(globals())
    for name, kernel in _kernels().items():
        made = FunctionType(kernel.written.__code__, names, name)
        fastmath: set[str] | bool = set(kernel.fastmath) or False
        names[name] = numba.njit(cache=caching, fastmath=fastmath, error_model="numpy", nogil=True)(made)
    return names


@contextmanager
def _without_scipy() -> Iterator[None]:
    # numba imports scipy wherever it is installed, itself and in arraymath, for linear algebra we do not use
    hide = "scipy" not in sys.modules
    if hide:
        sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hide:
            del sys.modules["scipy"]


def _can_cache() -> bool:
    """Whether numba finds a folder to keep compiled code in; it raises where there is none."""
    import numba  # noqa: PLC0415

    try:
        numba.njit(cache=True)(_can_cache)
    except RuntimeError:
        message = "no folder to keep compiled code in, so every run compiles anew; NUMBA_CACHE_DIR may name one"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return False
    return True


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
    """What each part has of each segment, and the runs of cohorts that lie together in one of them, of loans or of lines."""

    of: Ints  # (C,) cell of each cohort
    segment: Ints  # (Q,)
    part: Ints  # (Q,)
    bounds: Ints  # (B + 1,) cohorts of run b: bounds[b] to bounds[b + 1]
    line: Bools  # (B,)


class Schedules(NamedTuple):
    """What each cohort would pay if no loan defaulted or prepaid."""

    balance: Floats  # (H + 1, C) at the month boundaries
    interest: Floats  # (H, C) with fees
    exits: Floats  # (H + 1, C) what prepaying all of it would cost beside the balance
    start: Ints  # (C,) the month boundary at which a cohort's balances stand
    bounds: Ints  # (K + 1,) cohorts of segment k: bounds[k] to bounds[k + 1]
    segment: Ints  # (C,) of each cohort
    cells: Cells
    weighted: Floats = NO_WEIGHTS  # (M, H + 1, C) balances times what loans are weighted by
    penalty: Floats = NO_STRIP  # (H, C) what prepaying all of it in a month is charged; this and what follows of few pools
    charge: Floats = NO_STRIP  # (H, C) what any prepayment of the month is charged
    capitalised: Floats = NO_STRIP  # (H, C) interest that joins the balance
    returning: Ints = NOBODY  # (C,) the cohort that loans which fell behind go on in; -1 for such a cohort itself
    lag: Ints = NOBODY  # (C,) months that they do not pay; 0 where none falls behind


class Leaving(NamedTuple):
    """Rates at which cohorts leave the schedule."""

    mdr: Floats  # (S, H, C)
    smm: Floats  # (S, H, C)
    target: Ints  # (S, K) row of `targets`, or -1 where mdr says what defaults
    targets: Floats  # (N, H) what defaults of a whole segment
    stopping: Floats = NO_CURVE  # (S, H, C) share of those that pay that falls behind
    default_share: Floats = NO_STRIP  # (S, K) of what fell behind


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


# Loans into groups


@summing
def number_codes(codes: Ints, slots: Ints, group: Ints, firsts: Ints) -> int:
    """Number codes from 0 as they first come, write where that is, and return how many there are.

    `slots` are -1, a power of two of them, more than the codes.
    """
    count = 0
    last = slots.shape[0] - 1
    for i in range(codes.shape[0]):
        slot = (codes[i] ^ (codes[i] >> 18) ^ (codes[i] >> 36)) & last
        while slots[slot] >= 0 and codes[firsts[slots[slot]]] != codes[i]:
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = count
            firsts[count] = i
            count += 1
        group[i] = slots[slot]
    return count


@summing
def add_moments(group: Ints, place: Floats, weight: Floats, moments: Floats) -> None:
    """Add each loan's Chebyshev moments, weight x T_m(place) for places in [-1, 1], to its group's (G, M)."""
    for i in range(group.shape[0]):
        g = group[i]
        twice = 2.0 * place[i]
        before, now = weight[i], weight[i] * place[i]
        moments[g, 0] += before
        moments[g, 1] += now
        for m in range(2, MOMENTS):
            before, now = now, twice * now - before
            moments[g, m] += now


@summing
def add_rows(group: Ints, rows: Floats, total: Floats) -> None:
    """Add each row to its group's."""
    for i in range(group.shape[0]):
        for m in range(rows.shape[1]):
            total[group[i], m] += rows[i, m]


@summing
def find_cells(values: Floats, bits: Ints, cell_of_bits: Ints, edges: Floats, cells: Ints) -> None:
    """Write the cell of each number: that of the first number of the same `bits`, or the next one's where it is past its edge."""
    for i in range(values.shape[0]):
        cell = cell_of_bits[min(max(bits[i], 0), cell_of_bits.shape[0] - 1)]
        if cell + 1 < edges.shape[0] and values[i] >= edges[cell + 1]:
            cell += 1
        cells[i] = cell


@summing
def add_by_code(codes: Ints, balance: Floats, rate: Floats, term: Floats, sums: Floats) -> None:
    """Add the loans, balance, and balance times rate and remaining term, to the row of each loan's code (B, 4)."""
    for i in range(codes.shape[0]):
        row = codes[i]
        sums[row, 0] += 1.0
        sums[row, 1] += balance[i]
        sums[row, 2] += rate[i]
        sums[row, 3] += term[i]


# Loans into strips


@summing
def first_principal(balance: float, rate: float, payments: int, grows: np.bool_) -> float:
    """Principal of the first of `payments` payments: B r / ((1 + r)^n - 1), or B / n where every payment is the same."""
    if payments <= 0:
        return 0.0
    if grows and rate > 0.0:
        return float(balance * rate / np.expm1(payments * np.log1p(rate)))
    return balance / payments


@summing
def add_loan(
    balance: float, rate: float, months: int, free: int, principal: float, growth: float, balances: Floats, interest: Floats
) -> None:
    """Add one loan's schedule to its cohort: `free` payments of interest alone, then growing principal, the rest in the last."""
    free = min(free, months - 1)
    balances[0] += balance
    for month in range(free):
        interest[month] += balance * rate
        balances[month + 1] += balance
    for month in range(free, months - 1):
        interest[month] += balance * rate
        balance -= principal
        principal *= growth
        balances[month + 1] += balance
    interest[months - 1] += balance * rate


@summing
def add_loans(low: int, high: int, loans: Loans, balances: Floats, interest: Floats) -> None:
    """Add the schedules of a range of loans to the strips of their cohorts, (C, H + 1) and (C, H)."""
    for i in range(low, high):
        principal = first_principal(loans.balance[i], loans.rate[i], loans.payments[i], loans.grows[i])
        growth = 1.0 + loans.rate[i] if loans.grows[i] else 1.0
        c = loans.cohort[i]
        add_loan(
            loans.balance[i],
            loans.interest_rate[i],
            loans.months[i],
            loans.free[i],
            principal,
            growth,
            balances[c, loans.start[c] :],
            interest[c, loans.start[c] :],
        )


@summing
def sum_chunk(chunk: int, loans: Loans, balances: Floats, interest: Floats) -> None:
    """Write the strips of one chunk of loans, (C, H + 1) and (C, H)."""
    balances[:] = 0.0
    interest[:] = 0.0
    add_loans(chunk * CHUNK, min((chunk + 1) * CHUNK, loans.balance.shape[0]), loans, balances, interest)


@exact
def reset_rate(rate: float, index: float, i: int, since: int, terms: Adjusting) -> float:
    """The rate after a reset, `since` months after the first: multiplier x index + margin, no further than a cap lets it move."""
    most = terms.first_cap[i] if since == 0 and terms.capped_first[i] else terms.periodic_cap[i]
    wanted = terms.multiplier[i] * index + terms.margin[i]
    moved = min(max(wanted, rate - most), rate + most)
    return float(max(min(moved, terms.cap[i]), terms.floor[i]))


@summing
def add_adjustable(loans: Loans, terms: Adjusting, paths: Floats, balances: Floats, interest: Floats) -> None:
    """Add the schedules of loans whose rate is reset, and whose payment is worked out anew then.

    `paths` (M, H + 1) is each index as read for a reset at a month boundary.
    """
    for i in range(loans.balance.shape[0]):
        c, months, balance, rate = loans.cohort[i], loans.months[i], loans.balance[i], 12.0 * loans.rate[i]
        start = loans.start[c]
        principal = first_principal(balance, rate / 12.0, loans.payments[i], loans.grows[i])
        balances[c, start] += balance
        for month in range(months):
            since = month - terms.first[i]
            if since >= 0 and since % terms.every[i] == 0:
                rate = reset_rate(rate, paths[terms.path[i], start + month], i, since, terms)
                left = loans.payments[i] - max(month - loans.free[i], 0)
                principal = first_principal(balance, rate / 12.0, left, loans.grows[i])
            interest[c, start + month] += balance * rate / 12.0
            if month >= loans.free[i]:
                balance -= principal
                principal *= 1.0 + rate / 12.0 if loans.grows[i] else 1.0
            if month < months - 1:
                balances[c, start + month + 1] += balance


# Strips and curves into flows


@exact
def leave(order: int, alive: float, default: float, prepay: float) -> tuple[float, float, float]:
    """Shares of a cohort at initial survival 1 that pay the schedule, prepay, and stay, of the share alive at the opening."""
    survivors = alive * (1.0 - default)
    if order == SURVIVORS:
        return survivors, survivors * prepay, survivors * (1.0 - prepay)
    if order == SIFMA:
        prepaid = min(prepay, 1.0 - default)
        return survivors, alive * prepaid, alive * (1.0 - default - prepaid)
    return survivors * (1.0 - prepay), survivors * prepay, survivors * (1.0 - prepay)


@exact
def default_rates(
    targets: Floats, month: int, of: Ints, bounds: Ints, opening: Floats, alive: Floats, mdr: Floats, rates: Floats
) -> None:
    """Default rates of the cohorts in a month: the curve, or what makes the target of a whole segment's balance."""
    rates[:] = mdr
    for k in range(of.shape[0]):
        if of[k] >= 0:
            performing = 0.0
            for c in range(bounds[k], bounds[k + 1]):
                performing += opening[c] * alive[c]
            rate = min(1.0, targets[of[k], month] / performing) if performing > 0.0 else 0.0
            for c in range(bounds[k], bounds[k + 1]):
                rates[c] = rate


@exact
def project_month(
    order: int,
    opening: Floats,
    closing: Floats,
    scheduled_interest: Floats,
    exits: Floats,
    mdr: Floats,
    smm: Floats,
    alive: Floats,
    defaulted: Floats,
    default: Floats,
    left: Floats,
) -> tuple[float, float, float, float, float]:
    """Interest, scheduled principal, prepayment, default and closing balance of a month; the last two also by cohort.

    Moves `alive` on by a month. `exits` is what leaving early costs a loan beside its balance; prepaid is the closing balance, or
    the opening one if `order` takes prepayments before the schedule. One function for all cohorts: calling one for each segment
    costs more than its arithmetic.
    """
    interest = scheduled = prepayment = lost = remaining = 0.0
    for c in range(alive.shape[0]):
        paying, prepaid, staying = leave(order, alive[c], mdr[c], smm[c])
        leaving = opening[c] if order == PREPAY_FIRST else closing[c]
        defaulted[c] = alive[c] * mdr[c]
        interest += scheduled_interest[c] * paying + exits[c] * prepaid
        scheduled += (opening[c] - closing[c]) * paying
        prepayment += leaving * prepaid
        default[c] = opening[c] * defaulted[c]
        left[c] = closing[c] * staying
        lost += default[c]
        remaining += left[c]
        alive[c] = staying
    return interest, scheduled, prepayment, lost, remaining


@exact
def line_month(
    order: int,
    opening: Floats,
    closing: Floats,
    scheduled_interest: Floats,
    default: Floats,
    payment: Floats,
    number: Ints,
    draw: Floats,
    of_payments: Floats,
    interest_rate: Floats,
    alive: Floats,
    defaulted: Floats,
    lost_by_cohort: Floats,
    left_by_cohort: Floats,
) -> tuple[float, float, float, float, float]:
    """Interest, principal paid, drawn, default and closing balance of cohorts of lines; the last two also by cohort.

    A line pays as others prepay. What is drawn joins `alive`, of the closing balance, so a line in its last month draws nothing.
    """
    interest = paid = drawn = lost = left = 0.0
    for c in range(alive.shape[0]):
        paying, repaid, staying = leave(order, alive[c], default[c], payment[c])
        leaving = opening[c] if order == PREPAY_FIRST else closing[c]
        n = number[c]
        defaulted[c] = alive[c] * default[c]
        base = alive[c] if order == SIFMA else alive[c] - defaulted[c]
        again = base * draw[n] + repaid * of_payments[n]
        interest += (scheduled_interest[c] if np.isnan(interest_rate[n]) else opening[c] * interest_rate[n]) * paying
        paid += (opening[c] - closing[c]) * paying + leaving * repaid
        drawn += closing[c] * again
        lost_by_cohort[c] = opening[c] * defaulted[c]
        left_by_cohort[c] = closing[c] * (staying + again)
        lost += lost_by_cohort[c]
        left += left_by_cohort[c]
        alive[c] = staying + again
    return interest, paid, drawn, lost, left


@exact
def seldom_flows(order: int, h: int, schedules: Schedules, default: Floats, smm: Floats, alive: Floats, parts: Floats) -> None:
    """Add penalties, and interest that joins balances, of a month to the parts' flows, before the month moves `alive` on."""
    if schedules.penalty.shape[0] + schedules.capitalised.shape[0] == 0:
        return
    cells = schedules.cells
    for c in range(alive.shape[0]):
        paying, prepaid, _ = leave(order, alive[c], default[c], smm[c])
        part = parts[cells.part[cells.of[c]]]
        if schedules.penalty.shape[0] > 0:
            part[PENALTY, h] += schedules.penalty[h, c] * prepaid
            part[PENALTY, h] += schedules.charge[h, c] if prepaid > ANY else 0.0
        if schedules.capitalised.shape[0] > 0:
            part[CAPITALISED, h] += schedules.capitalised[h, c] * paying
    for g in range(parts.shape[0]):
        parts[g, 1, h] += parts[g, CAPITALISED, h]


@exact
def fall_behind(s: int, h: int, schedules: Schedules, leaving: Leaving, alive: Floats, stopped: Floats, fallen: Floats) -> None:
    """Take out those that stop paying in a month; of those whose time is up some default, by cohort `fallen`, the rest goes on.

    `stopped` (H, C) keeps the shares that stopped in each month.
    """
    if stopped.shape[0] == 0:
        return
    fallen[:] = 0.0
    for c in range(alive.shape[0]):
        after, back = schedules.returning[c], h - schedules.lag[c]
        if after >= 0:
            stopped[h, c] = alive[c] * leaving.stopping[s, h, c]
            alive[c] -= stopped[h, c]
            if back >= 0:
                gone = stopped[back, c] * leaving.default_share[s, schedules.segment[c]]
                fallen[after] = schedules.balance[h, after] * gone
                alive[after] += stopped[back, c] - gone


@exact
def add_behind(
    h: int, schedules: Schedules, stopped: Floats, fallen: Floats, default: Floats, left: Floats, parts: Floats
) -> None:
    """Add what fell behind to the month's defaults and balances, by cohort and by part."""
    if stopped.shape[0] == 0:
        return
    cells = schedules.cells
    for c in range(fallen.shape[0]):
        part = parts[cells.part[cells.of[c]]]
        default[c] += fallen[c]
        part[DEFAULT, h] += fallen[c]
        for missed in range(1, 4):
            owed = 0.0
            for since in range(max(0, h - schedules.lag[c] + 1), h - missed + 2):
                owed += stopped[since, c] * schedules.balance[since, c]
            part[BEHIND + missed - 1, h] += owed
            if missed == 1:
                left[c] += owed
                part[CLOSING, h] += owed


@exact
def add_weighted(h: int, schedules: Schedules, alive: Floats, stopped: Floats, weighted: Floats) -> None:
    """Add the month's closing balances, what is behind among them, times what loans are weighted by, by part (G, M, H)."""
    cells = schedules.cells
    for m in range(schedules.weighted.shape[0]):
        for c in range(alive.shape[0]):
            total = schedules.weighted[m, h + 1, c] * alive[c]
            if stopped.shape[0] > 0:
                for since in range(max(0, h - schedules.lag[c] + 1), h + 1):
                    total += stopped[since, c] * schedules.weighted[m, since, c]
            weighted[cells.part[cells.of[c]], m, h] += total


@exact
def add_by_cell(cell: Ints, amounts: Floats, total: Floats) -> None:
    """Add up the cohorts' amounts by cell (Q,)."""
    total[:] = 0.0
    for c in range(cell.shape[0]):
        total[cell[c]] += amounts[c]


@exact
def recover(rate: float, lag: int, timing: Floats, default: float, recovery: Floats) -> None:
    """Add what comes back of a month's defaults to the pool's recoveries, from that month on."""
    for j in range(timing.shape[0]):
        if timing[j] > 0.0:
            recovery[lag + j] += default * rate * timing[j]


@exact
def advance(
    rate: float,
    lag: int,
    balance: Floats,
    scheduled_interest: Floats,
    defaulted: Floats,
    interest: Floats,
    principal: Floats,
    recovery: Floats,
) -> None:
    """Add what the servicer advances on one cohort's defaults, and what comes back when it stops.

    Of D defaulted in month h the schedule is advanced for `lag` months; then max(0, D f(h + lag) / f(h) - (1 - rate) D).
    """
    last = scheduled_interest.shape[0]
    for h in range(last):
        share = defaulted[h]
        if share > 0.0:
            for month in range(h, min(h + lag, last)):
                interest[month] += share * scheduled_interest[month]
                principal[month] += share * (balance[month] - balance[month + 1])
            left = balance[min(h + lag, last)]
            recovery[h + lag] += share * max(0.0, left - (1.0 - rate) * balance[h])


@exact
def enter(month: int, start: Ints, alive: Floats) -> None:
    """Bring in the cohorts whose own cut-off opens this month."""
    for c in range(alive.shape[0]):
        if start[c] == month:
            alive[c] = 1.0


@exact
def month_by_run(
    s: int,
    h: int,
    order: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    mdr: Floats,
    alive: Floats,
    defaulted: Floats,
    default: Floats,
    left: Floats,
    parts: Floats,
) -> None:
    """Add the flows of a month to the parts', run by run of loans and of lines."""
    opening, closing, interest_due = schedules.balance[h], schedules.balance[h + 1], schedules.interest[h]
    exits, smm, cells = schedules.exits[h if order == PREPAY_FIRST else h + 1], leaving.smm[s, h], schedules.cells
    for run in range(cells.line.shape[0]):
        a, b = cells.bounds[run], cells.bounds[run + 1]
        part = parts[cells.part[cells.of[a]]]
        if cells.line[run]:
            interest, scheduled, drawn, lost, remaining = line_month(
                order, opening[a:b], closing[a:b], interest_due[a:b], mdr[a:b], smm[a:b], lines.number[a:b],
                lines.draw[s, h], lines.of_payments[s, h], lines.interest[s, h],
                alive[a:b], defaulted[a:b], default[a:b], left[a:b],
            )  # fmt: skip
            part[6, h] += drawn
        else:
            interest, scheduled, prepayment, lost, remaining = project_month(
                order, opening[a:b], closing[a:b], interest_due[a:b], exits[a:b], mdr[a:b], smm[a:b],
                alive[a:b], defaulted[a:b], default[a:b], left[a:b],
            )  # fmt: skip
            part[2, h] += prepayment
        part[0, h] += interest
        part[1, h] += scheduled
        part[DEFAULT, h] += lost
        part[CLOSING, h] += remaining


@exact
def recover_month(
    row: int, h: int, recoveries: Recoveries, cells: Cells, default: Floats, by_cell: Floats, parts: Floats
) -> None:
    """Add what comes back of a month's defaults to the parts' recoveries."""
    rate, lag, timing = recoveries.rate[row], recoveries.lag[row], recoveries.timing[row]
    if recoveries.alike[row]:
        for g in range(parts.shape[0]):
            recover(rate[0], lag[0], timing[0], parts[g, DEFAULT, h], parts[g, 3, h:])
        return
    add_by_cell(cells.of, default, by_cell)
    for q in range(by_cell.shape[0]):
        k = cells.segment[q]
        recover(rate[k], lag[k], timing[k], by_cell[q], parts[cells.part[q], 3, h:])


@exact
def project_months(
    s: int,
    order: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    recoveries: Recoveries,
    flows: Flows,
    defaulted: Floats,
) -> None:
    """Write the flows of one scenario month by month; `defaulted` gets the shares of cohorts that default.

    Where the servicer advances it has a row a month (H, C), and what comes back is added later; else one row.
    """
    months, cohorts = schedules.interest.shape
    parts, of, row, cells = flows.parts[s], leaving.target[s], recoveries.row[s], schedules.cells
    alive, rates, default, left = np.zeros(cohorts), np.empty(cohorts), np.empty(cohorts), np.empty(cohorts)
    by_cell = np.empty(cells.segment.shape[0])
    cumulative, advances = of.max() >= 0, defaulted.shape[0] > 1
    whole = lines.draw.shape[2] == 0 and parts.shape[0] == 1
    stopped, fallen = np.zeros((months if schedules.returning.shape[0] > 0 else 0, cohorts)), np.zeros(cohorts)
    for h in range(months):
        enter(h, schedules.start, alive)
        mdr = leaving.mdr[s, h]
        fall_behind(s, h, schedules, leaving, alive, stopped, fallen)
        if cumulative:
            default_rates(leaving.targets, h, of, schedules.bounds, schedules.balance[h], alive, mdr, rates)
            mdr = rates
        seldom_flows(order, h, schedules, mdr, leaving.smm[s, h], alive, parts)
        row_of_shares = defaulted[h if advances else 0]
        if whole:
            interest, scheduled, prepayment, lost, remaining = project_month(
                order,
                schedules.balance[h],
                schedules.balance[h + 1],
                schedules.interest[h],
                schedules.exits[h if order == PREPAY_FIRST else h + 1],
                mdr,
                leaving.smm[s, h],
                alive,
                row_of_shares,
                default,
                left,
            )
            parts[0, 0, h] += interest
            parts[0, 1, h] += scheduled
            parts[0, 2, h] += prepayment
            parts[0, DEFAULT, h] += lost
            parts[0, CLOSING, h] += remaining
        else:
            month_by_run(s, h, order, schedules, leaving, lines, mdr, alive, row_of_shares, default, left, parts)
        add_behind(h, schedules, stopped, fallen, default, left, parts)
        add_weighted(h, schedules, alive, stopped, flows.weighted[s])
        if flows.default.shape[0] > 0:
            add_by_cell(cells.of, default, flows.default[s, h])
            add_by_cell(cells.of, left, flows.closing[s, h])
        if not advances:
            recover_month(row, h, recoveries, cells, default, by_cell, parts)


@exact
def advance_cohorts(row: int, schedules: Schedules, recoveries: Recoveries, parts: Floats, defaulted: Floats) -> None:
    """Advances and recoveries, cohort by cohort: what comes back of a loan depends on its own schedule."""
    cells = schedules.cells
    for c in range(schedules.segment.shape[0]):
        rate, lag = recoveries.rate[row, schedules.segment[c]], recoveries.lag[row, schedules.segment[c]]
        part = parts[cells.part[cells.of[c]]]
        advance(rate, lag, schedules.balance[:, c], schedules.interest[:, c], defaulted[:, c], part[4], part[5], part[3])


@exact
def project_scenario(
    s: int,
    order: int,
    advances: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    recoveries: Recoveries,
    flows: Flows,
) -> None:
    """Write the flows of one scenario."""
    flows.parts[s] = 0.0
    flows.weighted[s] = 0.0
    months, cohorts = schedules.interest.shape
    defaulted = np.zeros((months + 1 if advances else 1, cohorts))
    project_months(s, order, schedules, leaving, lines, recoveries, flows, defaulted)
    if advances:
        advance_cohorts(recoveries.row[s], schedules, recoveries, flows.parts[s], defaulted)


@exact
def project_scenarios(
    low: int,
    high: int,
    order: int,
    advances: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    recoveries: Recoveries,
    flows: Flows,
) -> None:
    """Write the flows of scenarios `low` up to `high`. `advances` is 0 or 1."""
    for s in range(low, high):
        project_scenario(s, order, advances, schedules, leaving, lines, recoveries, flows)


# Vintages into the pool


@exact
def add_scaled(share: float, of: Floats, month: int, to: Floats) -> None:
    """Add so much of some flows to those of the pool, from a month on, as far as it goes."""
    until = min(of.shape[0], to.shape[0] - month)
    to[month : month + until] += share * of[:until]


@exact
def add_part(share: float, s: int, g: int, r: int, month: int, vintage: Vintage, pool: Grown) -> None:
    """Add so much of one part of a vintage to one row: flows and weighted balances."""
    for i in range(vintage.parts.shape[2]):
        add_scaled(share, vintage.parts[s, g, i], month, pool.flows[r, i])
    closing = vintage.parts[s, g, CLOSING]
    add_scaled(share, closing, month, pool.parts[r, g])
    for m in range(vintage.weighted.shape[2]):
        add_scaled(share, vintage.weighted[s, g, m], month, pool.weighted[r, m])
        if vintage.shift[m] != 0.0:
            add_scaled(share * vintage.shift[m], closing, month, pool.weighted[r, m])


@exact
def add_vintage(low: int, high: int, month: int, scenario: Ints, shares: Floats, vintage: Vintage, pool: Grown) -> None:
    """Add to rows `low` up to `high` what each buys of a vintage, (R, G), whose first month is `month` of the pool, from 0."""
    for r in range(low, high):
        s = scenario[r]
        for g in range(shares.shape[1]):
            if shares[r, g] > 0.0:
                add_part(shares[r, g], s, g, r, month, vintage, pool)
        for q in range(vintage.segment.shape[0]):
            share = shares[r, vintage.part[q]]
            if share > 0.0:
                add_scaled(share, vintage.default[s, :, q], month, pool.default[r, vintage.segment[q]])
                add_scaled(share, vintage.closing[s, :, q], month, pool.closing[r, vintage.segment[q]])
