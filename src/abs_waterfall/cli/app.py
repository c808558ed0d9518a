"""The commands of `abs-model` and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from abs_waterfall.cli.messages import answering

COMMANDS = ("run", "check", "project", "explain", "state", "schema", "new", "synth", "strips")

EPILOG = """\b
  abs-model deal.toml                            run the deal, write its Excel term sheet
  abs-model deal.toml --json results.json        write JSON instead; --csv FOLDER for CSV files
  abs-model explain deal.toml --period 14        every step of one payment date
  abs-model new my-deal                          a commented deal file to start from

Exit status: 0 done; 2 the input is wrong; 3 a check of the results failed; 1 a fault of ours."""

app = typer.Typer(
    help="Securitization cash flows for pools of consumer loans: tape to tranches to term sheet.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes as long to import as all else together
    context_settings={"help_option_names": ["-h", "--help"]},
)

DealFile = Annotated[Path, typer.Argument(metavar="DEAL.TOML", help="The deal file.", show_default=False)]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the results as JSON; - for standard output.", allow_dash=True)
]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="FOLDER", help="Write the results as CSV files into a folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Debug = Annotated[
    bool, typer.Option("--debug", envvar="ABS_MODEL_DEBUG", show_envvar=True, help="Show the traceback of a fault of ours.")
]
Scenarios = Annotated[
    list[str] | None, typer.Option("--scenario", metavar="NAME", help="Only this scenario, or base; may be repeated.")
]


def print_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        from abs_waterfall import __version__

        typer.echo(f"abs-model {__version__}")
        raise typer.Exit


@app.callback()
def start(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def run(
    deal: DealFile,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The workbook; default: NAME-term-sheet.xlsx in this folder."),
    ] = None,
    json: Json = None,
    csv: Csv = None,
    scenario: Scenarios = None,
    scenarios: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Run these too: Parquet or CSV, rates by scenario, month and segment.")
    ] = None,
    each: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a row of each of --scenarios, as Parquet or CSV.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Run a deal; the word may be left out.

    Writes the Excel term sheet, or what --json and --csv ask for, and prints a summary.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.running import run_deal

        run_deal(
            deal,
            output=output,
            json=json,
            csv=csv,
            scenarios=scenario or [],
            quiet=quiet,
            paths=scenarios,
            each=each,
        )


@app.command()
def check(deal: DealFile, *, quiet: Quiet = False, debug: Debug = False) -> None:
    """Check a deal and its tape; run nothing."""
    with answering(debug=debug):
        from abs_waterfall.cli.running import check_deal

        check_deal(deal, quiet=quiet)


@app.command()
def project(
    deal: DealFile,
    *,
    json: Json = None,
    csv: Csv = None,
    scenario: Scenarios = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Read the tape on a Dask cluster: tcp://HOST:PORT, or local:2.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Project the pool alone, month by month."""
    with answering(debug=debug):
        from abs_waterfall.cli.running import project_deal

        project_deal(deal, json=json, csv=csv, scenarios=scenario or [], quiet=quiet, cluster=cluster)


strips = typer.Typer(help="Keep what the parts of a tape come to; later read only the parts that changed.", rich_markup_mode=None)
app.add_typer(strips, name="strips", no_args_is_help=True)
StripsFolder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of strips.", show_default=False)]


@strips.command("write")
def strips_write(deal: DealFile, folder: StripsFolder, *, quiet: Quiet = False, debug: Debug = False) -> None:
    """Read every part of a deal's tape and keep its strips.

    The tape is a folder of Parquet parts. FOLDER gets a file for each part, and a manifest with checksums.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.keeping import write_strips

        write_strips(deal, folder, quiet=quiet)


@strips.command("add")
def strips_add(
    deal: DealFile,
    folder: StripsFolder,
    *,
    json: Json = None,
    csv: Csv = None,
    scenario: Scenarios = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add strips up and project the pool.

    Only parts that are new or changed are read, and their strips kept in FOLDER; those of parts that are gone are dropped.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.keeping import add_strips

        add_strips(deal, folder, json=json, csv=csv, scenarios=scenario or [], quiet=quiet)


@app.command()
def explain(
    deal: DealFile,
    *,
    period: Annotated[int, typer.Option("--period", metavar="N", help="The payment date, counted from 1.", show_default=False)],
    scenario: Annotated[str, typer.Option("--scenario", metavar="NAME", help="The scenario.")] = "base",
    debug: Debug = False,
) -> None:
    """Print every step of one payment date.

    For each: where the cash came from, who was paid, what was due, paid and left.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.running import explain_date

        explain_date(deal, period=period, scenario=scenario)


@app.command()
def state(
    deal: DealFile,
    *,
    period: Annotated[int, typer.Option("--period", metavar="N", help="The payment date, counted from 1.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A file for it; default: standard output.")
    ] = None,
    scenario: Annotated[str, typer.Option("--scenario", metavar="NAME", help="The scenario.")] = "base",
    debug: Debug = False,
) -> None:
    """Print where a deal stands after a payment date.

    As the [state] of its deal file: with it, and the loans as of that date, the deal goes on from there.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.running import write_state

        write_state(deal, period=period, output=output, scenario=scenario)


@app.command()
def schema(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="The reference of every table and key, for readers.")] = False,
    debug: Debug = False,
) -> None:
    """Print the JSON Schema, for editors."""
    with answering(debug=debug):
        import json

        from abs_waterfall.files.schema import schema as described

        if markdown:
            from abs_waterfall.report.reference import reference

            typer.echo(reference(described()), nl=False)
        else:
            typer.echo(json.dumps(described(), indent=2))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The folder to make.")] = "my-deal",
    *,
    like: Annotated[
        Literal["static", "tape", "revolving"],
        typer.Option(help="A pool of representative lines, or of a loan tape, or one that buys new loans for a year."),
    ] = "static",
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a deal to start from.

    The folder NAME gets a commented deal file that runs; a folder that exists is left alone.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.starting import start_deal

        start_deal(name, like=like, quiet=quiet)


@app.command()
def synth(
    output: Annotated[Path, typer.Argument(metavar="OUT.PARQUET", help="The tape to write.", show_default=False)],
    *,
    loans: Annotated[int, typer.Option(min=1, max=100_000_000, metavar="N", help="How many loans.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="The same seed gives the same bytes.")] = 7,
    style: Annotated[
        Literal["jiebei", "huabei"], typer.Option(help="Cash loans by the day, or flat-fee instalments.")
    ] = "jiebei",
    parts: Annotated[
        int | None, typer.Option(min=1, max=10_000, metavar="N", help="Write a folder of N parts, the same loans.")
    ] = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a tape of synthetic loans.

    Score bands, daily rates or flat fees, terms of 3 to 12 months: for trying things out. None of the loans is real.
    """
    with answering(debug=debug):
        from abs_waterfall.cli.synthesizing import write_synthetic

        write_synthetic(output, loans=loans, seed=seed, style=style, quiet=quiet, parts=parts)
