"""What is found in a part of a tape, as a file: arrays, and beside them the rest as JSON. Nothing in it is executed.

A value of ours is written as its class's name and its fields; only the classes listed here are ever made of a file.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections import Counter, defaultdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from abs_waterfall.collateral.condense import Sums
from abs_waterfall.files.found import Found
from abs_waterfall.pool.bad_rows import BadRows
from abs_waterfall.pool.clauses import Adjustment, Clauses, PrepaymentPenalty
from abs_waterfall.pool.cuts import LabelCut, NumberCut
from abs_waterfall.pool.facts import Facts
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import BadRow
from abs_waterfall.pool.stratify import Cuts

PLAIN: Final = (Found, Facts, BadRow, Cuts, LabelCut, NumberCut, Sums, LoanPool, Clauses, PrepaymentPenalty, Adjustment)
CLASSES: Final[dict[str, Any]] = {kind.__name__: kind for kind in PLAIN} | {
    "BadRows": lambda rows, balance, counts, first: BadRows(rows, balance, Counter(counts), defaultdict(list, first)),
}
SAID: Final = "said"  # the array that holds the JSON


def as_bytes(found: Found) -> bytes:
    """What is found, as the content of a file; the same bytes for the same."""
    arrays: dict[str, NDArray[Any]] = {}
    said = json.dumps(written(found, arrays))
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **{SAID: np.frombuffer(said.encode(), np.uint8)}, **arrays)
    return file.getvalue()


def from_bytes(content: bytes) -> Found:
    """What is found, as it was written. ValueError where it is anything else."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            found = read(json.loads(file[SAID].tobytes().decode()), file)
    except (KeyError, TypeError, AttributeError, zipfile.BadZipFile, EOFError, OSError) as fault:
        raise ValueError(" ".join(str(fault).split())[:100]) from None
    if isinstance(found, Found):
        return found
    raise ValueError("it is of something else")


def written(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """A value as JSON has it, its arrays set apart."""
    if isinstance(value, np.ndarray):
        arrays[name := f"array{len(arrays)}"] = value
        return {"array": name}
    if type(value).__name__ in CLASSES:
        return {"is": type(value).__name__, "of": [[name, written(of, arrays)] for name, of in fields_of(value)]}
    if isinstance(value, dict):
        return {"pairs": [[written(key, arrays), written(of, arrays)] for key, of in value.items()]}
    if isinstance(value, tuple | list):
        return {type(value).__name__: [written(each, arrays) for each in value]}
    return value.item() if isinstance(value, np.generic) else value


def fields_of(value: Any) -> list[tuple[str, Any]]:
    """The fields of one of our values."""
    if isinstance(value, BaseModel):
        return list(value)
    names = value._fields if isinstance(value, Found) else [field.name for field in dataclasses.fields(value)]
    return [(name, getattr(value, name)) for name in names]


def read(said: Any, arrays: Any) -> Any:
    """The value that was written."""
    if not isinstance(said, dict):
        return said
    if "is" in said:
        return CLASSES[said["is"]](**{name: read(of, arrays) for name, of in said["of"]})
    if "pairs" in said:
        return {read(key, arrays): read(of, arrays) for key, of in said["pairs"]}
    if "array" in said:
        return arrays[said["array"]]
    return tuple(read(each, arrays) for each in said["tuple"]) if "tuple" in said else [read(e, arrays) for e in said["list"]]
