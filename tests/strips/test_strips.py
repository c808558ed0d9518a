"""Kept strips of parts add up to what all parts come to; only what changed is read; what is damaged or foreign is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.cli import main
from abs_waterfall.collateral import condense
from abs_waterfall.collateral.condense import condensing
from abs_waterfall.files import tape_reading
from abs_waterfall.files.found import Found
from abs_waterfall.files.manifest import Manifest, sealed
from abs_waterfall.files.strip_files import as_bytes, from_bytes
from abs_waterfall.files.tape_parquet import ParquetFile
from abs_waterfall.pool.bad_rows import BadRows
from abs_waterfall.pool.facts import no_facts
from abs_waterfall.pool.report import BadRow
from collateral.pools import loans_of, loans_with_clauses, pool_of
from files.test_streaming import DEAL

TAPED = DEAL.replace("tape.parquet", "tape").replace("[[tranche]]", '[pool.columns]\nloan_id = "id"\n[[tranche]]', 1)


BUYS = (
    '[revolving]\nmonths = 3\nthen = "only"\nprofile = "pool"\n'
    "[revolving.assumptions]\nadvances = true\nrecovery = { rate = 0.1, lag = 3 }"
)
ADVANCES = "[assumptions]\nadvances = true\nrecovery = { rate = 0.1, lag = 3 }"


def loans(rows: int, first: int, seed: int) -> pa.Table:
    """Loans of many kinds, one of them bad."""
    rng = np.random.default_rng(seed)
    balance = rng.lognormal(9, 1, rows).round(2)
    balance[rows // 2] = -1
    return pa.table(
        {
            "id": np.arange(first, first + rows),
            "balance": balance,
            "annual_rate": rng.uniform(0, 0.36, rows),
            "remaining_term": rng.integers(1, 40, rows),
            "payment_holiday_months": np.where(rng.random(rows) < 0.01, 1, 0),
        }
    )


def put(folder: Path, number: int, seed: int | None = None, rows: int = 900) -> None:
    table = loans(rows, 1000 * number + 1, number if seed is None else seed)
    pq.write_table(table, folder / "tape" / f"part-{number}.parquet")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deal on a tape of three parts, condensed however few its loans are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(condense, "FEW", 0)
    (tmp_path / "tape").mkdir()
    (tmp_path / "deal.toml").write_text(TAPED, encoding="utf-8")
    for number in range(3):
        put(tmp_path, number)
    return tmp_path


def ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ending:
        main(list(arguments))
    return int(ending.value.code or 0)


def written(folder: Path) -> Path:
    assert ended("strips", "write", "deal.toml", "kept", "--quiet") == 0
    return folder / "kept"


def assert_adds_up_to_the_tape() -> None:
    assert ended("strips", "add", "deal.toml", "kept", "--quiet", "--json", "kept.json") == 0
    assert ended("project", "deal.toml", "--quiet", "--json", "read.json") == 0
    assert Path("kept.json").read_bytes() == Path("read.json").read_bytes()


def test_strips_of_parts_add_up_to_the_tape_to_the_bit(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ended("strips", "write", "deal.toml", "kept") == 0
    assert "wrote kept: 3 parts, 2,700 loans, " in capfd.readouterr().err
    assert_adds_up_to_the_tape()


def test_only_what_changed_is_read_and_it_is_said_why(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(folder)
    (folder / "tape" / "part-0.parquet").unlink()
    put(folder, 2, seed=99)
    put(folder, 5)
    read: set[str] = set()
    real = ParquetFile.between
    monkeypatch.setattr(ParquetFile, "between", lambda self, *given: read.add(Path(self.shown).name) or real(self, *given))
    assert ended("strips", "add", "deal.toml", "kept", "--json", "one.json") == 0
    assert read == {"part-2.parquet", "part-5.parquet"}
    told = capfd.readouterr().err
    assert "part-2.parquet: read, as its content changed\n" in told
    assert "part-5.parquet: read, as it is new\n" in told
    assert "part-0.parquet: dropped, as it is gone\n" in told
    assert "read 2 of 3 parts; kept now holds 3 parts, 2,700 loans" in told
    assert sorted(file.name[:6] for file in (folder / "kept").glob("*.npz")) == [
        "part-1",
        "part-2",
        "part-5",
    ]
    read.clear()
    assert ended("strips", "add", "deal.toml", "kept", "--json", "two.json", "--quiet") == 0
    assert not read
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    assert_adds_up_to_the_tape()


@pytest.mark.parametrize(
    ("was", "becomes", "why"),
    [
        ('tape = "tape"', 'tape = "tape"\neligibility = ["remaining_term > 3"]', "pool.eligibility changed"),
        ("cutoff = 2010-12-31", "cutoff = 2010-12-30", "the cut-off changed"),
        (
            'tape = "tape"',
            'tape = "tape"\nsegment_by = ["remaining_term"]',
            "pool.segment_by changed",
        ),
    ],
)
def test_a_deal_that_reads_its_loans_otherwise_reads_every_part_again(
    folder: Path, capfd: pytest.CaptureFixture[str], was: str, becomes: str, why: str
) -> None:
    written(folder)
    (folder / "deal.toml").write_text(TAPED.replace(was, becomes), encoding="utf-8")
    assert ended("strips", "add", "deal.toml", "kept") == 0
    told = capfd.readouterr().err
    assert f"part-0.parquet, part-1.parquet, part-2.parquet: read, as {why}\n" in told
    assert "read 3 of 3 parts" in told
    assert_adds_up_to_the_tape()


def test_a_deal_that_assumes_otherwise_reads_nothing_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written(folder)
    (folder / "deal.toml").write_text(TAPED + "[assumptions]\nprepayment = { cpr = 0.2 }\n", encoding="utf-8")
    assert ended("strips", "add", "deal.toml", "kept") == 0
    assert "read 0 of 3 parts" in capfd.readouterr().err
    assert_adds_up_to_the_tape()


def test_a_part_without_rows_adds_nothing(folder: Path) -> None:
    pq.write_table(loans(2, 1, 1).slice(0, 0), folder / "tape" / "part-7.parquet")
    (folder / "deal.toml").write_text(TAPED.replace('[pool.columns]\nloan_id = "id"\n', ""), encoding="utf-8")
    written(folder)
    assert_adds_up_to_the_tape()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(loans_of(), loans_with_clauses()), min_size=1, max_size=5))
def test_a_strip_comes_back_as_it_was_kept(loans: list[dict[str, object]]) -> None:
    facts = no_facts(["age > 1"])
    bad = BadRow("t.parquet", 3, "balance", "-1", "is below 0", -1.0)
    facts.bad = BadRows(rows=1, balance=-1.0)
    facts.bad.add(("balance", "is below 0"), [bad].__getitem__, 1)
    found = Found(facts, condensing().of(pool_of(loans)))
    content = as_bytes(found)
    again = from_bytes(content)
    assert as_bytes(again) == content
    assert again.facts.bad == found.facts.bad
    assert again.loans.groups.clauses == found.loans.groups.clauses
    assert [pool.clauses for pool in again.loans.apart] == [pool.clauses for pool in found.loans.apart]
    for name in ("balance", "panel", "original"):
        np.testing.assert_array_equal(getattr(again.loans, name), getattr(found.loans, name))
    for field in dataclasses.fields(found.loans.groups):
        assert type(getattr(again.loans.groups, field.name)) is type(getattr(found.loans.groups, field.name))


# ------------------------------------------------------------------------------------------------------- what is refused


def refused(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said; nothing is written."""
    before = {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()}
    capfd.readouterr()
    assert ended("strips", *arguments) == 2
    assert {file: file.read_bytes() for file in Path().rglob("*") if file.is_file()} == before
    told = capfd.readouterr().err
    assert "Traceback" not in told
    return told.splitlines()[0]


