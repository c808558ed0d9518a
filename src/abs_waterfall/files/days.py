"""Days from a CSV file: what `holidays = "holidays.csv"` in a deal file stands for.

One row a day: its `date`, and in the column `day`, where there is one, "holiday" or "working"; empty is a holiday.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

from abs_waterfall.calendars import HOLIDAY, WORKING
from abs_waterfall.errors import did_you_mean
from abs_waterfall.files.curves import rows_of

KINDS = (HOLIDAY, WORKING)


def day_reader(folder: Path) -> Callable[[str], dict[dt.date, str]]:
    """A function from a file's name to its days and what each is, for files looked up in a folder."""

    def read_days(file: str) -> dict[dt.date, str]:
        rows = rows_of(folder / file, file)
        header = [name.strip() for name in rows[0]] if rows else []
        if "date" not in header:
            raise ValueError(
                f'{file}: no column "date"; the file has {", ".join(header) or "none"}.{did_you_mean("date", header)}'
            )
        days: dict[dt.date, str] = {}
        for number, row in enumerate(rows[1:], start=2):
            cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
            if any(cells.values()):
                add_day(days, cells, f"{file}: row {number}")
        if not days:
            raise ValueError(f"{file}: no rows below the header")
        return days

    return read_days


def add_day(days: dict[dt.date, str], cells: Mapping[str, str], where: str) -> None:
    """Note one row's day; ValueError says what is wrong with it."""
    try:
        day = dt.date.fromisoformat(cells["date"])
    except ValueError:
        raise ValueError(f'{where}, date: expected a date such as 2027-02-05, got "{cells["date"]}"') from None
    kind = cells.get("day") or HOLIDAY
    if kind not in KINDS:
        raise ValueError(f'{where}, day: expected "holiday" or "working", got "{kind}".{did_you_mean(kind, KINDS)}')
    if day in days:
        raise ValueError(f"{where}: {day} is given twice")
    days[day] = kind
