"""Each built-in check goes red where its rule is broken, and names the scenario and the date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.checks import all_checks
from waterfall.small_deals import Table, paying, run, small

Tampered = tuple[DealCashflows, CollateralCashflows]
STEPS: list[Table] = [
    {"debit": "pdl", "amount": "pool.default"},
    {"cure": "pdl", "amount": 1.0},
    {"draw": "reserve"},
    {"pay": "servicing"},
    {"interest": ["A", "B"]},
    {"fill": "reserve"},
    {"principal": ["A", "B"]},
    {"residual": "SUB"},
]


SWAP = {"name": "swap", "pays": 0.06, "receives": 0.06, "notional": 100.0}


def deal() -> Table:
    reserve, servicing = {"name": "reserve", "initial": 20.0, "target": 20.0}, {"name": "servicing", "amount": 5.0}
    return small(
        STEPS,
        account=[reserve],
        fee=[servicing],
        ledger=[{"name": "pdl", "tranches": ["B", "A"]}],
        facility=[{"name": "line", "limit": 5.0}],
        hedge=[SWAP],
    )


POOL_FLOWS = paying([300.0, 300.0, 200.0, 150.0], [9.0, 4.0, 9.0, 9.0], [0.0, 50.0], [0.0, 0.0, 20.0])


def honest() -> Tampered:
    return run(deal(), POOL_FLOWS), POOL_FLOWS


def more(thing: Any, field: str, amount: float, date: int = 1) -> Any:
    """The same flows, one of them changed on one date."""
    changed = getattr(thing, field).copy()
    changed[..., date] += amount
    return replace(thing, **{field: changed})


def table(flows: DealCashflows, kind: str, name: str, *changes: tuple[str, float], date: int = 1) -> DealCashflows:
    """The deal's flows with fields of one tranche, account or fee changed on a date."""
    entry = getattr(flows, kind)[name]
    for field, amount in changes:
        entry = more(entry, field, amount, date)
    return replace(flows, **{kind: {**getattr(flows, kind), name: entry}})


def tampered_deal(change: Callable[[DealCashflows], DealCashflows]) -> Callable[[Tampered], Tampered]:
    return lambda both: (change(both[0]), both[1])


def tampered_pool(change: Callable[[CollateralCashflows], CollateralCashflows]) -> Callable[[Tampered], Tampered]:
    return lambda both: (both[0], change(both[1]))


def tranche(*changes: tuple[str, float]) -> Callable[[Tampered], Tampered]:
    return tampered_deal(lambda flows: table(flows, "tranches", "A", *changes))


def line(field: str, amount: float) -> Callable[[Tampered], Tampered]:
    def change(flows: DealCashflows) -> DealCashflows:
        a = flows.tranches["A"]
        return replace(flows, tranches={**flows.tranches, "A": replace(a, lines={"A": more(a.lines["A"], field, amount)})})

    return tampered_deal(change)


def account(*changes: tuple[str, float]) -> Callable[[Tampered], Tampered]:
    return tampered_deal(lambda flows: table(flows, "accounts", "reserve", *changes))


def ledger(*changes: tuple[str, float]) -> Callable[[Tampered], Tampered]:
    return tampered_deal(lambda flows: table(flows, "ledgers", "pdl.B", *changes))


def outside(kind: str, name: str, *changes: tuple[str, float]) -> Callable[[Tampered], Tampered]:
    return tampered_deal(lambda flows: table(flows, kind, name, *changes))


def fee(*changes: tuple[str, float], date: int = 1) -> Callable[[Tampered], Tampered]:
    return tampered_deal(lambda flows: table(flows, "fees", "servicing", *changes, date=date))


