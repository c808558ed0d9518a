"""Result: everything one run of a deal gives, as reports and notebooks read it.

Shapes: S scenarios (the base case is scenario 0), P payment dates, T months.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np

from abs_waterfall.arrays import Floats, record
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.ways import Way
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import did_you_mean
from abs_waterfall.measures.closing import Closing
from abs_waterfall.measures.tranche import TrancheMeasures
from abs_waterfall.pool.report import Criterion, PoolReport
from abs_waterfall.waterfall.cashflows import Check, DealCashflows, TrancheFlows
from abs_waterfall.waterfall.support import credit_support, notes_support

if TYPE_CHECKING:
    import pandas as pd


@record
class Exchanged:
    """An exchangeable class: its share of the classes it is made of."""

    flows: TrancheFlows
    measures: TrancheMeasures


@record
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
    exchanges: dict[str, Exchanged] = field(default_factory=dict)
    closing: Closing | None = None  # sources and uses; none of a deal that was under way
    ways: tuple[Way, ...] = ()  # how the loans were projected
    purchase_criteria: tuple[Criterion, ...] = ()  # what eligibility left out of what a plan may buy

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

    def originals(self, name: str) -> Floats:
        """(S,) a class's balance at closing; a scenario may set another size."""
        sizes = self.flows.tranches[name].opening_balance[:, 0]
        return np.where(sizes == sizes[0], self.original_balances[name], sizes)

    def tranche(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """A class's flows, a row a payment date up to the scenario's last; columns as in the JSON results."""
        return self._frame(self.flows.tranches, "tranche", name, scenario)

    def account(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """An account's flows, a row a payment date."""
        return self._frame(self.flows.accounts, "account", name, scenario)

    def fee(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """A fee's dues and payments, a row a payment date."""
        return self._frame(self.flows.fees, "fee", name, scenario)

    def exchange(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """An exchangeable class's flows, a row a payment date; columns as of a class."""
        return self._frame({key: made.flows for key, made in self.exchanges.items()}, "exchange", name, scenario)

    def credit(self, scenario: str = "base") -> pd.DataFrame:
        """Excess spread and, after each payment date, the credit support of the notes and of every class."""
        import pandas as pd  # noqa: PLC0415

        row = self._row(scenario)
        dates = self.flows.dates[: int(self.flows.last_period[row]) + 1]
        columns = {"excess_spread": self.flows.excess_spread, "notes": notes_support(self.flows, self.deal)}
        columns |= credit_support(self.flows, self.deal)
        shown = {name: values[row, : len(dates)] for name, values in columns.items()}
        return pd.DataFrame(shown, index=pd.DatetimeIndex(dates, name="date"))

    def schedule(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """A schedule's planned balance and what its classes have left, a row a payment date."""
        return self._frame(self.flows.schedules, "schedule", name, scenario)

    def facility(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """What was drawn and repaid under a facility, and its costs, a row a payment date."""
        return self._frame(self.flows.facilities, "facility", name, scenario)

    def hedge(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """A hedge's net, and what of it was received and paid, a row a payment date."""
        return self._frame(self.flows.hedges, "hedge", name, scenario)

    def ledger(self, name: str, scenario: str = "base") -> pd.DataFrame:
        """What a ledger ("pdl"), or a class's line of it ("pdl.A"), was debited and cured, a row a payment date."""
        return self._frame(self.flows.ledgers, "ledger", name, scenario)

    def pool_flows(self, scenario: str = "base") -> pd.DataFrame:
        """The collateral's flows, a row a month after cut-off."""
        import pandas as pd  # noqa: PLC0415 - half a second that only notebooks pay

        row = self._row(scenario)
        seldom = [name for name in ("purchased", "drawn") if getattr(self.collateral, name).any()]
        columns = {name: getattr(self.collateral, name)[row] for name in (*COLLATERAL_COLUMNS, *seldom, *self.collateral.seldom)}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.collateral.dates, name="date"))

    def summary(self, scenario: str = "base") -> pd.DataFrame:
        """The measures of every class, a row a class; columns as in the JSON results, no date where none was paid principal."""
        import pandas as pd  # noqa: PLC0415

        row = self._row(scenario)
        names = [field.name for field in dataclasses.fields(TrancheMeasures)]
        names.append(names.pop(names.index("principal_loss")))
        rows = {tranche: [getattr(measures, name)[row] for name in names] for tranche, measures in self.measures.items()}
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=names).rename(columns={"yield_nominal": "yield"})
        dates = pd.DatetimeIndex([*self.flows.dates, None])  # -1, no payment date, is the last of them
        for name in ("first_principal", "last_principal"):
            frame[name] = dates[frame[name].astype(int)]
        return frame

    def _row(self, scenario: str) -> int:
        if scenario not in self.scenarios:
            raise KeyError(
                f'no scenario "{scenario}"; there are {", ".join(self.scenarios)}.{did_you_mean(scenario, self.scenarios)}'
            )
        return self.scenarios.index(scenario)

    def _frame(self, flows: Mapping[str, Any], what: str, name: str, scenario: str) -> pd.DataFrame:
        import pandas as pd  # noqa: PLC0415

        if name not in flows:
            raise KeyError(f'no {what} "{name}"; the deal has {", ".join(flows)}.{did_you_mean(name, flows)}')
        row = self._row(scenario)
        dates = self.flows.dates[: int(self.flows.last_period[row]) + 1]
        found = {f.name: getattr(flows[name], f.name) for f in dataclasses.fields(flows[name])}
        series = {key: values for key, values in found.items() if isinstance(values, np.ndarray)}
        columns = {"in" if key == "into" else key: values[row, : len(dates)] for key, values in series.items()}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(dates, name="date"))


def settlement_of(deal: Deal, flows: DealCashflows) -> dt.date:
    """The day that WALs, yields and prices count from; not before the last payment date that is past."""
    settlement = deal.dates.settlement or deal.dates.closing
    return max(settlement, flows.paid_before or settlement)


COLLATERAL_COLUMNS = (
    "opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "loss", "closing_balance",
    "advanced_interest", "advanced_principal",
)  # fmt: skip
