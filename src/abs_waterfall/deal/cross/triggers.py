"""What triggers and scenarios name is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from abs_waterfall.deal.cross.formulas import defined_kinds, names_or_none
from abs_waterfall.deal.cross.parts import THRESHOLD, Parts, unknown
from abs_waterfall.deal.money import Account, Fee
from abs_waterfall.deal.settings import settable, wrong_number
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.errors import Problem, did_you_mean


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
