"""[state]: where a deal that runs stands after a payment date; the rest of the file says what was agreed at closing.

Amounts in the deal's currency. What is not said is 0, but for the balances that every deal has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypeAlias

from pydantic import Field

from abs_waterfall.deal.base import Amount, Table

Figure: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]

STANDING: dict[str, tuple[str, ...]] = {
    "tranche": ("balance", "initial_balance", "written_down", "principal_paid", "accrued"),
    "line": ("interest_shortfall", "interest_due", "interest_paid", "coupon", "rounded_off"),
    "fee": ("unpaid", "accrued", "due", "paid"),
    "account": ("balance", "target"),
    "facility": ("balance", "unpaid", "due"),
    "hedge": ("unpaid", "not_received", "net"),
    "step": ("paid",),
}
"""The values that a state may say of each thing, by table. Those of the last date that formulas read are among them."""
OF_POOL = ("initial_balance", "cumulative_default", "cumulative_loss")
OF_BUYING = (
    "pool.bought", "pool.idle_cash",
    *(f"revolving.{key}" for key in ("shortfall", "months_offered", "months_gone", "for_sale")),
)  # fmt: skip
BELOW_ZERO = ("cumulative_loss", "net", "target")
"""Keys of values that may be below 0."""


class Standing(Table):
    """[state]: everything that a run carries from one payment date to the next."""

    period: Annotated[int, Field(ge=1)]
    values: dict[str, Figure] = {}
    holding: list[str] = []
    clean: dict[str, Annotated[int, Field(ge=0)]] = {}
    emptied: list[str] = []
    history: dict[str, Annotated[list[float], Field(min_length=1)]] = {}
    planned: dict[str, list[Amount]] = {}
    for_sale: list[Amount] = []
    recoveries: list[Amount] = []

    def value(self, name: str) -> float:
        """A value; 0 where it is not said."""
        return self.values.get(name, 0.0)


def standing_names(
    names: Mapping[str, Sequence[str]], ledger_lines: Iterable[str], terms: Iterable[str], *, revolves: bool
) -> tuple[str, ...]:
    """Every name that values of a state may have, of a deal with these names by table."""
    of_tables = (f"{table}.{name}.{key}" for table, keys in STANDING.items() for name in names.get(table, ()) for key in keys)
    listed = [name.replace("line.", "tranche.", 1) if name.startswith("line.") else name for name in of_tables]
    listed += [f"ledger.{line}" for line in ledger_lines]
    listed += ["funds.interest", "funds.principal", *(f"pool.{key}" for key in OF_POOL), *terms]
    return (*listed, *(OF_BUYING if revolves else ()))


def needed_names(tranches: Iterable[str], shares: Iterable[str], accounts: Iterable[str]) -> Iterator[str]:
    """The values that a state must say: what everybody is owed and every account holds; a share's balance at closing."""
    yield from (f"tranche.{name}.balance" for name in tranches)
    yield from (f"tranche.{name}.initial_balance" for name in shares)
    yield from (f"account.{name}.balance" for name in accounts)
