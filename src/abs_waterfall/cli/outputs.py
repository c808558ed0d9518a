"""Where the results go: which files a run writes, refused before it starts where they cannot be written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abs_waterfall.errors import InputError, Problem

if TYPE_CHECKING:
    from abs_waterfall.deal.model import Deal

STANDARD_OUTPUT = Path("-")
TABLES = (".parquet", ".csv")


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files asked for; None where one is not."""

    workbook: Path | None
    json: Path | None  # "-": standard output
    csv: Path | None  # a folder
    each: Path | None = None  # a row of each scenario of a file

    @property
    def to_standard_output(self) -> bool:
        """Whether standard output holds the results, so that nothing else may be printed there."""
        return self.json == STANDARD_OUTPUT


def outputs_for(deal: Deal, workbook: Path | None, json: Path | None, csv: Path | None, each: Path | None = None) -> Outputs:
    """The files that a run of the deal writes: the workbook, unless only others are asked for."""
    if workbook is None and json is None and csv is None:
        workbook = Path(f"{slug(deal.deal.name)}-term-sheet.xlsx")
    return checked(Outputs(workbook, json, csv, each), deal)


def checked(outputs: Outputs, deal: Deal) -> Outputs:
    """The outputs, if all of them can be written. InputError says of each that cannot why."""
    if problems := [*name_problems(outputs), *clash_problems(outputs, deal), *folder_problems(outputs)]:
        raise InputError(problems)
    return outputs


def slug(name: str) -> str:
    """A name as part of a file's name.

    >>> slug("LC 2015-1 (A/B)"), slug("借呗 2024")
    ('lc-2015-1-a-b', '借呗-2024')
    """
    return re.sub(r"[^\w]+", "-", name.casefold()).strip("-")[:60] or "deal"


def files_of(outputs: Outputs) -> dict[str, Path]:
    """The files asked for by the option that asks for them."""
    named = {"-o": outputs.workbook, "--json": outputs.json, "--each": outputs.each}
    return {option: path for option, path in named.items() if path is not None and path != STANDARD_OUTPUT}


def name_problems(outputs: Outputs) -> Iterator[Problem]:
    """A file whose name does not say that it is what is written."""
    if outputs.each is not None and outputs.each.suffix not in TABLES:
        yield Problem(f"expected a file name that ends in {' or '.join(TABLES)}", "--each", str(outputs.each))
    if outputs.workbook is not None and outputs.workbook.suffix.lower() != ".xlsx":
        yield Problem("expected a file name that ends in .xlsx", "-o", str(outputs.workbook))


def clash_problems(outputs: Outputs, deal: Deal) -> Iterator[Problem]:
    """An output in the place of an input, or of another output."""
    inputs = {Path(deal.file).resolve(): "the deal file"}
    if deal.pool.tape is not None:
        inputs[(deal.folder / deal.pool.tape).resolve()] = "the tape"
    for option, path in files_of(outputs).items():
        if path.resolve() in inputs:
            yield Problem(f"is {inputs[path.resolve()]}; expected another file", option, str(path))
        inputs[path.resolve()] = f"what {option} writes"


def folder_problems(outputs: Outputs) -> Iterator[Problem]:
    """Files that cannot be put where they should go."""
    from abs_waterfall.report.output import refuse_unwritable

    for option, path in files_of(outputs).items():
        yield from (Problem(found.message, option, str(path)) for found in refusals(refuse_unwritable, path))
    if outputs.csv is not None:
        yield from (Problem(message, "--csv", str(outputs.csv)) for message in folder_refusals(outputs.csv))


def refusals(refuse: Callable[[Path], None], path: Path) -> tuple[Problem, ...]:
    """Why a path is refused, if it is."""
    try:
        refuse(path)
    except InputError as error:
        return error.problems
    return ()


def folder_refusals(folder: Path) -> Iterator[str]:
    """Why a folder cannot be made or written to: the nearest of it and its parents that exists decides."""
    there = next(part for part in (folder, *folder.resolve().parents) if part.exists())
    if not there.is_dir():
        yield "is a file; expected the name of a folder" if there == folder else f'cannot be made: "{there}" is a file'
    elif not os.access(there, os.W_OK):
        yield "cannot be written: Permission denied"
