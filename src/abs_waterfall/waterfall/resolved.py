"""The deal as it runs: names are indices, formulas functions, sizes amounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from abs_waterfall.arrays import Floats, record
from abs_waterfall.deal.model import Deal
from abs_waterfall.formulas import Lookback, Node, Value
from abs_waterfall.waterfall.coupons import Line
from abs_waterfall.waterfall.effects import Effects
from abs_waterfall.waterfall.purchases import ResolvedRevolving
from abs_waterfall.waterfall.reading import Sides
from abs_waterfall.waterfall.state import Claims, Pots, State

Computed: TypeAlias = Callable[[State], Value]
TO_CLAIMS: Final = frozenset({"pay", "interest", "principal", "residual", "cure", "repay", "swap"})
"""Verbs whose payees are claims that they pay."""


@dataclass(frozen=True, slots=True)
class Block:
    """The payees of a step that one name of it stands for: a class alone, or those of a group in its order."""

    rows: slice
    split: str


@record
class ResolvedStep:
    """One step of one mode: what it pays, out of which pots, if and up to what."""

    mode: int
    index: int  # in the mode's list
    verb: str
    payees: tuple[int, ...]  # claims; pots for draw, fill; the target of a transfer
    payee_names: tuple[str, ...]
    blocks: tuple[Block, ...]  # empty where the step names no group
    bounds: tuple[int, ...]  # of a debit: the claim that each payee cannot exceed, -1 where it may be any amount
    source: Pots
    source_name: str
    support: Pots
    support_names: tuple[str, ...]
    when: Computed | None
    amount: Computed | None
    split: str
    weights: Floats | None  # (payees, 1), or a weight a block
    targets: tuple[Computed, ...] | None
    to: int  # the pot that a draw goes to
    name: str
    slot: int  # index among the named steps, -1 where it has no name
    condition: str  # as written
    place: str


@dataclass(frozen=True, slots=True)
class ResolvedTrigger:
    """A trigger ready to be tested."""

    name: str
    when: Computed
    sides: Sides | None  # of a plain comparison, or of the one with `threshold`
    mode: int  # -1: a flag
    phase: str
    before: bool
    first: int  # index of the first date it is tested
    from_day: int  # ordinal of the day from which its threshold is stated
    days: tuple[dt.date, ...]  # stated days it is tested on: each the first payment date on or after; () for every date
    months: tuple[int, ...]  # calendar months it is tested in; () for every month
    cure: int
    today_only: bool
    text: str


@dataclass(frozen=True, slots=True)
class Legs:
    """A hedge: its notional, and the rate a year that the issuer receives net."""

    notional: Computed
    rate: Computed


@record
class ResolvedDeal:
    """Everything a run needs of the deal but its calendar and its pool."""

    deal: Deal
    claims: Claims
    sizes: Floats  # (N, S) tranche balances when the run starts
    initials: Floats  # (N, S) at closing
    notes: tuple[int, ...]  # tranches that are not residual
    scheduled: tuple[tuple[int, ...], ...]  # the tranches of each schedule
    planned_from: tuple[float, ...]  # the balance each schedule starts at
    accounts: tuple[str, ...]
    target_now: Callable[[int, State], Floats]  # of an account
    lines: tuple[Line, ...]  # as the claims of interest
    coupons: tuple[tuple[Computed, Computed] | None, ...]  # of each line: the coupon and the coupon before its cap, if formulas
    interest_on: tuple[Computed | None, ...]  # of each tranche: what interest accrues on, if not on the balance
    deferred: tuple[int, ...]  # lines whose unpaid interest joins the balance
    due_order: tuple[tuple[str, int], ...]  # of all that falls due, each after what its formulas read of others
    excess_spread: Callable[[State], Floats]
    fee_amounts: tuple[Computed, ...]  # a base or an amount
    triggers: tuple[ResolvedTrigger, ...]
    effects: Effects
    call_when: Computed | None
    call_amount: Computed | None
    modes: tuple[str, ...]
    starts_in: int
    steps: tuple[ResolvedStep, ...]
    step_names: tuple[str, ...]
    ledger_lines: Callable[[str], dict[str, int]]  # claims of a ledger, by line
    undrawn: Callable[[int, State], Floats]  # under a facility, now
    other_dues: tuple[int, ...]  # claims that a call pays beside notes and fees
    hedges: tuple[Legs, ...]
    facility_rates: tuple[Computed, ...]
    writes: bool  # whether any step changes what is owed without cash
    histories: tuple[tuple[Node, Computed], ...]  # inner ones first
    lookbacks: frozenset[Lookback]
    read_node: Callable[[str, str], Node]  # a formula at a place, its defined terms spelled out
    stopped: tuple[tuple[str, Computed], ...]  # targets and terms that triggers may keep from falling
    segments: frozenset[str]  # those whose balance a formula reads
    revolving: ResolvedRevolving | None = None

    @property
    def accretes(self) -> bool:
        """Whether interest may ever join a balance."""
        return bool(self.deferred) or any(step.verb == "accrue" for step in self.steps)

    @property
    def accruing(self) -> list[int]:
        """The lines that interest accrues on."""
        return [i for i, line in enumerate(self.lines) if line.coupon is not None]

    def interest_on_shortfall(self, line: int) -> float | Literal["coupon"] | None:
        """What interest on the arrears of a line accrues at."""
        return self.deal.tranche[self.lines[line].tranche].interest_on_shortfall

    @property
    def paid_by_steps(self) -> set[int]:
        """The claims that cash may go to."""
        return {claim for step in self.steps if step.verb in TO_CLAIMS for claim in step.payees}

    def look_back(self, state: State) -> None:
        """Take today's values of what formulas look back on."""
        for operand, formula in self.histories:
            state.history[operand][state.period] = formula(state)
