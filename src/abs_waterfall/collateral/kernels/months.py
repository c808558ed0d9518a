"""Kernels that make flows of strips and curves."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.collateral.kernels.compiling import exact
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
    Cells,
    Flows,
    Leaving,
    OpenLines,
    Recoveries,
    Schedules,
)


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
    targets: Floats,
    month: int,
    of: Ints,
    bounds: Ints,
    weight: Floats,
    opening: Floats,
    alive: Floats,
    mdr: Floats,
    rates: Floats,
) -> None:
    """Default rates of the cohorts in a month: the curve, or what makes the target of a whole segment's balance.

    Of a target cohorts default in the ratio of their `weight` (C,), or all at one rate where they have none.
    """
    rates[:] = mdr
    for k in range(of.shape[0]):
        if of[k] >= 0:
            performing = 0.0
            for c in range(bounds[k], bounds[k + 1]):
                performing += opening[c] * alive[c] * (weight[c] if weight.shape[0] > 0 else 1.0)
            rate = targets[of[k], month] / performing if performing > 0.0 else 0.0
            for c in range(bounds[k], bounds[k + 1]):
                rates[c] = min(1.0, rate * (weight[c] if weight.shape[0] > 0 else 1.0))


@exact
def leave_by_cohort(
    order: int, default: Floats, prepay: Floats, alive: Floats, defaulted: Floats, paying: Floats, prepaid: Floats
) -> None:
    """The shares of every cohort, `alive` moved on by a month; a loop for each order, as one for all is not made of vectors."""
    for c in range(alive.shape[0]):
        defaulted[c] = alive[c] * default[c]
    if order == SURVIVORS:
        for c in range(alive.shape[0]):
            paying[c], prepaid[c], alive[c] = leave(SURVIVORS, alive[c], default[c], prepay[c])
    elif order == SIFMA:
        for c in range(alive.shape[0]):
            paying[c], prepaid[c], alive[c] = leave(SIFMA, alive[c], default[c], prepay[c])
    else:
        for c in range(alive.shape[0]):
            paying[c], prepaid[c], alive[c] = leave(PREPAY_FIRST, alive[c], default[c], prepay[c])


@exact
def weighed(amounts: Floats, shares: Floats, quarter: Floats) -> float:
    """The sum of amounts times shares, quarters added side by side: an order that vectors keep too, so its bits are the same."""
    n = amounts.shape[0] // 4
    for c in range(n):
        d, e, f = c + n, c + 2 * n, c + 3 * n
        quarter[c] = (amounts[c] * shares[c] + amounts[d] * shares[d]) + (amounts[e] * shares[e] + amounts[f] * shares[f])
    first = second = third = fourth = 0.0
    for c in range(0, n - 3, 4):
        first += quarter[c]
        second += quarter[c + 1]
        third += quarter[c + 2]
        fourth += quarter[c + 3]
    for c in range(n - n % 4, n):
        first += quarter[c]
    for c in range(4 * n, amounts.shape[0]):
        second += amounts[c] * shares[c]
    return (first + second) + (third + fourth)


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
    paying: Floats,
    prepaid: Floats,
    principal: Floats,
    quarter: Floats,
) -> tuple[float, float, float, float, float]:
    """Interest, scheduled principal, prepayment, default and closing balance of a month.

    Moves `alive` on by a month. `exits` is what leaving early costs a loan beside its balance, or empty; prepaid is the closing
    balance, or the opening one if `order` takes prepayments before the schedule. The last four are room for what is between.
    """
    leave_by_cohort(order, mdr, smm, alive, defaulted, paying, prepaid)
    for c in range(alive.shape[0]):
        principal[c] = opening[c] - closing[c]
    return (
        weighed(scheduled_interest, paying, quarter) + weighed(exits, prepaid, quarter),
        weighed(principal, paying, quarter),
        weighed(opening if order == PREPAY_FIRST else closing, prepaid, quarter),
        weighed(opening, defaulted, quarter),
        weighed(closing, alive, quarter),
    )


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
) -> tuple[float, float, float, float, float]:
    """Interest, principal paid, drawn, default and closing balance of cohorts of lines.

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
        alive[c] = staying + again
        lost += opening[c] * defaulted[c]
        left += closing[c] * alive[c]
    return interest, paid, drawn, lost, left


