"""Scenarios along paths are the same run on more rows: alone or among thousands, from a file or named in the deal."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import abs_waterfall as aw
from abs_waterfall.assumptions.model import Scenario
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.cli import main
from abs_waterfall.collateral.along_paths import PathProjection, put_together
from abs_waterfall.deal.model import Deal
from abs_waterfall.files.deals import load
from abs_waterfall.files.paths import PathFile
from abs_waterfall.measures.distribution import distribution
from abs_waterfall.measures.tranche import TrancheReturns
from abs_waterfall.pipeline import read_deal_pool, run
from abs_waterfall.simulation import Simulation, simulate, simulate_file
from abs_waterfall.waterfall.calendar import pool_cutoff

DEALS = Path(__file__).parents[2] / "deals"
STARTER = Path(aw.__file__).parent / "cli" / "starters" / "revolving.toml"
YEAR = np.full(1200, 1 / 12)


def drawn(deal: Deal, count: int, seed: int = 5, months: int = 30) -> Paths:
    """Paths of every segment."""
    segments = read_deal_pool(deal)[0].segment_names
    rng = np.random.default_rng(seed)
    shape = count, months, len(segments)
    return Paths(tuple(f"p{i}" for i in range(count)), segments, rng.uniform(0, 0.05, shape), rng.uniform(0, 0.03, shape))


def deal_of(name: str) -> Deal:
    return load(DEALS / name / "deal.toml")


def as_scenario(paths: Paths, row: int) -> Scenario:
    """One path as a scenario of the deal file."""
    segments = {
        name: {
            "prepayment": {"smm": paths.smm[row, :, k].tolist(), "by": "period"},
            "default": {"mdr": paths.mdr[row, :, k].tolist(), "by": "period"},
        }
        for k, name in enumerate(paths.segments)
    }
    return Scenario.model_validate({"segment": segments})


@pytest.mark.parametrize("name", ["jiebei-static", "jiebei-revolving", "subprime-auto"])
def test_a_scenario_alone_equals_itself_among_thousands_to_the_bit(name: str) -> None:
    deal = deal_of(name)
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 2000 if name != "jiebei-revolving" else 300)
    together = simulate(deal, pool, [paths])
    for row in (0, 7, len(paths.names) - 1):
        alone = simulate(deal, pool, [paths.some(slice(row, row + 1))])
        for figure, values in alone.figures.items():
            np.testing.assert_array_equal(values[0], together.figures[figure][row], err_msg=figure)
    assert together.ok


def test_blocks_of_any_size_give_the_same_bits() -> None:
    deal = deal_of("subprime-auto")
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 50)
    whole = simulate(deal, pool, [paths])
    cut = simulate(deal, pool, [paths.some(slice(i, i + 7)) for i in range(0, 50, 7)])
    assert whole.names == cut.names
    for figure, values in whole.figures.items():
        np.testing.assert_array_equal(values, cut.figures[figure], err_msg=figure)


def test_projections_put_together_are_one_projection() -> None:
    deal = deal_of("subprime-auto")
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 5)
    projection = PathProjection.of(pool, deal.assumptions, pool_cutoff(deal), deal.pool.interest_basis)
    whole = projection.project(paths, by_segment=True)
    some = [projection.flows_along(paths.some(rows), by_cell=True) for rows in (slice(0, 2), slice(2, 5))]
    both = projection.cashflows(put_together(some))
    assert both.seldom == whole.seldom == ()
    for field in ("opening_balance", "interest", "recovery", "loss", "drawn", "segment_balance", "segment_default"):
        np.testing.assert_array_equal(getattr(both, field), getattr(whole, field), err_msg=field)


@pytest.mark.parametrize("name", ["jiebei-static", "jiebei-revolving", "subprime-auto"])
def test_a_path_is_what_the_deal_file_could_have_said(name: str) -> None:
    deal = deal_of(name)
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 3)
    named = run(deal.model_copy(update={"scenario": {name: as_scenario(paths, row) for row, name in enumerate(paths.names)}}))
    along = simulate(deal, pool, [paths])
    for tranche, measures in along.measures.items():
        for field in fields(TrancheReturns):
            expected = getattr(named.measures[tranche], field.name)[1:]
            np.testing.assert_allclose(
                getattr(measures, field.name), expected, rtol=1e-9, atol=1e-6, err_msg=f"{tranche} {field.name}"
            )
    at_end = named.flows.cumulative_default_rate[np.arange(4), named.flows.last_period]
    np.testing.assert_allclose(along.default_rate, at_end[1:], rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------------- files


def table_of(paths: Paths, *, in_order: bool = False, **renamed: str) -> pa.Table:
    """The rows of paths, months from the last to the first or in their order."""
    count, months, segments = paths.smm.shape
    by_month = range(months) if in_order else range(months)[::-1]
    s, m, k = (axis.ravel() for axis in np.meshgrid(range(count), by_month, range(segments), indexing="ij"))
    columns = {
        "scenario": [paths.names[i] for i in s],
        "month": (m + 1).tolist(),
        "segment": [paths.segments[i] for i in k],
        "smm": paths.smm[s, m, k].tolist(),
        "mdr": paths.mdr[s, m, k].tolist(),
    }
    return pa.table({renamed.get(name, name): values for name, values in columns.items()})


def written(paths: Paths, file: Path, **renamed: str) -> Path:
    """The paths as a file."""
    table = table_of(paths, **renamed)
    if file.suffix == ".parquet":
        pq.write_table(table, file)
    else:
        rows = [",".join(table.column_names), *(",".join(map(repr_of, row.values())) for row in table.to_pylist())]
        file.write_text("\n".join(rows) + "\n", "utf-8")
    return file


def repr_of(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("at_once", [1, 100, 10**9])
def test_a_file_is_read_as_it_was_written_whatever_is_read_at_a_time(
    tmp_path: Path, suffix: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abs_waterfall.files.paths.CELLS", at_once)
    monkeypatch.setattr("abs_waterfall.files.paths._READ", min(at_once, 64))
    monkeypatch.setattr("abs_waterfall.files.paths._BYTES", 4000)
    paths = drawn(deal_of("subprime-auto"), 9, months=5)
    found = list(PathFile(written(paths, tmp_path / f"paths{suffix}"), paths.segments, ("base",), YEAR).blocks())
    assert sum((block.names for block in found), ()) == paths.names
    np.testing.assert_array_equal(np.concatenate([block.smm for block in found]), paths.smm)
    np.testing.assert_array_equal(np.concatenate([block.mdr for block in found]), paths.mdr)
    assert (len(found) > 1) == (at_once < 10**9)


def test_a_file_whose_rows_are_in_order_is_run_as_any_other(tmp_path: Path) -> None:
    deal = deal_of("subprime-auto")
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 5)
    pq.write_table(table_of(paths, in_order=True), tmp_path / "in_order.parquet")
    ours = simulate_file(deal, pool, tmp_path / "in_order.parquet")
    theirs = simulate_file(deal, pool, written(paths, tmp_path / "paths.parquet"))
    for figure, values in ours.figures.items():
        np.testing.assert_array_equal(values, theirs.figures[figure], err_msg=figure)


def test_paths_that_nobody_may_write_to_are_run() -> None:
    deal = deal_of("subprime-auto")
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 3)
    expected = simulate(deal, pool, [paths])
    for rates in (paths.smm, paths.mdr):
        rates.flags.writeable = False
    np.testing.assert_array_equal(simulate(deal, pool, [paths]).default_rate, expected.default_rate)


def test_rates_a_year_become_monthly(tmp_path: Path) -> None:
    paths = drawn(deal_of("subprime-auto"), 2, months=4)
    file = written(paths, tmp_path / "paths.parquet", smm="cpr", mdr="cdr")
    (block,) = PathFile(file, paths.segments, ("base",), YEAR).blocks()
    np.testing.assert_allclose(1 - (1 - block.smm) ** 12, paths.smm, rtol=0, atol=1e-15)
    np.testing.assert_allclose(1 - (1 - block.mdr) ** 12, paths.mdr, rtol=0, atol=1e-15)


def test_the_command_writes_a_row_a_scenario_and_what_they_come_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deal = deal_of("subprime-auto")
    file = written(drawn(deal, 20), tmp_path / "paths.parquet")
    each, results = tmp_path / "each.parquet", tmp_path / "results.json"
    with pytest.raises(SystemExit) as ended:
        main([str(DEALS / "subprime-auto" / "deal.toml"), "--scenarios", str(file), "--each", str(each), "--json", str(results)])
    assert not ended.value.code
    simulated = simulate_file(deal, read_deal_pool(deal)[0], file)
    rows = pq.read_table(each)
    assert rows["scenario"].to_pylist() == list(simulated.names)
    for figure, values in simulated.figures.items():
        assert rows[figure].to_pylist() == pytest.approx([None if np.isnan(value) else value for value in values])
    entry = json.loads(results.read_text("utf-8"))["distribution"]
    losses = simulated.loss_rate
    assert entry["scenarios"] == 20
    assert entry["pool"]["loss_rate"]["mean"] == pytest.approx(losses.mean())
    assert entry["pool"]["loss_rate"]["worst"] == pytest.approx(losses.max())
    assert entry["pool"]["loss_rate"]["p50"] == pytest.approx(np.median(losses))
    assert "Along 20 scenarios" in capsys.readouterr().out


def test_the_workbook_has_the_distribution(tmp_path: Path) -> None:
    import openpyxl

    file = written(drawn(deal_of("jiebei-static"), 5), tmp_path / "paths.csv")
    book = tmp_path / "sheet.xlsx"
    with pytest.raises(SystemExit):
        main([str(DEALS / "jiebei-static" / "deal.toml"), "--scenarios", str(file), "-o", str(book), "--quiet"])
    rows = list(openpyxl.load_workbook(book)["Distribution"].iter_rows(values_only=True))
    assert any(row[0] == "A.principal loss" or row[1] == "A.principal loss" for row in rows)


def test_a_failed_check_of_any_block_fails() -> None:
    deal = deal_of("jiebei-static")
    pool, _ = read_deal_pool(deal)
    good = simulate(deal, pool, [drawn(deal, 2)])
    bad: Simulation = replace(good, checks=tuple(replace(check, ok=False) for check in good.checks))
    from abs_waterfall.simulation import joined

    assert joined([good, good]).ok
    assert not joined([good, bad]).ok


def test_a_distribution_by_hand() -> None:
    found = distribution(np.array([4.0, 1.0, np.nan, 3.0, 2.0]), worst_is_lowest=True)
    assert (found.count, found.mean, found.worst, found.percentiles[3]) == (4, 2.5, 1.0, 2.5)
    assert distribution(np.array([np.nan])).count == 0


# ------------------------------------------------------------------------------------------------------------------ faults

RIGHT = "scenario,month,segment,smm,mdr\n" + "".join(f"{s},{m},{k},0.01,0.02\n" for s in "ab" for m in (1, 2) for k in ("x", "y"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("smm", "smmm"), "none of the columns smm and cpr"),
        (("smm,mdr", "smm,cpr"), "smm and cpr"),
        (("month", "mnth"), 'no column "month"'),
        (("a,1,x,0.01", "a,1,x,1.01"), "row 2, smm: 1.01: expected a fraction within 0-1"),
        (("a,2,y,0.01,0.02", "a,2,y,0.01,-1"), "row 5, mdr: -1: expected a fraction"),
        (("a,1,x,0.01", "a,1,x,one"), "row 2, smm: one: expected a number"),
        (("a,1,x,0.01", "a,1,x,nan"), "row 2, smm: nan: expected a fraction"),
        (("a,1,x,0.01", "a,1,x,"), "row 2, smm: is empty"),
        (("a,1,x", "a,0,x"), "row 2, month: 0: expected a whole number"),
        (("a,1,x", "a,1.5,x"), "row 2, month: 1.5: expected a whole number"),
        (("b,1,x", "b,1,z"), 'row 6: no loan is in segment "z"; there are x, y'),
        (("b,1,x", "b,2,x"), 'row 8: scenario "b", month 2, segment "x" stands twice'),
        (("b,2,y,0.01,0.02\n", ""), 'no row of scenario "b", month 2, segment "y"'),
        (("b,2,y", "b,3,y"), "row 9: month 3; the first scenario ends with month 2"),
        (("a,2,y", "b,2,y"), 'row 9: scenario "b", month 2, segment "y" stands twice'),
        (("a,1,x", "base,1,x"), 'row 2: scenario "base" is one of the deal\'s own'),
        (("a,2,x,0.01,0.02\n", "b,2,x,0.01,0.02\n"), 'row 5: scenario "a" goes on after another'),
    ],
)
def test_a_file_that_is_wrong_is_told_where(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    from abs_waterfall.errors import InputError

    file = tmp_path / "paths.csv"
    text = RIGHT.replace("a,1", "base,1").replace("a,2", "base,2") if change[1].startswith("base") else RIGHT.replace(*change, 1)
    file.write_text(text, "utf-8")
    with pytest.raises(InputError) as told:
        list(PathFile(file, ("x", "y"), ("base",), YEAR).blocks())
    assert message in str(told.value)
    assert "paths.csv" in str(told.value)


@pytest.mark.parametrize("content", [b"", b"scenario,month,segment,smm,mdr\n", b"PAR1nothing"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    from abs_waterfall.errors import InputError

    for name in ("paths.csv", "paths.parquet"):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(InputError):
            list(PathFile(file, ("x",), ("base",), YEAR).blocks())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--each", "each.csv"), "expected --scenarios too"),
        (("--scenarios", "none.parquet"), "there is no such file"),
        (("--scenarios", "none.xlsx"), "expected a file that ends in .parquet or .csv"),
        (("--scenarios", "none.parquet", "--each", "each.txt"), "expected a file name that ends in"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([str(DEALS / "jiebei-static" / "deal.toml"), *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("order", ["survivors", "prepay_first"])
def test_a_path_shortens_loans_held_and_bought_as_the_deal_file_would(order: str, tmp_path: Path) -> None:
    said = f'[assumptions]\nprepayment_effect = "shorten"\norder = "{order}"\n'
    risky = 'default_multiplier = 1.5\nsegment = "prime"\n'
    text = STARTER.read_text("utf-8").replace("[assumptions] ", f"{said}# ").replace('segment = "prime"\n', risky)
    (tmp_path / "deal.toml").write_text(text, "utf-8")
    deal = load(tmp_path / "deal.toml")
    pool, _ = read_deal_pool(deal)
    paths = drawn(deal, 2)
    named = run(deal.model_copy(update={"scenario": {name: as_scenario(paths, row) for row, name in enumerate(paths.names)}}))
    assert named.ok
    assert named.flows.purchases is not None
    assert named.flows.purchases.bought[1:].sum() > 0
    along = simulate(deal, pool, [paths])
    assert along.ok
    for tranche, measures in along.measures.items():
        np.testing.assert_allclose(measures.wal, named.measures[tranche].wal[1:], rtol=1e-12)
        np.testing.assert_allclose(measures.yield_bey, named.measures[tranche].yield_bey[1:], rtol=1e-9)
