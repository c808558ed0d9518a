"""What one table of a deal says of another: names that must exist, be distinct and make sense where they stand.

Works on the parts of a file that are valid by themselves, so that a file with other faults gets these messages too.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from abs_waterfall import formulas
from abs_waterfall.assumptions.model import Scenario
from abs_waterfall.deal.classes import BalanceSchedule, Exchange, Group, classes_of
from abs_waterfall.deal.coupons import FloatingCoupon, FormulaCoupon, IndexCurve, SteppedCoupon, SteppedRate, line_names
from abs_waterfall.deal.model import (
    PAYEES,
    Account,
    Accrue,
    AnyStep,
    Call,
    Cure,
    Dates,
    Deal,
    DealTerms,
    Draw,
    Fee,
    Fill,
    Interest,
    Ledger,
    Principal,
    Purchase,
    Repay,
    Residual,
    Schedule,
    Tranche,
    Transfer,
    Trigger,
    WriteDown,
    WriteUp,
    verb_of,
)
from abs_waterfall.deal.names import FUNDS, RESERVED, formula_kinds, is_segment_balance, revolving_kinds
from abs_waterfall.deal.revolving import Revolving, YieldPrice
from abs_waterfall.deal.settings import settable, wrong_number
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.formulas import Kind


@dataclass(frozen=True)
class Parts:
    """The valid parts of a deal file by their place ("tranche[0]"), and every name it gives, valid part or not."""

    deal: DealTerms | None = None
    dates: Dates | None = None
    call: Call | None = None
    indices: Mapping[str, IndexCurve] = field(default_factory=dict)
    revolving: Revolving | None = None
    revolves: bool = False  # whether there is [revolving], sound or not
    segment_by: tuple[str, ...] | None = None  # of a sound pool
    tranches: Mapping[str, Tranche] = field(default_factory=dict)
    fees: Mapping[str, Fee] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    facilities: Mapping[str, Facility] = field(default_factory=dict)
    hedges: Mapping[str, Hedge] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    schedules: Mapping[str, BalanceSchedule] = field(default_factory=dict)
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    define: Mapping[str, str | float] = field(default_factory=dict)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    steps: Mapping[str, AnyStep] = field(default_factory=dict)  # "waterfall.amortising[3]"
    modes: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by table; "line": what interest is due on, "A.senior"


TABLES = ("tranche", "fee", "account", "trigger", "group", "schedule", "exchange", "step", "ledger", "facility", "hedge")
THRESHOLD = "threshold"  # what a trigger's condition calls its threshold


def parts_of(deal: Deal) -> Parts:
    """The parts of a deal that is valid table by table."""
    steps = {f"waterfall.{mode}[{i}]": step for mode, listed in deal.waterfall.items() for i, step in enumerate(listed)}
    return Parts(
        deal=deal.deal,
        dates=deal.dates,
        call=deal.call,
        indices={f"index.{name}": curve for name, curve in deal.index.items()},
        revolving=deal.revolving,
        revolves=deal.revolving is not None,
        segment_by=tuple(deal.pool.segment_by),
        tranches={f"tranche[{i}]": table for i, table in enumerate(deal.tranche)},
        fees={f"fee[{i}]": table for i, table in enumerate(deal.fee)},
        accounts={f"account[{i}]": table for i, table in enumerate(deal.account)},
        ledgers={f"ledger[{i}]": table for i, table in enumerate(deal.ledger)},
        facilities={f"facility[{i}]": table for i, table in enumerate(deal.facility)},
        hedges={f"hedge[{i}]": table for i, table in enumerate(deal.hedge)},
        triggers={f"trigger[{i}]": table for i, table in enumerate(deal.trigger)},
        groups={f"group[{i}]": table for i, table in enumerate(deal.group)},
        schedules={f"schedule[{i}]": table for i, table in enumerate(deal.schedule)},
        exchanges={f"exchange[{i}]": table for i, table in enumerate(deal.exchange)},
        define=deal.define,
        scenarios=deal.scenario,
        steps=steps,
        modes=tuple(deal.waterfall),
        names={
            "tranche": tuple(table.name for table in deal.tranche),
            "fee": tuple(table.name for table in deal.fee),
            "account": tuple(table.name for table in deal.account),
            "facility": tuple(table.name for table in deal.facility),
            "hedge": tuple(table.name for table in deal.hedge),
            "ledger": tuple(table.name for table in deal.ledger),
            "trigger": tuple(table.name for table in deal.trigger),
            "group": tuple(table.name for table in deal.group),
            "schedule": tuple(table.name for table in deal.schedule),
            "exchange": tuple(table.name for table in deal.exchange),
            "step": tuple(step.name for step in steps.values() if step.name),
            "index": tuple(deal.index),
            "line": tuple(line for table in deal.tranche for line in lines_of(table)),
        },
    )


def cross_problems(parts: Parts) -> list[Problem]:
    """Everything that does not fit together, in the order of the file's tables."""
    return [
        *name_problems(parts),
        *date_problems(parts.dates),
        *coupon_problems(parts),
        *mode_problems(parts),
        *trigger_problems(parts),
        *scenario_problems(parts),
        *class_problems(parts),
        *group_problems(parts),
        *schedule_problems(parts),
        *ledger_problems(parts),
        *exchange_problems(parts),
        *fee_problems(parts),
        *setting_problems(parts),
        *step_problems(parts),
        *revolving_problems(parts),
        *formula_problems(parts),
    ]


