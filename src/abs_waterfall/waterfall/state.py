"""The state of a run on one payment date, and the one gate through which cash moves.

Shapes: R rows, a row a scenario (twice where a deal is run both to maturity and to its call). Amounts in currency units.

Cash sits in pots: the interest fund, the principal fund, the accounts; then, outside, what may be drawn under each
facility and what each hedge is to pay. What is owed are claims: each tranche's interest on each of its lines (its own
first, one a tranche), each tranche's principal (its balance), each fee, each tranche's residual (without limit), each
line of a ledger (what was debited and is not cured), what is drawn under each facility, its costs, and what is owed to
hedges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.formulas import Node
from abs_waterfall.waterfall.sums import where

INTEREST, PRINCIPAL = 0, 1  # the two funds, as pots
DUST_SHARE = 1e-11  # of the pool's initial balance: what is owed below this is rounding
Pots: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Claims:
    """Where each thing owed stands among the claims."""

    tranches: int
    fees: int
    ledger_lines: int = 0
    beside: tuple[int, ...] = ()  # the tranche of each line of interest beside a tranche's own
    facilities: int = 0
    hedges: int = 0

    def interest(self, tranche: int) -> int:
        """Interest of a tranche, on its own line."""
        return tranche

    def lines(self, tranche: int) -> list[int]:
        """Interest of a tranche, on all its lines."""
        return [tranche, *(self.tranches + i for i, of in enumerate(self.beside) if of == tranche)]

    def tranche_of(self, interest: int) -> int:
        """The tranche whose interest a claim is."""
        return interest if interest < self.tranches else self.beside[interest - self.tranches]

    def principal(self, tranche: int) -> int:
        """Balance of a tranche."""
        return self.tranches + len(self.beside) + tranche

    def fee(self, fee: int) -> int:
        """A fee."""
        return self.principal(self.tranches) + fee

    def residual(self, tranche: int) -> int:
        """The residual of a tranche: a claim without limit."""
        return self.fee(self.fees) + tranche

    def ledger(self, line: int) -> int:
        """A line of a ledger: a class's part, or a counter."""
        return self.residual(self.tranches) + line

    @property
    def count(self) -> int:
        """How many there are."""
        return self.hedge(self.hedges)

    def drawn(self, facility: int) -> int:
        """What is drawn under a facility."""
        return self.ledger(self.ledger_lines) + facility

    def costs(self, facility: int) -> int:
        """Interest and commitment fee of a facility."""
        return self.drawn(self.facilities) + facility

    def hedge(self, hedge: int) -> int:
        """What the issuer owes under a hedge."""
        return self.costs(self.facilities) + hedge

    def tranche_paid(self, claim: int) -> int:
        """The tranche that a claim is of: its interest, principal or residual; -1 of other claims."""
        if claim < self.principal(0):
            return self.tranche_of(claim)
        for first in (self.principal(0), self.residual(0)):
            if first <= claim < first + self.tranches:
                return claim - first
        return -1

    @property
    def interests(self) -> slice:
        """All lines of all tranches' interest."""
        return slice(0, self.principal(0))

    @property
    def balances(self) -> slice:
        """All tranches' balances."""
        return slice(self.principal(0), self.fee(0))

    @property
    def fees_due(self) -> slice:
        """All fees."""
        return slice(self.fee(0), self.residual(0))

    @property
    def residuals(self) -> slice:
        """All tranches' residuals."""
        return slice(self.residual(0), self.ledger(0))


