"""What scenarios and triggers make of the deal's numbers. R rows, S scenarios."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.state import State


@record
class Settings:
    """The numbers that are set, by name."""

    scenarios: dict[str, Floats]  # (R,) NaN where the deal's own stands
    triggers: dict[str, tuple[tuple[int, float], ...]]  # by trigger, in the file's order; the last that holds says

    def now(self, name: str, own: float | Floats, state: State) -> Floats:
        """A number as it is on the date: the deal's own, what the scenario says, or what a holding trigger says."""
        value = np.asarray(self.at_closing(name, own))
        for trigger, number in self.triggers.get(name, ()):
            value = np.where(state.holding[trigger], number, value)
        return value

    def at_closing(self, name: str, own: float | Floats) -> float | Floats:
        """A number as it is before any trigger: the deal's own, or what the scenario says."""
        said = self.scenarios.get(name)
        return own if said is None else np.where(np.isnan(said), own, said)


def settings_of(deal: Deal, scenario: Ints) -> Settings:
    """Everything that the deal's scenarios and triggers set, in the rows of a run."""
    names = dict.fromkeys(name for given in deal.scenario.values() for name in given.set)
    by_trigger: dict[str, tuple[tuple[int, float], ...]] = {}
    for i, trigger in enumerate(deal.trigger):
        for name, number in trigger.effect.set.items():
            by_trigger[name] = (*by_trigger.get(name, ()), (i, number))
    return Settings({name: by_scenario(deal, name)[scenario] for name in names}, by_trigger)


def by_scenario(deal: Deal, name: str) -> Floats:
    """(S,) what each scenario sets a number to; NaN where it does not."""
    given = (deal.scenario[s].set if s in deal.scenario else {} for s in deal.scenario_names)
    return np.array([said.get(name, np.nan) for said in given])
