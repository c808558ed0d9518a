"""A tape in parts: read whole, on a cluster, and from strips of which one part changed; whole processes, with their memory.

    python benches/parts.py --loans 10000000 --parts 10
    python benches/parts.py --loans 100000000 --parts 10 --runs 1 --only project

The loans are synthetic, in a folder that is gone afterwards. The cluster is two workers on this machine, of one thread each,
which stand before the run and have run before. Times of processors include those of the workers.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import python, shown
from of_tape import DEAL, MAIN, Watched, watched_of, whole_process
from results import Topic, machine

from abs_waterfall.files.tape_parts import BLOCK
from abs_waterfall.threads import processors

PROJECT, CLUSTER = "abs-model project", "the same, --cluster of two workers"
KEEP, SAME, CHANGED = "abs-model strips write", "strips add, nothing changed", "strips add, one part changed"


@dataclass
class Bench:
    """A folder with a tape in parts, and a cluster where one is asked for."""

    folder: Path
    loans: int
    parts: int
    client: Any

    def write(self) -> None:
        """The tape, a short one beside it, and a deal of each."""
        for name, loans, parts in (("tape", self.loans, self.parts), ("short", 300_000, 1)):
            synth = ["synth", name, "--loans", str(loans), "--parts", str(parts), "--quiet"]
            subprocess.run(python(MAIN.format(arguments=synth)), cwd=self.folder, check=False)
            (self.folder / f"{name}.toml").write_text(DEAL.replace("loans.parquet", name), encoding="utf-8")
        synth = ["synth", "other.parquet", "--loans", str(self.loans // self.parts), "--seed", "8", "--quiet"]
        subprocess.run(python(MAIN.format(arguments=synth)), cwd=self.folder, check=False)

    def run(self, *arguments: str) -> tuple[float, float, float]:
        """One process."""
        return whole_process(MAIN.format(arguments=[*arguments, "--quiet"]), self.folder)

    def on_cluster(self, deal: str = "tape.toml") -> tuple[float, float, float]:
        """One run whose tape the workers read."""
        before = self.worker_seconds()
        wall, used, peak = self.run("project", deal, "--json", "flows.json", "--cluster", self.client.scheduler.address)
        return wall, used + self.worker_seconds() - before, peak

    def worker_seconds(self) -> float:
        """Of processors, so far."""
        return sum(self.client.run(time.process_time).values())

    def kept(self) -> tuple[float, float, float]:
        """Strips written anew."""
        shutil.rmtree(self.folder / "kept", ignore_errors=True)
        return self.run("strips", "write", "tape.toml", "kept")

    def changed(self) -> tuple[float, float, float]:
        """One part exchanged for another, and back for the next round."""
        part, other = min((self.folder / "tape").iterdir()), self.folder / "other.parquet"
        part.rename(self.folder / "aside.parquet")
        shutil.copy(other, part)
        try:
            return self.added()
        finally:
            (self.folder / "aside.parquet").replace(part)
            self.added()

    def added(self) -> tuple[float, float, float]:
        """The kept strips, added."""
        return self.run("strips", "add", "tape.toml", "kept", "--json", "flows.json")

    def kinds(self) -> dict[str, Callable[[], tuple[float, float, float]]]:
        """What is measured."""
        read = {PROJECT: lambda: self.run("project", "tape.toml", "--json", "flows.json")}
        return (
            read
            | ({CLUSTER: self.on_cluster} if self.client else {})
            | {KEEP: self.kept, SAME: self.added, CHANGED: self.changed}
        )

    def pays_from(self, found: dict[str, Watched]) -> str:
        """From how many loans workers are done sooner than this machine, by the seconds of processors that each takes."""
        short = {True: min(self.on_cluster("short.toml")[1] for _ in range(3))}
        short[False] = min(self.run("project", "short.toml", "--json", "flows.json")[1] for _ in range(3))
        here, there = (
            (found[what].timing.processor - short[far]) / self.loans for what, far in ((PROJECT, False), (CLUSTER, True))
        )
        more = short[True] - short[False]
        blocks = {cores: least_blocks(more, here * BLOCK / processors(), there * BLOCK, cores) for cores in (4, 8, 16)}
        told = ", ".join(f"{count * BLOCK / 1e6:,.0f} million on {cores} cores" for cores, count in blocks.items())
        return (
            f"A run on a standing cluster takes {more:.2f} s more however short the tape is, then {there * 1e6:.2f} s of a "
            f"processor a million loans, against {here * 1e6:.2f} here, on {processors()} cores. By these, in whole blocks, "
            f"it pays from {told}."
        )


def least_blocks(more: float, here: float, there: float, cores: int) -> int:
    """The blocks from which on workers are always done sooner, that take so long for each, on so many cores."""
    return 1 + max((n for n in range(1, 1000) if more + -(-n // cores) * there >= here * n), default=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loans", type=int, default=10_000_000)
    parser.add_argument("--parts", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["project"], help="leave out the cluster and the strips")
    options = parser.parse_args()
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), options.loans, options.parts, None)
        bench.write()
        if options.only:
            print(table(bench, options.runs, only=options.only)[0].text(), machine(), sep="\n")
            return
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster,
            cluster.get_client() as client,
        ):
            bench.client = client
            bench.on_cluster()
            topic, found = table(bench, options.runs)
            print(topic.text(), bench.pays_from(found), "", machine(), sep="\n")


def table(bench: Bench, runs: int, only: str | None = None) -> tuple[Topic, dict[str, Watched]]:
    """Every kind in turn, so that what the machine does besides falls on all."""
    kinds = {what: run for what, run in bench.kinds().items() if only is None or what == PROJECT}
    rounds = [{what: run() for what, run in kinds.items()} for _ in range(runs)]
    found = {what: watched_of([each[what] for each in rounds]) for what in kinds}
    note = f"{bench.loans:,} synthetic loans in {bench.parts} parts."
    topic = Topic("A tape in parts", ["what", "time", "processor time", "peak memory"], note)
    for what, run in found.items():
        topic.rows.append([what, str(run.timing), shown(run.timing.processor), f"{run.peak:,.0f} MB"])
    return topic, found


if __name__ == "__main__":
    main()
