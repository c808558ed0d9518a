"""The dates of a deal's payments, as the results list them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.result import Result


def schedule(result: Result, rows: Sequence[int]) -> dict[str, list[dt.date]]:
    """The dates of every payment to the last of these scenarios; a kind that the deal does not have is left out."""
    flows = result.flows
    kinds = {
        "collection_end": flows.collection_ends,
        "determination": flows.determination_dates,
        "record": flows.record_dates,
        "accrual_end": flows.accrual_ends,
        "nominal": flows.nominal_dates,
        "payment": flows.dates,
    }
    run = max(dates_run(result, s) for s in rows)
    return {kind: list(days[:run]) for kind, days in kinds.items() if days}
