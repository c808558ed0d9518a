"""What a deal has in hand between steps and dates: balances, cash, what is due and paid."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reference.waterfall.holdings import Holding, Vintages

Table = dict[str, Any]


@dataclass
class Period:
    """One payment date and the collection period it pays."""

    number: int  # from 1
    nominal: dt.date
    paid_on: dt.date
    collected_from: dt.date
    collected_to: dt.date
    months: range  # of the collection, 0 is the first after cut-off
    collection_end: dt.date
    determined_on: dt.date
    recorded_on: dt.date | None


@dataclass
class Today:
    """What is fixed or counted on one payment date."""

    period: Period
    pool: dict[str, float]
    coupon: dict[str, float] = field(default_factory=dict)  # by line of interest, as all to `due`
    free: dict[str, float] = field(default_factory=dict)  # before the cap
    base: dict[str, float] = field(default_factory=dict)  # what a class accrues on
    accrued: dict[str, float] = field(default_factory=dict)
    on_shortfall: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    fee_due: dict[str, float] = field(default_factory=dict)  # fees, and what facilities cost
    interest_paid: dict[str, float] = field(default_factory=dict)  # these five: on the last date, until the steps begin
    principal_paid: dict[str, float] = field(default_factory=dict)
    accreted: dict[str, float] = field(default_factory=dict)
    fee_paid: dict[str, float] = field(default_factory=dict)
    step_paid: dict[str, float] = field(default_factory=dict)
    residual_paid: dict[str, float] = field(default_factory=dict)
    written_down: dict[str, float] = field(default_factory=dict)
    written_up: dict[str, float] = field(default_factory=dict)
    into: dict[str, float] = field(default_factory=dict)
    out: dict[str, float] = field(default_factory=dict)
    drawn: dict[str, float] = field(default_factory=dict)  # facilities
    repaid: dict[str, float] = field(default_factory=dict)
    net: dict[str, float] = field(default_factory=dict)  # hedges
    settled: dict[str, tuple[float, ...]] = field(default_factory=dict)  # received and paid
    looked: set[str] = field(default_factory=set)  # functions over dates whose value of today is taken
    released: bool = False  # account targets are 0
    paying: bool = False  # the steps have begun
    last: bool = False  # nothing comes after, but for a call that is not known yet
    sold: bool = False  # the call is exercised
    pool_months: range = range(0)  # of the collection so far
    active: bool = False  # the plan may buy
    bought: float = 0.0
    cost: float = 0.0
    spent_between: list[tuple[str, dt.date, float]] = field(default_factory=list)  # of accounts, on days before the date

    def begin_steps(self) -> None:
        """What was paid is now what is paid today."""
        self.paying = True
        self.interest_paid, self.principal_paid, self.accreted, self.fee_paid, self.step_paid = {}, {}, {}, {}, {}


def interest_lines(tranche: Table) -> Table:
    """A class's own coupon, then its components, then what caps took, each by the name that steps pay."""
    name = tranche["name"]
    lines = {name: tranche.get("coupon", 0.0)}
    lines |= {f"{name}.{part['name']}": part["coupon"] for part in tranche.get("component", ())}
    carried = [line for line, terms in lines.items() if isinstance(terms, dict) and terms.get("carry_over")]
    return lines | {f"{line}.carry_over": lines[line] for line in carried}


