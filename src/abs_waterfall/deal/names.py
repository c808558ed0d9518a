"""The names that formulas of a deal may read, each with its kind, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from abs_waterfall.formulas import Kind

RESERVED = ("available", "interest", "principal", "pool", "notes", "period", "date")
FUNDS = ("available", "interest", "principal")

POOL = {
    "balance": "balance at the end of the collection period, defaulted loans left out",
    "opening_balance": "balance at its start",
    "initial_balance": "at cut-off; of a seasoned pool, as stated",
    "factor": "balance over initial balance; of a revolving pool, over initial and bought, as `cumulative_base` says",
    "interest": "interest and loan fees collected, penalties on prepayments among them",
    "prepayment_penalty": "of that, penalties on prepayments",
    "capitalised": "interest of payment holidays that joined the balance",
    "scheduled_principal": "scheduled principal collected",
    "prepayment": "prepaid principal collected",
    "principal": "scheduled principal + prepayment",
    "principal_due": "principal + default: the period's fall of the balance",
    "default": "balance defaulted",
    "recovery": "recoveries collected",
    "loss": "default - recovery; negative where recoveries exceed",
    "cumulative_default_rate": "defaults to date over the initial balance",
    "cumulative_loss_rate": "losses to date over the initial balance",
    "delinquency_30": "share of the balance that has missed one payment or more",
    "delinquency_60": "two payments or more",
    "delinquency_90": "three payments or more",
    "months": "months in the collection period",
    "drawn": "drawn on revolving lines, funded by the seller",
    "payment_rate": "scheduled principal + prepayment a month, over the opening balance (MPR)",
    "yield": "interest, annualised, over the opening balance",
    "net_rate": "interest less fees due, annualised, over the opening balance",
}
POOL_BOUGHT = {
    "purchased": "balance bought today, with what was bought monthly since the last date",
    "idle_cash": "cash that the last purchase was to spend and could not",
}
POOL_SELLER = {"seller_interest": "balance above that of all classes but the seller's, now"}
REVOLVING: dict[str, tuple[Kind, str]] = {
    "active": ("condition", "whether loans may be bought: within the period, and no trigger has ended it"),
    "shortfall": ("number", "balance that the last purchase wanted and did not get, for want of supply or within the limits"),
}
TRANCHE = {
    "balance": "outstanding now",
    "initial_balance": "at closing",
    "factor": "balance over initial balance",
    "interest_due": "due today, arrears included",
    "interest_shortfall": "due and unpaid",
    "interest_paid": "paid today",
    "principal_paid": "paid today",
    "accrued": "interest added to the balance today",
    "coupon": "the rate of the period that ends today",
    "credit_support": "1 - the classes that rank before or with it over pool.balance + funds.principal, now",
}
LINE = {
    "interest_due": "due today, arrears included",
    "interest_shortfall": "due and unpaid",
    "interest_paid": "paid today",
    "coupon": "the rate of the period that ends today",
}
NOTES = {
    "balance": "of all tranches that are not residual",
    "initial_balance": "of all tranches that are not residual, at closing",
    "interest_due": "of all tranches that are not residual, today",
    "credit_support": "1 - notes.balance over pool.balance + funds.principal, now",
    "excess_spread": "pool.interest less fees and note interest due, annualised, over the opening balance",
    "count": "how many tranches that are not residual have a balance",
}
ACCOUNT = {"balance": "cash in the account", "target": "its target now"}
FACILITY = {"balance": "drawn", "undrawn": "what may be drawn now", "due": "interest and fee due today, arrears included"}
HEDGE = {"net": "of today, to the issuer; below 0 where it pays"}
LEDGER = {"balance": "debited and not cured, of all its classes"}
FEE = {"due": "due today, arrears included", "paid": "paid today"}
GROUP = {
    "balance": "of its classes together",
    "initial_balance": "of its classes together, at closing",
    "interest_due": "of its classes together, today, arrears included",
}
CLOCK: dict[str, Kind] = {"period": "number", "date": "date", "months": "number"}


def formula_kinds(
    names: Mapping[str, Sequence[str]], ledger_classes: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Kind]:
    """Every name a formula of the deal may read, but for its own [define] and segments; `names` by table."""

    def each(table: str, keys: Iterable[str]) -> list[str]:
        return [f"{table}.{name}.{key}" for name in names.get(table, ()) for key in keys]

    numbers = [f"pool.{key}" for key in POOL]
    numbers += [f"notes.{key}" for key in NOTES]
    numbers += [f"funds.{fund}" for fund in FUNDS]
    numbers += each("tranche", TRANCHE)
    numbers += [f"tranche.{line}.{key}" for line in names.get("line", ()) if "." in line for key in LINE]
    numbers += [f"index.{name}" for name in names.get("index", ())]
    numbers += each("group", GROUP)
    numbers += each("fee", FEE)
    numbers += each("account", ACCOUNT)
    numbers += each("facility", FACILITY)
    numbers += each("hedge", HEDGE)
    numbers += each("step", ("paid",))
    numbers += [f"ledger.{name}.{key}" for name, classes in (ledger_classes or {}).items() for key in (*LEDGER, *classes)]
    numbers += [f"schedule.{name}" for name in names.get("schedule", ())]
    kinds: dict[str, Kind] = dict.fromkeys(numbers, "number")
    return kinds | CLOCK | dict.fromkeys(names.get("trigger", ()), "condition")


def revolving_kinds() -> dict[str, Kind]:
    """The names that a deal with [revolving] adds."""
    pool: dict[str, Kind] = {f"pool.{key}": "number" for key in POOL_BOUGHT}
    return pool | {f"revolving.{key}": kind for key, (kind, _) in REVOLVING.items()}


def seller_kinds() -> dict[str, Kind]:
    """The names that a deal with a seller's class adds."""
    return {f"pool.{key}": "number" for key in POOL_SELLER}


def is_segment_balance(name: str) -> bool:
    """Whether the name reads a segment's balance; which segments there are is known once the pool is read."""
    return name.startswith("pool.segment.") and name.endswith(".balance")
