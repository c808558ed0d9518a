"""Results as JSON: amounts in currency units, rates fractions, dates ISO; a figure that does not exist is null.

Rows of a scenario after its last date are cut off. `results` is the same as plain Python, for the CSV files too.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.ways import Way
from abs_waterfall.measures.closing import Closing
from abs_waterfall.measures.tranche import TrancheMeasures
from abs_waterfall.report.chosen import chosen, dates_run, months_run
from abs_waterfall.report.funds import fund_columns
from abs_waterfall.report.schedule import schedule
from abs_waterfall.report.words import limit_terms
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import LimitFlows, LineFlows, TrancheFlows, TriggerFlows
from abs_waterfall.waterfall.support import credit_support, notes_support

Entry: TypeAlias = dict[str, Any]

COLLATERAL = (
    "opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "loss", "closing_balance",
    "advanced_interest", "advanced_principal",
)  # fmt: skip
TRANCHE = (
    "opening_balance", "interest_accrued", "interest_due", "interest", "interest_shortfall", "principal", "write_down",
    "residual", "closing_balance", "interest_on_shortfall", "accreted", "write_up", "coupon",
)  # fmt: skip
LINE = ("coupon", "accrued", "on_shortfall", "due", "paid", "unpaid")
ACCOUNT = {
    "opening_balance": "opening_balance",
    "in": "into",
    "out": "out",
    "earned": "earned",
    "closing_balance": "closing_balance",
}
SCHEDULE = ("planned_balance", "balance")
NOTES = ("excess_spread", "credit_support")
FEE = ("due", "paid", "unpaid")
FACILITY = ("opening_balance", "drawn", "repaid", "closing_balance", "undrawn", "due", "paid", "unpaid")
HEDGE = ("net", "received", "paid", "not_received", "unpaid")
LEDGER = ("opening_balance", "debited", "cured", "closing_balance")
SUMMARY = {
    "wal": "wal",
    "wal_to_call": "wal_to_call",
    "yield": "yield_nominal",
    "yield_bey": "yield_bey",
    "yield_effective": "yield_effective",
    "price": "price",
    "modified_duration": "modified_duration",
}
PURCHASES = {
    "purchased": "bought",
    "cost": "cost",
    "idle_cash": "idle_cash",
    "shortfall": "shortfall",
    "active": "active",
}
LIMIT = ("value", "headroom", "cut", "largest")
BESIDE = ("macaulay_duration", "convexity")


def numbers(values: NDArray[Any]) -> list[float | None]:
    """An array as JSON takes it: no NaN, no minus zero."""
    plain: list[float | None] = (values + 0.0).tolist()
    return (
        plain if np.isfinite(values).all() else [value if value is not None and np.isfinite(value) else None for value in plain]
    )


def number(value: float) -> float | None:
    """One figure, None where it does not exist."""
    return numbers(np.array([value]))[0]


def iso(dates: Iterable[dt.date]) -> list[str]:
    """Dates as text."""
    return [date.isoformat() for date in dates]


def date_at(dates: Sequence[dt.date], index: int) -> str | None:
    """The date an index names, None for -1."""
    return dates[index].isoformat() if index >= 0 else None


def collateral_entry(pool: CollateralCashflows, s: int) -> Entry:
    """The pool's flows by month."""
    months = months_run(pool, s)
    flows = {name: numbers(getattr(pool, name)[s, :months]) for name in (*COLLATERAL, *pool.seldom)}
    if pool.purchased.shape == pool.interest.shape:  # of a pool that was bought into
        flows["purchased"] = numbers(pool.purchased[s, :months])
    if pool.drawn.any():  # of a pool with revolving lines
        flows["drawn"] = numbers(pool.drawn[s, :months])
    return {"date": iso(pool.dates[:months])} | flows


