from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from abs_waterfall.errors import InputError
from abs_waterfall.report.output import write_folder, write_whole


def half_written(file: BinaryIO) -> None:
    file.write(b"half")
    raise KeyboardInterrupt


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def full(file: BinaryIO) -> None:
    file.write(b"new")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(b"old and longer")
    write_whole(path, full)
    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == ["sheet.xlsx"]


def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, half_written)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["sheet.xlsx"]


def test_a_replaced_file_keeps_who_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write_whole(path, full)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_whole(link, full)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_device_is_written_to_and_never_replaced() -> None:
    write_whole(Path(os.devnull), full)
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("place", "expected"),
    [("", "is a folder; expected the name of a file"), ("missing/sheet.xlsx", "cannot be written: there is no folder")],
)
def test_a_path_that_cannot_be_written_is_the_users_to_mend(tmp_path: Path, place: str, expected: str) -> None:
    path = tmp_path / place
    with pytest.raises(InputError, match=expected) as caught:
        write_whole(path, full)
    assert caught.value.problems[0].file == str(path)


def test_a_full_disk_is_told_with_its_reason(tmp_path: Path) -> None:
    def no_space(_: BinaryIO) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="cannot be written: No space left on device"):
        write_whole(tmp_path / "sheet.xlsx", no_space)
    assert names_in(tmp_path) == []


def test_a_folder_of_files_is_written_all_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    write_folder(folder, {"a.csv": full, "b.csv": full})
    (folder / "a.csv").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        write_folder(folder, {"a.csv": full, "b.csv": half_written})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.csv": b"old", "b.csv": b"new"}


def test_a_folder_made_for_a_failed_write_is_taken_away(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "results", {"a.csv": half_written})
    assert names_in(tmp_path) == []


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="is a file; expected the name of a folder"):
        write_folder(path, {"a.csv": full})
