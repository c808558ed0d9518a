"""What a deal that revolves may not say. Each is told with file, place, value and what was expected; nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import STEP, TAPE_DEAL, Wrong, assert_refused, edit, step

PERIOD = '[revolving]\nmonths = 12\nthen = "accelerated"\n'
MONTHLY = f'{PERIOD}purchases = "monthly"\n'


def terms(text: str, *problems: tuple[str, ...]) -> Wrong:
    """A deal with [revolving]."""
    return edit("[call]", f"{text}\n[call]", *problems)


def on_tape(deal: str, text: str, *problems: tuple[str, ...]) -> Wrong:
    """A deal on a tape with [revolving]; the second loan states no province."""
    edits = (("[call]", f"{text}\n[call]"),)
    return Wrong(edits, problems, deal=deal, files={"tape.csv": TAPE.encode()})


def tape_terms(text: str, *problems: tuple[str, ...]) -> Wrong:
    """As the tape is."""
    return on_tape(TAPE_DEAL, text, *problems)


def with_columns(text: str, columns: str, *problems: tuple[str, ...]) -> Wrong:
    """With a line of [pool.columns]."""
    return on_tape(TAPE_DEAL.replace("[assumptions]", f"[pool.columns]\n{columns}\n[assumptions]", 1), text, *problems)


TAPE = """\
balance,annual_rate,remaining_term,grade,province
60000000,0.10,12,A,Zhejiang
40000000,0.15,12,B,
"""
WRONG = {
    "a purchase without a period": step(
        '{ purchase = "pool", from = "principal" }',
        (f"{STEP}.purchase", "nothing says what is bought and when; expected [revolving]"),
        ("waterfall.amortising[4]", "`from` is missing"),
        ("waterfall.amortising[5]", "`from` is missing"),
    ),
    "a period in which no step buys": terms(PERIOD, ("revolving", 'no step buys; expected { purchase = "pool" }')),
    "a period of no length": terms('[revolving]\nthen = "accelerated"', ("revolving", "expected `months` or `until`")),
    "two ends": terms('[revolving]\nmonths = 12\nuntil = 2025-07-15\nthen = "accelerated"', ("revolving", "one of the two")),
    "an end before closing": terms(
        MONTHLY.replace("months = 12", "until = 2024-07-01"), ("revolving.until", "2024-07-01 is before closing 2024-07-15")
    ),
    "nothing after it": terms('[revolving]\nmonths = 12\npurchases = "monthly"', ("revolving.then", "missing")),
    "a mode after it that is none": terms(
        MONTHLY.replace("accelerated", "acelerated"), ("revolving.then", 'Did you mean "accelerated"?')
    ),
    "the same mode after it": terms(
        MONTHLY.replace("accelerated", "amortising"), ("revolving.then", "the mode that the deal starts in")
    ),
    "monthly keys with the purchase step": terms(f'{PERIOD}retain = "1"\n', ("revolving", "`retain` goes with")),
    "an account to buy from that is none": terms(
        f'{MONTHLY}from = "resrve"\n', ("revolving.from", 'no fund or account "resrve"', 'Did you mean "reserve"?')
    ),
    "a price of nothing": terms(f"{MONTHLY}price = 0\n", ("revolving.price", "expected more than 0, got 0")),
    "a price that cannot be read": terms(f'{MONTHLY}price = "1 +"\n', ("revolving.price", "1 +")),
    "a yield that is a text": terms(f'{MONTHLY}price = {{ yield = "a" }}\n', ("revolving.price.yield", "expected a number")),
    "an unknown name in a supply": terms(
        f'{MONTHLY}supply = "pool.balanc"\n', ("revolving.supply", 'unknown name "pool.balanc"', "Did you mean")
    ),
    "a supply in no file": terms(f'{MONTHLY}supply = "none.csv:amount"\n', ("revolving.supply", "none.csv")),
    "a supply below 0": terms(f"{MONTHLY}supply = [1.0, -2.0]\n", ("revolving.supply", "amounts of 0 or more")),
    "another profile": terms(f'{MONTHLY}profile = "pol"\n', ("revolving.profile", "pool")),
    "two profiles": terms(
        f'{MONTHLY}profile = "pool"\n[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\n',
        ("revolving", "two answers to what is bought"),
    ),
    "a line of another day": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\ncutoff = 2024-06-30\n",
        ("revolving.line[0]", "`cutoff` has no meaning here"),
    ),
    "a rate that is a percentage": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 10.0\nremaining_term = 6\n",
        ("revolving.line[0].annual_rate", "looks like a percentage"),
    ),
    "a limit of nothing": terms(f"{MONTHLY}[[revolving.limit]]\n", ("revolving.limit[0]", "expected `by` with `max_share`")),
    "a share of nothing": terms(
        f"{MONTHLY}[[revolving.limit]]\nmax_share = 0.3\n", ("revolving.limit[0]", "expected `by` with `max_share`")
    ),
    "a measure without a bound": terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_annual_rate"\n',
        ("revolving.limit[0]", "`measure` goes with `min` or `max`"),
    ),
    "a limit by a column that rep lines do not state": terms(
        f'{MONTHLY}[[revolving.limit]]\nby = "province"\nmax_share = 0.3\n',
        ("revolving.limit[0].by", 'no [[pool.line]] states "province"; expected attributes = { province = "..." }'),
    ),
    "a limit by a column that the tape lacks": tape_terms(
        f'{MONTHLY}[[revolving.limit]]\nby = "gradee"\nmax_share = 0.3\n',
        ("revolving.limit[0].by", 'the tape has no column "gradee"', 'Did you mean "grade"?'),
    ),
    "a limit by a column with blanks": tape_terms(
        f'{MONTHLY}[[revolving.limit]]\nby = "province"\nmax_share = 0.3\n',
        ("revolving.limit[0].by", "1 of 2 of the pool's loans state no province"),
    ),
    "a score that no loan has": terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_score"\nmin = 650\n',
        ("revolving.limit[0].measure", 'no [[pool.line]] states "score"; expected score = 700'),
    ),
    "a score that the tape lacks": tape_terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_score"\nmin = 650\n',
        ("revolving.limit[0].measure", 'the tape has no column "score"'),
    ),
    "a score that is a text": with_columns(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_score"\nmin = 650\n',
        'score = "grade"',
        ("revolving.limit[0].measure", "2 of 2 of the pool's loans state no score"),
    ),
    "a measure that is none": terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_fico"\nmin = 650\n',
        ("revolving.limit[0].measure", "weighted_score"),
    ),
    "a least above the most": terms(
        f'{MONTHLY}[[revolving.limit]]\nmeasure = "weighted_annual_rate"\nmin = 0.2\nmax = 0.1\n',
        ("revolving.limit[0]", "`min` 0.2 is above `max` 0.1"),
    ),
    "a score below 0": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\nscore = -1\n",
        ("revolving.line[0].score", "expected 0 or more, got -1"),
    ),
    "an attribute that is a key": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\nattributes = {{ age = 3 }}\n",
        ("revolving.line[0].attributes", '"age" is a key of the line itself'),
    ),
    "an attribute that is a list": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\nattributes = {{ province = [1] }}\n",
        ("revolving.line[0].attributes.province", "expected"),
    ),
    "two weights of a line": terms(
        f"{MONTHLY}[[revolving.line]]\nbalance = 1\nby_month = [1.0]\nannual_rate = 0.1\nremaining_term = 6\n",
        ("revolving.line[0]", "expected `balance` or `by_month`, one of the two"),
    ),
    "a line without a weight": terms(
        f"{MONTHLY}[[revolving.line]]\nannual_rate = 0.1\nremaining_term = 6\n",
        ("revolving.line[0]", "expected `balance` or `by_month`, one of the two"),
    ),
    "a line that offers nothing": terms(
        f"{MONTHLY}[[revolving.line]]\nby_month = [0.0, 0.0]\nannual_rate = 0.1\nremaining_term = 6\n",
        ("revolving.line[0]", "`by_month` offers nothing in any month"),
    ),
    "originations in no file": terms(
        f'{MONTHLY}[[revolving.line]]\nby_month = "none.csv:prime"\nannual_rate = 0.1\nremaining_term = 6\n',
        ("revolving.line[0].by_month", "none.csv"),
    ),
    "originations below 0": terms(
        f"{MONTHLY}[[revolving.line]]\nby_month = [1.0, -1.0]\nannual_rate = 0.1\nremaining_term = 6\n",
        ("revolving.line[0].by_month", "amounts of 0 or more"),
    ),
    "a supply of lines without lines": terms(
        f'{MONTHLY}supply = "lines"\n', ("revolving", 'supply = "lines" is what [[revolving.line]] offer; there are none')
    ),
    "a limit by a column that no line to be bought states": Wrong(
        (
            ("remaining_term = 12", 'remaining_term = 12\nattributes = { province = "Zhejiang" }'),
            (
                "[call]",
                (
                    f"{MONTHLY}[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\n"
                    '[[revolving.limit]]\nby = "province"\nmax_share = 0.3\n[call]'
                ),
            ),
        ),
        (("revolving.limit[0].by", "1 of 1 of the lines that may be bought state no province"),),
    ),
    "a criterion that cannot be read": terms(f'{MONTHLY}eligibility = ["age <"]\n', ("revolving.eligibility[0]", 'in "age <"')),
    "a criterion over a column that lines lack": terms(
        f"{MONTHLY}eligibility = [\"grade == 'A'\"]\n", ("revolving.eligibility[0]", 'no [[pool.line]] states "grade"')
    ),
    "a criterion over a column that the tape lacks": tape_terms(
        f"{MONTHLY}eligibility = [\"gradee == 'A'\"]\n", ("revolving.eligibility[0]", 'no column "gradee"', "Did you mean")
    ),
    "a criterion that is a number": terms(f'{MONTHLY}eligibility = ["age + 1"]\n', ("revolving.eligibility[0]", "condition")),
    "criteria that nothing to be bought meets": terms(
        f'{MONTHLY}eligibility = ["remaining_term > 24"]\n',
        ("revolving", "none of the 1 loans or lines that may be bought meets remaining_term > 24"),
    ),
    "criteria that no line to be bought meets": terms(
        f'{MONTHLY}eligibility = ["score >= 700"]\n'
        "[[revolving.line]]\nbalance = 1\nannual_rate = 0.1\nremaining_term = 6\nscore = 650\n",
        ("revolving", "none of the 1 loans or lines that may be bought meets score >= 700"),
    ),
    "more notes than the pool and the cash that buys": Wrong(
        (
            ("balance = 70_000_000", "balance = 90_000_000"),
            ("[call]", f'[[account]]\nname = "ramp_up"\ninitial = 5_000_000\n{MONTHLY}from = "ramp_up"\n[call]'),
        ),
        (("tranche", "above the pool's 100,000,000.00 and 5,000,000.00 of cash to buy with by 5,000,000.00"),),
    ),
    "a word of the plan where none revolves": edit(
        '"0.1 * pool.balance"', '"pool.idle_cash"', ("define.oc", 'unknown name "pool.idle_cash"')
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_plan_that_cannot_revolve_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
