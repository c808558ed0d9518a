"""What the commands do once their options are read: call the pipeline, write, print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

import typer

from abs_waterfall.cli.messages import FAILED_CHECK, say, working
from abs_waterfall.cli.outputs import Outputs, outputs_for
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError, did_you_mean
from abs_waterfall.files.deals import load
from abs_waterfall.result import Result


def run_deal(path: Path, *, output: Path | None, json: Path | None, csv: Path | None, scenarios: list[str], quiet: bool) -> None:
    """Run a deal, write its results, print their summary; ends with status 3 where a check failed."""
    deal = with_scenarios(load(path), scenarios)
    outputs = outputs_for(deal, output, json, csv)
    with working(f"Running {deal.deal.name}", quiet=quiet):
        from abs_waterfall.pipeline import run

        result = run(deal)
        write(outputs, result, scenarios)
    if not quiet:
        print_result(result, outputs, scenarios)
    if not result.ok:
        say("a check failed: the results are written and marked", "red")
        raise typer.Exit(FAILED_CHECK)


def with_scenarios(deal: Deal, names: Sequence[str]) -> Deal:
    """The deal with only the named scenarios beside the base case; all of them where none is named."""
    for name in names:
        if name not in deal.scenario_names:
            listed = ", ".join(deal.scenario_names)
            near = did_you_mean(name, deal.scenario_names)
            raise InputError.one(f'no scenario "{name}"; the deal has {listed}.{near}', "--scenario", deal.file)
    kept = {name: scenario for name, scenario in deal.scenario.items() if name in names}
    return deal.model_copy(update={"scenario": kept}) if names else deal


def write(outputs: Outputs, result: Result, scenarios: Sequence[str]) -> None:
    """Write what was asked for, each file whole."""
    from abs_waterfall.report.as_csv import csv_files
    from abs_waterfall.report.as_json import json_bytes
    from abs_waterfall.report.output import write_folder, write_whole

    if outputs.workbook is not None:
        from abs_waterfall.report.term_sheet.write import write_term_sheet

        write_whole(outputs.workbook, lambda file: write_term_sheet(result, file, scenarios))
    if outputs.csv is not None:
        write_folder(outputs.csv, {name: writer(text) for name, text in csv_files(result, scenarios).items()})
    if outputs.to_standard_output:
        sys.stdout.buffer.write(json_bytes(result, scenarios))
        sys.stdout.buffer.flush()
    elif outputs.json is not None:
        write_whole(outputs.json, writer(json_bytes(result, scenarios)))


def writer(content: bytes) -> Callable[[BinaryIO], object]:
    """A function that writes the content to a file."""
    return lambda file: file.write(content)


def print_result(result: Result, outputs: Outputs, scenarios: Sequence[str]) -> None:
    """The summary, on standard output unless that holds the results; warnings and where the files went, as messages."""
    for warning in result.warnings:
        say(f"warning: {warning}", "yellow")
    for path in (outputs.workbook, outputs.csv, outputs.json):
        if path is not None and not outputs.to_standard_output:
            say(f"wrote {path}")


def check_deal(path: Path, *, quiet: bool) -> None:
    """Check all that can be checked before a run: the file, the tape, the tranches against the pool."""
    deal = load(path)
    with working(f"Reading {deal.deal.name}", quiet=quiet):
        from abs_waterfall.pipeline import read_deal_pool
        from abs_waterfall.waterfall.resolve import resolve

        pool, report = read_deal_pool(deal)
        resolve(deal, pool.total_balance, pool.segment_names)
    if not quiet:
        total = report.eligible
        typer.echo(
            f"{deal.file}: ok; {total.loans:,} loans, {total.balance:,.2f} {deal.deal.currency} from {report.source}; "
            f"{len(deal.tranche)} tranches, {len(deal.scenario_names)} scenarios"
        )