def kinds_of(parts: Parts) -> dict[str, Kind]:
    """The names that formulas of these parts may read, [define] left out."""
    kinds = formula_kinds(parts.names, ledger_classes(parts))
    return kinds | revolving_kinds() if parts.revolves else kinds


# ------------------------------------------------------------------------------------------------------- names and dates


def name_problems(parts: Parts) -> Iterator[Problem]:
    """Names are distinct in the whole file and none is a word of the formulas."""
    given = Counter(name for table in TABLES for name in set(parts.names.get(table, ())))
    given.update(set(parts.define))
    for table in TABLES:
        for name, count in Counter(parts.names.get(table, ())).items():
            if count > 1:
                yield Problem(f'the name "{name}" is given {count} times', table)
    for name, count in given.items():
        if count > 1:
            yield Problem(f'the name "{name}" is given to more than one thing; all names in a file are distinct', name)
        if name in RESERVED or name in (*formulas.FUNCTIONS, "and", "or", "not", "true", "false", "months"):
            yield Problem(f'the name "{name}" is taken by formulas', name)


def date_problems(dates: Dates | None) -> Iterator[Problem]:
    """The deal's dates follow one another."""
    if dates is None:
        return
    order: list[tuple[str, dt.date | None, str, dt.date | None]] = [
        ("cutoff", dates.cutoff, "closing", dates.closing),
        ("dated", dates.dated or dates.closing, "first_payment", dates.first_payment),
        ("closing", dates.closing, "first_payment", dates.first_payment),
        ("settlement", dates.settlement, "legal_final", dates.legal_final),
        ("first_payment", dates.first_payment, "legal_final", dates.legal_final),
    ]
    for first, earlier, second, later in order:
        if earlier and later and earlier > later:
            yield Problem(f"{first} {earlier} is after {second} {later}", f"dates.{second}")
    for key in ("closing", "dated"):
        if getattr(dates, key) == dates.first_payment:
            yield Problem(f"{key} is the first payment date; interest would accrue over no days", f"dates.{key}")
    start, ends = dates.dated or dates.closing, dates.first_payment - dt.timedelta(days=dates.delay_days)
    if ends <= start < dates.first_payment:
        message = f"{dates.delay_days} days before the first payment is {ends}, not after {start}, from which notes accrue"
        yield Problem(message, "dates.delay_days")


def lines_of(tranche: Tranche) -> list[str]:
    """The lines that interest of a class is due on."""
    return line_names(tranche.name, tranche.coupon, [(part.name, part.coupon) for part in tranche.component])


def coupons_in(parts: Parts) -> Iterator[tuple[str, object]]:
    """Every coupon with its place."""
    for place, tranche in parts.tranches.items():
        yield f"{place}.coupon", tranche.coupon
        yield from ((f"{place}.component[{i}].coupon", part.coupon) for i, part in enumerate(tranche.component))