CASES = [
    ("the pool's balance rolls", tampered_pool(lambda pool: more(pool, "default", 1.0))),
    (
        "the pool's opening is the last closing",
        tampered_pool(lambda pool: more(more(pool, "opening_balance", 1.0), "default", 1.0)),
    ),
    ("segments add up to the pool", tampered_pool(lambda pool: more(pool, "segment_balance", 1.0))),
    ("no collateral flow is negative", tampered_pool(lambda pool: more(pool, "recovery", -1.0))),
    ("no collateral flow is negative", tampered_pool(lambda pool: more(pool, "closing_balance", -2000.0))),
    ("cash in equals cash out", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "interest", 1.0)))),
    ("cash in equals cash out", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "principal", -1.0)))),
    ("cash in equals cash out", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "call_amount", 1.0)))),
    ("cash in equals cash out", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "unspent_interest", 1.0)))),
    ("cash in equals cash out", tampered_deal(lambda flows: table(flows, "tranches", "SUB", ("residual", 1.0)))),
    ("cash in equals cash out", account(("closing_balance", 1.0))),
    ("cash in equals cash out", fee(("paid", 1.0))),
    ("tranche balances roll", tranche(("principal", 1.0))),
    ("tranche balances roll", tranche(("accreted", 1.0))),
    ("tranche balances roll", tranche(("write_down", 1.0))),
    ("tranche balances roll", tranche(("write_up", 1.0))),
    ("no tranche flow is negative", tranche(("write_down", -1.0))),
    ("no tranche is written up above what was written down", tranche(("write_up", 1.0))),
    ("ledgers roll", ledger(("debited", 1.0))),
    ("facilities roll", outside("facilities", "line", ("drawn", 1.0))),
    ("facilities roll", outside("facilities", "line", ("opening_balance", 1.0), ("closing_balance", 1.0))),
    ("facility costs due are paid or carried", outside("facilities", "line", ("due", 1.0))),
    ("cash in equals cash out", outside("facilities", "line", ("drawn", 1.0), ("closing_balance", 1.0))),
    ("cash in equals cash out", outside("facilities", "line", ("paid", 1.0))),
    ("cash in equals cash out", outside("hedges", "swap", ("received", 1.0))),
    ("hedges are settled or carried", outside("hedges", "swap", ("net", 1.0))),
    ("hedges are settled or carried", outside("hedges", "swap", ("not_received", -1.0), ("net", -1.0))),
    ("ledgers roll", ledger(("cured", 1.0))),
    ("ledgers roll", ledger(("opening_balance", 1.0), ("closing_balance", 1.0))),
    ("ledgers hold what was debited and not cured", ledger(("debited", 1.0), ("cured", 1.0))),
    ("ledgers hold what was debited and not cured", ledger(("closing_balance", -100.0))),
    ("ledgers hold what was debited and not cured", tranche(("write_down", 1.0), ("write_up", 1.0))),
    ("tranche balances roll", tranche(("opening_balance", 1.0), ("closing_balance", 1.0))),
    ("interest accrued is paid or outstanding", tranche(("interest_accrued", 1.0))),
    ("interest accrued is paid or outstanding", tranche(("interest_on_shortfall", 1.0))),
    ("interest accrued is paid or outstanding", tranche(("interest", 1.0))),
    ("interest accrued is paid or outstanding", tranche(("interest_shortfall", -1.0))),
    ("no line of interest is negative", line("unpaid", -400.0)),
    ("no line of interest is negative", line("paid", 400.0)),
    ("no tranche is paid more than its balance", tranche(("principal", 400.0))),
    ("no tranche flow is negative", tranche(("interest", -100.0))),
    ("no tranche flow is negative", tranche(("closing_balance", -400.0))),
    ("no tranche flow is negative", tampered_deal(lambda flows: table(flows, "tranches", "SUB", ("residual", -400.0)))),
    ("accounts roll", account(("into", 1.0))),
    ("funds roll", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "added_interest", 1.0)))),
    ("funds roll", tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "spent_principal", -1.0)))),
    ("accounts roll", account(("opening_balance", 1.0), ("closing_balance", 1.0))),
    ("no fund and no account is negative", account(("closing_balance", -100.0))),
    (
        "no fund and no account is negative",
        tampered_deal(lambda flows: replace(flows, funds=more(flows.funds, "unspent_interest", -1.0))),
    ),
    ("fees due are paid or carried", fee(("due", 1.0))),
    ("fees due are paid or carried", fee(("unpaid", 1.0))),
    ("fees due are paid or carried", fee(("due", -6.0), ("paid", -6.0))),
    ("fees due are paid or carried", fee(("due", 6.0), ("unpaid", 6.0), date=0)),
    ("the ledger adds up to what was paid", tranche(("interest", 1.0))),
    ("nothing is undistributed", tampered_deal(lambda flows: replace(flows, undistributed=flows.undistributed + 1.0))),
    ("cash in equals cash out", tranche(("interest", np.nan))),
]


def failed(both: Tampered) -> dict[str, Any]:
    flows, collateral = both
    return {check.name: check for check in all_checks(flows, collateral, Deal.model_validate(deal())) if not check.ok}


def test_an_honest_run_passes_every_check() -> None:
    assert failed(honest()) == {}


@pytest.mark.parametrize(("name", "tamper"), CASES)
def test_a_tampered_run_fails_the_check_that_guards_what_was_touched(name: str, tamper: Callable[[Tampered], Tampered]) -> None:
    found = failed(tamper(honest()))
    assert name in found
    assert found[name].scenario == "base"
    assert name == "nothing is undistributed" or found[name].date is not None


def test_every_check_can_fail() -> None:
    flows, collateral = honest()
    assert {check.name for check in all_checks(flows, collateral, Deal.model_validate(deal()))} == {name for name, _ in CASES}


def test_a_check_says_how_much_and_when() -> None:
    wrong = failed(tranche(("principal", 2.5))(honest()))["tranche balances roll"]
    assert (round(wrong.worst, 6), str(wrong.date)) == (2.5, "2020-03-15")
