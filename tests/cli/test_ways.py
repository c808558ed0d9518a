"""Every result says which way the loans went, and why: as strips, or loan by loan."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from abs_waterfall.cli import main
from errors.wrong import DEAL, TAPE_DEAL

TAPE = """\
balance,annual_rate,remaining_term,grade,amortization,risk
50000000,0.10,12,A,level_pay,
30000000,0.15,12,B,level_pay,2.5
20000000,0.15,12,B,bullet,
"""
STRIPS = {"path": "strips", "why": "what they would pay undisturbed is added up once for all scenarios"}
OWN = {"path": "loan by loan", "why": "multipliers of their own"}
SHORTENED = {"path": "loan by loan", "why": "prepayments shorten their terms: a pass over them for each course of speeds"}
ADVANCED = {"path": "loan by loan", "why": "advances end by each loan's own schedule"}
ADJUSTED = {"path": "strips", "why": "their rates adjust: a set for each distinct path of the index"}
RISK = ('segment_by = ["grade"]\n', 'segment_by = ["grade"]\ncolumns = { default_multiplier = "risk" }\n')
PREPAID = ("[assumptions]\n", "[assumptions]\nprepayment = { cpr = 0.2 }\n")
SHORTEN = ("[assumptions]\n", '[assumptions]\nprepayment_effect = "shorten"\n')
ADVANCES = ("[assumptions]\n", "[assumptions]\nadvances = true\n")
FLOATS = """remaining_term = 12
adjusts = { index = "SOFR", margin = 0.03, fixed_months = 2, reset_months = 3 }
[index.SOFR]
rates = [[2024-06-01, 0.05]]
"""
Edits = tuple[tuple[str, str], ...]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tape."""
    monkeypatch.chdir(tmp_path)
    Path("tape.csv").write_text(TAPE, "utf-8")
    return tmp_path


def run(deal: str, edits: Edits, *arguments: str) -> None:
    """Run a deal, edited."""
    for old, new in edits:
        assert old in deal
        deal = deal.replace(old, new, 1)
    Path("deal.toml").write_text(deal, "utf-8")
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 0


def results(edits: Edits) -> dict[str, object]:
    """What a deal on the tape comes to."""
    run(TAPE_DEAL, edits, "deal.toml", "--json", "r.json")
    found: dict[str, object] = json.loads(Path("r.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    ("deal", "edits", "path"),
    [
        (TAPE_DEAL, (), [{"loans": 3} | STRIPS]),
        (TAPE_DEAL, (RISK,), [{"loans": 2} | STRIPS, {"loans": 1} | OWN]),
        (TAPE_DEAL, (RISK, SHORTEN), [{"loans": 1} | STRIPS, {"loans": 2} | SHORTENED]),
        (TAPE_DEAL, (ADVANCES,), [{"loans": 3} | ADVANCED]),
        (DEAL, (("remaining_term = 12\n", FLOATS),), [{"loans": 1} | ADJUSTED]),
    ],
)
@pytest.mark.parametrize("command", [("deal.toml",), ("project", "deal.toml")])
def test_the_results_say_which_way_the_loans_went(
    deal: str, edits: Edits, path: list[dict[str, object]], command: tuple[str, ...]
) -> None:
    run(deal, (PREPAID, *edits), *command, "--json", "r.json")
    assert json.loads(Path("r.json").read_text("utf-8"))["collateral"]["path"] == path


def test_the_terminal_and_the_workbook_say_it_too(capfd: pytest.CaptureFixture[str]) -> None:
    run(TAPE_DEAL, (RISK,), "deal.toml", "--output", "sheet.xlsx")
    shown = capfd.readouterr().out
    assert "2 loans as strips: what they would pay undisturbed is added up once for all scenarios\n" in shown
    assert "1 loan by itself: multipliers of their own\n" in shown
    rows = list(openpyxl.load_workbook("sheet.xlsx")["Pool"].iter_rows(values_only=True))
    assert any(row[:3] == ("loan by loan", 1, "multipliers of their own") for row in rows)


def test_where_all_go_as_strips_the_terminal_does_not_say_so(capfd: pytest.CaptureFixture[str]) -> None:
    run(DEAL, (), "project", "deal.toml")
    assert "strips" not in capfd.readouterr().out


def test_multipliers_move_a_deals_losses_and_shorter_loans_its_lives() -> None:
    found = []
    for edits in ((PREPAID,), (PREPAID, RISK), (PREPAID, SHORTEN)):
        base = results(edits)["scenarios"]["base"]  # type: ignore[index]
        assert all(check["ok"] for check in base["checks"])
        found.append((sum(base["collateral"]["default"]), base["tranches"]["A1"]["summary"]["wal"]))
    plain, risky, shorter = found
    assert risky[0] > 1.3 * plain[0]
    assert shorter[1] < plain[1]


@pytest.mark.parametrize("edits", [(RISK,), (SHORTEN,), (RISK, SHORTEN)])
def test_they_go_that_way_along_the_paths_of_a_file(edits: Edits) -> None:
    smm = {"slow": 0.01, "fast": 0.08}
    rows = [(name, month, segment) for name in smm for month in range(1, 13) for segment in "AB"]
    lines = [f"{name},{month},{segment},{smm[name]},0.002" for name, month, segment in rows]
    Path("paths.csv").write_text("\n".join(["scenario,month,segment,smm,mdr", *lines]), "utf-8")
    run(TAPE_DEAL, edits, "deal.toml", "--scenarios", "paths.csv", "--each", "each.csv")
    heading, *along = (line.replace('"', "").split(",") for line in Path("each.csv").read_text("utf-8").splitlines())
    said = [f"[scenario.{name}]\nprepayment = {{ smm = {smm[name]} }}\ndefault = {{ mdr = 0.002 }}\n" for name in smm]
    theirs = results((*edits, ("[define]", f"{''.join(said)}[define]")))["scenarios"]
    assert [row[0] for row in along] == ["slow", "fast"]
    for name, *figures in along:
        wal = float(figures[heading.index("A1.wal") - 1])
        assert wal == pytest.approx(theirs[name]["tranches"]["A1"]["summary"]["wal"], rel=1e-12)  # type: ignore[index]
