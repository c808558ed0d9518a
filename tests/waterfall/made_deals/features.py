"""What a made deal has that also acts when it is run: cash that moved by it, a rate that it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from abs_waterfall.waterfall.cashflows import DealCashflows, LimitFlows, LineFlows
from waterfall.made_deals.loans import holds_lines
from waterfall.made_deals.made import Made

Table = dict[str, Any]
Acts = Callable[[Made, DealCashflows], bool]


def acting(case: Made, flows: DealCashflows) -> set[str]:
    """The features that act in some scenario."""
    return {name for name, acts in FEATURES.items() if acts(case, flows)}


def kinds(case: Made, flows: DealCashflows) -> set[str]:
    """The kinds of plans that act in some scenario."""
    return {name for name, acts in KINDS_OF_PLANS.items() if acts(case, flows)}


def coupons(case: Made, flows: DealCashflows) -> Iterator[tuple[Any, LineFlows]]:
    """The terms of every line of interest that accrues, with its flows."""
    for tranche in case.raw["tranche"]:
        lines = flows.tranches[tranche["name"]].lines
        stated = {tranche["name"]: tranche.get("coupon", 0.0)}
        stated |= {f"{tranche['name']}.{part['name']}": part["coupon"] for part in tranche.get("component", ())}
        yield from ((terms, lines[name]) for name, terms in stated.items() if lines[name].accrued.any())


def a_coupon(test: Callable[[Table], Any]) -> Acts:
    """Whether a coupon with such terms accrues."""
    return lambda case, flows: any(isinstance(terms, dict) and test(terms) for terms, _ in coupons(case, flows))


def resets(kind: type | str) -> Acts:
    """Whether a coupon with such a reset accrues."""
    return a_coupon(lambda terms: terms.get("reset") == kind if isinstance(kind, str) else isinstance(terms.get("reset"), kind))


def carried(flows: DealCashflows) -> Iterator[LineFlows]:
    """What caps took."""
    for flow in flows.tranches.values():
        yield from (line for name, line in flow.lines.items() if name.endswith(".carry_over"))


def components(flows: DealCashflows) -> Iterator[LineFlows]:
    """Parts of classes' interest that are paid apart."""
    for flow in flows.tranches.values():
        yield from (line for name, line in flow.lines.items() if "." in name and not name.endswith(".carry_over"))


def classes(test: Callable[[Table], Any], key: str) -> Acts:
    """Whether a class with such terms has flows of a sort."""
    return lambda case, flows: some((flows.tranches[t["name"]] for t in case.raw["tranche"] if test(t)), key)


def some(flows: Iterable[Any], key: str) -> bool:
    """Whether any of these has flows of a sort."""
    return any(getattr(flow, key).any() for flow in flows)


def anybody(key: str) -> Acts:
    """Whether any class has flows of a sort."""
    return lambda _, flows: some(flows.tranches.values(), key)


def lent(key: str, *, owed: bool) -> Acts:
    """Whether a facility that is owed back, or is not, has flows of a sort."""

    def acts(case: Made, flows: DealCashflows) -> bool:
        return some((flows.facilities[f["name"]] for f in case.raw["facility"] if f.get("owed", True) is owed), key)

    return acts


def hedges(test: Callable[[Table], Any], key: str) -> Acts:
    """Whether a hedge with such terms has flows of a sort."""
    return lambda case, flows: some((flows.hedges[h["name"]] for h in case.raw["hedge"] if test(h)), key)


def hedged(kind: str, key: str) -> Acts:
    """Whether a hedge of a kind has flows of a sort."""
    return hedges(lambda terms: terms.get("kind", "swap") == kind, key)


def planned(key: str) -> Acts:
    """Whether a derived schedule with such a key is read by a step."""
    return lambda case, _: any(key in s and f"schedule.{s['name']}" in str(case.raw["waterfall"]) for s in case.raw["schedule"])


def read(name: str) -> Acts:
    """Whether a step reads a name."""
    return lambda case, _: name in str(case.raw["waterfall"])


def limits_of(flows: DealCashflows) -> tuple[LimitFlows, ...]:
    """The limits on what is bought."""
    return flows.purchases.limits if flows.purchases else ()


def cuts(limit: LimitFlows) -> bool:
    """Whether a limit keeps something from being bought."""
    return bool((limit.cut > 0).any())


def limited(*of: str) -> Acts:
    """Whether a limit by such a column or of such a measure cuts."""
    return lambda _, flows: any({limit.limit.by, limit.limit.measure} & {*of} and cuts(limit) for limit in limits_of(flows))


def buys(flows: DealCashflows) -> bool:
    """Whether anything is bought."""
    return flows.purchases is not None and bool(flows.purchases.bought.any())


def bought(test: Callable[[Table], Any]) -> Acts:
    """Whether a plan with such terms buys."""
    return lambda case, flows: bool(buys(flows) and test(case.raw["revolving"]))


