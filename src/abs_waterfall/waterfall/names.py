"""What a deal's names stand for in a run: classes, funds and ledgers as indices, pots and claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.money import Ledger
from abs_waterfall.waterfall.coupons import Line
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, Claims, Pots


class Names:
    """Looks names up."""

    def __init__(self, deal: Deal, claims: Claims, lines: Sequence[Line]) -> None:
        self.deal = deal
        self.claims = claims
        self.interest_lines = tuple(lines)
        self.line_index = {line.name: i for i, line in enumerate(lines)}
        self.tranche_index = {tranche.name: i for i, tranche in enumerate(deal.tranche)}
        self.fee_index = {fee.name: i for i, fee in enumerate(deal.fee)}
        self.account_index = {account.name: i for i, account in enumerate(deal.account)}
        self.trigger_index = {trigger.name: i for i, trigger in enumerate(deal.trigger)}
        self.group_index = {group.name: i for i, group in enumerate(deal.group)}
        self.schedule_index = {schedule.name: i for i, schedule in enumerate(deal.schedule)}
        self.step_names = tuple(step.name for steps in deal.waterfall.values() for step in steps if step.name)
        self.notes = tuple(i for i, tranche in enumerate(deal.tranche) if not tranche.residual)
        self.facility_index = {facility.name: i for i, facility in enumerate(deal.facility)}
        self.hedge_index = {hedge.name: i for i, hedge in enumerate(deal.hedge)}
        self.lines = {name: claims.ledger(i) for i, name in enumerate(line_names(deal.ledger))}
        self.ledger_bounds = {
            claim: claims.principal(self.tranche_index[name.partition(".")[2]]) if "." in name else -1
            for name, claim in self.lines.items()
        }

    def pots(self, name: str) -> Pots:
        """The pots that a fund or an account is."""
        funds = {"available": (INTEREST, PRINCIPAL), "interest": (INTEREST,), "principal": (PRINCIPAL,)}
        inside = 2 + len(self.account_index)
        if name in self.facility_index:
            return (inside + self.facility_index[name],)
        if name in self.hedge_index:
            return (inside + len(self.facility_index) + self.hedge_index[name],)
        return funds.get(name) or (2 + self.account_index[name],)

    def claim(self, verb: str, name: str) -> int:
        """The claim that a step of this verb settles, of the fee or the class named."""
        if verb == "pay" and name in self.fee_index:
            return self.claims.fee(self.fee_index[name])
        if verb in ("interest", "accrue"):
            return self.line_index[name]
        if verb in ("pay", "repay"):
            return (self.claims.costs if verb == "pay" else self.claims.drawn)(self.facility_index[name])
        if verb == "swap":
            return self.claims.hedge(self.hedge_index[name])
        tranche = self.tranche_index[name]
        return self.claims.residual(tranche) if verb == "residual" else self.claims.principal(tranche)

    def ledger_lines(self, name: str) -> dict[str, int]:
        """The lines, by name, of a ledger ("pdl": all its classes, as they are debited) or of one class ("pdl.A")."""
        return {line: claim for line, claim in self.lines.items() if line == name or line.startswith(f"{name}.")}

    def members(self, name: str) -> tuple[int, ...]:
        """The tranches that the name of a class or a group stands for, in order."""
        return tuple(self.tranche_index[member] for member in classes_of([name], self.deal.group))

    def regular_lines(self, tranche: int) -> list[int]:
        """The lines of a class's interest, but for what a cap took: that is never counted as unpaid interest."""
        return [line for line in self.claims.lines(tranche) if self.interest_lines[line].carried_from < 0]


def line_names(ledgers: Sequence[Ledger]) -> Iterator[str]:
    """Every line of the deal's ledgers: "pdl.A" of a class, "lent" of a counter."""
    for ledger in ledgers:
        yield from (f"{ledger.name}.{tranche}" for tranche in ledger.tranches) if ledger.tranches else (ledger.name,)
