"""The sheet Capital structure: classes, fees, accounts and call as agreed, and what each class comes to in every scenario."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.report.structure import Standing, first_coupon, standings
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Block, Column
from abs_waterfall.report.term_sheet.formats import Cell
from abs_waterfall.report.words import call_terms, fee_terms, interest_terms, said
from abs_waterfall.result import Result


def write_closing(sheet: Sheet, result: Result) -> None:
    """Sources and uses at closing, in the base case."""
    if result.closing is None:
        return
    sheet.heading("Sources and uses at closing")
    total = float(result.closing.total[0])
    for side, lines in result.closing.sides().items():
        amounts = [float(amount[0]) for amount in lines.values()]
        columns = [Column(side.capitalize(), "text", list(lines), "Total"), Column("Amount", "money", amounts, sum(amounts))]
        sheet.table([*columns, Column("Share", "percent", [amount / total if total else None for amount in amounts], 1.0)])
    sheet.note(f"The originator retains {result.closing.retained_share[0]:.2%} of the classes' balances.")
    sheet.row += 1


def date_of(result: Result, index: int) -> dt.date | None:
    """The payment date of an index, None for -1."""
    return result.flows.dates[index] if index >= 0 else None


def write_structure(book: Book, result: Result, scenarios: Sequence[int]) -> Block:
    """Terms first, measures after."""
    note = "Blue: given in the deal file. Enhancement: share of the pool that ranks behind the class; no accounts."
    sheet = book.sheet("Capital structure", "Capital structure", note)
    sheet.freeze(sheet.row, 1)
    sheet.heading("Classes")
    block = write_classes(sheet, result)
    write_fees(sheet, result)
    write_accounts(sheet, result)
    write_closing(sheet, result)
    sheet.heading("Clean-up call")
    sheet.note(call_terms(result.deal.call))
    sheet.row += 1
    sheet.heading("Measures by class and scenario")
    write_measures(sheet, result, scenarios)
    return block


def write_classes(sheet: Sheet, result: Result) -> Block:
    """The classes as agreed."""
    rows = standings(result)
    terms = [row.tranche for row in rows]
    words = [interest_terms(term) for term in terms]
    return sheet.table(
        [
            Column("Class", "text", [term.name for term in terms], "Total"),
            Column("Rating", "text", [term.rating or "NR" for term in terms], is_input=True),
            Column("Balance", "money", [row.balance for row in rows], sum(row.balance for row in rows), is_input=True),
            Column("Share of classes", "percent", [row.share for row in rows], 1.0),
            Column("Enhancement", "percent", [row.enhancement for row in rows]),
            Column("Coupon", "rate", [first_coupon(result, term, 0) for term in terms], is_input=True),
            *([Column("Interest", "text", words, is_input=True)] if any(words) else []),
            *own_terms(terms, rows),
            Column("Day count", "text", [term.day_count or "–" for term in terms], is_input=True),
            Column("Price (% of balance)", "figure", [None if term.residual else term.price for term in terms], is_input=True),
            Column(
                "Interest on shortfall", "text", [shortfall_terms(term.interest_on_shortfall) for term in terms], is_input=True
            ),
            Column("Residual", "text", ["yes" if term.residual else "no" for term in terms], is_input=True),
        ]
    )


def own_terms(terms: Sequence[Tranche], rows: Sequence[Standing]) -> list[Column]:
    """What only some deals say of a class: its balance at closing, interest unpaid before, a legal final of its own."""
    columns = []
    if any(term.initial_balance for term in terms):
        initial = [term.initial_balance or row.balance for term, row in zip(terms, rows, strict=True)]
        columns.append(Column("Balance at closing", "money", initial, sum(initial), is_input=True))
    if any(term.unpaid_interest for term in terms):
        unpaid = [term.unpaid_interest for term in terms]
        columns.append(Column("Interest unpaid before", "money", unpaid, sum(unpaid), is_input=True))
    if any(term.legal_final for term in terms):
        columns.append(Column("Legal final", "date", [term.legal_final for term in terms], is_input=True))
    return columns


def shortfall_terms(given: str | float | None) -> str:
    """What unpaid interest earns."""
    return "none" if given is None else "at the coupon" if isinstance(given, str) else f"{given:.4%}"


def write_fees(sheet: Sheet, result: Result) -> None:
    """The fees as agreed."""
    sheet.heading("Fees")
    if not result.deal.fee:
        sheet.note("None.")
    for fee in result.deal.fee:
        sheet.pairs([(fee.name, "text", fee_terms(fee), True)])
    sheet.row += 1


def write_accounts(sheet: Sheet, result: Result) -> None:
    """The accounts as agreed."""
    accounts = result.deal.account
    if not accounts:
        return
    sheet.heading("Accounts")
    sheet.table(
        [
            Column("Account", "text", [account.name for account in accounts]),
            Column("Rate", "percent", [account.rate for account in accounts], is_input=True),
            Column("Funded at closing", "money", [account.initial for account in accounts], is_input=True),
            Column(
                "Target",
                "text",
                ["none" if account.target is None else said(account.target) for account in accounts],
                is_input=True,
                runs_on=True,
            ),
        ]
    )


def shortfall(result: Result, name: str, s: int) -> float:
    """Interest still unpaid after the last date."""
    return float(result.flows.tranches[name].interest_shortfall[s, int(result.flows.last_period[s])])


def write_measures(sheet: Sheet, result: Result, scenarios: Sequence[int]) -> Block:
    """A row a class and scenario."""
    keys = [(name, s) for name in result.measures for s in scenarios]

    def of(field: str) -> list[Cell]:
        return [float(getattr(result.measures[name], field)[s]) for name, s in keys]

    def dates(field: str) -> list[Cell]:
        return [date_of(result, int(getattr(result.measures[name], field)[s])) for name, s in keys]

    return sheet.table(
        [
            Column("Class", "text", [name for name, _ in keys]),
            Column("Scenario", "text", [result.scenarios[s] for _, s in keys]),
            Column("Principal loss", "money", of("principal_loss")),
            Column("WAL to call", "years", of("wal_to_call")),
            Column("WAL to maturity", "years", of("wal")),
            Column("Yield, nominal", "rate", of("yield_nominal")),
            Column("Yield, bond-equivalent", "rate", of("yield_bey")),
            Column("Yield, effective", "rate", of("yield_effective")),
            Column("Modified duration", "years", of("modified_duration")),
            Column("Macaulay duration", "years", of("macaulay_duration")),
            Column("Convexity (years²)", "figure", of("convexity")),
            Column("First principal", "date", dates("first_principal")),
            Column("Last principal", "date", dates("last_principal")),
            Column("Interest unpaid at the end", "money", [shortfall(result, name, s) for name, s in keys]),
        ]
    )
