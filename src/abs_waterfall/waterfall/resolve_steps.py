"""Steps with their names looked up and their formulas compiled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.cross.steps import payees_of as payees_named
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.steps import (
    Accrue,
    AnyStep,
    Cure,
    Debit,
    Draw,
    Fill,
    Interest,
    Principal,
    Purchase,
    Swap,
    Transfer,
    WriteDown,
    WriteUp,
    verb_of,
)
from abs_waterfall.waterfall.reading import Reading
from abs_waterfall.waterfall.resolved import Block, ResolvedStep


def resolved_steps(deal: Deal, reading: Reading) -> Iterator[ResolvedStep]:
    """Every mode's steps, in the file's order."""
    for m, (mode, steps) in enumerate(deal.waterfall.items()):
        for i, step in enumerate(steps):
            yield resolved_step(step, m, i, f"waterfall.{mode}[{i}]", reading)


NO_CASH: dict[type[AnyStep], str] = {Accrue: "interest due", Debit: "no cash", WriteDown: "no cash", WriteUp: "no cash"}
"""What is said in place of a source by steps that move no cash."""


def resolved_step(step: AnyStep, mode: int, index: int, place: str, reading: Reading) -> ResolvedStep:
    """One step with its names looked up."""
    payee_names, payees = payees_of(step, reading)
    source = step.transfer if isinstance(step, Transfer) else getattr(step, "source", "available")
    support = (step.swap,) if isinstance(step, Swap) else tuple(getattr(step, "support", None) or ())
    targets = getattr(step, "targets", None)
    weights = getattr(step, "weights", None)
    return ResolvedStep(
        mode=mode,
        index=index,
        verb=verb_of(step) or "",
        payees=payees,
        payee_names=payee_names,
        blocks=tuple(blocks_of(step, reading)),
        bounds=tuple(reading.ledger_bounds[claim] for claim in payees) if isinstance(step, Debit) else (),
        source=reading.pots(source),
        source_name=NO_CASH.get(type(step), source),
        support=tuple(pot for name in support for pot in reading.pots(name)),
        support_names=support,
        when=None if step.when is None else reading.compiled(step.when, f"{place}.when"),
        amount=None if step.amount is None else reading.compiled(step.amount, f"{place}.amount"),
        split=getattr(step, "split", "sequential"),
        weights=None if weights is None else np.array(weights)[:, None],
        targets=None if targets is None else tuple(reading.compiled(t, f"{place}.targets[{i}]") for i, t in enumerate(targets)),
        to=reading.pots(getattr(step, "to", "interest"))[0],
        name=step.name or "",
        slot=reading.step_names.index(step.name) if step.name else -1,
        condition=step.when or "",
        place=place,
    )


def payees_of(step: AnyStep, reading: Reading) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A step's payees: their names, and their claims or pots."""
    verb, names = verb_of(step) or "", payees_named(step)[1]
    match step:
        case Transfer():
            return (step.to,), reading.pots(step.to)
        case Purchase():
            return ("pool",), (-1,)
        case Draw() | Fill():
            return names, tuple(reading.pots(name)[0] for name in names)
        case Debit():
            lines = reading.ledger_lines(step.debit)
            return tuple(lines), tuple(lines.values())
        case Cure():
            lines = reading.ledger_lines(step.cure)
            return tuple(reversed(lines)), tuple(reversed(lines.values()))
        case Interest() | Principal() | Accrue() | WriteDown() | WriteUp():
            names = classes_of(names, reading.deal.group)
    return names, tuple(reading.claim(verb, name) for name in names)


def blocks_of(step: AnyStep, reading: Reading) -> Iterator[Block]:
    """What each name of a step stands for, where one is a group's. A step that names one alone may say its split."""
    names, first = payees_named(step)[1], 0
    if not isinstance(step, Interest | Principal) or not any(name in reading.group_index for name in names):
        return
    for name in names:
        count = len(classes_of([name], reading.deal.group))
        group = reading.deal.group[reading.group_index[name]] if name in reading.group_index else None
        split = group.split if group else "sequential"
        if len(names) == 1 and isinstance(step, Principal) and "split" in step.model_fields_set:
            split = step.split
        yield Block(slice(first, first + count), split)
        first += count
