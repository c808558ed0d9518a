"""Numbers of the deal that a scenario sets for its run and triggers set while they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reference.waterfall.state import State, Table, Today


class Settings(State):
    """What a number is now."""

    def setting(self, name: str, own: Any) -> Any:
        """A number of the deal: the word of the holding trigger listed last, else the scenario's, else the deal's."""
        for trigger in reversed(self.deal.get("trigger", [])):
            said = trigger.get("effect", {}).get("set", {})
            if self.holds[trigger["name"]] and name in said:
                return said[name]
        return self.said.get("set", {}).get(name, own)

    def stated(self, table: Table, today: Today) -> float | None:
        """A number that changes by period, or by date from the day on; None before the first."""
        if "by_period" in table:
            listed = [*table["by_period"], *([table["then"]] if "then" in table else [])]
            return float(listed[min(today.period.number, len(listed)) - 1])
        values = [number for day, number in table["by_date"] if day <= today.period.nominal]
        return float(values[-1]) if values else None

    def first_on_or_after(self, day: dt.date) -> int | None:
        """The number of the first payment date on or after a day."""
        return next((period.number for period in self.periods if period.nominal >= day), None)
