"""A small deal and a Result filled by a plain loop, consistent to the cent, so that reports can be tested alone.

Not a reference of the waterfall: only figures that add up. Scenarios: base, stress (twice the defaults, and one more named in
the call). Payment dates are monthly; each scenario stops at its own last date, after which arrays hold zeros.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.measures.tranche import TrancheMeasures
from abs_waterfall.pool.report import BadRow, Criterion, PoolReport, PoolTotals, Stratification, Stratum
from abs_waterfall.report.term_sheet.write import write_term_sheet
from abs_waterfall.result import Result
from abs_waterfall.timeline import month_dates, payment_dates
from abs_waterfall.waterfall.cashflows import (
    AccountFlows,
    Check,
    DealCashflows,
    FeeFlows,
    Funds,
    LedgerLine,
    TrancheFlows,
    TriggerFlows,
)

POOL = 10_000_000.0
STEPS: list[tuple[int, str, str, str, str]] = [
    (0, "draw", "reserve", "reserve", ""),
    (1, "pay", "servicing", "available", ""),
    (2, "interest", "A", "available", ""),
    (3, "interest", "B", "available", ""),
    (4, "fill", "reserve", "available", ""),
    (5, "principal", "A", "available", ""),
    (5, "principal", "B", "available", ""),
    (6, "principal", "SUB", "available", "notes.balance <= 0"),
    (7, "residual", "SUB", "available", ""),
]
CUMULATIVE_DEFAULTS = "pool.cumulative_default_rate > 0.05"
HIGH_LOSS = "average(pool.loss, 3) > 0.01 * pool.balance or period > 15"


def deal_table(name: str = "Synthetic 2024-1", scenario: str = "stress") -> dict[str, Any]:
    """The deal file as the tables it reads into."""
    return {
        "deal": {"name": name, "currency": "USD"},
        "dates": {
            "cutoff": dt.date(2024, 5, 31),
            "closing": dt.date(2024, 6, 14),
            "first_payment": dt.date(2024, 7, 15),
            "frequency": "monthly",
            "legal_final": dt.date(2027, 7, 15),
        },
        "pool": {"tape": "tape.parquet", "eligibility": ["remaining_term >= 3"]},
        "assumptions": {
            "prepayment": {"cpr": 0.1},
            "default": {"cdr": [0.01 + 0.001 * month for month in range(18)], "by": "age"},
            "recovery": {"rate": 0.1, "lag": 2},
            "segment": {"60/C": {"default": {"cdr": 0.09}}},
        },
        "scenario": {
            scenario: {"default_multiplier": 2.0, "recovery_multiplier": 0.5},
            "benign": {"default_multiplier": 0.5, "segment": {"60/C": {"recovery": {"rate": 0.3, "lag": 6}}}},
        },
        "define": {"oc_target": "max(0.06 * pool.balance, 0.005 * pool.initial_balance)"},
        "tranche": [
            {"name": "A", "balance": 8_000_000.0, "coupon": 0.045, "day_count": "30/360", "rating": "AAA"},
            {"name": "B", "share": 0.1, "round_to": 1000.0, "coupon": 0.065, "day_count": "30/360", "rating": "BBB"},
            {"name": "SUB", "balance": 600_000.0, "residual": True},
        ],
        "fee": [{"name": "servicing", "rate": 0.01, "base": "pool.opening_balance", "floor": 1000.0}],
        "account": [{"name": "reserve", "initial": 100_000.0, "target": "0.01 * pool.initial_balance"}],
        "trigger": [
            {"name": "cumulative_defaults", "when": CUMULATIVE_DEFAULTS, "mode": "accelerated"},
            {"name": "high_loss", "when": HIGH_LOSS, "test": "after", "cure_periods": 2},
        ],
        "call": {"when": "pool.factor <= 0.1"},
        "waterfall": {
            "amortising": [
                {"draw": ["reserve"]},
                {"pay": ["servicing"]},
                {"interest": ["A"]},
                {"interest": ["B"]},
                {"fill": ["reserve"]},
                {"principal": ["A", "B"], "amount": "notes.balance - (pool.balance - oc_target)", "name": "turbo"},
                {"principal": ["SUB"], "when": "notes.balance <= 0"},
                {"residual": "SUB"},
            ],
            "accelerated": [
                {"draw": ["reserve"]},
                {"pay": ["servicing"]},
                {"interest": ["A"], "support": ["reserve"]},
                {"principal": ["A"]},
                {"interest": ["B"]},
                {"principal": ["B"]},
                {"residual": "SUB"},
            ],
        },
    }


def make_deal(**named: str) -> Deal:
    """The deal, validated; it starts amortising."""
    table = deal_table(**named)
    table["deal"]["starts_in"] = "amortising"
    return Deal.model_validate(table)


def make_collateral(scenarios: int, months: int) -> CollateralCashflows:
    """A pool that amortizes straight down, with more defaults in the second scenario than in the others."""
    names = ("opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "loss", "closing_balance")
    flows = {name: np.zeros((scenarios, months)) for name in names}
    for s in range(scenarios):
        balance = POOL
        for t in range(months - 2):
            default = balance * 0.0015 * (1.0, 4.0, 0.5)[s]
            scheduled, prepaid = (balance - default) / (months - 2 - t), 0.0
            if t < months - 3:
                prepaid = (balance - default - scheduled) * 0.008
            flows["opening_balance"][s, t], flows["interest"][s, t] = balance, (balance - default) * 0.01
            flows["default"][s, t], flows["scheduled_principal"][s, t], flows["prepayment"][s, t] = default, scheduled, prepaid
            flows["recovery"][s, t + 2] += 0.1 * default
            balance = balance - default - scheduled - prepaid
            flows["closing_balance"][s, t] = balance if t < months - 3 else 0.0
    flows["loss"] = flows["default"] - flows["recovery"]
    zeros = np.zeros((scenarios, months))
    return CollateralCashflows(
        dates=month_dates(dt.date(2024, 5, 31), months),
        segment_names=("36/A", "60/C"),
        segment_initial=np.array([0.6, 0.4]) * POOL,
        segment_balance=np.stack([0.6 * flows["closing_balance"], 0.4 * flows["closing_balance"]], axis=1),
        segment_default=np.stack([0.6 * flows["default"], 0.4 * flows["default"]], axis=1),
        advanced_interest=zeros,
        advanced_principal=zeros,
        **flows,
    )


class Book:
    """Arrays of zeros by name, filled date by date."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        self.arrays: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        return self.arrays.setdefault(name, np.zeros(self.shape))


