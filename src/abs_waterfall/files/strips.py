"""The strips of a tape's parts, kept in a folder: they add up, so that only parts that changed are read again.

The folder holds a file for each part and a manifest that names them, with checksums of both. A part is known by its content, a
strip by what of the deal it was made with. New files are written beside the old ones; the manifest, put in place last, counts.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from abs_waterfall.arrays import record
from abs_waterfall.errors import InputError
from abs_waterfall.files.found import Found, Source
from abs_waterfall.files.loan_ids import Span, span
from abs_waterfall.files.manifest import AGAIN, MANIFEST, Manifest, Strip, manifest_in, mark_of, sealed
from abs_waterfall.files.reading import Told, read_here
from abs_waterfall.files.strip_files import as_bytes, from_bytes
from abs_waterfall.files.tape_blocks import of_part
from abs_waterfall.files.tape_parts import Batch, TapePart
from abs_waterfall.files.tape_reading import Tape
from abs_waterfall.pool.facts import Gather, every_loan, no_facts

BESIDE: Final = frozenset({"tape", "synthetic", "line", "recoveries_to", "initial_balance"})
"""What [pool] says that is not of how a part's loans are read, with all that begins with `cumulative`."""


@dataclass(slots=True)
class Strips:
    """A folder of strips, open: what was there, and what a run finds."""

    folder: Path
    terms: dict[str, str]  # what strips depend on, beside the tape and [pool]
    old: Manifest | None
    new: list[Strip] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)  # the parts that were read or are gone, and the reason
    made_with: dict[str, str] = field(default_factory=dict)
    marks: dict[str, tuple[int, str]] = field(default_factory=dict)  # bytes and checksums of parts, taken once
    partial: dict[str, Path] = field(default_factory=dict)  # files written beside their place

    def ids(self, parts: Sequence[TapePart]) -> IdsKept:
        """The ids of the loans, of which the first and last of each part are kept."""
        for part in parts:
            if part.where is None:
                raise self.refused(f"{part.file} is no Parquet; expected Parquet parts")
        return IdsKept(self, parts)

    def found(self, source: Source, tape: Tape, gather: Gather[Any], told: Told) -> tuple[Iterator[Found], Gather[Any]]:
        """What is found in each part, read or kept; it is condensed, however short the tape is."""
        if gather == every_loan():
            message = "this deal needs every loan by itself, for advances, shortened terms or limits on purchases; strips add up"
            raise self.refused(message)
        self.made_with = made_with(source, tape, self.terms)
        gather = replace(gather, few=-1)
        return self.of_parts(source, tape, gather, told), gather

    def of_parts(self, source: Source, tape: Tape, gather: Gather[Any], told: Told) -> Iterator[Found]:
        """What is found in each part."""
        rows = 0
        for number, part in enumerate(tape.parts):
            kept = self.kept(part)
            reason = self.reason(part, kept)
            if kept is not None and reason is None:
                found = self.stored(kept, part)
                self.new.append(kept)
            else:
                self.why[name_of(part)] = str(reason)
                found = next(read_here(source, of_part(tape, number), gather, told)[0], nothing(source))
                self.keep(part, found, tape.plan.loan_id)
            rows += found.facts.rows
            told(rows, tape.rows)
            yield found
        gone = {strip.part for strip in self.old_parts} - {name_of(part) for part in tape.parts}
        self.why |= dict.fromkeys(sorted(gone), "it is gone")

    @property
    def old_parts(self) -> list[Strip]:
        """What was kept before this run."""
        return self.old.parts if self.old else []

    def kept(self, part: TapePart) -> Strip | None:
        """What is kept of a part of this name, whatever its content."""
        return next((strip for strip in self.old_parts if strip.part == name_of(part)), None)

    def reason(self, part: TapePart, kept: Strip | None) -> str | None:
        """Why a part has to be read; None where it need not be."""
        if kept is None or self.old is None:
            return "it is new"
        names = sorted({*self.old.made_with, *self.made_with})
        if changed := [name for name in names if self.old.made_with.get(name) != self.made_with.get(name)]:
            return f"{', '.join(changed)} changed"
        return None if (kept.bytes, kept.sha256) == self.mark(part) else "its content changed"

    def mark(self, part: TapePart) -> tuple[int, str]:
        """The bytes of a part, and their checksum."""
        if part.file not in self.marks and part.where is not None:
            self.marks[part.file] = mark_of(part.where, part.file)
        return self.marks[part.file]

    def stored(self, strip: Strip, part: TapePart) -> Found:
        """A strip, as it was kept. InputError where it is not as it was left."""
        path = self.folder / strip.strip
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise InputError.one(f"cannot be read: {fault.strerror}; {AGAIN}", file=str(path)) from None
        if hashlib.sha256(content).hexdigest() != strip.strip_sha256:
            raise InputError.one(f"is damaged, or another file: its checksum is not that of {MANIFEST}; {AGAIN}", file=str(path))
        try:
            found = from_bytes(content)
        except ValueError as fault:
            raise InputError.one(f"holds no strip: {fault}; {AGAIN}", file=str(path)) from None
        for rows in found.facts.bad.first.values():
            rows[:] = [replace(row, file=part.file) for row in rows]
        return found

    def keep(self, part: TapePart, found: Found, loan_id: str | None) -> None:
        """Write a part's strip beside its place."""
        content, (size, checksum) = as_bytes(found), self.mark(part)
        own = hashlib.sha256(content).hexdigest()
        name = f"{name_of(part)}.{own[:16]}.npz"
        self.partial[name] = self.folder / f".{name}.{os.getpid()}.partial"
        with writing(self.folder):
            self.partial[name].write_bytes(content)
        ids = None if loan_id is None else span(loan_id, part.batches([loan_id]))
        loans, balance = found.facts.rows, float(found.facts.eligible[1])
        strip = Strip(
            part=name_of(part), bytes=size, sha256=checksum, strip=name, strip_sha256=own, loans=loans, balance=balance, ids=ids
        )
        self.new.append(strip)

    def commit(self) -> None:
        """Put what was written in its place, the manifest last, and drop what it no longer names."""
        manifest = Manifest(made_with=self.made_with, parts=self.new)
        beside = self.partial[MANIFEST] = self.folder / f".{MANIFEST}.{os.getpid()}.partial"
        with writing(self.folder):
            beside.write_text(sealed(manifest), encoding="utf-8")
            for name, path in self.partial.items():
                path.replace(self.folder / name)
        for name in {strip.strip for strip in self.old_parts} - {strip.strip for strip in self.new}:
            (self.folder / name).unlink(missing_ok=True)

    def abandon(self) -> None:
        """Remove what was written and not put in its place."""
        for path in self.partial.values():
            path.unlink(missing_ok=True)

    def refused(self, message: str) -> InputError:
        """An error that names the folder."""
        return InputError.one(message, "strips", str(self.folder))


