"""Cash flows of securitizations of consumer loans, from the loan tape to the term sheet.

    import abs_waterfall as aw

    deal = aw.load("deal.toml")
    result = aw.run(deal)
    result.tranche("A")  # a pandas DataFrame

Names are imported when they are first used: `abs-model --help` and `import abs_waterfall` load no numerical library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abs_waterfall.deal.model import Deal
    from abs_waterfall.errors import InputError
    from abs_waterfall.files.deals import load
    from abs_waterfall.pipeline import run
    from abs_waterfall.result import Result

    __version__: str

__all__ = ["Deal", "InputError", "Result", "__version__", "load", "run"]

HOMES = {
    "Deal": "abs_waterfall.deal.model",
    "InputError": "abs_waterfall.errors",
    "Result": "abs_waterfall.result",
    "load": "abs_waterfall.files.deals",
    "run": "abs_waterfall.pipeline",
}
"""Where each exported name is defined."""


def __getattr__(name: str) -> Any:
    """Import an exported name from its home the first time it is used."""
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - slow to import, and hardly anybody asks

        return version("abs-waterfall")
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the exported names, imported yet or not."""
    return sorted({*globals(), *__all__})
