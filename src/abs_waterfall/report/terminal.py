"""What a run prints: the deal, its pool, its classes, scenarios, triggers, checks, warnings, and where the files went.

Fits 100 columns; a narrower terminal gets fewer. Text from deal files is never read as markup. Amounts in currency units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from abs_waterfall.collateral.ways import ADDED_UP, STRIPS, Way
from abs_waterfall.deal.model import Deal
from abs_waterfall.measures.closing import Closing
from abs_waterfall.measures.tranche import TrancheMeasures
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.report.chosen import chosen, first_breach
from abs_waterfall.report.structure import first_coupon, standings
from abs_waterfall.result import Result

CENT = 0.005
LONGEST_TEXT = 18  # characters of a name or rating in a table of figures
MOST_WARNINGS = 10


def print_summary(
    console: Console, result: Result, *, scenarios: Sequence[str] | None = None, written: Sequence[str] = ()
) -> None:
    """Print the summary of the scenarios named, or of all; the first of them gives the table of classes."""
    rows = chosen(result, scenarios)
    for part in parts(result, rows, console.width):
        console.print(part, soft_wrap=False)
    for path in written:
        console.print(Text(f"Written: {path}"), soft_wrap=True)


def parts(result: Result, rows: Sequence[int], width: int) -> Iterator[RenderableType]:
    """The summary from the top down."""
    yield heading(result)
    yield pool_lines(result)
    yield Padding(classes_table(result, rows[0], width), (1, 0))
    if len(rows) > 1:
        yield Padding(scenarios_table(result, rows, width), (0, 0, 1, 0))
    if result.closing is not None and (result.deal.deal.expenses or result.closing.retained_share.any()):
        yield closing_lines(result.closing, rows[0])
    yield triggers_line(result, rows)
    yield checks_line(result)
    for warning in result.warnings[:MOST_WARNINGS]:
        yield Text(f"Warning: {warning}", style="yellow")
    if len(result.warnings) > MOST_WARNINGS:
        yield Text(f"and {len(result.warnings) - MOST_WARNINGS} more warnings", style="yellow")


def closing_lines(closing: Closing, s: int) -> Text:
    """Sources and uses at closing."""
    lines = []
    for side, amounts in closing.sides().items():
        said = ", ".join(f"{name} {amount[s]:,.2f}" for name, amount in amounts.items() if amount[s])
        lines.append(f"{side.capitalize()} at closing {closing.total[s]:,.2f}: {said}")
    return Text("\n".join([*lines, f"Retained by the originator: {closing.retained_share[s]:.2%} of the classes"]))


def heading(result: Result) -> Text:
    """The deal in a line."""
    deal, dates = result.deal.deal, result.deal.dates
    said = f"{deal.currency}, cut-off {dates.cutoff}, closing {dates.closing}, {dates.frequency} to {dates.legal_final}"
    past = f"\nafter payment date {result.flows.past}, {result.flows.paid_before}" if result.flows.past else ""
    return Text.assemble((deal.name, "bold"), "\n", said, past)


def pool_lines(result: Result) -> Text:
    """The pool, and what eligibility and bad rows took."""
    pool, eligible = result.pool, result.pool.eligible
    averages = f"WAC {eligible.wac:.2%}, WAM {eligible.wam:.1f}, WALA {eligible.wala:.1f}"
    lines = [f"{pool_counted(result.deal, pool)}, {averages}"]
    excluded = sum(criterion.excluded_loans for criterion in pool.criteria)
    balance = sum(criterion.excluded_balance for criterion in pool.criteria)
    if pool.criteria:
        criteria = number_of(len(pool.criteria), "criterion", "criteria")
        lines.append(f"      {number_of(excluded, 'loan')} of {balance:,.2f} not eligible by {criteria}")
    if pool.bad_row_count:
        rows = number_of(pool.bad_row_count, "row")
        lines.append(f"      {rows} of {pool.bad_row_balance:,.2f} could not be used and left out")
    return Text("\n".join([*lines, *told_ways(result.ways)]))


def told_ways(ways: Sequence[Way]) -> list[str]:
    """How the loans were projected, a line each, where they did not all go as strips."""
    plain = len(ways) == 1 and ways[0].why == ADDED_UP
    return [] if plain else [f"      {number_of(way.loans, 'loan')} {as_path(way)}: {way.why}" for way in ways]


def as_path(way: Way) -> str:
    """The path as one says it."""
    return f"as {way.path}" if way.path == STRIPS else way.path if way.loans > 1 else "by itself"


def pool_counted(deal: Deal, pool: PoolReport) -> str:
    """Where the pool comes from, its loans where they are loans, and its balance."""
    loans = f"{number_of(pool.eligible.loans, 'loan')}, " if deal.pool.by_loan else ""
    return f"Pool  {pool.source}: {loans}{pool.eligible.balance:,.2f}"


def number_of(count: int, one: str, many: str | None = None) -> str:
    """A number of things.

    >>> number_of(1, "loan"), number_of(1200, "loan")
    ('1 loan', '1,200 loans')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


