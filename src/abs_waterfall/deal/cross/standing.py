"""[state] names what the deal has, and says all that a deal cannot go on without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from abs_waterfall.deal.cross.parts import Parts, ledger_classes, unknown
from abs_waterfall.deal.standing import BELOW_ZERO, Standing, needed_names, standing_names
from abs_waterfall.errors import Problem, did_you_mean


def standing_problems(parts: Parts) -> Iterator[Problem]:
    """What is wrong with the state, if the deal has one."""
    if parts.state is not None:
        yield from value_problems(parts.state, parts)
        yield from named_problems(parts.state, parts)
        yield from planned_problems(parts.state, parts)
        yield from for_sale_problems(parts.state, parts)
        yield from closed_problems(parts)


def value_problems(state: Standing, parts: Parts) -> Iterator[Problem]:
    """Values of things that the deal has; none below 0 that cannot be; none missing."""
    lines = ledger_lines(parts)
    known = standing_names(parts.names, lines, parts.define, revolves=parts.revolves)
    for name, value in state.values.items():
        place = f'state.values."{name}"'
        if name not in known:
            yield Problem(f"no value of this name; expected one such as {known[0]}.{did_you_mean(name, known)}", place)
        elif value < 0 and name not in parts.define and not name.endswith(BELOW_ZERO):
            yield Problem(f"expected 0 or more, got {value:,.2f}", place)
    shares = [tranche.name for tranche in parts.tranches.values() if tranche.share is not None]
    needed = list(needed_names(parts.names.get("tranche", ()), shares, parts.names.get("account", ())))
    if parts.pool is not None and parts.pool.initial_balance is None:
        needed.append("pool.initial_balance")
    if missing := [name for name in needed if name not in state.values]:
        yield Problem(f"missing: {', '.join(missing)}; expected the amounts after payment date {state.period}", "state.values")


def ledger_lines(parts: Parts) -> list[str]:
    """What stands on ledgers, by name: of each class, or of a counter."""
    return [
        f"{name}.{line}"
        for name, classes in ledger_classes(parts).items()
        for line in (classes or ("balance",))
    ]  # fmt: skip


def named_problems(state: Standing, parts: Parts) -> Iterator[Problem]:
    """Triggers and accounts that the deal has; clean dates of triggers that hold."""
    triggers, accounts = parts.names.get("trigger", ()), parts.names.get("account", ())
    listed: list[tuple[str, str, Iterable[str], tuple[str, ...]]] = [
        ("trigger", "holding", state.holding, triggers),
        ("trigger", "clean", state.clean, triggers),
        ("account", "emptied", state.emptied, accounts),
    ]
    for what, key, names, known in listed:
        yield from (Problem(unknown(what, name, known), f"state.{key}") for name in names if name not in known)
    for name in state.clean:
        if name in triggers and name not in state.holding:
            yield Problem(f'"{name}" does not hold; clean dates are counted of triggers under `holding`', "state.clean")


def planned_problems(state: Standing, parts: Parts) -> Iterator[Problem]:
    """Of derived schedules what is left of them, as their pool at closing is gone; listed ones say it themselves."""
    derived = [schedule.name for schedule in parts.schedules.values() if schedule.speeds is not None]
    schedules = parts.names.get("schedule", ())
    for name in state.planned:
        if name not in schedules:
            yield Problem(unknown("schedule", name, schedules), "state.planned")
        elif name not in derived:
            yield Problem(f'"{name}" lists its balances by payment date from closing, and goes on by itself', "state.planned")
    for name in derived:
        if name not in state.planned:
            yield Problem(
                f'"{name}" was derived from speeds of the pool at closing; expected its balances on the payment dates to come, '
                f"{name} = [..]",
                "state.planned",
            )


def for_sale_problems(state: Standing, parts: Parts) -> Iterator[Problem]:
    """What is left for sale is said of every line, or of the mix where the pool's own is bought."""
    lines = len(parts.revolving.line) if parts.revolving else 0
    if state.for_sale and not lines:
        yield Problem('the deal has no [[revolving.line]]; expected "revolving.for_sale" under [state.values]', "state.for_sale")
    elif state.for_sale and len(state.for_sale) != lines:
        message = f"{len(state.for_sale)} amounts of {lines} [[revolving.line]]; expected one of each"
        yield Problem(message, "state.for_sale")
    elif state.for_sale and "revolving.for_sale" in state.values:
        yield Problem("said of each line too, by for_sale; expected one of the two", 'state.values."revolving.for_sale"')


def closed_problems(parts: Parts) -> Iterator[Problem]:
    """Scenarios cannot change what a deal that is closed started with."""
    for scenario, terms in parts.scenarios.items():
        for name in terms.set:
            if name.endswith((".balance", ".share", ".initial")):
                yield Problem(
                    f"{name} is of closing, and the deal runs on from [state]; expected what may still be set, such as a coupon",
                    f"scenario.{scenario}.set",
                )