@dataclass(slots=True)
class State:
    """Everything that changes as a deal pays. Formulas read it; only `move` and the start of a date write it."""

    claims: Claims
    dust: float  # what is owed below this is rounding, and 0
    pays: Callable[..., Floats] | None  # `pay_claim`, compiled, where there are many rows
    inside: int  # pots of the issuer's own; after them, facilities (what may be drawn) and hedges (what is to be received)
    cent: float  # payments of a class are whole multiples of this share of its balance at closing; 0: of nothing
    net: Floats  # (hedges, R) of today, to the issuer
    cash: Floats  # (pots, R)
    into: Floats  # (pots, R) moved in today
    out: Floats  # (pots, R) moved out today
    owed: Floats  # (claims, R) due and unpaid, now
    initials: Floats  # (tranches, R) balances at closing
    due: Floats  # (claims, R) due today, arrears included; of balances: before the steps
    paid: Floats  # (claims, R) today; before the steps: on the last date
    accruing: Floats  # (fees, R) of fees that fall due more rarely than they accrue: not due yet
    rounded_off: Floats  # (lines, R) interest accrued that is no whole cent a note, and so not due yet
    shortfall: Floats  # (lines, R) interest due and unpaid; before the steps: after the last date
    accreted: Floats  # (tranches, R) interest added to the balance, like `paid`
    raised: Floats  # (claims, R) what is owed that rose today without cash: debits, write-ups
    lowered: Floats  # (claims, R) and fell: write-downs
    written_off: Floats  # (tranches, R) written down and not up again, since closing
    step_paid: Floats  # (named steps, R) what each named step moved
    holding: Bools  # (triggers, R)
    acting: Bools  # (triggers, R) those whose mode and effects act: of one tested after the steps from the next date on
    clean: Ints  # (triggers, R) dates in a row without a breach
    final: Bools  # (R,) today is the last date
    released: Bools  # (R,) the last date, or every note is paid: all accounts are emptied and nothing is trapped
    emptied: Bools  # (accounts, R) the target is 0, the cash was released or swept before the steps
    last_values: dict[str, Floats]  # of targets and terms that triggers may keep from falling, on the last date
    spent: Floats  # (R,) on new loans, today
    revolving: Bools  # (R,) loans may be bought now
    pool: dict[str, Floats]  # today's pool values by name, each (R,)
    segments: dict[str, Floats]  # today's balance by segment
    planned: Floats  # (schedules,) planned balances after today
    indices: dict[str, Floats]  # by name, as read when the period that ends today began
    coupons: Floats  # (lines, R) rates of the period that ends today
    opening_means: dict[str, Floats]  # the period's mean opening balance, by the fees' day count
    history: dict[Node, Floats]  # (P, R) of each formula that looks back, by its operand
    period: int  # index of the payment date
    date: int  # its ordinal
    months: int  # whole months since closing

    @property
    def rows(self) -> int:
        """R."""
        return int(self.cash.shape[1])

    @property
    def held(self) -> Floats:
        """(funds and accounts, R) the issuer's own cash."""
        return self.cash[: self.inside]

    def funds(self, pots: Pots) -> Floats:
        """(R,) cash in some pots together."""
        cash: Floats = self.cash[pots[0]]
        for pot in pots[1:]:
            cash = cash + self.cash[pot]
        return cash


def take(state: State, source: Pots, want: Floats, mask: Bools) -> Floats:
    """Take cash out of pots in order; what is wanted clipped to what is there and to 0. Gives what was taken."""
    taken = np.minimum(want, state.funds(source))
    taken = where(mask, np.maximum(taken, 0.0, out=taken))
    if len(source) == 1:
        return take_out(state, source[0], taken)
    left = taken.copy()
    for pot in source:
        left -= take_out(state, pot, np.minimum(left, state.cash[pot]))
    return np.subtract(taken, left, out=left)  # two pots may hold an ulp less than their sum


def take_out(state: State, pot: int, amount: Floats) -> Floats:
    """Take an amount, at most what is there, out of one pot; what is drawn under a facility is owed. Gives it."""
    state.cash[pot] -= amount
    state.out[pot] += amount
    if state.inside <= pot < state.inside + state.claims.facilities:
        state.owed[state.claims.drawn(pot - state.inside)] += amount
    return amount


