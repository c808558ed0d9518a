"""`abs-model strips`: the strips of a tape's parts kept in a folder, so that a daily run reads only the parts that changed."""

from __future__ import annotations

from pathlib import Path

from abs_waterfall import __version__
from abs_waterfall.cli.messages import say
from abs_waterfall.cli.outputs import Outputs, checked
from abs_waterfall.cli.reading import reading
from abs_waterfall.cli.running import project_pool, with_scenarios
from abs_waterfall.deal.model import Deal
from abs_waterfall.files.deals import load
from abs_waterfall.files.strips import Strips, strips_in

SHOWN = 5


def write_strips(path: Path, folder: Path, *, quiet: bool) -> None:
    """Read every part of a deal's tape, and keep what each comes to."""
    deal = load(path)
    with strips_in(folder, terms_of(deal), new=True) as strips:
        with reading(f"Reading {deal.deal.name}", quiet=quiet) as told:
            from abs_waterfall.pipeline import read_deal_pool

            read_deal_pool(deal, told, tables=False, reading=strips)
        strips.commit()
    if not quiet:
        say(f"wrote {folder}: {total(strips)}")


def add_strips(path: Path, folder: Path, *, json: Path | None, csv: Path | None, scenarios: list[str], quiet: bool) -> None:
    """Read the parts that are new or changed, add the kept strips of the others, and project the pool they come to."""
    deal = with_scenarios(load(path), scenarios)
    outputs = checked(Outputs(None, json, csv), deal)
    with strips_in(folder, terms_of(deal), new=False) as strips:
        project_pool(deal, outputs, scenarios, quiet=quiet, where=" from its strips", reader=strips)
        strips.commit()
    if not quiet:
        tell(strips)


def terms_of(deal: Deal) -> dict[str, str]:
    """What strips depend on beside the tape and [pool]."""
    from abs_waterfall.waterfall.calendar import pool_cutoff

    return {"the cut-off": pool_cutoff(deal).isoformat(), "abs-waterfall": __version__}


def total(strips: Strips) -> str:
    """What is kept: "3 parts, 3,000 loans, 1,234,567.00 eligible"."""
    parts, loans, balance = len(strips.new), sum(s.loans for s in strips.new), sum(s.balance for s in strips.new)
    return f"{parts} part{'s' * (parts > 1)}, {loans:,} loans, {balance:,.2f} eligible"


def tell(strips: Strips) -> None:
    """Say which parts were read or dropped, and why."""
    for reason in dict.fromkeys(strips.why.values()):
        parts = [part for part, why in strips.why.items() if why == reason]
        more = f" and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
        done = "dropped" if reason == "it is gone" else "read"
        say(f"{', '.join(parts[:SHOWN])}{more}: {done}, as {reason if len(parts) == 1 else reason.replace('it is', 'they are')}")
    read = sum(strip.part in strips.why for strip in strips.new)
    say(f"read {read} of {len(strips.new)} parts; {strips.folder} now holds {total(strips)}")
