"""The steps of a payment date: one function a verb. Each computes what it wants; `move` alone moves cash.

Shapes: R rows, n payees of a step. Amounts in currency units.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.errors import InputError
from abs_waterfall.waterfall.effects import STAYS, Trap, trapped_by
from abs_waterfall.waterfall.ledger import Ledger
from abs_waterfall.waterfall.purchases import Buying
from abs_waterfall.waterfall.resolved import Block, ResolvedStep
from abs_waterfall.waterfall.state import Pots, State, accrete, beyond_dust, lower_claim, move, raise_claim
from abs_waterfall.waterfall.sums import added, everywhere
from abs_waterfall.waterfall.values import Computed

UNLIMITED = np.array(np.inf)  # of a step without `amount`


def share_out(available: Floats, wants: Floats, weights: Floats | None = None) -> Floats:
    """(n, R): what each payee gets of what is available.

    Pro rata by what each wants; with weights, by them, what one cannot take going to the others.
    """
    if len(wants) == 1:
        return np.minimum(available, wants)
    if weights is None:
        total = added(wants)
        return np.where(available >= total, wants, wants * (available / np.where(total > 0, total, 1.0)))
    given, left = np.zeros_like(wants), available
    for _ in range(len(wants)):
        weight = np.where(wants > given, weights, 0.0)
        total = added(weight)
        share = np.divide(left, total, out=np.zeros_like(total), where=total > 0)
        part = np.minimum(weight * share, wants - given)
        given, left = given + part, left - added(part)
    return given


def in_order(available: Floats, wants: Floats) -> Floats:
    """(n, R): each payee in full before the next gets any."""
    parts, left = np.empty_like(wants), available
    for i, want in enumerate(wants):
        parts[i] = np.minimum(left, want)
        left = left - parts[i]
    return parts


SPLIT: dict[str, Callable[[Floats, Floats], Floats]] = {"sequential": in_order, "pro_rata": share_out}


def by_name(blocks: Sequence[Block], wants: Floats) -> Floats:
    """(names, R): what the payees want, by the names that the step gives them: a group's together."""
    return np.array([added(wants[block.rows]) for block in blocks]) if blocks else wants


def by_payee(blocks: Sequence[Block], parts: Floats, wants: Floats) -> Floats:
    """(n, R): each name's part to its payees, a group's as the group says."""
    if not blocks:
        return parts
    return np.concatenate([SPLIT[block.split](part, wants[block.rows]) for block, part in zip(blocks, parts, strict=True)])


def share_due(blocks: Sequence[Block], available: Floats, wants: Floats) -> Floats:
    """(n, R): what each payee gets of what is available, pro rata by what the step's names want."""
    return by_payee(blocks, share_out(available, by_name(blocks, wants)), wants)


def value_of(formula: Computed, state: State, mask: Bools, place: str, file: str) -> Floats:
    """A formula's value in every row; InputError where it is not finite in a row that matters."""
    value = np.broadcast_to(np.asarray(formula(state), dtype=np.float64), (state.rows,))
    finite = np.isfinite(value)
    if not (everywhere(finite) or finite[mask].all()):
        wrong, date = value[mask & ~np.isfinite(value)][0], dt.date.fromordinal(state.date)
        raise InputError.one(
            f"the formula gives {wrong} on {date}, payment date {state.period + 1}; expected a finite number", place, file
        )
    return value


