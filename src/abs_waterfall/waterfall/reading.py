"""How formulas become functions of a run's state: each is compiled once, when the deal is resolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from types import MappingProxyType

from abs_waterfall import formulas
from abs_waterfall.deal.coupons import FormulaCoupon
from abs_waterfall.deal.cross.circles import dependencies
from abs_waterfall.deal.cross.parts import parts_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.money import Fee
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.errors import InputError, did_you_mean
from abs_waterfall.formulas import Apply, Lookback, Name, Node
from abs_waterfall.waterfall.coupons import Line
from abs_waterfall.waterfall.effects import Effects
from abs_waterfall.waterfall.state import Claims
from abs_waterfall.waterfall.sums import over_dates
from abs_waterfall.waterfall.values import Computed, Values, stated

LAST, STATED = "last.", "stated."  # names that formulas of ours alone read: a value of the last date, a trigger's threshold
ABOVE = {">": True, ">=": True, "<": False, "<=": False}


@dataclass(frozen=True, slots=True)
class Sides:
    """What a trigger measures against what, and on which side of it a breach is."""

    measure: Computed
    threshold: Computed
    above: bool  # breached where the measure is above the threshold


class Reading(Values):
    """Compiles a deal's formulas; `histories` collects what they look back on, inner formulas first."""

    def __init__(self, deal: Deal, claims: Claims, lines: Sequence[Line], segments: Sequence[str], effects: Effects) -> None:
        super().__init__(deal, claims, lines, effects)
        self.segments = tuple(segments)
        self.histories: dict[Node, Computed] = {}
        self.lookbacks: set[Lookback] = set()
        self.dependencies = dependencies(parts_of(deal))
        self.limits = tuple(self.compiled(facility.limit, f"facility[{i}].limit") for i, facility in enumerate(deal.facility))
        self.targets = tuple(self.account_target(i) for i in range(len(deal.account)))

    @cached_property
    def definitions(self) -> dict[str, Node]:
        """The defined terms, each spelled out down to names of the run."""
        spelled: dict[str, Node] = {}
        for name in TopologicalSorter({k: v for k, v in self.dependencies.items() if k in self.deal.define}).static_order():
            if name in self.deal.define:
                spelled[name] = self.not_falling(name, self.spelled(self.deal.define[name], f"define.{name}", spelled))
        return spelled

    def not_falling(self, name: str, node: Node) -> Node:
        """The value of an account's target or a term, which triggers may keep from falling."""
        return Apply("max", (node, Name(LAST + name))) if name in self.effects.stops else node

    def spelled(self, text: str | float, place: str, definitions: dict[str, Node]) -> Node:
        """A formula with its defined terms spelled out."""
        try:
            return formulas.bounded(formulas.substitute(formulas.parse(text), definitions))
        except formulas.FormulaError as fault:
            raise InputError.one(str(fault), place, self.deal.file) from None

    def node(self, text: str | float, place: str, own: Mapping[str, Node] = MappingProxyType({})) -> Node:
        """A formula as a tree of names that a run knows; `own` are names of the formula alone."""
        return self.spelled(text, place, {**self.definitions, **own})

    def compiled(self, text: str | float, place: str) -> Computed:
        """A formula as a function of the state."""
        return self.compile_node(self.node(text, place), place)

    def compile_node(self, node: Node, place: str, read: Callable[[str], Computed] | None = None) -> Computed:
        """A tree as a function of the state, if it names no segment that the pool lacks."""
        known = {f"pool.segment.{name}.balance" for name in self.segments}
        for name in sorted(formulas.names(node)):
            if name.startswith("pool.segment.") and name not in known:
                segment = name.removeprefix("pool.segment.").removesuffix(".balance")
                near = did_you_mean(segment, self.segments)
                raise InputError.one(
                    f'no segment "{segment}"; the pool has {", ".join(self.segments)}.{near}',
                    place,
                    self.deal.file,
                )
        return formulas.compiled(node, read or self.read, self.look_back)

    def sides(self, node: Node, threshold: Node | None, place: str) -> Sides | None:
        """What is measured against what: of a plain comparison, or of the only one with the threshold."""
        compared = [part for part, _ in formulas.walk(node) if isinstance(part, Apply) and part.verb in ABOVE]
        stated = [part for part in compared if threshold in part.operands]
        (found,) = stated if len(stated) == 1 else [node] if node in compared else [None]
        if not isinstance(found, Apply):
            return None
        (left, right), above = found.operands, ABOVE[found.verb]
        if left == threshold:
            left, right, above = right, left, not above
        return Sides(self.compile_node(left, place), self.compile_node(right, place), above)

    def threshold(self, i: int) -> Node | None:
        """The threshold of a trigger: a formula, or the name of what is stated for the date."""
        threshold = self.deal.trigger[i].threshold
        if threshold is None or not isinstance(threshold, Schedule):
            return None if threshold is None else self.node(threshold, f"trigger[{i}].threshold")
        return Name(f"{STATED}{i}")

    def dates_needed(self, node: Node) -> int:
        """How many payment dates must exist before a formula can look back as far as it asks."""
        back = [part for part, _ in formulas.walk(node) if isinstance(part, Lookback)]
        return max((part.dates + (part.verb == "previous") for part in back), default=1)

    def account_target(self, account: int) -> Computed | None:
        """An account's target as written; `target_now` makes it 0 once accounts are released."""
        target, name, place = self.deal.account[account].target, self.deal.account[account].name, f"account[{account}].target"
        return None if target is None else self.compile_node(self.not_falling(name, self.node(target, place)), place)

    def stopped(self) -> tuple[tuple[str, Computed], ...]:
        """The targets and terms that may be kept from falling, each as of now."""
        terms = [(name, self.compile_node(self.definitions[name], f"define.{name}")) for name in self.deal.define]
        targets = [(account.name, self.targets[i]) for i, account in enumerate(self.deal.account)]
        return tuple((name, value) for name, value in (*terms, *targets) if name in self.effects.stops and value is not None)

    def due_order(self) -> tuple[tuple[str, int], ...]:
        """Tranches, fees, facilities and hedges, each after those whose due it reads; those that read none come first."""
        nodes = {f"tranche.{name}.interest_due": ("tranche", i) for name, i in self.tranche_index.items()}
        nodes |= {f"fee.{name}.due": ("fee", i) for name, i in self.fee_index.items()}
        nodes |= {f"facility.{name}.due": ("facility", i) for name, i in self.facility_index.items()}
        nodes |= {f"hedge.{name}.net": ("hedge", i) for name, i in self.hedge_index.items()}
        first = [nodes[name] for name in nodes if name not in self.dependencies]
        order = [nodes[name] for name in TopologicalSorter(self.dependencies).static_order() if name in nodes]
        return tuple(dict.fromkeys([*first, *order]))

    def coupon_formulas(self, line: Line) -> tuple[Computed, Computed] | None:
        """A formula coupon, and what it is before its cap; None of other coupons."""
        if not isinstance(line.coupon, FormulaCoupon):
            return None
        node = self.node(line.coupon.formula, f"{line.place}.formula")
        uncapped = node.operands[0] if line.coupon.carry_over and isinstance(node, Apply) else node
        return self.compile_node(node, line.place), self.compile_node(uncapped, line.place)

    def interest_on(self, tranche: int) -> Computed | None:
        """What a class's interest accrues on, where it is not its balance."""
        terms = self.deal.tranche[tranche].interest_on
        return None if terms is None else self.compiled(terms, f"tranche[{tranche}].interest_on")

    def fee_amount(self, fee: Fee) -> Computed:
        """A fee's base, or its amount. A base that accrues by the month reads the period's mean opening balance."""
        place = f"fee[{self.fee_index[fee.name]}].{'amount' if fee.base is None else 'base'}"
        if isinstance(fee.amount, Schedule):
            return stated(fee.amount, before=0.0)
        if fee.base is None:
            return self.compiled(fee.amount or 0.0, place)
        node = self.node(fee.base, place)
        if fee.accrue == "payment":
            return self.compile_node(node, place)

        def read(name: str) -> Computed:
            return (lambda state: state.opening_means[fee.day_count]) if name == "pool.opening_balance" else self.read(name)

        return self.compile_node(node, place, read)

    def look_back(self, node: Lookback) -> Computed:
        """A function over past dates of what `record_histories` keeps."""
        self.lookbacks.add(node)
        if node.operand not in self.histories:
            operand = formulas.compiled(node.operand, self.read, self.look_back)
            self.histories[node.operand] = operand
        return lambda state: over_dates(node.verb, state.history[node.operand], state.period, node.dates)
