"""Names are distinct, dates follow one another, rates are known when interest starts."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from abs_waterfall import formulas
from abs_waterfall.deal.coupons import FloatingCoupon, SteppedCoupon, SteppedRate
from abs_waterfall.deal.cross.parts import TABLES, Parts, unknown
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.names import RESERVED
from abs_waterfall.errors import Problem


def name_problems(parts: Parts) -> Iterator[Problem]:
    """Names are distinct in the whole file and none is a word of the formulas."""
    given = Counter(name for table in TABLES for name in set(parts.names.get(table, ())))
    given.update(set(parts.define))
    for table in TABLES:
        for name, count in Counter(parts.names.get(table, ())).items():
            if count > 1:
                yield Problem(f'the name "{name}" is given {count} times', table)
    for name, count in given.items():
        if count > 1:
            yield Problem(f'the name "{name}" is given to more than one thing; all names in a file are distinct', name)
        if name in RESERVED or name in (*formulas.FUNCTIONS, "and", "or", "not", "true", "false", "months"):
            yield Problem(f'the name "{name}" is taken by formulas', name)


def date_problems(dates: Dates | None) -> Iterator[Problem]:
    """The deal's dates follow one another."""
    if dates is None:
        return
    order: list[tuple[str, dt.date | None, str, dt.date | None]] = [
        ("cutoff", dates.cutoff, "closing", dates.closing),
        ("dated", dates.dated or dates.closing, "first_payment", dates.first_payment),
        ("closing", dates.closing, "first_payment", dates.first_payment),
        ("settlement", dates.settlement, "legal_final", dates.legal_final),
        ("first_payment", dates.first_payment, "legal_final", dates.legal_final),
    ]
    for first, earlier, second, later in order:
        if earlier and later and earlier > later:
            yield Problem(f"{first} {earlier} is after {second} {later}", f"dates.{second}")
    for key in ("closing", "dated"):
        if getattr(dates, key) == dates.first_payment:
            yield Problem(f"{key} is the first payment date; interest would accrue over no days", f"dates.{key}")
    start, ends = dates.dated or dates.closing, dates.first_payment - dt.timedelta(days=dates.delay_days)
    if ends <= start < dates.first_payment:
        message = f"{dates.delay_days} days before the first payment is {ends}, not after {start}, from which notes accrue"
        yield Problem(message, "dates.delay_days")


def coupons_in(parts: Parts) -> Iterator[tuple[str, object]]:
    """Every coupon with its place."""
    for place, tranche in parts.tranches.items():
        yield f"{place}.coupon", tranche.coupon
        yield from ((f"{place}.component[{i}].coupon", part.coupon) for i, part in enumerate(tranche.component))


def coupon_problems(parts: Parts) -> Iterator[Problem]:
    """Coupons float on an index there is, and every rate is known from the day that interest starts."""
    start = (parts.dates.dated or parts.dates.closing) if parts.dates else None
    for place, curve in parts.indices.items():
        yield from late_problems(f"{place}.rates", curve.rates[0][0], start)
    for place, coupon in coupons_in(parts):
        if isinstance(coupon, SteppedCoupon):
            yield from late_problems(f"{place}.steps", coupon.steps[0][0], start)
        if isinstance(coupon, FloatingCoupon):
            if isinstance(coupon.margin, SteppedRate):
                yield from late_problems(f"{place}.margin.steps", coupon.margin.steps[0][0], start)
            if coupon.index not in parts.names.get("index", ()):
                yield Problem(unknown("index", coupon.index, parts.names.get("index", ())), f"{place}.index")


def loan_problems(parts: Parts) -> Iterator[Problem]:
    """Loans adjust to an index there is."""
    known, bought = parts.names.get("index", ()), parts.revolving.line if parts.revolving else ()
    for place, lines in (("pool.line", parts.pool.line if parts.pool else []), ("revolving.line", bought)):
        for i, line in enumerate(lines):
            if line.adjusts is not None and line.adjusts.index not in known:
                yield Problem(unknown("index", line.adjusts.index, known), f"{place}[{i}].adjusts.index")


def late_problems(place: str, first: dt.date, start: dt.date | None) -> Iterator[Problem]:
    """A rate that is not known yet when interest starts."""
    if start is not None and first > start:
        yield Problem(
            f"the first rate is of {first}, after interest starts on {start}; expected one of that day or before", place
        )


def fee_problems(parts: Parts) -> Iterator[Problem]:
    """What is due on a date is due before the deal ends."""
    for place, fee in parts.fees.items():
        for i, (day, _) in enumerate(fee.dates or ()):
            if parts.dates and day > parts.dates.legal_final:
                yield Problem(f"{day} is after the legal final {parts.dates.legal_final}", f"{place}.dates[{i}]")
