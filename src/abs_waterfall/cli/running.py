"""What the commands do once their options are read: call the pipeline, write, print."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from abs_waterfall.cli.messages import FAILED_CHECK, say
from abs_waterfall.cli.outputs import STANDARD_OUTPUT, TABLES, Outputs, checked, outputs_for
from abs_waterfall.cli.reading import reading
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError, Problem, did_you_mean
from abs_waterfall.files.deals import load
from abs_waterfall.result import Result

if TYPE_CHECKING:
    from rich.console import Console

    from abs_waterfall.files.reading import Reading
    from abs_waterfall.pool.loans import LoanPool
    from abs_waterfall.simulation import Simulation


def run_deal(
    path: Path,
    *,
    output: Path | None,
    json: Path | None,
    csv: Path | None,
    scenarios: list[str],
    quiet: bool,
    paths: Path | None = None,
    each: Path | None = None,
) -> None:
    """Run a deal, write its results, print their summary; ends with status 3 where a check failed.

    `paths` is a file of scenarios to run beside the deal's own, `each` the file that gets a row of each.
    """
    deal = with_scenarios(load(path), scenarios)
    outputs = outputs_for(deal, output, json, csv, each)
    refuse_paths(paths, each)
    with reading(f"Running {deal.deal.name}", quiet=quiet) as told:
        from abs_waterfall.pipeline import read_deal_pool, run_on

        pool, report = read_deal_pool(deal, told)
        result = run_on(deal, pool, report)
        simulation = simulated(deal, pool, paths) if paths else None
        write(outputs, result, scenarios, simulation)
    if not quiet:
        print_result(result, outputs, scenarios, simulation)
    if not result.ok or (simulation and not simulation.ok):
        say("a check failed: the results are written and marked", "red")
        raise typer.Exit(FAILED_CHECK)


def refuse_paths(paths: Path | None, each: Path | None) -> None:
    """Refuse a file of scenarios that is not one, and rows of each without such a file."""
    if paths is None:
        if each is not None:
            raise InputError.one("writes a row of each scenario of a file; expected --scenarios too", "--each", str(each))
    elif paths.suffix not in TABLES:
        raise InputError.one(f"expected a file that ends in {' or '.join(TABLES)}", "--scenarios", str(paths))
    elif not paths.is_file():
        raise InputError.one("there is no such file", "--scenarios", str(paths))


def simulated(deal: Deal, pool: LoanPool, paths: Path) -> Simulation:
    """The deal along the scenarios of a file."""
    from abs_waterfall.simulation import simulate_file

    return simulate_file(deal, pool, paths)


def with_scenarios(deal: Deal, names: Sequence[str]) -> Deal:
    """The deal with only the named scenarios beside the base case; all of them where none is named."""
    for name in names:
        if name not in deal.scenario_names:
            listed = ", ".join(deal.scenario_names)
            near = did_you_mean(name, deal.scenario_names)
            raise InputError.one(f'no scenario "{name}"; the deal has {listed}.{near}', "--scenario", deal.file)
    kept = {name: scenario for name, scenario in deal.scenario.items() if name in names}
    return deal.model_copy(update={"scenario": kept}) if names else deal


def write(outputs: Outputs, result: Result, scenarios: Sequence[str], simulation: Simulation | None) -> None:
    """Write what was asked for, each file whole."""
    if outputs.workbook is not None:
        from abs_waterfall.report.output import write_whole
        from abs_waterfall.report.term_sheet.write import write_term_sheet

        workbook = io.BytesIO()  # an archive that is interrupted complains of a file closed under it
        write_term_sheet(result, workbook, scenarios, simulation)
        write_whole(outputs.workbook, writer(workbook.getvalue()))
    if outputs.csv is not None:
        from abs_waterfall.report.as_csv import csv_files

        write_csv(outputs, csv_files(result, scenarios))
    if outputs.json is not None:
        from abs_waterfall.report.as_json import json_bytes

        write_json(outputs, json_bytes(result, scenarios, beside(simulation)))
    if outputs.each is not None and simulation is not None:
        from abs_waterfall.report.each import write_each
        from abs_waterfall.report.output import write_whole

        rows, kind = simulation, outputs.each.suffix
        write_whole(outputs.each, lambda file: write_each(rows, file, kind))


def beside(simulation: Simulation | None) -> dict[str, dict[str, Any]]:
    """What the JSON results hold beside those of the deal's own scenarios."""
    from abs_waterfall.report.distribution import distribution_entry

    return {"distribution": distribution_entry(simulation)} if simulation else {}


def write_csv(outputs: Outputs, files: Mapping[str, bytes]) -> None:
    """Write CSV files into their folder, if it was asked for."""
    from abs_waterfall.report.output import write_folder

    if outputs.csv is not None:
        write_folder(outputs.csv, {name: writer(content) for name, content in files.items()})


def write_json(outputs: Outputs, content: bytes) -> None:
    """Write JSON to its file or to standard output, if it was asked for."""
    from abs_waterfall.report.output import write_whole

    if outputs.to_standard_output:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif outputs.json is not None:
        write_whole(outputs.json, writer(content))


