"""What the command line does with a deal that is right: files, streams, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

import abs_waterfall as aw
from abs_waterfall.cli import main
from abs_waterfall.cli.starting import FILES
from errors.wrong import DEAL

COMMAND = str(Path(sys.executable).with_name("abs-model"))
Streams = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the small deal, and nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("deal.toml").write_text(DEAL, "utf-8")
    return tmp_path


def ended(*arguments: str) -> int:
    """The exit status of a command run in this process."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert isinstance(ending.value.code, int)
    return ending.value.code


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --------------------------------------------------------------------------------------------------------------------- runs


def test_the_file_is_the_only_argument_a_run_needs(folder: Path, capfd: Streams) -> None:
    assert ended("deal.toml") == 0
    out, err = capfd.readouterr()
    assert "Small" in out
    assert err == "wrote small-term-sheet.xlsx\n"
    assert files(folder) == {"deal.toml", "small-term-sheet.xlsx"}


def test_json_stands_instead_of_the_workbook(folder: Path) -> None:
    assert ended("deal.toml", "--json", "results.json") == 0
    assert files(folder) == {"deal.toml", "results.json"}
    assert json.loads(Path("results.json").read_text("utf-8"))["deal"] == "Small"


def test_csv_files_stand_instead_of_the_workbook(folder: Path) -> None:
    assert ended("deal.toml", "--csv", "results") == 0
    assert files(folder) == {"deal.toml", "results"}
    assert "tranches.csv" in files(folder / "results")


def test_all_outputs_that_are_asked_for_are_written(folder: Path) -> None:
    assert ended("deal.toml", "-o", "sheet.xlsx", "--json", "results.json", "--csv", "results") == 0
    assert files(folder) == {"deal.toml", "sheet.xlsx", "results.json", "results"}


def test_json_on_standard_output_stands_there_alone(folder: Path, capfd: Streams) -> None:
    assert ended("deal.toml", "--json", "-") == 0
    out, err = capfd.readouterr()
    assert set(json.loads(out)["scenarios"]) == {"base", "stress"}
    assert "Checks: all" in err
    assert files(folder) == {"deal.toml"}


def test_quiet_prints_nothing(folder: Path, capfd: Streams) -> None:
    assert ended("--quiet", "deal.toml") == 0
    assert capfd.readouterr() == ("", "")


def test_only_the_scenarios_named_are_written(folder: Path, capfd: Streams) -> None:
    assert ended("deal.toml", "--json", "-", "--scenario", "stress") == 0
    stress = json.loads(capfd.readouterr().out)["scenarios"]
    assert list(stress) == ["stress"]
    ended("deal.toml", "--json", "-")
    assert json.loads(capfd.readouterr().out)["scenarios"]["stress"] == stress["stress"]


def test_a_run_replaces_what_it_wrote_before(folder: Path) -> None:
    Path("results.json").write_text("old", "utf-8")
    assert ended("deal.toml", "--json", "results.json") == 0
    assert Path("results.json").read_text("utf-8") != "old"


def test_a_deal_is_found_from_anywhere_with_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended("new", "there", "--like", "tape", "--quiet") == 0
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert ended("../there/deal.toml", "--quiet") == 0
    assert files(elsewhere) == {"there-term-sheet.xlsx"}


# ---------------------------------------------------------------------------------------------------------------- statuses


def test_a_failed_check_is_status_3_with_its_results_written(folder: Path, capfd: Streams) -> None:
    Path("deal.toml").write_text(DEAL.replace('  { residual = "SUB" },\n', ""), "utf-8")
    assert ended("deal.toml", "--json", "results.json") == 3
    assert "a check failed" in capfd.readouterr().err
    checks = json.loads(Path("results.json").read_text("utf-8"))["scenarios"]["base"]["checks"]
    assert not all(check["ok"] for check in checks)


def test_a_fault_of_ours_is_status_1_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Streams) -> None:
    monkeypatch.setattr("abs_waterfall.pipeline.run_on", lambda *_: 1 / 0)
    assert ended("deal.toml") == 1
    err = capfd.readouterr().err
    assert "a fault of ours: ZeroDivisionError: division by zero" in err
    assert "please report it" in err
    assert "Traceback" not in err
    assert files(folder) == {"deal.toml"}


