"""The sheets Pool and Eligibility: totals, stratifications, what the criteria and bad rows took. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from abs_waterfall.collateral.ways import Way
from abs_waterfall.pool.report import BadRow, PoolReport, PoolTotals, Stratum
from abs_waterfall.report.structure import counted
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Block, Column
from abs_waterfall.result import Result


def write_pool(book: Book, result: Result) -> Block:
    """Totals, segments and stratifications."""
    pool = result.pool
    note = (
        f"{pool.source}, as of {result.deal.dates.cutoff}. Averages are weighted by balance; rates are a year, terms in months."
    )
    sheet = book.sheet("Pool", "Pool and stratifications", note)
    sheet.freeze(sheet.row)
    sheet.page.set_portrait()
    sheet.heading("Totals")
    units = counted(result)
    block = write_totals(sheet, units, {"Read": pool.read, "Eligible: the pool": pool.eligible})
    if result.ways:
        write_ways(sheet, units, result.ways)
    if len(pool.segments) > 1:
        write_strata(sheet, ("Segments", "Segment", units), pool.segments, pool.eligible)
    for cut in pool.stratifications:
        write_strata(sheet, (cut.title, cut.title, units), cut.strata, pool.eligible)
    return block


def write_ways(sheet: Sheet, units: str, ways: Sequence[Way]) -> None:
    """How the loans were projected."""
    sheet.heading("How they are projected")
    sheet.table(
        [
            Column("Path", "text", [way.path for way in ways]),
            Column(units, "integer", [way.loans for way in ways], sum(way.loans for way in ways)),
            Column("Why", "text", [way.why for way in ways], runs_on=True),
        ]
    )


def write_totals(sheet: Sheet, units: str, totals: dict[str, PoolTotals]) -> Block:
    """A row each for what was read and what is eligible."""
    rows = totals.values()
    return sheet.table(
        [
            Column("Pool", "text", list(totals)),
            Column(units, "integer", [row.loans for row in rows]),
            Column("Balance", "money", [row.balance for row in rows]),
            Column(
                "Share", "percent", [row.balance / totals["Read"].balance if totals["Read"].balance else None for row in rows]
            ),
            Column("WAC", "percent", [row.wac for row in rows]),
            Column("WAM (months)", "figure", [row.wam for row in rows]),
            Column("WALA (months)", "figure", [row.wala for row in rows]),
        ]
    )


def write_strata(sheet: Sheet, titles: tuple[str, str, str], strata: Sequence[Stratum], pool: PoolTotals) -> None:
    """One cut of the pool; its totals tie to the pool's. Titles of the table, of its first column, and of what it counts."""
    heading, title, units = titles
    sheet.heading(heading)
    sheet.table(
        [
            Column(title, "text", [stratum.label for stratum in strata], "Total"),
            Column(units, "integer", [stratum.loans for stratum in strata], sum(stratum.loans for stratum in strata)),
            Column("Balance", "money", [stratum.balance for stratum in strata], sum(stratum.balance for stratum in strata)),
            Column("Share", "percent", [stratum.share for stratum in strata], sum(stratum.share for stratum in strata)),
            Column("WAC", "percent", [stratum.wac for stratum in strata], pool.wac),
            Column("WAM (months)", "figure", [stratum.wam for stratum in strata], pool.wam),
        ]
    )


def write_eligibility(book: Book, result: Result) -> None:
    """What each criterion took, in order, and the rows that could not be read."""
    note = "Excluded: of the loans that passed the criteria before. Failing: of all loans read, whatever the other criteria say."
    sheet = book.sheet("Eligibility", "Eligibility", note)
    sheet.freeze(sheet.row)
    pool = result.pool
    sheet.heading("Criteria")
    if pool.criteria:
        write_criteria(sheet, pool)
    else:
        sheet.note("The deal has no eligibility criteria.")
        sheet.row += 1
    sheet.heading("Rows that could not be used")
    if pool.bad_row_count:
        write_bad_rows(sheet, pool)
    else:
        sheet.note("None.")


def write_criteria(sheet: Sheet, pool: PoolReport) -> None:
    """The table of criteria, between what was read and what is eligible."""
    labels = ["Loans read", *(criterion.formula for criterion in pool.criteria)]
    excluded_loans = [None, *(criterion.excluded_loans for criterion in pool.criteria)]
    excluded = [None, *(criterion.excluded_balance for criterion in pool.criteria)]
    left_loans, left = [pool.read.loans], [pool.read.balance]
    for criterion in pool.criteria:
        left_loans.append(left_loans[-1] - criterion.excluded_loans)
        left.append(left[-1] - criterion.excluded_balance)
    sheet.table(
        [
            Column("Criterion", "wrap", labels, "Eligible: the pool", is_input=True),
            Column("Excluded loans", "integer", excluded_loans, sum(criterion.excluded_loans for criterion in pool.criteria)),
            Column("Excluded balance", "money", excluded, sum(criterion.excluded_balance for criterion in pool.criteria)),
            Column("Failing loans", "integer", [None, *(criterion.failing_loans for criterion in pool.criteria)]),
            Column("Failing balance", "money", [None, *(criterion.failing_balance for criterion in pool.criteria)]),
            Column("Loans left", "integer", left_loans, pool.eligible.loans),
            Column("Balance left", "money", left, pool.eligible.balance),
        ]
    )


def write_bad_rows(sheet: Sheet, pool: PoolReport) -> None:
    """How many, what they come to, and the first of them; files by name alone."""
    shown: tuple[BadRow, ...] = pool.bad_rows
    more = "" if len(shown) == pool.bad_row_count else f"; the first {len(shown)} are listed"
    sheet.note(f"{pool.bad_row_count:,} excluded, with a balance of {pool.bad_row_balance:,.2f} where it could be read{more}.")
    sheet.table(
        [
            Column("Reason", "wrap", [row.reason for row in shown]),
            Column("Row", "integer", [row.row for row in shown]),
            Column("Balance", "money", [row.balance for row in shown]),
            Column("Column", "text", [row.column for row in shown]),
            Column("Value", "text", [row.value[:40] for row in shown]),
            Column("File", "text", [PurePath(row.file).name for row in shown]),
        ]
    )
