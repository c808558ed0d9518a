"""Triggers and the mode they leave the deal in."""

from __future__ import annotations

from reference import formulas
from reference.waterfall.state import State, Today


class Triggers(State):
    """Tests, cures, modes."""

    def test(self, name: str, today: Today) -> bool | None:
        """Test a trigger; None where it may not be tested yet."""
        trigger = self.triggers[name]
        dates = max((node[3] + (node[1] == "previous") for node in self.nodes(trigger["when"])), default=1)
        if today.period.number < max(dates, trigger.get("from_period", 1)):
            return None
        breached = bool(self.compute(trigger["when"], today))
        if breached:
            self.holds[name], self.clean[name] = True, 0
        elif self.holds[name]:
            self.clean[name] += 1
            if self.clean[name] == trigger.get("cure_periods", 0):
                self.holds[name] = False
        return breached

    def nodes(self, text: str) -> list[formulas.Tree]:
        """The functions over dates in a formula, those of defined terms included."""
        tree = formulas.read(text)
        found = list(formulas.lookbacks(tree))
        stack = [tree]
        while stack:
            part = stack.pop()
            if part[0] == "name" and part[1] in self.define:
                found += self.nodes(self.define[part[1]])
            stack += [p for p in part[1:] if isinstance(p, tuple)]
        return found

    def mode(self) -> str:
        """That of the holding trigger listed last, else the one the deal starts in."""
        modes = [t["mode"] for name, t in self.triggers.items() if self.holds[name] and "mode" in t]
        return modes[-1] if modes else self.deal["deal"].get("starts_in", next(iter(self.deal["waterfall"])))