def buying(case: Made) -> set[str]:
    """What steps buy from."""
    return {step.get("from", "") for steps in case.raw["waterfall"].values() for step in steps if "purchase" in step}


FEATURES: dict[str, Acts] = {
    "a coupon read each period": resets("payment"),
    "a coupon in arrears": resets("arrears"),
    "a coupon reset by months": resets(int),
    "a coupon reset by dates": resets(list),
    "a coupon by steps": a_coupon(lambda terms: len(terms.get("steps", ())) > 1),
    "a margin by steps": a_coupon(lambda terms: isinstance(terms.get("margin"), dict)),
    "a multiplier": a_coupon(lambda terms: "multiplier" in terms),
    "a coupon by formula": a_coupon(lambda terms: "formula" in terms),
    "a cap that takes": lambda _, flows: some(carried(flows), "accrued"),
    "carry-over paid": lambda _, flows: some(carried(flows), "paid"),
    "interest on carry-over": lambda _, flows: some(carried(flows), "on_shortfall"),
    "a component paid": lambda _, flows: some(components(flows), "paid"),
    "interest on a notional": classes(lambda t: "interest_on" in t, "interest_accrued"),
    "interest deferred": classes(lambda t: t.get("deferrable"), "accreted"),
    "dates of accrual of a class's own": classes(lambda t: "accrue_on" in t, "interest_accrued"),
    "interest on shortfall": anybody("interest_on_shortfall"),
    "a delay of payment": lambda case, _: "delay_days" in case.raw["dates"],
    "an index shifted": lambda case, _: any("index_shift" in said for said in case.raw["scenario"].values()),
    "a loan drawn": lent("drawn", owed=True),
    "a loan repaid": lent("repaid", owed=True),
    "a loan's cost paid": lent("paid", owed=True),
    "a gift drawn": lent("drawn", owed=False),
    "a swap received": hedged("swap", "received"),
    "a swap paid": hedged("swap", "paid"),
    "a swap not paid": hedged("swap", "unpaid"),
    "a swap not received": hedged("swap", "not_received"),
    "a cap received": hedged("cap", "received"),
    "a floor received": hedged("floor", "received"),
    "a listed notional": hedges(lambda terms: isinstance(terms["notional"], list), "net"),
    "a hedge that ends": hedges(lambda terms: "ends" in terms, "net"),
    "a derived schedule": planned("speeds"),
    "a schedule after others": planned("after"),
    "a lockout": planned("lockout"),
    "a listed schedule": planned("balances"),
    "an exchange": lambda case, _: bool(case.raw.get("exchange")),
    "credit support read": read("credit_support"),
    "excess spread read": read("excess_spread"),
    "a group": lambda case, _: bool(case.raw["group"]) and "'G'" in str(case.raw["waterfall"]),
    "a ledger debited": lambda _, flows: some(flows.ledgers.values(), "debited"),
    "a ledger cured": lambda _, flows: some(flows.ledgers.values(), "cured"),
    "a write-down": anybody("write_down"),
    "a write-up": anybody("write_up"),
    "an account filled": lambda _, flows: some(flows.accounts.values(), "into"),
    "an account drawn": lambda _, flows: some(flows.accounts.values(), "out"),
    "a mode switched": lambda _, flows: bool((flows.mode != flows.mode[:, :1]).any()),
    "a call": lambda _, flows: bool((flows.call_period >= 0).any()),
    "a residual": anybody("residual"),
    "loans bought": lambda _, flows: buys(flows),
    "a limit that cuts": lambda _, flows: any(cuts(limit) for limit in limits_of(flows)),
}
"""Those of which each acts beside each other in some deal."""

KINDS_OF_PLANS: dict[str, Acts] = {
    "a limit by segment that cuts": limited("segment"),
    "a limit by an attribute that cuts": limited("province"),
    "a limit by another column that cuts": limited("annual_rate", "amortization"),
    **{f"a {of} that cuts": limited(of) for of in ("weighted_annual_rate", "weighted_remaining_term", "weighted_score")},
    "revolving lines held": lambda case, _: holds_lines(case.raw["pool"]["line"]),
    "revolving lines drawn": lambda case, _: bool(case.collateral.drawn.any()),
    "revolving lines bought": bought(lambda terms: holds_lines(terms.get("line", []))),
    "the pool's own mix bought": bought(lambda terms: "profile" in terms),
    "criteria on purchases": bought(lambda terms: terms.get("eligibility")),
    "lines offered by month": bought(lambda terms: any("by_month" in line for line in terms.get("line", ()))),
    "lines for sale by month": bought(lambda terms: terms["supply"] == "lines"),
    "monthly purchases": bought(lambda terms: terms.get("purchases") == "monthly"),
    "monthly purchases from an account": bought(lambda terms: terms.get("from") not in {None, "interest", "principal"}),
    "steps that buy from an account": lambda case, flows: "reserve" in buying(case) and buys(flows),
    "a shortfall": lambda _, flows: flows.purchases is not None and bool(flows.purchases.shortfall.any()),
}
"""What plans buy, from what and within what limits."""
