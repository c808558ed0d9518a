"""A tape that cannot be read, lacks a column, holds what no loan can, or leaves no loan: told by file, row and column."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from errors.wrong import TAPE, TAPE_DEAL, Wrong, assert_refused


def parquet() -> bytes:
    """The tape as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"balance": [6e7], "annual_rate": [0.1], "remaining_term": [12], "grade": ["A"]}), file)
    return file.getvalue()


def tape(content: str | bytes, *problems: tuple[str, ...], name: str = "tape.csv", also: str = "") -> Wrong:
    """A deal whose tape, of this name, is the content; `also` is a line more of [pool]."""
    deal = TAPE_DEAL.replace('tape = "tape.csv"\n', f'tape = "{name}"\n{also}\n')
    files = {name: content if isinstance(content, bytes) else content.encode()}
    return Wrong(deal=deal, problems=problems, files=files, file="")


def row(content: str, column: str, *words: str, rows: int = 1, also: str = "") -> Wrong:
    """A tape with rows that cannot be used: told with the column, the row and what it says, and what may be done."""
    what_to_do = ("deal.toml: pool.on_bad_rows", f"{rows} of 2 rows", 'on_bad_rows = "exclude"')
    return tape(content, what_to_do, (f"tape.csv: column {column}", *words), also=also)


FILES = {
    "of 0 bytes": tape(b"", ("tape.csv", "empty")),
    "of 0 bytes as Parquet": tape(b"", ("tape.parquet", "empty"), name="tape.parquet"),
    "of 0 bytes as a workbook": tape(b"", ("tape.xlsx", "empty"), name="tape.xlsx"),
    "of a header alone": tape("balance,annual_rate,remaining_term,grade\n", ("tape.csv", "has no rows")),
    "cut off in the middle": tape(parquet()[:200], ("tape.parquet", "is cut short"), name="tape.parquet"),
    "cut off in the middle, compressed": tape(gzip.compress(TAPE.encode() * 99)[:120], ("tape.csv.gz",), name="tape.csv.gz"),
    "Parquet called CSV": tape(parquet(), ("tape.csv", "Parquet")),
    "CSV called Parquet": tape(TAPE, ("tape.parquet", "it holds text", "rename it .csv"), name="tape.parquet"),
    "CSV called a workbook": tape(TAPE, ("tape.xlsx", "it holds text", "rename it .csv"), name="tape.xlsx"),
    "of a kind nobody reads": tape(TAPE, ("tape.sas7bdat", ".parquet"), name="tape.sas7bdat"),
}

COLUMNS = {
    "without balances": tape(TAPE.replace("balance", "outstanding"), ("tape.csv", 'no column "balance"; it has outstanding')),
    "without terms, under a name nearby": tape(
        TAPE.replace("remaining_term", "remaining_terms"), ("tape.csv", 'Did you mean "remaining_terms"?')
    ),
    "without its segments": tape(TAPE.replace("grade", "band"), ("deal.toml: pool.segment_by[0]", 'no column "grade"')),
    "with an unknown column in a criterion": tape(
        TAPE,
        ("deal.toml: pool.eligibility[0]", 'no column "remaining_trm"', 'Did you mean "remaining_term"?'),
        also='eligibility = ["remaining_trm >= 3"]',
    ),
    "of which no loan is eligible": tape(
        TAPE, ("deal.toml: pool", "none of the 2 loans meets"), also='eligibility = ["remaining_term >= 24"]'
    ),
}

ROWS = {
    "with a negative balance": row(TAPE.replace("40000000", "-4"), "balance", "is not above 0", 'row 3 says "-4"'),
    "with a balance that is no number": row(TAPE.replace("40000000", "forty"), "balance", 'row 3 says "forty"'),
    "with a balance that is NaN": row(TAPE.replace("40000000", "nan"), "balance", "row 3"),
    "with an infinite balance": row(TAPE.replace("40000000", "inf"), "balance", "row 3"),
    "with a balance missing": row(TAPE.replace("40000000", ""), "balance", "is empty", "row 3"),
    "with rates in percent": row(
        TAPE.replace("0.10", "10.0").replace("0.15", "15"), "annual_rate", "looks like a percentage", 'row 3 says "15"', rows=2
    ),
    "with a term of 0": row(TAPE.replace("0.15,12", "0.15,0"), "remaining_term", "is below 1", 'row 3 says "0"'),
    "with half a month": row(TAPE.replace("0.15,12", "0.15,12.5"), "remaining_term", "not a whole number", 'row 3 says "12.5"'),
    "with a loan twice": row(
        TAPE.replace("grade\n", "grade,id\n").replace("A\n", "A,7\n").replace("B\n", "B,7\n"),
        "id (loan_id)",
        'row 3 says "7"',
        also='columns = { loan_id = "id" }',
    ),
}

WRONG = FILES | COLUMNS | ROWS


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_tape_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
