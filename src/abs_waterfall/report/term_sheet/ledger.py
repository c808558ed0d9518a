"""The sheet Waterfall: one scenario's ledger, step by step of every payment date. Amounts in currency units."""

from __future__ import annotations

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.income import came_in, collected
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.formats import Cell
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.report.words import FUNDS, moved, worth_saying
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import LedgerLine


def write_waterfall(book: Book, result: Result, s: int) -> None:
    """Totals over life first, then a block a date."""
    stack = Stack(
        ("Period", "integer"), ("Date", "date"), ("Mode", "text"), ("Step", "integer"), ("What", "text"), ("From", "text"),
        ("Only where", "wrap"), ("Cash in", "money"), ("Due", "money"), ("Paid", "money"), ("Left in source", "money"),
    )  # fmt: skip
    dates = dates_run(result, s)
    add_totals(stack, result, s, dates)
    for p in range(dates):
        add_date(stack, result, s, p)
    note = (
        f"Scenario {result.scenarios[s]}. Each date: what comes in, then the steps in order. "
        "Left in source: the cash left where the step draws on, after it."
    )
    stack.write(book.sheet("Waterfall", "Waterfall by payment date and step", note), frozen=2)


def add_totals(stack: Stack, result: Result, s: int, dates: int) -> None:
    """What came in and what each step paid over the life; cash brought forward came in before."""
    total: dict[str, float] = {}
    for p in range(dates):
        for what, amount in collected(result, s, p):
            total[what] = total.get(what, 0.0) + amount
    stack.line([None, "All dates", None, None, "Totals over life", None, None, sum(total.values()), None, None, None], "group")
    for what, amount in total.items():
        if amount:
            stack.line([None, "All dates", None, None, what, None, None, amount, None, None, None])
    for line in result.flows.ledger:
        if any(worth_saying(line, s, p) for p in range(dates)):
            stack.line([None, "All dates", *heading(line), None, None, float(line.paid[s, :dates].sum()), None])


def add_date(stack: Stack, result: Result, s: int, p: int) -> None:
    """One payment date."""
    flows = result.flows
    date, mode = flows.dates[p], flows.modes[int(flows.mode[s, p])]
    cash = [(what, amount) for what, amount in came_in(result, s, p) if amount]
    stack.line(
        [p + 1, date, mode, None, f"Payment date {p + 1}", None, None, sum(amount for _, amount in cash), None, None, None],
        "group",
    )
    for what, amount in cash:
        stack.line([p + 1, date, mode, None, what, None, None, amount, None, None, None])
    for line in flows.ledger:
        if worth_saying(line, s, p):
            figures = (float(line.due[s, p]), float(line.paid[s, p]), float(line.left[s, p]))
            stack.line([p + 1, date, *heading(line), None, *figures])


def heading(line: LedgerLine) -> list[Cell]:
    """Mode, step, what, source and condition of a line."""
    step = line.step + 1 if line.step >= 0 else None
    return [line.mode or None, step, moved(line), FUNDS.get(line.source, line.source), line.condition or None]
