"""What each scenario assumes of each segment: replacements, then multipliers.

Later wins: base, base for the segment, scenario (for every segment), scenario for the segment. Then the scenario's multipliers
times the segment's own, on the number as the file quotes it (CPR, CDR, PSA, cumulative default, recovery rate), limited to 100 %
where that is a rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from abs_waterfall.assumptions.model import (
    NO_ADVANCES,
    Assumptions,
    By,
    Default,
    Delinquency,
    Draws,
    Payment,
    Prepayment,
    Recovery,
    Scenario,
    SegmentAssumptions,
    SegmentScenario,
    Yield,
    unlike_shortening,
)
from abs_waterfall.errors import Problem, did_you_mean

Speed: TypeAlias = Prepayment | Default | Payment | Draws | Yield | Delinquency
Kind: TypeAlias = Literal[
    "smm", "cpr", "psa", "abs_speed", "mdr", "cdr", "sda", "cumulative", "mpr", "monthly_rate", "of_payments", "annual_rate"
]

_AGE_KINDS = frozenset({"psa", "abs_speed", "sda"})
NOT_RATES = _AGE_KINDS | {"of_payments"}
_KINDS = {"annual_rate": "cdr", "monthly_rate": "mdr"}  # rates of falling behind, converted as those of default are


@dataclass(frozen=True, slots=True)
class Quote:
    """A speed as quoted: one number, or numbers by month of which the last holds."""

    kind: Kind
    values: tuple[float, ...]
    by: By | None = None  # None: one number
    stop: int = 0  # none in a loan's last months
    at_maturity: float | None = None  # in the month of the last payment

    @property
    def needs_age(self) -> bool:
        """Whether loans of different ages leave at different rates."""
        return self.by == "age" or self.kind in _AGE_KINDS


NOTHING = Quote("smm", (0.0,))
BASE, NO_OVERRIDES = Scenario.model_construct(), SegmentScenario.model_construct()  # nothing said: nothing to validate
NO_ASSUMPTIONS = SegmentAssumptions.model_construct()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one segment does in one scenario."""

    prepayment: Quote
    default: Quote
    payment: Quote  # of revolving lines
    draw: Quote
    portfolio_yield: Quote | None  # None: their own rates
    timing: tuple[float, ...]  # of a cumulative default, by month since cut-off
    recovery_rate: float
    recovery_lag: int  # months
    recovery_timing: tuple[float, ...]
    delinquency: Quote = NOTHING
    delinquency_lag: int = 0  # months, 0 where nothing falls behind
    delinquency_default: float = 0.0  # share of what fell behind

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """Every speed."""
        given = (self.prepayment, self.default, self.payment, self.draw, self.portfolio_yield, self.delinquency)
        return tuple(quote for quote in given if quote is not None)

    @property
    def recovery_months(self) -> int:
        """Months from a default to the last recovery on it."""
        return self.recovery_lag + len(self.recovery_timing) - 1


def behaviours(
    assumptions: Assumptions, scenarios: Mapping[str, Scenario], segment_names: Sequence[str]
) -> tuple[tuple[Behaviour, ...], ...]:
    """Resolve what each scenario, the base case first, assumes of each segment."""
    return tuple(_row(assumptions, scenario, segment_names) for scenario in (BASE, *scenarios.values()))


def _row(assumptions: Assumptions, scenario: Scenario, segment_names: Sequence[str]) -> tuple[Behaviour, ...]:
    """One scenario of every segment; those without overrides of their own share one behaviour."""
    shared = _behaviour(assumptions, scenario, None)
    own = assumptions.segment.keys() | scenario.segment.keys()
    return tuple(_behaviour(assumptions, scenario, name) if name in own else shared for name in segment_names)


