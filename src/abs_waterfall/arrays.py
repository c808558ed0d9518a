"""The array types and what holds arrays, named once. The last axis is time; the axis before it, if any, is the scenario."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, dataclass_transform

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[Made]) -> type[Made]:
    """A frozen dataclass of arrays: of these no equality has one answer, and none is written out."""
    return dataclass(frozen=True, slots=True, eq=False, repr=False)(cls)