# --------------------------------------------------------------------------------------------------------------- classes


@dataclass(frozen=True, slots=True)
class Shown:
    """One column of figures; `spare` columns go, the highest first, where the terminal is too narrow for all."""

    title: str
    cells: Sequence[str]
    spare: int = 0
    left: bool = False

    @property
    def width(self) -> int:
        """Characters it takes, with a gap of one beside it."""
        return max(map(len, (self.title, *self.cells))) + 1


def taken(columns: Sequence[Shown]) -> int:
    """Characters the columns take beside each other."""
    return sum(column.width for column in columns)


def fitted(columns: Sequence[Shown], width: int) -> list[Shown]:
    """The columns that fit, in their order; those that nothing can spare stay whatever the width."""
    kept = list(columns)
    while taken(kept) > width and (most := max(column.spare for column in kept)):
        kept.remove(next(column for column in reversed(kept) if column.spare == most))
    return kept


def figures_table(title: str, columns: Sequence[Shown], width: int, styles: Sequence[str | None]) -> Table:
    """Columns of figures as a table without a frame."""
    kept = fitted(columns, width)
    gap = int(taken(kept) + len(kept) <= width)
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_edge=False, padding=(0, gap, 0, 0)
    )
    for column in kept:
        table.add_column(Text(column.title), justify="left" if column.left else "right", no_wrap=True)
    for row, style in enumerate(styles):
        table.add_row(*(Text(column.cells[row]) for column in kept), style=style)
    return table


