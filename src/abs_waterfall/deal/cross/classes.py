"""Classes, groups, schedules, exchanges and ledgers name each other rightly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from abs_waterfall.assumptions.model import SegmentAssumptions
from abs_waterfall.deal.classes import BalanceSchedule, Group, classes_of
from abs_waterfall.deal.cross.circles import path_back
from abs_waterfall.deal.cross.parts import Parts, unknown
from abs_waterfall.deal.steps import Accrue
from abs_waterfall.errors import Problem


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


def seller_problems(parts: Parts) -> Iterator[Problem]:
    """One class is the seller's, and there is one where lines are drawn."""
    sellers = [place for place, tranche in parts.tranches.items() if tranche.seller]
    yield from (Problem("a deal has one class of the seller's", f"{place}.seller") for place in sellers[1:])
    if sellers or len(parts.tranches) < len(parts.names.get("tranche", ())):  # a faulty class may be the seller's
        return
    message = "nobody funds what is drawn; expected a [[tranche]] with seller = true, residual = true and balance = 0"
    yield from (Problem(message, place) for place in drawn_places(parts))


def drawn_places(parts: Parts) -> Iterator[str]:
    """Where draws are assumed."""
    tables: dict[str, SegmentAssumptions | None] = {"assumptions": parts.assumptions}
    tables |= {f"scenario.{name}": scenario for name, scenario in parts.scenarios.items()}
    if parts.revolving is not None:
        tables["revolving.assumptions"] = parts.revolving.assumptions
    for place, table in tables.items():
        segments = getattr(table, "segment", {})
        own = {place: table} | {f'{place}.segment."{name}"': segment for name, segment in segments.items()}
        yield from (f"{at}.draw" for at, given in own.items() if given is not None and given.draw is not None and given.draw.any)


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
    members = classes_of(schedule.tranches, parts.groups.values()) if schedule.speeds is not None and parts.state is None else ()
    for tranche in parts.tranches.values():
        if tranche.name in members and tranche.initial_balance not in (None, tranche.balance):
            yield Problem(
                f'"{tranche.name}" is partly paid, and a schedule is derived from the pool at closing; '
                "expected the `balances` that are left of it, or [state]",
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
