"""A deal that goes on from a state: its pool among the months since closing, its cash flows from the state's date on.

A run counts payment dates and months from closing whatever is past of them, so that thresholds, lags, resets and dates go on;
what is past is empty. Shapes: S scenarios, P payment dates, T months.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.timeline import month_dates
from abs_waterfall.waterfall.calendar import DealCalendar
from abs_waterfall.waterfall.cashflows import DealCashflows

F = TypeVar("F")
ONCE = ("dates", "segment_names", "segment_initial")
BY_MONTH = tuple(field.name for field in dataclasses.fields(CollateralCashflows) if field.name not in ONCE)
OF_EVERY_DATE = ("dates", "nominal_dates", "collection_ends", "determination_dates", "record_dates", "accrual_ends")


def among_months(collateral: CollateralCashflows, past: int, cutoff: dt.date) -> CollateralCashflows:
    """The pool with empty months before it: those since the deal's cut-off that are past."""
    if not past:
        return collateral
    padded: dict[str, Any] = {name: pad(flow, past) for name, flow in by_month(collateral).items()}
    return replace(collateral, dates=month_dates(cutoff, past + len(collateral.dates)), **padded)


def with_recoveries(collateral: CollateralCashflows, amounts: Sequence[float], cutoff: dt.date) -> CollateralCashflows:
    """The pool with what still comes back of what defaulted before its cut-off, by month from there, in every scenario."""
    if not amounts:
        return collateral
    months = collateral.interest.shape[1]
    longer = max(months, len(amounts))
    flows: dict[str, Any] = {name: pad(flow, 0, longer - months) for name, flow in by_month(collateral).items()}
    come = np.pad(np.array(amounts), (0, longer - len(amounts)))
    flows |= {"recovery": flows["recovery"] + come, "loss": flows["loss"] - come}
    return replace(collateral, dates=month_dates(cutoff, longer), **flows)


def by_month(collateral: CollateralCashflows) -> dict[str, Floats]:
    """The flows that the pool has; what it never bought or drew is one 0."""
    flows = {name: getattr(collateral, name) for name in BY_MONTH}
    shape = collateral.interest.shape
    return {name: flow for name, flow in flows.items() if (flow.shape[0], flow.shape[-1]) == shape}


def pad(flow: Any, before: int, after: int = 0) -> Any:
    """An array with so many zeros before and after it, along its last axis."""
    return np.pad(flow, [*[(0, 0)] * (flow.ndim - 1), (before, after)])


def after_months(collateral: CollateralCashflows, past: int) -> CollateralCashflows:
    """The pool without its first months."""
    cut: dict[str, Any] = {name: flow[..., past:] for name, flow in by_month(collateral).items()}
    return replace(collateral, dates=collateral.dates[past:], **cut)


def since(flows: DealCashflows, past: int, months: int, calendar: DealCalendar) -> DealCashflows:
    """The cash flows from payment date `past` (an index) on, the first to be paid, and the pool's after so many months."""
    if not past:
        return flows
    named = {field.name: getattr(flows, field.name) for field in dataclasses.fields(flows) if field.name != "purchases"}
    purchases = flows.purchases and replace(
        cut(flows.purchases, past), collateral=after_months(flows.purchases.collateral, months)
    )  # fmt: skip
    later = {name: value[past:] if name in OF_EVERY_DATE else cut(value, past) for name, value in named.items()}
    return replace(
        replace(flows, **later, purchases=purchases),
        last_period=flows.last_period - past,
        call_period=np.where(flows.call_period >= 0, flows.call_period - past, -1),
        past=past,
        paid_before=calendar.paid[past - 1],
        nominal_before=calendar.nominal[past - 1],
    )


def cut(thing: F, past: int) -> F:
    """Anything with its arrays (S, P) from a date on."""
    made: Any = thing
    if isinstance(made, np.ndarray) and made.ndim == 2:
        made = np.ascontiguousarray(made[:, past:])
    elif isinstance(made, dict):
        made = {name: cut(value, past) for name, value in made.items()}
    elif isinstance(made, tuple):
        made = tuple(cut(value, past) for value in made)
    elif dataclasses.is_dataclass(made) and not isinstance(made, type | CollateralCashflows):
        made = replace(made, **{field.name: cut(getattr(made, field.name), past) for field in dataclasses.fields(made)})
    return made  # type: ignore[no-any-return]  # the same sort of thing