def short(text: str) -> str:
    """Text that does not crowd out the figures beside it."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."


def percent(value: float | None, digits: int = 2) -> str:
    """A share or rate; empty where it does not exist."""
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}%}"


def figure(value: float, digits: int = 2) -> str:
    """A number; empty where it does not exist."""
    return f"{value:.{digits}f}" if np.isfinite(value) else ""


def month(result: Result, index: int) -> str:
    """The month of a payment date, empty for -1."""
    return result.flows.dates[index].strftime("%Y-%m") if index >= 0 else ""


def unpaid(result: Result, name: str, s: int) -> float:
    """Interest still due after the last date."""
    return float(result.flows.tranches[name].interest_shortfall[s, int(result.flows.last_period[s])])


def class_columns(result: Result, s: int) -> Iterator[Shown]:
    """Columns of the table of classes; ratings, shortfalls and losses only where there are any."""
    rows = standings(result)
    names = [row.tranche.name for row in rows]
    measures = [result.measures[name] for name in names]
    short_interest = [unpaid(result, name, s) for name in names]
    losses = [float(measure.principal_loss[s]) for measure in measures]
    yield Shown("Class", [short(name) for name in names], left=True)
    if any(row.tranche.rating for row in rows):
        yield Shown("Rating", [short(row.tranche.rating or "NR") for row in rows], spare=6, left=True)
    yield Shown("Balance", [f"{row.balance:,.0f}" for row in rows])
    yield Shown("Share", [percent(row.share, 1) for row in rows], spare=4)
    yield Shown("CE", [percent(row.enhancement, 1) for row in rows], spare=1)
    yield Shown("Coupon", [percent(first_coupon(result, row.tranche, s), 3) for row in rows], spare=2)
    yield Shown("WAL", [figure(measure.wal[s]) for measure in measures])
    yield Shown("to call", [figure(measure.wal_to_call[s]) for measure in measures])
    yield Shown("Yield", [percent(measure.yield_bey[s]) for measure in measures])
    yield Shown("Price", [figure(measure.price[s]) for measure in measures], spare=5)
    yield Shown("Dur.", [figure(measure.modified_duration[s]) for measure in measures], spare=3)
    yield Shown("Principal paid", [window(result, measure, s) for measure in measures])
    if max(short_interest) > CENT:
        yield Shown("Unpaid int.", [f"{amount:,.0f}" for amount in short_interest])
    if max(losses) > CENT:
        yield Shown("Loss", [f"{loss:,.0f}" for loss in losses])


def window(result: Result, measure: TrancheMeasures, s: int) -> str:
    """The months of the first and last principal."""
    first, last = (month(result, int(index[s])) for index in (measure.first_principal, measure.last_principal))
    return f"{first} to {last}" if first else "none"


def classes_table(result: Result, s: int, width: int) -> Table:
    """The classes in one scenario."""
    title = f"Classes, {result.scenarios[s]} (WAL in years, bond-equivalent yield)"
    return figures_table(title, list(class_columns(result, s)), width, [None] * len(result.deal.tranche))


# -------------------------------------------------------------------------------------------- scenarios, triggers, checks


def scenarios_table(result: Result, rows: Sequence[int], width: int) -> Table:
    """A line a scenario: the pool's losses, the notes' average lives and what they lose; marked where they lose."""
    flows = result.flows
    notes = [tranche.name for tranche in result.deal.tranche if not tranche.residual]
    lost = [sum(float(result.measures[name].principal_loss[s]) for name in notes) for s in rows]
    unpaid_interest = [sum(unpaid(result, name, s) for name in notes) for s in rows]
    last = {s: int(flows.last_period[s]) for s in rows}
    lives = [
        Shown(f"WAL {short(name)}", [figure(result.measures[name].wal[s]) for s in rows], spare=place)
        for place, name in enumerate(notes)
    ]
    columns = [
        Shown("Scenario", [short(result.scenarios[s]) for s in rows], left=True),
        Shown("Defaults", [percent(float(flows.cumulative_default_rate[s, last[s]])) for s in rows]),
        Shown("Net loss", [percent(float(flows.cumulative_loss_rate[s, last[s]])) for s in rows]),
        *drawn_column(result, rows),
        Shown("Called", [month(result, int(flows.call_period[s])) or "no" for s in rows]),
        *lives,
        Shown("Notes' loss", [f"{amount:,.0f}" for amount in lost]),
        Shown("Unpaid int.", [f"{amount:,.0f}" for amount in unpaid_interest]),
    ]
    styles = ["red" if max(pair) > CENT else None for pair in zip(lost, unpaid_interest, strict=True)]
    return figures_table("Scenarios", columns, width, styles)


def drawn_column(result: Result, rows: Sequence[int]) -> Iterator[Shown]:
    """What is drawn on revolving lines while the deal runs, of the pool's initial balance; nothing for other pools."""
    if not result.collateral.drawn.any():
        return
    flows, initial = result.flows, result.deal.pool.initial_balance or result.pool.eligible.balance
    months = {s: sum(day <= flows.collection_ends[int(flows.last_period[s])] for day in result.collateral.dates) for s in rows}
    drawn = [float(result.collateral.drawn[s, : months[s]].sum()) for s in rows]
    yield Shown("Drawn", [percent(amount / initial, 0) for amount in drawn], spare=len(flows.tranches) + 1)


def triggers_line(result: Result, rows: Sequence[int]) -> Text:
    """The triggers that were breached, each with the scenarios and first dates."""
    hits = []
    for name in result.flows.triggers:
        dates = [(result.scenarios[s], first_breach(result, name, s)) for s in rows]
        if found := [f"{scenario} {date}" for scenario, date in dates if date]:
            hits.append(f"{name} ({', '.join(found)})")
    if not result.flows.triggers:
        return Text("Triggers: none in the deal")
    return Text("Triggers: " + ("; ".join(hits) if hits else "none breached"), style="yellow" if hits else "")


def checks_line(result: Result) -> Text:
    """Whether the checks held, and which did not."""
    failed = [check for check in result.checks if not check.ok]
    if not failed:
        return Text(f"Checks: all {len(result.checks)} held", style="green")
    lines = [f"CHECK FAILED: {check.name}, off by {check.worst:,.2f}{place(check.scenario, check.date)}" for check in failed]
    return Text("\n".join(lines), style="bold red")


def place(scenario: str, date: object) -> str:
    """Where and when a check failed worst."""
    return (f" in {scenario}" if scenario else "") + (f" on {date}" if date else "")
