"""Synthetic tapes: the same seed gives the same bytes, and what is written is a tape that a deal runs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import abs_waterfall as aw
from abs_waterfall.cli import main
from abs_waterfall.synthetic import BATCH, STYLES, batches

DEAL = """
[deal]
name = "Synthetic"
currency = "CNY"
[dates]
cutoff = 2025-09-30
closing = 2025-10-20
first_payment = 2025-11-26
frequency = "monthly"
legal_final = 2027-11-26
[pool]
tape = "loans.parquet"
segment_by = ["score_band"]
interest_basis = "ACT/365F"
[pool.columns]
loan_id = "loan_id"
[pool.stratify]
score = [640, 680, 720, 760]
[assumptions]
default = { cumulative = 0.03, timing = [0.2, 0.2, 0.2, 0.2, 0.2] }
prepayment = { smm = 0.05 }
[[tranche]]
name = "A"
share = 0.85
coupon = 0.025
day_count = "ACT/365F"
[[tranche]]
name = "SUB"
share = 0.15
residual = true
[waterfall]
only = [{ interest = "A" }, { principal = ["A", "SUB"] }, { residual = "SUB" }]
"""


def made(path: Path, *options: str) -> Path:
    with pytest.raises(SystemExit) as ending:
        main(["synth", str(path), *options])
    assert ending.value.code == 0
    return path


@pytest.mark.parametrize("style", STYLES)
def test_a_synthetic_tape_runs_as_a_deal(style: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made(tmp_path / "loans.parquet", "--loans", "20000", "--seed", "7", "--style", style)
    assert "20,000 synthetic loans" in capfd.readouterr().err
    (tmp_path / "deal.toml").write_text(DEAL, encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok
    assert not result.warnings
    assert result.pool.eligible.loans == 20_000
    assert result.measures["A"].principal_loss[0] == 0


@pytest.mark.parametrize("style", STYLES)
def test_a_deal_may_draw_the_loans_itself(style: str, tmp_path: Path) -> None:
    made(tmp_path / "loans.parquet", "--loans", "70000", "--seed", "3", "--style", style, "--quiet")
    (tmp_path / "tape.toml").write_text(DEAL, encoding="utf-8")
    drawn = DEAL.replace('tape = "loans.parquet"', f'synthetic = {{ style = "{style}", loans = 70_000, seed = 3 }}')
    (tmp_path / "drawn.toml").write_text(drawn, encoding="utf-8")
    read, made_up = (aw.run(aw.load(tmp_path / name)) for name in ("tape.toml", "drawn.toml"))
    assert made_up.pool.source == f"synthetic loans ({style}, seed 3)"
    assert made_up.pool.eligible == read.pool.eligible
    assert (made_up.collateral.interest == read.collateral.interest).all()
    assert (made_up.flows.tranches["A"].principal == read.flows.tranches["A"].principal).all()


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_bytes_and_another_others(style: str, tmp_path: Path) -> None:
    other, one, *same = (
        made(tmp_path / f"{number}.parquet", "--loans", "70000", "--seed", seed, "--style", style, "--quiet").read_bytes()
        for number, seed in enumerate(("4", *["3"] * 8))
    )
    assert set(same) == {one}
    assert one != other


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("parts", [1, 3, 11])
def test_parts_hold_the_loans_of_one_file(style: str, parts: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    options = ["--loans", "140001", "--seed", "5", "--style", style]
    whole = pq.read_table(made(tmp_path / "loans.parquet", *options, "--quiet"))
    folder = made(tmp_path / "loans", *options, "--parts", str(parts))
    assert f"140,001 synthetic loans in {parts} part" in capfd.readouterr().err
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"part-{n:0{len(str(parts - 1))}}.parquet" for n in range(parts)]
    rows = [pq.read_metadata(file).num_rows for file in files]
    assert max(rows) - min(rows) <= 1
    together = pa.concat_tables(map(pq.read_table, files))
    assert together.column_names == whole.column_names
    for ours, theirs in zip(together.columns, whole.columns, strict=True):
        assert ours.type == theirs.type
        spelt = pa.string() if pa.types.is_dictionary(ours.type) else ours.type
        assert ours.cast(spelt).equals(theirs.cast(spelt))


def test_the_first_loans_of_a_seed_are_the_same_however_many_follow() -> None:
    few, many = (next(iter(batches(STYLES["jiebei"], 7, loans))) for loans in (100, BATCH + 5))
    assert all((few[name] == many[name][:100]).all() for name in few)


def test_ids_count_on_from_batch_to_batch() -> None:
    first, second = batches(STYLES["huabei"], 1, BATCH + 3)
    assert second["loan_id"].tolist() == [BATCH + 1, BATCH + 2, BATCH + 3]
    assert (first["score"][:3] != second["score"]).any()


def test_a_level_pay_loans_balance_is_what_its_instalments_left() -> None:
    (columns,) = batches(STYLES["jiebei"], 11, 500)
    for n in np.flatnonzero(columns["amortization"] == 0):
        rate, term = columns["daily_rate"][n] * 365 / 12, int(columns["original_term"][n])
        balance = lent = float(columns["original_balance"][n])
        instalment = lent * rate / (1 - (1 + rate) ** -term)
        for _ in range(int(columns["age"][n])):
            balance -= instalment - balance * rate
        assert columns["balance"][n] == pytest.approx(balance, abs=0.0051)


def test_the_file_says_that_its_loans_are_not_real(tmp_path: Path) -> None:
    path = made(tmp_path / "loans.parquet", "--loans", "10", "--quiet")
    assert b"none is real" in pq.read_schema(path).metadata[b"description"]


def test_better_scores_pay_less_a_day() -> None:
    (columns,) = batches(STYLES["jiebei"], 5, 20_000)
    means = [columns["daily_rate"][columns["score_band"] == band].mean() for band in range(5)]
    assert means == sorted(means, reverse=True)
