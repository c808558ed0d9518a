"""When a deal pays."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from reference.dates import MONTHS, plus_months

Table = dict[str, Any]
CUTOFFS = (dt.date(2015, 6, 30), dt.date(2015, 1, 31), dt.date(2016, 2, 29), dt.date(2015, 3, 15), dt.date(2014, 12, 30))


def dates(rnd: Random) -> Table:
    """When it pays: monthly or more rarely, with a long or a short first collection, or on listed dates."""
    cutoff, frequency = rnd.choice(CUTOFFS), rnd.choice(("monthly", "monthly", "monthly", "monthly", "quarterly", "semiannual"))
    every = MONTHS[frequency]
    first_months = rnd.choice((every, every, 1, 2, 5))
    after = dt.timedelta(days=rnd.choice((0, 1, 15, 20)))
    first = plus_months(cutoff, first_months) + after
    closing = cutoff + dt.timedelta(days=rnd.choice((0, 5, 16)))
    if rnd.random() < 0.4:  # on the day of the month of payments
        closing = plus_months(cutoff, rnd.randrange(first_months)) + after
    table: Table = {
        "cutoff": cutoff,
        "closing": closing,
        "first_payment": first,
        "frequency": frequency,
        "first_collection_months": first_months,
        "legal_final": plus_months(first, every * (rnd.choice((0, 7, 40, 40, 40, 40)) // every)),
        "business_day": rnd.choice(("none", "following", "modified_following", "preceding")),
        "accrue_on": rnd.choice(("unadjusted", "adjusted")),
    }
    if rnd.random() < 0.3:
        table["dated"] = closing + dt.timedelta(days=rnd.randint(-3, 3))
    if rnd.random() < 0.15:
        count = rnd.randint(1, 12)
        table["payment_dates"] = [plus_months(first, n * every) + dt.timedelta(days=n % 4) for n in range(count)]
        table["legal_final"] = table["payment_dates"][-1]
    most = (first - table.get("dated", closing)).days - 5  # business days may take some
    if rnd.random() < 0.25 and most > 0:
        table["delay_days"] = rnd.choice((1, min(24, most)))
    return table
