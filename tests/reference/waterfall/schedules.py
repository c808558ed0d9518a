"""Planned balances: listed by payment date, or derived from what the pool pays at some speeds."""

from __future__ import annotations

from reference.waterfall.state import State, Table


class Schedules(State):
    """What classes should have left after each payment date."""

    def planned(self, name: str, number: int) -> float:
        """The planned balance of a schedule on a payment date."""
        return self.plan(name)[number] if number < len(self.plan(name)) else 0.0

    def plan(self, name: str) -> list[float]:
        """The balance that a schedule starts at, and those after each payment date."""
        if name not in self.plans:
            terms = self.schedules[name]
            listed = terms.get("balances")
            start = sum(self.size(self.tranches[member], in_scenario=False) for member in self.planned_classes(name))
            self.plans[name] = [start, *(self.derived(terms, start) if listed is None else listed)]
        return self.plans[name]

    def planned_classes(self, name: str) -> list[str]:
        """The classes that a schedule is of."""
        named = self.schedules[name].get("tranches", [])
        return [member for one in ([named] if isinstance(named, str) else named) for member in self.members(one)]

    def derived(self, terms: Table, start: float) -> list[float]:
        """It falls on each date, after the lockout, by the least that any speed pays, less what schedules before it take."""
        left, balances = start, []
        for period in self.periods:
            pays = sum(min(flow[n] if n < len(flow) else 0.0 for flow in self.speeds[terms["name"]]) for n in period.months)
            first = terms.get("after", [])
            for other in [first] if isinstance(first, str) else first:
                pays -= self.planned(other, period.number - 1) - self.planned(other, period.number)
            if period.number > terms.get("lockout", 0):
                left = max(0.0, left - max(0.0, pays))
            balances.append(left)
        return balances
