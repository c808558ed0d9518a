"""Small tapes written to disk, and the pool read back from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from abs_waterfall.errors import InputError
from abs_waterfall.files.tapes import read_pool
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport

CUTOFF = dt.date(2010, 12, 31)
LENDING_CLUB = Path(__file__).parents[2] / "deals" / "lendingclub-2010-12" / "tape.parquet"


def write(path: Path, columns: Mapping[str, Any] | pa.Table) -> Path:
    """A tape of these columns, in the format that the name says."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".xlsx":
        write_xlsx(path, table)
    elif path.suffix == ".gz":
        with pa.CompressedOutputStream(str(path), "gzip") as out:
            pyarrow.csv.write_csv(table, out)
    else:
        pyarrow.csv.write_csv(table, path)
    return path


def write_xlsx(path: Path, table: pa.Table) -> None:
    book = openpyxl.Workbook()
    book.active.append(table.column_names)
    for row in zip(*table.to_pydict().values(), strict=True):
        book.active.append(row)
    book.save(path)


def read(path: Path, cutoff: dt.date = CUTOFF, **settings: Any) -> tuple[LoanPool, PoolReport]:
    """The pool of a tape."""
    return read_pool(PoolSettings.model_validate({"tape": path.name, **settings}), path.parent, cutoff, "deal.toml")


def read_text(folder: Path, text: str, **settings: Any) -> tuple[LoanPool, PoolReport]:
    """The pool of a CSV tape with this content."""
    path = folder / "tape.csv"
    path.write_text(text, encoding="utf-8")
    return read(path, **settings)


def problems_of(path: Path, **settings: Any) -> list[str]:
    """What is wrong with a tape, without its folder."""
    with pytest.raises(InputError) as caught:
        read(path, **settings)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def problems_of_text(folder: Path, text: str, **settings: Any) -> list[str]:
    """What is wrong with a CSV tape of this content."""
    path = folder / "tape.csv"
    path.write_text(text, encoding="utf-8")
    return problems_of(path, **settings)
