"""One payment date of one scenario, step by step: what came in, what was due, what each step paid and left, what stands after it.

Everything is read from the ledger of the run. Amounts in currency units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from abs_waterfall.errors import InputError
from abs_waterfall.report.chosen import dates_run, scenario_index
from abs_waterfall.report.income import came_in
from abs_waterfall.report.words import FUNDS, limit_terms, moved, worth_saying
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import LedgerLine, LimitFlows, TriggerFlows


def explain_renderable(result: Result, period: int, scenario: str = "base") -> RenderableType:
    """The trail of payment date `period`, counted from 1. InputError where there is no such date or scenario."""
    s = scenario_index(result, scenario)
    past = result.flows.past
    last = past + dates_run(result, s)
    if not past < period <= last:
        raise InputError.one(f"there is no payment date {period} in scenario {scenario}; expected {past + 1} to {last}")
    p = period - past - 1
    tables = (
        came_in_table(result, s, p),
        *purchases_tables(result, s, p),
        due_table(result, s, p),
        *triggers_tables(result, s, p),
        steps_table(result, s, p),
        after_table(result, s, p),
    )
    return Group(heading(result, s, p), *(Padding(each, (1, 0, 0, 0)) for each in tables))


def table(title: str, *columns: tuple[str, bool]) -> Table:
    """A table without a frame; each column with whether it holds figures."""
    made = Table(
        title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0)
    )
    for name, is_figure in columns:
        made.add_column(name, justify="right" if is_figure else "left", no_wrap=is_figure, overflow="fold")
    return made


def add(made: Table, *cells: str | float, style: str | None = None) -> None:
    """One row: text as it is, amounts to the cent."""
    made.add_row(*(Text(cell if isinstance(cell, str) else f"{cell:,.2f}") for cell in cells), style=style)


def heading(result: Result, s: int, p: int) -> Text:
    """Which date this is, for which months, in which mode."""
    flows = result.flows
    called = ", the clean-up call is exercised" if flows.call_period[s] == p else ""
    last = ", the last date" if flows.last_period[s] == p else ""
    return Text(
        f"{result.deal.deal.name}, scenario {result.scenarios[s]}: payment date {flows.past + p + 1}, {flows.dates[p]}\n"
        f"collections to {collected(result, p)}, waterfall {flows.modes[int(flows.mode[s, p])]}{called}{last}\n"
        f"pool {flows.pool_balance[s, p]:,.2f}, factor {flows.pool_factor[s, p]:.4%}, cumulative defaults "
        f"{flows.cumulative_default_rate[s, p]:.4%}, cumulative net loss {flows.cumulative_loss_rate[s, p]:.4%}"
    )


def collected(result: Result, p: int) -> str:
    """The end of the collection period, and the determination and record dates where the deal says how they lie."""
    flows, dates = result.flows, result.deal.dates
    determined = f", determined {flows.determination_dates[p]}" if dates.determination_lag is not None else ""
    return f"{flows.collection_ends[p]}{determined}" + (
        f", record date {flows.record_dates[p]}" if dates.record_lag is not None else ""
    )


def came_in_table(result: Result, s: int, p: int) -> Table:
    """What came in before the steps."""
    made = table("What came in", ("Cash", False), ("Amount", True))
    found = [(what, amount) for what, amount in came_in(result, s, p) if amount]
    for what, amount in found:
        add(made, what, amount)
    add(made, "Together", sum(amount for _, amount in found), style="bold")
    return made


def purchases_tables(result: Result, s: int, p: int) -> Iterator[Table]:
    """What a plan that revolves bought, with what it bought monthly since the last date."""
    bought = result.flows.purchases
    if bought is None:
        return
    made = table("Purchases", ("", False), ("Amount", True))
    add(made, "Revolving period", "open" if bought.active[s, p] else "over")
    for what, amounts in (
        ("Balance bought", bought.bought), ("Cash paid for it", bought.cost), ("Cash left idle", bought.idle_cash),
        ("Balance wanted and not bought", bought.shortfall),
    ):  # fmt: skip
        add(made, what, float(amounts[s, p]))
    yield made
    if bought.limits:
        yield limits_table(bought.limits, s, p)


def limits_table(limits: Sequence[LimitFlows], s: int, p: int) -> Table:
    """Where the pool stands to each limit after the date, and what the limit kept from being bought."""
    made = table("Limits", ("Limit", False), ("Pool", True), ("Headroom", True), ("Cut since the last date", True))
    for limit in limits:
        largest = int(limit.largest[s, p])
        name = f" (largest: {limit.names[largest]})" if largest >= 0 else ""
        values = [f"{value[s, p]:,.4f}" if np.isfinite(value[s, p]) else "" for value in (limit.value, limit.headroom)]
        add(made, limit_terms(limit.limit) + name, *values, float(limit.cut[s, p]))
    return made


def due_table(result: Result, s: int, p: int) -> Table:
    """What was fixed as due before the steps."""
    made = table("What was due", ("To", False), ("Balance before", True), ("Due", True))
    for name, fee in result.flows.fees.items():
        add(made, f"fee {name}", "", float(fee.due[s, p]))
    for name, facility in result.flows.facilities.items():
        add(made, f"costs of facility {name}", float(facility.opening_balance[s, p]), float(facility.due[s, p]))
    for name, hedge in result.flows.hedges.items():
        add(made, f"hedge {name}, net (below 0: to the deal)", "", -float(hedge.net[s, p]))
    for name, tranche in result.flows.tranches.items():
        balance, due = float(tranche.opening_balance[s, p]), float(tranche.interest_due[s, p])
        if balance or due:
            add(made, f"interest on {name}", balance, due)
        for line, flows in tranche.lines.items():
            if len(tranche.lines) > 1 and flows.due[s, p]:
                add(made, f"  of it {line}", "", float(flows.due[s, p]))
    return made


def triggers_tables(result: Result, s: int, p: int) -> Iterator[Table]:
    """Each trigger's test: measure and threshold where it is a plain comparison."""
    if not result.flows.triggers:
        return
    tested = {trigger.name: trigger.test for trigger in result.deal.trigger}
    made = table(
        "Triggers",
        ("Trigger", False),
        ("Tested", False),
        ("Condition", False),
        ("Value", True),
        ("Threshold", True),
        ("Headroom", True),
        ("Now", False),
    )
    for name, trigger in result.flows.triggers.items():
        when = f"{tested.get(name, '')} the steps" if trigger.tested[s, p] else "not today"
        when = "fired by hand" if trigger.fired is not None and trigger.fired[s, p] else when
        style = "yellow" if trigger.active[s, p] else None
        add(made, name, when, trigger.when, *sides(trigger, s, p), state(trigger, s, p), style=style)
    yield made


