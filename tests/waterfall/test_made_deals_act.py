"""The made-up deals have every feature, and each really moves cash: taken out of a deal, somebody is paid otherwise."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from reference.waterfall import Scenario, Table
from waterfall.made_deals import Made, numbered
from waterfall.made_deals.dates import sensible

SCENARIO = 1  # the first with a word of its own
ENOUGH, SEEDS = 3, 1200


def every(deal: Table, path: str) -> Iterator[Table]:
    """Every table that a path leads to, through lists and tables of any name (*)."""
    found: list[Any] = [deal]
    for key in path.split(".") if path else ():
        found = [inner for each in found for inner in (each.values() if key == "*" else [each[key]] if key in each else [])]
        found = [each for group in found for each in (group if isinstance(group, list) else [group])]
        found = [each for each in found if isinstance(each, dict)]
    yield from found


def without(path: str, key: str, instead: Any = None) -> Callable[[Table], bool]:
    """Take a key out of every table there, or put something plain in its place; whether there was any."""

    def take_out(deal: Table) -> bool:
        tables = [table for table in every(deal, path) if key in table and table[key] != instead]
        for table in tables:
            del table[key]
            table.update({} if instead is None else {key: instead})
        return bool(tables)

    return take_out


def first_number(kind: str) -> Callable[[Table], bool]:
    """Let a threshold that changes be what it is first."""

    def flatten(deal: Table) -> bool:
        tables = [table for table in every(deal, "trigger") if isinstance(table.get("threshold"), dict)]
        tables = [table for table in tables if kind in table["threshold"]]
        for table in tables:
            first = table["threshold"][kind][0]
            table["threshold"] = first[1] if kind == "by_date" else first
        return bool(tables)

    return flatten


def steps_without_purchases(deal: Table) -> bool:
    """Take every purchase step out."""
    found = any("purchase" in step for steps in deal["waterfall"].values() for step in steps)
    deal["waterfall"] = {mode: [s for s in steps if "purchase" not in s] for mode, steps in deal["waterfall"].items()}
    return found


EFFECTS = ("sweep", "stop_step_down", "trap", "set", "end_revolving")
FEATURES: dict[str, Callable[[Table], bool]] = {
    **{f"effect {key}": without("trigger.effect", key) for key in EFFECTS},
    **{f"scenario {key}": without("scenario.*", key) for key in ("fire", "off", "set")},
    **{f"threshold {kind}": first_number(kind) for kind in ("by_period", "by_date")},
    "threshold then": without("trigger.threshold", "then"),
    **{f"trigger {key}": without("trigger", key) for key in ("mode", "phase", "test_dates", "test_months", "from_period")},
    **{f"trigger {key}": without("trigger", key) for key in ("cure_periods", "today_only", "test")},
    **{f"fee {key}": without("fee", key) for key in ("every", "from_period", "floor", "cap", "accrue", "day_count")},
    "fee dates": without("fee", "dates", []),
    "account rate": without("account", "rate"),
    "account target": without("account", "target"),
    "account initial": without("account", "initial"),
    "recoveries_to": without("pool", "recoveries_to"),
    "class day_count": without("tranche", "day_count", "30/360"),
    **{f"dates {key}": without("dates", key) for key in ("calendar", "holidays", "business_day", "roll", "delay_days")},
    "dates determination_lag": without("dates", "determination_lag"),
    "dates collection_day": without("dates", "collection_day"),
    **{f"plan {key}": without("revolving", key) for key in ("price", "supply", "retain", "purchases", "cumulative_base")},
    **{f"plan {key}": without("revolving", key) for key in ("limit", "eligibility", "from", "assumptions")},
    **{f"pool's {key}": without("assumptions", key) for key in ("payment", "draw", "yield", "order")},
    "plan purchase": steps_without_purchases,
}


def cash(case: Made, deal: Table) -> list[dict[str, float]]:
    """What every class and fee is paid on each date."""
    case = replace(case, raw=deal)
    dates = Scenario(deal, case.pool_balance, case.months(SCENARIO), **case.told(SCENARIO)).run()
    paid = [{name: row[key] for name, row in date["tranches"].items() for key in ("interest", "principal")} for date in dates]
    fees = [{name: row["paid"] for name, row in date["fees"].items()} for date in dates]
    rest = [{f"residual {name}": row["residual"] for name, row in date["tranches"].items()} for date in dates]
    return [a | b | c for a, b, c in zip(paid, fees, rest, strict=True)]


def acts(case: Made, take_out: Callable[[Table], bool]) -> bool:
    """Whether a deal has a feature without which it pays otherwise; without it its dates must still make sense."""
    plain = copy.deepcopy(case.raw)
    return take_out(plain) and sensible(plain["dates"]) and cash(case, plain) != cash(case, case.raw)


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_the_made_up_deals_moves_cash(name: str) -> None:
    found = 0
    for seed in range(SEEDS):
        found += acts(numbered(seed), FEATURES[name])
        if found == ENOUGH:
            return
    pytest.fail(f"{name}: acts in {found} of {SEEDS} deals")
