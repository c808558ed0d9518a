"""What a tape file is: by its name, and by what is in it, which must agree."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Literal, TypeAlias

from abs_waterfall.errors import InputError

TapeKind: TypeAlias = Literal["parquet", "csv", "csv.gz", "xlsx"]
SUFFIXES: dict[str, TapeKind] = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv.gz", ".xlsx": "xlsx"}
EXPECTED = "expected .parquet, .csv, .csv.gz, .xlsx, or a folder of .parquet and .csv parts"
CONTENT = {"parquet": "Parquet", "csv": "text", "csv.gz": "gzip", "xlsx": "an Excel workbook"}
HEAD = 4096


def part_files(path: Path, shown: str) -> list[Path]:
    """The tape itself, or the parts in its folder by name; InputError where there are none, or others beside them."""
    if not path.exists():
        raise InputError.one("no such file or folder", file=shown)
    if not path.is_dir():
        return [path]
    parts = sorted(part for part in path.iterdir() if not part.name.startswith((".", "_")))
    if strangers := [part.name for part in parts if part.is_dir() or suffix_kind(part) in (None, "xlsx")]:
        raise InputError.one(f"the folder also has {', '.join(strangers[:5])}; expected .parquet and .csv parts only", file=shown)
    if not parts:
        raise InputError.one("the folder is empty; expected .parquet or .csv parts", file=shown)
    return parts


def suffix_kind(path: Path) -> TapeKind | None:
    """The kind its name says."""
    name = path.name.lower()
    return next((kind for suffix, kind in SUFFIXES.items() if name.endswith(suffix)), None)


def tape_kind(path: Path, shown: str) -> TapeKind:
    """The kind of a file, its name and content agreeing; InputError where they do not, or it is empty or cut short."""
    kind = suffix_kind(path)
    if kind is None:
        raise InputError.one(f'"{path.suffix}" is no tape; {EXPECTED}', file=shown)
    content = content_kind(head_of(path, shown))
    if content is None:
        raise InputError.one("the file is empty (0 bytes)", file=shown)
    if content != kind:
        raise InputError.one(
            f"is named {suffix_of(kind)}, but it holds {CONTENT.get(content, content)}{advice(content)}", file=shown
        )
    check_ends(path, kind, shown)
    return kind


def head_of(path: Path, shown: str) -> bytes:
    """The file's first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as fault:
        raise InputError.one(f"cannot be read: {fault.strerror}", file=shown) from None


def content_kind(head: bytes) -> str | None:
    """The kind that the first bytes show; None where there are none."""
    if not head:
        return None
    for magic, kind in ((b"PAR1", "parquet"), (b"\x1f\x8b", "csv.gz"), (b"PK\x03\x04", "xlsx")):
        if head.startswith(magic):
            return kind
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Excel workbook (.xls)"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text in UTF-16"
    return "neither text nor any kind of tape" if b"\x00" in head else "csv"


def advice(content: str) -> str:
    """What to do with a file of the wrong name."""
    if content in CONTENT:
        return f"; rename it {suffix_of(content)}"
    return f"; {EXPECTED}" if content.startswith("neither") else "; save it as .xlsx or as .csv in UTF-8"


def suffix_of(kind: str) -> str:
    """The suffix of a kind."""
    return next(suffix for suffix, named in SUFFIXES.items() if named == kind)


def check_ends(path: Path, kind: TapeKind, shown: str) -> None:
    """Refuse a Parquet file without its end, and a gzip file of something else than text."""
    if kind == "parquet":
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4))
            if path.stat().st_size < 12 or file.read() != b"PAR1":
                raise InputError.one("is cut short: it begins as Parquet and does not end as it; copy it again", file=shown)
    if kind == "csv.gz":
        try:
            with gzip.open(path) as file:
                inside = content_kind(file.read(HEAD))
        except (OSError, EOFError) as fault:
            raise InputError.one(f"cannot be unpacked: {fault}; copy it again", file=shown) from None
        if inside != "csv":
            holds = "nothing" if inside is None else CONTENT.get(inside, inside)
            raise InputError.one(f"holds {holds}; expected CSV text", file=shown)
