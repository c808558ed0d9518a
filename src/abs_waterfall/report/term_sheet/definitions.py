"""The sheet Definitions: what each figure means and how it is reckoned, the deal's own terms, and its waterfall in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.model import Deal
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.glossary import EVENTS, MEASURES, ONE_DATE, PROJECTION
from abs_waterfall.report.words import (
    COMPOUNDED,
    call_terms,
    condition,
    effect,
    facility_terms,
    fee_terms,
    group_terms,
    hedge_terms,
    ledger_terms,
    listed,
    said,
    schedule_terms,
    step_lists,
    tested,
)
from abs_waterfall.result import Result, settlement_of


def write_definitions(book: Book, result: Result) -> None:
    """Glossary first, then the deal in words."""
    deal = result.deal
    sheet = book.sheet("Definitions", "Definitions and conventions", "Blue: the deal file's own words.")
    sheet.freeze(sheet.row)
    glossary(sheet, "The deal's conventions", conventions(result))
    if deal.define:
        glossary(
            sheet, "Defined terms of the deal", ((name, said(formula)) for name, formula in deal.define.items()), is_input=True
        )
    if deal.group:
        glossary(sheet, "Groups", ((group.name, group_terms(group)) for group in deal.group), is_input=True)
    if deal.schedule:
        plans = ((schedule.name, f"{schedule_terms(schedule)}.") for schedule in deal.schedule)
        glossary(sheet, "Planned balances", plans, is_input=True)
    for mode in deal.waterfall:
        steps = ((str(number), text) for name, number, text in step_lists(deal) if name == mode)
        glossary(sheet, f"Waterfall: {mode}", steps, first="Step", is_input=True)
    glossary(sheet, "One payment date, in order", ((str(n), text) for n, text in enumerate(ONE_DATE, start=1)), first="Step")
    if deal.trigger:
        triggers = (
            (trigger.name, f"{condition(trigger)}: {effect(trigger)}; tested {tested(trigger)}.") for trigger in deal.trigger
        )
        glossary(sheet, "Triggers", triggers, is_input=True)
    if events := events_of(deal):
        glossary(sheet, "Events by their Chinese names", events)
    write_support_terms(sheet, deal)
    if deal.fee:
        glossary(sheet, "Fees", ((fee.name, fee_terms(fee)) for fee in deal.fee), is_input=True)
    glossary(sheet, "Measures", MEASURES.items())
    glossary(sheet, "Projection of the pool", PROJECTION.items())


def events_of(deal: Deal) -> list[tuple[str, str]]:
    """The events of Chinese plans that the deal has, under either name."""
    given = {trigger.name for trigger in deal.trigger} | ({"clean_up_call"} if deal.call else set())
    return [(f"{chinese} ({name})", meaning) for name, (chinese, meaning) in EVENTS.items() if {name, chinese} & given]


def write_support_terms(sheet: Sheet, deal: Deal) -> None:
    """Facilities, hedges and ledgers, where the deal has any."""
    if deal.facility:
        glossary(sheet, "Facilities", ((facility.name, facility_terms(facility)) for facility in deal.facility), is_input=True)
    if deal.hedge:
        glossary(sheet, "Hedges", ((hedge.name, hedge_terms(hedge)) for hedge in deal.hedge), is_input=True)
    if deal.ledger:
        glossary(sheet, "Ledgers", ((ledger.name, ledger_terms(ledger)) for ledger in deal.ledger), is_input=True)


def rounding(deal: Deal) -> str:
    """How payments to classes are rounded."""
    terms = deal.deal
    if terms.round_payments is None:
        return "Not rounded."
    to = f"{terms.round_payments:g} a note of {terms.face:g}"
    return f"Rounded down to {to}, the rest carried; in full on the last date, and what settles a claim."


def conventions(result: Result) -> list[tuple[str, str]]:
    """What this deal counts by."""
    deal, dates = result.deal, result.deal.dates
    counts = {tranche.day_count for tranche in deal.tranche if tranche.day_count}
    adjusted = (
        "not adjusted" if dates.business_day == "none" else f"{dates.business_day.replace('_', ' ')}, calendar {dates.calendar}"
    )
    delayed = f", each ending {dates.delay_days} days before its payment" if dates.delay_days else ""
    between = f"then between payment dates ({dates.accrue_on}){delayed}"
    accrual = f"from {dates.dated or dates.closing}, {between}, on {listed(sorted(counts))}"
    return [
        ("Currency", f"All amounts in {deal.deal.currency}; {deal.deal.currency} in charts as their axes say."),
        ("Note interest", f"Accrues {accrual}."),
        ("Loan interest", f"On {deal.pool.interest_basis}; schedules always use a twelfth of the annual rate."),
        ("Payment dates", f"{dates.frequency}, first {dates.first_payment}; business days: {adjusted}."),
        ("Collection periods", collections(dates)),
        ("Settlement", f"{settlement_of(deal, result.flows)}; average lives, yields and prices count from it."),
        ("Payments", rounding(deal)),
        ("Nominal yields", f"Compounded {COMPOUNDED[dates.frequency]}."),
        ("Clean-up call", call_terms(deal.call)),
    ]  # fmt: skip


def collections(dates: Dates) -> str:
    """What a payment collects."""
    if dates.collection_day is None:
        return "Whole months since the cut-off date; pool balances are as of their end."
    by = "the payment date"
    if dates.determination_lag:
        by = f"the determination date, {dates.determination_lag} business days before payment"
    return f"The pool's months that end in them; they run to day {dates.collection_day} of a month, the last one by {by}."


def glossary(
    sheet: Sheet, heading: str, entries: Iterable[tuple[str, str]], *, first: str = "Term", is_input: bool = False
) -> None:
    """Terms, or numbered steps, with their meanings, which wrap."""
    found = list(entries)
    sheet.heading(heading)
    sheet.table(
        [
            Column(first, "text", [term for term, _ in found]),
            Column("Meaning", "wrap", [text for _, text in found], is_input=is_input),
        ]
    )
    sheet.widen(1, 115)