class State:
    """A deal in the middle of being paid."""

    def __init__(
        self,
        deal: Table,
        pool_balance: float,
        months: dict[str, list[float]],
        said: Table | None = None,
        speeds: dict[str, list[list[float]]] | None = None,
        vintages: Vintages | None = None,
        holdings: list[Holding] | None = None,
    ) -> None:
        self.deal = deal
        self.said = said or {}  # the table of the scenario
        self.months = months
        self.cutoff_balance = pool_balance
        self.initial = deal["pool"].get("initial_balance", pool_balance)
        self.defaults = deal["pool"].get("cumulative_default", 0.0)
        self.losses = deal["pool"].get("cumulative_loss", 0.0)
        self.tranches = {t["name"]: t for t in deal["tranche"]}
        self.notes = [t["name"] for t in deal["tranche"] if not t.get("residual")]
        self.fees = {f["name"]: f for f in deal.get("fee", [])}
        self.accounts = {a["name"]: a for a in deal.get("account", [])}
        self.triggers = {t["name"]: t for t in deal.get("trigger", [])}
        self.define = deal.get("define", {})
        self.balance = {name: self.size(t) for name, t in self.tranches.items()}
        self.original = {name: t.get("initial_balance", self.balance[name]) for name, t in self.tranches.items()}
        self.lines: Table = {}  # the coupon of each line of interest
        self.class_of: dict[str, str] = {}
        for name, t in self.tranches.items():
            lines = interest_lines(t)
            self.lines |= lines
            self.class_of |= dict.fromkeys(lines, name)
        self.arrears = dict.fromkeys(self.lines, 0.0)
        self.arrears |= {name: t.get("unpaid_interest", 0.0) for name, t in self.tranches.items()}
        self.groups = {g["name"]: g for g in deal.get("group", [])}
        self.schedules = {s["name"]: s for s in deal.get("schedule", [])}
        self.speeds = speeds or {}  # of each derived schedule, the pool's principal by month at each of its speeds
        self.ranks: dict[str, int] = {}
        self.plans: dict[str, list[float]] = {}
        self.facilities = {f["name"]: f for f in deal.get("facility", [])}
        self.drawn = dict.fromkeys(self.facilities, 0.0)
        self.hedges = {h["name"]: h for h in deal.get("hedge", [])}
        self.not_received, self.not_paid = dict.fromkeys(self.hedges, 0.0), dict.fromkeys(self.hedges, 0.0)
        self.fee_arrears = dict.fromkeys([*self.fees, *self.facilities], 0.0)
        self.accruing = dict.fromkeys(self.fees, 0.0)  # by a rate since it was last due
        self.cash = {"interest": 0.0, "principal": 0.0} | {
            name: self.said_of(a, "account", "initial") for name, a in self.accounts.items()
        }
        self.ledgers = {ledger["name"]: dict.fromkeys(ledger.get("tranches", [""]), 0.0) for ledger in deal.get("ledger", [])}
        self.rounded_off = dict.fromkeys(self.lines, 0.0)  # interest below a cent a note
        self.written_off = dict.fromkeys(self.tranches, 0.0)
        self.holds = dict.fromkeys(self.triggers, False)
        self.acting = self.holds  # those whose effects act
        self.emptied: set[str] = set()  # accounts released or swept before the steps
        self.clean = dict.fromkeys(self.triggers, 0)
        self.vintages = vintages  # what may be bought
        self.holdings = list(holdings or ())  # the pool's loans and what was bought, one by one, where limits look at them
        self.limits = deal.get("revolving", {}).get("limit", [])
        self.cuts = [0.0] * len(self.limits)  # by each limit since the last date
        self.bought = self.idle_cash = self.shortfall = 0.0
        self.later: list[tuple[int, str, float]] = []  # balances bought, and in which month
        self.for_sale: list[float] = []  # of each line
        self.offered = (0, 0)  # the months, after the first up to the last, whose supply is for sale
        self.is_fresh = True  # nobody bought of it yet
        self.offered_on = dt.date.min  # the day that supply by formula was worked out on
        self.kept: dict[str, float] = {}  # targets and defined terms as the last date left them
        self.history: dict[str, list[float]] = {}
        self.dust = 1e-11 * self.initial  # what is owed below this is rounding
        self.periods = self.calendar()
        self.before = Today(self.periods[0], {})

    def cents(self, who: str, amount: float) -> float:
        """The whole cents a note of a class in an amount, where the deal asks for them."""
        cent = self.deal["deal"].get("round_payments", 0.0) / self.deal["deal"].get("face", 100.0) * self.original[who]
        return min(amount, math.floor(amount / cent + 1e-9) * cent) if cent else amount

    def payment(self, who: str, amount: float, owed: float, today: Today) -> float:
        """What is paid of an amount: whole cents a note, but all of what settles the debt or is paid on the last date."""
        return amount if today.last or amount >= owed - self.dust else self.cents(who, amount)

    def beyond_rounding(self, amount: float) -> float:
        """What is owed, 0 where it is rounding."""
        return amount if amount >= self.dust else 0.0

    def size(self, tranche: Table, *, in_scenario: bool = True) -> float:
        """A class's balance at closing, in this scenario or (as planned balances have it) the base case."""
        key = "balance" if "balance" in tranche else "share"
        amount = self.said_of(tranche, "tranche", key) if in_scenario else float(tranche[key])
        if key == "balance":
            return amount
        exact = amount * self.cutoff_balance
        to = tranche.get("round_to")
        return math.floor(exact / to + 1e-9) * to if to else exact

    def said_of(self, table: Table, kind: str, key: str) -> float:
        """What a deal starts with, or what its scenario sets in place of it."""
        return float(self.said.get("set", {}).get(f"{kind}.{table['name']}.{key}", table.get(key, 0.0)))
