"""What many scenarios come to, as the terminal shows it."""

from __future__ import annotations

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from abs_waterfall.measures.distribution import PERCENTILES
from abs_waterfall.simulation import Simulation

AMOUNTS = ("principal_loss",)
SHARES = ("rate", "yield", "yield_bey")


def print_distribution(console: Console, simulation: Simulation) -> None:
    """The distributions as a table."""
    table = Table(
        title=f"Along {len(simulation.names):,} scenarios", title_justify="left", box=box.SIMPLE_HEAD, title_style="bold"
    )
    for heading in ("", "Mean", *(f"{p} %" for p in PERCENTILES), "Worst"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, found in simulation.distributions.items():
        if not name.endswith(("yield", "to_call")):
            values = (found.mean, *found.percentiles, found.worst)
            table.add_row(name.replace("_", " "), *(shown(name, value) for value in values))
    console.print(table)
    failed = [check.name for check in simulation.checks if not check.ok]
    console.print(
        f"Checks: {'; '.join(failed)} failed" if failed else f"Checks: all {len(simulation.checks)} held in each", highlight=False
    )


def shown(name: str, value: float) -> str:
    """A figure as the table shows it."""
    if not np.isfinite(value):
        return ""
    figure = name.rpartition(".")[2]
    if figure in AMOUNTS:
        return f"{value:,.0f}"
    return f"{value:.2%}" if figure.endswith("rate") or figure in SHARES else f"{value:.2f}"
