"""Steps pay what exists, from where there is cash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.cross.parts import Parts, ledger_classes, lines_of, unknown
from abs_waterfall.deal.names import FUNDS
from abs_waterfall.deal.steps import (
    PAYEES,
    Accrue,
    AnyStep,
    Cure,
    Draw,
    Fill,
    Interest,
    Principal,
    Purchase,
    Repay,
    Residual,
    Transfer,
    WriteDown,
    WriteUp,
    verb_of,
)
from abs_waterfall.errors import Problem

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
