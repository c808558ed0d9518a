"""What triggers do while they hold, beside switching the mode: which triggers bear on what. R rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.triggers import Effect
from abs_waterfall.waterfall.state import State

STAYS = -1  # the pot of what is trapped where it is


@dataclass(frozen=True, slots=True)
class Trap:
    """Triggers that keep the residual steps from paying, and the account that takes what they would pay."""

    triggers: tuple[int, ...]
    pot: int  # STAYS: the cash stays in its fund
    name: str


@dataclass(frozen=True, slots=True)
class Effects:
    """The triggers that bear on each thing, by index in the deal file's order."""

    end_revolving: tuple[int, ...]
    sweeps: tuple[tuple[int, ...], ...]  # by account
    stops: dict[str, tuple[int, ...]]  # by account or defined term: what may not fall
    traps: tuple[Trap, ...]


def effects_of(deal: Deal) -> Effects:
    """What the triggers' `effect` tables say, by what they bear on."""
    accounts = tuple(account.name for account in deal.account)
    terms = dict.fromkeys(name for trigger in deal.trigger for name in stopped_by(trigger.effect, deal))
    traps = dict.fromkeys(trigger.effect.trap for trigger in deal.trigger if trigger.effect.trap is not None)
    return Effects(
        end_revolving=those(deal, lambda effect: effect.end_revolving),
        sweeps=tuple(sweepers(deal, name) for name in accounts),
        stops={name: stoppers(deal, name) for name in terms},
        traps=tuple(trap_of(deal, trap, accounts) for trap in traps),
    )


def those(deal: Deal, does: Callable[[Effect], bool]) -> tuple[int, ...]:
    """The triggers whose effect does something."""
    return tuple(i for i, trigger in enumerate(deal.trigger) if does(trigger.effect))


def sweepers(deal: Deal, account: str) -> tuple[int, ...]:
    """The triggers that empty an account."""
    return those(deal, lambda effect: account in (effect.sweep or ()))


def stoppers(deal: Deal, name: str) -> tuple[int, ...]:
    """The triggers that keep an account's target or a defined term from falling."""
    return those(deal, lambda effect: name in stopped_by(effect, deal))


def stopped_by(effect: Effect, deal: Deal) -> tuple[str, ...]:
    """What an effect keeps from falling: what it names, or every account's target."""
    if isinstance(effect.stop_step_down, list):
        return tuple(effect.stop_step_down)
    return tuple(account.name for account in deal.account if account.target is not None) if effect.stop_step_down else ()


def trap_of(deal: Deal, trap: str | Literal[True], accounts: tuple[str, ...]) -> Trap:
    """One trap with its triggers and its pot."""
    triggers = those(deal, lambda effect: effect.trap == trap)
    return Trap(triggers, 2 + accounts.index(trap), trap) if isinstance(trap, str) else Trap(triggers, STAYS, "")


def any_holds(state: State, triggers: tuple[int, ...]) -> Bools:
    """(R,) whether one of these triggers holds, and does what it says."""
    held = np.zeros(state.rows, dtype=np.bool_)
    for i in triggers:
        held = held | state.acting[i]
    return held


def trapped_by(state: State, traps: tuple[Trap, ...]) -> Ints:
    """(R,) the trap, by index, that the trigger listed last of those that hold says; -1 where none does."""
    said = np.full(state.rows, -1, dtype=np.int64)
    for trigger, index in sorted((trigger, index) for index, trap in enumerate(traps) for trigger in trap.triggers):
        said = np.where(state.acting[trigger], index, said)
    return said
