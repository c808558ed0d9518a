"""What many scenarios come to, as the terminal shows it."""

from __future__ import annotations

import numpy as np
from rich.console import Console

from abs_waterfall.measures.distribution import PERCENTILES, Distribution
from abs_waterfall.report.terminal import Shown, figures_table
from abs_waterfall.simulation import Simulation

AMOUNTS = ("principal_loss",)
SHARES = ("rate", "yield", "yield_bey")
CALLED = {
    "default_rate": "defaults", "loss_rate": "net loss", "wal": "WAL", "yield_bey": "yield", "principal_loss": "loss",
}  # fmt: skip
SPARE = {25: 2, 75: 2, 1: 1, 99: 1}  # percentiles that a narrow terminal does without, those of 2 first


def print_distribution(console: Console, simulation: Simulation) -> None:
    """The distributions as a table: what some scenario has, of the pool and of each class."""
    found = {
        name: each
        for name, each in simulation.distributions.items()
        if figure_of(name) in CALLED and np.isfinite([each.mean, *each.percentiles]).any()
    }
    columns = [
        Shown("", [called(name) for name in found], left=True),
        Shown("Mean", [shown(name, each.mean) for name, each in found.items()]),
        *(percentile_column(at, found) for at in range(len(PERCENTILES))),
        Shown("Worst", [shown(name, each.worst) for name, each in found.items()]),
    ]
    title = f"Along {len(simulation.names):,} scenarios: mean, percentiles and worst"
    console.print(figures_table(title, columns, console.width, [None] * len(found)))
    failed = [check.name for check in simulation.checks if not check.ok]
    console.print(
        f"Checks: {'; '.join(failed)} failed" if failed else f"Checks: all {len(simulation.checks)} held in each", highlight=False
    )


def percentile_column(at: int, found: dict[str, Distribution]) -> Shown:
    """One percentile of every figure."""
    share = PERCENTILES[at]
    cells = [shown(name, each.percentiles[at]) for name, each in found.items()]
    return Shown(f"{share} %", cells, spare=SPARE.get(share, 0))


def figure_of(name: str) -> str:
    """Which figure it is, of whichever class."""
    return name.rpartition(".")[2]


def called(name: str) -> str:
    """A figure by its class and a short name: "A yield"."""
    tranche = name.rpartition(".")[0]
    return f"{tranche} {CALLED[figure_of(name)]}".strip() if tranche else f"pool {CALLED[name]}"


def shown(name: str, value: float) -> str:
    """A figure as the table shows it."""
    if not np.isfinite(value):
        return ""
    figure = figure_of(name)
    if figure in AMOUNTS:
        return f"{value:,.0f}"
    return f"{value:.2%}" if figure.endswith("rate") or figure in SHARES else f"{value:.2f}"
