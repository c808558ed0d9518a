"""A long tape to flows, beside reading it: whole processes, and inside one.

    python benches/tape.py --loans 10000000

The tape is synthetic, written to a folder that is gone afterwards. Each kind of run alternates with the others; medians and
ranges of wall-clock time, medians of processor time, and the peak memory of whole processes.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
COLUMNS = ["balance", "daily_rate", "remaining_term", "age", "amortization", "original_balance", "score", "score_band"]
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
    pool, _ = read_deal_pool(deal)
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
WHOLE = {
    "reads the same columns": READ + "read()",
    "abs-model project": "from abs_waterfall.cli import main\nmain(['project', 'deal.toml', '--quiet', '--json', 'flows.json'])",
}


def whole_process(code: str, folder: Path) -> tuple[float, float, float]:
    """Seconds by the clock and of the processors, and megabytes at the peak."""
    watcher = "import os, sys, resource, subprocess, time\nstart = time.perf_counter()\n"
    watcher += "subprocess.run([sys.executable, '-c', sys.argv[1]])\nused = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    watcher += "print(time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    done = subprocess.run([sys.executable, "-c", watcher, code], cwd=folder, capture_output=True, text=True, check=True)
    wall, processor, peak = (float(figure) for figure in done.stdout.split()[-3:])
    return wall, processor, peak


def told(what: str, seconds: list[tuple[float, ...]]) -> None:
    wall, processor = ([run[at] for run in seconds] for at in (0, 1))
    peak = f", {max(run[2] for run in seconds):,.0f} MB" if len(seconds[0]) > 2 else ""
    spread = f"{min(wall):.2f}-{max(wall):.2f}"
    print(f"{what:32}{statistics.median(wall):7.2f} s ({spread}), processors {statistics.median(processor):6.2f} s{peak}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loans", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "deal.toml").write_text(DEAL, encoding="utf-8")
        synth = f"from abs_waterfall.cli import main\nmain(['synth', 'loans.parquet', '--loans', '{options.loans}', '--quiet'])"
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", synth], cwd=folder, check=False)
        print(f"{options.loans:,} loans written in {time.perf_counter() - start:.1f} s")
        whole: dict[str, list[tuple[float, ...]]] = {what: [] for what in WHOLE}
        for _ in range(options.runs):
            for what, code in WHOLE.items():
                whole[what].append(whole_process(code, folder))
        for what, seconds in whole.items():
            told(f"a process {what}" if what != "abs-model project" else what, seconds)
        code = INSIDE.format(runs=options.runs)
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
        inside = [tuple(map(float, line.split())) for line in done.stdout.splitlines()]
        told("inside one process: the read", [run[:2] for run in inside])
        told("inside one process: tape to flows", [run[2:] for run in inside])
        floor, ours = (statistics.median(run[0] for run in seconds) for seconds in whole.values())
        read, flows = (statistics.median(run[at] for run in inside) for at in (0, 2))
        print(f"whole process {ours / floor:.2f} times the read, inside one {flows / read:.2f} times")


if __name__ == "__main__":
    main()
