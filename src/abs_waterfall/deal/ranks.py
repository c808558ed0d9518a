"""Which classes rank before which, as the waterfall pays them."""

from __future__ import annotations

from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.steps import AnyStep, Interest, Principal, Residual


def payees(step: AnyStep) -> list[str]:
    """The classes and groups that a step pays."""
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
            found.setdefault(name.partition(".")[0], position)  # "A.senior" pays A
    return {tranche.name: found.get(tranche.name, len(steps)) for tranche in deal.tranche}


def ahead(deal: Deal) -> dict[str, tuple[int, ...]]:
    """Of each class, the classes that rank before or with it, itself among them, by their place in the file."""
    rank = ranks(deal)
    return {name: tuple(i for i, tranche in enumerate(deal.tranche) if rank[tranche.name] <= own) for name, own in rank.items()}