def purchases_entry(result: Result, s: int, dates: list[str]) -> Entry:
    """What a plan that revolves bought by payment date, what it paid, and what it could not buy; nothing for other deals."""
    flows = result.flows.purchases
    if flows is None:
        return {}
    columns = {key: getattr(flows, field)[s, : len(dates)] for key, field in PURCHASES.items()}
    limits = {limit_terms(limit.limit): limit_entry(limit, s, dates) for limit in flows.limits}
    return {"purchases": {"date": dates} | {key: column.tolist() for key, column in columns.items()}, "limits": limits}


def limit_entry(limit: LimitFlows, s: int, dates: list[str]) -> Entry:
    """Where the pool stands to a limit after each date, what it cut since the last, and what has the largest share."""
    until = len(dates)
    columns = {key: numbers(getattr(limit, key)[s, :until]) for key in LIMIT[:-1]}
    largest = [limit.names[i] if i >= 0 else None for i in limit.largest[s, :until].tolist()]
    return {"date": dates} | columns | {"largest": largest}


def summary_entry(measures: TrancheMeasures, dates: Sequence[dt.date], s: int) -> Entry:
    """A class's measures."""
    return {
        **{key: number(getattr(measures, field)[s]) for key, field in SUMMARY.items()},
        "first_principal": date_at(dates, int(measures.first_principal[s])),
        "last_principal": date_at(dates, int(measures.last_principal[s])),
        "principal_loss": number(measures.principal_loss[s]),
        **{key: number(getattr(measures, key)[s]) for key in BESIDE},
    }


def tranche_entry(flows: TrancheFlows, s: int, dates: list[str]) -> Entry:
    """A class's flows by payment date."""
    columns = {key: numbers(getattr(flows, key)[s, : len(dates)]) for key in TRANCHE}
    lines = {line: line_entry(line_flows, s, len(dates)) for line, line_flows in flows.lines.items()}
    return {"date": dates} | columns | ({"lines": lines} if len(lines) > 1 else {})


def tranche_entries(result: Result, s: int, dates: list[str]) -> Entry:
    """Every class's flows and credit support by payment date, and its measures."""
    support = credit_support(result.flows, result.deal)
    return {
        name: tranche_entry(flows, s, dates)
        | {"credit_support": numbers(support[name][s, : len(dates)])}
        | {"summary": summary_entry(result.measures[name], result.flows.dates, s)}
        for name, flows in result.flows.tranches.items()
    }


def exchange_entries(result: Result, s: int, dates: list[str]) -> Entry:
    """Every exchangeable class's flows by payment date, and its measures."""
    return {
        name: tranche_entry(made.flows, s, dates) | {"summary": summary_entry(made.measures, result.flows.dates, s)}
        for name, made in result.exchanges.items()
    }


def line_entry(flows: LineFlows, s: int, dates: int) -> Entry:
    """One line of a class that has several."""
    return {key: numbers(getattr(flows, key)[s, :dates]) for key in LINE}


def columns_entry(thing: Any, columns: Sequence[str], s: int, dates: list[str]) -> Entry:
    """Some flows of one thing by payment date."""
    return {"date": dates} | {key: numbers(getattr(thing, key)[s, : len(dates)]) for key in columns}


def trigger_entry(trigger: TriggerFlows, s: int, dates: list[str]) -> Entry:
    """A trigger's measure where it is a plain comparison, else 1 where breached and 0 where not; null where not tested.

    Beside it threshold and headroom, null where there is none, whether it was breached, and the first date it was.
    """
    never = np.full_like(trigger.tested, np.nan, dtype=np.float64)
    threshold, headroom = (never if figure is None else figure for figure in (trigger.threshold, trigger.headroom))
    breaches = [day for day, breached in zip(dates, trigger.breached[s], strict=False) if breached]
    measured = trigger.breached.astype(np.float64) if trigger.measure is None else trigger.measure
    value = np.where(trigger.tested, measured, np.nan)[s, : len(dates)]
    return {
        "date": dates,
        "value": numbers(value),
        "active": trigger.active[s, : len(dates)].tolist(),
        "threshold": numbers(threshold[s, : len(dates)]),
        "headroom": numbers(headroom[s, : len(dates)]),
        "breached": trigger.breached[s, : len(dates)].tolist(),
        "summary": {"first_breach": breaches[0] if breaches else None},
    }


