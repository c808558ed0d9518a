"""What one table of a deal says of another: each contradiction is told with its place, and sound deals are left alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings

from abs_waterfall.deal.cross import cross_problems
from abs_waterfall.deal.cross.parts import parts_of
from abs_waterfall.deal.model import Deal
from waterfall.made_deals import Made, made_deals
from waterfall.small_deals import SEQUENTIAL, Table, small

RESERVE = [{"name": "reserve", "initial": 10.0}]
MODES = {"calm": SEQUENTIAL, "fast": SEQUENTIAL}


def told(raw: Table) -> list[str]:
    """The problems of a deal whose tables are valid by themselves."""
    return [str(problem) for problem in cross_problems(parts_of(Deal.model_validate(raw)))]


def with_step(step: Table, *more: Table, **tables: Any) -> Table:
    return small([step, *more], **tables)


@settings(max_examples=30)
@given(made_deals())
def test_a_sound_deal_has_no_problems(case: Made) -> None:
    assert told(case.raw) == []


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (with_step({"interest": "A3"}), 'waterfall.only[0].interest: no tranche "A3"; the deal has A, B, SUB. Did you mean "A"?'),
        (
            with_step({"interest": "SUBS"}),
            'waterfall.only[0].interest: no tranche "SUBS"; the deal has A, B, SUB. Did you mean "SUB"?',
        ),
        (with_step({"interest": "SUB"}), 'waterfall.only[0].interest: tranche "SUB" has no coupon'),
        (with_step({"accrue": "SUB"}), 'waterfall.only[0].accrue: tranche "SUB" has no coupon'),
        (with_step({"principal": ["A", "A"]}), 'waterfall.only[0].principal: "A" is named 2 times'),
        (
            with_step({"residual": "A"}),
            'waterfall.only[0].residual: tranche "A" is not residual; say residual = true in its table',
        ),
        (with_step({"pay": "tax"}), 'waterfall.only[0].pay: no fee "tax"; the deal has none.'),
        (with_step({"draw": "cash"}, account=RESERVE), 'waterfall.only[0].draw: no account "cash"; the deal has reserve.'),
        (
            with_step({"fill": "reserve"}, account=RESERVE),
            'waterfall.only[0].fill: account "reserve" has no target to fill it to',
        ),
        (
            with_step({"interest": "A", "from": "intrest"}),
            (
                'waterfall.only[0].from: no fund or account "intrest"; the deal has available, interest, principal. '
                'Did you mean "interest"?'
            ),
        ),
        (
            with_step({"interest": "A", "support": "interest"}),
            'waterfall.only[0].support: no account "interest"; the deal has none.',
        ),
        (
            with_step({"draw": "reserve", "to": "available"}, account=RESERVE),
            'waterfall.only[0].to: no fund or account "available"; the deal has interest, principal, reserve.',
        ),
        (with_step({"transfer": "interest", "to": "interest"}), 'waterfall.only[0]: "interest" is both source and target'),
        (
            with_step({"draw": "reserve", "to": "reserve"}, account=RESERVE),
            'waterfall.only[0]: "reserve" is both source and target',
        ),
        (
            with_step({"fill": "r", "from": "r"}, account=[{"name": "r", "target": 1.0}]),
            'waterfall.only[0]: "r" is both source and target',
        ),
        (
            with_step({"principal": "A", "from": "principal"}, {"residual": "SUB"}),
            "waterfall.only[1]: `from` is missing; where one step of a mode names its funds (waterfall.only[0]), this one must",
        ),
        (small(MODES, deal={"starts_in": None}), "deal.starts_in: missing; the waterfall has the modes calm, fast"),
        (
            small(MODES, deal={"starts_in": "clam"}),
            'deal.starts_in: no mode "clam"; the deal has calm, fast. Did you mean "calm"?',
        ),
        (small(trigger=[{"name": "t", "when": "true", "mode": "fast"}]), 'trigger[0].mode: no mode "fast"; the deal has only.'),
        (small(account=[{"name": "A"}]), 'A: the name "A" is given to more than one thing; all names in a file are distinct'),
        (small(define={"B": "1"}), 'B: the name "B" is given to more than one thing; all names in a file are distinct'),
        (small(fee=[{"name": "x", "amount": 1.0}] * 2), 'fee: the name "x" is given 2 times'),
        (small(account=[{"name": "pool"}]), 'pool: the name "pool" is taken by formulas'),
        (small(define={"average": "1"}), 'average: the name "average" is taken by formulas'),
        (small(dates={"closing": dt.date(2019, 12, 1)}), "dates.closing: cutoff 2019-12-31 is after closing 2019-12-01"),
        (
            small(dates={"dated": dt.date(2020, 2, 15)}),
            "dates.dated: dated is the first payment date; interest would accrue over no days",
        ),
        (
            small(dates={"settlement": dt.date(2030, 1, 1)}),
            "dates.legal_final: settlement 2030-01-01 is after legal_final 2022-01-15",
        ),
        (
            small(dates={"legal_final": dt.date(2020, 1, 31)}),
            "dates.legal_final: first_payment 2020-02-15 is after legal_final 2020-01-31",
        ),
        (
            with_step({"interest": "A", "when": "tranche.A.balanse > 0"}),
            (
                'waterfall.only[0].when: unknown name "tranche.A.balanse". Did you mean "tranche.A.balance"? '
                '(in "tranche.A.balanse > 0")'
            ),
        ),
        (
            with_step({"interest": "A", "when": "1"}),
            'waterfall.only[0].when: expected a condition, and this formula is a number (in "1")',
        ),
        (
            with_step({"principal": ["A", "B"], "targets": ["period > 1", 0.0]}),
            'waterfall.only[0].targets[0]: expected a number, and this formula is a condition (in "period > 1")',
        ),
        (small(call={"when": "pool.factor"}), 'call.when: expected a condition, and this formula is a number (in "pool.factor")'),
        (
            small(call={"when": "true", "amount": "date"}),
            'call.amount: expected a number, and this formula is a date (in "date")',
        ),
        (
            small(account=[{"name": "reserve", "target": "2 **"}]),
            'account[0].target: there is no power in formulas; multiply instead (in "2 **")',
        ),
        (small(trigger=[{"name": "t", "when": "weak"}]), 'trigger[0].when: unknown name "weak". (in "weak")'),
    ],
)
def test_a_contradiction_is_told_with_its_place(raw: Table, problem: str) -> None:
    if raw["deal"].get("starts_in", "") is None:
        del raw["deal"]["starts_in"]
    assert problem in told(raw)


@pytest.mark.parametrize(
    ("tables", "circle"),
    [
        ({"define": {"a": "a + 1"}}, "define.a: defined by itself: a -> a"),
        ({"define": {"a": "b", "b": "min(c, 1)", "c": "average(a, 3)"}}, "define.b: defined by itself: b -> c -> a -> b"),
        ({"fee": [{"name": "x", "amount": "fee.x.due"}]}, "fee[0].amount: defined by itself: fee.x.due -> fee.x.due"),
        (
            {"fee": [{"name": "x", "rate": 0.1, "base": "y"}], "define": {"y": "fee.x.due"}},
            "defined by itself: fee.x.due -> y -> fee.x.due",
        ),
        ({"fee": [{"name": "x", "amount": "pool.net_rate"}]}, "defined by itself: fee.x.due -> fee.x.due"),
        (
            {"account": [{"name": "r", "target": "account.r.target + 1"}]},
            "defined by itself: account.r.target -> account.r.target",
        ),
    ],
)
def test_what_is_defined_by_itself_is_told_with_the_way_round(tables: Table, circle: str) -> None:
    assert any(circle.split(": ", 1)[1] in problem for problem in told(small(**tables)))


@pytest.mark.parametrize(
    "tables",
    [
        {"define": {"late": "early + 1", "early": "pool.balance"}},
        {"define": {"bad": "pool.loss > 0 and worse", "worse": "pool.factor < 0.5"}, "call": {"when": "bad"}},
        {"fee": [{"name": "x", "amount": "fee.y.due"}, {"name": "y", "amount": "fee.x.paid"}]},
        {"account": [{"name": "r", "target": "account.r.balance"}]},
        {"trigger": [{"name": "t", "when": 'pool.segment."36/A".balance < 5'}]},
        {"trigger": [{"name": "t", "when": "date >= 2020-05-01 and not u"}, {"name": "u", "when": "tranche.A.accrued > 0"}]},
        {"tranche": [{"name": "A", "balance": 1.0, "coupon": 0.1, "day_count": "30/360"}, *small()["tranche"][1:]]},
    ],
)
def test_what_only_looks_like_a_contradiction_is_accepted(tables: Table) -> None:
    assert told(small(**tables)) == []


def test_all_problems_come_at_once() -> None:
    raw = with_step({"interest": "X"}, {"pay": "Y"}, {"draw": "Z"}, call={"when": "q"})
    assert len(told(raw)) == 4
