"""The sheet Summary: what the deal is, what each class and scenario comes to, what failed, and two charts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from abs_waterfall.report.chosen import first_breach
from abs_waterfall.report.structure import counted, first_coupon, notes_balance, standings
from abs_waterfall.report.term_sheet.book import Sheet
from abs_waterfall.report.term_sheet.columns import Block, Column
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.report.term_sheet.terms import date_of, shortfall
from abs_waterfall.report.words import call_terms, effect
from abs_waterfall.result import Result

WIDE = 14  # columns of the summary


@dataclass(frozen=True, slots=True)
class SummaryCells:
    """Where the figures that get names stand."""

    pool: dict[str, str]  # by label
    classes: Block


def write_summary(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> SummaryCells:
    """Verdict and warnings, terms, classes, scenarios, triggers."""
    write_verdict(sheet, result)
    sheet.row += 1
    pool = write_terms(sheet, result)
    sheet.row += 1
    sheet.heading(f"Classes, scenario {result.scenarios[scenarios[0]]}")
    classes = write_classes(sheet, result, scenarios[0])
    sheet.heading("Scenarios")
    write_scenarios(sheet, result, scenarios)
    write_triggers(sheet, result, scenarios)
    return SummaryCells(pool, classes)


def write_verdict(sheet: Sheet, result: Result) -> None:
    """Whether the checks held, loudly where one did not; then what the run warns of."""
    failed = [check for check in result.checks if not check.ok]
    for check in failed:
        where = f" in scenario {check.scenario}" if check.scenario else ""
        when = f" on {check.date}" if check.date else ""
        sheet.banner(
            f"CHECK FAILED: {check.name}, off by {check.worst:,.2f}{where}{when}. Do not rely on these figures.", "bad", WIDE
        )
    if not failed:
        sheet.banner(f"All {len(result.checks)} built-in checks held; see Checks.", "good", WIDE)
    for warning in result.warnings:
        sheet.banner(f"Warning: {warning}", "warning", WIDE)


def write_terms(sheet: Sheet, result: Result) -> dict[str, str]:
    """Dates on the left, the pool on the right."""
    deal, pool = result.deal, result.pool.eligible
    dates: list[tuple[str, Kind, Cell, bool]] = [
        ("Currency", "text", deal.deal.currency, True),
        ("Cut-off date", "date", deal.dates.cutoff, True),
        ("Closing date", "date", deal.dates.closing, True),
        ("First payment date", "date", deal.dates.first_payment, True),
        ("Payment frequency", "text", deal.dates.frequency, True),
        ("Legal final date", "date", deal.dates.legal_final, True),
    ]
    if result.flows.past:
        dates.append(("Goes on after", "text", f"payment date {result.flows.past}, {result.flows.paid_before}", True))
    notes = notes_balance(result)
    figures: list[tuple[str, Kind, Cell, bool]] = [
        ("Pool balance", "money", pool.balance, False),
        (counted(result), "integer", pool.loans, False),
        ("WAC", "percent", pool.wac, False),
        ("WAM (months)", "figure", pool.wam, False),
        ("Notes balance", "money", notes, False),
        ("Pool above notes", "percent", 1 - notes / pool.balance if pool.balance else None, False),
    ]
    top = sheet.row
    sheet.pairs(dates)
    bottom, sheet.row = sheet.row, top
    where = sheet.pairs(figures, at=3)
    sheet.row = max(bottom, sheet.row)
    sheet.pairs([("Clean-up call", "text", call_terms(deal.call), True)])
    return where


def write_classes(sheet: Sheet, result: Result, s: int) -> Block:
    """A row a class, in one scenario."""
    rows = standings(result)
    names = [row.tranche.name for row in rows]

    def of(field: str) -> list[Cell]:
        return [float(getattr(result.measures[name], field)[s]) for name in names]

    def dates(field: str) -> list[Cell]:
        return [date_of(result, int(getattr(result.measures[name], field)[s])) for name in names]

    return sheet.table(
        [
            Column("Class", "text", names, "Total"),
            Column("Balance", "money", [row.balance for row in rows], sum(row.balance for row in rows)),
            Column("Rating", "text", [row.tranche.rating or "NR" for row in rows]),
            Column("Enhancement", "percent", [row.enhancement for row in rows]),
            Column("Principal loss", "money", of("principal_loss")),
            Column("Coupon", "percent", [first_coupon(result, row.tranche, s) for row in rows], is_input=True),
            Column("Price", "figure", of("price")),
            Column("Yield, bond-equivalent", "percent", of("yield_bey")),
            Column("WAL to call", "years", of("wal_to_call")),
            Column("WAL to maturity", "years", of("wal")),
            Column("Modified duration", "years", of("modified_duration")),
            Column("First principal", "date", dates("first_principal")),
            Column("Last principal", "date", dates("last_principal")),
            Column("Interest unpaid at the end", "money", [shortfall(result, name, s) for name in names]),
        ]
    )


def write_scenarios(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> Block:
    """A row a scenario: the pool's losses, then each class's average life to maturity."""
    flows = result.flows
    last = {s: int(flows.last_period[s]) for s in scenarios}
    lives = [
        Column(f"WAL {name} (years)", "figure", [float(measures.wal[s]) for s in scenarios])
        for name, measures in result.measures.items()
        if result.original_balances[name]
    ]
    losses = [float(sum(measures.principal_loss[s] for measures in result.measures.values())) for s in scenarios]
    called: list[Cell] = [date_of(result, int(flows.call_period[s])) or "no" for s in scenarios]
    ends: list[Cell] = [flows.dates[last[s]] for s in scenarios]
    return sheet.table(
        [
            Column("Scenario", "text", [result.scenarios[s] for s in scenarios]),
            Column("Principal loss, all classes", "money", losses),
            Column("Cumulative default", "percent", [float(flows.cumulative_default_rate[s, last[s]]) for s in scenarios]),
            Column("Cumulative net loss", "percent", [float(flows.cumulative_loss_rate[s, last[s]]) for s in scenarios]),
            Column("Called", "date", called),
            Column("Last date", "date", ends),
            *lives,
        ]
    )


def write_triggers(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> None:
    """When each trigger was first breached."""
    triggers = result.deal.trigger
    if not triggers:
        return
    sheet.heading("Triggers: first breach")
    breaches: list[Column] = []
    for s in scenarios:
        found: list[dt.date | None] = [first_breach(result, trigger.name, s) for trigger in triggers]
        breaches.append(Column(result.scenarios[s], "date", [date or "never" for date in found]))
    sheet.table(
        [
            Column("Trigger", "text", [trigger.name for trigger in triggers]),
            Column("Effect", "text", [effect(trigger) for trigger in triggers]),
            *breaches,
        ]
    )
