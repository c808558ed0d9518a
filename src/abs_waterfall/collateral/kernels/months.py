"""Kernels that make flows of strips and curves, some scenarios at a time.

Shapes: those of `shapes`, and L scenarios at a time: `first` and those after it. Of each, `alive` (L, C) are the cohorts' shares
that pay at the opening of a month, of their initial ones; `parts` (L, G, 9 or 14, T) its flows.

A kernel that others call takes the arrays it needs and no tuple of arrays: those make compiling many times longer. Sums of arrays
are loops for the same reason. What is written by arrays too runs where there is little to do, without the compiler.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.collateral.kernels.compiling import exact, summing
from abs_waterfall.collateral.kernels.shapes import (
    ANY,
    BEHIND,
    CAPITALISED,
    CLOSING,
    DEFAULT,
    PENALTY,
    PREPAY_FIRST,
    SIFMA,
    SURVIVORS,
    Flows,
    Leaving,
    OpenLines,
    Recoveries,
    Schedules,
)

Share = TypeVar("Share", float, Floats)


@exact
def leave(order: int, alive: Share, default: Share, prepay: Share) -> tuple[Share, Share, Share]:
    """Shares of a cohort at initial survival 1 that pay the schedule, prepay, and stay, of the share alive at the opening."""
    survivors = alive * (1.0 - default)
    if order == SURVIVORS:
        return survivors, survivors * prepay, survivors * (1.0 - prepay)
    if order == SIFMA:
        prepaid = np.minimum(prepay, 1.0 - default)
        return survivors, alive * prepaid, alive * (1.0 - default - prepaid)
    return survivors * (1.0 - prepay), survivors * prepay, survivors * (1.0 - prepay)


# ------------------------------------------------------------------------------------------------------- rates of a month


@exact
def lay(rates: Floats, first: int, month: int, column: Ints, laid: Floats) -> None:
    """Rates of a month (S, H', K') by cohort (L, 1, C): those of its column, or where none is said its own."""
    for j in range(laid.shape[0]):
        given = rates[first + j, month]
        for c in range(column.shape[0]):
            laid[j, 0, c] = given[column[c]]
        if column.shape[0] == 0:
            for c in range(laid.shape[2]):
                laid[j, 0, c] = given[c]


@lay.by_arrays
def _(rates: Floats, first: int, month: int, column: Ints, laid: Floats) -> None:
    given = rates[first : first + len(laid), month]
    laid[:, 0] = given[:, column] if len(column) else given


@exact
def aim_defaults(
    first: int, h: int, bounds: Ints, weight: Floats, opening: Floats, target: Ints, targets: Floats, alive: Floats, mdr: Floats
) -> None:
    """Put what makes the target of a whole segment's balance in the place of its cohorts' default rates (L, 1, C).

    They default in the ratio of their `weight` (C,), or all at one rate where they have none.
    """
    weighed = weight.shape[0] > 0
    for j in range(alive.shape[0]):
        for k in range(target.shape[1]):
            if target[first + j, k] >= 0:
                performing = 0.0
                for c in range(bounds[k], bounds[k + 1]):
                    performing += opening[c] * alive[j, c] * (weight[c] if weighed else 1.0)
                rate = targets[target[first + j, k], h] / performing if performing > 0.0 else 0.0
                for c in range(bounds[k], bounds[k + 1]):
                    mdr[j, 0, c] = min(1.0, rate * (weight[c] if weighed else 1.0))


@aim_defaults.by_arrays
def _(
    first: int, h: int, bounds: Ints, weight: Floats, opening: Floats, target: Ints, targets: Floats, alive: Floats, mdr: Floats
) -> None:
    for j, k in np.argwhere(target[first : first + len(alive)] >= 0):
        of = slice(bounds[k], bounds[k + 1])
        own = weight[of] if len(weight) else np.ones(of.stop - of.start)
        performing = (opening[of] * alive[j, of] * own).sum()
        rate = targets[target[first + j, k], h] / performing if performing > 0.0 else 0.0
        mdr[j, 0, of] = np.minimum(1.0, rate * own)


# ------------------------------------------------------------------------------------------------- a month of loans or lines


@exact
def enter(month: int, start: Ints, alive: Floats) -> None:
    """Bring in the cohorts whose own cut-off opens this month."""
    for c in range(alive.shape[1]):
        if start[c] == month:
            for j in range(alive.shape[0]):
                alive[j, c] = 1.0


@summing
def pay_cohorts(
    order: int,
    opening: Floats,
    closing: Floats,
    interest: Floats,
    exits: Floats,
    mdr: Floats,
    smm: Floats,
    alive: Floats,
    defaulted: Floats,
    prepaid: Floats,
) -> tuple[float, float, float, float, float]:
    """What loans pay in a month of one scenario, in an order that is known when it is compiled; the shapes are (C,)."""
    due = scheduled = prepayment = default = left = 0.0
    for c in range(alive.shape[0]):
        paying, early, staying = leave(order, alive[c], mdr[c], smm[c])
        lost = alive[c] * mdr[c]
        due += interest[c] * paying
        scheduled += (opening[c] - closing[c]) * paying
        prepayment += (opening[c] if order == PREPAY_FIRST else closing[c]) * early
        default += opening[c] * lost
        left += closing[c] * staying
        alive[c], defaulted[c], prepaid[c] = staying, lost, early
    for c in range(exits.shape[0]):
        due += exits[c] * prepaid[c]
    return due, scheduled, prepayment, default, left


@exact
def pay_month(
    order: int,
    first: int,
    month: int,
    low: int,
    high: int,
    opening: Floats,
    closing: Floats,
    interest: Floats,
    exits: Floats,
    mdr: Floats,
    smm: Floats,
    alive: Floats,
    defaulted: Floats,
    prepaid: Floats,
    sums: Floats,
) -> None:
    """What loans pay in a month at its rates (S, H', C), cohorts `low` up to `high`; moves `alive` on by it.

    `defaulted` and `prepaid` (L, C) get the shares that do so, `sums` (L, 5) interest, with what leaving early costs beside the
    balance (`exits` (C,) of all, or empty), scheduled principal, prepayment, default and closing balance. Prepaid is the closing
    balance; the opening one if `order` takes it before the schedule.
    """
    paid, left, due, extra = opening[low:high], closing[low:high], interest[low:high], exits[low:high]
    for j in range(alive.shape[0]):
        m, s = mdr[first + j, month, low:high], smm[first + j, month, low:high]
        own, lost, early = alive[j, low:high], defaulted[j, low:high], prepaid[j, low:high]
        # one for each order, as a loop for all is not made of vectors
        if order == SURVIVORS:
            found = pay_cohorts(SURVIVORS, paid, left, due, extra, m, s, own, lost, early)
        elif order == SIFMA:
            found = pay_cohorts(SIFMA, paid, left, due, extra, m, s, own, lost, early)
        else:
            found = pay_cohorts(PREPAY_FIRST, paid, left, due, extra, m, s, own, lost, early)
        sums[j, 0], sums[j, 1], sums[j, 2], sums[j, 3], sums[j, 4] = found


@pay_month.by_arrays
def _(
    order: int,
    first: int,
    month: int,
    low: int,
    high: int,
    opening: Floats,
    closing: Floats,
    interest: Floats,
    exits: Floats,
    mdr: Floats,
    smm: Floats,
    alive: Floats,
    defaulted: Floats,
    prepaid: Floats,
    sums: Floats,
) -> None:
    of, those = slice(low, high), slice(first, first + len(alive))
    opening, closing, m, own = opening[of], closing[of], mdr[those, month, of], alive[:, of]
    paying, early, staying = leave(order, own, m, smm[those, month, of])
    lost = own * m
    due = interest[of] * paying
    if exits.shape[0] > 0:
        due += exits[of] * early
    amounts = due, (opening - closing) * paying, (opening if order == PREPAY_FIRST else closing) * early
    for i, each in enumerate((*amounts, opening * lost, closing * staying)):
        sums[:, i] = each.sum(axis=1)
    alive[:, of], defaulted[:, of], prepaid[:, of] = staying, lost, early


@exact
def pay_line_month(
    first: int,
    order: int,
    low: int,
    high: int,
    opening: Floats,
    closing: Floats,
    scheduled_interest: Floats,
    number: Ints,
    draw: Floats,
    of_payments: Floats,
    interest_rate: Floats,
    mdr: Floats,
    payment: Floats,
    alive: Floats,
    defaulted: Floats,
    sums: Floats,
) -> None:
    """The same of revolving lines: `sums` get interest, principal paid, drawn, default and closing balance.

    A line pays as others prepay. What is drawn joins `alive`, of the closing balance, so a line in its last month draws nothing.
    """
    for j in range(alive.shape[0]):
        s, interest, paid, drawn, lost, left = first + j, 0.0, 0.0, 0.0, 0.0, 0.0
        for c in range(low, high):
            n, leaving = number[c], opening[c] if order == PREPAY_FIRST else closing[c]
            paying, repaid, staying = leave(order, alive[j, c], mdr[j, 0, c], payment[j, 0, c])
            defaulted[j, c] = alive[j, c] * mdr[j, 0, c]
            base = alive[j, c] if order == SIFMA else alive[j, c] - defaulted[j, c]
            again = base * draw[s, n] + repaid * of_payments[s, n]
            rate = interest_rate[s, n]
            interest += (scheduled_interest[c] if np.isnan(rate) else opening[c] * rate) * paying
            paid += (opening[c] - closing[c]) * paying + leaving * repaid
            drawn += closing[c] * again
            alive[j, c] = staying + again
            lost += opening[c] * defaulted[j, c]
            left += closing[c] * alive[j, c]
        sums[j, 0], sums[j, 1], sums[j, 2], sums[j, 3], sums[j, 4] = interest, paid, drawn, lost, left


@exact
def add_sums(h: int, g: int, third: int, sums: Floats, parts: Floats) -> None:
    """Add a run's sums (L, 5) of a month to the flows of its part; the third is prepaid, or drawn."""
    for j in range(sums.shape[0]):
        parts[j, g, 0, h] += sums[j, 0]
        parts[j, g, 1, h] += sums[j, 1]
        parts[j, g, third, h] += sums[j, 2]
        parts[j, g, DEFAULT, h] += sums[j, 3]
        parts[j, g, CLOSING, h] += sums[j, 4]


@add_sums.by_arrays
def _(h: int, g: int, third: int, sums: Floats, parts: Floats) -> None:
    for i, line in enumerate((0, 1, third, DEFAULT, CLOSING)):
        parts[:, g, line, h] += sums[:, i]


# --------------------------------------------------------------------------------------------------- what few pools have


@exact
def seldom_flows(
    order: int,
    h: int,
    part: Ints,
    penalty: Floats,
    charge: Floats,
    capitalised: Floats,
    mdr: Floats,
    smm: Floats,
    alive: Floats,
    parts: Floats,
) -> None:
    """Add penalties, and interest that joins balances, of a month to the parts' flows, before the month moves `alive` on."""
    for j in range(alive.shape[0]):
        for c in range(alive.shape[1]):
            paying, prepaid, _ = leave(order, alive[j, c], mdr[j, 0, c], smm[j, 0, c])
            if penalty.shape[0] > 0:
                parts[j, part[c], PENALTY, h] += penalty[h, c] * prepaid
                parts[j, part[c], PENALTY, h] += charge[h, c] if prepaid > ANY else 0.0
            if capitalised.shape[0] > 0:
                parts[j, part[c], CAPITALISED, h] += capitalised[h, c] * paying
        for g in range(parts.shape[1]):
            parts[j, g, 1, h] += parts[j, g, CAPITALISED, h]


@exact
def shortened_flows(h: int, part: Ints, prepaid: Floats, penalty: Floats, mdr: Floats, alive: Floats, parts: Floats) -> None:
    """Tell prepayments from scheduled principal of loans that they shorten, before the month moves `alive` on."""
    for c in range(alive.shape[1]):
        if prepaid[h, c] > 0.0:
            for j in range(alive.shape[0]):
                paying = alive[j, c] * (1.0 - mdr[j, 0, c])
                parts[j, part[c], 1, h] -= prepaid[h, c] * paying
                parts[j, part[c], 2, h] += prepaid[h, c] * paying
                if penalty.shape[0] > 0:
                    parts[j, part[c], PENALTY, h] += penalty[h, c] * paying


@exact
def fall_behind(
    first: int,
    h: int,
    returning: Ints,
    lag: Ints,
    segment: Ints,
    balance: Floats,
    stopping: Floats,
    default_share: Floats,
    alive: Floats,
    stopped: Floats,
    fallen: Floats,
) -> None:
    """Take out those that stop paying in a month; of those whose time is up some default, by cohort `fallen`, the rest goes on.

    `stopped` (L, H, C) keeps the shares that stopped in each month.
    """
    for j in range(alive.shape[0]):
        for c in range(alive.shape[1]):
            fallen[j, c] = 0.0
        for c in range(alive.shape[1]):
            after, back = returning[c], h - lag[c]
            if after >= 0:
                stopped[j, h, c] = alive[j, c] * stopping[first + j, h, c]
                alive[j, c] -= stopped[j, h, c]
                if back >= 0:
                    gone = stopped[j, back, c] * default_share[first + j, segment[c]]
                    fallen[j, after] = balance[h, after] * gone
                    alive[j, after] += stopped[j, back, c] - gone


@exact
def add_behind(
    h: int, part: Ints, lag: Ints, balance: Floats, stopped: Floats, fallen: Floats, default: Floats, left: Floats, parts: Floats
) -> None:
    """Add what fell behind to the month's defaults and balances, by cohort and by part."""
    for j in range(fallen.shape[0]):
        for c in range(fallen.shape[1]):
            default[j, c] += fallen[j, c]
            parts[j, part[c], DEFAULT, h] += fallen[j, c]
            for missed in range(1, 4):
                owed = 0.0
                for since in range(max(0, h - lag[c] + 1), h - missed + 2):
                    owed += stopped[j, since, c] * balance[since, c]
                parts[j, part[c], BEHIND + missed - 1, h] += owed
                if missed == 1:
                    left[j, c] += owed
                    parts[j, part[c], CLOSING, h] += owed


@exact
def add_weighted(h: int, part: Ints, lag: Ints, strips: Floats, alive: Floats, stopped: Floats, weighted: Floats) -> None:
    """Add the month's closing balances, what is behind among them, times what loans are weighted by, by part (L, G, M, H)."""
    for j in range(alive.shape[0]):
        for m in range(strips.shape[0]):
            for c in range(alive.shape[1]):
                total = strips[m, h + 1, c] * alive[j, c]
                if stopped.shape[1] > 0:
                    for since in range(max(0, h - lag[c] + 1), h + 1):
                        total += stopped[j, since, c] * strips[m, since, c]
                weighted[j, part[c], m, h] += total


# --------------------------------------------------------------------------------------------------- by cohort and by cell


@exact
def amounts_by_cohort(amounts: Floats, shares: Floats, found: Floats) -> None:
    """Amounts (C,) times the cohorts' shares (L, C)."""
    for j in range(shares.shape[0]):
        for c in range(shares.shape[1]):
            found[j, c] = amounts[c] * shares[j, c]


@amounts_by_cohort.by_arrays
def _(amounts: Floats, shares: Floats, found: Floats) -> None:
    np.multiply(amounts, shares, out=found)


@exact
def add_by_cell(cell: Ints, amounts: Floats, total: Floats) -> None:
    """Add up the cohorts' amounts (L, C) by cell (L, Q)."""
    for j in range(amounts.shape[0]):
        for q in range(total.shape[1]):
            total[j, q] = 0.0
        for c in range(cell.shape[0]):
            total[j, cell[c]] += amounts[j, c]


@add_by_cell.by_arrays
def _(cell: Ints, amounts: Floats, total: Floats) -> None:
    total[:] = 0.0
    np.add.at(total.T, cell, amounts.T)


# -------------------------------------------------------------------------------------------------------------- recoveries


@exact
def recover_alike(rate: float, lag: int, timing: Floats, months: int, parts: Floats) -> None:
    """Add what comes back of all months' defaults to the parts' recoveries (G, 9 or 14, T), where all segments recover alike."""
    for g in range(parts.shape[0]):
        for w in range(timing.shape[0]):
            if timing[w] > 0.0:
                for h in range(months):
                    parts[g, 3, h + lag + w] += parts[g, DEFAULT, h] * rate * timing[w]


@recover_alike.by_arrays
def _(rate: float, lag: int, timing: Floats, months: int, parts: Floats) -> None:
    for w in np.flatnonzero(timing > 0.0):
        parts[:, 3, lag + w : lag + w + months] += parts[:, DEFAULT, :months] * rate * timing[w]


@exact
def recover_by_cell(
    h: int,
    row: Ints,
    alike: Bools,
    rate: Floats,
    lag: Ints,
    timing: Floats,
    segment: Ints,
    part: Ints,
    default: Floats,
    parts: Floats,
) -> None:
    """Add what comes back of a month's defaults by cell (L, Q) to the parts' recoveries, where segments recover apart."""
    for j in range(default.shape[0]):
        n = row[j]
        if not alike[n]:
            for q in range(default.shape[1]):
                k = segment[q]
                for w in range(timing.shape[2]):
                    if timing[n, k, w] > 0.0:
                        parts[j, part[q], 3, h + lag[n, k] + w] += default[j, q] * rate[n, k] * timing[n, k, w]


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
def advance_cohorts(
    segment: Ints, part: Ints, rate: Floats, lag: Ints, balance: Floats, interest: Floats, defaulted: Floats, parts: Floats
) -> None:
    """Advances and recoveries of one scenario, cohort by cohort: what comes back of a loan depends on its own schedule."""
    for c in range(segment.shape[0]):
        k, of = segment[c], parts[part[c]]
        advance(rate[k], lag[k], balance[:, c], interest[:, c], defaulted[:, c], of[4], of[5], of[3])


# --------------------------------------------------------------------------------------------------------------- scenarios


@exact
def keep(shares: Floats, h: int, kept: Floats) -> None:
    """Keep a month's shares (L, C) among those of all months (L, H, C)."""
    for j in range(shares.shape[0]):
        for c in range(shares.shape[1]):
            kept[j, h, c] = shares[j, c]


@keep.by_arrays
def _(shares: Floats, h: int, kept: Floats) -> None:
    kept[:, h] = shares


@exact
def project_some(  # noqa: C901, PLR0912, PLR0915 - the one loop over months: a kernel that were handed all of it compiles for long
    first: int,
    end: int,
    order: int,
    advances: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    recoveries: Recoveries,
    flows: Flows,
) -> None:
    """Write the flows of scenarios `first` up to `end` together, month by month."""
    balance, scheduled, start = schedules.balance, schedules.interest, schedules.start
    cells, segment, lag, rows = schedules.cells, schedules.segment, schedules.lag, recoveries.row[first:end]
    bounds, cell, line, exits, penalty = cells.bounds, cells.of, cells.line, schedules.exits, schedules.penalty
    part, last_start, (months, cohorts), count = cells.part[cell], start.max(), scheduled.shape, end - first
    aimed, shortened = leaving.targets.shape[0] > 0, schedules.prepaid.shape[0] > 0
    behind, clauses = schedules.returning.shape[0] > 0, penalty.shape[0] + schedules.capitalised.shape[0] > 0
    by_cell, weighs, apart = flows.default.shape[0] > 0, schedules.weighted.shape[0] > 0, 0
    for j in range(count):
        apart += not (advances or recoveries.alike[rows[j]])
    told = behind or weighs or by_cell or apart > 0
    # rates are read where they are, but where something else than loans that pay by the schedule reads or changes them
    as_given = leaving.column.shape[0] == 0 and not (aimed or clauses or shortened or line.any())
    room = 0 if as_given else cohorts
    laid_mdr, laid_smm = np.empty((count, 1, room)), np.empty((count, 1, room))
    alive, defaulted, prepaid = np.zeros((count, cohorts)), np.empty((count, cohorts)), np.empty((count, cohorts))
    advanced = np.empty((count, months if advances else 0, cohorts))
    stopped, fallen = np.zeros((count, months if behind else 0, cohorts)), np.zeros((count, cohorts if behind else 0))
    default, left = np.empty((count, cohorts if told else 0)), np.empty((count, cohorts if told else 0))
    of_cells, sums = np.empty((count, cells.segment.shape[0])), np.empty((count, 5))
    parts, weighted = flows.parts[first:end], flows.weighted[first:end]
    parts[:] = 0.0
    weighted[:] = 0.0

    for h in range(months):
        opening, closing = balance[h], balance[h + 1]
        if h <= last_start:
            enter(h, start, alive)
        month = leaving.month[h] if leaving.month.shape[0] > 0 else h
        mdr, smm, at = leaving.mdr, leaving.smm, first
        if not as_given:
            lay(leaving.mdr, first, month, leaving.column, laid_mdr)
            lay(leaving.smm, first, month, leaving.column, laid_smm)
            mdr, smm, at, month = laid_mdr, laid_smm, 0, 0
        if behind:
            stopping, share = leaving.stopping, leaving.default_share
            fall_behind(first, h, schedules.returning, lag, segment, balance, stopping, share, alive, stopped, fallen)
        if aimed:
            aim_defaults(first, h, schedules.bounds, schedules.weight, opening, leaving.target, leaving.targets, alive, mdr)
        if clauses:
            seldom_flows(order, h, part, penalty, schedules.charge, schedules.capitalised, mdr, smm, alive, parts)
        if shortened:
            shortened_flows(h, part, schedules.prepaid, penalty, mdr, alive, parts)

        for run in range(line.shape[0]):
            low, high = bounds[run], bounds[run + 1]
            if line[run]:
                draw, of_payments, rate = lines.draw[:, h], lines.of_payments[:, h], lines.interest[:, h]
                pay_line_month(
                    first, order, low, high, opening, closing, scheduled[h], lines.number, draw, of_payments, rate,
                    mdr, smm, alive, defaulted, sums,
                )  # fmt: skip
            else:
                pay_month(
                    order, at, month, low, high, opening, closing, scheduled[h], exits[h if order == PREPAY_FIRST else h + 1],
                    mdr, smm, alive, defaulted, prepaid, sums,
                )  # fmt: skip
            add_sums(h, part[low], 6 if line[run] else 2, sums, parts)

        if advances:
            keep(defaulted, h, advanced)
        if told:
            amounts_by_cohort(opening, defaulted, default)
            amounts_by_cohort(closing, alive, left)
            if behind:
                add_behind(h, part, lag, balance, stopped, fallen, default, left, parts)
            if weighs:
                add_weighted(h, part, lag, schedules.weighted, alive, stopped, weighted)
            add_by_cell(cell, default, of_cells)
            if apart > 0:
                recover_by_cell(
                    h, rows, recoveries.alike, recoveries.rate, recoveries.lag, recoveries.timing,
                    cells.segment, cells.part, of_cells, parts,
                )  # fmt: skip
            if by_cell:
                keep(of_cells, h, flows.default[first:end])
                add_by_cell(cell, left, of_cells)
                keep(of_cells, h, flows.closing[first:end])

    for j in range(count):
        n = rows[j]
        if advances:
            advance_cohorts(segment, part, recoveries.rate[n], recoveries.lag[n], balance, scheduled, advanced[j], parts[j])
        elif recoveries.alike[n]:
            recover_alike(recoveries.rate[n, 0], recoveries.lag[n, 0], recoveries.timing[n, 0], months, parts[j])


@exact
def project_scenarios(
    first: int,
    end: int,
    at_once: int,
    order: int,
    advances: int,
    schedules: Schedules,
    leaving: Leaving,
    lines: OpenLines,
    recoveries: Recoveries,
    flows: Flows,
) -> None:
    """Write the flows of scenarios `first` up to `end`, so many together. `advances` is 0 or 1."""
    for low in range(first, end, at_once):
        project_some(low, min(low + at_once, end), order, advances, schedules, leaving, lines, recoveries, flows)
