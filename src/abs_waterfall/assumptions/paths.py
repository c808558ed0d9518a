"""Paths: scenarios whose monthly rates are made elsewhere, by month and segment.

Shapes: S scenarios, M months since cut-off, K segments. Rates are fractions a month; a month after the last has the last one's.
"""

from __future__ import annotations

from abs_waterfall.arrays import Floats, record


@record
class Paths:
    """Some scenarios of a file, or of a model."""

    names: tuple[str, ...]  # (S,)
    segments: tuple[str, ...]  # (K,)
    smm: Floats  # (S, M, K)
    mdr: Floats  # (S, M, K)

    def some(self, rows: slice) -> Paths:
        """Some of the scenarios."""
        return Paths(self.names[rows], self.segments, self.smm[rows], self.mdr[rows])
