"""Result: everything one run of a deal gives, as reports and notebooks read it.

Shapes: S scenarios (the base case is scenario 0), P payment dates, T months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.measures.tranche import TrancheMeasures
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.waterfall.cashflows import Check, DealCashflows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Result:
    """A deal with all it was run to: pool, collateral, cash flows, measures, checks."""

    deal: Deal
    pool: PoolReport
    collateral: CollateralCashflows
    flows: DealCashflows  # as the call's `assume` says
    to_maturity: DealCashflows  # the call never exercised; the same object as `flows` where that is what is assumed
    to_call: DealCashflows  # the call exercised where it may be
    measures: dict[str, TrancheMeasures]  # by tranche; each field an array over S
    original_balances: dict[str, float]  # of the tranches, at closing
    warnings: tuple[str, ...]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios; the first is "base"."""
        return self.flows.scenarios

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every built-in check, the collateral's and the waterfall's."""
        return self.flows.checks

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return all(check.ok for check in self.checks)

    def tranche(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """A class's flows by payment date; columns as in the JSON results. KeyError names the classes there are."""
        raise NotImplementedError
