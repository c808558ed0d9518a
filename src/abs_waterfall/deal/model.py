"""The deal as agreed: the tables of a deal file, as frozen pydantic models with the file's own words.

Each table is checked on its own here; what one table says of another is checked in `cross`. Amounts in the deal's
currency, rates fractions a year, dates as in TOML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, PrivateAttr, model_validator

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.deal.base import Amount, EntityName, Formula, Table, TermName
from abs_waterfall.deal.classes import BalanceSchedule, Exchange, Group
from abs_waterfall.deal.coupons import IndexCurve
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.lookups import Looked
from abs_waterfall.deal.money import Account, Fee, Ledger
from abs_waterfall.deal.revolving import Revolving
from abs_waterfall.deal.standing import Standing
from abs_waterfall.deal.steps import Step
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.pool.model import PoolSettings


class DealTerms(Table):
    """[deal]: what it is called and how it starts."""

    name: Annotated[str, Field(min_length=1)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
    face: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 100.0
    round_payments: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    expenses: Amount = 0.0
    starts_in: str | None = None
    allow_undercollateralised: bool = False

    @model_validator(mode="after")
    def complete(self) -> DealTerms:
        """What is paid on a note is a part of it."""
        if self.round_payments is not None and self.round_payments > self.face:
            raise ValueError(f"`round_payments` {self.round_payments:g} is more than the `face` of a note, {self.face:g}")
        return self

    @property
    def cent(self) -> float:
        """The share of a class's balance at closing that its payments are whole multiples of; 0 where they are not rounded."""
        return 0.0 if self.round_payments is None else self.round_payments / self.face


class Call(Table):
    """[call]: the clean-up call."""

    when: str
    amount: Formula | None = None
    assume: bool = True


class Deal(Table):
    """A whole deal file."""

    deal: DealTerms
    dates: Dates
    pool: PoolSettings
    assumptions: Assumptions = Assumptions()
    scenario: dict[str, Scenario] = {}
    define: dict[TermName, Looked] = {}
    index: dict[EntityName, IndexCurve] = {}
    tranche: Annotated[list[Tranche], Field(min_length=1)]
    fee: list[Fee] = []
    account: list[Account] = []
    ledger: list[Ledger] = []
    facility: list[Facility] = []
    hedge: list[Hedge] = []
    trigger: list[Trigger] = []
    group: list[Group] = []
    schedule: list[BalanceSchedule] = []
    exchange: list[Exchange] = []
    call: Call | None = None
    revolving: Revolving | None = None
    state: Standing | None = None
    waterfall: Annotated[dict[str, Annotated[list[Step], Field(min_length=1)]], Field(min_length=1)]
    _origin: Path | None = PrivateAttr(default=None)

    def at_closing(self, tranche: Tranche) -> float | None:
        """A class's balance at closing where the file says it; None where it is what a run begins with."""
        if self.state is not None:
            return self.state.values.get(f"tranche.{tranche.name}.initial_balance", tranche.initial_balance or tranche.balance)
        return tranche.initial_balance

    def read_from(self, origin: Path) -> Deal:
        """The same deal, knowing the file it was read from: its tapes are looked up beside that file."""
        deal = self.model_copy()
        deal._origin = origin
        return deal

    @property
    def file(self) -> str:
        """What messages call the deal's file."""
        return str(self._origin) if self._origin else "deal"

    @property
    def folder(self) -> Path:
        """The folder that paths in the deal are relative to."""
        return self._origin.parent if self._origin else Path()

    @property
    def scenario_names(self) -> tuple[str, ...]:
        """The base case and the named scenarios, in the file's order."""
        return ("base", *self.scenario)
