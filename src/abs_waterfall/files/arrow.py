"""Arrow arrays to NumPy and back through their buffers: Arrow's own conversions load pandas, which a run does without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from abs_waterfall.arrays import Bools, Floats, Ints


def in_one_piece(array: Any) -> Any:
    """The array, its chunks joined."""
    if not isinstance(array, pa.ChunkedArray):
        return array
    return array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()


def whole_numbers(array: Any, null: int) -> Ints:
    """An array of integers as int64, with a value for nulls."""
    return plain(array, null).astype(np.int64)


def floats(array: Any) -> Floats:
    """A float64 array with NaN for nulls."""
    return plain(array, np.nan)


def plain(array: Any, null: float) -> NDArray[Any]:
    """An array of numbers of any width, with a value for nulls."""
    values: NDArray[Any]
    if not array.null_count:
        values = np.from_dlpack(array)
        return values
    bits = array.type.bit_width // 8
    kind = "f" if pa.types.is_floating(array.type) else "u" if pa.types.is_unsigned_integer(array.type) else "i"
    held = np.frombuffer(array.buffers()[1], dtype=f"{kind}{bits}")[array.offset : array.offset + len(array)]
    return np.where(booleans(pc.is_null(array)), null, held).astype(held.dtype)


def booleans(array: Any) -> Bools:
    """An array of booleans without nulls."""
    return np.from_dlpack(in_one_piece(array).cast(pa.uint8())).astype(bool)


def where_true(array: Any) -> Bools:
    """Where an array of booleans is true; a null is not."""
    return booleans(pc.and_kleene(pc.is_valid(array), array))


def mask(rows: Bools) -> Any:
    """Booleans as an Arrow array."""
    return pa.Array.from_buffers(pa.bool_(), len(rows), [None, pa.py_buffer(np.packbits(rows, bitorder="little").tobytes())])


def texts(values: Sequence[str]) -> Any:
    """Texts as an Arrow array."""
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *(len(value) for value in encoded)], dtype=np.int64)
    return pa.Array.from_buffers(
        pa.large_string(), len(encoded), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(encoded))]
    )


def nulls_where(rows: Any, array: Any) -> Any:
    """The array with nulls where `rows`, an Arrow array, is true."""
    return pc.if_else(rows, pa.nulls(len(array), array.type), array)