def coupon_problems(parts: Parts) -> Iterator[Problem]:
    """Coupons float on an index there is, and every rate is known from the day that interest starts."""
    start = (parts.dates.dated or parts.dates.closing) if parts.dates else None
    for place, curve in parts.indices.items():
        yield from late_problems(f"{place}.rates", curve.rates[0][0], start)
    for place, coupon in coupons_in(parts):
        if isinstance(coupon, SteppedCoupon):
            yield from late_problems(f"{place}.steps", coupon.steps[0][0], start)
        if isinstance(coupon, FloatingCoupon):
            if isinstance(coupon.margin, SteppedRate):
                yield from late_problems(f"{place}.margin.steps", coupon.margin.steps[0][0], start)
            if coupon.index not in parts.names.get("index", ()):
                yield Problem(unknown("index", coupon.index, parts.names.get("index", ())), f"{place}.index")


def late_problems(place: str, first: dt.date, start: dt.date | None) -> Iterator[Problem]:
    """A rate that is not known yet when interest starts."""
    if start is not None and first > start:
        yield Problem(
            f"the first rate is of {first}, after interest starts on {start}; expected one of that day or before", place
        )


def mode_problems(parts: Parts) -> Iterator[Problem]:
    """Modes named exist, and the deal says in which of several it starts."""
    starts_in = parts.deal.starts_in if parts.deal else None
    if parts.deal and starts_in is None and len(parts.modes) > 1:
        yield Problem(f"missing; the waterfall has the modes {', '.join(parts.modes)}", "deal.starts_in")
    named = [("deal.starts_in", starts_in), *((f"{place}.mode", table.mode) for place, table in parts.triggers.items())]
    for place, mode in named:
        if mode is not None and mode not in parts.modes:
            yield Problem(unknown("mode", mode, parts.modes), place)


def trigger_problems(parts: Parts) -> Iterator[Problem]:
    """Thresholds are read where they are given, and effects fall on what there is."""
    for place, trigger in parts.triggers.items():
        if trigger.threshold is not None and THRESHOLD not in names_or_none(trigger.when):
            yield Problem("is not read by `when`; expected a condition such as pool.factor < threshold", f"{place}.{THRESHOLD}")
        if trigger.threshold is not None and THRESHOLD in parts.define:
            yield Problem(f'[define] gives the name "{THRESHOLD}" too; expected another name there', f"{place}.{THRESHOLD}")
        yield from effect_problems(place, trigger, parts)


def effect_problems(place: str, trigger: Trigger, parts: Parts) -> Iterator[Problem]:
    """The accounts swept or trapped into and the terms that stop are there."""
    accounts, effect = parts.names.get("account", ()), trigger.effect
    named = [("sweep", name) for name in effect.sweep or ()]
    named += [("trap", effect.trap)] if isinstance(effect.trap, str) else []
    for key, name in named:
        if name not in accounts:
            yield Problem(unknown("account", name, accounts), f"{place}.effect.{key}")
    numbers = [name for name, kind in defined_kinds(parts).items() if kind == "number"]
    for name in effect.stop_step_down if isinstance(effect.stop_step_down, list) else ():
        if name not in (*accounts, *numbers):
            yield Problem(unknown("account or defined number", name, (*accounts, *numbers)), f"{place}.effect.stop_step_down")


def setting_problems(parts: Parts) -> Iterator[Problem]:
    """What triggers and scenarios set is a number of the deal, and may be what they say."""
    things: dict[str, Iterable[Tranche | Fee | Account]] = {
        "tranche": parts.tranches.values(),
        "fee": parts.fees.values(),
        "account": parts.accounts.values(),
    }
    for place, trigger in parts.triggers.items():
        yield from not_settable(f"{place}.effect.set", trigger.effect.set, settable(things, at_closing=False))
    for name, scenario in parts.scenarios.items():
        yield from not_settable(f"scenario.{name}.set", scenario.set, settable(things, at_closing=True))


def not_settable(place: str, given: Mapping[str, float], known: Mapping[str, float]) -> Iterator[Problem]:
    """Names that nothing has, and values that it cannot have."""
    for name, value in given.items():
        if name not in known:
            yield Problem(
                f'no number "{name}" that may be set here; there are {", ".join(known)}.{did_you_mean(name, known)}', place
            )
        elif wrong := wrong_number(name, value):
            yield Problem(wrong, f'{place}."{name}"')