@exact
def seldom_flows(order: int, h: int, schedules: Schedules, default: Floats, smm: Floats, alive: Floats, parts: Floats) -> None:
    """Add penalties, and interest that joins balances, of a month to the parts' flows, before the month moves `alive` on."""
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
def shortened_flows(h: int, schedules: Schedules, default: Floats, alive: Floats, parts: Floats) -> None:
    """Tell prepayments from scheduled principal of loans that they shorten, before the month moves `alive` on."""
    cells = schedules.cells
    for c in range(alive.shape[0]):
        if schedules.prepaid[h, c] > 0.0:
            part, paying = parts[cells.part[cells.of[c]]], alive[c] * (1.0 - default[c])
            part[1, h] -= schedules.prepaid[h, c] * paying
            part[2, h] += schedules.prepaid[h, c] * paying
            if schedules.penalty.shape[0] > 0:
                part[PENALTY, h] += schedules.penalty[h, c] * paying


@exact
def fall_behind(s: int, h: int, schedules: Schedules, leaving: Leaving, alive: Floats, stopped: Floats, fallen: Floats) -> None:
    """Take out those that stop paying in a month; of those whose time is up some default, by cohort `fallen`, the rest goes on.

    `stopped` (H, C) keeps the shares that stopped in each month.
    """
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
def amounts_by_cohort(opening: Floats, closing: Floats, defaulted: Floats, alive: Floats, default: Floats, left: Floats) -> None:
    """A month's defaults and closing balances by cohort, of the shares that have defaulted and are alive."""
    for c in range(alive.shape[0]):
        default[c] = opening[c] * defaulted[c]
        left[c] = closing[c] * alive[c]


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
    paying: Floats,
    prepaid: Floats,
    principal: Floats,
    quarter: Floats,
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
                alive[a:b], defaulted[a:b],
            )  # fmt: skip
            part[6, h] += drawn
        else:
            interest, scheduled, prepayment, lost, remaining = project_month(
                order, opening[a:b], closing[a:b], interest_due[a:b], exits[a:b], mdr[a:b], smm[a:b],
                alive[a:b], defaulted[a:b], paying[a:b], prepaid[a:b], principal[a:b], quarter[a:b],
            )  # fmt: skip
            part[2, h] += prepayment
        part[0, h] += interest
        part[1, h] += scheduled
        part[DEFAULT, h] += lost
        part[CLOSING, h] += remaining


@exact
def recover_alike(row: int, recoveries: Recoveries, months: int, parts: Floats) -> None:
    """Add what comes back of all months' defaults to the parts' recoveries, where all segments recover alike."""
    rate, lag, timing = recoveries.rate[row, 0], recoveries.lag[row, 0], recoveries.timing[row, 0]
    for g in range(parts.shape[0]):
        for h in range(months):
            recover(rate, lag, timing, parts[g, DEFAULT, h], parts[g, 3, h:])


@exact
def recover_by_cell(
    row: int, h: int, recoveries: Recoveries, cells: Cells, default: Floats, of_cells: Floats, parts: Floats
) -> None:
    """Add what comes back of a month's defaults to the parts' recoveries, where segments recover in ways of their own."""
    rate, lag, timing = recoveries.rate[row], recoveries.lag[row], recoveries.timing[row]
    add_by_cell(cells.of, default, of_cells)
    for q in range(of_cells.shape[0]):
        k = cells.segment[q]
        recover(rate[k], lag[k], timing[k], of_cells[q], parts[cells.part[q], 3, h:])


@exact
def open_month(
    s: int,
    h: int,
    order: int,
    schedules: Schedules,
    leaving: Leaving,
    alive: Floats,
    stopped: Floats,
    fallen: Floats,
    rates: Floats,
    parts: Floats,
) -> Floats:
    """What happens before a month's flows, of pools that have it. Gives the default rates (C,); `rates` is room for them."""
    if stopped.shape[0] > 0:
        fall_behind(s, h, schedules, leaving, alive, stopped, fallen)
    mdr: Floats = leaving.mdr[s, h]
    if leaving.targets.shape[0] > 0:
        bounds, weight, of = schedules.bounds, schedules.weight, leaving.target[s]
        default_rates(leaving.targets, h, of, bounds, weight, schedules.balance[h], alive, mdr, rates)
        mdr = rates
    if schedules.penalty.shape[0] + schedules.capitalised.shape[0] > 0:
        seldom_flows(order, h, schedules, mdr, leaving.smm[s, h], alive, parts)
    if schedules.prepaid.shape[0] > 0:
        shortened_flows(h, schedules, mdr, alive, parts)
    return mdr