def closing_entry(closing: Closing | None, s: int) -> Entry | None:
    """Sources and uses; null of a deal that was under way."""
    if closing is None:
        return None
    sides = {side: {name: number(amount[s]) for name, amount in lines.items()} for side, lines in closing.sides().items()}
    return sides | {"total": number(closing.total[s]), "retained_share": number(closing.retained_share[s])}


def scenario_entry(result: Result, s: int) -> Entry:
    """Everything of one scenario."""
    flows = result.flows
    dates = iso(flows.dates[: dates_run(result, s)])
    run = np.s_[s, : len(dates)]
    return {
        "collateral": collateral_entry(result.collateral, s),
        "tranches": tranche_entries(result, s, dates),
        "accounts": {
            name: {"date": dates} | {key: numbers(getattr(account, field)[run]) for key, field in ACCOUNT.items()}
            for name, account in flows.accounts.items()
        },
        "fees": {name: columns_entry(fee, FEE, s, dates) for name, fee in flows.fees.items()},
        "triggers": {name: trigger_entry(trigger, s, dates) for name, trigger in flows.triggers.items()},
        **purchases_entry(result, s, dates),
        "modes": {"date": dates, "mode": [flows.modes[mode] for mode in flows.mode[run].tolist()]},
        "call_date": date_at(flows.dates, int(flows.call_period[s])),
        "undistributed": number(flows.undistributed[s]),
        "checks": [{"name": check.name, "worst": number(check.worst), "ok": bool(check.ok)} for check in result.checks],
        "funds": {
            fund: {"date": dates} | {key: numbers(column) for key, column in columns.items()}
            for fund, columns in fund_columns(result, s, len(dates)).items()
        },
        "schedules": {name: columns_entry(schedule, SCHEDULE, s, dates) for name, schedule in flows.schedules.items()},
        "facilities": {name: columns_entry(facility, FACILITY, s, dates) for name, facility in flows.facilities.items()},
        "hedges": {name: columns_entry(hedge, HEDGE, s, dates) for name, hedge in flows.hedges.items()},
        "ledgers": {name: columns_entry(ledger, LEDGER, s, dates) for name, ledger in flows.ledgers.items()},
        "exchanges": exchange_entries(result, s, dates),
        "closing": closing_entry(result.closing, s),
        "notes": {
            "date": dates,
            "excess_spread": numbers(flows.excess_spread[run]),
            "credit_support": numbers(notes_support(flows, result.deal)[run]),
        },
    }


def ways_entry(ways: Sequence[Way]) -> Entry:
    """How the loans were projected, and why."""
    return {"collateral": {"path": [{"loans": way.loans, "path": way.path, "why": way.why} for way in ways]}}


def results(result: Result, scenarios: Sequence[str] | None = None) -> Entry:
    """The results of the scenarios named, or of all, in the words of the deal file's reference."""
    rows = chosen(result, scenarios)
    found = schedule(result, rows)
    dates = {"period": result.flows.numbers(len(found["payment"]))} | {kind: iso(days) for kind, days in found.items()}
    entries = {result.scenarios[s]: scenario_entry(result, s) for s in rows}
    return {"deal": result.deal.deal.name, "scenarios": entries, "dates": dates} | ways_entry(result.ways)


def json_text(value: Any, indent: str = "\n") -> str:
    """JSON with a line for each key: columns of figures stay on one line and compare well."""
    if not isinstance(value, dict):
        return json.dumps(value, allow_nan=False, ensure_ascii=False)
    deeper = indent + " "
    lines = [f"{deeper}{json.dumps(key, ensure_ascii=False)}: {json_text(item, deeper)}" for key, item in value.items()]
    return "{" + ",".join(lines) + (indent if lines else "") + "}"


def json_bytes(
    result: Result, scenarios: Sequence[str] | None = None, beside: Mapping[str, Entry] = MappingProxyType({})
) -> bytes:
    """The results file, with entries beside those of the run."""
    return (json_text({**results(result, scenarios), **beside}) + "\n").encode()
