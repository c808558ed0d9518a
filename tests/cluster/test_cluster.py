"""A tape read by the workers of a cluster: the same bits as read here, whatever dies, and words for whatever is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster

from abs_waterfall import cluster as clusters
from abs_waterfall.cli import main
from abs_waterfall.cluster import Cluster, connected
from abs_waterfall.collateral.condense import condensing
from abs_waterfall.errors import InputError
from abs_waterfall.files.reading import Told, unheard
from abs_waterfall.files.tape_blocks import ReadByWorkers
from abs_waterfall.files.tape_parquet import open_parquet
from abs_waterfall.files.tape_parts import BLOCK
from abs_waterfall.files.tapes import read_pool
from abs_waterfall.pool.facts import Gather, every_loan
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.model import PoolSettings
from abs_waterfall.pool.report import PoolReport
from files.made_tapes import CUTOFF
from files.test_streaming import DEAL, assert_same_bits

pytestmark = pytest.mark.xdist_group("cluster")

PARTS = {"a": BLOCK + 70_000, "b": 3, "c": 250_000}
FEW = {"tape": "few"}  # loans
SETTINGS: dict[str, Any] = {"tape": "tape", "segment_by": ["grade"], "on_bad_rows": "exclude", "eligibility": ["term >= 3"]}


def loans(rows: int, first: int, seed: int) -> pa.Table:
    """Loans of many rates, ids that count on, and a balance that is none here and there."""
    rng = np.random.default_rng(seed)
    balance = rng.lognormal(9, 1, rows).round(2)
    balance[[0, rows // 2, rows - 1]] = [-1, 500, np.inf]
    return pa.table(
        {
            "id": np.arange(first, first + rows),
            "balance": balance,
            "annual_rate": rng.uniform(0, 0.36, rows),
            "remaining_term": rng.integers(1, 7, rows),
            "term": rng.integers(2, 7, rows),
            "grade": pa.array(np.array(["A", "B", "C"])[rng.integers(0, 3, rows)]),
        }
    )


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tape of three parts, one of two blocks, in row groups that blocks cut through."""
    folder = tmp_path_factory.mktemp("deal")
    (folder / "tape").mkdir()
    first = 1
    for seed, (name, rows) in enumerate(PARTS.items()):
        pq.write_table(loans(rows, first, seed), folder / "tape" / f"{name}.parquet", row_group_size=300_000)
        first += rows
    (folder / "few").mkdir()
    pq.write_table(loans(70_000, 1, 5), folder / "few" / "d.parquet")
    pq.write_table(loans(700, 1, 6), folder / "few" / "e.parquet")
    (folder / "deal.toml").write_text(DEAL.replace("tape.parquet", "few"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def here(tape: Path) -> tuple[LoanPool, PoolReport]:
    """The tape's pool as it is read here."""
    return pool_of(tape, None)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalCluster]:
    """Two workers, each a process of its own."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        yield cluster


@pytest.fixture
def workers(local: LocalCluster) -> Iterator[Cluster]:
    """The cluster as a run knows it."""
    with connected(local.scheduler_address) as cluster:
        yield cluster


def pool_of(
    folder: Path, cluster: Cluster | None, gather: Gather[Any] | None = None, told: Told = unheard, **settings: Any
) -> tuple[LoanPool, PoolReport]:
    model = PoolSettings.model_validate(SETTINGS | settings)
    return read_pool(
        model,
        folder,
        CUTOFF,
        "deal.toml",
        gather=gather or condensing(),
        told=told,
        reading=ReadByWorkers(cluster) if cluster else None,
    )


@pytest.mark.parametrize("ids", [{}, {"columns": {"loan_id": "id"}}], ids=["without ids", "with ids"])
def test_workers_come_to_the_same_bits(tape: Path, workers: Cluster, here: tuple[LoanPool, PoolReport], ids: Any) -> None:
    told: list[tuple[int, int | None]] = []
    ours = pool_of(tape, workers, told=lambda rows, of: told.append((rows, of)), **ids)
    assert ours[1] == here[1]
    assert [(Path(row.file).name, row.row) for row in ours[1].bad_rows] == [
        (f"{name}.parquet", row) for name, rows in PARTS.items() for row in (1, rows)
    ]
    assert_same_bits(ours, here)
    assert len(told) == 4  # blocks
    assert told[-1] == (sum(PARTS.values()), sum(PARTS.values()))


def test_loans_that_cannot_be_condensed_come_as_they_are(tape: Path, workers: Cluster) -> None:
    ours, here = (pool_of(tape, cluster, every_loan(), **FEW) for cluster in (workers, None))
    assert len(ours[0].balance) > 50_000
    assert_same_bits(ours, here)


def test_ids_that_stand_twice_are_found_over_parts(tape: Path, workers: Cluster) -> None:
    (tape / "twice").mkdir()
    pq.write_table(loans(9, 5, 1), tape / "twice" / "a.parquet")
    pq.write_table(loans(9, 1, 2), tape / "twice" / "b.parquet")
    columns = {"loan_id": "id"}
    ours, here = (pool_of(tape, cluster, tape="twice", columns=columns) for cluster in (workers, None))
    assert ours[1] == here[1]
    repeated = [(row.row, row.reason.split(" of ")[0]) for row in ours[1].bad_rows if "also" in row.reason]
    assert repeated == [(row, f"is also in row {row - 4}") for row in range(5, 10)]
    assert_same_bits(ours, here)


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_a_tape_may_be_at_an_address(tape: Path, workers: Cluster, scheme: str) -> None:
    address = f"{scheme}://{tape}/few"
    files = fsspec.filesystem(scheme)
    files.makedirs(str(tape / "few"), exist_ok=True)
    for part in (tape / "few").iterdir():
        files.pipe(str(part), part.read_bytes())
    ours = pool_of(tape, workers if scheme == "file" else None, tape=address)
    assert_same_bits(ours, pool_of(tape, None, **FEW))
    assert ours[1].source == f"{address} (2 parts)"


def test_the_death_of_a_worker_in_mid_run_changes_nothing(
    tape: Path, workers: Cluster, here: tuple[LoanPool, PoolReport]
) -> None:
    killed = tape / "killed"

    def deadly(pool: LoanPool) -> Any:
        """The first to come here kills the process it is in."""
        import os
        import signal
        from contextlib import suppress

        from abs_waterfall.collateral.condense import sums

        with suppress(FileExistsError):
            os.close(os.open(killed, os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)
        return sums(pool)

    ours = pool_of(tape, workers, replace(condensing(), of=deadly))
    assert killed.exists()
    assert_same_bits(ours, here)


def test_loans_that_kill_every_worker_are_given_up(
    tape: Path, local: LocalCluster, workers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(_: LoanPool) -> Any:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(local.scheduler, "allowed_failures", 0)
    with pytest.raises(InputError, match="died of the same loans; expected workers with more memory"):
        pool_of(tape, workers, replace(condensing(), of=deadly))


def test_what_is_wrong_with_a_tape_is_said_as_it_is_here(tape: Path, workers: Cluster) -> None:
    pq.write_table(pa.table({"balance": [True], "remaining_term": [3], "annual_rate": [0.1]}), tape / "flags.parquet")
    with pytest.raises(InputError) as here:
        pool_of(tape, None, tape="flags.parquet", segment_by=[], eligibility=[])
    with pytest.raises(InputError) as there:
        pool_of(tape, workers, tape="flags.parquet", segment_by=[], eligibility=[])
    assert there.value.problems == here.value.problems
    assert "holds bool; expected a number" in str(there.value)


# ------------------------------------------------------------------------------------------------------- the command line


def answered(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ending:
        main(["project", *arguments])
    return int(ending.value.code or 0)


def test_a_projection_on_a_cluster_is_the_one_made_here(tape: Path, local: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, options in (("here", []), ("there", ["--cluster", local.scheduler_address])):
        assert answered(tape, monkeypatch, "deal.toml", "--quiet", "--json", f"{name}.json", *options) == 0
    assert (tape / "there.json").read_bytes() == (tape / "here.json").read_bytes()


def test_workers_may_be_made_for_the_run(tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = []
    real = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", lambda *given: ends.append(real(*given)) or ends[-1])
    for name, options in (("one", []), ("other", ["--cluster", "local:1"])):
        assert answered(tape, monkeypatch, "deal.toml", "--quiet", "--json", f"{name}.json", *options) == 0
    assert (tape / "one.json").read_bytes() == (tape / "other.json").read_bytes()
    assert set(ends) == {0}  # they were not killed


def test_control_c_ends_a_run_on_a_cluster_with_130_and_writes_nothing(
    tape: Path, local: LocalCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    real = Cluster.in_order

    def interrupted(self: Cluster, *given: Any) -> Iterator[Any]:
        for done in real(self, *given):
            os.kill(os.getpid(), signal.SIGINT)
            yield done

    monkeypatch.setattr(Cluster, "in_order", interrupted)
    assert answered(tape, monkeypatch, "deal.toml", "--json", "x.json", "--cluster", local.scheduler_address) == 130
    assert capfd.readouterr().err == "interrupted\n"
    assert not (tape / "x.json").exists()


def refused(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert answered(folder, monkeypatch, *arguments, "--json", "x.json") == 2
    assert not (folder / "x.json").exists()
    told = capfd.readouterr().err
    assert "Traceback" not in told
    return told.splitlines()[0]


WRONG = {
    "local": 'local: --cluster: expected tcp://HOST:PORT of a scheduler, or "local:2" for two workers on this machine.',
    "local:0": 'local:0: --cluster: expected tcp://HOST:PORT of a scheduler, or "local:2"',
    "tcp://host": "tcp://host: --cluster: expected tcp://HOST:PORT",
    "http://host:8787": "http://host:8787: --cluster: expected tcp://HOST:PORT",
    "host:8786": 'Did you mean "tcp://host:8786"?',
    "": "--cluster: expected tcp://HOST:PORT",
    "tcp://127.0.0.1:9": "tcp://127.0.0.1:9: --cluster: no scheduler answers within 0.2 seconds; expected one",
}


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_is_refused(
    tape: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: str
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 0.2)
    assert WRONG[address] in refused(tape, monkeypatch, capfd, "deal.toml", "--cluster", address)


def test_without_the_extra_it_says_how_to_have_it(
    tape: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = refused(tape, monkeypatch, capfd, "deal.toml", "--cluster", "local:2")
    assert told == "--cluster: needs Dask; expected it installed: pip install abs-waterfall[cluster]"


def test_a_scheduler_without_workers_is_refused(
    tape: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clusters, "PATIENCE", 1.0)
    with LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as nobody:
        told = refused(tape, monkeypatch, capfd, "deal.toml", "--cluster", nobody.scheduler_address)
    assert "the scheduler has no workers; expected some, as `dask worker tcp://" in told


def test_workers_without_this_package_are_refused(workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.client, "run", lambda _: {"tcp://a": "0.1.0", "tcp://b": None})
    with pytest.raises(InputError, match=r"its workers lack abs-waterfall; expected 0\.1\.0 of it, as here"):
        clusters.refuse_unfit(workers)


def test_workers_that_go_away_while_they_are_asked_are_asked_again(workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([OSError("closed"), {"tcp://a": clusters.code_of()()}])

    def run(_: object) -> object:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(clusters, "PAUSE", 0.0)
    monkeypatch.setattr(workers.client, "run", run)
    clusters.refuse_unfit(workers)
    assert not list(answers)


def test_workers_that_never_answer_are_refused(workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_: object) -> object:
        raise OSError

    monkeypatch.setattr(clusters, "PATIENCE", 0.2)
    monkeypatch.setattr(clusters, "PAUSE", 0.01)
    monkeypatch.setattr(workers.client, "run", run)
    with pytest.raises(InputError, match=r"its workers go away when they are asked for their version, for 0\.2 seconds now"):
        clusters.refuse_unfit(workers)


def test_workers_with_other_code_are_refused(workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = workers.client.run(clusters.code_of())
    assert set(codes.values()) == {clusters.code_of()()}
    monkeypatch.setattr(workers.client, "run", lambda _: codes | {"tcp://b": "another"})
    with pytest.raises(InputError, match=r"its workers have another abs-waterfall than this; expected 0\.1\.0, the same"):
        clusters.refuse_unfit(workers)


@pytest.mark.parametrize(
    ("pool", "told"),
    [
        ('tape = "loans.csv"', "loans.csv is no Parquet; expected Parquet parts"),
        ('synthetic = { style = "jiebei", loans = 9 }', "reads tapes, and this pool has none; expected [pool] tape"),
        ('tape = "nowhere://tape"', "nowhere://tape: cannot be read: Protocol not known: nowhere"),
        ('tape = "memory://nothing"', "memory://nothing: no such file or folder"),
        ('tape = "memory://others"', "memory://others: holds a.csv; expected .parquet parts at an address"),
    ],
)
def test_a_pool_that_a_cluster_cannot_read_is_refused(
    tape: Path, local: LocalCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], pool: str, told: str
) -> None:
    (tape / "loans.csv").write_text("balance,annual_rate,remaining_term\n1,0.1,5\n", encoding="utf-8")
    fsspec.filesystem("memory").pipe("others/a.csv", b"x")
    (tape / "other.toml").write_text(DEAL.replace('tape = "tape.parquet"', pool), encoding="utf-8")
    assert told in refused(tape, monkeypatch, capfd, "other.toml", "--cluster", local.scheduler_address)


def test_an_address_without_fsspec_says_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"an address needs fsspec; expected it installed: pip install abs-waterfall\[cluster\]"):
        pool_of(tmp_path, None, tape="s3://bucket/tape")


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("group", [999_999, 50_000, 3_000_000])
def test_a_block_is_the_same_rows_whatever_the_row_groups(tmp_path: Path, block: int, group: int) -> None:
    table = loans(BLOCK + 100_000, 1, 4).select(["id"])
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=group)
    part = open_parquet(tmp_path / "t.parquet", "t.parquet")
    assert part.block is not None
    read = list(part.block(["id"], block))
    assert [len(batch.rows) for batch in read] == ([65_536] * 16 if block == 0 else [65_536, 34_464])
    for batch in read:
        np.testing.assert_array_equal(batch.rows, batch.table.column("id").to_numpy())


def test_a_part_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    pq.write_table(loans(10, 1, 1), tmp_path / "t.parquet")
    part = open_parquet(tmp_path / "t.parquet", "t.parquet")
    pq.write_table(loans(11, 1, 1), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet: had 10 rows and now has 11"):
        list(part.batches(["id"]))
    (tmp_path / "t.parquet").unlink()
    with pytest.raises(InputError, match=r"t\.parquet: is not there to be read; expected it where every worker can read it"):
        list(part.batches(["id"]))