BALANCES = {"A": 8_000_000.0, "B": 1_000_000.0, "SUB": 600_000.0}
COUPONS = {"A": 0.045, "B": 0.065, "SUB": 0.0}


def wants(step: int, payee: str, balance: dict[str, float], due: dict[str, float], reserve: float, gap: float) -> float:
    """What a step would pay; `gap` is the cap of the principal step."""
    verb = STEPS[step][1]
    if verb == "draw":
        return reserve
    if verb == "fill":
        return 100_000.0
    if verb == "principal":
        return min(balance[payee], gap) if payee != "SUB" else (balance[payee] if balance["A"] + balance["B"] <= 1e-9 else 0.0)
    return float("inf") if verb == "residual" else due[payee]


def run_scenario(book: Book, s: int, pool: CollateralCashflows) -> None:
    """One scenario through all dates: the steps in order, everything recorded."""
    balance, reserve = dict(BALANCES), 100_000.0
    for p in range(book.shape[1]):
        interest = pool.interest[s, p]
        principal = pool.scheduled_principal[s, p] + pool.prepayment[s, p] + pool.recovery[s, p]
        book["funds.interest"][s, p], book["funds.principal"][s, p] = interest, principal
        cash = interest + principal
        due = {"servicing": pool.opening_balance[s, p] * 0.01 / 12} | {c: balance[c] * COUPONS[c] / 12 for c in balance}
        for name, opening in balance.items():
            book[f"{name}.opening_balance"][s, p] = opening
            book[f"{name}.interest_accrued"][s, p] = book[f"{name}.interest_due"][s, p] = due[name]
        book["reserve.opening_balance"][s, p] = reserve
        gap = max(0.0, balance["A"] + balance["B"] - max(0.0, pool.closing_balance[s, p] - 0.05 * POOL))
        for n, (_, verb, payee, _, _) in enumerate(STEPS):
            want = wants(n, payee, balance, due, reserve, gap)
            paid = want if verb == "draw" else min(want, cash)
            if verb == "draw":
                cash, reserve = cash + paid, 0.0
                book["reserve.out"][s, p] = paid
            else:
                cash -= paid
            if verb == "fill":
                reserve = paid
                book["reserve.into"][s, p] = paid
            if verb == "principal":
                gap -= paid if payee != "SUB" else 0.0
                balance[payee] -= paid
            if verb not in {"draw", "fill"}:
                book[f"{payee}.{verb}"][s, p] += paid
            book[f"ledger.{n}.due"][s, p] = paid if verb == "residual" else want
            book[f"ledger.{n}.paid"][s, p], book[f"ledger.{n}.left"][s, p] = paid, cash
        for name, closing in balance.items():
            book[f"{name}.closing_balance"][s, p] = closing
        book["servicing.due"][s, p] = due["servicing"]
        book["reserve.closing_balance"][s, p] = reserve


