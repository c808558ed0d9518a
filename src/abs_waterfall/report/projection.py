"""The pool alone, as `abs-model project` tells it: its cash flows by month and their totals, without the waterfall.

Amounts in currency units. JSON and CSV have the words and columns that the results of a run have.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from abs_waterfall.arrays import record
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.ways import Way
from abs_waterfall.deal.model import Deal
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.report.as_csv import collateral_csv
from abs_waterfall.report.as_json import Entry, collateral_entry, json_text, ways_entry
from abs_waterfall.report.chosen import months_run
from abs_waterfall.report.terminal import Shown, figures_table, percent, pool_counted, short, told_ways

TOTALS = {
    "Interest": "interest",
    "Scheduled": "scheduled_principal",
    "Prepaid": "prepayment",
    "Default": "default",
    "Recovery": "recovery",
    "Loss": "loss",
}


@record
class Projection:
    """A deal's pool and what it pays in the scenarios chosen, each by its row of the flows."""

    deal: Deal
    pool: PoolReport
    flows: CollateralCashflows
    rows: dict[str, int]
    ways: tuple[Way, ...]


def projected(projection: Projection) -> Entry:
    """The flows of every scenario chosen, in the words of the results."""
    entries = {name: {"collateral": collateral_entry(projection.flows, row)} for name, row in projection.rows.items()}
    return {"deal": projection.deal.deal.name, "scenarios": entries} | ways_entry(projection.ways)


def projection_json(projection: Projection) -> bytes:
    """The flows as a JSON file."""
    return (json_text(projected(projection)) + "\n").encode()


def projection_csv(projection: Projection) -> dict[str, bytes]:
    """The flows as CSV files, by name."""
    scenarios = projected(projection)["scenarios"]
    return {"collateral.csv": collateral_csv({name: entry["collateral"] for name, entry in scenarios.items()})}


def print_projection(console: Console, projection: Projection) -> None:
    """The pool in a line, and a line of totals for each scenario."""
    deal, total = projection.deal, projection.pool.eligible
    console.print(Text.assemble((deal.deal.name, "bold"), f"\n{deal.deal.currency}, cut-off {deal.dates.cutoff}"))
    console.print(Text(f"{pool_counted(deal, projection.pool)}, WAC {total.wac:.2%}"))
    for line in told_ways(projection.ways):
        console.print(Text(line))
    styles: Sequence[None] = [None] * len(projection.rows)
    title = "Cash flows of the pool, totals"
    console.print(Padding(figures_table(title, total_columns(projection), console.width, styles), (1, 0)))


def total_columns(projection: Projection) -> list[Shown]:
    """Columns of the table of totals."""
    flows, rows = projection.flows, list(projection.rows.values())
    totals = TOTALS | ({"Drawn": "drawn"} if flows.drawn.any() else {})
    sums = {title: [float(getattr(flows, key)[row].sum()) for row in rows] for title, key in totals.items()}
    shares = [loss / projection.pool.eligible.balance for loss in sums["Loss"]]
    return [
        Shown("Scenario", [short(name) for name in projection.rows], left=True),
        Shown("Months", [str(months_run(flows, row)) for row in rows], spare=1),
        *(Shown(title, [f"{amount:,.0f}" for amount in amounts]) for title, amounts in sums.items()),
        Shown("of pool", [percent(share) for share in shares]),
    ]
