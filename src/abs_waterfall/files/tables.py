"""The tables of a deal file, each checked alone, so that a fault in one hides none in another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.deal.base import Formula
from abs_waterfall.deal.classes import BalanceSchedule, Exchange, Group
from abs_waterfall.deal.coupons import IndexCurve, line_names
from abs_waterfall.deal.cross.parts import Parts
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.lookups import as_formula
from abs_waterfall.deal.model import Call, Deal, DealTerms
from abs_waterfall.deal.money import Account, Fee, Ledger
from abs_waterfall.deal.names import FUNDS
from abs_waterfall.deal.revolving import Revolving
from abs_waterfall.deal.standing import Standing
from abs_waterfall.deal.steps import PAYEES, VERBS, AnyStep, StepTerms
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.files.context import reading_context
from abs_waterfall.files.faults import keys_of, problems_of, shown, unknown_key
from abs_waterfall.files.toml import TableOf, joined, values_in
from abs_waterfall.pool.model import PoolSettings

M = TypeVar("M", bound=BaseModel)

REQUIRED = ("deal", "dates", "pool", "tranche", "waterfall")
LISTS = ("tranche", "fee", "account", "ledger", "facility", "hedge", "trigger", "group", "schedule", "exchange")
EXAMPLE = {"scenario": "stress", "index": "LPR1Y"}
CASH_KEYS = ("from", "to", "support", "transfer")


class TableReader:
    """Checks tables one by one and gathers what is wrong with them in `problems`."""

    def __init__(self, folder: Path) -> None:
        self.problems: list[Problem] = []
        self.context = reading_context(folder)

    def fault(self, message: str, place: str) -> None:
        """Note something wrong."""
        self.problems.append(Problem(message, place))

    def table(self, model: type[M], raw: Any, place: str, table: str) -> M | None:
        """The table as its model, or None where it is faulty."""
        if not isinstance(raw, dict):
            self.fault(f"expected a table, got {shown(raw)}", place)
            return None
        try:
            return model.model_validate(raw, context=self.context)
        except ValidationError as fault:
            self.problems += problems_of(fault.errors(include_url=False), raw, place, table, model)
        return None

    def tables(self, model: type[M], raw: Any, name: str) -> dict[str, M]:
        """The sound ones among a list of tables, by place."""
        if raw is None:  # a missing table, already told
            return {}
        if not isinstance(raw, list):
            self.fault(f"expected a list of tables, each headed [[{name}]], got {shown(raw)}", name)
            return {}
        if not raw and name in REQUIRED:
            self.fault(f"expected at least one [[{name}]], got an empty list", name)
        read = {f"{name}[{i}]": self.table(model, table, f"{name}[{i}]", name) for i, table in enumerate(raw)}
        return {place: table for place, table in read.items() if table is not None}

    def named(self, model: type[M], raw: Any, name: str) -> dict[str, M]:
        """The sound ones among tables with names, such as [scenario.stress]."""
        if not isinstance(raw, dict):
            self.fault(f"expected tables with names, such as [{name}.{EXAMPLE[name]}], got {shown(raw)}", name)
            return {}
        if "base" in raw and name == "scenario":
            self.fault('"base" is what the case of [assumptions] is called; expected another name', joined(name, "base"))
        read = {key: self.table(model, table, joined(name, key), name) for key, table in raw.items()}
        return {key: table for key, table in read.items() if table is not None}

    def define(self, raw: Any) -> dict[str, str | float]:
        """The defined terms; one that is no formula stands in as 0, so that its name is known."""
        if not isinstance(raw, dict):
            self.fault(f"expected a table of formulas, got {shown(raw)}", "define")
            return {}
        terms = {key: self.looked_up(value, joined("define", key)) for key, value in raw.items()}
        for key, text in terms.items():
            if not re.fullmatch(r"[^\W\d]\w*", key):
                self.fault("expected a name of letters, digits and _ that does not start with a digit", joined("define", key))
            elif not is_formula(text):
                self.fault(f"expected a formula, as a text or a number, got {shown(text)}", joined("define", key))
        return {key: text if is_formula(text) else 0.0 for key, text in terms.items()}

    def looked_up(self, value: Any, place: str) -> Any:
        """A term given as a table, as the formula that it is; a table with a fault stands in as 0."""
        try:
            return as_formula(value)
        except ValueError as fault:
            self.fault(str(fault), place)
            return 0.0

    def waterfall(self, raw: Any) -> dict[str, AnyStep]:
        """The sound steps of every mode, by place."""
        if not isinstance(raw, dict) or not raw:
            self.fault(f"expected a list of steps for each mode, such as waterfall.amortising, got {shown(raw)}", "waterfall")
            return {}
        return {place: step for mode, steps in raw.items() for place, step in self.mode(steps, joined("waterfall", mode))}

    def mode(self, raw: Any, place: str) -> Iterator[tuple[str, AnyStep]]:
        """The sound steps of one mode with their places."""
        if not isinstance(raw, list) or not raw:
            self.fault(f"expected a list of steps, got {shown(raw)}", place)
            return
        for i, step in enumerate(raw):
            if (read := self.step(step, f"{place}[{i}]")) is not None:
                yield f"{place}[{i}]", read

    def step(self, raw: Any, place: str) -> AnyStep | None:
        """One step, or None where it is faulty."""
        if not isinstance(raw, dict):
            self.fault(f'expected a step such as {{ interest = "A" }}, got {shown(raw)}', place)
            return None
        verbs = [key for key in raw if key in VERBS]
        if len(verbs) != 1:
            self.problems += verb_problems(raw, verbs, place)
            return None
        model, sort = VERBS[verbs[0]], f"{'an' if verbs[0] == 'interest' else 'a'} {verbs[0]} step"
        aliased = {name for name, info in model.model_fields.items() if info.alias} & raw.keys()  # the file says `from`
        self.problems += [Problem(unknown_key(key, sort, keys_of(model)), joined(place, key)) for key in sorted(aliased)]
        kept = {key: value for key, value in raw.items() if key not in aliased}
        return self.table(model, kept, place, sort)  # type: ignore[return-value]  # VERBS holds the members of AnyStep


def is_formula(value: Any) -> bool:
    """Whether a value is a text or a number that may stand for a formula."""
    try:
        TypeAdapter(Formula).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def verb_problems(raw: TableOf, verbs: list[str], place: str) -> list[Problem]:
    """A step without a verb we know, or with several."""
    if verbs:
        return [Problem(f"a step has one verb, and this one has {' and '.join(verbs)}", place)]
    common = keys_of(StepTerms)
    strange = [key for key in raw if key not in common]
    near = [key for key in strange if did_you_mean(key, VERBS)] or strange[:1]
    if not near:
        return [Problem(f"a step has one verb, and this one has none; expected one of {', '.join(VERBS)}", place)]
    listed = ", ".join(VERBS)
    return [Problem(f'no step "{key}"; there are {listed}.{did_you_mean(key, VERBS)}', joined(place, key)) for key in near]


# --------------------------------------------------------------------------------------------------------- the whole file

SINGLE: dict[str, type[BaseModel]] = {
    "deal": DealTerms,
    "dates": Dates,
    "pool": PoolSettings,
    "assumptions": Assumptions,
    "call": Call,
    "revolving": Revolving,
    "state": Standing,
}


def read_parts(raw: TableOf, folder: Path) -> tuple[Parts, list[Problem]]:
    """The sound parts of a deal file with every name it gives, and the problems of each table."""
    reader = TableReader(folder)
    reader.problems += table_problems(raw)
    raw = understood(raw)
    single: dict[str, Any] = {key: reader.table(model, raw[key], key, key) for key, model in SINGLE.items() if key in raw}
    scenarios = reader.named(Scenario, raw.get("scenario", {}), "scenario")
    parts = Parts(
        deal=single.get("deal"),
        dates=single.get("dates"),
        call=single.get("call"),
        assumptions=single.get("assumptions"),
        indices={joined("index", name): curve for name, curve in reader.named(IndexCurve, raw.get("index", {}), "index").items()},
        revolving=single.get("revolving"),
        revolves="revolving" in raw,
        segment_by=tuple(single["pool"].segment_by) if single.get("pool") else None,
        pool=single.get("pool"),
        state=single.get("state"),
        tranches=reader.tables(Tranche, raw.get("tranche"), "tranche"),
        fees=reader.tables(Fee, raw.get("fee", []), "fee"),
        accounts=reader.tables(Account, raw.get("account", []), "account"),
        ledgers=reader.tables(Ledger, raw.get("ledger", []), "ledger"),
        facilities=reader.tables(Facility, raw.get("facility", []), "facility"),
        hedges=reader.tables(Hedge, raw.get("hedge", []), "hedge"),
        triggers=reader.tables(Trigger, raw.get("trigger", []), "trigger"),
        groups=reader.tables(Group, raw.get("group", []), "group"),
        schedules=reader.tables(BalanceSchedule, raw.get("schedule", []), "schedule"),
        exchanges=reader.tables(Exchange, raw.get("exchange", []), "exchange"),
        define=reader.define(raw.get("define", {})),
        scenarios=scenarios,
        steps=reader.waterfall(raw["waterfall"]) if "waterfall" in raw else {},
        modes=modes_of(raw),
        names=names_of(raw),
    )
    return parts, reader.problems


def table_problems(raw: TableOf) -> Iterator[Problem]:
    """Tables that the language does not have, and those a file must have."""
    known = keys_of(Deal)
    for key in raw.keys() - known:
        yield Problem(unknown_key(key, "", known).replace("unknown key", "unknown table"), joined("", key))
    for key in REQUIRED:
        if key not in understood(raw):
            header = f"[[{key}]]" if key in LISTS else f"[{key}]"
            yield Problem(f"missing table; expected {header}", key)


def understood(raw: TableOf) -> TableOf:
    """The tables by the names they should have: what stands in [[tranches]] is read as [[tranche]], once that was told."""
    known = keys_of(Deal)
    strange = raw.keys() - known
    near = {key: [name for name in known if name not in raw and did_you_mean(key, [name])] for key in strange}
    return {(near.get(key) or [key])[0]: table for key, table in raw.items()}


def modes_of(raw: TableOf) -> tuple[str, ...]:
    """The waterfall's modes; where there is no waterfall, those that are spoken of."""
    if isinstance(raw.get("waterfall"), dict) and raw["waterfall"]:
        return tuple(raw["waterfall"])
    spoken = [table.get("mode") for table in entries(raw, "trigger")]
    starts_in = raw["deal"].get("starts_in") if isinstance(raw.get("deal"), dict) else None
    return tuple(dict.fromkeys(mode for mode in (starts_in, *spoken) if isinstance(mode, str)))


