"""The sheet Triggers: what each says, when it was first breached, and every test of it, as the formulas give them."""

from __future__ import annotations

from collections.abc import Sequence

from abs_waterfall.report.chosen import dates_run, first_breach
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Block, Column
from abs_waterfall.report.term_sheet.formats import Cell, Style
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.report.words import condition, effect
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import TriggerFlows

FREEZABLE = 16  # rows a reader can spare above a table


def breach_columns(result: Result, scenarios: Sequence[int]) -> list[Column]:
    """First breaches, a row a trigger and a column a scenario; then the condition."""
    triggers = result.deal.trigger
    columns = [
        Column("Trigger", "text", [trigger.name for trigger in triggers]),
        Column("Effect", "text", [effect(trigger) for trigger in triggers], is_input=True),
    ]
    for s in scenarios:
        dates: list[Cell] = [first_breach(result, trigger.name, s) or "never" for trigger in triggers]
        columns.append(Column(result.scenarios[s], "date", dates))
    return [*columns, Column("Condition", "text", [condition(trigger) for trigger in triggers], is_input=True, runs_on=True)]


def write_triggers(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """The terms, then each test."""
    note = (
        "Headroom: how far the measure is from the threshold, where the condition is a plain comparison or has one with "
        "`threshold`; negative where breached. By hand: fired in the scenario."
    )
    sheet = book.sheet("Triggers", "Triggers", note)
    if not result.deal.trigger:
        sheet.note("The deal has no triggers.")
        return
    sheet.heading("First breach by scenario")
    sheet.table(breach_columns(result, scenarios))
    sheet.heading("Each test")
    write_tests(sheet, result, scenarios)


def write_tests(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> None:
    """A row a scenario, trigger and payment date."""
    stack = Stack(
        ("Trigger", "text"), ("Scenario", "text"), ("Period", "integer"), ("Date", "date"), ("Measure", "percent"),
        ("Threshold", "percent"), ("Headroom", "percent"), ("Tested", "text"), ("Breached", "text"), ("Active", "text"),
    )  # fmt: skip
    for s in scenarios:
        for name, trigger in result.flows.triggers.items():
            add_tests(stack, result, s, name, trigger)
    header = sheet.row
    block = stack.write(sheet)
    show_amounts(sheet, block, stack)
    if header >= FREEZABLE:
        sheet.page.freeze_panes(0, 0)


def show_amounts(sheet: Sheet, block: Block, stack: Stack) -> None:
    """Give the tests of amounts and counts a format of their own: shares are those with a threshold of no more than 1."""
    columns = [block.columns[title] for title in ("Measure", "Threshold", "Headroom")]
    for row, (threshold, style) in enumerate(zip(stack.values[columns[1]], stack.styles, strict=True)):
        if isinstance(threshold, float) and abs(threshold) > 1:
            for column in columns:
                sheet.write_cell(block.first_row + row, column, "figure", stack.values[column][row], style)
    sheet.widen(columns[0], 14)


def add_tests(stack: Stack, result: Result, s: int, name: str, trigger: TriggerFlows) -> None:
    """One trigger in one scenario."""
    for p in range(dates_run(result, s)):
        style: Style = "bad" if trigger.breached[s, p] else "plain" if trigger.tested[s, p] else "quiet"
        stack.line(
            [name, result.scenarios[s], p + 1, result.flows.dates[p], *figures(trigger, s, p), *states(trigger, s, p)], style
        )


def figures(trigger: TriggerFlows, s: int, p: int) -> list[Cell]:
    """Measure, threshold and headroom, where the condition is a plain comparison."""
    shown = (trigger.measure, trigger.threshold, trigger.headroom)
    return [None if figure is None else float(figure[s, p]) for figure in shown]


def states(trigger: TriggerFlows, s: int, p: int) -> list[Cell]:
    """Tested, breached, active in words."""
    by_hand = trigger.fired is not None and bool(trigger.fired[s, p])
    breached = "by hand" if by_hand else "yes" if trigger.breached[s, p] else "no"
    tested, active = ("yes" if flag[s, p] else "no" for flag in (trigger.tested, trigger.active))
    return [tested, breached, active]
