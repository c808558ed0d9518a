"""Kernels compiled when first called, or interpreted.

A kernel calls only kernels of its own module: what numba keeps of compiled code it makes anew when that file changes,
and not when another does.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from threading import Lock
from types import FunctionType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

from abs_waterfall.threads import processors

P = ParamSpec("P")
R = TypeVar("R")

FASTMATH: Final = frozenset({"reassoc", "contract", "nsz"})
PROCESSORS: Final = processors()
LOADING: Final = Lock()  # of the compiler, by whichever thread needs it first
FEW: Final = 100_000  # months of loans or cohorts: interpreting them takes no longer than loading the compiler does


class Kernel(Generic[P, R]):
    """A kernel by its name: compiled, with all it calls, when it is first called; or interpreted, where that is asked for."""

    def __init__(self, written: Callable[P, R], fastmath: frozenset[str]) -> None:
        self.written = self.plain = cast("FunctionType", written)
        self.fastmath = fastmath

    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """Run it compiled."""
        return self.compiled(*given, **named)

    @cached_property
    def compiled(self) -> Callable[P, R]:
        """As machine code."""
        with LOADING:
            kernel: Callable[P, R] = _compiled(self)
        return kernel

    @property
    def interpreted(self) -> Callable[P, R]:
        """As it is written, by arrays where it is written so too, and so all it calls."""
        return _interpreted(self)

    def by_arrays(self, written: Callable[P, R]) -> Kernel[P, R]:
        """Name the same by NumPy's arrays, which may add in another order: it stands for loops that would be interpreted."""
        self.plain = cast("FunctionType", written)
        return self

    def fit(self, months: int) -> Callable[P, R]:
        """The one that is done sooner with so many months of loans or cohorts."""
        return self.interpreted if months <= FEW else self


def summing(written: Callable[P, R]) -> Kernel[P, R]:
    """Name a kernel whose sums may be vectorised: their bits are those of one machine, compiled or interpreted."""
    return Kernel(written, FASTMATH)


def exact(written: Callable[P, R]) -> Kernel[P, R]:
    """Name a kernel that does each operation as it is written: the same bits compiled and interpreted."""
    return Kernel(written, frozenset())


def _made(written: FunctionType, how: Callable[[Kernel[..., Any]], Any]) -> FunctionType:
    """A kernel as a function, each that it calls made so."""
    code, names = written.__code__, dict(written.__globals__)
    for name in code.co_names:
        if isinstance(called := names.get(name), Kernel):
            names[name] = how(called)
    return FunctionType(code, names, code.co_name)


@cache
def _interpreted(kernel: Kernel[..., Any]) -> FunctionType:
    """As it is written."""
    return _made(kernel.plain, _interpreted)


@cache
def _compiled(kernel: Kernel[..., Any]) -> Any:
    """Compiled for one thread: numba's own parallel loops take a third longer to compile.

    With all it calls in one piece: handing arrays over counts who holds them, which took as long as a month's arithmetic.
    """
    fastmath: set[str] | bool = set(kernel.fastmath) or False
    jit = _numba().njit(cache=_can_cache(), fastmath=fastmath, error_model="numpy", nogil=True, forceinline=True)
    return jit(_made(kernel.written, _compiled))


@cache
def _numba() -> Any:
    with _without_scipy():
        import numba  # noqa: PLC0415 - as long to load as a small deal takes to run
        import numba.np.arraymath  # noqa: PLC0415
    return numba


@contextmanager
def _without_scipy() -> Iterator[None]:
    # numba imports scipy wherever it is installed, itself and in arraymath, for linear algebra we do not use
    hide = "scipy" not in sys.modules
    if hide:
        sys.modules["scipy"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hide:
            del sys.modules["scipy"]


@cache
def _can_cache() -> bool:
    """Whether numba finds a folder to keep compiled code in; it raises where there is none."""
    try:
        _numba().njit(cache=True)(_made)
    except RuntimeError:
        message = "no folder to keep compiled code in, so every run compiles anew; NUMBA_CACHE_DIR may name one"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
        return False
    return True