def entries(raw: TableOf, name: str) -> list[TableOf]:
    """The tables of a list of tables, sound or not."""
    listed = raw.get(name)
    return [table for table in listed if isinstance(table, dict)] if isinstance(listed, list) else []


def steps_in(raw: TableOf) -> list[TableOf]:
    """Every step of every mode, sound or not."""
    modes = raw.get("waterfall")
    return [step for mode in modes for step in entries(modes, mode)] if isinstance(modes, dict) else []


def names_of(raw: TableOf) -> dict[str, tuple[str, ...]]:
    """Every name the file gives, by table, whether its table is sound or not."""
    given = {name: [table.get("name") for table in entries(raw, name)] for name in LISTS}
    given["step"] = [step.get("name") for step in steps_in(raw) if "name" in step]
    names = {name: (*texts(listed), *assumed_names(raw, name, listed)) for name, listed in given.items()}
    indices = raw.get("index") if isinstance(raw.get("index"), dict) else None
    lines = [line for table in entries(raw, "tranche") for line in lines_in(table)]
    return names | {"index": tuple(indices or ()), "line": tuple(dict.fromkeys((*lines, *names["tranche"])))}


def lines_in(tranche: TableOf) -> list[str]:
    """The lines that interest of a class is due on, sound or not."""
    name, components = tranche.get("name"), [(table.get("name"), table.get("coupon")) for table in entries(tranche, "component")]
    named = [(name, coupon) for name, coupon in components if isinstance(name, str)]
    return line_names(name, tranche.get("coupon"), named) if isinstance(name, str) else []


def texts(values: Iterable[Any]) -> Iterator[str]:
    """The texts among values."""
    return (value for value in values if isinstance(value, str))


def assumed_names(raw: TableOf, table: str, given: list[Any]) -> list[str]:
    """Where a table cannot be read, or lacks a name, the names used of it: they may well be right."""
    listed = raw.get(table, [])
    readable = isinstance(listed, list) and (bool(listed) or table not in REQUIRED)
    if table == "step" or (readable and all(isinstance(name, str) for name in given)):
        return []
    used = [name for step in steps_in(raw) for key, value in step.items() if pays(key, table) for name in listed_texts(value)]
    used += [name for _, text, _ in values_in(raw) if isinstance(text, str) for name in re.findall(rf"\b{table}\.([\w-]+)", text)]
    groups = [group.get("name") for group in entries(raw, "group")]  # may stand where classes do
    return [name for name in dict.fromkeys(used) if name not in (*given, *groups, *FUNDS)]


def pays(key: str, table: str) -> bool:
    """Whether a key of a step names things of a table."""
    return PAYEES.get(key) == table or (table == "account" and key in CASH_KEYS)


def listed_texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    return list(texts(value if isinstance(value, list) else [value]))