@pytest.mark.parametrize("asked", ["option", "environment"])
def test_a_fault_of_ours_shows_its_traceback_on_request(asked: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abs_waterfall.pipeline.run_on", lambda *_: 1 / 0)
    monkeypatch.setenv("ABS_MODEL_DEBUG", "1" if asked == "environment" else "0")
    with pytest.raises(ZeroDivisionError):
        main(["deal.toml", *(["--debug"] if asked == "option" else [])])


def test_an_interrupted_run_is_status_130_and_leaves_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: Streams
) -> None:
    def interrupted(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("abs_waterfall.cli.running.writer", lambda _content: interrupted)
    assert ended("deal.toml") == 130
    assert capfd.readouterr().err == "interrupted\n"
    assert files(folder) == {"deal.toml"}


def test_a_reader_that_goes_away_is_no_fault(folder: Path) -> None:
    ran = subprocess.Popen(
        [COMMAND, "deal.toml", "--json", "-", "-q"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )
    assert ran.stdout is not None
    ran.stdout.close()
    assert ran.stderr is not None
    said = ran.stderr.read()
    ran.stderr.close()
    assert ran.wait() == 141
    assert said == b""


# ----------------------------------------------------------------------------------------------------------- other commands


def test_check_says_what_it_read(folder: Path, capfd: Streams) -> None:
    assert ended("check", "deal.toml") == 0
    assert capfd.readouterr().out == (
        "deal.toml: ok; 100,000,000.00 USD of eligible loans in 1 rep line; 3 tranches, 2 scenarios\n"
    )
    assert files(folder) == {"deal.toml"}


def test_explain_prints_the_trail_of_a_date(folder: Path, capfd: Streams) -> None:
    assert ended("explain", "deal.toml", "--period", "2", "--scenario", "stress") == 0
    out = capfd.readouterr().out
    assert "scenario stress: payment date 2, 2024-09-15" in out
    assert "Interest on A1" in out
    assert "233,333.33" not in out  # a month of 4 % on 70 million: principal has been paid since


def test_explain_shows_the_interest_of_the_first_date(folder: Path, capfd: Streams) -> None:
    """From the closing, 15 July, to 15 August on 30/360: a month of 4 % on 70 million."""
    assert ended("explain", "deal.toml", "--period", "1") == 0
    assert "233,333.33" in capfd.readouterr().out


def test_project_gives_the_pool_that_a_run_has(folder: Path, capfd: Streams) -> None:
    assert ended("project", "deal.toml", "--json", "-") == 0
    projected = json.loads(capfd.readouterr().out)["scenarios"]
    assert ended("deal.toml", "--json", "-") == 0
    results = json.loads(capfd.readouterr().out)["scenarios"]
    assert {name: entry["collateral"] for name, entry in results.items()} == {
        name: entry["collateral"] for name, entry in projected.items()
    }


def test_project_writes_nothing_unless_asked(folder: Path, capfd: Streams) -> None:
    assert ended("project", "deal.toml") == 0
    assert "stress" in capfd.readouterr().out
    assert files(folder) == {"deal.toml"}


def test_project_writes_csv(folder: Path) -> None:
    assert ended("project", "deal.toml", "--csv", "flows", "--scenario", "base", "--quiet") == 0
    rows = (folder / "flows" / "collateral.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 12
    assert rows[0].startswith("scenario,date,opening_balance,interest,scheduled_principal")


def test_the_version_is_the_package_s(folder: Path, capfd: Streams) -> None:
    assert ended("--version") == 0
    assert capfd.readouterr().out == f"abs-model {aw.__version__}\n"


@pytest.mark.parametrize("like", FILES)
def test_a_new_deal_runs_and_its_checks_hold(like: str, folder: Path, capfd: Streams) -> None:
    assert ended("new", "Mine & 借呗", "--like", like) == 0
    deal = "Mine & 借呗/deal.toml"
    assert f"next: abs-model {deal}" in capfd.readouterr().err
    assert files(folder / "Mine & 借呗") == set(FILES[like])
    assert ended(deal, "--quiet") == 0
    assert files(folder) == {"deal.toml", "Mine & 借呗", "mine-借呗-term-sheet.xlsx"}


def test_a_new_deal_is_named_once_and_never_overwritten(folder: Path) -> None:
    assert ended("new") == 0
    text = Path("my-deal/deal.toml").read_text("utf-8")
    assert aw.load("my-deal/deal.toml").deal.name == "my-deal"
    assert ended("new") == 2
    assert Path("my-deal/deal.toml").read_text("utf-8") == text


def test_a_word_of_the_language_is_the_command_whatever_files_there_are(folder: Path) -> None:
    Path("check").write_text(DEAL, "utf-8")
    assert ended("check", "deal.toml", "--quiet") == 0
    assert ended("./check", "--json", "results.json", "--quiet") == 0
    assert Path("results.json").exists()


def test_reading_is_shown_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    from abs_waterfall.cli.reading import reading

    with reading("Reading it", quiet=False) as told:
        told(10, 100)
    assert capfd.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with reading("Reading it", quiet=False) as told:
        told(10, 100)
        told(50, None)
    assert "Reading it" in capfd.readouterr().err


# ------------------------------------------------------------------------------------------------------------------- states


def test_a_deal_goes_on_from_the_state_that_was_written(folder: Path, capfd: Streams) -> None:
    lasting = DEAL.replace("default = { cdr = 0.02 }", "")
    Path("deal.toml").write_text(lasting, "utf-8")
    assert ended("deal.toml", "--json", "whole.json", "--quiet") == 0
    assert ended("state", "deal.toml", "--period", "4", "-o", "state.toml") == 0
    whole = json.loads(Path("whole.json").read_text("utf-8"))["scenarios"]["base"]
    left = repr(whole["collateral"]["closing_balance"][3])
    live = lasting.replace("balance = 100_000_000", f"balance = {left}").replace("remaining_term = 12", "remaining_term = 8")
    Path("live.toml").write_text(live + "\n" + Path("state.toml").read_text("utf-8"), "utf-8")
    assert ended("live.toml", "--json", "live.json", "--quiet") == 0
    again = json.loads(Path("live.json").read_text("utf-8"))
    assert again["dates"]["period"][0] == 5
    for name, flows in again["scenarios"]["base"]["tranches"].items():
        for key in ("date", "interest", "principal", "residual", "closing_balance"):
            assert flows[key] == pytest.approx(whole["tranches"][name][key][4:], abs=1e-2)
    capfd.readouterr()
    assert ended("explain", "live.toml", "--period", "5") == 0
    assert "payment date 5, 2024-12-15" in capfd.readouterr().out
    assert ended("explain", "live.toml", "--period", "4") == 2


def test_a_state_goes_to_standard_output_by_itself(folder: Path, capfd: Streams) -> None:
    assert ended("state", "deal.toml", "--period", "2", "--scenario", "stress") == 0
    out, _ = capfd.readouterr()
    assert out.startswith("# Small after payment date 2, scenario stress.")
    assert "as of 2024-08-31" in out
    assert "[state]\nperiod = 2\n" in out
    assert files(folder) == {"deal.toml"}
