"""Who reads a tape: this process, in threads, unless the run says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from abs_waterfall.errors import InputError
from abs_waterfall.files.found import Found, Source, by_part, found_in
from abs_waterfall.pool.facts import Gather, every_loan
from abs_waterfall.threads import in_order, processors

if TYPE_CHECKING:
    from abs_waterfall.files.loan_ids import Ids
    from abs_waterfall.files.tape_parts import TapePart
    from abs_waterfall.files.tape_reading import Place, Tape

AHEAD: Final = 64
"""Chunks, of some 2 MB each: as many as are read while the compiler loads."""

Told = Callable[[int, int | None], object]
"""Told after each chunk how many rows are read, and of how many, where that is known."""


def unheard(_rows: int, _of: int | None) -> None:
    """Nobody wants to be told."""


class Reading(Protocol):
    """Somebody who reads a tape."""

    def ids(self, parts: Sequence[TapePart]) -> Ids:
        """The ids of its loans. InputError where these parts cannot be read so."""

    def found(self, source: Source, tape: Tape, gather: Gather[Any], told: Told) -> tuple[Iterator[Found], Gather[Any]]:
        """What is found in each part of it, and how that is gathered."""

    def refused(self, message: str) -> InputError:
        """An error that names the reader."""


def read_here(source: Source, tape: Tape, gather: Gather[Any], told: Told) -> tuple[Iterator[Found], Gather[Any]]:
    """What is found in each part of the tape, its chunks worked on in threads, and how it is gathered."""
    from abs_waterfall.files.tape_reading import all_chunks, more_than  # noqa: PLC0415  # loads pyarrow

    long, chunks = more_than(gather.few, tape, all_chunks(tape))
    gather = gather if long else every_loan()
    keep_what_is_freed()
    found = in_order(lambda chunk: (chunk.place, found_in(chunk, tape, source, gather)), chunks, processors(), AHEAD)
    return by_part(telling(found, tape.rows, told), source, gather), gather


def keep_what_is_freed() -> None:
    """Let a chunk take the memory of those before it: given back and taken anew, its pages took as long as its sums.

    glibc keeps up to twice the largest piece that was freed, of at most 32 MB.
    """
    np.empty(31 << 20, np.uint8)


def telling(found: Iterable[tuple[Place, Found]], of: int | None, told: Told) -> Iterator[tuple[Place, Found]]:
    """The same, the progress told as it comes."""
    rows = 0
    for place, each in found:
        rows += each.facts.rows
        told(rows, of)
        yield place, each
