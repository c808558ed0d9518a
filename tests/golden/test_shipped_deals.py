"""Every deal in deals/ gives what it gave: nothing changed unnoticed. Not a proof that it is right; other tests are.

`pytest tests/golden --rewrite-expected` writes deals/<name>/expected.json anew: read the difference before it is committed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.report.as_json import json_text

DEALS = Path(__file__).parents[2] / "deals"
SHIPPED = sorted(path.parent for path in DEALS.glob("*/deal.toml"))
CENT = 0.011  # figures are rounded to the cent, and may fall on the other side of one
SUMMED = ("interest_accrued", "interest", "principal", "residual", "write_down")


def cents(values: Any) -> Any:
    """Amounts as they are written down."""
    return (np.round(np.asarray(values, dtype=np.float64), 2) + 0.0).tolist()


def figure(value: float) -> float | None:
    """A measure to the eighth decimal; None where there is none."""
    return round(float(value), 8) + 0.0 if np.isfinite(value) else None


def told(result: aw.Result) -> dict[str, Any]:
    """The subset that is kept: totals and measures of every scenario, balances by date of the base case."""
    dates = int(result.flows.last_period[0]) + 1
    flows = result.flows.tranches
    return {
        "scenarios": {name: of_scenario(result, s) for s, name in enumerate(result.scenarios)},
        "dates": [day.isoformat() for day in result.flows.dates[:dates]],
        "pool": cents(result.flows.pool_balance[0, :dates]),
        "balances": {name: cents(tranche.closing_balance[0, :dates]) for name, tranche in flows.items()},
        "accounts": {name: cents(account.closing_balance[0, :dates]) for name, account in result.flows.accounts.items()},
    }


def of_scenario(result: aw.Result, s: int) -> dict[str, Any]:
    """One scenario's totals."""
    pool, call = result.collateral, int(result.flows.call_period[s])
    return {
        "pool": {name: cents(getattr(pool, name)[s].sum()) for name in ("interest", "default", "recovery", "loss")},
        "fees": {name: cents(fee.paid[s].sum()) for name, fee in result.flows.fees.items()},
        "call": result.flows.dates[call].isoformat() if call >= 0 else "",
        "tranches": {name: of_tranche(result, name, s) for name in result.flows.tranches},
    }


def of_tranche(result: aw.Result, name: str, s: int) -> dict[str, Any]:
    """One class in one scenario."""
    flows, measures = result.flows.tranches[name], result.measures[name]
    totals = {key: cents(getattr(flows, key)[s].sum()) for key in SUMMED}
    return totals | {key: figure(getattr(measures, key)[s]) for key in ("wal", "wal_to_call", "yield_bey", "modified_duration")}


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """Where two accounts of a deal differ, by more than rounding."""
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [f"{place}.{key}: only in one" for key in old.keys() ^ new.keys()]
        return keys + [line for key in old.keys() & new.keys() for line in differences(old[key], new[key], f"{place}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (one, other) in pairs for line in differences(one, other, f"{place}[{i}]")]
    if isinstance(old, int | float) and isinstance(new, int | float):
        measure = place.rsplit(".", 1)[-1].startswith(("wal", "yield", "modified"))
        same = old == pytest.approx(new, rel=1e-10, abs=1e-7 if measure else CENT)
        return [] if same else [f"{place}: {old} became {new}"]
    return [] if old == new else [f"{place}: {old} became {new}"]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_shipped_deal_gives_what_it_gave(folder: Path, request: pytest.FixtureRequest) -> None:
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert not result.warnings
    expected, new = folder / "expected.json", told(result)
    if request.config.getoption("--rewrite-expected"):
        expected.write_text(json_text(new) + "\n", encoding="utf-8")
    assert expected.exists(), "a new deal: write its expected.json with --rewrite-expected"
    changed = differences(json.loads(expected.read_text("utf-8")), new)
    assert not changed, f"{len(changed)} differences, the first: " + "; ".join(changed[:5])


def test_a_cent_is_a_difference_and_rounding_is_none() -> None:
    old = {"pool": [100.0, 50.0], "a": {"wal": 1.5, "call": ""}}
    assert not differences(old, {"pool": [100.01, 50.0], "a": {"wal": 1.50000001, "call": ""}})
    assert differences(old, {"pool": [100.02, 50.0], "a": {"wal": 1.5, "call": ""}}) == [".pool[0]: 100.0 became 100.02"]
    assert differences(old, {"pool": [100.0], "a": {"wal": 1.501, "call": ""}, "b": 1}) != []
