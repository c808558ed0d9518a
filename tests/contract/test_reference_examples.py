"""The examples of the deal file's reference run as they are printed, on a small tape made for them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

import abs_waterfall as aw

REFERENCE = Path(__file__).parents[2] / "docs" / "deal-file.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", REFERENCE.read_text(encoding="utf-8"), flags=re.DOTALL)
SCORES = np.tile([590, 610, 650, 690, 730, 770], 200)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tape of 1,200 loans with the example's column names, and its timing curve."""
    rng = np.random.default_rng(2015)
    loans = 1200
    tape = pa.table(
        {
            "out_prncp": pa.array(rng.uniform(50_000, 120_000, loans).round(2)),
            "annual_rate": pa.array(rng.uniform(0.06, 0.23, loans).round(4)),
            "remaining_term": pa.array(rng.integers(3, 60, loans)),
            "term": pa.array(rng.choice([36, 60], loans)),
            "grade": pa.array(rng.choice(["A", "B", "C"], loans).tolist()),
            "fico": pa.array(SCORES),
        }
    )
    pyarrow.parquet.write_table(tape, tmp_path / "tape.parquet")
    weights = pa.table({"weight": pa.array(np.full(24, 1 / 24))})
    pyarrow.csv.write_csv(weights, tmp_path / "timing.csv")
    return tmp_path


