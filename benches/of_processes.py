"""Whole processes, start-up included: the command line beside the imports it cannot do without."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from measure import abs_model, process, processes, python, shown
from results import Topic

DEALS = Path(__file__).parents[1] / "deals"
SMALL = DEALS / "jiebei-static" / "deal.toml"
MIDDLING = DEALS / "lendingclub-2010-12" / "deal.toml"  # 14,209 loans
LARGE = DEALS / "jiebei-revolving" / "deal.toml"  # a million


def topics(runs: int) -> list[Topic]:
    """A small deal and the help, warm; then first runs, which compile what kernels they need."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = str(Path(folder) / "sheet.xlsx")
        timings = processes(
            {
                "abs-model --help": abs_model("--help"),
                "import typer": python("import typer"),
                "abs-model on a small deal, workbook": abs_model(str(SMALL), "-o", sheet),
                "abs-model on a small deal, JSON alone": abs_model(str(SMALL), "--json", str(Path(folder) / "r.json")),
                "import numba": python("import numba"),
            },
            runs,
        )
        cold = {f"the first run on a machine, {deal.parent.name}": first_run(deal, sheet, folder) for deal in (MIDDLING, LARGE)}
    over = {"abs-model --help": "import typer"} | dict.fromkeys(
        ("abs-model on a small deal, workbook", "abs-model on a small deal, JSON alone"), "import numba"
    )
    topic = Topic("Whole processes", ["what", "time", "over", "ratio"], f"The deal is {SMALL.parent.name}.")
    for name, timing in timings.items():
        other = over.get(name)
        ratio = f"{timing.median / timings[other].median:.2f}" if other else ""
        topic.rows.append([name, str(timing), other or "", ratio])
    topic.rows += [[what, shown(seconds), "", ""] for what, seconds in cold.items()]
    return [topic]


def first_run(deal: Path, sheet: str, folder: str) -> float:
    """Seconds of a run that finds no compiled code."""
    kept = os.environ.get("NUMBA_CACHE_DIR")
    os.environ["NUMBA_CACHE_DIR"] = str(Path(folder) / "cache")
    try:
        return process(abs_model(str(deal), "-o", sheet))
    finally:
        if kept is None:
            del os.environ["NUMBA_CACHE_DIR"]
        else:
            os.environ["NUMBA_CACHE_DIR"] = kept
