"""A row of each of many scenarios, as Parquet or CSV: rates and yields are fractions, lives years, losses currency units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from abs_waterfall.arrays import Floats
from abs_waterfall.files.arrow import mask, nulls_where, texts
from abs_waterfall.simulation import Simulation


def write_each(simulation: Simulation, file: BinaryIO, kind: str) -> None:
    """A row a scenario, as Parquet or CSV."""
    table = pa.table(columns_of(simulation))
    if kind == ".parquet":
        pq.write_table(table, file)
    else:
        pv.write_csv(table, file, pv.WriteOptions(quoting_style="needed"))


def columns_of(simulation: Simulation) -> Mapping[str, Any]:
    """Name, pool, classes and the date of the call, empty where it is not exercised."""
    called = simulation.call_period
    days = np.array([0, *(day.toordinal() - 719_163 for day in simulation.dates)], np.int32)[called + 1]
    dates = pa.Array.from_buffers(pa.date32(), len(days), [None, pa.py_buffer(days.tobytes())])
    columns = {name: numbers(values) for name, values in simulation.figures.items()}
    return {"scenario": texts(simulation.names), **columns, "call_date": with_nulls(dates, called < 0)}


def numbers(values: Floats) -> Any:
    """Numbers with nulls where a figure does not exist."""
    array = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values.astype(np.float64).tobytes())])
    return with_nulls(array, ~np.isfinite(values))


def with_nulls(array: Any, rows: Any) -> Any:
    """The array with nulls in some rows."""
    return nulls_where(mask(rows), array)