def scenario_problems(parts: Parts) -> Iterator[Problem]:
    """The triggers that scenarios fire or switch off are there, and a scenario does one of the two."""
    triggers = parts.names.get("trigger", ())
    for name, scenario in parts.scenarios.items():
        for key, named in (("fire", tuple(scenario.fire)), ("off", tuple(scenario.off))):
            for trigger in named:
                if trigger not in triggers:
                    yield Problem(unknown("trigger", trigger, triggers), f"scenario.{name}.{key}")
        for trigger in scenario.fire.keys() & set(scenario.off):
            yield Problem(f'"{trigger}" is both fired and off', f"scenario.{name}.fire")
        for trigger, day in scenario.fire.items():
            if parts.dates and day > parts.dates.legal_final:
                yield Problem(f"{day} is after the legal final {parts.dates.legal_final}", f"scenario.{name}.fire.{trigger}")


def ledger_classes(parts: Parts) -> dict[str, tuple[str, ...]]:
    """The classes of every ledger; of one whose table is faulty, any may be meant."""
    sound = {table.name: tuple(table.tranches or ()) for table in parts.ledgers.values()}
    return {name: sound.get(name, parts.names.get("tranche", ())) for name in parts.names.get("ledger", ())}


def ledger_problems(parts: Parts) -> Iterator[Problem]:
    """The classes of a ledger exist, each once, and none has the name of what all of them add up to."""
    known = parts.names.get("tranche", ())
    for place, ledger in parts.ledgers.items():
        for name, count in Counter(ledger.tranches or ()).items():
            if name not in known:
                yield Problem(unknown("tranche", name, known), f"{place}.tranches")
            if count > 1:
                yield Problem(f'"{name}" is named {count} times', f"{place}.tranches")
            if name == "balance":
                yield Problem(f"ledger.{ledger.name}.balance is the whole ledger's; expected another name", f"{place}.tranches")


def fee_problems(parts: Parts) -> Iterator[Problem]:
    """What is due on a date is due before the deal ends."""
    for place, fee in parts.fees.items():
        for i, (day, _) in enumerate(fee.dates or ()):
            if parts.dates and day > parts.dates.legal_final:
                yield Problem(f"{day} is after the legal final {parts.dates.legal_final}", f"{place}.dates[{i}]")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """No such thing; what there is; the nearest."""
    listed = tuple(known)
    return f'no {what} "{name}"; the deal has {", ".join(listed) or "none"}.{did_you_mean(name, listed)}'


# -------------------------------------------------------------------------------------------------- groups and schedules


def class_problems(parts: Parts) -> Iterator[Problem]:
    """A class's own legal final lies within the deal's payments; what it was and what is left of it fit together."""
    accruing = {name for step in parts.steps.values() if isinstance(step, Accrue) for name in step.accrue}
    accruing = set(classes_of(accruing, parts.groups.values()))
    for place, tranche in parts.tranches.items():
        final, dates = tranche.legal_final, parts.dates
        if final and dates and not dates.first_payment <= final <= dates.legal_final:
            yield Problem(
                f"legal_final {final} is not between first_payment {dates.first_payment} and the deal's {dates.legal_final}",
                f"{place}.legal_final",
            )
        initial, balance = tranche.initial_balance, tranche.balance or 0.0
        if initial is not None and balance > initial and tranche.name not in accruing:
            yield Problem(
                f"balance {balance:,.2f} is above it, and no step accrues; expected what the class had at closing, "
                f"got {initial:,.2f}",
                f"{place}.initial_balance",
            )


def exchange_problems(parts: Parts) -> Iterator[Problem]:
    """Exchangeable classes are shares of classes that exist."""
    for place, exchange in parts.exchanges.items():
        yield from member_problems(f"{place}.of", list(exchange.of), parts.names.get("tranche", ()))


def group_problems(parts: Parts) -> Iterator[Problem]:
    """Groups hold classes, each once."""
    for place, group in parts.groups.items():
        yield from member_problems(f"{place}.tranches", group.tranches, parts.names.get("tranche", ()))


def schedule_problems(parts: Parts) -> Iterator[Problem]:
    """Schedules plan classes or a group, each class once, after schedules that exist and do not come after them."""
    known = (*parts.names.get("tranche", ()), *parts.names.get("group", ()))
    schedules = parts.names.get("schedule", ())
    after = {schedule.name: frozenset(schedule.after) & set(schedules) for schedule in parts.schedules.values()}
    for place, schedule in parts.schedules.items():
        yield from member_problems(f"{place}.tranches", schedule.tranches, known, parts.groups.values())
        for name in schedule.after:
            if name not in schedules:
                yield Problem(unknown("schedule", name, schedules), f"{place}.after")
        yield from partly_paid_problems(f"{place}.speeds", schedule, parts)
        if (circle := path_back(schedule.name, after)) is not None:
            yield Problem(f"comes after itself: {' -> '.join(circle)}", f"{place}.after")


