"""Every error a user can meet.

    AbsWaterfallError
    └── InputError      the input is wrong: all its problems at once (exit status 2)

A run whose own checks fail is not an error but a marked result (exit status 3); anything else is a fault of ours (1).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class AbsWaterfallError(Exception):
    """Root of the errors this package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the input.

    `file` is the path as the user gave it, `place` a key path ("waterfall.amortising[3].interest") or a row
    ("row 17, balance"); either may be empty. `message` says the value and what was expected.
    """

    message: str
    place: str = ""
    file: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.message) if part)

    def in_file(self, file: str) -> Problem:
        """The same problem, located in a file unless it already is."""
        return Problem(self.message, self.place, self.file or file)


class InputError(AbsWaterfallError):
    """The input is wrong; `problems` holds everything found in one pass, never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        """Its problems go with it from one process to another."""
        return InputError, (self.problems,)

    @classmethod
    def one(cls, message: str, place: str = "", file: str = "") -> InputError:
        """An error with a single problem."""
        return cls([Problem(message, place, file)])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' Did you mean "X"?' for the nearest known name, or nothing where none is near.

    >>> did_you_mean("coupn", ["coupon", "balance"])
    ' Did you mean "coupon"?'
    >>> did_you_mean("A3", ["A1", "A2", "B"])
    ' Did you mean "A2"?'
    >>> did_you_mean("zzz", ["coupon"])
    ''
    """
    names = list(known)
    likeness = 0.5 if len(name) == 2 else 0.6  # one letter of two may be wrong
    near = difflib.get_close_matches(name, names, n=1, cutoff=likeness)
    if not near:
        folded = {n.casefold(): n for n in names}
        near = [folded[n] for n in difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=likeness)]
    return f' Did you mean "{near[0]}"?' if near else ""
