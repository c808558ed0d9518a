"""A tape read by the workers of a cluster: a task is a block of one Parquet part, some million rows, read where the worker is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from abs_waterfall.cluster import Cluster
from abs_waterfall.errors import InputError
from abs_waterfall.files.found import Found, Source, added, by_part, found_in
from abs_waterfall.files.loan_ids import Repeats, Span, span
from abs_waterfall.files.reading import Told
from abs_waterfall.files.tape_parts import BLOCK, Batch, Names, TapePart
from abs_waterfall.files.tape_reading import Chunk, Place, Tape, sorts_in
from abs_waterfall.pool.facts import Gather, every_loan


@dataclass(frozen=True, slots=True)
class ReadByWorkers:
    """A tape read by the workers of a cluster."""

    cluster: Cluster

    def ids(self, parts: Sequence[TapePart]) -> IdsThere:
        """The ids, read by workers too."""
        for part in parts:
            if part.block is None:
                raise self.refused(f"{part.file} is no Parquet; expected Parquet parts, which workers can enter in the middle")
        return IdsThere(parts, self.cluster)

    def found(self, source: Source, tape: Tape, gather: Gather[Any], told: Told) -> tuple[Iterator[Found], Gather[Any]]:
        """What is found in each part of the tape; `told` hears of blocks as they are done, in any order."""
        gather = gather if (tape.rows or 0) > gather.few else every_loan()
        blocks, own = blocks_of(tape.parts), replace(source, tape=None, lines=None)
        alone = [of_part(tape, number) for number in range(len(tape.parts))]
        done: list[int] = []

        def finished(number: int) -> None:
            done.append(rows_in(blocks[number], tape.parts))
            told(sum(done), tape.rows)

        tasks = [(block, alone[part], own, gather) for part, block in blocks]
        found = self.cluster.in_order(found_in_block, tasks, finished)
        return by_part(zip(blocks, found, strict=True), source, gather), gather

    def refused(self, message: str) -> InputError:
        """An error that names the cluster."""
        return self.cluster.refused(message)


def found_in_block(block: int, tape: Tape, source: Source, gather: Gather[Any]) -> Found:
    """What is found in one block of a tape of one part."""
    (part,) = tape.parts
    sorts = sorts_in(part, tape)
    chunks = (Chunk(Place(0, block), batch, sorts) for batch in chunks_of(part, tape.names, block))
    return added((found_in(chunk, tape, source, gather) for chunk in chunks), source, gather)


@dataclass(frozen=True, slots=True)
class IdsThere:
    """Ids read by workers, block by block."""

    parts: Sequence[TapePart]
    cluster: Cluster

    def spans(self, loan_id: str) -> Iterator[Span | None]:
        """Of each block."""
        return self.cluster.in_order(span_of_block, self.tasks(loan_id), lambda _: None)

    def batches(self, loan_id: str) -> Iterator[Batch]:
        """Of each block."""
        return chain.from_iterable(self.cluster.in_order(batches_of_block, self.tasks(loan_id), lambda _: None))

    def tasks(self, loan_id: str) -> list[tuple[TapePart, str, int]]:
        """What each worker needs to know."""
        return [(self.parts[part], loan_id, block) for part, block in blocks_of(self.parts)]


def span_of_block(part: TapePart, loan_id: str, block: int) -> Span | None:
    """The ids of one block, where they increase."""
    return span(loan_id, chunks_of(part, [loan_id], block))


def batches_of_block(part: TapePart, loan_id: str, block: int) -> list[Batch]:
    """The ids of one block."""
    return list(chunks_of(part, [loan_id], block))


def chunks_of(part: TapePart, names: Names, block: int) -> Iterator[Batch]:
    """The chunks of one block of a part that can be entered there."""
    return part.block(names, block) if part.block is not None else iter(())


def blocks_of(parts: Sequence[TapePart]) -> list[Place]:
    """Every block of a tape, in its order."""
    return [Place(number, block) for number, part in enumerate(parts) for block in range(part.blocks)]


def rows_in(place: Place, parts: Sequence[TapePart]) -> int:
    """How many rows a block has."""
    return min(BLOCK, (parts[place.part].rows or 0) - place.block * BLOCK)


def of_part(tape: Tape, number: int) -> Tape:
    """The tape as if it had one part alone: what its rows repeat stays."""
    part = tape.parts[number]
    repeats = {at: before for at, before in tape.repeats.originals.items() if at[0] == part.file}
    return replace(tape, parts=(part,), repeats=Repeats(repeats, tape.repeats.told))
