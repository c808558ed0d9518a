"""Terms, dues and targets that are defined by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from abs_waterfall.deal.coupons import FormulaCoupon
from abs_waterfall.deal.cross.formulas import formula_or_none, names_or_none
from abs_waterfall.deal.cross.parts import Parts, lines_of
from abs_waterfall.deal.money import Account, Fee
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.errors import Problem


def circle_problems(parts: Parts) -> Iterator[Problem]:
    """Terms, fees' dues and accounts' targets that depend on themselves."""
    graph = dependencies(parts)
    for start in graph:
        if (circle := path_back(start, graph)) is not None:
            yield Problem(f"defined by itself: {' -> '.join(circle)}", place_of(start, parts))


def dependencies(parts: Parts) -> dict[str, frozenset[str]]:
    """What each computed name reads, among computed names; a class's `interest_due` stands for all its interest."""
    texts: dict[str, list[str | float | None]] = {name: [text] for name, text in parts.define.items()}
    texts |= {
        f"tranche.{tranche.name}.interest_due": terms for tranche in parts.tranches.values() if (terms := computed(tranche))
    }
    texts |= {f"fee.{fee.name}.due": [fee.base, formula_or_none(fee.amount)] for fee in parts.fees.values()}
    texts |= {f"facility.{facility.name}.undrawn": [facility.limit] for facility in parts.facilities.values()}
    texts |= {f"facility.{facility.name}.due": [facility.limit, facility.rate] for facility in parts.facilities.values()}
    texts |= {f"hedge.{hedge.name}.net": legs(hedge) for hedge in parts.hedges.values()}
    texts |= {f"account.{account.name}.target": [account.target] for account in parts.accounts.values()}
    graph = {name: frozenset().union(*(names_or_none(text) for text in listed)) for name, listed in texts.items()}
    behind = names_behind(parts, graph.keys())
    return {
        name: frozenset(inner for given in read for inner in (given, *behind.get(given, ()))) & graph.keys()
        for name, read in graph.items()
    }


def computed(tranche: Tranche) -> list[str | float | None]:
    """The formulas that a class's interest is computed by."""
    coupons = [tranche.coupon, *(part.coupon for part in tranche.component)]
    formulated: list[str | float | None] = [coupon.formula for coupon in coupons if isinstance(coupon, FormulaCoupon)]
    return formulated if tranche.interest_on is None else [*formulated, tranche.interest_on]


def legs(hedge: Hedge) -> list[str | float | None]:
    """The formulas that a hedge's net is computed by."""
    return [hedge.receives, hedge.pays, None if isinstance(hedge.notional, list) else hedge.notional]


def names_behind(parts: Parts, computed_names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The computed names that others read without naming them."""
    fees = tuple(name for name in computed_names if name.startswith("fee."))
    notes = tuple(f"tranche.{tranche.name}.interest_due" for tranche in parts.tranches.values() if not tranche.residual)
    behind = {"pool.net_rate": fees, "notes.interest_due": notes}
    for group in parts.groups.values():
        behind[f"group.{group.name}.interest_due"] = tuple(f"tranche.{name}.interest_due" for name in group.tranches)
    for tranche in parts.tranches.values():
        for line in lines_of(tranche):
            behind |= dict.fromkeys(
                (f"tranche.{line}.interest_due", f"tranche.{line}.coupon"), (f"tranche.{tranche.name}.interest_due",)
            )
    return behind


def path_back(start: str, graph: Mapping[str, frozenset[str]]) -> list[str] | None:
    """A shortest path from a name back to itself."""
    paths, seen = [[start]], set[str]()
    while paths:
        path = paths.pop(0)
        for name in sorted(graph.get(path[-1], ())):
            if name == start:
                return [*path, start]
            if name not in seen:
                seen.add(name)
                paths.append([*path, name])
    return None


def place_of(name: str, parts: Parts) -> str:
    """Where in the file a computed name is defined."""
    if name in parts.define:
        return f"define.{name}"
    table, who, _ = name.split(".")
    known: dict[str, Mapping[str, Fee | Account | Tranche | Facility | Hedge]]
    known = {"fee": parts.fees, "account": parts.accounts, "tranche": parts.tranches}
    known |= {"facility": parts.facilities, "hedge": parts.hedges}
    tables = known[table]
    return next(place for place, entry in tables.items() if entry.name == who)
