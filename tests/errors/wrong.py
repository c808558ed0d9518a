"""A small deal that is right, ways to make it wrong, and what the command must then say: status, places, words, no output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from abs_waterfall.cli import main

DEAL = """\
[deal]
name = "Small"
currency = "USD"
starts_in = "amortising"

[dates]
cutoff = 2024-06-30
closing = 2024-07-15
first_payment = 2024-08-15
frequency = "monthly"
legal_final = 2026-08-15

[pool]
[[pool.line]]
balance = 100_000_000
annual_rate = 0.12
remaining_term = 12

[assumptions]
default = { cdr = 0.02 }

[scenario.stress]
default_multiplier = 2.0

[define]
oc = "0.1 * pool.balance"

[[tranche]]
name = "A1"
balance = 70_000_000
coupon = 0.04
day_count = "30/360"

[[tranche]]
name = "A2"
balance = 20_000_000
coupon = 0.06
day_count = "30/360"

[[tranche]]
name = "SUB"
balance = 10_000_000
residual = true

[[fee]]
name = "servicing"
rate = 0.01
base = "pool.opening_balance"

[[account]]
name = "reserve"
initial = 1_000_000
target = "0.01 * pool.balance"

[[trigger]]
name = "acceleration"
when = "pool.cumulative_default_rate > 0.08"
mode = "accelerated"

[call]
when = "pool.factor <= 0.1"

[waterfall]
amortising = [
  { draw = "reserve" },
  { pay = "servicing" },
  { interest = ["A1", "A2"] },
  { fill = "reserve" },
  { principal = ["A1", "A2"], amount = "notes.balance - (pool.balance - oc)" },
  { residual = "SUB" },
]
accelerated = [
  { pay = "servicing" },
  { interest = ["A1", "A2"] },
  { principal = ["A1", "A2", "SUB"] },
  { residual = "SUB" },
]
"""
LINES = DEAL[DEAL.index("[pool]") : DEAL.index("[assumptions]")]
TAPE_DEAL = DEAL.replace(LINES, '[pool]\ntape = "tape.csv"\nsegment_by = ["grade"]\n\n')
TAPE = """\
balance,annual_rate,remaining_term,grade
60000000,0.10,12,A
40000000,0.15,12,B
"""


@dataclass(frozen=True)
class Wrong:
    """A wrong input: edits of the deal (old, new), files beside it, and each problem that must be told as (place, *words)."""

    edits: tuple[tuple[str, str], ...] = ()
    problems: tuple[tuple[str, ...], ...] = ()
    deal: str = DEAL
    files: Mapping[str, bytes] = field(default_factory=dict)
    file: str = "deal.toml"  # that the problems are in

    def text(self) -> str:
        """The deal with the edits."""
        text = self.deal
        for old, new in self.edits:
            assert old in text, f"{old!r} is not in the deal"
            text = text.replace(old, new, 1)
        return text


def edit(old: str, new: str, *problems: tuple[str, ...]) -> Wrong:
    """One edit of the deal."""
    return Wrong(((old, new),), problems)


STEP = "waterfall.amortising[2]"


def step(new: str, *problems: tuple[str, ...]) -> Wrong:
    """The third step of the first mode replaced."""
    return edit('{ interest = ["A1", "A2"] },\n  { fill', f"{new},\n  {{ fill", *problems)


def assert_refused(wrong: Wrong, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Running the deal in this folder tells every problem, each once, and nothing else."""
    (folder / "deal.toml").write_text(wrong.text(), "utf-8")
    for name, content in wrong.files.items():
        (folder / name).write_bytes(content)
    assert_told(refused(folder, "deal.toml", capfd=capfd), wrong.file, wrong.problems)


def refused(folder: Path, *arguments: str, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What the command says when it refuses its input: a line a problem, the last line left off."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    out, err = capfd.readouterr()
    assert ending.value.code == 2, err
    assert out == ""
    assert "Traceback" not in err
    assert "pydantic" not in err.lower()
    assert sorted(folder.rglob("*")) == before
    *told, last = err.splitlines()
    assert last == f"{len(told)} problem{'s' * (len(told) != 1)}; nothing was written"
    return told


def assert_told(told: list[str], file: str, problems: tuple[tuple[str, ...], ...]) -> None:
    """Every problem is told with its file, place and words, and no other is."""
    missing = [problem for problem in problems if not any(is_told(line, file, *problem) for line in told)]
    assert not missing, "not told; told was\n" + "\n".join(told)
    assert len(told) == len(problems), "\n".join(told)


def is_told(line: str, file: str, place: str, *words: str) -> bool:
    """Whether a line tells of this file, place and words."""
    start = ": ".join(part for part in (file, place) if part)
    return line.startswith(f"{start}: ") and all(re.search(re.escape(word), line) for word in words)
