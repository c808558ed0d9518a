"""A tape is read in chunks: the same bits whatever the threads, the row groups, the blocks; memory that does not grow."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abs_waterfall.cli import main
from abs_waterfall.collateral import condense
from abs_waterfall.collateral.condense import added, condensing, sums
from abs_waterfall.collateral.condense import lines as condense_lines
from abs_waterfall.files import reading, tape_csv, tape_reading
from abs_waterfall.files.tape_parts import CHUNK
from abs_waterfall.files.tapes import read_pool
from abs_waterfall.pool.build import rows_of
from abs_waterfall.pool.facts import Gather
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.threads import in_order
from files.made_tapes import CUTOFF, problems_of, read, read_text, write

ROWS = 150_000
SETTINGS: dict[str, Any] = {
    "segment_by": ["grade"],
    "eligibility": ["score >= 560", 'grade != "C"'],
    "stratify": {"score": [600, 700]},
    "on_bad_rows": "exclude",
}


def mixed(rows: int = ROWS) -> pa.Table:
    """Loans of many rates, a few of them bad."""
    rng = np.random.default_rng(8)
    term = rng.integers(1, 61, rows)
    balance = rng.lognormal(9, 1, rows).round(2)
    balance[[7, rows // 2, rows - 1]] = -1
    return pa.table(
        {
            "balance": balance,
            "annual_rate": rng.uniform(0, 0.36, rows),
            "remaining_term": term,
            "age": rng.integers(0, 40, rows),
            "amortization": np.array(["level_pay", "equal_principal", "bullet"])[rng.integers(0, 3, rows)],
            "grade": np.array(["A", "B", "C"])[np.sort(rng.integers(0, 3, rows))],
            "score": rng.integers(520, 850, rows),
        }
    )


def lines(path: Path, **settings: Any) -> tuple[LoanPool, PoolReport]:
    """The pool as a run reads it."""
    model = PoolSettings.model_validate({"tape": path.name, **SETTINGS, **settings})
    return read_pool(model, path.parent, CUTOFF, "deal.toml", gather=condensing())


def assert_same_bits(one: tuple[LoanPool, PoolReport], other: tuple[LoanPool, PoolReport]) -> None:
    for field in dataclasses.fields(LoanPool):
        np.testing.assert_array_equal(getattr(one[0], field.name), getattr(other[0], field.name), err_msg=field.name)
    nameless = [
        dataclasses.replace(report, source="", bad_rows=tuple(row.reason for row in report.bad_rows))  # type: ignore[arg-type]
        for _, report in (one, other)
    ]
    assert nameless[0] == nameless[1]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condense, "FEW", 60_000)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_do_not_change_a_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    path = write(tmp_path / "tape.parquet", mixed())
    once = lines(path)
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    assert_same_bits(once, lines(path))


@pytest.mark.parametrize("rows", [999, 65_536, 100_000])
def test_row_groups_do_not_change_a_bit(tmp_path: Path, rows: int) -> None:
    once = lines(write(tmp_path / "tape.parquet", mixed()))
    pq.write_table(mixed(), tmp_path / "other.parquet", row_group_size=rows)
    assert_same_bits(once, lines(tmp_path / "other.parquet"))


@pytest.mark.parametrize("at_once", [1, 2, 4, 16])
def test_chunks_are_added_within_blocks_blocks_within_parts_and_then_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(tape_reading, "BLOCK", at_once * CHUNK)
    tape = tmp_path / "tape"
    tape.mkdir()
    parts = {"a": 4 * CHUNK + 9, "b": 2 * CHUNK, "c": CHUNK + 1}
    for name, rows in parts.items():
        write(tape / f"{name}.parquet", mixed(rows).drop_columns(["balance"]).append_column("balance", [np.linspace(1, 2, rows)]))
    loans, _ = read(tape)
    totals, first = [], 0
    for rows in parts.values():
        chunks = [rows_of(loans, slice(at, min(at + CHUNK, first + rows))) for at in range(first, first + rows, CHUNK)]
        blocks = [chunks[at : at + at_once] for at in range(0, len(chunks), at_once)]
        totals.append(added([added(map(sums, block)) for block in blocks]))
        first += rows
    ours, _ = read_pool(PoolSettings(tape="tape"), tmp_path, CUTOFF, "deal.toml", gather=condensing())
    expected = condense_lines(added(totals))
    np.testing.assert_array_equal(ours.balance, expected.balance)
    np.testing.assert_array_equal(ours.annual_rate, expected.annual_rate)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("more", [0, 1, 70_000])
def test_a_short_tape_is_held_as_it_is_and_a_longer_one_is_not(tmp_path: Path, kind: str, more: int) -> None:
    path = write(tmp_path / f"tape.{kind}", mixed(60_000 + more))
    pool, report = lines(path)
    loans, told = read(path, **SETTINGS)
    assert report == told
    assert (len(pool.balance) == len(loans.balance)) is (more == 0)
    assert pool.total_balance == pytest.approx(loans.total_balance, rel=1e-13)
    if kind == "csv":
        assert_same_bits((pool, report), lines(write(tmp_path / "same.parquet", mixed(60_000 + more))))


@pytest.mark.parametrize("block", [100_000, 1_234_567])
def test_a_csv_in_blocks_of_any_size_is_the_same_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    once = lines(write(tmp_path / "tape.parquet", mixed()))
    monkeypatch.setattr(tape_csv, "BLOCK", block)
    assert_same_bits(once, lines(write(tmp_path / "tape.csv", mixed())))


def test_a_long_tapes_lines_pay_what_its_loans_are(tmp_path: Path) -> None:
    path = write(tmp_path / "tape.parquet", mixed())
    pool, report = lines(path)
    loans, told = read(path, **SETTINGS)
    assert told == report
    assert len(pool.balance) != len(loans.balance)
    assert pool.total_balance == pytest.approx(loans.total_balance, rel=1e-13)
    assert (pool.balance * pool.annual_rate).sum() == pytest.approx((loans.balance * loans.annual_rate).sum(), rel=1e-13)


def test_what_is_said_of_a_tape_in_batches_is_said_of_all_its_loans(tmp_path: Path) -> None:
    table = mixed()
    _, report = read(write(tmp_path / "tape.parquet", table), **SETTINGS)
    columns = {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}
    good = columns["balance"] > 0
    eligible = good & (columns["score"] >= 560) & (columns["grade"] != "C")
    assert report.read.loans == good.sum()
    assert report.bad_row_count == (~good).sum() == 3
    assert report.eligible.loans == eligible.sum()
    assert report.criteria[0].excluded_loans == (good & (columns["score"] < 560)).sum()
    assert report.criteria[1].failing_balance == pytest.approx(columns["balance"][good & (columns["grade"] == "C")].sum())
    by_score = next(table for table in report.stratifications if table.column == "score")
    assert [row.loans for row in by_score.strata] == [
        (eligible & (low <= columns["score"]) & (columns["score"] < high)).sum()
        for low, high in ((0, 600), (600, 700), (700, 999))
    ]
    wac = np.average(columns["annual_rate"][eligible], weights=columns["balance"][eligible])
    assert report.eligible.wac == pytest.approx(wac)
    assert [(row.label, row.loans) for row in report.segments] == [(g, (eligible & (columns["grade"] == g)).sum()) for g in "AB"]


def test_rows_of_a_csv_keep_their_numbers_over_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_csv, "BLOCK", 64)
    rows = ["1,0.1,5,x"] * 40
    rows[5], rows[11], rows[23], rows[30] = "-1,0.1,5,x", "1,0.1", "", "-2,0.1,5,x"
    rows[17] = '1,0.1,5,"two\nlines"'
    text = "balance,annual_rate,remaining_term,note\n" + "\n".join(rows) + "\n"
    _, report = read_text(tmp_path, text, on_bad_rows="exclude", stratify={"note": "values"})
    assert [(row.row, row.value) for row in report.bad_rows] == [(7, "-1"), (13, ""), (32, "-2")]
    assert report.read.loans == 36


def test_a_column_is_of_texts_where_a_later_block_holds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_csv, "BLOCK", 64)
    rows = "".join(f"1,0.1,5,{n}\n" for n in range(20)) + "1,0.1,5,n/k\n"
    told = problems_of_text_in(tmp_path, rows, eligibility=["code > 3"])
    assert told == ['deal.toml: pool.eligibility[0]: ">" cannot compare a text with a number']


def problems_of_text_in(folder: Path, rows: str, **settings: Any) -> list[str]:
    (folder / "tape.csv").write_text("balance,annual_rate,remaining_term,code\n" + rows, encoding="utf-8")
    return problems_of(folder / "tape.csv", **settings)


def test_a_column_that_parts_hold_differently_is_of_texts_in_all(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    common = {"balance": [1.0], "annual_rate": [0.1], "remaining_term": [5]}
    write(folder / "a.parquet", {**common, "code": [7]})
    write(folder / "b.csv", {**common, "code": ["7m"]})
    write(folder / "c.csv", {**common, "code": [""]})
    _, report = read(folder, stratify={"code": "values"})
    assert [row.label for row in report.stratifications[-1].strata] == ["7", "7m", "not stated"]


def test_a_column_of_ids_as_segments_ends_the_reading_early(tmp_path: Path) -> None:
    rows = 200_000
    columns = {"balance": np.ones(rows), "annual_rate": np.zeros(rows), "remaining_term": np.full(rows, 5), "id": np.arange(rows)}
    (problem,) = problems_of(write(tmp_path / "t.parquet", columns), segment_by=["id"])
    assert problem == "deal.toml: pool.segment_by: id: gives 65,536 segments; expected at most 5,000"


def test_loans_are_let_go_as_they_are_read(tmp_path: Path) -> None:
    alive: set[int] = set()
    most = []
    kept = Gather(
        of=lambda pool: pool,
        added=lambda pools: [most.append(len(alive)) or pool for pool in pools][-1],
        together=lambda pool: pool,
    )

    class Watched(tape_reading.Batch):
        """Counted while it is held."""

        def __init__(self, *values: Any) -> None:
            super().__init__(*values)
            alive.add(id(self))

        def __del__(self) -> None:
            alive.discard(id(self))

    path = write(tmp_path / "tape.parquet", mixed(30 * 65_536))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abs_waterfall.files.tape_parquet.Batch", Watched)
        patch.setattr(reading, "AHEAD", 8)
        read_pool(PoolSettings.model_validate({"tape": path.name, **SETTINGS}), tmp_path, CUTOFF, "deal.toml", gather=kept)
    assert len(most) == 20 + 2 + 1  # chunks, blocks and the part: grade C, the last third, is not eligible
    assert max(most) < 12


def test_work_is_given_back_in_order_and_few_items_are_read_ahead() -> None:
    read, held = [], threading.Event()

    def items() -> Any:
        for n in range(50):
            read.append(n)
            yield n

    def work(n: int) -> int:
        if n == 0:
            held.wait(0.2)
        return n * n

    results = in_order(work, items(), 3, 7)
    assert next(results) == 0
    assert len(read) <= 7
    assert list(results) == [n * n for n in range(1, 50)]


def test_a_fault_in_a_batch_is_the_callers() -> None:
    def work(n: int) -> int:
        if n == 3:
            raise MemoryError
        return n

    with pytest.raises(MemoryError):
        list(in_order(work, range(100), 2, 7))


def test_reading_goes_on_while_work_waits() -> None:
    read, enough = [], threading.Event()

    def items() -> Any:
        for n in range(50):
            read.append(n)
            if n == 19:
                enough.set()
            yield n

    assert list(in_order(lambda n: enough.wait(10) and n, items(), 2, 20)) == [*range(50)]


def test_a_fault_of_the_reader_is_the_callers_after_all_that_was_read_before_it() -> None:
    def items() -> Any:
        yield from range(5)
        raise OSError("gone")

    results = in_order(lambda n: n, items(), 2, 20)
    assert list(islice(results, 5)) == [*range(5)]
    with pytest.raises(OSError, match="gone"):
        next(results)


def test_nothing_is_read_on_for_a_caller_that_goes() -> None:
    read = []

    def items() -> Any:
        for n in range(50):
            read.append(n)
            yield n

    results = in_order(lambda n: n, items(), 2, 5)
    assert [next(results), next(results)] == [0, 1]
    results.close()
    assert len(read) <= 2 + 5


DEAL = """
[deal]
name = "Long"
currency = "CNY"
[dates]
cutoff = 2010-12-31
closing = 2011-01-20
first_payment = 2011-01-31
frequency = "monthly"
legal_final = 2017-11-26
[pool]
tape = "tape.parquet"
on_bad_rows = "exclude"
[[tranche]]
name = "SUB"
share = 1.0
residual = true
[waterfall]
only = [{ principal = "SUB" }, { residual = "SUB" }]
"""


@pytest.mark.parametrize("command", ["run", "project", "check"])
def test_control_c_in_mid_read_ends_with_130_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    write(tmp_path / "tape.parquet", mixed(300_000))
    (tmp_path / "deal.toml").write_text(DEAL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    real = tape_reading.loans_of

    def interrupted(*given: Any) -> Any:
        if given[0].rows[0] > 2 * 65_536:
            os.kill(os.getpid(), signal.SIGINT)
        return real(*given)

    monkeypatch.setattr(tape_reading, "loans_of", interrupted)
    output = {"run": ["-o", "out.xlsx"], "project": ["--csv", "out"], "check": []}[command]
    with pytest.raises(SystemExit) as ending:
        main([command, "deal.toml", *output])
    assert ending.value.code == 130
    assert capfd.readouterr().err == "interrupted\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["deal.toml", "tape.parquet"]


@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "uint64", "float64"])
def test_whole_numbers_are_the_same_loans_however_they_are_held(tmp_path: Path, kind: str) -> None:
    loans = {"balance": [9, 120], "annual_rate": [0, 1], "remaining_term": [12, 3], "age": [0, 7], "left": [5, 60]}
    table = pa.table({name: pa.array(values, getattr(pa, kind)()) for name, values in loans.items()})
    pool, report = read(write(tmp_path / "tape.parquet", table), eligibility=["balance - left > remaining_term * 0 - 900"])
    expected, told = read(
        write(tmp_path / "other.parquet", pa.table(loans)), eligibility=["balance - left > remaining_term * 0 - 900"]
    )
    assert_same_bits((pool, report), (expected, told))
    assert pool.balance.dtype == np.float64
    assert pool.balance.tolist() == [9.0, 120.0]
