"""The sheet Exchangeable classes: what each is made of, its measures, and its flows date by date. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Sequence

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.formats import Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.report.words import listed
from abs_waterfall.result import Result

FLOWS = {
    "opening_balance": "Opening balance",
    "interest": "Interest paid",
    "principal": "Principal paid",
    "closing_balance": "Closing balance",
}
MEASURES: dict[str, tuple[str, Kind]] = {
    "wal": ("WAL to maturity", "years"),
    "wal_to_call": ("WAL to call", "years"),
    "yield_bey": ("Yield, bond-equivalent", "percent"),
    "modified_duration": ("Modified duration", "years"),
    "principal_loss": ("Principal loss", "money"),
}


def write_exchanges(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """Terms and measures, then flows; no sheet where the deal has none."""
    if not result.deal.exchange:
        return
    note = "Shares of classes that are paid; their balances are part of those classes', not beside them."
    sheet = book.sheet("Exchangeable classes", "Exchangeable classes", note)
    terms = [(e.name, listed([f"{share:.4%} of {name}" for name, share in e.of.items()]), e.price) for e in result.deal.exchange]
    sheet.table(
        [
            Column("Class", "text", [name for name, _, _ in terms]),
            Column("Made of", "text", [of for _, of, _ in terms], is_input=True),
            Column("Price (% of balance)", "figure", [price for _, _, price in terms], is_input=True),
        ]
    )
    write_measures(sheet, result, scenarios)
    write_flows(sheet, result, scenarios)


def write_measures(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> None:
    """A row a scenario and class."""
    rows = [(s, name) for s in scenarios for name in result.exchanges]
    columns = [Column("Scenario", "text", [result.scenarios[s] for s, _ in rows]), Column("Class", "text", [n for _, n in rows])]
    for key, (title, kind) in MEASURES.items():
        columns.append(Column(title, kind, [float(getattr(result.exchanges[name].measures, key)[s]) for s, name in rows]))
    sheet.table(columns)


def write_flows(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> None:
    """A row a scenario, class and payment date."""
    money: list[tuple[str, Kind]] = [(title, "money") for title in FLOWS.values()]
    stack = Stack(("Scenario", "text"), ("Class", "text"), ("Period", "integer"), ("Date", "date"), *money)
    for s in scenarios:
        dates = dates_run(result, s)
        for name, made in result.exchanges.items():
            columns = [getattr(made.flows, key)[s, :dates].tolist() for key in FLOWS]
            stack.block(result.scenarios[s], name, result.flows.numbers(dates), list(result.flows.dates[:dates]), *columns)
    stack.write(sheet)
