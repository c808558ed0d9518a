"""The sheet Assumptions: the base case, what each scenario changes, segment by segment; vectors in full at the foot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from abs_waterfall.assumptions.model import (
    Assumptions,
    Default,
    Delinquency,
    Draws,
    Prepayment,
    Recovery,
    Scenario,
    SegmentAssumptions,
    SegmentScenario,
)
from abs_waterfall.deal.settings import SHARES
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.result import Result

SPEEDS: dict[str, tuple[str, Kind]] = {
    "smm": ("SMM, a month", "percent"),
    "cpr": ("CPR, a year", "percent"),
    "psa": ("PSA, 100 = 100 %", "figure"),
    "abs_speed": ("ABS, percent a month of the original number", "figure"),
    "cdr": ("CDR, a year", "percent"),
    "mdr": ("MDR, a month", "percent"),
    "sda": ("SDA, 100 = 100 %", "figure"),
    "mpr": ("MPR, a month", "percent"),
    "monthly_rate": ("Of the balance, a month", "percent"),
    "of_payments": ("Of the month's payments", "percent"),
    "annual_rate": ("Yield, a year", "percent"),
    "cumulative": ("Cumulative, of the segment's initial balance", "percent"),
}
LONGEST_IN_A_CELL = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One assumption as said: a number, or a vector shown at the foot."""

    item: str
    measure: str
    kind: Kind
    value: float | str | tuple[float, ...]
    remark: str = ""


def prepayment_lines(given: Prepayment) -> Iterator[Line]:
    """The speed."""
    key, value = given.speed
    yield Line("Prepayment", *SPEEDS[key], value, f"by {given.by}" if given.by else "")


def default_lines(given: Default) -> Iterator[Line]:
    """The speed, its timing and where it stops."""
    key, value = given.speed
    remarks = [f"by {given.by}"] if given.by else []
    if given.stop:
        remarks.append(f"none in a loan's last {given.stop} months")
    if given.at_maturity is not None:
        remarks.append(f"{given.at_maturity:.2%} of the balance in the month of the last payment")
    yield Line("Default", *SPEEDS[key], value, "; ".join(remarks))
    if given.timing is not None:
        yield Line("Default", "Timing, share by month since cut-off", "percent", given.timing)


def line_lines(given: SegmentAssumptions) -> Iterator[Line]:
    """What is assumed of revolving lines: payments, draws, yield."""
    for item, table in (("Payment", given.payment), ("Draw", given.draw), ("Yield", given.yield_)):
        if table is not None:
            key, value = table.speed
            remarks = [f"by {table.by}"] if table.by else []
            if isinstance(table, Draws) and table.stop:
                remarks.append(f"none in a line's last {table.stop} months")
            yield Line(item, *SPEEDS[key], value, "; ".join(remarks))


def recovery_lines(given: Recovery) -> Iterator[Line]:
    """How much and when."""
    yield Line("Recovery", "Rate, of defaults", "percent", given.recovery_rate, f"lag {given.lag} months")
    if given.timing != (1.0,):
        yield Line("Recovery", "Timing, share by month after the lag", "percent", given.timing)


def delinquency_lines(given: Delinquency) -> Iterator[Line]:
    """How much falls behind, and what becomes of it."""
    key, value = given.speed
    measure = "A year, of the balance that pays" if key == "annual_rate" else "A month, of the balance that pays"
    after = f"{given.default_share:.2%} of it defaults after {given.lag} months, the rest goes on"
    yield Line("Delinquency", measure, "percent", value, f"by {given.by}; {after}" if given.by else after)


def lines(given: SegmentAssumptions) -> Iterator[Line]:
    """Everything one table of the deal file says."""
    if given.prepayment is not None:
        yield from prepayment_lines(given.prepayment)
    if given.default is not None:
        yield from default_lines(given.default)
    if given.recovery is not None:
        yield from recovery_lines(given.recovery)
    yield from line_lines(given)
    if given.delinquency is not None:
        yield from delinquency_lines(given.delinquency)
    if isinstance(given, SegmentScenario):
        multipliers = {
            "Default": given.default_multiplier,
            "Prepayment": given.prepayment_multiplier,
            "Recovery": given.recovery_multiplier,
            "Payment": given.payment_multiplier,
            "Draw": given.draw_multiplier,
            "Yield": given.yield_multiplier,
            "Delinquency": given.delinquency_multiplier,
        }
        for item, value in multipliers.items():
            if value != 1:
                yield Line(item, "Multiplier of the base case", "figure", value)


def event_lines(scenario: Scenario) -> Iterator[Line]:
    """What a scenario adds to indices, the numbers it sets, and the triggers it fires by hand or switches off."""
    if scenario.index_shift:
        yield Line("Index", "Added to every index", "percent", scenario.index_shift)
    for name, number in scenario.set.items():
        yield Line("Structure", name, "percent" if name.endswith(SHARES) else "money", number)
    for trigger, day in scenario.fire.items():
        yield Line("Trigger", f"{trigger}, fired by hand", "text", day.isoformat(), "on the first payment date on or after")
    for trigger in scenario.off:
        yield Line("Trigger", f"{trigger}, never tested", "text", "off")


