"""Formulas that cannot be read, go round in circles, or try to be a program.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import Wrong, assert_refused, edit


def formula(text: str, *words: str) -> Wrong:
    """A defined term of this text."""
    return edit('oc = "0.1 * pool.balance"', f"oc = '{text}'", ("define.oc", *words))


WRONG = {
    # formulas
    "an unknown name": formula("0.1 * pool.balnce", 'unknown name "pool.balnce"', 'Did you mean "pool.balance"?'),
    "a tranche that a formula does not find": formula("tranche.A9.balance", 'unknown name "tranche.A9.balance"', "Did you mean"),
    "an empty formula": formula("", "the formula is empty"),
    "a bracket left open in a formula": formula("(1 + 2", 'expected ")"'),
    "a formula that is a number where a condition should be": edit(
        'when = "pool.factor <= 0.1"', 'when = "pool.factor"', ("call.when", "expected a condition, and this formula is a number")
    ),
    "a condition compared with a number": formula("(pool.factor > 1) + 1", '"+" needs a number, not a condition'),
    "comparisons in a chain": edit(
        'when = "pool.factor <= 0.1"', 'when = "0 < pool.factor < 1"', ("call.when", "comparisons cannot be chained")
    ),
    "a term defined by itself": formula("oc + 1", "defined by itself: oc -> oc"),
    "terms that go round in circles": edit(
        'oc = "0.1 * pool.balance"',
        'oc = "b * 2"\nb = "c"\nc = "oc"',
        ("define.oc", "oc -> b -> c -> oc"),
        ("define.b", "b -> c -> oc -> b"),
        ("define.c", "c -> oc -> b -> c"),
    ),
    "a fee of itself": edit('base = "pool.opening_balance"', 'base = "fee.servicing.due"', ("fee[0]", "defined by itself")),
    "an attribute": formula("pool.__class__.__mro__", "unknown name"),
    "an import": formula('__import__("os")', 'no function "__import__"'),
    "a method of an import": formula('__import__("os").system("true")', "cannot read"),
    "a call": formula("open(1)", 'no function "open"'),
    "a lambda": formula("lambda: 1", "cannot read"),
    "an index": formula("pool.balance[0]", "cannot read"),
    "ten thousand brackets in a formula": formula("(" * 10_000 + "1" + ")" * 10_000, "nested more than 40 deep"),
    "ten thousand terms": formula("+".join(["1"] * 10_000), "more than 250 terms"),
    "ten thousand minus signs": formula("- " * 10_000 + "1", "nested more than 40 deep"),
    "a power of a power": formula("9 ** 9 ** 9", "there is no power in formulas"),
    "a number too large": formula("1e999", "too large a number"),
    "a semicolon": formula("1; 2", "cannot read"),
    "a table as a formula": edit(
        'oc = "0.1 * pool.balance"', "oc = {}", ("define.oc", "expected a formula, as a text or a number, got a table")
    ),
    "a term that grows beyond bounds": edit(
        'oc = "0.1 * pool.balance"',
        'oc = "t30"\nt0 = "pool.balance"\n' + "\n".join(f't{n + 1} = "t{n} + t{n}"' for n in range(30)),
        ("define.t14", "the formula, with what it is defined by, is too large"),
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_formulas_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