def make_trigger(when: str, measure: Floats | None, threshold: Floats | None, breached: Any, tested: Any) -> TriggerFlows:
    """A trigger that never cures."""
    active = np.logical_or.accumulate(breached, axis=1)
    return TriggerFlows(breached, active, tested, when, measure, threshold, above="<" not in when)


def make_flows(deal: Deal, pool: CollateralCashflows, checks: tuple[Check, ...], last: int) -> DealCashflows:
    """The deal run to date index `last` in the first scenario and one more in the others."""
    scenarios, months = pool.interest.shape
    book = Book((scenarios, months))
    for s in range(scenarios):
        run_scenario(book, s, pool)
    last_period = np.array([last] + [months - 1] * (scenarios - 1))
    runs = np.arange(months) <= last_period[:, np.newaxis]
    for name in book.arrays:
        book.arrays[name] = np.where(runs, book.arrays[name], 0.0)
    zeros = np.zeros((scenarios, months))
    rate = np.where(runs, np.cumsum(pool.default, axis=1) / POOL, np.nan)
    dates = payment_dates(dt.date(2024, 7, 15), 1, dt.date(2027, 7, 15))[:months]
    lines = [
        LedgerLine(
            "amortising",
            step,
            verb,
            payee,
            source,
            "",
            condition,
            *(book[f"ledger.{n}.{k}"] for k in ("due", "paid", "left")),
            runs,
        )
        for n, (step, verb, payee, source, condition) in enumerate(STEPS)
    ]
    never = np.zeros_like(runs)
    return DealCashflows(
        scenarios=deal.scenario_names,
        dates=dates,
        nominal_dates=dates,
        collection_ends=pool.dates,
        last_period=last_period,
        call_period=np.array([last] + [-1] * (scenarios - 1)),
        pool_balance=np.where(runs, pool.closing_balance, 0.0),
        pool_factor=np.where(runs, pool.closing_balance / POOL, 0.0),
        cumulative_default_rate=np.where(runs, np.nan_to_num(rate), 0.0),
        cumulative_loss_rate=np.where(runs, np.cumsum(pool.loss, axis=1) / POOL, 0.0),
        excess_spread=np.where(runs, 0.03, 0.0),
        funds=Funds(
            interest=book["funds.interest"],
            principal=book["funds.principal"],
            call_amount=zeros,
            added_interest=zeros,
            added_principal=zeros,
            spent_interest=book["funds.interest"],
            spent_principal=book["funds.principal"],
            opening_interest=zeros,
            opening_principal=zeros,
            unspent_interest=zeros,
            unspent_principal=zeros,
        ),
        tranches={
            name: TrancheFlows(
                **{
                    key: book[f"{name}.{key}"]
                    for key in (
                        "opening_balance",
                        "interest_accrued",
                        "interest_due",
                        "interest",
                        "principal",
                        "residual",
                        "closing_balance",
                    )
                },
                interest_shortfall=book[f"{name}.interest_due"] - book[f"{name}.interest"],
                interest_on_shortfall=zeros,
                accreted=zeros,
                write_down=zeros,
                write_up=zeros,
                coupon=zeros,
                interest_base=book[f"{name}.opening_balance"],
                lines={},
            )
            for name in BALANCES
        },
        accounts={
            "reserve": AccountFlows(
                earned=zeros, **{key: book[f"reserve.{key}"] for key in ("opening_balance", "into", "out", "closing_balance")}
            )
        },
        fees={"servicing": FeeFlows(book["servicing.due"], book["servicing.pay"], book["servicing.due"] - book["servicing.pay"])},
        triggers={
            "cumulative_defaults": make_trigger(
                CUMULATIVE_DEFAULTS, rate, np.where(runs, 0.05, np.nan), np.nan_to_num(rate) > 0.05, runs
            ),
            "high_loss": make_trigger(HIGH_LOSS, None, None, never, runs & (np.arange(months) >= 2)),
        },
        schedules={},
        modes=("amortising", "accelerated"),
        mode=np.where(np.nan_to_num(rate) > 0.05, 1, 0),
        ledger=tuple(lines),
        undistributed=np.zeros(scenarios),
        lost_recoveries=np.zeros(scenarios),
        checks=checks,
    )


