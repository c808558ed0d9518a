"""The capital structure: classes by rank, their shares of the notes and what stands behind them. Amounts in currency units."""

from __future__ import annotations

from dataclasses import dataclass

from abs_waterfall.deal.ranks import ahead
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.result import Result


@dataclass(frozen=True, slots=True)
class Standing:
    """One class in the structure."""

    tranche: Tranche
    balance: float  # when the run starts
    share: float | None  # of all classes
    enhancement: float | None  # 1 - (classes of its rank and before) / pool: subordination and overcollateralisation; without
    # the seller's interest, which ranks equal with the notes


def standings(result: Result) -> list[Standing]:
    """Every class, in the file's order."""
    balances, before = opening_balances(result), ahead(result.deal)
    total, pool = sum(balances), result.pool.eligible.balance
    if any(tranche.seller for tranche in result.deal.tranche):
        pool = min(pool, total)

    def standing(tranche: Tranche, balance: float) -> Standing:
        senior = sum(balances[i] for i in before[tranche.name])
        backed = pool > 0 and (balance > 0 or not tranche.residual)
        return Standing(tranche, balance, balance / total if total else None, 1 - senior / pool if backed else None)

    return [standing(tranche, balance) for tranche, balance in zip(result.deal.tranche, balances, strict=True)]


def opening_balances(result: Result) -> list[float]:
    """What each class has when the run starts, in the file's order."""
    return [float(flows.opening_balance[0, 0]) for flows in result.flows.tranches.values()]


def first_coupon(result: Result, tranche: Tranche, s: int) -> float | None:
    """The rate of a class's first period in a scenario; None for a class without a coupon."""
    if tranche.coupon is None and not tranche.component:
        return None
    return tranche.coupon if isinstance(tranche.coupon, float) else float(result.flows.tranches[tranche.name].coupon[s, 0])


def notes_balance(result: Result) -> float:
    """All classes that are not residual, when the run starts."""
    return sum(
        balance for balance, tranche in zip(opening_balances(result), result.deal.tranche, strict=True) if not tranche.residual
    )


def counted(result: Result) -> str:
    """What the pool counts: loans, or rep lines where there is no tape."""
    return "Loans" if result.deal.pool.by_loan else "Rep lines"
