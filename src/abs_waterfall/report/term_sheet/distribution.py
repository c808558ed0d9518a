"""The sheet Distribution: what many scenarios come to, a row a figure. Rates are fractions, amounts in currency units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abs_waterfall.measures.distribution import PERCENTILES
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.formats import Cell, Kind

if TYPE_CHECKING:
    from abs_waterfall.simulation import Simulation

KINDS: dict[str, Kind] = {"wal": "years", "wal_to_call": "years", "principal_loss": "whole"}


def write_distribution(book: Book, simulation: Simulation | None) -> None:
    """A table for each kind of figure; no sheet where nothing was simulated."""
    if simulation is None:
        return
    note = f"Over {len(simulation.names):,} scenarios; of yields the worst is the lowest, else the highest."
    sheet = book.sheet("Distribution", "Distribution over scenarios", note)
    found = simulation.distributions
    for kind in ("percent", "years", "whole"):
        names = [name for name in found if KINDS.get(name.rpartition(".")[2], "percent") == kind]
        rows = [(found[name].mean, *found[name].percentiles, found[name].worst) for name in names]
        titles = ("Mean", *(f"{p} %" for p in PERCENTILES), "Worst")
        figures = [Column(title, kind, [cell(row[i]) for row in rows]) for i, title in enumerate(titles)]
        count = Column("Scenarios", "integer", [found[name].count for name in names])
        sheet.table([Column("Figure", "text", [name.replace("_", " ") for name in names]), *figures, count])


def cell(value: float) -> Cell:
    """A figure, or nothing where none exists."""
    return value if np.isfinite(value) else None