def _behaviour(assumptions: Assumptions, scenario: Scenario, segment: str | None) -> Behaviour:
    own = (scenario.segment.get(segment) if segment else None) or NO_OVERRIDES
    base = (assumptions.segment.get(segment) if segment else None) or NO_ASSUMPTIONS
    layers: tuple[SegmentAssumptions, ...] = (own, scenario, base, assumptions)
    prepayment = next((layer.prepayment for layer in layers if layer.prepayment), None)
    default = next((layer.default for layer in layers if layer.default), None)
    recovery = next((layer.recovery for layer in layers if layer.recovery), Recovery(rate=0.0))
    payment = next((layer.payment for layer in layers if layer.payment), None)
    draw = next((layer.draw for layer in layers if layer.draw), None)
    portfolio = next((layer.yield_ for layer in layers if layer.yield_), None)
    behind = next((layer.delinquency for layer in layers if layer.delinquency), None)
    return Behaviour(
        prepayment=_quote(prepayment, scenario.prepayment_multiplier * own.prepayment_multiplier),
        default=_quote(default, scenario.default_multiplier * own.default_multiplier),
        payment=_quote(payment, scenario.payment_multiplier * own.payment_multiplier),
        draw=_quote(draw, scenario.draw_multiplier * own.draw_multiplier),
        portfolio_yield=_quote(portfolio, scenario.yield_multiplier * own.yield_multiplier) if portfolio else None,
        timing=(default.timing if default else None) or (1.0,),
        recovery_rate=_limited(recovery.recovery_rate * scenario.recovery_multiplier * own.recovery_multiplier),
        recovery_lag=recovery.lag,
        recovery_timing=recovery.timing,
        delinquency=_quote(behind, scenario.delinquency_multiplier * own.delinquency_multiplier),
        delinquency_lag=behind.lag if behind else 0,
        delinquency_default=behind.default_share if behind else 0.0,
    )


def _limited(rate: float) -> float:
    return min(rate, 1.0)


def _quote(table: Speed | None, multiplier: float) -> Quote:
    if table is None:
        return NOTHING
    kind, given = table.speed
    values = given if isinstance(given, tuple) else (given,)
    scaled = (value * multiplier for value in values)
    stop = table.stop if isinstance(table, Default | Draws) else 0
    end = table.at_maturity if isinstance(table, Default) else None
    at_maturity = None if end is None else _limited(end * multiplier)
    if isinstance(table, Delinquency):
        kind = _KINDS[kind]
    rates = tuple(scaled if kind in NOT_RATES else map(_limited, scaled))
    return Quote(kind, rates, table.by, stop, at_maturity)  # type: ignore[arg-type]


def unknown_segments(assumptions: Assumptions, scenarios: Mapping[str, Scenario], segment_names: Sequence[str]) -> list[Problem]:
    """List overrides for segments that no loan has: warnings, since a tape may have run out of them."""
    problems = list(_unknown(assumptions.segment, "assumptions.segment", segment_names))
    for name, scenario in scenarios.items():
        problems += _unknown(scenario.segment, f"scenario.{name}.segment", segment_names)
    return problems


def _unknown(overrides: Iterable[str], place: str, segment_names: Sequence[str]) -> Iterable[Problem]:
    for name in overrides:
        if name not in segment_names:
            yield Problem(f'no loan is in segment "{name}".{did_you_mean(name, segment_names)}', f'{place}."{name}"')


def refused_with_advances(assumptions: Assumptions, scenarios: Mapping[str, Scenario]) -> list[Problem]:
    """Recoveries that a scenario spreads over months, and loans it lets fall behind, although the servicer advances."""
    behind = [Problem(NO_ADVANCES, place) for place in _delinquencies(scenarios) if assumptions.advances]
    return behind + [
        Problem("recovery `timing` does not go with advances = true: an advanced loan ends with one recovery after `lag`", place)
        for name, scenario in scenarios.items()
        for place, recovery in _recoveries(name, scenario)
        if assumptions.advances and len(recovery.timing) > 1
    ]


def refused_where_shortened(assumptions: Assumptions, scenarios: Mapping[str, Scenario]) -> list[Problem]:
    """What scenarios assume that does not go with prepayments that shorten loans."""
    if assumptions.prepayment_effect == "recast":
        return []
    tables: dict[str, SegmentAssumptions] = {f"scenario.{name}": scenario for name, scenario in scenarios.items()}
    for name, scenario in scenarios.items():
        tables |= {f'scenario.{name}.segment."{segment}"': table for segment, table in scenario.segment.items()}
    told = {place: unlike_shortening(table, assumptions.order) for place, table in tables.items()}
    return [Problem(reason, place) for place, reason in told.items() if reason]


def _recoveries(name: str, scenario: Scenario) -> Iterable[tuple[str, Recovery]]:
    if scenario.recovery is not None:
        yield f"scenario.{name}.recovery", scenario.recovery
    for segment, table in scenario.segment.items():
        if table.recovery is not None:
            yield f'scenario.{name}.segment."{segment}".recovery', table.recovery


def _delinquencies(scenarios: Mapping[str, Scenario]) -> Iterable[str]:
    """Where scenarios let loans fall behind."""
    for name, scenario in scenarios.items():
        if scenario.delinquency is not None:
            yield f"scenario.{name}.delinquency"
        yield from (
            f'scenario.{name}.segment."{segment}".delinquency' for segment, table in scenario.segment.items() if table.delinquency
        )
