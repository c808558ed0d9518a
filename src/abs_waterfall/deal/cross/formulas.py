"""Formulas can be read, know their names and give the right kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from abs_waterfall import formulas
from abs_waterfall.deal.coupons import FormulaCoupon
from abs_waterfall.deal.cross.parts import THRESHOLD, Parts, kinds_of
from abs_waterfall.deal.cross.terms import coupons_in
from abs_waterfall.deal.names import is_segment_balance
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.revolving import Revolving, YieldPrice
from abs_waterfall.errors import Problem
from abs_waterfall.formulas import Kind


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
    price = None if isinstance(terms.price, YieldPrice) else terms.price
    return {"retain": terms.retain, "price": price, "supply": terms.supply_formula}


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


def names_or_none(text: str | float | None) -> frozenset[str]:
    """The names a formula reads; none where it cannot be read (told elsewhere)."""
    try:
        return frozenset() if text is None else formulas.names(formulas.parse(text))
    except formulas.FormulaError:
        return frozenset()
