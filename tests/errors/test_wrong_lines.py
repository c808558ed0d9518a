"""What may not be said of revolving lines. Each is told with file, place, value and what was expected; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import DEAL, Wrong, assert_refused

SELLER = '[[tranche]]\nname = "SELLER"\nbalance = 0\nresidual = true\nseller = true\n\n'
ASSUMED = "payment = { mpr = 0.2 }\ndraw = { of_payments = 0.9 }\nyield = { annual_rate = 0.2 }"
LINES = (
    DEAL.replace("remaining_term = 12", 'remaining_term = 60\namortization = "revolving_line"')
    .replace("default = { cdr = 0.02 }", f"default = {{ cdr = 0.02 }}\n{ASSUMED}")
    .replace("[[fee]]", f"{SELLER}[[fee]]", 1)
)
PERIOD = '[revolving]\nmonths = 12\nthen = "accelerated"\npurchases = "monthly"\n'
NO_SCHEDULE = 'does not go with amortization = "revolving_line"'
NOBODY = "nobody funds what is drawn; expected a [[tranche]] with seller = true"


def lines(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of a deal with lines, draws and a seller."""
    return Wrong(((old, new),), problems, LINES)


def unfunded(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of it with no class of the seller's."""
    return Wrong(((SELLER, ""), (old, new)), problems, LINES)


def assumed(old: str, new: str, place: str, *words: str) -> Wrong:
    """One edit of what is assumed."""
    return lines(old, new, (f"assumptions.{place}", *words))


MPR, DRAW, YIELD = "mpr = 0.2", "of_payments = 0.9", "annual_rate = 0.2"
WRONG = {
    "a payment rate that is a percentage": assumed(MPR, "mpr = 20", "payment.mpr", "20 looks like a percentage", "20 % is 0.2"),
    "a payment rate below 0": assumed(MPR, "mpr = -0.1", "payment.mpr", "-0.1 is outside 0-1"),
    "a payment rate a year": lines(
        MPR, "cpr = 0.2", ("assumptions.payment.mpr", "missing; expected a number or a list"),
        ("assumptions.payment.cpr", 'unknown key "cpr"'),
    ),
    "payment rates by nothing": assumed(MPR, "mpr = [0.2, 0.1]", "payment", "mpr is a list, so `by` must be said"),
    "one payment rate by age": assumed(MPR, 'mpr = 0.2, by = "age"', "payment", "`by` goes with a list, and mpr is one number"),
    "payment rates by calendar": assumed(MPR, 'mpr = [0.2], by = "year"', "payment.by", "expected one of age, period"),
    "payment rates in no file": assumed(MPR, 'mpr = "mpr.csv:rate", by = "age"', "payment.mpr", "mpr.csv"),
    "two draws": assumed(
        DRAW, "of_payments = 0.9, monthly_rate = 0.2", "draw", "exactly one of monthly_rate, of_payments; got monthly_rate and"
    ),
    "a draw of nothing": assumed("draw = { of_payments = 0.9 }", "draw = {}", "draw", "got none of them"),
    "a draw that is a percentage": assumed(DRAW, "of_payments = 90", "draw.of_payments", "90 looks like a percentage", "is 0.9"),
    "a draw rate above the balance": assumed(DRAW, "monthly_rate = 1.2", "draw.monthly_rate", "1.2 looks like a percentage"),
    "a draw below 0": assumed(DRAW, "of_payments = -0.5", "draw.of_payments", "-0.5 is below 0"),
    "a stop that is no month": assumed(DRAW, "of_payments = 0.9, stop = 1.5", "draw.stop", "a whole number"),
    "draws that never end": assumed(DRAW, "monthly_rate = 1.0", "draw", "more than 10,000 times what it was"),
    "draws that outgrow any number": Wrong(
        (("remaining_term = 60", "remaining_term = 1200"), (DRAW, "monthly_rate = 1.0")),
        (("assumptions.draw", "more than 10,000 times what it was"),),
        LINES,
    ),
    "a yield that is a percentage": assumed(YIELD, "annual_rate = 18", "yield.annual_rate", "18 looks like a percentage"),
    "a yield by another name": assumed("yield = {", "yeild = {", "yeild", 'unknown key "yeild". Did you mean "yield"?'),
    "a yield in words": assumed(YIELD, 'annual_rate = "high"', "yield.annual_rate", "high"),
    "a multiplier below 0": lines(
        "default_multiplier = 2.0", "payment_multiplier = -1", ("scenario.stress.payment_multiplier", "-1 is below 0")
    ),
    "a multiplier of nothing known": lines(
        "default_multiplier = 2.0", "draws_multiplier = 1",
        ("scenario.stress.draws_multiplier", 'Did you mean "draw_multiplier"?')
    ),
    "draws that nobody funds": unfunded("cdr = 0.02", "cdr = 0.03", ("assumptions.draw", NOBODY)),
    "draws of a scenario that nobody funds": unfunded(
        "draw = { of_payments = 0.9 }", "draw = { of_payments = 0 }\n[assumptions.segment.x]\ndraw = { monthly_rate = 0.1 }",
        ('assumptions.segment."x".draw', NOBODY),
    ),
    "a seller that is a note": lines(
        "balance = 0\nresidual = true\nseller", 'balance = 0\ncoupon = 0.01\nday_count = "30/360"\nseller',
        ("tranche[3]", "`seller` goes with residual = true and balance = 0"),
    ),
    "a seller with a balance": lines("balance = 0\nresidual", "balance = 1\nresidual", ("tranche[3]", "`seller` goes with")),
    "two sellers": lines(
        SELLER, SELLER + SELLER.replace('"SELLER"', '"OTHER"'), ("tranche[4].seller", "a deal has one class of the seller's")
    ),
    "the seller's interest where there is none": Wrong(
        (('"0.1 * pool.balance"', '"pool.seller_interest"'),), (("define.oc", 'unknown name "pool.seller_interest"'),)
    ),
    "advances on lines": lines("[scenario.stress]", "advances = true\n[scenario.stress]", ("assumptions.advances", NO_SCHEDULE)),
    "a plan from speeds": lines(
        "[call]", '[[schedule]]\nname = "plan"\ntranches = "A1"\nspeeds = [{ psa = 100 }, { psa = 200 }]\n[call]',
        ("schedule[0].speeds", NO_SCHEDULE),
    ),
    "a price to a yield": lines(
        "[call]", f"{PERIOD}price = {{ yield = 0.1 }}\n[call]", ("revolving.price.yield", NO_SCHEDULE, "no contractual principal")
    ),
    "interest alone before it amortizes": lines(
        "remaining_term = 60", "remaining_term = 60\ninterest_only_months = 6", ("pool.line[0].interest_only_months", "goes with")
    ),
    "a line with a balloon": lines(
        "remaining_term = 60", "remaining_term = 60\namortization_term = 80", ("pool.line[0].amortization_term", "goes with")
    ),
    "a line with a flat fee": lines(
        "remaining_term = 60", "remaining_term = 60\nfee_rate = 0.01", ("pool.line[0].fee_rate", "flat_fee")),
    "a line without a rate": lines("annual_rate = 0.12", "age = 3", ("pool.line[0]", "has no annual_rate")),
    "a line misspelt": lines('"revolving_line"', '"revolving"', ("pool.line[0].amortization", 'Did you mean "revolving_line"?')),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_lines_that_cannot_be_are_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)


def test_the_deal_that_is_made_wrong_is_right(tmp_path: Path) -> None:
    import abs_waterfall as aw

    (tmp_path / "deal.toml").write_text(LINES, "utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok
    assert result.collateral.drawn.any()