@record
class IdsKept:
    """Ids of which the first and the last of each part are kept."""

    strips: Strips
    parts: Sequence[TapePart]

    def spans(self, loan_id: str) -> Iterator[Span | None]:
        """Of each part."""
        return (self.span(part, loan_id) for part in self.parts)

    def span(self, part: TapePart, loan_id: str) -> Span | None:
        """Of one part, read again where it changed."""
        kept = self.strips.kept(part)
        if kept is not None and kept.ids is not None and (kept.bytes, kept.sha256) == self.strips.mark(part):
            return kept.ids
        return span(loan_id, part.batches([loan_id]))

    def batches(self, loan_id: str) -> Iterator[Batch]:
        """Not to be had: that would be to read every part."""
        expected = "expected whole numbers that do, or no loan_id in [pool.columns]"
        raise self.strips.refused(f'the ids in "{loan_id}" do not increase from part to part; {expected}')


@contextmanager
def strips_in(folder: Path, terms: dict[str, str], *, new: bool) -> Iterator[Strips]:
    """The strips in a folder, which is made where they are to be new; what is not committed leaves no trace."""
    if new and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.one("is there already; expected a folder to make, or an empty one", "strips", str(folder))
    made = not folder.exists()
    strips = Strips(folder, terms, None if new else manifest_in(folder))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield strips
    finally:
        strips.abandon()
        if made:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say why a folder cannot be written to."""
    try:
        yield
    except OSError as fault:
        raise InputError.one(f"cannot be written: {fault.strerror}", "strips", str(folder)) from None


def made_with(source: Source, tape: Tape, terms: dict[str, str]) -> dict[str, str]:
    """What a strip depends on, beside the part itself, each as text."""
    settings = source.settings.model_dump(mode="json")
    pool = {f"pool.{name}": of for name, of in settings.items() if name not in BESIDE and not name.startswith("cumulative")}
    read = {"what the tape's columns hold": [tape.plan.names, dict(tape.sorts)], "the default segment": tape.segment}
    return terms | {name: json.dumps(of, sort_keys=True, ensure_ascii=False) for name, of in (read | pool).items()}


def nothing(source: Source) -> Found:
    """What is found in a part without rows."""
    return Found(no_facts(source.settings.eligibility), None)


def name_of(part: TapePart) -> str:
    """A part's name without its folders."""
    return part.file.rstrip("/").rpartition("/")[2]