def all_lines(result: Result, scenarios: Sequence[int]) -> Iterator[tuple[str, str, Line]]:
    """Scenario, segment and line, the base case first whatever scenarios are shown."""
    base: Assumptions = result.deal.assumptions
    yield from (("base", "all", line) for line in lines(base))
    yield from (("base", segment, line) for segment, given in base.segment.items() for line in lines(given))
    for name in (result.scenarios[s] for s in scenarios):
        if name in result.deal.scenario:
            scenario = result.deal.scenario[name]
            yield from ((name, "all", line) for line in (*lines(scenario), *event_lines(scenario)))
            yield from ((name, segment, line) for segment, given in scenario.segment.items() for line in lines(given))


def write_assumptions(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """What holds for all, then a row an assumption, then the vectors by month."""
    note = "Blue: given in the deal file. A scenario replaces or multiplies what the base case says; the rest stays."
    sheet = book.sheet("Assumptions", "Assumptions", note)
    sheet.freeze(sheet.row)
    write_conventions(sheet, result)
    found = list(all_lines(result, scenarios))
    write_indices(sheet, result)
    sheet.heading("Base case and scenarios")
    if not found:
        sheet.note("No defaults, no prepayments, no recoveries.")
        return
    write_lines(sheet, found)
    write_vectors(sheet, [entry for entry in found if is_long(entry[2])])


EFFECTS = {"recast": "lowers the instalment", "shorten": "shortens the term"}


def write_conventions(sheet: Sheet, result: Result) -> None:
    """How the projection counts."""
    given, pool = result.deal.assumptions, result.deal.pool
    sheet.heading("Conventions")
    said: list[tuple[str, Kind, Cell, bool]] = [
        ("Order within a month", "text", given.order, True),
        ("Annual to monthly by", "text", given.speed_basis, True),
        ("Servicer advances", "text", "yes" if given.advances else "no", True),
        ("A prepayment", "text", EFFECTS[given.prepayment_effect], True),
        ("Interest basis of the loans", "text", pool.interest_basis, True),
        ("Recoveries join", "text", f"{pool.recoveries_to} funds", True),
    ]
    sheet.pairs(said)
    sheet.row += 1


def write_indices(sheet: Sheet, result: Result) -> None:
    """The rates that coupons float on, with the day each begins."""
    rows = [(name, day, rate) for name, curve in result.deal.index.items() for day, rate in curve.rates]
    if not rows:
        return
    sheet.heading("Indices (a rate holds from its date to the next)")
    sheet.table(
        [
            Column("Index", "text", [name for name, _, _ in rows]),
            Column("From", "date", [day for _, day, _ in rows], is_input=True),
            Column("Rate", "rate", [rate for _, _, rate in rows], is_input=True),
        ]
    )


def is_long(line: Line) -> bool:
    """Whether a vector has a column of its own."""
    return isinstance(line.value, tuple) and len(line.value) > LONGEST_IN_A_CELL


def shown_value(line: Line) -> Cell:
    """The number, a short vector as text, or where the long one stands."""
    if not isinstance(line.value, tuple):
        return line.value
    if is_long(line):
        return "vector below"
    return ", ".join(f"{value:.2%}" if line.kind == "percent" else f"{value:g}" for value in line.value)


def write_lines(sheet: Sheet, found: Sequence[tuple[str, str, Line]]) -> None:
    """The table of assumptions; each value in the format of its measure."""
    values = [shown_value(line) for _, _, line in found]
    block = sheet.table(
        [
            Column("Scenario", "text", [scenario for scenario, _, _ in found]),
            Column("Segment", "text", [segment for _, segment, _ in found]),
            Column("Assumption", "text", [line.item for _, _, line in found]),
            Column("Measure", "text", [line.measure for _, _, line in found]),
            Column("Value", "figure", [value if isinstance(value, str) else "100.00%" for value in values]),
            Column("Remark", "text", [line.remark for _, _, line in found]),
        ]
    )
    for row, (value, (_, _, line)) in enumerate(zip(values, found, strict=True), start=block.first_row):
        sheet.write_cell(row, block.columns["Value"], line.kind, value, "input")


def write_vectors(sheet: Sheet, found: Sequence[tuple[str, str, Line]]) -> None:
    """Vectors month by month; after its end a speed keeps its last value."""
    if not found:
        return
    sheet.heading("Vectors, by month (the last value of a speed holds)")
    vectors = [line.value for _, _, line in found if isinstance(line.value, tuple)]
    months = max(len(vector) for vector in vectors)
    columns = [Column("Month", "integer", list(range(1, months + 1)))]
    for (scenario, segment, line), vector in zip(found, vectors, strict=True):
        title = f"{scenario} / {segment}: {line.item}, {line.measure.split(',')[0]} {line.remark.split(';')[0]}".strip()
        columns.append(Column(title, line.kind, [*vector, *[None] * (months - len(vector))], is_input=True))
    sheet.table(columns)
