"""The rows of a tape, completed and checked: what each lacks or states that no loan can have. Shapes: N rows.

A blank stands for: the value of `[pool] defaults`; else no interest-only months, no fee, amortization over the remaining
term, a flat fee on the balance, the deal's cut-off, multipliers of 1, and for a flat fee no rate. Any other blank is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.pool.cells import TESTS, Fault, RowRules, cell_faults, fault
from abs_waterfall.pool.columns import Column, Labels, Numbers, constant, differing, joined_labels, repeated
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS
from abs_waterfall.pool.row_clauses import clause_faults

FLAT_FEE = AMORTIZATIONS.index("flat_fee")
BLANK_IS = {**dict.fromkeys(("interest_only_months", "fee_rate", "fee_on_prepayment"), 0.0), **dict.fromkeys(MULTIPLIERS, 1.0)}
ABSENT_IS: dict[str, float | str] = {**BLANK_IS, "age": 0.0, "amortization": "level_pay"}


def completed(columns: Mapping[str, Column], rules: RowRules, rows: int) -> dict[str, Column]:
    """The columns with what blanks and absent columns stand for; blanks that stand for nothing stay."""
    full = dict(columns)
    for name, value in {**ABSENT_IS, **rules.defaults}.items():
        if name not in full:
            full[name] = repeated(value, rows) if isinstance(value, str) else Numbers(constant(float(value), rows))
        elif name in rules.defaults or name in BLANK_IS:
            full[name] = filled(full[name], value)
    full["amortization"] = in_our_order(full["amortization"])
    rate = full.setdefault(rules.rate, Numbers(constant(np.nan, rows)))
    if isinstance(rate, Numbers) and may_be(full["amortization"], "flat_fee"):
        flat = amortization_codes(full["amortization"]) == FLAT_FEE
        full[rules.rate] = replaced(rate, flat & ~rate.stated, 0.0)
    return full


def filled(column: Column, value: float | str) -> Column:
    """The column with its blanks filled."""
    if column.stated.all():
        return column
    if isinstance(column, Numbers):
        return replaced(column, ~column.stated, float(value))
    both = joined_labels([column, repeated(str(value), 1)])
    return Labels(np.where(column.codes < 0, both.codes[-1], both.codes[:-1]), both.names)


def replaced(column: Numbers, where: Bools, value: float) -> Numbers:
    """The column with another value in some rows; a cell that could not be read stays a fault."""
    return Numbers(np.where(where, value, column.values), column.kind, column.unread_rows, column.unread_texts)


def amortization_codes(column: Column) -> Ints:
    """Indices into AMORTIZATIONS; -1 for a blank or another word."""
    if isinstance(column, Numbers):
        return np.full(len(column), -1, dtype=np.int64)
    known = {name: code for code, name in enumerate(AMORTIZATIONS)}
    codes = [known.get(name, -1) for name in column.names]
    return column.codes if codes == [*range(len(codes))] else np.array([*codes, -1], dtype=np.int64)[column.codes]


def in_our_order(column: Column) -> Column:
    """The words numbered as AMORTIZATIONS are, where there is no other."""
    if not isinstance(column, Labels) or not {*column.names} <= {*AMORTIZATIONS}:
        return column
    last = max((AMORTIZATIONS.index(name) for name in column.names), default=-1)
    return Labels(amortization_codes(column), AMORTIZATIONS[: last + 1])


def may_be(column: Column, kind: str) -> bool:
    """Whether any row may amortize so."""
    return isinstance(column, Labels) and kind in column.names


def row_faults(columns: Mapping[str, Column], rules: RowRules) -> Iterator[Fault]:
    """Every fault of the completed rows, at most one a cell."""
    for name, column in columns.items():
        if name in TESTS or name == rules.rate:
            yield from cell_faults(name, column, rules)
    yield from amortization_faults(columns)
    for name in rules.segment_by:
        yield from fault(name, "is empty, and names the segment", ~columns[name].stated)


def amortization_faults(columns: Mapping[str, Column]) -> Iterator[Fault]:
    """What does not go with how the loan amortizes."""
    codes = amortization_codes(columns["amortization"])
    if codes.min(initial=0) < 0:
        stated = columns["amortization"].stated
        yield from fault("amortization", "is empty", ~stated)
        yield from fault("amortization", f"is none of {', '.join(AMORTIZATIONS[:-1])}", (codes < 0) & stated)
    if may_be(columns["amortization"], "custom"):
        custom = codes == AMORTIZATIONS.index("custom")
        yield from fault("amortization", "needs a schedule; give such loans as [[pool.line]]", custom)
    term, interest_only, fee = (held(columns, name) for name in ("remaining_term", "interest_only_months", "fee_rate"))
    if differing(interest_only).any():
        amortizes = amortizing(codes)
        yield from fault(
            "interest_only_months",
            "leaves no month of the remaining term to amortize in",
            amortizes & (interest_only > 0) & (interest_only >= term),
        )
        other = np.isin(codes, [AMORTIZATIONS.index(kind) for kind in ("bullet", "flat_fee", "revolving_line")])
        what = "goes with level_pay, equal_principal or interest_only"
        yield from fault("interest_only_months", what, other & (interest_only > 0))
    if differing(fee).any():
        yield from fault("fee_rate", "goes with flat_fee only", (codes >= 0) & (codes != FLAT_FEE) & (fee > 0))
    if "amortization_term" in columns:
        shorter = numbers(columns, "amortization_term") < term
        yield from fault("amortization_term", "is shorter than the remaining term", amortizing(codes) & shorter)
    yield from clause_faults(columns, codes, term, interest_only)
    if "original_balance" in columns and may_be(columns["amortization"], "flat_fee"):
        original = columns["original_balance"]
        wrong = (numbers(columns, "original_balance") <= 0) | np.isinf(numbers(columns, "original_balance"))
        wrong[original.unread_rows if isinstance(original, Numbers) else slice(None)] = True
        yield from fault(
            "original_balance", "is not an amount above 0, which the flat fee is charged on", (codes == FLAT_FEE) & wrong
        )


def amortizing(codes: Ints) -> Bools:
    """Where a loan pays back principal as it goes."""
    return np.asarray((codes == 0) | (codes == 1))


def numbers(columns: Mapping[str, Column], name: str) -> Floats:
    """The values of a column of numbers."""
    return held(columns, name).astype(np.float64, copy=False)


def held(columns: Mapping[str, Column], name: str) -> Floats | Ints:
    """The same, whole numbers as they are."""
    column = columns[name]
    return column.held if isinstance(column, Numbers) else np.full(len(column), np.nan)
