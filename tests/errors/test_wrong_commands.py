"""A command line that asks for what cannot be: files that are not there, outputs that cannot be written, names that are none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from errors.wrong import DEAL, TAPE, TAPE_DEAL, assert_told, refused

COMMANDS: dict[str, tuple[list[str], tuple[tuple[str, ...], ...]]] = {
    "a deal that is not there": (["dael.toml"], (("dael.toml", "no such file", 'Did you mean "deal.toml"?'),)),
    "a deal in a folder that is not there": (["deals/deal.toml"], (("deals/deal.toml", 'no folder "deals"'),)),
    "a folder": (["folder"], (("folder", 'a folder; expected a file such as "folder/other.toml"'),)),
    "a deal in another encoding": (["chinese.toml"], (("chinese.toml: line 2", "not UTF-8"),)),
    "a file that is no text": (["tape.parquet"], (("tape.parquet: line 1", "not UTF-8"),)),
    "a workbook in a folder that is not there": (["deal.toml", "-o", "out/x.xlsx"], (("out/x.xlsx: -o", 'no folder "out"'),)),
    "a workbook in the place of a folder": (["deal.toml", "-o", "folder.xlsx"], (("folder.xlsx: -o", "is a folder"),)),
    "a workbook below a file": (["deal.toml", "-o", "deal.toml/x.xlsx"], (("deal.toml/x.xlsx: -o", "cannot be written"),)),
    "a workbook that is named as none": (["deal.toml", "-o", "sheet.pdf"], (("sheet.pdf: -o", "ends in .xlsx"),)),
    "JSON in a folder that is not there": (["deal.toml", "--json", "out/x.json"], (("out/x.json: --json", "no folder"),)),
    "JSON in the place of the deal": (["deal.toml", "--json", "deal.toml"], (("deal.toml: --json", "is the deal file"),)),
    "JSON in the place of the tape": (["taped.toml", "--json", "tape.csv"], (("tape.csv: --json", "is the tape"),)),
    "CSV files in the place of a file": (["deal.toml", "--csv", "tape.csv"], (("tape.csv: --csv", "is a file"),)),
    "CSV files below a file": (["deal.toml", "--csv", "tape.csv/x"], (("tape.csv/x: --csv", "is a file"),)),
    "three outputs that cannot be": (
        ["deal.toml", "-o", "x.json", "--json", "out/x.json", "--csv", "tape.csv"],
        (("x.json: -o", ".xlsx"), ("out/x.json: --json", "no folder"), ("tape.csv: --csv", "is a file")),
    ),
    "a scenario that is none": (
        ["deal.toml", "--scenario", "stres"],
        (("deal.toml: --scenario", "the deal has base, stress", 'Did you mean "stress"?'),),
    ),
    "payment date 0": (["explain", "deal.toml", "--period", "0"], (("deal.toml: --period", "expected 1 to"),)),
    "a payment date after the last": (["explain", "deal.toml", "--period", "99"], (("deal.toml: --period", "expected 1 to"),)),
    "a deal to check that is wrong": (["check", "wrong.toml"], (("wrong.toml: tranche", "above the pool"),)),
    "a deal to project that is wrong": (["project", "torn.toml"], (("torn.toml: end of the file", "not valid TOML"),)),
    "a synthetic tape of another kind": (["synth", "x.csv"], (("x.csv", "ends in .parquet"),)),
    "a synthetic tape in no folder": (["synth", "out/x.parquet"], (("out/x.parquet", 'no folder "out"'),)),
    "synthetic parts where a folder is": (["synth", "folder", "--parts", "2"], (("folder: --parts", "is there already"),)),
    "more parts than loans": (["synth", "x", "--parts", "9", "--loans", "8"], (("9: --parts", "expected at most 8"),)),
    "strips of a deal that is not there": (["strips", "write", "dael.toml", "x"], (("dael.toml", "no such file"),)),
    "a new deal where one is": (["new", "folder"], (("folder", "exists already"),)),
    "a new deal below a file": (["new", "tape.csv/deal"], (("tape.csv/deal", "cannot be written"),)),
    "a new deal as a file": (["new", "mine.toml"], (("mine.toml", 'the name of a folder to make, such as "mine"'),)),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with deals, right and wrong, a tape and a folder."""
    monkeypatch.chdir(tmp_path)
    texts = {"deal.toml": DEAL, "taped.toml": TAPE_DEAL, "torn.toml": "[deal"}
    texts |= {"wrong.toml": DEAL.replace("70_000_000", "90_000_000"), "tape.csv": TAPE}
    for name, text in texts.items():
        Path(name).write_text(text, "utf-8")
    Path("chinese.toml").write_bytes('[deal]\nname = "借呗"'.encode("gbk"))
    Path("tape.parquet").write_bytes(b"PAR1\xff\xfe")
    Path("folder").mkdir()
    Path("folder.xlsx").mkdir()
    Path("folder/other.toml").write_text(DEAL, "utf-8")
    return tmp_path


@pytest.mark.parametrize(("arguments", "problems"), COMMANDS.values(), ids=COMMANDS.keys())
def test_a_wrong_command_is_refused(
    arguments: list[str], problems: tuple[tuple[str, ...], ...], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert_told(refused(folder, *arguments, capfd=capfd), "", problems)


SPOKEN = {
    "an unknown option": (["deal.toml", "--jsn", "x"], "--jsn"),
    "no period": (["explain", "deal.toml"], "--period"),
    "a period that is no number": (["explain", "deal.toml", "--period", "x"], "--period"),
    "two deals": (["deal.toml", "deal.toml"], "unexpected"),
    "a pool of no loans": (["synth", "x.parquet", "--loans", "0"], "--loans"),
    "no parts": (["synth", "x", "--parts", "0"], "--parts"),
    "strips without a folder": (["strips", "add", "deal.toml"], "FOLDER"),
    "strips of nobody": (["strips", "ad", "deal.toml", "x"], "No such command"),
    "a style that is none": (["synth", "x.parquet", "--style", "baitiao"], "--style"),
    "a starter that is none": (["new", "x", "--like", "tpe"], "--like"),
    "a command misspelt": (["chek", "deal.toml"], 'Did you mean "check"?'),
    "a wrong deal": (["wrong.toml"], "wrong.toml: tranche: the notes add up to 110,000,000.00"),
    "a deal of no bytes": (["empty.toml"], "empty.toml: the file is empty"),
    "an output in no folder": (["deal.toml", "-o", "no/x.xlsx"], 'no/x.xlsx: -o: cannot be written: there is no folder "no"'),
    "ten thousand brackets": (["deep.toml"], "deep.toml: nested more than 100 levels deep"),
}


@pytest.mark.parametrize(("arguments", "words"), SPOKEN.values(), ids=SPOKEN.keys())
def test_the_installed_command_ends_with_status_2_and_writes_nothing(arguments: list[str], words: str, folder: Path) -> None:
    Path("empty.toml").touch()
    Path("deep.toml").write_text("x = " + "[" * 10_000, "utf-8")
    before = sorted(folder.rglob("*"))
    command = [str(Path(sys.executable).with_name("abs-model")), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "COLUMNS": "200"})
    assert ran.returncode == 2, ran.stderr
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""
    assert sorted(folder.rglob("*")) == before
