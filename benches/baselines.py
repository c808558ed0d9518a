"""What ours is measured against: NumPy month by month, the practical limit in C, and numpy-financial loan by loan."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy_financial
from pools import CDR, CPR, LAG, MONTHS
from pools import RATE as RECOVERY_RATE
from scenarios import BALANCE, FEE, NOTES, RATE, RECOVERY, SEGMENTS, TERM
from scenarios import LAG as SCENARIO_LAG

from abs_waterfall.pool.loans import LoanPool

Flows = dict[str, np.ndarray]
CHUNK = 16_384  # loans whose month's arrays stay in the cache
NAMES = ("interest", "scheduled_principal", "prepayment", "default", "recovery")


def numpy_loop(pool: LoanPool) -> Flows:
    """Every loan through every month, in chunks that fit the cache."""
    flows = {name: np.zeros(MONTHS + LAG) for name in NAMES}
    for start in range(0, len(pool.balance), CHUNK):
        rows = slice(start, start + CHUNK)
        add_chunk(pool.balance[rows], pool.annual_rate[rows] / 12, pool.remaining_term[rows], flows)
    return flows


def add_chunk(balance: np.ndarray, rate: np.ndarray, term: np.ndarray, flows: Flows) -> None:
    """One chunk of level-pay loans, month by month."""
    smm, mdr = 1 - (1 - CPR) ** (1 / 12), 1 - (1 - CDR) ** (1 / 12)
    payment_share = rate / -np.expm1(-term * np.log1p(rate))  # of a balance of 1 today
    scheduled_balance = np.ones_like(balance)
    for month in range(int(term.max())):
        after = scheduled_balance * (1 + rate) - payment_share
        after[term <= month + 1] = 0.0
        paid_share = 1 - np.divide(after, scheduled_balance, out=np.zeros_like(after), where=scheduled_balance > 0)
        default = balance * mdr
        survivors = balance - default
        scheduled = survivors * paid_share
        prepayment = (survivors - scheduled) * smm
        flows["default"][month] += default.sum()
        flows["interest"][month] += (survivors * rate).sum()
        flows["scheduled_principal"][month] += scheduled.sum()
        flows["prepayment"][month] += prepayment.sum()
        flows["recovery"][month + LAG] += RECOVERY_RATE * default.sum()
        balance, scheduled_balance = survivors - scheduled - prepayment, after


class CLimit:
    """The strips of a pool sorted by segment, by the machine's own compiler."""

    def __init__(self) -> None:
        source, self.folder = Path(__file__).with_name("limit.c"), tempfile.TemporaryDirectory()
        library = Path(self.folder.name) / "limit.so"
        flags = ["-O3", "-march=native", "-fopenmp", "-ffast-math", "-shared", "-fPIC"]
        subprocess.run(["cc", *flags, str(source), "-o", str(library), "-lm"], check=True)
        self.strips = ctypes.CDLL(str(library)).strips

    def __call__(self, pool: LoanPool) -> tuple[np.ndarray, np.ndarray]:
        """Scheduled balance and interest by segment and month."""
        segments = len(pool.segment_names)
        first = np.searchsorted(pool.segment, np.arange(segments + 1)).astype(np.int64)
        left, interest = np.empty((segments, MONTHS)), np.empty((segments, MONTHS))
        arrays = [pool.balance, pool.annual_rate, pool.remaining_term, first]
        self.strips(*(pointer(array) for array in arrays), segments, MONTHS, pointer(left), pointer(interest))
        return left, interest


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Where an array's values are."""
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


def loan_by_loan(pool: LoanPool) -> float:
    """Scheduled interest of each loan by numpy-financial, added up: what a script over loans does."""
    total = 0.0
    for balance, rate, term in zip(pool.balance, pool.annual_rate / 12, pool.remaining_term, strict=True):
        total -= float(numpy_financial.ipmt(rate, np.arange(1, term + 1), term, balance).sum())
    return total


def scenarios_in_numpy(smm: np.ndarray, mdr: np.ndarray) -> dict[str, np.ndarray]:
    """Scenario x segment matrices month by month, then notes in order: the average life of each, in years, by scenario."""
    cash = pool_in_numpy(smm, mdr)
    initial = BALANCE * SEGMENTS
    owed = {name: np.full(len(smm), share * initial) for name, (share, _) in NOTES.items()}
    unpaid = {name: np.zeros(len(smm)) for name in NOTES}
    paid, weighted = ({name: np.zeros(len(smm)) for name in NOTES} for _ in range(2))
    for month, collected in enumerate(cash, start=1):
        there = collected
        for name, (_, coupon) in NOTES.items():
            unpaid[name] += owed[name] * coupon / 12
            interest = np.minimum(unpaid[name], there)
            unpaid[name] -= interest
            there = there - interest
        for name in NOTES:
            principal = np.minimum(owed[name], there)
            owed[name] -= principal
            there = there - principal
            paid[name] += principal
            weighted[name] += principal * month / 12
    return {name: weighted[name] / paid[name] for name in NOTES}


def pool_in_numpy(smm: np.ndarray, mdr: np.ndarray) -> np.ndarray:
    """Cash of the pool after the fee, by month and scenario."""
    count, months, segments = smm.shape
    balance, scheduled = np.full((count, segments), BALANCE), np.ones(segments)
    rate = RATE / 12
    payment = rate / -np.expm1(-TERM * np.log1p(rate))
    cash = np.zeros((months + SCENARIO_LAG, count))
    for month in range(months):
        after = np.where(month + 1 < TERM, scheduled * (1 + rate) - payment, 0.0)
        left = np.divide(after, scheduled, out=np.zeros(segments), where=scheduled > 0)
        default = balance * mdr[:, month]
        survivors = balance - default
        closing = survivors * left * (1 - smm[:, month])
        cash[month] += (survivors * rate).sum(axis=1) + (survivors - closing).sum(axis=1) - FEE / 12 * balance.sum(axis=1)
        cash[month + SCENARIO_LAG] += RECOVERY * default.sum(axis=1)
        balance, scheduled = closing, after
    return cash