def partly_paid_problems(place: str, schedule: BalanceSchedule, parts: Parts) -> Iterator[Problem]:
    """A schedule is derived at closing, from the pool and the classes of that day."""
    members = classes_of(schedule.tranches, parts.groups.values()) if schedule.speeds is not None else ()
    for tranche in parts.tranches.values():
        if tranche.name in members and tranche.initial_balance not in (None, tranche.balance):
            yield Problem(
                f'"{tranche.name}" is partly paid, and a schedule is derived from the pool at closing; '
                "expected the `balances` that are left of it",
                place,
            )


def member_problems(place: str, named: list[str], known: Iterable[str], groups: Iterable[Group] = ()) -> Iterator[Problem]:
    """Names of classes (or groups) that do not exist, and classes named twice."""
    for name in named:
        if name not in known:
            yield Problem(unknown("tranche", name, known), place)
    for name, count in Counter(classes_of(named, groups)).items():
        if count > 1:
            yield Problem(f'"{name}" is named {count} times', place)


# ----------------------------------------------------------------------------------------------------------------- steps

GROUP_STEPS = (Interest, Principal, Accrue, WriteDown, WriteUp)  # those that may name a group


def step_problems(parts: Parts) -> Iterator[Problem]:
    """Steps pay what exists, from where there is cash."""
    for place, step in parts.steps.items():
        yield from payee_problems(place, step, parts)
        yield from source_problems(place, step, parts)
    for mode in parts.modes:
        yield from unnamed_source_problems({p: s for p, s in parts.steps.items() if p.startswith(f"waterfall.{mode}[")})


def payee_problems(place: str, step: AnyStep, parts: Parts) -> Iterator[Problem]:
    """Every payee is a thing of the sort its verb pays, named once."""
    verb = verb_of(step) or ""
    table, payees = payees_of(step)
    known = (*known_payees(table, verb, parts), *(parts.names.get("group", ()) if isinstance(step, GROUP_STEPS) else ()))
    for name in payees:
        if name not in known:
            yield Problem(unknown("tranche" if table == "line" else table, name, known), f"{place}.{verb}")
    for name, count in Counter(classes_of(payees, parts.groups.values())).items():
        if count > 1:
            yield Problem(f'"{name}" is named {count} times', f"{place}.{verb}")
    yield from fitting_problems(f"{place}.{verb}", step, parts)


def known_payees(table: str, verb: str, parts: Parts) -> tuple[str, ...]:
    """The names of a table that a step may pay; of ledgers their classes' lines too."""
    if table == "ledger":
        return tuple(
            each for name, classes in ledger_classes(parts).items() for each in (name, *(f"{name}.{c}" for c in classes))
        )
    also = parts.names.get("facility", ()) if verb in ("pay", "draw") else ()
    return (*parts.names.get(table, ()), *also)


def payees_of(step: AnyStep) -> tuple[str, tuple[str, ...]]:
    """The table that a step's payees are in, and their names."""
    verb = verb_of(step) or ""
    named = getattr(step, verb)
    names = () if isinstance(step, Transfer | Purchase) else (named,) if isinstance(named, str) else tuple(named)
    return "line" if isinstance(step, Interest | Accrue) else PAYEES[verb], names


def fitting_problems(place: str, step: AnyStep, parts: Parts) -> Iterator[Problem]:
    """Interest goes to classes with a coupon; accounts that are filled have a target."""
    if isinstance(step, Interest | Accrue):
        without = {table.name: lines_of(table)[1:] for table in parts.tranches.values() if table.coupon is None}
        for name in classes_of(payees_of(step)[1], parts.groups.values()):
            if name in without:
                beside = f" of its own; its components are {', '.join(without[name])}" if without[name] else ""
                yield Problem(f'tranche "{name}" has no coupon{beside}', place)
    if isinstance(step, Fill):
        bare = {table.name for table in parts.accounts.values() if table.target is None}
        yield from (Problem(f'account "{name}" has no target to fill it to', place) for name in step.fill if name in bare)
    yield from facility_problems(place, step, parts)
    if isinstance(step, Residual):
        notes = {table.name for table in parts.tranches.values() if not table.residual}
        if step.residual in notes:
            yield Problem(f'tranche "{step.residual}" is not residual; say residual = true in its table', place)


