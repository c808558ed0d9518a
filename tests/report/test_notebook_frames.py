"""What notebooks read of a result says the same as the JSON results."""

from __future__ import annotations

import pandas as pd

from abs_waterfall.report.as_json import results
from abs_waterfall.result import Result


def test_the_summary_frame_has_the_figures_and_dates_of_the_json(result: Result) -> None:
    for scenario in result.scenarios:
        frame = result.summary(scenario)
        for name, tranche in results(result)["scenarios"][scenario]["tranches"].items():
            ours, theirs = frame.loc[name], tranche["summary"]
            assert set(ours.index) == set(theirs)
            for key in ("first_principal", "last_principal"):
                assert (None if pd.isna(ours[key]) else ours[key].date().isoformat()) == theirs[key]
            for key in set(theirs) - {"first_principal", "last_principal"}:
                assert (None if pd.isna(ours[key]) else ours[key]) == theirs[key]
