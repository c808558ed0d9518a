"""Which columns of a tape are read, and as what: loan columns, and those that the pool is cut and tested by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.files.tape_columns import Wanted
from abs_waterfall.formulas import Kind
from abs_waterfall.pool.eligibility import FIELDS, name_problems
from abs_waterfall.pool.loans import MULTIPLIERS
from abs_waterfall.pool.model import LOAN_COLUMNS, PoolSettings
from abs_waterfall.pool.row_clauses import BLANKS
from abs_waterfall.pool.stratify import TITLES

WANTED: dict[str, Wanted] = {
    "balance": "number",
    "annual_rate": "number",
    "daily_rate": "number",
    "remaining_term": "number",
    "age": "number",
    "amortization": "text",
    "interest_only_months": "number",
    "amortization_term": "number",
    "original_balance": "number",
    "fee_rate": "number",
    "fee_on_prepayment": "flag",
    "cutoff": "date",
    **dict.fromkeys(BLANKS, "number"),
    "capitalises": "flag",
    "rate_index": "text",
    **dict.fromkeys(MULTIPLIERS, "number"),
}
REQUIRED = ("balance", "remaining_term")
RATES = ("annual_rate", "daily_rate")
SHOWN = 30


@dataclass(frozen=True, slots=True)
class TapePlan:
    """What to read: `names` gives the tape's name of each of ours, loan columns and others."""

    names: dict[str, str]
    rate: str  # annual_rate or daily_rate
    loan_id: str | None  # the tape's name
    cut_by: tuple[str, ...]  # columns to stratify by, beyond those every loan has

    def wanted(self) -> dict[str, Wanted]:
        """The tape's columns to read, and as what; one that serves twice is read as the loan column it is."""
        sorts: dict[str, Wanted] = {}
        for ours, theirs in self.names.items():
            sorts.setdefault(theirs, WANTED.get(ours, "any"))
        return sorts


def plan(settings: PoolSettings, columns: Sequence[str], traits: Iterable[str] = (), *, tables: bool = True) -> TapePlan:
    """What to read of a tape with these columns; `traits` are what limits on purchases look at beside what every loan has.

    Columns that are only stratified by are left where no `tables` are wanted.
    """
    rate = rate_name(settings, columns)
    loans = [name for name in LOAN_COLUMNS if name in (*REQUIRED, rate) or name in settings.columns or name in columns]
    loans = [name for name in loans if name != "loan_id" and (name not in RATES or name == rate)]
    cut_by = cut_columns(settings, columns) if tables else list(settings.segment_by)
    stated = [name for name in FIELDS if name != "segment" or name not in columns]
    others = [name for name in cut_by if name not in stated or name in settings.segment_by]
    others += [name for name in sorted(settings.eligibility_names()) if name not in stated]
    others += [name for name in traits if name in columns or name in settings.columns]
    names = {name: settings.columns.get(name, name) for name in (*loans, *others)}
    optional = {name for name in loans if name not in settings.columns and may_lack(name, settings)}
    present = {ours: theirs for ours, theirs in names.items() if theirs in columns or ours not in optional}
    return TapePlan(present, rate, settings.columns.get("loan_id"), tuple(cut_by))


def may_lack(name: str, settings: PoolSettings) -> bool:
    """Whether a tape can do without the loan column: one with a default, or of a flat fee without a rate."""
    if name in RATES:
        return name in settings.defaults or settings.defaults.get("amortization") == "flat_fee"
    return name not in REQUIRED or name in settings.defaults


def rate_name(settings: PoolSettings, columns: Sequence[str]) -> str:
    """The rate that the tape has: the one mapped, or found, or given as a default."""
    for known in (settings.columns, columns, settings.defaults):
        for name in RATES:
            if name in known:
                return name
    return "annual_rate"


def cut_columns(settings: PoolSettings, columns: Sequence[str]) -> list[str]:
    """The columns to stratify by, beyond those every loan has."""
    score = ["score"] if "score" in settings.columns or "score" in columns else []
    return [name for name in dict.fromkeys([*score, *settings.segment_by, *settings.stratify]) if name not in TITLES]


def plan_problems(
    settings: PoolSettings, plan: TapePlan, columns: Sequence[str], tape: str, file: str, traits: Mapping[str, str]
) -> list[Problem]:
    """What the pool needs and the tape lacks, and formulas that read what neither has."""
    supplied = [name for name in FIELDS if name in plan.names or name in settings.defaults or name in ("annual_rate", "segment")]
    known: dict[str, Kind] = dict.fromkeys([*columns, *settings.columns, *supplied], "number")
    return [
        *missing_columns(plan, columns, tape, settings),
        *missing_names(settings, columns, file),
        *(missing(name, columns, place, file) for name, place in traits.items() if name not in plan.names),
        *name_problems(settings.eligibility, known, file),
    ]


def missing_columns(plan: TapePlan, columns: Sequence[str], tape: str, settings: PoolSettings) -> Iterator[Problem]:
    """Loan columns that the tape needs and lacks."""
    needed = {ours: theirs for ours, theirs in plan.names.items() if ours in WANTED or ours in settings.columns}
    if plan.loan_id is not None:
        needed["loan_id"] = plan.loan_id
    for ours, theirs in needed.items():
        if theirs in columns:
            continue
        meant = " (or daily_rate)" if ours == theirs == "annual_rate" else ""
        hint = "" if ours in settings.columns else f" Where it has another name, say {ours} = ... in [pool.columns]."
        yield Problem(f'no column "{theirs}"{meant}; it has {listed(columns)}.{did_you_mean(theirs, columns)}{hint}', file=tape)


def missing_names(settings: PoolSettings, columns: Sequence[str], file: str) -> Iterator[Problem]:
    """Columns to segment or stratify by that the tape lacks."""
    asked = [(f"pool.segment_by[{at}]", name) for at, name in enumerate(settings.segment_by)]
    asked += [(f"pool.stratify.{name}", name) for name in settings.stratify if name not in (*TITLES, *settings.segment_by)]
    for place, name in asked:
        if name not in columns and name not in settings.columns:
            yield missing(name, columns, place, file)


def missing(name: str, columns: Sequence[str], place: str, file: str) -> Problem:
    """A column that the tape lacks."""
    return Problem(f'the tape has no column "{name}"; it has {listed(columns)}.{did_you_mean(name, columns)}', place, file)


def listed(columns: Sequence[str]) -> str:
    """The tape's columns, the first of them where they are many."""
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    return ", ".join(columns[:SHOWN]) + more
