"""Where a tape's bytes are: a path of this machine, or an address such as s3://bucket/tape/ that fsspec reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from abs_waterfall.errors import InputError

Where: TypeAlias = Path | str
"""A path, or an address."""


def is_address(tape: str) -> bool:
    """Whether it is an address and not a path."""
    return "://" in tape


@contextmanager
def answering(shown: str) -> Iterator[None]:
    """Say of an address that cannot be read why."""
    try:
        yield
    except FileNotFoundError:
        raise InputError.one("no such file or folder", file=shown) from None
    except (OSError, ValueError, ImportError) as fault:
        reason = " ".join(str(fault).split()) or type(fault).__name__
        raise InputError.one(f"cannot be read: {reason[:200]}", file=shown) from None


def part_addresses(address: str) -> list[str]:
    """The Parquet file at an address, or the parts in a folder by name."""
    with answering(address):
        files = filesystem(address)
        path = files._strip_protocol(address)  # fsspec's name for what every one of its file systems has
        if files.isfile(path):
            names = [path]
        else:
            names = [name for name in sorted(files.ls(path, detail=False)) if not plain_name(name).startswith((".", "_"))]
    if strangers := [plain_name(name) for name in names if not name.lower().endswith(".parquet")]:
        raise InputError.one(f"holds {', '.join(strangers[:5])}; expected .parquet parts at an address", file=address)
    if not names:
        raise InputError.one("the folder is empty; expected .parquet parts", file=address)
    return [files.unstrip_protocol(name) for name in names]


def plain_name(path: str) -> str:
    """A file's name without its folders."""
    return path.rstrip("/").rpartition("/")[2]


def filesystem(address: str) -> Any:
    """The file system that an address belongs to."""
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # an extra
    except ImportError:
        message = "an address needs fsspec; expected it installed: pip install abs-waterfall[cluster]"
        raise InputError.one(message, file=address) from None
    return url_to_fs(address)[0]


@contextmanager
def opened(where: Where) -> Iterator[Any]:
    """What pyarrow reads: a path, or an open file at an address."""
    if isinstance(where, str):
        with filesystem(where).open(where, "rb") as file:
            yield file
    else:
        yield where
