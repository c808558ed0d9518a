"""The waterfall of one deal in one scenario, one payment date at a time, in plain Python.

Written from the deal-file reference alone, so that a misreading of it in the engine shows as a difference. `deal` is the
deal file as a TOML reader gives it; `months` the pool's monthly flows as lists; the result is one dictionary a date.
"""

from reference.waterfall.core import Scenario
from reference.waterfall.state import Table

__all__ = ["Scenario", "Table"]
