"""Work on the workers of a Dask cluster, given back in the order of the items.

An optional extra: `pip install abs-waterfall[cluster]`. A task whose worker dies is done again by another one; a task that
costs several workers their lives is given up.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from abs_waterfall.errors import InputError

Done = TypeVar("Done")

EXPECTED: Final = 'expected tcp://HOST:PORT of a scheduler, or "local:2" for two workers on this machine'
ADDRESS: Final = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[^\s/:]+):\d{1,5}")
LOCAL: Final = re.compile(r"local:([1-9]\d{0,2})")
PATIENCE: Final = 20.0  # seconds that a scheduler has to answer, and its workers to come
BEGINNING: Final = 120.0  # seconds that workers of our own have to begin
PAUSE: Final = 0.5  # seconds until workers of which one went away are asked again


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster that answers."""

    address: str  # as the user gave it
    client: Any

    @property
    def shown(self) -> str:
        """How many workers it has, for people."""
        count = len(self.client.scheduler_info(n_workers=-1)["workers"])
        return f"{count} worker{'s' * (count > 1)}"

    def in_order(
        self, work: Callable[..., Done], items: Sequence[tuple[Any, ...]], finished: Callable[[int], object]
    ) -> Iterator[Done]:
        """What `work` makes of each item, in their order; `finished` is told the number of each that is done, as it is."""
        from distributed import as_completed  # noqa: PLC0415  # an extra, and slow to import

        waiting = deque(self.client.submit(work, *item, pure=False) for item in items)
        numbers = {future.key: number for number, future in enumerate(waiting)}
        try:
            with self.telling():
                for future in as_completed(waiting):
                    finished(numbers[future.key])
                    while waiting and waiting[0].done():
                        yield waiting.popleft().result()
        finally:
            with suppress(Exception):
                self.client.cancel(list(waiting))

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Say of a cluster that does not do its work why."""
        from distributed import KilledWorker  # noqa: PLC0415  # an extra, and slow to import

        try:
            yield
        except KilledWorker as fault:
            message = f"{fault.allowed_failures + 1} workers died of the same loans; expected workers with more memory"
            raise self.refused(message) from None
        except (CancelledError, OSError):
            raise self.refused("the scheduler went away in mid-run") from None
        except ImportError as fault:
            raise self.refused(f"its workers lack {fault.name}; expected abs-waterfall[cluster] where they run") from None

    def refused(self, message: str) -> InputError:
        """An error that names the cluster."""
        return InputError.one(message, "--cluster", self.address)


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The cluster at an address, or one made for the time being; InputError where there is none."""
    local = LOCAL.fullmatch(address)
    if not local and not ADDRESS.fullmatch(address):
        near = f' Did you mean "tcp://{address}"?' if ADDRESS.fullmatch(f"tcp://{address}") else ""
        raise InputError.one(f"{EXPECTED}.{near}", "--cluster", address)
    with client_of(address, int(local[1]) if local else 0) as client:
        cluster = Cluster(address, client)
        refuse_unfit(cluster)
        yield cluster


@contextmanager
def client_of(address: str, workers: int) -> Iterator[Any]:
    """A client of the scheduler at an address, or of some workers on this machine."""
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415  # an extra, and slow to import
    except ImportError:
        raise InputError.one("needs Dask; expected it installed: pip install abs-waterfall[cluster]", "--cluster") from None
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is said once, by us
    if workers:
        with (
            LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=logging.CRITICAL) as own,
            worker_processes(own.scheduler_address, workers),
            Client(own, timeout=PATIENCE) as client,
        ):
            message = f"fewer than {workers} workers began within {BEGINNING:g} seconds on this machine"
            wait_for(workers, client, BEGINNING, address, message)
            yield client
        return
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError):
        message = f"no scheduler answers within {PATIENCE:g} seconds; expected one, as `dask scheduler` starts it"
        raise InputError.one(message, "--cluster", address) from None
    with client:
        yield client


@contextmanager
def worker_processes(address: str, workers: int) -> Iterator[None]:
    """Workers on this machine, in a session of their own: Ctrl-C in a terminal is for the run alone, which then ends them."""
    options = ["--nworkers", str(workers), "--nthreads", "1", "--no-dashboard", "--death-timeout", "60"]
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *options]
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=silent, stderr=silent, start_new_session=True)  # noqa: S603  # our own words
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def refuse_unfit(cluster: Cluster) -> None:
    """Refuse a cluster without workers, and one whose workers run another version than this."""
    from abs_waterfall import __version__  # noqa: PLC0415  # the package imports this module's floor

    message = f"the scheduler has no workers; expected some, as `dask worker {cluster.address}` starts them"
    wait_for(1, cluster.client, PATIENCE, cluster.address, message)
    here, there = code_of()(), codes_of(cluster)
    if None in there:
        raise cluster.refused(f"its workers lack abs-waterfall; expected {__version__} of it, as here")
    if there != {here}:
        raise cluster.refused(f"its workers have another abs-waterfall than this; expected {__version__}, the same to the byte")


def codes_of(cluster: Cluster) -> set[str | None]:
    """What code the workers run, asked again where one goes away while it is asked: others may be there, or it may be back."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(OSError):
            return set(cluster.client.run(code_of()).values())
        time.sleep(PAUSE)
    raise cluster.refused(f"its workers go away when they are asked for their version, for {PATIENCE:g} seconds now")


def wait_for(workers: int, client: Any, seconds: float, address: str, otherwise: str) -> None:
    """Wait until so many workers are there; InputError where they do not come."""
    try:
        client.wait_for_workers(workers, timeout=seconds)
    except TimeoutError:
        raise InputError.one(otherwise, "--cluster", address) from None


def code_of() -> Callable[[], str | None]:
    """What tells one code of this package from another, where it is called; made here, so that it goes there whole."""

    def code() -> str | None:
        import hashlib  # noqa: PLC0415  # where it is called
        from importlib.util import find_spec  # noqa: PLC0415  # where it is called
        from pathlib import Path  # noqa: PLC0415  # where it is called

        found = find_spec("abs_waterfall")
        if found is None or found.origin is None:
            return None
        files = sorted(Path(found.origin).parent.rglob("*.py"))
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()

    return code