def sides(trigger: TriggerFlows, s: int, p: int) -> list[str]:
    """Measure, threshold and headroom; empty where there is none."""
    values = [np.nan if figure is None else figure[s, p] for figure in (trigger.measure, trigger.threshold, trigger.headroom)]
    return [f"{value:,.6g}" if np.isfinite(value) else "" for value in values]


def state(trigger: TriggerFlows, s: int, p: int) -> str:
    """What holds after the test."""
    breached = "breached" if trigger.breached[s, p] else ""
    active = "holds" if trigger.active[s, p] else "does not hold"
    before = bool(trigger.active[s, p - 1]) if p else False
    changed = ", newly" if trigger.active[s, p] and not before else ", cured" if before and not trigger.active[s, p] else ""
    return ", ".join(filter(None, (breached, active))) + changed


def steps_table(result: Result, s: int, p: int) -> Table:
    """The steps that ran, in order."""
    columns = (("", True), ("Step", False), ("From", False), ("Only where", False), ("Due", True), ("Paid", True), ("Left", True))
    made = table("Steps", *columns)
    for line in result.flows.ledger:
        if worth_saying(line, s, p):
            due, paid, left = float(line.due[s, p]), float(line.paid[s, p]), float(line.left[s, p])
            add(made, *place(line), line.condition, due, paid, left, style="yellow" if due - paid > 0.005 else None)
    return made


def place(line: LedgerLine) -> tuple[str, str, str]:
    """Number, what is moved, and where from."""
    number = str(line.step + 1) if line.step >= 0 else ""
    named = f" ({line.name})" if line.name else ""
    return number, moved(line) + named, FUNDS.get(line.source, line.source)


def after_table(result: Result, s: int, p: int) -> Table:
    """Balances after the date, and what stays unpaid or unspent."""
    flows = result.flows
    made = table("After the date", ("", False), ("Balance", True), ("Interest unpaid", True))
    for name, tranche in flows.tranches.items():
        add(made, name, float(tranche.closing_balance[s, p]), float(tranche.interest_shortfall[s, p]))
    for name, fee in flows.fees.items():
        if fee.unpaid[s, p]:
            add(made, f"fee {name}, unpaid", float(fee.unpaid[s, p]), "")
    for name, account in flows.accounts.items():
        add(made, f"account {name}", float(account.closing_balance[s, p]), "")
    for name, facility in flows.facilities.items():
        add(made, f"facility {name}, drawn", float(facility.closing_balance[s, p]), float(facility.unpaid[s, p]))
        add(made, f"facility {name}, undrawn", float(facility.undrawn[s, p]), "")
    for name, ledger in flows.ledgers.items():
        if ledger.opening_balance[s, p] or ledger.debited[s, p]:
            add(made, f"ledger {name}", float(ledger.closing_balance[s, p]), "")
    for fund, left in (("interest", flows.funds.unspent_interest), ("principal", flows.funds.unspent_principal)):
        if left[s, p]:
            add(made, f"left in {fund} funds", float(left[s, p]), "")
    return made