def one_strip(kept: Path) -> Path:
    return sorted(kept.glob("*.npz"))[1]


def test_a_damaged_strip_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    strip = one_strip(written(folder))
    content = bytearray(strip.read_bytes())
    content[len(content) // 2] ^= 1
    strip.write_bytes(content)
    told = refused(capfd, "add", "deal.toml", "kept")
    assert told.startswith(
        f"kept/{strip.name}: is damaged, or another file: its checksum is not that of manifest.json; remove the"
    )


def test_a_strip_that_is_gone_is_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    strip = one_strip(written(folder))
    strip.unlink()
    assert f"kept/{strip.name}: cannot be read: No such file" in refused(capfd, "add", "deal.toml", "kept")


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b'{"is": "Found"}'])
def test_a_foreign_strip_is_refused_whatever_its_checksum(
    folder: Path, capfd: pytest.CaptureFixture[str], content: bytes
) -> None:
    import hashlib

    kept = written(folder)
    manifest = Manifest.model_validate(json.loads((kept / "manifest.json").read_text())["manifest"])
    one_strip(kept).write_bytes(content)
    parts = [
        part.model_copy(update={"strip_sha256": hashlib.sha256(content).hexdigest()})
        if part.strip == one_strip(kept).name
        else part
        for part in manifest.parts
    ]
    (kept / "manifest.json").write_text(sealed(manifest.model_copy(update={"parts": parts})))
    assert "holds no strip" in refused(capfd, "add", "deal.toml", "kept")


