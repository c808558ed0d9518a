"""What everybody in the deal is paid, date by date, and the ledger of how.

Shapes: S scenarios, P payment dates. Amounts in currency units. Dates after a scenario's last one hold zeros.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.revolving import Limit
from abs_waterfall.waterfall.sums import nothing


@record
class LineFlows:
    """One line of a class's interest: its coupon ("A"), a component ("A.senior"), or what a cap took ("A.carry_over").

    Unpaid before + accrued + on_shortfall = due = paid + added to the balance + unpaid.
    """

    coupon: Floats  # (S, P) the rate of the period that ends on the date
    accrued: Floats  # (S, P) this period's
    on_shortfall: Floats  # (S, P) this period's, on what was unpaid
    due: Floats  # (S, P)
    paid: Floats  # (S, P)
    unpaid: Floats  # (S, P) after the date


@record
class TrancheFlows:
    """One class; opening + accreted + write_up - principal - write_down = closing. Interest is of all its lines together."""

    opening_balance: Floats  # (S, P)
    interest_accrued: Floats  # (S, P) this period's, on the balance
    interest_on_shortfall: Floats  # (S, P) this period's, on arrears
    interest_due: Floats  # (S, P) with arrears
    interest: Floats  # (S, P) paid
    accreted: Floats  # (S, P) interest added to the balance
    interest_shortfall: Floats  # (S, P) unpaid after the date
    principal: Floats  # (S, P) paid
    write_down: Floats  # (S, P) taken off the balance, not paid
    write_up: Floats  # (S, P) of what was written down
    residual: Floats  # (S, P) paid by the residual step, beside interest and principal
    closing_balance: Floats  # (S, P)
    coupon: Floats  # (S, P) the rate of the period that ends on the date, components together, what a cap took left out
    interest_base: Floats  # (S, P) what it accrued on
    lines: dict[str, LineFlows]  # the class's own, then components and what caps took

    @property
    def written(self) -> bool:
        """Whether anything is written down or up."""
        return any(not nothing(written) and bool(written.any()) for written in (self.write_down, self.write_up))


@record
class AccountFlows:
    """One account; opening + into - out = closing. What it earned is credited to interest funds."""

    opening_balance: Floats  # (S, P)
    into: Floats  # (S, P)
    out: Floats  # (S, P)
    earned: Floats  # (S, P)
    closing_balance: Floats  # (S, P)


@record
class FeeFlows:
    """One fee; due holds what was unpaid before."""

    due: Floats  # (S, P)
    paid: Floats  # (S, P)
    unpaid: Floats  # (S, P)


@record
class ScheduleFlows:
    """One schedule: what its classes should have left, and what they have."""

    planned_balance: Floats  # (S, P) the same in every scenario, 0 after its last date
    balance: Floats  # (S, P)


@record
class LedgerFlows:
    """One ledger, or one class's line of it; opening + debited - cured = closing."""

    opening_balance: Floats  # (S, P)
    debited: Floats  # (S, P)
    cured: Floats  # (S, P) by cash that moved from one fund to another
    closing_balance: Floats  # (S, P)


@record
class FacilityFlows:
    """One facility; opening + drawn - repaid = closing, and due = paid + unpaid of interest and commitment fee."""

    opening_balance: Floats  # (S, P) drawn before
    drawn: Floats  # (S, P)
    repaid: Floats  # (S, P)
    closing_balance: Floats  # (S, P) where it is never owed back: drawn to date
    undrawn: Floats  # (S, P) what may still be drawn after the date
    due: Floats  # (S, P) interest and fee, with what was unpaid before
    paid: Floats  # (S, P)
    unpaid: Floats  # (S, P)


@record
class HedgeFlows:
    """One swap, cap or floor; net to date = received - paid to date + not received - unpaid."""

    net: Floats  # (S, P) of the date, to the issuer
    received: Floats  # (S, P)
    paid: Floats  # (S, P)
    not_received: Floats  # (S, P) what the counterparty owes after the date
    unpaid: Floats  # (S, P) what the issuer owes after the date


@record
class TriggerFlows:
    """One trigger: its condition as tested on the date, and whether it holds after the test."""

    breached: Bools  # (S, P)
    active: Bools  # (S, P)
    tested: Bools  # (S, P) false before it may be tested and after the last date
    when: str  # the condition's text
    measure: Floats | None  # (S, P) left side of a plain comparison, or of the one with `threshold`; NaN where not tested
    threshold: Floats | None  # (S, P) right side
    fired: Bools | None = None  # (S, P) by hand, in the scenario
    above: bool = True  # breached where the measure is above the threshold

    @property
    def headroom(self) -> Floats | None:
        """(S, P) how far the measure is from the threshold; negative where breached."""
        if self.measure is None or self.threshold is None:
            return None
        return self.threshold - self.measure if self.above else self.measure - self.threshold