class Steps:
    """The verbs over one deal's state, with its ledger."""

    def __init__(
        self,
        reading_targets: Callable[[int, State], Floats],
        undrawn: Callable[[int, State], Floats],
        traps: tuple[Trap, ...],
        ledger: Ledger,
        file: str,
    ) -> None:
        self.target_now = reading_targets
        self.undrawn = undrawn
        self.traps = traps
        self.ledger = ledger
        self.file = file
        self.buying: Buying | None = None  # of a deal that revolves

    def run(self, step: ResolvedStep, state: State, mask: Bools) -> None:
        """Run a step in the rows of the mask where its condition holds."""
        if step.when is not None:
            mask = mask & step.when(state)
            if not np.count_nonzero(mask):
                return
        cap = self.cap(step, state, mask)
        paid = VERB[step.verb](self, step, state, mask, cap)
        if step.slot >= 0:
            state.step_paid[step.slot] += paid

    def cap(self, step: ResolvedStep, state: State, mask: Bools) -> Floats:
        """What the step's `amount` allows; no limit without one."""
        if step.amount is None:
            return UNLIMITED
        return np.maximum(value_of(step.amount, state, mask, f"{step.place}.amount", self.file), 0.0)

    # ------------------------------------------------------------------------------------------------------------ verbs

    def settle(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Fees or interest due and unpaid, pro rata; then, from each support in order, what is still short."""
        wants = state.owed[list(step.payees)]
        if cap is not UNLIMITED:
            wants = share_due(step.blocks, cap, wants)
        alone = len(wants) == 1  # the gate clips to what is there
        parts = wants if alone else share_due(step.blocks, state.funds(step.source), wants)
        paid = self.pay_out(step, state, mask, step.source, wants, parts, 0)
        total = added(paid)
        if not step.support:
            return total
        short = wants - paid
        self.refresh(step.support, state, mask)
        for i, pot in enumerate(step.support):
            more = self.pay_out(step, state, mask, (pot,), short, share_due(step.blocks, state.cash[pot], short), i + 1)
            total, short = total + added(more), short - more
        return total

    def principal(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Principal down to 0 or to a target: in order, pro rata by balance or by weights; inside a group as it says."""
        owed = state.owed[list(step.payees)]
        wants = by_name(step.blocks, owed)
        weights = None if step.weights is None else np.broadcast_to(step.weights, wants.shape)
        if step.targets is not None:
            targets = [value_of(t, state, mask, f"{step.place}.targets[{i}]", self.file) for i, t in enumerate(step.targets)]
            wants = np.maximum(wants - np.maximum(targets, 0.0), 0.0)
        share = in_order if step.split == "sequential" else lambda available, wants: share_out(available, wants, weights)
        if cap is not UNLIMITED:
            wants = share(cap, wants)
        parts = share(state.funds(step.source), wants)
        wants, parts = (by_payee(step.blocks, amounts, owed) for amounts in (wants, parts))
        return added(self.pay_out(step, state, mask, step.source, wants, parts, 0))

    def residual(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """All that is left, but where a trigger traps it."""
        want = np.minimum(state.funds(step.source), cap)
        if not self.traps:
            return added(self.pay_out(step, state, mask, step.source, want[None], want[None], 0))
        kept, said = np.zeros(state.rows), trapped_by(state, self.traps)
        free = ~mask | state.released | (said < 0)
        for line, trap in enumerate(self.traps):
            trapped = ~free & (said == line)
            if trapped.any():
                kept = kept + self.trap(step, state, trapped, trap, want, line + 1)
        mask = mask & free
        return kept + added(self.pay_out(step, state, mask, step.source, want[None], want[None], 0))

    def trap(self, step: ResolvedStep, state: State, mask: Bools, trap: Trap, want: Floats, line: int) -> Floats:
        """What a residual step would pay goes into the trap's account, or stays where it is."""
        kept = np.zeros(state.rows) if trap.pot == STAYS else move(state, step.source, want, mask, pot=trap.pot)
        self.ledger.write(step, line, state, mask, want, kept, state.funds(step.source))
        return kept

    def pay_out(
        self, step: ResolvedStep, state: State, mask: Bools, source: Pots, wants: Floats, parts: Floats, support: int
    ) -> Floats:
        """Move each payee's part out of the source, and write it down."""
        paid = np.empty_like(parts)
        for i, claim in enumerate(step.payees):
            paid[i] = move(state, source, parts[i], mask, claim=claim)
            if self.ledger.kept:
                self.ledger.write(step, support * len(step.payees) + i, state, mask, wants[i], paid[i], state.funds(source))
        return paid

    def accrue(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Interest due joins the balance."""
        total = np.zeros(state.rows)
        for i, claim in enumerate(step.payees):
            want = np.minimum(state.owed[claim], cap - total)
            added_on = accrete(state, claim, want, mask)
            total = total + added_on
            self.ledger.write(step, i, state, mask, want, added_on, state.owed[claim])
        return total

    def draw(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Accounts and facilities, in order, into a fund."""
        self.refresh(step.payees, state, mask)
        total = np.zeros(state.rows)
        for i, pot in enumerate(step.payees):
            want = np.minimum(state.cash[pot], cap - total)
            drawn = move(state, (pot,), want, mask, pot=step.to)
            total = total + drawn
            self.ledger.write(step, i, state, mask, want, drawn, state.cash[pot])
        return total

    def fill(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Funds into accounts, in order, each up to its target."""
        total = np.zeros(state.rows)
        for i, pot in enumerate(step.payees):
            lacking = np.maximum(self.target(pot, state, mask) - state.cash[pot], 0.0)
            want = np.minimum(lacking, cap - total)
            filled = move(state, step.source, want, mask, pot=pot)
            total = total + filled
            self.ledger.write(step, i, state, mask, want, filled, state.funds(step.source))
        return total

    def target(self, pot: int, state: State, mask: Bools) -> Floats:
        """An account's target, which must be finite where it is filled."""
        account = pot - 2
        return value_of(lambda now: self.target_now(account, now), state, mask, f"account[{account}].target", self.file)

    def transfer(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Cash from a fund or account to another."""
        want = np.minimum(state.funds(step.source), cap)
        moved = move(state, step.source, want, mask, pot=step.payees[0])
        self.ledger.write(step, 0, state, mask, want, moved, state.funds(step.source))
        return moved

    def purchase(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Cash to the seller, new loans into the pool."""
        want = np.minimum(state.funds(step.source), cap)
        spent = np.zeros(state.rows) if self.buying is None else self.buying.buy_today(state, step.source, want, mask)
        self.ledger.write(step, 0, state, mask, want, spent, state.funds(step.source))
        return spent

    # ----------------------------------------------------------------------------------------------- ledgers and losses

    def debit(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """A ledger's classes, in order, each up to its balance; what exceeds them all is not debited."""
        total = np.zeros(state.rows)
        for i, (line, balance) in enumerate(zip(step.payees, step.bounds, strict=True)):
            room = np.inf if balance < 0 else np.maximum(state.owed[balance] - state.owed[line], 0.0)
            debited = raise_claim(state, line, np.minimum(room, cap - total), mask)
            due = cap - total if i == len(step.payees) - 1 else debited
            total = total + debited
            self.ledger.write(step, i, state, mask, due, debited, state.owed[line])
        return total

    def cure(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Cash from one fund to another, and as much credited to the ledger's classes in order."""
        total = np.zeros(state.rows)
        for i, line in enumerate(step.payees):
            want = np.minimum(state.owed[line], cap - total)
            cured = move(state, step.source, want, mask, claim=line, pot=step.to)
            total = total + cured
            self.ledger.write(step, i, state, mask, want, cured, state.funds(step.source))
        return total

    # ------------------------------------------------------------------------------------------------ facilities, hedges

    def refresh(self, pots: Pots, state: State, mask: Bools) -> None:
        """What may be drawn now under the facilities among some pots."""
        for pot in pots:
            if pot >= state.inside:
                facility = pot - state.inside
                place = f"facility[{facility}].limit"
                state.cash[pot] = value_of(lambda now, f=facility: self.undrawn(f, now), state, mask, place, self.file)  # type: ignore[misc]

    def swap(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """What the counterparty owes comes in, what the issuer owes goes out."""
        (claim,), (pot,) = step.payees, step.support
        receivable, owed = state.cash[pot].copy(), state.owed[claim].copy()
        received = move(state, (pot,), np.minimum(receivable, cap), mask, pot=step.to)
        self.ledger.write(step, 1, state, mask, receivable, received, state.cash[pot])
        paid = move(state, step.source, np.minimum(owed, cap), mask, claim=claim)
        self.ledger.write(step, 0, state, mask, owed, paid, state.funds(step.source))
        return received + paid

    def write_down(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Balances, in order, each to 0 at most."""
        total = np.zeros(state.rows)
        for i, claim in enumerate(step.payees):
            written = lower_claim(state, claim, cap - total, mask)
            due = cap - total if i == len(step.payees) - 1 else written
            tranche = claim - state.claims.principal(0)
            state.written_off[tranche] = beyond_dust(state, state.written_off[tranche] + written, mask)
            total = total + written
            self.ledger.write(step, i, state, mask, due, written, state.owed[claim])
        return total

    def write_up(self, step: ResolvedStep, state: State, mask: Bools, cap: Floats) -> Floats:
        """Balances, in order, each by what was written down at most."""
        total = np.zeros(state.rows)
        for i, claim in enumerate(step.payees):
            tranche = claim - state.claims.principal(0)
            written = raise_claim(state, claim, np.minimum(state.written_off[tranche], cap - total), mask)
            state.written_off[tranche] = beyond_dust(state, state.written_off[tranche] - written, mask)
            total = total + written
            self.ledger.write(step, i, state, mask, written, written, state.owed[claim])
        return total


VERB: dict[str, Callable[[Steps, ResolvedStep, State, Bools, Floats], Floats]] = {
    "pay": Steps.settle,
    "interest": Steps.settle,
    "principal": Steps.principal,
    "residual": Steps.residual,
    "accrue": Steps.accrue,
    "draw": Steps.draw,
    "fill": Steps.fill,
    "transfer": Steps.transfer,
    "debit": Steps.debit,
    "cure": Steps.cure,
    "write_down": Steps.write_down,
    "write_up": Steps.write_up,
    "purchase": Steps.purchase,
    "repay": Steps.principal,
    "swap": Steps.swap,
}