def test_a_strip_makes_nothing_that_is_not_listed() -> None:
    import io

    for said in ({"is": "Path", "of": [["x", "/"]]}, {"is": "Sums", "of": [["x", 1]]}, ["x"], {"strange": 1}):
        file = io.BytesIO()
        np.savez(file, said=np.frombuffer(json.dumps(said).encode(), np.uint8))
        with pytest.raises(ValueError):
            from_bytes(file.getvalue())


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('"loans": 900', '"loans": 901', "kept/manifest.json: is damaged: its checksum differs; remove the folder"),
        ('"format": 1', '"format": 2', "kept/manifest.json: is no manifest of strips of this format; remove the folder"),
        ('"manifest"', '"manifests"', "kept/manifest.json: is no manifest of strips"),
        ("{", "", "kept/manifest.json: is no manifest of strips"),
    ],
)
def test_a_manifest_that_is_not_as_it_was_left_is_refused(
    folder: Path, capfd: pytest.CaptureFixture[str], was: str, becomes: str, told: str
) -> None:
    path = written(folder) / "manifest.json"
    path.write_text(path.read_text().replace(was, becomes, 1))
    assert refused(capfd, "add", "deal.toml", "kept").startswith(told)


def test_strips_are_written_to_a_new_folder_and_added_from_one_that_is_there(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "tape: strips: is there already; expected a folder to make" in refused(capfd, "write", "deal.toml", "tape")
    assert "deal.toml: strips: is there already" in refused(capfd, "write", "deal.toml", "deal.toml")
    assert "tape: strips: holds no manifest.json; expected a folder that" in refused(capfd, "add", "deal.toml", "tape")
    assert "none: strips: holds no manifest.json" in refused(capfd, "add", "deal.toml", "none")
    assert "deal.toml/x: strips: cannot be written: Not a directory" in refused(capfd, "write", "deal.toml", "deal.toml/x")


def test_bad_rows_that_end_a_run_leave_no_strips(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kept = written(folder)
    (folder / "deal.toml").write_text(TAPED.replace('on_bad_rows = "exclude"\n', ""), encoding="utf-8")
    assert "3 of 2,700 rows of the tape cannot be used" in refused(capfd, "write", "deal.toml", "other")
    assert not Path("other").exists()
    assert "3 of 2,700 rows of the tape cannot be used" in refused(capfd, "add", "deal.toml", "kept")
    assert not list(kept.glob("*.partial"))


def test_control_c_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = written(folder)
    before = sorted(kept.iterdir())
    put(folder, 0, seed=50)
    put(folder, 2, seed=51)
    real = tape_reading.loans_of

    def interrupted(*given: Any) -> Any:
        if "part-2" in given[0].file:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(tape_reading, "loans_of", interrupted)
    assert ended("strips", "add", "deal.toml", "kept", "--quiet") == 130
    assert sorted(kept.iterdir()) == before
    assert ended("strips", "write", "deal.toml", "other", "--quiet") == 130
    assert not Path("other").exists()


def test_ids_that_do_not_increase_from_part_to_part_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    written(folder)
    pq.write_table(loans(900, 1, 8), folder / "tape" / "part-8.parquet")
    for command in (["add", "deal.toml", "kept"], ["write", "deal.toml", "other"]):
        assert 'the ids in "id" do not increase from part to part; expected whole numbers that do' in refused(capfd, *command)


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('tape = "tape"', 'synthetic = { style = "jiebei", loans = 9 }', "reads tapes, and this pool has none"),
        ('tape = "tape"', 'tape = "loans.csv"', "loans.csv is no Parquet; expected Parquet parts"),
        (
            "[[tranche]]",
            f"{ADVANCES}\n[[tranche]]",
            "needs every loan by itself, for advances",
        ),
        (
            "[waterfall]",
            f'{BUYS}\n[waterfall]\nbuying = [{{ purchase = "pool" }}, {{ residual = "SUB" }}]',
            "needs every loan by itself, for advances",
        ),
    ],
)
def test_a_deal_that_strips_are_not_enough_for_is_refused(
    folder: Path, capfd: pytest.CaptureFixture[str], was: str, becomes: str, told: str
) -> None:
    (folder / "loans.csv").write_text("id,balance,annual_rate,remaining_term\n1,1,0.1,5\n", encoding="utf-8")
    starting = '"Long"\nstarts_in = "buying"' if "buying" in becomes else '"Long"'
    (folder / "deal.toml").write_text(TAPED.replace(was, becomes, 1).replace('"Long"', starting), encoding="utf-8")
    assert told in refused(capfd, "write", "deal.toml", "kept")
    assert not Path("kept").exists()
