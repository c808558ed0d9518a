"""A deal's state as the TOML of its [state]."""

from __future__ import annotations

import json
from collections.abc import Iterable

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.scenarios import Behaviour, behaviours
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.waterfall.calendar import past_months, pool_cutoff


def state_file(deal: Deal, said: Standing, scenario: str) -> str:
    """The table [state] with a word on what it is."""
    gone_on = deal.model_copy(update={"state": said})
    return (
        f"# {deal.deal.name} after payment date {said.period}, scenario {scenario}. The deal file that this is put into goes on\n"
        f"# from there, with the loans of its pool as of {pool_cutoff(gone_on)}.\n{assumed_after(gone_on)}{state_toml(said)}"
    )


def assumed_after(deal: Deal) -> str:
    """A word on assumptions that count months, where the deal has any: they count from the loans' day, not from closing."""
    assumed = [deal.assumptions, *([deal.revolving.assumptions] if deal.revolving and deal.revolving.assumptions else [])]
    quotes = [quote for each in assumed for row in grid_of(deal, each) for segment in row for quote in segment.quotes]
    told = ""
    if any(quote.by == "period" for quote in quotes):
        told += f"# Assumptions by period count from there: leave out the first {past_months(deal)} months of their lists.\n"
    if any(quote.kind == "cumulative" for quote in quotes):
        told += "# A cumulative default is of the loans of that day, its timing from there: say what is left of it.\n"
    return told


def grid_of(deal: Deal, assumed: Assumptions) -> tuple[tuple[Behaviour, ...], ...]:
    """What is assumed in each scenario, of segments that have assumptions of their own and of the others."""
    own = {*assumed.segment, *(name for scenario in deal.scenario.values() for name in scenario.segment)}
    return behaviours(assumed, deal.scenario, (*sorted(own), ""))


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
