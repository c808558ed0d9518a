"""Triggers that read no threshold, act on nothing, or are fired although nobody has them.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import Wrong, assert_refused, edit


def trigger(terms: str, *problems: tuple[str, ...], when: str = "pool.cumulative_default_rate > threshold") -> Wrong:
    """The deal's trigger with this condition and these terms more."""
    old = 'when = "pool.cumulative_default_rate > 0.08"\nmode = "accelerated"'
    return edit(old, f'when = "{when}"\nmode = "accelerated"\n{terms}', *problems)


def scenario(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The stress with these terms."""
    return edit("default_multiplier = 2.0", terms, *problems)


WRONG = {
    # thresholds
    "a threshold that is not given": trigger("", ("trigger[0].when", 'unknown name "threshold"')),
    "a threshold that is not read": trigger(
        "threshold = 0.05", ("trigger[0].threshold", "is not read by `when`"), when="pool.factor < 0.1"
    ),
    "a threshold and a term of one name": Wrong(
        (
            ('oc = "0.1 * pool.balance"', 'oc = "0.1 * pool.balance"\nthreshold = 0.05'),
            ('rate > 0.08"', 'rate > threshold"\nthreshold = 0.05'),
        ),
        (("trigger[0].threshold", '[define] gives the name "threshold" too'),),
    ),
    "a threshold of no number": trigger("threshold = true", ("trigger[0].threshold", "expected", "a number", "got true")),
    "a threshold of an unknown name": trigger(
        'threshold = "0.5 * pool.factr"', ("trigger[0].threshold", 'unknown name "pool.factr"', 'Did you mean "pool.factor"?')
    ),
    "a threshold that is a condition": trigger(
        'threshold = "pool.factor > 0.5"', ("trigger[0].threshold", "expected a number, and this formula is a condition")
    ),
    "a threshold neither by date nor by period": trigger(
        "threshold = { then = 0.05 }", ("trigger[0].threshold", "expected `by_period` or `by_date`")
    ),
    "a threshold by no period": trigger("threshold = { by_period = [] }", ("trigger[0].threshold.by_period", "at least 1")),
    "a threshold by date with an end": trigger(
        "threshold = { by_date = [[2025-01-15, 0.04]], then = 0.05 }", ("trigger[0].threshold", "`then` goes with `by_period`")
    ),
    "a threshold by dates out of order": trigger(
        "threshold = { by_date = [[2025-01-15, 0.04], [2024-12-15, 0.05]] }",
        ("trigger[0].threshold", "`by_date` has 2024-12-15 after 2025-01-15"),
    ),
    "a threshold by a period of time": trigger(
        "threshold = { by_month = [0.04] }", ("trigger[0].threshold.by_month", 'unknown key "by_month"')
    ),
    # tests
    "dates and months of tests": trigger(
        "threshold = 0.05\ntest_dates = [2025-01-15]\ntest_months = [1]", ("trigger[0]", "`test_dates` or `test_months`")
    ),
    "a thirteenth month": trigger("threshold = 0.05\ntest_months = [13]", ("trigger[0].test_months[0]", "12 or less, got 13")),
    "a cure of what is over": trigger(
        "threshold = 0.05\ntoday_only = true\ncure_periods = 2", ("trigger[0]", "`today_only` holds for a date alone")
    ),
    "a phase that is none": trigger('threshold = 0.05\nphase = "amortizing"', ("trigger[0].phase", 'Did you mean "amortising"?')),
    # effects
    "a sweep of no account": trigger(
        'threshold = 0.05\neffect = { sweep = "reserv" }', ("trigger[0].effect.sweep", 'no account "reserv"', "Did you mean")
    ),
    "a trap in no account": trigger('threshold = 0.05\neffect = { trap = "excess" }', ("trigger[0].effect.trap", "no account")),
    "a trap that is false": trigger("threshold = 0.05\neffect = { trap = false }", ("trigger[0].effect.trap", "got false")),
    "a stop of what is no target": trigger(
        'threshold = 0.05\neffect = { stop_step_down = ["oc_target"] }',
        ("trigger[0].effect.stop_step_down", 'no account or defined number "oc_target"'),
    ),
    "an effect that is none": trigger(
        "threshold = 0.05\neffect = { end_revolvin = true }", ("trigger[0].effect.end_revolvin", 'Did you mean "end_revolving"?')
    ),
    "a setting of what is not there": trigger(
        'threshold = 0.05\neffect = { set = { "fee.servicing.rat" = 0.02 } }',
        ("trigger[0].effect.set", 'no number "fee.servicing.rat"', 'Did you mean "fee.servicing.rate"?'),
    ),
    "a size set by a trigger": trigger(
        'threshold = 0.05\neffect = { set = { "tranche.A1.balance" = 5.0 } }',
        ("trigger[0].effect.set", 'no number "tranche.A1.balance" that may be set here'),
    ),
    "a rate set in percent": trigger(
        'threshold = 0.05\neffect = { set = { "fee.servicing.rate" = 2.0 } }',
        ('trigger[0].effect.set."fee.servicing.rate"', "2 looks like a percentage"),
    ),
    # scenarios
    "a coupon below 0 in a scenario": scenario(
        'set = { "tranche.A1.coupon" = -0.01 }', ('scenario.stress.set."tranche.A1.coupon"', "expected 0 or more, got -0.01")
    ),
    "a share of a class of an amount": scenario(
        'set = { "tranche.A1.share" = 0.5 }',
        ("scenario.stress.set", 'no number "tranche.A1.share"', 'Did you mean "tranche.A1.balance"?'),
    ),
    "an unknown trigger fired": scenario(
        "fire = { acceleraton = 2025-03-26 }",
        ("scenario.stress.fire", 'no trigger "acceleraton"', 'Did you mean "acceleration"?'),
    ),
    "a trigger fired after the end": scenario(
        "fire = { acceleration = 2027-03-26 }", ("scenario.stress.fire.acceleration", "after the legal final 2026-08-15")
    ),
    "a trigger fired on no day": scenario(
        'fire = { acceleration = "soon" }', ("scenario.stress.fire.acceleration", "expected a date", 'got "soon"')
    ),
    "an unknown trigger off": scenario('off = ["accel"]', ("scenario.stress.off", 'no trigger "accel"')),
    "a trigger fired and off": scenario(
        'off = ["acceleration"]\nfire = { acceleration = 2025-03-26 }',
        ("scenario.stress.fire", '"acceleration" is both fired and off'),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_triggers_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
