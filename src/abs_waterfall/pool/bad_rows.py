"""Rows of a tape that cannot be used: gathered over its batches, told all at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from abs_waterfall.errors import Problem
from abs_waterfall.pool.report import BadRow

SHOWN = 5
"""Rows shown for each reason."""
LISTED = 1000
"""Rows listed at most, in all."""

Reason = tuple[str, str]  # the tape's column, what is wrong


@dataclass(slots=True)
class BadRows:
    """What was found so far; a row counts once in `rows` and under each of its reasons."""

    rows: int = 0
    balance: float = 0.0  # of those whose balance could be read
    counts: Counter[Reason] = field(default_factory=Counter)
    first: defaultdict[Reason, list[BadRow]] = field(default_factory=lambda: defaultdict(list))

    def add(self, reason: Reason, example: Callable[[int], BadRow], count: int) -> None:
        """Count rows with one fault, and keep the first; `example` makes the n-th of them."""
        self.counts[reason] += count
        kept = self.first[reason]
        kept.extend(example(number) for number in range(min(count, LISTED - len(kept))))

    def take(self, other: BadRows) -> None:
        """Add what was found in the rows that follow."""
        self.rows += other.rows
        self.balance += other.balance
        for reason, count in other.counts.items():
            found = other.first[reason]
            self.counts[reason] += count - len(found)
            self.add(reason, found.__getitem__, len(found))

    def listed(self) -> tuple[BadRow, ...]:
        """The first rows, in the order of the tape."""
        every = (row for rows in self.first.values() for row in rows)
        return tuple(sorted(every, key=lambda row: (row.file, row.row))[:LISTED])


def bad_row_problems(bad: BadRows, rows: int, tape: str, file: str, ours: Mapping[str, str]) -> list[Problem]:
    """A problem for each reason, with its count and first rows, after one that sums them up."""
    several = len({row.file for rows in bad.first.values() for row in rows}) > 1
    told = [
        Problem(reason_message(reason, bad, several=several), place(column, ours), tape)
        for reason in bad.counts
        for column in reason[:1]
    ]
    message = (
        f'{bad.rows:,} of {rows:,} rows of the tape cannot be used; correct them, or leave them out with on_bad_rows = "exclude"'
    )
    return [Problem(message, "pool.on_bad_rows", file), *told]


def place(column: str, ours: Mapping[str, str]) -> str:
    """Which column: by the tape's name, and ours where it differs."""
    if not column:
        return "rows"
    return f"column {column}" + (f" ({ours[column]})" if ours.get(column, column) != column else "")


def reason_message(reason: Reason, bad: BadRows, *, several: bool) -> str:
    """How many rows have a fault, and the first of them."""
    count = bad.counts[reason]
    shown = ", ".join(row_shown(row, several=several) for row in bad.first[reason][:SHOWN])
    return f"{reason[1]}, in {count:,} row{'s' * (count > 1)}: {shown}{', ...' if count > SHOWN else ''}"


def row_shown(row: BadRow, *, several: bool) -> str:
    """One row: its number, and what it says there."""
    where = f"{row.file} row {row.row}" if several else f"row {row.row}"
    return f'{where} says "{row.value[:40]}"' if row.value else where
