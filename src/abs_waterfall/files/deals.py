"""Reading a deal file: a Deal, or one error with everything that is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from abs_waterfall import formulas
from abs_waterfall.calendars import kept
from abs_waterfall.deal.cross import cross_problems
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.files.addresses import is_address
from abs_waterfall.files.context import reading_context
from abs_waterfall.files.faults import problems_of
from abs_waterfall.files.tables import read_parts
from abs_waterfall.files.toml import TableOf, nearest_file, read_toml


def load(path: str | Path) -> Deal:
    """The deal of a file. Raises InputError with every problem of the file, each with its place."""
    path = Path(path)
    return deal_of(read_toml(path), path)


def deal_of(raw: TableOf, path: Path) -> Deal:
    """The deal that tables say, as if they stood in a file at `path`. Raises InputError with every problem."""
    parts, problems = read_parts(raw, path.parent)
    problems += cross_problems(parts)
    problems += calendar_problems(raw)
    problems += pool_problems(raw, path.parent)
    if isinstance(raw.get("revolving"), dict):
        problems += criteria_problems(raw["revolving"].get("eligibility"), "revolving.eligibility")
    if not problems:
        try:
            return Deal.model_validate(raw, context=reading_context(path.parent)).read_from(path)
        except ValidationError as fault:
            problems = problems_of(fault.errors(include_url=False), raw, "", "", Deal)
    raise InputError(problem.in_file(str(path)) for problem in in_file_order(problems, raw))


def in_file_order(problems: list[Problem], raw: TableOf) -> list[Problem]:
    """The problems in the order of the file's tables, each once; what is missing comes first."""
    order = {table: i for i, table in enumerate(raw)}
    distinct = dict.fromkeys(problems)
    return sorted(distinct, key=lambda problem: order.get(problem.place.split(".")[0].split("[")[0], -1))


def calendar_problems(raw: TableOf) -> Iterator[Problem]:
    """A calendar that nobody keeps."""
    dates = raw.get("dates")
    code = dates.get("calendar") if isinstance(dates, dict) else None
    if isinstance(code, str) and code != "none":
        try:
            kept(code)
        except ValueError as fault:
            yield Problem(str(fault), "dates.calendar")


def pool_problems(raw: TableOf, folder: Path) -> Iterator[Problem]:
    """A tape that is not there, and eligibility criteria that cannot be read."""
    pool = raw.get("pool")
    if not isinstance(pool, dict):
        return
    tape = pool.get("tape")
    if isinstance(tape, str) and tape and not is_address(tape) and not (folder / tape).exists():
        relative = "" if Path(tape).is_absolute() else "; paths are relative to the deal file"
        yield Problem(f'no file "{tape}"{relative}.{nearest_file(folder / tape)}', "pool.tape")
    yield from criteria_problems(pool.get("eligibility"), "pool.eligibility")


def criteria_problems(criteria: object, place: str) -> Iterator[Problem]:
    """Eligibility criteria that cannot be read."""
    for i, text in enumerate(criteria if isinstance(criteria, list) else []):
        if isinstance(text, str) and text.strip():
            try:
                formulas.parse(text)
            except formulas.FormulaError as fault:
                yield Problem(f'{fault} (in "{text[:60]}")', f"{place}[{i}]")