@exact
def close_month(
    s: int,
    h: int,
    schedules: Schedules,
    flows: Flows,
    alive: Floats,
    defaulted: Floats,
    stopped: Floats,
    fallen: Floats,
    default: Floats,
    left: Floats,
) -> None:
    """What is told of a month beside the pool's flows, and what is behind; `default` and `left` get the amounts by cohort."""
    amounts_by_cohort(schedules.balance[h], schedules.balance[h + 1], defaulted, alive, default, left)
    if stopped.shape[0] > 0:
        add_behind(h, schedules, stopped, fallen, default, left, flows.parts[s])
    if schedules.weighted.shape[0] > 0:
        add_weighted(h, schedules, alive, stopped, flows.weighted[s])
    if flows.default.shape[0] > 0:
        add_by_cell(schedules.cells.of, default, flows.default[s, h])
        add_by_cell(schedules.cells.of, left, flows.closing[s, h])


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
    parts, row, cells, advances = flows.parts[s], recoveries.row[s], schedules.cells, defaulted.shape[0] > 1
    alive, rates, default, left = np.zeros(cohorts), np.empty(cohorts), np.empty(cohorts), np.empty(cohorts)
    paying, prepaid, principal, quarter = np.empty(cohorts), np.empty(cohorts), np.empty(cohorts), np.empty(cohorts)
    of_cells = np.empty(cells.segment.shape[0])
    behind, weighted = schedules.returning.shape[0] > 0, schedules.weighted.shape[0] > 0
    stopped, fallen = np.zeros((months if behind else 0, cohorts)), np.zeros(cohorts)
    whole, apart = lines.draw.shape[2] == 0 and parts.shape[0] == 1, not (advances or recoveries.alike[row])
    by_cohort = behind or weighted or apart or flows.default.shape[0] > 0
    last_start = schedules.start.max()
    for h in range(months):
        if h <= last_start:
            enter(h, schedules.start, alive)
        mdr = open_month(s, h, order, schedules, leaving, alive, stopped, fallen, rates, parts)
        row_of_shares = defaulted[h * advances]
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
                paying,
                prepaid,
                principal,
                quarter,
            )
            parts[0, 0, h] += interest
            parts[0, 1, h] += scheduled
            parts[0, 2, h] += prepayment
            parts[0, DEFAULT, h] += lost
            parts[0, CLOSING, h] += remaining
        else:
            month_by_run(
                s, h, order, schedules, leaving, lines, mdr,
                alive, row_of_shares, paying, prepaid, principal, quarter, parts,
            )  # fmt: skip
        if by_cohort:
            close_month(s, h, schedules, flows, alive, row_of_shares, stopped, fallen, default, left)
        if apart:
            recover_by_cell(row, h, recoveries, cells, default, of_cells, parts)
    if not (advances or apart):
        recover_alike(row, recoveries, months, parts)


@exact
def advance_cohorts(row: int, schedules: Schedules, recoveries: Recoveries, parts: Floats, defaulted: Floats) -> None:
    """Advances and recoveries, cohort by cohort: what comes back of a loan depends on its own schedule."""
    cells = schedules.cells
    for c in range(schedules.segment.shape[0]):
        rate, lag = recoveries.rate[row, schedules.segment[c]], recoveries.lag[row, schedules.segment[c]]
        part = parts[cells.part[cells.of[c]]]
        advance(rate, lag, schedules.balance[:, c], schedules.interest[:, c], defaulted[:, c], part[4], part[5], part[3])


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
    months, cohorts = schedules.interest.shape
    for s in range(low, high):
        flows.parts[s] = 0.0
        flows.weighted[s] = 0.0
        defaulted = np.zeros((months + 1 if advances else 1, cohorts))
        project_months(s, order, schedules, leaving, lines, recoveries, flows, defaulted)
        if advances:
            advance_cohorts(recoveries.row[s], schedules, recoveries, flows.parts[s], defaulted)
