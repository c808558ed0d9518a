"""What is for sale of each line of a plan, beside the parts that limits tell apart. Shapes: L lines, N eligible ones, G parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record


@record
class LineParts:
    """Which part each [[revolving.line]] is in; the lines of a part are bought by what was offered of each."""

    eligible: Bools  # (L,)
    part: Ints  # (N,)
    balance: Floats  # (N,) as the lines say it, where no amounts by month are said

    def by_part(self, of_lines: Sequence[float], parts: int) -> Floats:
        """(G,) amounts of lines, by part."""
        return np.bincount(self.part, np.array(of_lines)[self.eligible], parts).astype(np.float64)

    def by_line(self, of_parts: Floats, offered: Floats) -> list[float]:
        """Amounts of parts (G,), by line as they were offered, (N,)."""
        whole = np.bincount(self.part, offered, len(of_parts))[self.part]
        amounts = np.zeros(len(self.eligible))
        amounts[self.eligible] = of_parts[self.part] * np.divide(offered, whole, out=np.zeros_like(offered), where=whole > 0)
        return [float(amount) for amount in amounts]
