"""Triggers: when they are tested, when they hold, the mode they leave the deal in, and what they do while they hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from reference import formulas
from reference.waterfall.state import State, Table, Today


class Triggers(State):
    """Tests, cures, modes, effects."""

    def test(self, name: str, today: Today) -> bool | None:
        """Test a trigger; None where it is not tested."""
        trigger = self.triggers[name]
        if trigger.get("today_only"):
            self.holds[name] = False
        breached = self.breached(name, today)
        if breached:
            self.holds[name], self.clean[name] = True, 0
        elif breached is not None and self.holds[name]:
            self.clean[name] += 1
            if self.clean[name] == trigger.get("cure_periods", 0):
                self.holds[name] = False
        return breached

    def breached(self, name: str, today: Today) -> bool | None:
        """Whether a trigger is breached, by hand or by its condition; None where it is not tested."""
        if name in self.said.get("off", ()):
            return None
        if name in self.said.get("fire", {}) and self.first_on_or_after(self.said["fire"][name]) == today.period.number:
            return True
        return bool(self.worth(self.condition(name), today)) if self.is_tested(name, today) else None

    def is_tested(self, name: str, today: Today) -> bool:
        """Whether a trigger is tested today: enough dates to look back on, a threshold, its phase, its dates or months."""
        trigger, period = self.triggers[name], today.period
        looking = [*self.nodes(self.condition(name)), *self.nodes(self.threshold(name))]
        dates = max((node[3] + (node[1] == "previous") for node in looking), default=1)
        if period.number < max(dates, trigger.get("from_period", 1)):
            return False
        if isinstance(trigger.get("threshold"), dict) and self.stated(trigger["threshold"], today) is None:
            return False
        if trigger.get("phase", "any") != "any" and (trigger["phase"] == "revolving") != self.may_buy(period.nominal):
            return False
        if "test_dates" in trigger:
            return period.number in [self.first_on_or_after(day) for day in trigger["test_dates"]]
        return period.nominal.month in trigger.get("test_months", range(1, 13))

    # -------------------------------------------------------------------------------------------- conditions and thresholds

    def condition(self, name: str) -> formulas.Tree:
        """A trigger's condition, in which `threshold` is its own."""
        return own(formulas.read(self.triggers[name]["when"]), name)

    def threshold(self, name: str) -> formulas.Tree:
        """A trigger's threshold as a formula; one that changes is a number today."""
        threshold = self.triggers[name].get("threshold", 0.0)
        return formulas.read(0.0 if isinstance(threshold, dict) else threshold)

    def threshold_now(self, name: str, today: Today) -> float:
        """What a trigger's threshold is now."""
        threshold = self.triggers[name]["threshold"]
        if not isinstance(threshold, dict):
            return float(self.compute(threshold, today))
        stated = self.stated(threshold, today)
        return float("nan") if stated is None else stated

    def nodes(self, tree: formulas.Tree) -> list[formulas.Tree]:
        """The functions over dates in a formula, those of defined terms included."""
        found = list(formulas.lookbacks(tree))
        for name in names_in(tree):
            if name in self.define:
                found += self.nodes(formulas.read(self.define[name]))
        return found

    # --------------------------------------------------------------------------------------------- what they do while they hold

    def mode(self, day: dt.date) -> str:
        """The mode on a day: of the holding trigger listed last; else the one the deal starts in, or what follows its period."""
        modes = [t["mode"] for name, t in self.triggers.items() if self.acting[name] and "mode" in t]
        if modes:
            return str(modes[-1])
        starts_in = self.deal["deal"].get("starts_in", next(iter(self.deal["waterfall"])))
        return str(self.deal["revolving"]["then"] if "revolving" in self.deal and not self.in_period(day) else starts_in)

    def holding(self, effect: str) -> list[Any]:
        """What the triggers that hold say of an effect, in the file's order."""
        effects = [t["effect"] for name, t in self.triggers.items() if self.acting[name] and effect in t.get("effect", {})]
        return [said[effect] for said in effects]

    def swept(self) -> set[str]:
        """The accounts that are kept empty."""
        return {name for said in self.holding("sweep") for name in ([said] if isinstance(said, str) else said)}

    def may_not_fall(self, name: str) -> bool:
        """Whether an account's target or a defined term is kept from falling."""
        lists: list[Table | list[str]] = [
            [*self.accounts] if said is True else said or [] for said in self.holding("stop_step_down")
        ]
        return any(name in listed for listed in lists)

    def trapped(self, today: Today) -> str | bool | None:
        """Where residual steps leave their cash: True in its fund, or an account; None where they pay."""
        said = self.holding("trap")
        return said[-1] if said and not today.released else None


def own(tree: formulas.Tree, name: str) -> formulas.Tree:
    """A condition in which the name `threshold` says whose it is."""
    if tree == ("name", "threshold"):
        return ("name", f"threshold of {name}")
    return tuple(own(part, name) if isinstance(part, tuple) else part for part in tree)


def names_in(tree: formulas.Tree) -> Iterator[str]:
    """Every name in a formula."""
    if tree[0] == "name":
        yield tree[1]
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from names_in(part)
