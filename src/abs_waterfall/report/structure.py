"""The capital structure: classes by rank, their shares of the notes and what stands behind them. Amounts in currency units."""

from __future__ import annotations

from dataclasses import dataclass

from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.model import AnyStep, Deal, Interest, Principal, Residual, Tranche
from abs_waterfall.result import Result


@dataclass(frozen=True, slots=True)
class Standing:
    """One class in the structure."""

    tranche: Tranche
    balance: float  # at closing
    share: float | None  # of all classes
    enhancement: float | None  # 1 - (classes of its rank and before) / pool: subordination and overcollateralisation


def payees(step: AnyStep) -> list[str]:
    """The classes a step pays."""
    match step:
        case Interest():
            return step.interest
        case Principal():
            return step.principal
        case Residual():
            return [step.residual]
    return []


def ranks(deal: Deal) -> dict[str, int]:
    """The first step that pays each class in the mode the deal starts in; classes of one step rank equal."""
    steps = deal.waterfall.get(deal.deal.starts_in or "") or next(iter(deal.waterfall.values()))
    found: dict[str, int] = {}
    for position, step in enumerate(steps):
        for name in classes_of(payees(step), deal.group):
            found.setdefault(name, position)
    return {tranche.name: found.get(tranche.name, len(steps)) for tranche in deal.tranche}


def standings(result: Result) -> list[Standing]:
    """Every class, in the file's order."""
    balances, rank = result.original_balances, ranks(result.deal)
    total, pool = sum(balances.values()), result.pool.eligible.balance

    def standing(tranche: Tranche) -> Standing:
        ahead = sum(balance for name, balance in balances.items() if rank[name] <= rank[tranche.name])
        balance = balances[tranche.name]
        return Standing(
            tranche, balance, balance / total if total else None, 1 - ahead / pool if pool and not tranche.residual else None
        )

    return [standing(tranche) for tranche in result.deal.tranche]


def first_coupon(result: Result, tranche: Tranche, s: int) -> float | None:
    """The rate of a class's first period in a scenario; None for a class without a coupon."""
    if tranche.coupon is None and not tranche.component:
        return None
    return tranche.coupon if isinstance(tranche.coupon, float) else float(result.flows.tranches[tranche.name].coupon[s, 0])


def notes_balance(result: Result) -> float:
    """All classes that are not residual, at closing."""
    return sum(result.original_balances[tranche.name] for tranche in result.deal.tranche if not tranche.residual)


def counted(result: Result) -> str:
    """What the pool counts: loans, or rep lines where there is no tape."""
    return "Loans" if result.deal.pool.tape else "Rep lines"