@record
class LedgerLine:
    """One line of one mode's waterfall for one payee: the trail of a step.

    `due` is what the payee was owed (or the account lacked) when the step came, `paid` what it got, `left` the cash
    left in the step's source after it. All are 0 where the mode or the condition did not hold; `ran` says where it did.
    """

    mode: str
    step: int  # index in the mode's list; -1 for what happens before the steps (release, call) or after them (defer)
    verb: str
    payee: str
    source: str
    name: str  # the step's name, or ""
    condition: str  # the step's `when`, or ""
    due: Floats  # (S, P)
    paid: Floats  # (S, P)
    left: Floats  # (S, P)
    ran: Bools  # (S, P)


@dataclass(frozen=True, slots=True)
class Check:
    """A built-in check: the worst miss over all scenarios, in currency units, against the tolerance."""

    name: str
    worst: float
    ok: bool
    scenario: str = ""  # where the worst miss is
    date: dt.date | None = None


@record
class Funds:
    """The cash that comes in on each date, and what is left after it. `pool_balance` is at the end of the period."""

    interest: Floats  # (S, P) collected into interest funds, account income included
    principal: Floats  # (S, P) collected into principal funds
    call_amount: Floats  # (S, P) paid for the pool where the call is exercised
    added_interest: Floats  # (S, P) put into the fund by the call and the steps
    added_principal: Floats  # (S, P)
    spent_interest: Floats  # (S, P) taken out of it by steps and monthly purchases
    spent_principal: Floats  # (S, P)
    opening_interest: Floats  # (S, P) what the last date left in the fund
    opening_principal: Floats  # (S, P)
    unspent_interest: Floats  # (S, P) left in the fund after the date
    unspent_principal: Floats  # (S, P)


@record
class LimitFlows:
    """Where the pool stands to a limit on purchases, after each date."""

    limit: Limit
    value: Floats  # (S, P) the largest share, or the mean; NaN of no pool
    headroom: Floats  # (S, P) to the limit; below 0 past it
    cut: Floats  # (S, P) balance that was not bought for it, since the last date
    largest: Ints  # (S, P) index into names of the largest share, -1 for a mean
    names: tuple[str, ...]  # what shares are of


@record
class PurchaseFlows:
    """What a plan buys, date by date; monthly purchases are in the date after them."""

    active: Bools  # (S, P) loans may be bought on the date
    bought: Floats  # (S, P) balance
    cost: Floats  # (S, P) cash paid for it
    idle_cash: Floats  # (S, P) that the last purchase was to spend and could not
    shortfall: Floats  # (S, P) balance that the last purchase wanted and did not get
    collateral: CollateralCashflows  # of the pool with all that was bought
    carried: Floats  # (S,) of it bought before the run, by a deal that goes on from a state
    limits: tuple[LimitFlows, ...] = ()  # as the deal lists them


@record
class DealCashflows:
    """A deal run over its scenarios, as the call's `assume` says (`wal` and `wal_to_call` need both: see `Result`)."""

    scenarios: tuple[str, ...]  # (S,)
    dates: tuple[dt.date, ...]  # (P,) payment dates, adjusted to business days
    nominal_dates: tuple[dt.date, ...]  # (P,) before adjustment
    collection_ends: tuple[dt.date, ...]  # (P,)
    last_period: Ints  # (S,) index of the scenario's last payment date
    call_period: Ints  # (S,) index of the date the call is exercised, -1 where it is not
    pool_balance: Floats  # (S, P) end of the collection period, 0 once called
    pool_factor: Floats  # (S, P)
    cumulative_default_rate: Floats  # (S, P)
    cumulative_loss_rate: Floats  # (S, P)
    excess_spread: Floats  # (S, P) interest less fees and note interest due, a year, of the pool's opening balance
    funds: Funds
    tranches: dict[str, TrancheFlows]
    accounts: dict[str, AccountFlows]
    fees: dict[str, FeeFlows]
    triggers: dict[str, TriggerFlows]
    schedules: dict[str, ScheduleFlows]
    modes: tuple[str, ...]
    mode: Ints  # (S, P) index into modes
    ledger: tuple[LedgerLine, ...]
    undistributed: Floats  # (S,) cash left after the last date
    lost_recoveries: Floats  # (S,) that arrive after the last date
    checks: tuple[Check, ...]
    determination_dates: tuple[dt.date, ...] = ()  # (P,) the payment dates where no lag is said
    record_dates: tuple[dt.date, ...] = ()  # (P,) or none, where no lag is said
    accrual_ends: tuple[dt.date, ...] = ()  # (P,) of a class that accrues as the deal does
    published_to: int | None = None  # the last year whose holidays are known
    facilities: dict[str, FacilityFlows] = field(default_factory=dict)
    hedges: dict[str, HedgeFlows] = field(default_factory=dict)
    ledgers: dict[str, LedgerFlows] = field(default_factory=dict)  # "pdl" and, of its classes, "pdl.A"
    purchases: PurchaseFlows | None = None  # of a deal that revolves
    past: int = 0  # payment dates before the first of these, of a deal with [state]
    paid_before: dt.date | None = None  # the last of them
    nominal_before: dt.date | None = None  # before adjustment

    def numbers(self, dates: int) -> list[int]:
        """The numbers of the first payment dates, counted from closing."""
        return [self.past + n for n in range(1, dates + 1)]