def writer(content: bytes) -> Callable[[BinaryIO], object]:
    """A function that writes the content to a file."""
    return lambda file: file.write(content)


def print_result(result: Result, outputs: Outputs, scenarios: Sequence[str], simulation: Simulation | None) -> None:
    """The summary, and where the files went."""
    from abs_waterfall.report.terminal import print_summary

    print_summary(console_for(outputs), result, scenarios=scenarios)
    if simulation is not None:
        from abs_waterfall.report.distribution_table import print_distribution

        print_distribution(console_for(outputs), simulation)
    tell_written(outputs)


def console_for(outputs: Outputs | None = None, width: int = 100) -> Console:
    """Standard output, or standard error where that holds the results; of a fixed width where it is no terminal."""
    from rich.console import Console

    console = Console(stderr=outputs is not None and outputs.to_standard_output)
    return console if console.is_terminal else Console(stderr=console.stderr, width=width)


def tell_written(outputs: Outputs) -> None:
    """Say where the files went."""
    for path in (outputs.workbook, outputs.csv, outputs.json, outputs.each):
        if path not in (None, STANDARD_OUTPUT):
            say(f"wrote {path}")


def check_deal(path: Path, *, quiet: bool) -> None:
    """Check all that can be checked before a run: the file, the tape, the tranches against the pool."""
    deal = load(path)
    with reading(f"Reading {deal.deal.name}", quiet=quiet) as told:
        from abs_waterfall.pipeline import read_deal_pool
        from abs_waterfall.waterfall.resolve import resolve

        pool, report = read_deal_pool(deal, told, tables=False)
        resolve(deal, pool.total_balance, pool.segment_names)
    if not quiet:
        total = report.eligible
        typer.echo(
            f"{deal.file}: ok; {total.balance:,.2f} {deal.deal.currency} of eligible loans in {report.source}; "
            f"{len(deal.tranche)} tranches, {len(deal.scenario_names)} scenarios"
        )


def project_deal(
    path: Path, *, json: Path | None, csv: Path | None, scenarios: list[str], quiet: bool, cluster: str | None = None
) -> None:
    """Project the pool alone; `cluster` is the address of one that reads the tape."""
    deal = with_scenarios(load(path), scenarios)
    outputs = checked(Outputs(None, json, csv), deal)
    if cluster is None:
        project_pool(deal, outputs, scenarios, quiet=quiet)
        return
    from abs_waterfall.cluster import connected

    with connected(cluster) as workers:
        from abs_waterfall.files.tape_blocks import ReadByWorkers

        project_pool(deal, outputs, scenarios, quiet=quiet, where=f" on {workers.shown}", reader=ReadByWorkers(workers))


def project_pool(
    deal: Deal, outputs: Outputs, scenarios: Sequence[str], *, quiet: bool, where: str = "", reader: Reading | None = None
) -> None:
    """Read the pool, by whoever reads it, and project it: its totals printed, its flows written where asked."""
    with reading(f"Projecting {deal.deal.name}{where}", quiet=quiet) as told:
        from abs_waterfall.collateral.ways import ways
        from abs_waterfall.pipeline import project, read_deal_pool
        from abs_waterfall.report.projection import Projection, print_projection, projection_csv, projection_json

        pool, report = read_deal_pool(deal, told, tables=False, reading=reader)
        flows = project(deal, pool)
        rows = {name: row for row, name in enumerate(deal.scenario_names) if not scenarios or name in scenarios}
        projection = Projection(deal, report, flows, rows, ways(pool, deal.assumptions, report.eligible.loans))
    write_csv(outputs, projection_csv(projection) if outputs.csv else {})
    write_json(outputs, projection_json(projection) if outputs.json else b"")
    if not quiet:
        print_projection(console_for(outputs), projection)
        tell_written(outputs)


def write_state(path: Path, *, period: int, output: Path | None, scenario: str) -> None:
    """Write where the deal stands after a payment date, to a file or to standard output."""
    deal = with_scenarios(load(path), [scenario])
    checked(Outputs(None, output or STANDARD_OUTPUT, None), deal)
    with reading(f"Running {deal.deal.name}", quiet=False) as told:
        from abs_waterfall.pipeline import state_of
        from abs_waterfall.report.state import state_file

        content = state_file(deal, state_of(deal, period, scenario, told), scenario).encode()
    write_json(Outputs(None, output or STANDARD_OUTPUT, None), content)
    if output is not None:
        say(f"wrote {output}")


def explain_date(path: Path, *, period: int, scenario: str) -> None:
    """Run one scenario and print the trail of one payment date."""
    deal = with_scenarios(load(path), [scenario])
    with reading(f"Running {deal.deal.name}", quiet=False) as told:
        from abs_waterfall.pipeline import run
        from abs_waterfall.report.explain import explain_renderable

        result = run(deal, told)
    try:
        trail = explain_renderable(result, period, scenario)
    except InputError as error:
        raise InputError(Problem(found.message, "--period", deal.file) for found in error.problems) from None
    console_for(width=120).print(trail)
