"""Results as CSV files in long form, one row a scenario, thing and date; amounts in currency units, dates ISO.

The same figures and words as the JSON results. A figure that does not exist is an empty cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from abs_waterfall.collateral.cashflows import SELDOM
from abs_waterfall.report.as_json import (
    ACCOUNT,
    BESIDE,
    COLLATERAL,
    FACILITY,
    FEE,
    HEDGE,
    LEDGER,
    LIMIT,
    LINE,
    NOTES,
    PURCHASES,
    SCHEDULE,
    SUMMARY,
    TRANCHE,
    Entry,
    results,
)
from abs_waterfall.report.funds import FUND
from abs_waterfall.result import Result

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SUMMARY_COLUMNS = (*SUMMARY, "first_principal", "last_principal", "principal_loss", *BESIDE)


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe before it.

    >>> safe("=1+1"), safe("A-1"), safe(-2.5)
    ("'=1+1", 'A-1', -2.5)
    """
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(STARTS_A_FORMULA) else cell
    return str(cell).lower() if isinstance(cell, bool) else cell


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file: UTF-8, floats in full."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return file.getvalue().encode()


def by_date(entry: Entry, columns: Sequence[str], *labels: str) -> Iterator[tuple[Any, ...]]:
    """Rows of one thing's columns, labels first."""
    for row in zip(entry["date"], *(entry[column] for column in columns), strict=True):
        yield (*labels, *row)


def of_each(scenarios: Entry, kind: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of all things of a kind, scenario by scenario."""
    for scenario, entry in scenarios.items():
        for name, thing in entry[kind].items():
            yield from by_date(thing, columns, scenario, name)


def collateral_csv(entries: Mapping[str, Entry]) -> bytes:
    """The pool's flows by month, scenario by scenario; what few pools have comes last."""
    columns = (*COLLATERAL, *(key for key in ("purchased", "drawn", *SELDOM) if all(key in entry for entry in entries.values())))
    rows = chain.from_iterable(by_date(entry, columns, name) for name, entry in entries.items())
    return csv_bytes(("scenario", "date", *columns), rows)


def csv_files(result: Result, scenarios: Sequence[str] | None = None) -> dict[str, bytes]:
    """The files of the CSV results, by name."""
    everything = results(result, scenarios)
    found: Entry = everything["scenarios"]
    trigger, tranche = ("value", "active", "threshold", "headroom", "breached"), (*TRANCHE, "credit_support")
    notes = chain.from_iterable(by_date(entry["notes"], NOTES, name) for name, entry in found.items())
    months = {name: entry["collateral"] for name, entry in found.items()}
    summary = (
        (scenario, name, *(measured["summary"][column] for column in SUMMARY_COLUMNS))
        for scenario, entry in found.items()
        for name, measured in (entry["tranches"] | entry["exchanges"]).items()
    )
    checks = ((scenario, *check.values()) for scenario, entry in found.items() for check in entry["checks"])
    modes = chain.from_iterable(by_date(entry["modes"], ("mode",), name) for name, entry in found.items())
    bought = (
        (row for name, entry in found.items() for row in by_date(entry["purchases"], tuple(PURCHASES), name))
        if (result.flows.purchases)
        else ()
    )
    purchases = {"purchases.csv": csv_bytes(("scenario", "date", *PURCHASES), bought)} if result.flows.purchases else {}
    return purchases | {
        "collateral.csv": collateral_csv(months),
        "tranches.csv": csv_bytes(("scenario", "tranche", "date", *tranche), of_each(found, "tranches", tranche)),
        "exchanges.csv": csv_bytes(("scenario", "exchange", "date", *TRANCHE), of_each(found, "exchanges", TRANCHE)),
        "notes.csv": csv_bytes(("scenario", "date", *NOTES), notes),
        "accounts.csv": csv_bytes(("scenario", "account", "date", *ACCOUNT), of_each(found, "accounts", tuple(ACCOUNT))),
        "funds.csv": csv_bytes(("scenario", "fund", "date", *FUND), of_each(found, "funds", FUND)),
        "fees.csv": csv_bytes(("scenario", "fee", "date", *FEE), of_each(found, "fees", FEE)),
        "triggers.csv": csv_bytes(("scenario", "trigger", "date", *trigger), of_each(found, "triggers", trigger)),
        "schedules.csv": csv_bytes(("scenario", "schedule", "date", *SCHEDULE), of_each(found, "schedules", SCHEDULE)),
        "summary.csv": csv_bytes(("scenario", "tranche", *SUMMARY_COLUMNS), summary),
        "checks.csv": csv_bytes(("scenario", "name", "worst", "ok"), checks),
        "dates.csv": csv_bytes(tuple(everything["dates"]), zip(*everything["dates"].values(), strict=True)),
        "modes.csv": csv_bytes(("scenario", "date", "mode"), modes),
        **seldom_files(found),
    }


def seldom_files(found: Entry) -> dict[str, bytes]:
    """Files of what few deals have, where this one has any."""
    lines = [row for name, entry in found.items() for row in line_rows(entry["tranches"], name)]
    interest = {"interest_lines.csv": csv_bytes(("scenario", "tranche", "line", "date", *LINE), lines)} if lines else {}
    kinds = {
        "limits": ("limit", LIMIT),
        "facilities": ("facility", FACILITY),
        "hedges": ("hedge", HEDGE),
        "ledgers": ("ledger", LEDGER),
    }
    return interest | {
        f"{kind}.csv": csv_bytes(("scenario", one, "date", *columns), of_each(found, kind, columns))
        for kind, (one, columns) in kinds.items()
        if any(entry.get(kind) for entry in found.values())
    }


def line_rows(tranches: Entry, scenario: str) -> Iterator[tuple[Any, ...]]:
    """Rows of the lines of classes whose interest is due on several."""
    for name, entry in tranches.items():
        for line, flows in entry.get("lines", {}).items():
            yield from by_date({"date": entry["date"], **flows}, LINE, scenario, name, line)
