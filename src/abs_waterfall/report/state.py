"""A deal's state as the TOML of its [state]."""

from __future__ import annotations

import json
from collections.abc import Iterable

from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.waterfall.calendar import pool_cutoff


def state_file(deal: Deal, said: Standing, scenario: str) -> str:
    """The table [state] with a word on what it is."""
    gone_on = deal.model_copy(update={"state": said})
    return (
        f"# {deal.deal.name} after payment date {said.period}, scenario {scenario}. The deal file that this is put into goes on\n"
        f"# from there, with the loans of its pool as of {pool_cutoff(gone_on)}.\n{state_toml(said)}"
    )


def state_toml(said: Standing) -> str:
    """The table [state] of a deal file."""
    head = [f"[state]\nperiod = {said.period}\n"]
    head += [f"{key} = {listed(map(quoted, names))}\n" for key in ("holding", "emptied") if (names := getattr(said, key))]
    head += [f"{key} = {listed(map(number, amounts))}\n" for key in ("for_sale", "recoveries") if (amounts := getattr(said, key))]
    tables = [
        ("values", {name: number(value) for name, value in said.values.items()}),
        ("clean", {name: str(count) for name, count in said.clean.items()}),
        ("history", {text: listed(map(number, values)) for text, values in said.history.items()}),
        ("planned", {name: listed(map(number, values)) for name, values in said.planned.items()}),
    ]
    return "".join(head) + "".join(table(name, rows) for name, rows in tables if rows)


def table(name: str, rows: dict[str, str]) -> str:
    """One table in [state]."""
    return f"\n[state.{name}]\n" + "".join(f"{quoted(key)} = {value}\n" for key, value in rows.items())


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def number(value: float) -> str:
    """A number to the last bit."""
    return repr(float(value))


def listed(values: Iterable[str]) -> str:
    """A list on one line."""
    return f"[{', '.join(values)}]"
