"""How the term sheet, the terminal and the trail say the same things: steps, sources, triggers, calls, in words."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator, Sequence

from abs_waterfall.assumptions.model import Prepayment
from abs_waterfall.deal.classes import BalanceSchedule, Group
from abs_waterfall.deal.coupons import Coupon, FloatingCoupon, FormulaCoupon, SteppedCoupon, SteppedRate, carries_over
from abs_waterfall.deal.model import Call, Deal
from abs_waterfall.deal.money import Fee, Ledger
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.revolving import Limit
from abs_waterfall.deal.steps import (
    Accrue,
    AnyStep,
    Cure,
    Debit,
    Draw,
    Fill,
    Interest,
    Pay,
    Principal,
    Purchase,
    Repay,
    Residual,
    Swap,
    Transfer,
    WriteDown,
    WriteUp,
)
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Effect, Trigger
from abs_waterfall.waterfall.cashflows import LedgerLine

FUNDS = {"available": "available funds", "interest": "interest funds", "principal": "principal funds"}
COMPOUNDED = {"monthly": "monthly", "quarterly": "quarterly", "semiannual": "semiannually", "annual": "annually"}


def listed(names: Sequence[str], joint: str = "and") -> str:
    """Names in a sentence.

    >>> listed(["A", "B", "C"]), listed(["A"])
    ('A, B and C', 'A')
    """
    return f" {joint} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def fund(name: str) -> str:
    """What a source or target of cash is called: a fund, or an account by its name."""
    return FUNDS.get(name, f"the {name}" if " " in name else f"the {name} account")


MOVED = {
    "release": "Release of {source} into {payee}",
    "draw": "Draw on {source} into {payee}",
    "pay": "Fee {name}",
    "interest": "Interest on {name}",
    "principal": "Principal of {name}",
    "fill": "Top-up of {payee}",
    "transfer": "Transfer into {payee}",
    "residual": "Residual to {name}",
    "trap": "Excess trapped in {payee}",
    "defer": "Unpaid interest of {name} added to its balance (no cash)",
    "purchase": "Purchase of loans",
    "accrue": "Interest of {name} added to its balance (no cash)",
    "debit": "Debit of {name} (no cash)",
    "cure": "Cure of {name}",
    "write_down": "Write-down of {name} (no cash)",
    "write_up": "Write-up of {name} (no cash)",
    "repay": "Repayment of facility {name}",
    "swap": "Payment under hedge {name}",
    "receive": "Receipt from {source} into {payee}",
}


def moved(line: LedgerLine) -> str:
    """What a line of the ledger moves."""
    form = MOVED.get(line.verb, f"{line.verb} {{name}}")
    return form.format(source=fund(line.source), payee=fund(line.payee), name=line.payee)


def worth_saying(line: LedgerLine, s: int, p: int) -> bool:
    """Whether a line did anything on a date: a support that nobody needed did not."""
    idle = line.verb in ("pay", "interest") and line.source not in FUNDS and not line.due[s, p] and not line.paid[s, p]
    return bool(line.ran[s, p]) and not idle


def group_terms(group: Group) -> str:
    """Whom a group pays, and in what order."""
    return f"{listed(group.tranches)}, {'in this order' if group.split == 'sequential' else 'pro rata'}"


def schedule_terms(schedule: BalanceSchedule) -> str:
    """What a schedule plans, from what."""
    planned = f"Planned balance of {listed(schedule.tranches)}" if schedule.tranches else "Amounts"
    if schedule.speeds is None:
        return f"{planned}, as listed: {len(schedule.listed)} payment dates"
    speeds = listed([speed_said(speed) for speed in schedule.speeds])
    text = f"{planned}: what the pool pays at every speed of {speeds}, without defaults"
    if schedule.after:
        text += f", after what {listed(schedule.after)} take"
    return f"{text}; from payment {schedule.lockout + 1}" if schedule.lockout else text


def speed_said(speed: Prepayment) -> str:
    """A speed in a sentence."""
    key, value = speed.speed
    return f"{value:g} {key.upper()}" if isinstance(value, float) else f"a {key.upper()} vector"


def support(step: Pay | Interest) -> str:
    """Where a step turns when its source is not enough."""
    return f", what is short drawn from {listed([fund(name) for name in step.support])} in order" if step.support else ""


def principal_sentence(step: Principal) -> str:
    """Who gets principal, in what order, down to what."""
    several = len(step.principal) > 1
    order = (", in this order" if step.split == "sequential" else ", pro rata by balance") if several else ""
    if step.weights is not None:
        order = f", by the weights {listed([f'{weight:g}' for weight in step.weights])}"
    down_to = f", down to {listed([said(target) for target in step.targets])}" if step.targets else ""
    return f"principal of {listed(step.principal)}{order}{down_to}, from {fund(step.source)}"


def in_this_order(names: Sequence[str]) -> str:
    """Say of several that their order counts."""
    return ", in this order" if len(names) > 1 else ""


def entry(step: Repay | Swap | Debit | Cure | WriteDown | WriteUp) -> str:
    """What a step settles with a facility or a hedge, or writes on a ledger or a balance."""
    match step:
        case Repay():
            return f"what is drawn under {listed(step.repay)} repaid{in_this_order(step.repay)}, from {fund(step.source)}"
        case Swap():
            return f"net of {step.swap} received into {fund(step.to)} or paid from {fund(step.source)}"
        case Debit():
            return f"debit of the ledger {step.debit}; no cash moves"
        case Cure():
            return f"cure of the ledger {step.cure} by cash from {fund(step.source)} to {fund(step.to)}"
        case WriteDown():
            return f"write-down of {listed(step.write_down)}{in_this_order(step.write_down)}; no cash moves"
        case WriteUp():
            return f"write-up of {listed(step.write_up)}{in_this_order(step.write_up)}, by what was written down; no cash moves"


def spent(step: Residual | Purchase) -> str:
    """Who gets all there is."""
    if isinstance(step, Purchase):
        return f"new loans bought, while the plan revolves, from {fund(step.source)}"
    return f"all that is left of {fund(step.source)} to {step.residual}"


def action(step: AnyStep) -> str:
    """What a step does, before its conditions."""
    match step:
        case Pay():
            together = ", pro rata by what is due" if len(step.pay) > 1 else ""
            return f"fees due and unpaid: {listed(step.pay)}{together}, from {fund(step.source)}{support(step)}"
        case Interest():
            together = ", pro rata by what is due" if len(step.interest) > 1 else ""
            return f"interest due and unpaid on {listed(step.interest)}{together}, from {fund(step.source)}{support(step)}"
        case Principal():
            return principal_sentence(step)
        case Draw():
            return f"{listed([fund(name) for name in step.draw])} drawn into {fund(step.to)}"
        case Fill():
            return f"{listed([fund(name) for name in step.fill])} filled up to target, from {fund(step.source)}"
        case Transfer():
            return f"transfer from {fund(step.transfer)} to {fund(step.to)}"
        case Residual() | Purchase():
            return spent(step)
        case Accrue():
            return f"interest due and unpaid on {listed(step.accrue)} added to the balance; no cash moves"
        case Repay() | Swap() | Debit() | Cure() | WriteDown() | WriteUp():
            return entry(step)


def sentence(step: AnyStep) -> str:
    """A step as a line of the prospectus."""
    text = action(step)
    if step.amount is not None:
        text += f"; no more than {said(step.amount)}"
    if step.when is not None:
        text += f"; only where {step.when}"
    return text[0].upper() + text[1:] + "."


def effect(trigger: Trigger) -> str:
    """What a trigger does while it holds."""
    does = [f"waterfall {trigger.mode}"] if trigger.mode else []
    return "; ".join([*does, *effects(trigger.effect)]) or "flag"


def effects(given: Effect) -> Iterator[str]:
    """What a trigger does beside switching the waterfall."""
    if given.end_revolving:
        yield "ends the revolving period"
    if given.sweep:
        yield f"{listed([fund(name) for name in given.sweep])} swept into funds"
    if given.stop_step_down:
        what = listed(given.stop_step_down) if isinstance(given.stop_step_down, list) else "targets of accounts"
        yield f"{what} may not fall"
    if given.set:
        yield ", ".join(f"{name} {said(number)}" for name, number in given.set.items())
    if given.trap is not None:
        yield "excess trapped" + (f" in {fund(given.trap)}" if isinstance(given.trap, str) else "")


def stated_terms(given: str | float | Schedule) -> str:
    """A formula, or a number and how it changes."""
    if not isinstance(given, Schedule):
        return said(given)
    if given.by_date is not None:
        return ", ".join(f"{said(number)} from {day}" for day, number in given.by_date)
    after = "" if given.then is None else f", then {said(given.then)}"
    return ", ".join(said(number) for number in given.by_period or ()) + f" by payment date{after}"


def condition(trigger: Trigger) -> str:
    """What breaches a trigger, its threshold said."""
    return trigger.when if trigger.threshold is None else f"{trigger.when}, threshold {stated_terms(trigger.threshold)}"


def tested(trigger: Trigger) -> str:
    """When a trigger is tested, and how it cures."""
    when = f"{trigger.test} the steps"
    if trigger.phase != "any":
        when += f" while {trigger.phase}"
    if trigger.test_dates:
        when += f", on the payment dates on or after {listed([str(day) for day in trigger.test_dates])}"
    if trigger.test_months:
        when += f", in {listed([calendar.month_name[month] for month in trigger.test_months])}"
    if trigger.from_period > 1:
        when += f", from payment date {trigger.from_period}"
    cures = f"cures after {trigger.cure_periods} clean dates" if trigger.cure_periods else "does not cure"
    cures = "holds for the date alone" if trigger.today_only else cures
    return f"{when}; {cures}"


def said(formula: str | float) -> str:
    """A formula as written; a plain number with its thousands marked.

    >>> said(2500.0), said("0.01 * pool.balance")
    ('2,500', '0.01 * pool.balance')
    """
    return formula if isinstance(formula, str) else f"{formula:,.10g}"


def percentage(rate: float) -> str:
    """A rate as a term sheet writes it.

    >>> percentage(0.08), percentage(0.03125)
    ('8 %', '3.125 %')
    """
    return f"{100 * rate:.10g} %"


def dated_rates(rates: Sequence[tuple[dt.date, float]]) -> str:
    """Rates with the dates they begin on.

    >>> dated_rates([(dt.date(2026, 1, 15), 0.03), (dt.date(2027, 1, 15), 0.035)])
    '3 % from 2026-01-15, 3.5 % from 2027-01-15'
    """
    return ", ".join(f"{percentage(rate)} from {day}" for day, rate in rates)


def floating_terms(coupon: FloatingCoupon) -> str:
    """An index and a margin, within limits."""
    text = coupon.index if coupon.multiplier == 1 else f"{coupon.multiplier:.10g} × {coupon.index}"
    if isinstance(coupon.margin, SteppedRate):
        text += f" + ({dated_rates(coupon.margin.steps)})"
    elif coupon.margin:
        text += f" {'-' if coupon.margin < 0 else '+'} {percentage(abs(coupon.margin))}"
    if coupon.cap is not None:
        text += f", cap {percentage(coupon.cap)}"
    if coupon.floor:
        text += f", floor {percentage(coupon.floor)}"
    match coupon.reset:
        case "payment":
            return text
        case "arrears":
            return f"{text}, compounded in arrears"
        case int():
            return f"{text}, reset every {coupon.reset} months"
    return f"{text}, reset on {listed([str(day) for day in coupon.reset])}"


def coupon_terms(coupon: Coupon) -> str:
    """A coupon in words."""
    match coupon:
        case FloatingCoupon():
            text = floating_terms(coupon)
        case SteppedCoupon():
            text = dated_rates(coupon.steps)
        case FormulaCoupon():
            text = coupon.formula + (f", floor {percentage(coupon.floor)}" if coupon.floor else "")
        case _:
            return percentage(coupon)
    return f"{text}; what the cap takes is carried over" if carries_over(coupon) else text


def interest_terms(tranche: Tranche) -> str:
    """All that a class pays interest at, where a single rate does not say it; nothing where it does."""
    parts = [] if tranche.coupon is None else [coupon_terms(tranche.coupon)]
    parts += [f"{part.name}: {coupon_terms(part.coupon)}" for part in tranche.component]
    if tranche.interest_on is not None:
        parts.append(f"on {said(tranche.interest_on)}")
    if tranche.deferrable:
        parts.append("unpaid interest joins the balance")
    plain = len(parts) <= 1 and (tranche.coupon is None or isinstance(tranche.coupon, float))
    return "" if plain else "; ".join(parts)


def call_terms(call: Call | None) -> str:
    """The clean-up call in a sentence."""
    if call is None:
        return "None"
    paid = said(call.amount) if call.amount is not None else "what pays every due"
    return f"Where {call.when}, for {paid}; flows run {'to the call' if call.assume else 'to maturity'}"


def fee_terms(fee: Fee) -> str:
    """What a fee is charged on, and within what limits."""
    if fee.dates is not None:
        return ", ".join(f"{amount:,.2f} on {day}" for day, amount in fee.dates) + ", or the first payment date after"
    text = (
        f"{fee.rate:.4%} a year of {fee.base}, {fee.day_count}"
        if fee.rate is not None
        else f"{stated_terms(fee.amount or 0.0)} a payment period"
    )
    if fee.every > 1:
        text = text.replace(" a payment period", "") + f", due every {fee.every} payment dates"
    if fee.from_period > 1:
        text += f", from payment date {fee.from_period}"
    if fee.floor is not None:
        text += f", at least {fee.floor:,.2f} a year"
    if fee.cap is not None:
        text += f", at most {fee.cap:,.2f} a year"
    return f"{text}; over the {'collection' if fee.accrue == 'collection' else 'payment'} period"


def facility_terms(facility: Facility) -> str:
    """How much may be drawn, at what cost, and whether it is owed back."""
    owed = "owed back" if facility.owed else "never owed back"
    rate = facility.rate if isinstance(facility.rate, str) else f"{facility.rate:.4%}"
    costs = f"{rate} a year on what is drawn, {facility.commitment_fee:.4%} on what is not, {facility.day_count}"
    return f"up to {said(facility.limit)}; {costs}; {owed}"


def hedge_terms(hedge: Hedge) -> str:
    """The legs, on what notional, until when."""
    notional = "a listed notional" if isinstance(hedge.notional, list) else said(hedge.notional)
    until = f", until {hedge.ends}" if hedge.ends else ""
    if hedge.kind == "swap":
        legs = f"receives {said(hedge.receives)}, pays {said(hedge.pays or 0.0)}"
    else:
        side = "above" if hedge.kind == "cap" else "below"
        legs = f"receives {said(hedge.receives)} as far as it is {side} {hedge.strike or 0.0:.4%}, pays {hedge.premium:.4%}"
    return f"{hedge.kind}: {legs}, a year on {notional}, {hedge.day_count}{until}"


def ledger_terms(ledger: Ledger) -> str:
    """What a ledger counts, class by class."""
    if not ledger.tranches:
        return "a counter: what was debited and is not cured"
    return f"debited to {listed(ledger.tranches)}{in_this_order(ledger.tranches)}, each up to its balance; cured in reverse"


def step_lists(deal: Deal) -> list[tuple[str, int, str]]:
    """Mode, number and sentence of every step of the deal."""
    return [
        (mode, number, sentence(step)) for mode, steps in deal.waterfall.items() for number, step in enumerate(steps, start=1)
    ]


def limit_terms(limit: Limit) -> str:
    """A limit on purchases in words.

    >>> limit_terms(Limit(by="segment", max_share=0.3))
    'no segment above 0.3'
    """
    if limit.by is not None:
        return f"no {limit.by} above {limit.max_share or 0:.4g}"
    bounds = [f"{word} {bound:g}" for word, bound in (("at least", limit.min), ("at most", limit.max)) if bound is not None]
    return f"{str(limit.measure).replace('_', ' ')} {' and '.join(bounds)}"