def facility_problems(place: str, step: AnyStep, parts: Parts) -> Iterator[Problem]:
    """A draw on a facility says how much; what is never owed back is not repaid."""
    if isinstance(step, Draw) and step.amount is None:
        named = [name for name in step.draw if name in parts.names.get("facility", ())]
        yield from (Problem(f'`amount` is missing; a draw on the facility "{name}" says how much', place) for name in named)
    if isinstance(step, Repay):
        given = {table.name for table in parts.facilities.values() if not table.owed}
        yield from (Problem(f'"{name}" is never owed back (owed = false)', place) for name in step.repay if name in given)


def source_problems(place: str, step: AnyStep, parts: Parts) -> Iterator[Problem]:
    """Cash comes from and goes to funds and accounts that exist."""
    accounts = parts.names.get("account", ())
    if isinstance(step, Transfer):
        source, key = step.transfer, "transfer"
    else:
        source, key = getattr(step, "source", "available"), "from"
    if source not in (*FUNDS, *accounts):
        yield Problem(unknown("fund or account", source, (*FUNDS, *accounts)), f"{place}.{key}")
    supports = (*accounts, *parts.names.get("facility", ()))
    for name in getattr(step, "support", None) or ():
        if name not in supports:
            yield Problem(unknown("account", name, supports), f"{place}.support")
    target = getattr(step, "to", "interest")
    if target not in (*FUNDS[1:], *accounts):
        yield Problem(unknown("fund or account", target, (*FUNDS[1:], *accounts)), f"{place}.to")
    for name in source_is_target(step):
        yield Problem(f'"{name}" is both source and target', place)


def source_is_target(step: AnyStep) -> list[str]:
    """The funds and accounts that a step would move cash out of and back into."""
    match step:
        case Transfer():
            return [step.to] if step.transfer == step.to else []
        case Cure():
            return [step.to] if step.to == step.source or (step.source == "available" and step.to in FUNDS) else []
        case Draw():
            return [name for name in step.draw if name == step.to]
        case Fill():
            return [name for name in step.fill if name == step.source]
    return []


def unnamed_source_problems(steps: Mapping[str, AnyStep]) -> Iterator[Problem]:
    """Where one step of a mode says `from`, each principal and residual step of it must."""
    named = [place for place, step in steps.items() if "source" in step.model_fields_set]
    for place, step in steps.items():
        if named and isinstance(step, Principal | Purchase | Residual) and "source" not in step.model_fields_set:
            yield Problem(f"`from` is missing; where one step of a mode names its funds ({named[0]}), this one must", place)


# ------------------------------------------------------------------------------------------------------------- revolving


def revolving_problems(parts: Parts) -> Iterator[Problem]:
    """Loans are bought where there is a period to buy them in, from cash that is there, and the deal goes on after it."""
    buying = [place for place, step in parts.steps.items() if isinstance(step, Purchase)]
    if not parts.revolves:
        yield from (
            Problem("nothing says what is bought and when; expected [revolving]", f"{place}.purchase") for place in buying
        )
    terms = parts.revolving
    if terms is None:
        return
    if terms.then not in parts.modes:
        yield Problem(unknown("mode", terms.then, parts.modes), "revolving.then")
    elif parts.deal and terms.then == (parts.deal.starts_in or next(iter(parts.modes))):
        yield Problem(f'"{terms.then}" is the mode that the deal starts in; expected the mode that follows it', "revolving.then")
    if terms.source not in FUNDS[1:]:
        yield Problem(f'monthly purchases spend a fund, "interest" or "principal"; got "{terms.source}"', "revolving.from")
    if terms.purchases == "payment" and parts.steps and not buying:
        yield Problem('no step buys; expected { purchase = "pool" } in the waterfall, or purchases = "monthly"', "revolving")
    columns = ("segment", *(parts.segment_by or ()))
    for i, limit in enumerate(terms.limit):
        if limit.by is not None and parts.segment_by is not None and limit.by not in columns:
            near = did_you_mean(limit.by, columns)
            yield Problem(f'"{limit.by}"; expected segment, or a column of pool.segment_by.{near}', f"revolving.limit[{i}].by")
    if parts.dates and terms.until and terms.until < parts.dates.closing:
        yield Problem(f"{terms.until} is before closing {parts.dates.closing}", "revolving.until")


