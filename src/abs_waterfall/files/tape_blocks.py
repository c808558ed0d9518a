"""A tape read by the workers of a cluster: a task is a block of one Parquet part, some million rows, read where the worker is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from abs_waterfall.cluster import Cluster
from abs_waterfall.files.found import Found, Source, added, by_part, found_in
from abs_waterfall.files.loan_ids import Over, Repeats
from abs_waterfall.files.tape_parts import BLOCK, Batch, Names, TapePart
from abs_waterfall.files.tape_reading import Chunk, Place, Tape, sorts_in
from abs_waterfall.pool.facts import Gather

Done = TypeVar("Done")


def found_by_workers(
    source: Source, tape: Tape, gather: Gather[Any], told: Callable[[int, int | None], object], cluster: Cluster
) -> Iterator[Found]:
    """What is found in each part of the tape; `told` hears of blocks as they are done, in any order."""
    blocks = blocks_of(tape.parts)
    alone = [of_part(tape, number) for number in range(len(tape.parts))]
    own = replace(source, tape=None, lines=None)
    done: list[int] = []

    def finished(number: int) -> None:
        done.append(rows_in(blocks[number], tape.parts))
        told(sum(done), tape.rows)

    tasks = [(block, alone[part], own, gather) for part, block in blocks]
    found = cluster.in_order(found_in_block, tasks, finished)
    return by_part(zip(blocks, found, strict=True), source, gather)


def found_in_block(block: int, tape: Tape, source: Source, gather: Gather[Any]) -> Found:
    """What is found in one block of a tape of one part."""
    (part,) = tape.parts
    sorts = sorts_in(part, tape)
    chunks = (Chunk(Place(0, block), batch, sorts) for batch in chunks_of(part, tape.names, block))
    return added((found_in(chunk, tape, source, gather) for chunk in chunks), source, gather)


def over_blocks(parts: Sequence[TapePart], cluster: Cluster) -> Over:
    """A piece of a tape is a block, read by a worker. InputError where blocks cannot be read by themselves."""
    for part in parts:
        if part.block is None:
            raise cluster.refused(f"{part.file} is no Parquet; expected Parquet parts, which workers can enter in the middle")

    def over(names: Names, work: Callable[[Iterable[Batch]], Done]) -> Iterator[Done]:
        tasks = [(work, parts[part], tuple(names), block) for part, block in blocks_of(parts)]
        return cluster.in_order(made_of_block, tasks, lambda _: None)

    return over


def made_of_block(work: Callable[[Iterable[Batch]], Done], part: TapePart, names: Names, block: int) -> Done:
    """What is made of one block."""
    return work(chunks_of(part, names, block))


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