def move(state: State, source: Pots, want: Floats, mask: Bools, *, claim: int | None = None, pot: int | None = None) -> Floats:
    """The gate: cash from pots to a claim, at most what is owed, or into a pot, or both (a cure). Gives what moved, (R,)."""
    if state.pays is not None and claim is not None and pot is None and one_pass(state, source):
        pots = source[0], source[1] if len(source) > 1 else -1
        return state.pays(state.cash, state.out, state.owed, state.paid, pots, claim, want, mask, state.dust)
    moved = take(state, source, want if claim is None else payable(state, source, want, claim), mask)
    if pot is not None:
        state.cash[pot] += moved
        state.into[pot] += moved
    if claim is not None:
        state.owed[claim] -= moved
        clear_dust(state, state.owed[claim], mask)
        state.paid[claim] += moved
    return moved


def one_pass(state: State, source: Pots) -> bool:
    """Whether `pay_claim` can stand for the gate: from one or two of the issuer's own pots, payments not rounded."""
    return not state.cent and len(source) <= 2 and max(source) < state.inside


def payable(state: State, source: Pots, want: Floats, claim: int) -> Floats:
    """What of a wanted payment is owed and, of a class, whole cents a note: all where it settles the claim, or is the last."""
    want = np.minimum(want, state.owed[claim])
    tranche = state.claims.tranche_paid(claim) if state.cent else -1
    if tranche < 0:
        return want
    there = np.minimum(want, state.funds(source))
    whole, _ = whole_cents(there, state.initials[tranche] * state.cent)
    return np.where(state.final | (there >= state.owed[claim] - state.dust), there, whole)


def whole_cents(amount: Floats, cent: Floats) -> tuple[Floats, Floats]:
    """The whole multiples of a cent in an amount, and the rest; all of it where the cent is 0, a class without a balance."""
    count = np.floor(np.divide(amount, cent, out=np.zeros_like(amount), where=cent > 0) + 1e-9)
    whole = np.where(cent > 0, np.minimum(count * cent, amount), amount)
    return whole, amount - whole


def clear_dust(state: State, amount: Floats, mask: Bools) -> None:
    """Make an amount 0 where it is rounding: no condition on what is left may turn on the last bits of a sum."""
    small = amount < state.dust
    if np.count_nonzero(small):
        amount[mask & small] = 0.0


def beyond_dust(state: State, amount: Floats, mask: Bools) -> Floats:
    """An amount, 0 where it is rounding."""
    cleared = amount.copy()
    clear_dust(state, cleared, mask)
    return cleared


def raise_claim(state: State, claim: int, want: Floats, mask: Bools) -> Floats:
    """A gate where no cash moves: what is owed on a claim rises. Gives the amount, (R,)."""
    amount = where(mask, np.maximum(want, 0.0))
    state.owed[claim] = beyond_dust(state, state.owed[claim] + amount, mask)
    state.raised[claim] += amount
    return amount


def lower_claim(state: State, claim: int, want: Floats, mask: Bools) -> Floats:
    """A gate where no cash moves: what is owed on a claim falls, to 0 at most. Gives the amount, (R,)."""
    amount = where(mask, np.maximum(np.minimum(want, state.owed[claim]), 0.0))
    state.owed[claim] = beyond_dust(state, state.owed[claim] - amount, mask)
    state.lowered[claim] += amount
    return amount


def spend(state: State, source: Pots, want: Floats, mask: Bools) -> Floats:
    """The gate where cash leaves to the seller of new loans. Gives the amount, (R,)."""
    spent = take(state, source, want, mask)
    state.spent += spent
    return spent


def accrete(state: State, interest: int, want: Floats, mask: Bools) -> Floats:
    """The gate's twin where no cash moves: interest due joins its tranche's balance. Gives the amount, (R,)."""
    tranche = state.claims.tranche_of(interest)
    principal = state.claims.principal(tranche)
    due = beyond_dust(state, state.owed[interest], mask)
    amount = where(mask, np.maximum(np.minimum(want, due), 0.0))
    state.owed[interest] = beyond_dust(state, due - amount, mask)
    state.owed[principal] = beyond_dust(state, state.owed[principal] + amount, mask)
    state.accreted[tranche] += amount
    return amount