# -------------------------------------------------------------------------------------------------------------- formulas


def formulas_of(parts: Parts) -> Iterator[tuple[str, str | float, Kind]]:
    """Every formula with its place and the kind it should give; [define] comes apart."""
    for place, coupon in coupons_in(parts):
        if isinstance(coupon, FormulaCoupon):
            yield from present(place, "number", formula=coupon.formula)
    for place, tranche in parts.tranches.items():
        yield from present(place, "number", interest_on=tranche.interest_on)
    for place, fee in parts.fees.items():
        yield from present(place, "number", base=fee.base, amount=formula_or_none(fee.amount))
    for place, account in parts.accounts.items():
        yield from present(place, "number", target=account.target)
    yield from promised_formulas(parts)
    for place, trigger in parts.triggers.items():
        yield from present(place, "condition", when=trigger.when)
        yield from present(place, "number", threshold=formula_or_none(trigger.threshold))
    if parts.call:
        yield from present("call", "condition", when=parts.call.when)
        yield from present("call", "number", amount=parts.call.amount)
    yield from present("revolving", "number", **revolving_formulas(parts.revolving))
    yield from step_formulas(parts)


def promised_formulas(parts: Parts) -> Iterator[tuple[str, str | float, Kind]]:
    """Those of facilities and hedges."""
    for place, facility in parts.facilities.items():
        yield from present(place, "number", limit=facility.limit, rate=facility.rate)
    for place, hedge in parts.hedges.items():
        notional = None if isinstance(hedge.notional, list) else hedge.notional
        yield from present(place, "number", pays=hedge.pays, receives=hedge.receives, notional=notional)


def step_formulas(parts: Parts) -> Iterator[tuple[str, str | float, Kind]]:
    """Those of steps."""
    for place, step in parts.steps.items():
        yield from present(place, "condition", when=step.when)
        yield from present(place, "number", amount=step.amount)
        for i, target in enumerate(getattr(step, "targets", None) or ()):
            yield f"{place}.targets[{i}]", target, "number"


def revolving_formulas(terms: Revolving | None) -> dict[str, str | float | None]:
    """The formulas of [revolving], if there is any."""
    if terms is None:
        return {}
    supply = None if isinstance(terms.supply, list) or terms.supply == "unlimited" else terms.supply
    return {"retain": terms.retain, "price": None if isinstance(terms.price, YieldPrice) else terms.price, "supply": supply}


def formula_or_none(given: str | float | Schedule | None) -> str | float | None:
    """What is given, if it is a formula."""
    return None if isinstance(given, Schedule) else given


def present(place: str, kind: Kind, **texts: str | float | None) -> Iterator[tuple[str, str | float, Kind]]:
    """The formulas that are there."""
    for key, text in texts.items():
        if text is not None:
            yield f"{place}.{key}", text, kind


def formula_problems(parts: Parts) -> Iterator[Problem]:
    """Formulas can be read, know their names, give the right kind, and do not go round in circles."""
    defined = defined_kinds(parts)
    kinds = kinds_of(parts) | defined
    texts = [(f"define.{name}", text, defined[name]) for name, text in parts.define.items()]
    own: dict[str, Kind] = {THRESHOLD: "number"}
    with_own = {f"{place}.when" for place, trigger in parts.triggers.items() if trigger.threshold is not None}
    for place, text, wanted in [*texts, *formulas_of(parts)]:
        known = kinds | own if place in with_own else kinds
        yield from (Problem(f"{message} (in {shown(text)})", place) for message in text_problems(text, known, wanted))
    yield from circle_problems(parts)


def shown(text: str | float) -> str:
    """A formula as quoted in a message, shortened."""
    quoted = str(text) if len(str(text)) <= 60 else f"{str(text)[:57]}..."
    return f'"{quoted}"'


def text_problems(text: str | float, kinds: Mapping[str, Kind], wanted: Kind) -> list[str]:
    """Problems of one formula; any segment's balance is taken as known until the pool is read."""
    try:
        read = formulas.names(formulas.parse(text))
    except formulas.FormulaError as fault:
        return [str(fault)]
    segments: dict[str, Kind] = {name: "number" for name in read if is_segment_balance(name)}
    return formulas.problems(text, {**kinds, **segments}, wanted)


