"""The ledger: every step of every payment date, payee by payee. L lines, P dates, R rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.waterfall.cashflows import LedgerLine
from abs_waterfall.waterfall.effects import Trap
from abs_waterfall.waterfall.resolved import ResolvedDeal, ResolvedStep
from abs_waterfall.waterfall.state import State


class Ledger:
    """Filled as a deal runs; `lines` gives it to readers. Where nobody reads it, nothing is kept."""

    def __init__(self, deal: ResolvedDeal, periods: int, rows: int, *, kept: bool) -> None:
        self.deal = deal
        self.kept = kept
        self.first: dict[str, int] = {}  # of a step's lines, by its place
        count = len(deal.accounts)  # a release a date an account comes first, then the purchases between dates
        count += deal.revolving is not None and deal.revolving.monthly
        for step in deal.steps:
            self.first[step.place] = count
            count += len(step.payees) * (1 + len(step.support)) + len(self.traps(step))
        self.deferrals = count  # then, a line of interest a line, what joins a balance after the steps
        count = count + len(deal.deferred) if kept else 0
        self.due = np.zeros((count, periods, rows))
        self.paid = np.zeros((count, periods, rows))
        self.left = np.zeros((count, periods, rows))
        self.ran = np.zeros((count, periods, rows), dtype=np.bool_)

    def write(self, step: ResolvedStep, line: int, state: State, mask: Bools, due: Floats, paid: Floats, left: Floats) -> None:
        """Record what a payee of a step wanted and got, and what is left in its source."""
        self.write_line(self.first[step.place] + line, state.period, mask, due, paid, left)

    def write_line(self, line: int, period: int, mask: Bools, due: Floats, paid: Floats, left: Floats) -> None:
        """Record one line, in the rows of the mask."""
        if not self.kept:
            return
        self.due[line, period] = np.where(mask, due, self.due[line, period])
        self.paid[line, period] += paid
        self.left[line, period] = np.where(mask, left, self.left[line, period])
        self.ran[line, period] |= mask

    def lines(self, rows: Sequence[int]) -> tuple[LedgerLine, ...]:
        """The ledger of some rows, line by line; no line where none is kept."""
        return tuple(self.line(i, where, list(rows)) for i, where in enumerate(self.headings())) if self.kept else ()

    def line(self, i: int, heading: tuple[str, int, str, str, str, str, str], rows: list[int]) -> LedgerLine:
        """One line with its heading."""
        due, paid, left, ran = (np.ascontiguousarray(array[i][:, rows].T) for array in (self.due, self.paid, self.left, self.ran))
        return LedgerLine(*heading, due=due, paid=paid, left=left, ran=ran)

    def traps(self, step: ResolvedStep) -> tuple[Trap, ...]:
        """What may keep a step from paying: of a residual step, the traps of triggers."""
        return self.deal.effects.traps if step.verb == "residual" else ()

    def called(self, source: str) -> str:
        """What a source outside the issuer's own cash is called; an account by its name."""
        outside = {**dict.fromkeys((f.name for f in self.deal.deal.facility), "facility")}
        outside |= dict.fromkeys((hedge.name for hedge in self.deal.deal.hedge), "hedge")
        return f"{outside[source]} {source}" if source in outside else source

    def headings(self) -> Iterator[tuple[str, int, str, str, str, str, str]]:
        """Mode, step, verb, payee, source, name and condition of every line."""
        pots = ("interest", "principal", *self.deal.accounts)
        for account in self.deal.accounts:
            yield "", -1, "release", "interest", account, "", ""
        if self.deal.revolving is not None and self.deal.revolving.monthly:
            yield "", -1, "purchase", "pool", self.deal.revolving.terms.source, "", ""
        for step in self.deal.steps:
            mode = self.deal.modes[step.mode]
            for source in (step.source_name, *(self.called(name) for name in step.support_names)):
                for payee in step.payee_names:
                    if step.verb == "swap" and source != step.source_name:
                        yield mode, step.index, "receive", pots[step.to], source, step.name, step.condition
                    elif step.verb == "draw":  # an account is where a draw comes from; it goes to a fund
                        yield mode, step.index, step.verb, pots[step.to], self.called(payee), step.name, step.condition
                    else:
                        yield mode, step.index, step.verb, payee, source, step.name, step.condition
            for trap in self.traps(step):
                yield mode, step.index, "trap", trap.name or step.source_name, step.source_name, step.name, step.condition
        for line in self.deal.deferred:
            yield "", -1, "defer", self.deal.lines[line].name, "interest due", "", ""
