"""Files are replaced whole: what was there before stays until all of the new one is written beside it.

An interrupted or failed write leaves the old file and nothing else. What cannot be written is the user's to mend: InputError.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeAlias

from abs_waterfall.errors import InputError

Writer: TypeAlias = Callable[[BinaryIO], object]


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say of the operating system's refusals what could not be written, and why."""
    try:
        yield
    except OSError as fault:
        raise InputError.one(f"cannot be written: {fault.strerror or fault}", file=str(path)) from fault


def refuse_unwritable(path: Path) -> None:
    """Raise InputError where a file could not be put at `path`: a check that costs nothing, before a run that does."""
    if path.is_dir():
        raise InputError.one("is a folder; expected the name of a file", file=str(path))
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError.one(f'cannot be written: there is no folder "{path.parent}"', file=str(path))
    if not os.access(folder, os.W_OK):
        raise InputError.one("cannot be written: Permission denied", file=str(path))


def write_whole(path: Path, writer: Writer) -> None:
    """Let `writer` write a file, and only then put it in the place of the one at `path`."""
    refuse_unwritable(path)
    with told(path):
        if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced
            with path.open("wb") as device:
                writer(device)
            return
        replace_all({path.resolve(): writer})


def write_folder(folder: Path, writers: Mapping[str, Writer]) -> None:
    """Write several files of a folder, made if it does not exist; none is replaced before all are written."""
    if folder.exists() and not folder.is_dir():
        raise InputError.one("is a file; expected the name of a folder", file=str(folder))
    made = not folder.exists()
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            replace_all({folder.resolve() / name: writer for name, writer in writers.items()})
        except BaseException:
            if made:
                with suppress(OSError):
                    folder.rmdir()
            raise


def replace_all(writers: Mapping[Path, Writer]) -> None:
    """Write every file beside its place, then rename them into it."""
    partial = {path: path.with_name(f".{path.name}.{os.getpid()}.partial") for path in writers}
    try:
        for path, writer in writers.items():
            with partial[path].open("wb") as file:
                writer(file)
            if path.exists():
                shutil.copymode(path, partial[path])
        for path, written in partial.items():
            written.replace(path)
    finally:
        for written in partial.values():
            written.unlink(missing_ok=True)
