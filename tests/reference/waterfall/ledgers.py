"""Steps that write on ledgers and balances."""

from __future__ import annotations

from reference.waterfall.state import State, Table, Today


class Ledgers(State):
    """Debits, cures, write-downs and write-ups."""

    def step_debit(self, _: Table, payees: list[str], cap: float, _today: Today) -> float:
        ledger, _, only = payees[0].partition(".")
        total = 0.0
        for name, held in self.ledgers[ledger].items():
            if only in ("", name):
                room = self.balance[name] - held if name else float("inf")
                part = max(0.0, min(room, cap - total))
                self.ledgers[ledger][name] = self.beyond_rounding(held + part)
                total += part
        return total

    def step_cure(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        ledger, _, only = payees[0].partition(".")
        total = 0.0
        for name in reversed(self.ledgers[ledger]):
            if only in ("", name):
                want = min(self.ledgers[ledger][name], cap - total)
                part = self.move(today, step.get("from", "interest"), step.get("to", "principal"), want)
                self.ledgers[ledger][name] = self.beyond_rounding(self.ledgers[ledger][name] - part)
                total += part
        return total

    def step_write_down(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            part = min(self.balance[name], cap - total)
            self.balance[name] = self.beyond_rounding(self.balance[name] - part)
            self.written_off[name] = self.beyond_rounding(self.written_off[name] + part)
            today.written_down[name] = today.written_down.get(name, 0.0) + part
            total += part
        return total

    def step_write_up(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            part = min(self.written_off[name], cap - total)
            self.balance[name] = self.beyond_rounding(self.balance[name] + part)
            self.written_off[name] = self.beyond_rounding(self.written_off[name] - part)
            today.written_up[name] = today.written_up.get(name, 0.0) + part
            total += part
        return total
