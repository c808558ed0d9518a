"""A long tape to flows beside reading it, and what memory that takes: whole processes, and inside one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from measure import Timing, python, shown
from results import Topic

DEAL = """
[deal]
name = "Bench"
currency = "CNY"
[dates]
cutoff = 2025-09-30
closing = 2025-10-20
first_payment = 2025-11-26
frequency = "monthly"
legal_final = 2027-11-26
[pool]
tape = "loans.parquet"
segment_by = ["score_band"]
interest_basis = "ACT/365F"
[assumptions]
default = { cdr = 0.03 }
prepayment = { cpr = 0.10 }
recovery = { rate = 0.2, lag = 6 }
[[tranche]]
name = "SUB"
share = 1.0
residual = true
[waterfall]
only = [{ principal = "SUB" }, { residual = "SUB" }]
"""
REVOLVING = (
    DEAL[: DEAL.index("[[tranche]]")].replace('currency = "CNY"', 'currency = "CNY"\nstarts_in = "revolving"')
    + """
[revolving]
months = 12
then = "amortising"
profile = "pool"
"""
    + "".join(
        f"""
[[tranche]]
name = "{name}"
share = {share}
coupon = {coupon}
day_count = "ACT/365F"
"""
        for name, share, coupon in (("A1", 0.40, 0.030), ("A2", 0.35, 0.033), ("B", 0.10, 0.045), ("C", 0.05, 0.06))
    )
    + """
[[tranche]]
name = "SUB"
share = 0.10
residual = true
[waterfall]
revolving = [{ interest = ["A1", "A2", "B", "C"] }, { purchase = "pool" }, { residual = "SUB" }]
amortising = [{ interest = ["A1", "A2", "B", "C"] }, { principal = ["A1", "A2", "B", "C"] }, { residual = "SUB" }]
"""
)
MANY = 10_000
PATHS = """
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
bands, months = ["under 640", "640-679", "680-719", "720-759", "760+"], 36
for count in (1, {many}):
    rng = np.random.default_rng(7)
    scenario, month, band = (axis.ravel() for axis in np.indices((count, months, len(bands))))
    smm, mdr = rng.uniform(0, 0.02, len(month)), rng.uniform(0, 0.006, len(month))
    columns = dict(scenario=scenario.astype(str), month=month + 1, segment=np.array(bands)[band], smm=smm, mdr=mdr)
    pq.write_table(pa.table(columns), f"{{count}}.parquet")
"""
COLUMNS = ["balance", "daily_rate", "remaining_term", "age", "amortization", "original_balance", "score_band"]
READ = f"""
import pyarrow.parquet as pq
def read():
    with pq.ParquetFile("loans.parquet") as file:
        return sum(batch.num_rows for batch in file.iter_batches(65_536, columns={COLUMNS}))
"""
FLOWS = """
from abs_waterfall.files.deals import load
from abs_waterfall.pipeline import project, read_deal_pool
deal = load("deal.toml")
def flows():
    pool, _ = read_deal_pool(deal, tables=False)
    return project(deal, pool)
