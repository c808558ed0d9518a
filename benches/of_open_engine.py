"""The pool on which an open engine was measured: 10,000 level-pay loans, CDR 3 %, CPR 10 %, recovery 40 % after 6 months.

Hastructure, the engine behind AbsBox, took 6.7 to 8.1 s for it (0.6 to 0.8 ms a loan, 0.9 GB), measured by running it on two
cores of the same kind of machine. It is not run here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from measure import abs_model, processes, together
from pools import CUTOFF, level_pay
from results import Topic

from abs_waterfall.assumptions.model import Assumptions, Default, Prepayment, Recovery
from abs_waterfall.collateral.project import project_pool

LOANS = 10_000
THEIRS = 6.7  # seconds, the faster of their runs
ASSUMPTIONS = Assumptions(prepayment=Prepayment(cpr=0.10), default=Default(cdr=0.03), recovery=Recovery(rate=0.40, lag=6))
DEAL = """
[deal]
name = "open engine's pool"
currency = "USD"
[dates]
cutoff = 2020-01-31
closing = 2020-02-15
first_payment = 2020-03-15
frequency = "monthly"
legal_final = 2030-03-15
[pool]
tape = "tape.parquet"
[assumptions]
prepayment = { cpr = 0.10 }
default = { cdr = 0.03 }
recovery = { rate = 0.40, lag = 6 }
[[tranche]]
name = "A"
share = 0.9
coupon = 0.04
day_count = "30/360"
[[tranche]]
name = "SUB"
share = 0.1
residual = true
[waterfall]
only = [{ interest = "A" }, { principal = "A" }, { residual = "SUB" }]
"""


def topics(runs: int) -> list[Topic]:
    """Whole process with start-up, and in process."""
    pool = level_pay(LOANS)
    with tempfile.TemporaryDirectory() as folder:
        names = ("balance", "annual_rate", "remaining_term", "age")
        pa.parquet.write_table(pa.table({name: getattr(pool, name) for name in names}), Path(folder) / "tape.parquet")
        (Path(folder) / "deal.toml").write_text(DEAL, encoding="utf-8")
        command = abs_model("project", str(Path(folder) / "deal.toml"), "--quiet")
        whole = processes({"whole": command}, runs)["whole"]
    inside = together({"inside": lambda: project_pool(pool, ASSUMPTIONS, {}, CUTOFF, "30/360")}, runs)["inside"]
    topic = Topic("Beside an open engine's figure", ["what", "time", "theirs over ours"], __doc__.split("\n\n", 1)[1].strip())
    topic.rows.append([f"{LOANS:,} loans, whole process with start-up", str(whole), f"{THEIRS / whole.median:,.0f}"])
    topic.rows.append([f"{LOANS:,} loans, in process", str(inside), f"{THEIRS / inside.median:,.0f}"])
    return [topic]
