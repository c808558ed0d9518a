"""The results file: a table a topic, the machine they were measured on, and the growth with the pool as a plot."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent


@dataclass
class Topic:
    """A table: its heading, what it says first, and its rows."""

    heading: str
    columns: Sequence[str]
    note: str = ""
    rows: list[Sequence[str]] = field(default_factory=list)

    def text(self) -> str:
        """The table in Markdown."""
        lines = [f"## {self.heading}", "", *([self.note, ""] if self.note else [])]
        lines += [line(self.columns), line(["---"] * len(self.columns)), *(line(row) for row in self.rows)]
        return "\n".join(lines) + "\n"


def line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def machine() -> str:
    """What the figures were measured on."""
    names = [row.split(":")[1].strip() for row in Path("/proc/cpuinfo").read_text().splitlines() if row.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    processor = names[0] if names else platform.machine()
    return f"{os.cpu_count()} cores, {processor}, {memory:.0f} GiB, Python {platform.python_version()}"


def slope(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of the size that the time grows with, between the two largest."""
    return float(np.polyfit(np.log(sizes[-2:]), np.log(seconds[-2:]), 1)[0])


def plot(path: Path, curves: dict[str, tuple[Sequence[float], Sequence[float]]], size: str) -> None:
    """Time against size, both axes logarithmic, each curve with its slope."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, (sizes, seconds) in curves.items():
        axes.loglog(sizes, seconds, "o-", label=f"{name} (slope at the end {slope(sizes, seconds):.2f})")
    axes.set(xlabel=size, ylabel="seconds")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


def write(topics: Sequence[Topic]) -> None:
    """Write RESULTS.md."""
    head = ["# Results", "", "Written by `make bench`; medians (and ranges) of interleaved runs. Ratios are what to compare.", ""]
    text = "\n".join([*head, machine() + ".", "", *(topic.text() for topic in topics)])
    (FOLDER / "RESULTS.md").write_text(text, encoding="utf-8")
