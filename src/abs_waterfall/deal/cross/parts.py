"""The valid parts of a deal file, and every name it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.deal.classes import BalanceSchedule, Exchange, Group
from abs_waterfall.deal.coupons import IndexCurve, line_names
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.model import Call, Deal, DealTerms
from abs_waterfall.deal.money import Account, Fee, Ledger
from abs_waterfall.deal.names import formula_kinds, revolving_kinds, seller_kinds
from abs_waterfall.deal.revolving import Revolving
from abs_waterfall.deal.standing import Standing
from abs_waterfall.deal.steps import AnyStep
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.errors import did_you_mean
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.model import PoolSettings


@dataclass(frozen=True)
class Parts:
    """The valid parts of a deal file by their place ("tranche[0]"), and every name it gives, valid part or not."""

    deal: DealTerms | None = None
    dates: Dates | None = None
    call: Call | None = None
    assumptions: Assumptions | None = None
    indices: Mapping[str, IndexCurve] = field(default_factory=dict)
    revolving: Revolving | None = None
    revolves: bool = False  # whether there is [revolving], sound or not
    segment_by: tuple[str, ...] | None = None  # of a sound pool
    pool: PoolSettings | None = None
    state: Standing | None = None
    tranches: Mapping[str, Tranche] = field(default_factory=dict)
    fees: Mapping[str, Fee] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    facilities: Mapping[str, Facility] = field(default_factory=dict)
    hedges: Mapping[str, Hedge] = field(default_factory=dict)
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    schedules: Mapping[str, BalanceSchedule] = field(default_factory=dict)
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    define: Mapping[str, str | float] = field(default_factory=dict)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    steps: Mapping[str, AnyStep] = field(default_factory=dict)  # "waterfall.amortising[3]"
    modes: tuple[str, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by table; "line": what interest is due on, "A.senior"


TABLES = ("tranche", "fee", "account", "trigger", "group", "schedule", "exchange", "step", "ledger", "facility", "hedge")
THRESHOLD = "threshold"  # what a trigger's condition calls its threshold


def parts_of(deal: Deal) -> Parts:
    """The parts of a deal that is valid table by table."""
    steps = {f"waterfall.{mode}[{i}]": step for mode, listed in deal.waterfall.items() for i, step in enumerate(listed)}
    return Parts(
        deal=deal.deal,
        dates=deal.dates,
        call=deal.call,
        assumptions=deal.assumptions,
        indices={f"index.{name}": curve for name, curve in deal.index.items()},
        revolving=deal.revolving,
        revolves=deal.revolving is not None,
        segment_by=tuple(deal.pool.segment_by),
        pool=deal.pool,
        state=deal.state,
        tranches={f"tranche[{i}]": table for i, table in enumerate(deal.tranche)},
        fees={f"fee[{i}]": table for i, table in enumerate(deal.fee)},
        accounts={f"account[{i}]": table for i, table in enumerate(deal.account)},
        ledgers={f"ledger[{i}]": table for i, table in enumerate(deal.ledger)},
        facilities={f"facility[{i}]": table for i, table in enumerate(deal.facility)},
        hedges={f"hedge[{i}]": table for i, table in enumerate(deal.hedge)},
        triggers={f"trigger[{i}]": table for i, table in enumerate(deal.trigger)},
        groups={f"group[{i}]": table for i, table in enumerate(deal.group)},
        schedules={f"schedule[{i}]": table for i, table in enumerate(deal.schedule)},
        exchanges={f"exchange[{i}]": table for i, table in enumerate(deal.exchange)},
        define=deal.define,
        scenarios=deal.scenario,
        steps=steps,
        modes=tuple(deal.waterfall),
        names={
            "tranche": tuple(table.name for table in deal.tranche),
            "fee": tuple(table.name for table in deal.fee),
            "account": tuple(table.name for table in deal.account),
            "facility": tuple(table.name for table in deal.facility),
            "hedge": tuple(table.name for table in deal.hedge),
            "ledger": tuple(table.name for table in deal.ledger),
            "trigger": tuple(table.name for table in deal.trigger),
            "group": tuple(table.name for table in deal.group),
            "schedule": tuple(table.name for table in deal.schedule),
            "exchange": tuple(table.name for table in deal.exchange),
            "step": tuple(step.name for step in steps.values() if step.name),
            "index": tuple(deal.index),
            "line": tuple(line for table in deal.tranche for line in lines_of(table)),
        },
    )


def kinds_of(parts: Parts) -> dict[str, Kind]:
    """The names that formulas of these parts may read, [define] left out."""
    kinds = formula_kinds(parts.names, ledger_classes(parts))
    if parts.revolves:
        kinds |= revolving_kinds()
    return kinds | seller_kinds() if any(tranche.seller for tranche in parts.tranches.values()) else kinds


def lines_of(tranche: Tranche) -> list[str]:
    """The lines that interest of a class is due on."""
    return line_names(tranche.name, tranche.coupon, [(part.name, part.coupon) for part in tranche.component])


def ledger_classes(parts: Parts) -> dict[str, tuple[str, ...]]:
    """The classes of every ledger; of one whose table is faulty, any may be meant."""
    sound = {table.name: tuple(table.tranches or ()) for table in parts.ledgers.values()}
    return {name: sound.get(name, parts.names.get("tranche", ())) for name in parts.names.get("ledger", ())}


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """No such thing; what there is; the nearest."""
    listed = tuple(known)
    return f'no {what} "{name}"; the deal has {", ".join(listed) or "none"}.{did_you_mean(name, listed)}'
