"""The manifest of a folder of strips: which parts there are, and the checksums by which each is known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from abs_waterfall.errors import InputError
from abs_waterfall.files.addresses import Where, answering, opened

MANIFEST: Final = "manifest.json"
AGAIN: Final = "remove the folder, and write it again with `abs-model strips write`"
PIECE: Final = 4 * 1024**2  # bytes that a checksum is taken of at a time


class Strip(BaseModel):
    """What the manifest says of a part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str  # its file's name
    bytes: int
    sha256: str
    strip: str  # the file's name in the folder
    strip_sha256: str
    loans: int  # rows, bad ones too
    balance: float  # of the eligible
    ids: tuple[int, int] | None  # the first and the last, where loans have ids


class Manifest(BaseModel):
    """What a folder of strips holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    made_with: dict[str, str]  # all that a strip depends on beside its part: of the deal, of the tape, of this program
    parts: list[Strip]


def manifest_in(folder: Path) -> Manifest:
    """The manifest of a folder. InputError where there is none, or it is not as it was left."""
    path = folder / MANIFEST
    if not path.is_file():
        message = f"holds no {MANIFEST}; expected a folder that `abs-model strips write` made"
        raise InputError.one(message, "strips", str(folder))
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        manifest, checksum = Manifest.model_validate(said["manifest"]), said["sha256"]
    except OSError as fault:
        raise InputError.one(f"cannot be read: {fault.strerror}", file=str(path)) from None
    except (ValueError, KeyError, TypeError):
        raise InputError.one(f"is no manifest of strips of this format; {AGAIN}", file=str(path)) from None
    if checksum != checksum_of(manifest):
        raise InputError.one(f"is damaged: its checksum differs; {AGAIN}", file=str(path))
    return manifest


def sealed(manifest: Manifest) -> str:
    """A manifest as the text of its file, with its own checksum."""
    said = {"sha256": checksum_of(manifest), "manifest": manifest.model_dump()}
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def checksum_of(manifest: Manifest) -> str:
    """The checksum of what a manifest says."""
    return hashlib.sha256(json.dumps(manifest.model_dump(), sort_keys=True).encode()).hexdigest()


def mark_of(where: Where, shown: str) -> tuple[int, str]:
    """How many bytes a file has, and their checksum."""
    with answering(shown), opened(where) as file:
        if not isinstance(file, Path):
            return taken_of(file)
        with file.open("rb") as own:
            return taken_of(own)


def taken_of(file: Any) -> tuple[int, str]:
    """The same of an open file, read from its start."""
    size, checksum = 0, hashlib.sha256()
    while content := file.read(PIECE):
        size += len(content)
        checksum.update(content)
    return size, checksum.hexdigest()