def defined_kinds(parts: Parts) -> dict[str, Kind]:
    """The kind of each defined term: a number unless it can be read as a condition."""
    kinds = kinds_of(parts)
    defined: dict[str, Kind] = dict.fromkeys(parts.define, "number")
    for _ in defined:  # terms may be defined by terms further down
        for name, text in parts.define.items():
            if not text_problems(text, kinds | defined, "condition"):
                defined[name] = "condition"
    return defined


def circle_problems(parts: Parts) -> Iterator[Problem]:
    """Terms, fees' dues and accounts' targets that depend on themselves."""
    graph = dependencies(parts)
    for start in graph:
        if (circle := path_back(start, graph)) is not None:
            yield Problem(f"defined by itself: {' -> '.join(circle)}", place_of(start, parts))


def dependencies(parts: Parts) -> dict[str, frozenset[str]]:
    """What each computed name reads, among computed names; a class's `interest_due` stands for all its interest."""
    texts: dict[str, list[str | float | None]] = {name: [text] for name, text in parts.define.items()}
    texts |= {
        f"tranche.{tranche.name}.interest_due": terms for tranche in parts.tranches.values() if (terms := computed(tranche))
    }
    texts |= {f"fee.{fee.name}.due": [fee.base, formula_or_none(fee.amount)] for fee in parts.fees.values()}
    texts |= {f"facility.{facility.name}.undrawn": [facility.limit] for facility in parts.facilities.values()}
    texts |= {f"account.{account.name}.target": [account.target] for account in parts.accounts.values()}
    graph = {name: frozenset().union(*(names_or_none(text) for text in listed)) for name, listed in texts.items()}
    behind = names_behind(parts, graph.keys())
    return {
        name: frozenset(inner for given in read for inner in (given, *behind.get(given, ()))) & graph.keys()
        for name, read in graph.items()
    }


def computed(tranche: Tranche) -> list[str | float | None]:
    """The formulas that a class's interest is computed by."""
    coupons = [tranche.coupon, *(part.coupon for part in tranche.component)]
    formulated: list[str | float | None] = [coupon.formula for coupon in coupons if isinstance(coupon, FormulaCoupon)]
    return formulated if tranche.interest_on is None else [*formulated, tranche.interest_on]


def names_behind(parts: Parts, computed_names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The computed names that others read without naming them."""
    fees = tuple(name for name in computed_names if name.startswith("fee."))
    notes = tuple(f"tranche.{tranche.name}.interest_due" for tranche in parts.tranches.values() if not tranche.residual)
    behind = {"pool.net_rate": fees, "notes.interest_due": notes}
    for group in parts.groups.values():
        behind[f"group.{group.name}.interest_due"] = tuple(f"tranche.{name}.interest_due" for name in group.tranches)
    for tranche in parts.tranches.values():
        for line in lines_of(tranche):
            behind |= dict.fromkeys(
                (f"tranche.{line}.interest_due", f"tranche.{line}.coupon"), (f"tranche.{tranche.name}.interest_due",)
            )
    return behind


def names_or_none(text: str | float | None) -> frozenset[str]:
    """The names a formula reads; none where it cannot be read (told elsewhere)."""
    try:
        return frozenset() if text is None else formulas.names(formulas.parse(text))
    except formulas.FormulaError:
        return frozenset()


def path_back(start: str, graph: Mapping[str, frozenset[str]]) -> list[str] | None:
    """A shortest path from a name back to itself."""
    paths, seen = [[start]], set[str]()
    while paths:
        path = paths.pop(0)
        for name in sorted(graph.get(path[-1], ())):
            if name == start:
                return [*path, start]
            if name not in seen:
                seen.add(name)
                paths.append([*path, name])
    return None


def place_of(name: str, parts: Parts) -> str:
    """Where in the file a computed name is defined."""
    if name in parts.define:
        return f"define.{name}"
    table, who, _ = name.split(".")
    known: dict[str, Mapping[str, Fee] | Mapping[str, Account] | Mapping[str, Tranche] | Mapping[str, Facility]]
    known = {"fee": parts.fees, "account": parts.accounts, "tranche": parts.tranches, "facility": parts.facilities}
    tables = known[table]
    return next(place for place, entry in tables.items() if entry.name == who)