"""
TIMED = """
import time
def timed(work):
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor
"""
INSIDE = READ + FLOWS + TIMED + "flows()\nfor _ in range({runs}):\n    print(*timed(read), *timed(flows))\n"
MAIN = "from abs_waterfall.cli import main\nmain({arguments})"
WATCHER = """
import os, sys, resource, subprocess, time
start = time.perf_counter()
subprocess.run([sys.executable, "-c", sys.argv[1]], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
PROJECT, RUN = "abs-model project", "abs-model, its tables and workbook too"
READING = "a process that imports pyarrow and reads the same columns"
WHOLE = {
    READING: READ + "read()",
    PROJECT: MAIN.format(arguments=["project", "deal.toml", "--quiet", "--json", "flows.json"]),
    RUN: MAIN.format(arguments=["deal.toml", "--quiet"]),
}
INSIDE_READ, INSIDE_FLOWS = "in one process: reading the same columns", "in one process: tape to flows"


@dataclass(frozen=True)
class Watched:
    """Runs of a whole process: seconds, and megabytes at the peak."""

    timing: Timing
    peak: float


def whole_process(code: str, folder: Path) -> tuple[float, float, float]:
    """Seconds by the clock and of the processors, and megabytes at the peak."""
    done = subprocess.run([*python(WATCHER), code], cwd=folder, capture_output=True, text=True, check=True)
    wall, processor, peak = (float(figure) for figure in done.stdout.split()[-3:])
    return wall, processor, peak


def along_paths(folder: Path, runs: int) -> Topic:
    """A revolving deal of five classes on the tape, along one path and along many."""
    (folder / "revolving.toml").write_text(REVOLVING, encoding="utf-8")
    subprocess.run(python(PATHS.format(many=MANY)), cwd=folder, check=True)
    run = {count: ["revolving.toml", "--quiet", "--scenarios", f"{count}.parquet", "--json", "r.json"] for count in (1, MANY)}
    rounds = [{count: whole_process(MAIN.format(arguments=run[count]), folder) for count in run} for _ in range(runs)]
    found = {count: watched_of([each[count] for each in rounds]) for count in run}
    columns = ["scenarios", "time", "processor time", "peak memory", "over one"]
    topic = Topic("A revolving deal of five classes on the long tape, along paths", columns, "Whole processes.")
    for count, each in found.items():
        ratio = each.timing.median / found[1].timing.median
        row = [f"{count:,}", str(each.timing), shown(each.timing.processor), f"{each.peak:,.0f} MB", f"{ratio:.2f}"]
        topic.rows.append(row)
    return topic


def watched(folder: Path, runs: int) -> dict[str, Watched]:
    """Every kind of process in turn, so that what the machine does besides falls on all."""
    rounds = [{what: whole_process(code, folder) for what, code in WHOLE.items()} for _ in range(runs)]
    return {what: watched_of([each[what] for each in rounds]) for what in WHOLE}


def watched_of(runs: list[tuple[float, float, float]]) -> Watched:
    wall, processors, peak = zip(*runs, strict=True)
    return Watched(Timing(wall, processors), max(peak))


def inside(folder: Path, runs: int) -> dict[str, Timing]:
    """The read and the flows in one process, in turn."""
    done = subprocess.run(python(INSIDE.format(runs=runs)), cwd=folder, capture_output=True, text=True, check=True)
    figures = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
    read_wall, read_used, wall, used = zip(*figures, strict=True)
    return {INSIDE_READ: Timing(read_wall, read_used), INSIDE_FLOWS: Timing(wall, used)}


def topics(loans: int, runs: int) -> list[Topic]:
    """The tape is synthetic, written to a folder that is gone afterwards."""
    note = f"A synthetic tape of {loans:,} loans, one Parquet file."
    topic = Topic("A long tape", ["what", "time", "processor time", "peak memory", "over the read"], note)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "deal.toml").write_text(DEAL, encoding="utf-8")
        synth = MAIN.format(arguments=["synth", "loans.parquet", "--loans", str(loans), "--quiet"])
        subprocess.run([sys.executable, "-c", synth], cwd=folder, check=False, stdout=subprocess.DEVNULL)
        whole, within = watched(folder, runs), inside(folder, runs)
        paths = along_paths(folder, runs)
    for what, run in whole.items():
        ratio = run.timing.median / whole[READING].timing.median
        topic.rows.append([what, str(run.timing), shown(run.timing.processor), f"{run.peak:,.0f} MB", f"{ratio:.2f}"])
    for what, timing in within.items():
        ratio = timing.median / within[INSIDE_READ].median
        topic.rows.append([what, str(timing), shown(timing.processor), "", f"{ratio:.2f}"])
    return [topic, paths]