def make_measures(flows: DealCashflows, name: str) -> TrancheMeasures:
    """Measures with the right shape: the average life on months, and plausible figures for the rest."""
    principal = flows.tranches[name].principal
    years = (np.arange(principal.shape[1]) + 1) / 12
    paid = principal > 0
    wal = (principal * years).sum(axis=1) / np.where(principal.sum(axis=1) > 0, principal.sum(axis=1), np.nan)
    last = principal.shape[1] - 1 - paid[:, ::-1].argmax(axis=1)
    full = np.full(len(wal), 1.0)
    return TrancheMeasures(
        wal=wal,
        wal_to_call=0.98 * wal,
        yield_nominal=COUPONS[name] * full if COUPONS[name] else np.nan * full,
        yield_bey=(COUPONS[name] + 0.0005) * full,
        yield_effective=(COUPONS[name] + 0.001) * full,
        price=100 * full,
        macaulay_duration=0.97 * wal,
        modified_duration=0.95 * wal,
        convexity=wal**2,
        first_principal=np.where(paid.any(axis=1), paid.argmax(axis=1), -1),
        last_principal=np.where(paid.any(axis=1), last, -1),
        principal_loss=np.maximum(BALANCES[name] - principal.sum(axis=1), 0.0),
    )


def make_pool_report() -> PoolReport:
    """Totals, two criteria, one bad row and two stratifications that tie."""
    totals = PoolTotals(1200, POOL, 0.12, 23.4, 6.1)
    terms = (Stratum("36 months", 800, 6e6, 0.6, 0.11, 20.0), Stratum("60 months", 400, 4e6, 0.4, 0.135, 28.5))
    grades = (Stratum("A", 500, 5e6, 0.5, 0.10, 22.0), Stratum("B", 700, 5e6, 0.5, 0.14, 24.8))
    return PoolReport(
        source="tape.parquet",
        read=PoolTotals(1250, POOL + 250_000, 0.121, 23.0, 6.3),
        eligible=totals,
        criteria=(
            Criterion("remaining_term >= 3", 45, 225_000.0, 45, 225_000.0),
            Criterion("annual_rate <= 0.24", 5, 25_000.0, 9, 40_000.0),
        ),
        bad_rows=(BadRow("/home/someone/tape.csv", 17, "balance", "=cmd", "is not a number", 0.0),),
        bad_row_count=3,
        bad_row_balance=12_000.0,
        stratifications=(Stratification("Remaining term", "remaining_term", terms), Stratification("Grade", "grade", grades)),
        segments=(Stratum("36/A", 800, 6e6, 0.6, 0.11, 20.0), Stratum("60/C", 400, 4e6, 0.4, 0.135, 28.5)),
    )


HELD = (
    Check("cash in equals cash out", 2.3e-9, ok=True),
    Check("balances roll", 0.0, ok=True),
    Check("nothing undistributed", 0.0, ok=True),
)


def make_result(*, checks: tuple[Check, ...] = HELD, warnings: tuple[str, ...] = (), **named: str) -> Result:
    """The synthetic deal's result."""
    deal = make_deal(**named)
    pool = make_collateral(3, 26)
    flows = make_flows(deal, pool, checks, last=22)
    return Result(
        deal=deal,
        pool=make_pool_report(),
        collateral=pool,
        flows=flows,
        to_maturity=flows,
        to_call=flows,
        measures={name: make_measures(flows, name) for name in BALANCES},
        original_balances=dict(BALANCES),
        warnings=warnings,
    )


def term_sheet_bytes(result: Result, scenarios: tuple[str, ...] | None = None) -> bytes:
    """The workbook of a result, in memory."""
    file = io.BytesIO()
    write_term_sheet(result, file, scenarios)
    return file.getvalue()