def test_the_whole_example_runs(folder: Path) -> None:
    (folder / "deal.toml").write_text(EXAMPLES[0], encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert result.scenarios == ("base", "stress")
    assert set(result.flows.tranches) == {"A", "B", "SUB"}


def test_the_rep_line_example_runs_beside_it(folder: Path) -> None:
    (folder / "deal.toml").write_text(EXAMPLES[0] + EXAMPLES[1], encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok
    assert any("`schedule` is not used" in warning for warning in result.warnings)


def test_the_example_of_clauses_and_delinquency_runs_beside_it(folder: Path) -> None:
    added = section("Holidays, penalties, adjusting rates, multipliers, delinquency")
    whole = EXAMPLES[0].replace("[assumptions]", "[assumptions]\n" + re.findall(r"delinquency = .*", added)[0], 1)
    (folder / "deal.toml").write_text(whole + re.sub(r"\[assumptions\]\n.*\n", "", added), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    pool, late = result.pool_flows(), result.pool_flows("late")
    told = {"prepayment_penalty", "capitalised", "delinquent_30", "delinquent_60", "delinquent_90"}
    assert told <= set(pool.columns)
    assert (pool[sorted(told)].sum() > 0).all()
    assert late.delinquent_30.max() > 1.5 * pool.delinquent_30.max()


def test_the_example_of_dates_runs_in_its_place(folder: Path) -> None:
    (example,) = (text for text in EXAMPLES if "determination_lag" in text and "[[tranche]]" not in text)
    whole = re.sub(r"\[dates\].*?(?=\[pool\])", example, EXAMPLES[0], flags=re.DOTALL)
    (folder / "deal.toml").write_text(whole.replace("2027-10-26", "2035-10-26"), encoding="utf-8")
    (folder / "holidays.csv").write_text("date,day\n2027-02-05,holiday\n2027-02-07,working\n", encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok
    assert result.flows.determination_dates[0].isoformat() == "2025-11-19"  # the 26th less five business days
    assert result.flows.collection_ends[0].isoformat() == "2025-10-31"


def test_the_example_of_coupons_runs(tmp_path: Path) -> None:
    (example,) = [text for text in EXAMPLES if "[index.LPR1Y]" in text]
    (tmp_path / "deal.toml").write_text(example, encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert not result.warnings
    assert result.scenarios == ("base", "up")


def section(heading: str) -> str:
    """The first example under a heading of the reference."""
    text = REFERENCE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)[0]


def test_the_example_of_triggers_and_events_runs_beside_it(folder: Path) -> None:
    (folder / "deal.toml").write_text(EXAMPLES[0] + section("Triggers and events"), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok
    fired = result.flows.triggers["servicer_default"].fired
    assert fired is not None
    assert [str(result.flows.dates[p]) for s, p in np.argwhere(fired)] == ["2016-04-15"]


def with_waterfall(example: str) -> str:
    """The whole example with the tables and the first mode of another."""
    whole = EXAMPLES[0]
    return whole[: whole.index("[waterfall]")] + example + whole[whole.index("accelerated = [") :]


def test_the_example_of_ledgers_and_losses_runs(folder: Path) -> None:
    (folder / "deal.toml").write_text(with_waterfall(example_with("[[ledger]]")), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert result.flows.ledgers["pdl"].cured.any()
    assert not result.warnings


def test_the_example_of_revolving_plans_runs_beside_it(folder: Path) -> None:
    waterfall = 'before = [{ purchase = "pool", from = "principal" }, { residual = "SUB", from = "interest" }]\nafter = ['
    text = (
        EXAMPLES[0]
        .replace('starts_in = "amortising"', 'starts_in = "before"')
        .replace("[waterfall]", "[waterfall]\n" + waterfall)
    )
    text = text.replace("after = [amortising = [", "after = [", 1).replace("after = [\namortising = [", "after = [", 1)
    (folder / "deal.toml").write_text(text + section("Revolving plans"), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert result.flows.purchases is not None
    assert result.flows.purchases.bought[0, 0] > 0
    assert result.collateral.segment_names[-1] == "new"


def test_the_example_of_revolving_lines_runs(tmp_path: Path) -> None:
    (tmp_path / "deal.toml").write_text(section("Revolving lines"), encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert not result.warnings
    revolving, slow, closed = (list(result.flows.mode[s]).index(1) for s in range(3))
    assert revolving == 18  # payment dates until it has lasted more than 18 months
    assert slow < 18  # ended by excess spread
    assert closed < 18  # and by the seller's interest
    assert result.collateral.drawn[2, 12] == 0 < result.collateral.drawn[2, 11]


def test_the_example_of_fees_runs_beside_it(folder: Path) -> None:
    fees = '{ pay = ["vat", "servicing", "set_up", "rating", "trustee", "collection_agent", "monitoring"] }'
    text = (EXAMPLES[0] + section("Fees")).replace('{ pay = ["vat", "servicing"] }', fees)
    (folder / "deal.toml").write_text(text, encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok
    assert not result.warnings
    assert set(result.fee("monitoring").due.round(2)) == {2_000, 4_000, 7_000}
    per_class = EXAMPLES[0].replace("[define]", "[define]\n" + re.search(r"per_class = \{.*\}", REFERENCE.read_text())[0])
    assert "per_class" in load_text(folder, per_class).define
    dates = result.fee("set_up").paid
    assert [str(day.date()) for day in dates.index[dates > 0]] == ["2015-08-17", "2016-02-16"]


def load_text(folder: Path, text: str) -> aw.Deal:
    """A deal file of this text."""
    (folder / "deal.toml").write_text(text, encoding="utf-8")
    return aw.load(folder / "deal.toml")


def test_the_example_of_facilities_and_hedges_runs(folder: Path) -> None:
    (folder / "deal.toml").write_text(with_waterfall(example_with("[[facility]]")), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert result.flows.facilities["repurchase"].drawn.any()
    assert result.flows.hedges["swap"].paid.any()
    assert not result.warnings


def test_the_readmes_deal_runs(tmp_path: Path) -> None:
    readme = (REFERENCE.parents[1] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", readme, flags=re.DOTALL)
    (tmp_path / "deal.toml").write_text(example, encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok
    assert not result.warnings


PLANNED_POOL = """\
[deal]
name = "Planned"
currency = "USD"
[dates]
cutoff = 2024-12-31
closing = 2025-01-15
first_payment = 2025-02-15
frequency = "monthly"
legal_final = 2055-02-15
[[pool.line]]
balance = 1_000_000
annual_rate = 0.07
remaining_term = 358
age = 2
[assumptions]
prepayment = { psa = 165 }
"""


def example_with(text: str) -> str:
    """The example of the reference that has this text."""
    return next(example for example in EXAMPLES if text in example)


def classes(**balances: float) -> str:
    """Classes at 6 %."""
    form = '[[tranche]]\nname = "{}"\nbalance = {}\ncoupon = 0.06\nday_count = "30/360"\n'
    return "".join(form.format(*item) for item in balances.items())


def test_the_example_of_groups_and_schedules_runs(tmp_path: Path) -> None:
    text = PLANNED_POOL + classes(PA=200_000, PB=300_000, P2=100_000, S=400_000) + example_with("[[group]]")
    residual = '{ transfer = "interest", to = "principal" },\n  { principal = ["S", "P2", "PAC"]'
    (tmp_path / "deal.toml").write_text(text.replace('{ principal = ["S", "P2", "PAC"]', residual), encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    plan = result.flows.schedules["pac1"]
    assert plan.planned_balance[0, 11] == 500_000 > plan.planned_balance[0, 12]
    np.testing.assert_allclose(plan.balance[0], plan.planned_balance[0], atol=1e-6)
    np.testing.assert_allclose(result.flows.schedules["pac2"].balance, result.flows.schedules["pac2"].planned_balance, atol=1e-6)


def test_the_example_of_classes_under_way_runs(tmp_path: Path) -> None:
    text = PLANNED_POOL.replace("1_000_000", "100_000_000") + example_with("[[exchange]]") + classes(B=30_000_000)
    steps = '[waterfall]\nonly = [{ interest = ["A", "B"] }, { principal = ["A", "B"] }, { residual = "SUB" }]\n'
    sub = '[[tranche]]\nname = "SUB"\nbalance = 10_000_000\nresidual = true\n'
    (tmp_path / "deal.toml").write_text(text + sub + steps, encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok
    assert result.original_balances["A"] == 90_000_000
    assert result.tranche("A").interest_due.iloc[0] == 125_000 + 60_000_000 * 0.04 / 12
    assert result.exchange("AB").principal.iloc[0] == 0.5 * result.tranche("A").principal.iloc[0]
    assert any('"A" has' in warning and "2028-01-15" in warning for warning in result.warnings)


def test_the_example_of_a_state_runs_in_its_place(folder: Path) -> None:
    (folder / "deal.toml").write_text(EXAMPLES[0] + section("A deal that goes on from a state"), encoding="utf-8")
    result = aw.run(aw.load(folder / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert str(result.flows.dates[0]) == "2016-04-15"
    assert result.flows.tranches["B"].interest_due[0, 0] > 41_250
    assert result.flows.modes[result.flows.mode[0, 0]] == "accelerated"


PREFUNDED = """\
[deal]
name = "Pre-funded"
currency = "USD"
starts_in = "prefunding"
[dates]
cutoff = 2019-12-31
closing = 2020-01-15
first_payment = 2020-02-15
frequency = "monthly"
legal_final = 2022-01-15
[[pool.line]]
balance = 1000
annual_rate = 0.12
remaining_term = 4
amortization = "custom"
schedule = [0.1, 0.3, 0.3, 0.3]
[[tranche]]
name = "A"
balance = 1200
coupon = 0.0
day_count = "30/360"
[[tranche]]
name = "SUB"
balance = 0
residual = true
"""


def test_the_example_of_prefunding_gives_the_figures_it_says(tmp_path: Path) -> None:
    (tmp_path / "deal.toml").write_text(PREFUNDED + example_with('name = "prefunding"'), encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    assert result.flows.purchases is not None
    np.testing.assert_allclose(result.flows.purchases.bought[0, :3], [70, 40, 0])
    account = result.account("prefunding")
    assert account["closing_balance"].iloc[:3].tolist() == [130.0, 90.0, 0.0]
    # 90 of the account, 300 of the pool, and what was earned
    assert result.tranche("A").principal.iloc[2] > 90 + 300
