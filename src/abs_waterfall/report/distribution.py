"""What many scenarios come to, as JSON has it: rates and yields are fractions, lives years, losses currency units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abs_waterfall.measures.distribution import PERCENTILES, Distribution

if TYPE_CHECKING:
    from abs_waterfall.simulation import Simulation


def distribution_entry(simulation: Simulation) -> dict[str, Any]:
    """The distributions as JSON has them, by class and then by figure; the pool's under "pool"."""
    entry: dict[str, Any] = {"scenarios": len(simulation.names), "pool": {}, "tranches": {}}
    for name, found in simulation.distributions.items():
        tranche, _, figure = name.rpartition(".")
        (entry["tranches"].setdefault(tranche, {}) if tranche else entry["pool"])[figure] = figures_of(found)
    entry["called"] = float((simulation.call_period >= 0).mean())
    entry["checks"] = [{"name": check.name, "worst": check.worst, "ok": check.ok} for check in simulation.checks]
    return entry


def figures_of(found: Distribution) -> dict[str, Any]:
    """One figure's distribution."""
    values = {
        "mean": found.mean,
        **{f"p{p}": v for p, v in zip(PERCENTILES, found.percentiles, strict=True)},
        "worst": found.worst,
    }
    return {"count": found.count, **{name: value if np.isfinite(value) else None for name, value in values.items()}}
