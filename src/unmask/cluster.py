"""Work on other machines: joblib backends for a Dask scheduler and a Ray cluster, for `unmask.parallel`."""

import logging
import os
import socket
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pickle import dumps, loads
from textwrap import shorten
from typing import Any, Protocol
from uuid import uuid4

from joblib import Parallel
from joblib.parallel import ParallelBackendBase

from unmask import code
from unmask.errors import EngineError, WorkersLostError

# Seconds to wait for a scheduler to answer, and for its first worker to come.
ANSWER = 10.0
PAUSE = 0.2
FIRST = 120
# How often Ray itself begins a call again whose worker died, as Dask does (three times); then the stage is told.
RETRIES = 2
# Calls that are sent ahead: enough for any cluster, also one that grows, and not all of a huge corpus at once.
AHEAD = 4096

# What Ray takes instead of an address.
NAMES = ("auto", "local")

Call = Callable[[], Any]


class Cluster(Protocol):
    """What an engine must be able to do."""

    def submit(self, call: Call) -> "Future[Any]":
        """Have a worker call a function without arguments."""

    def close(self) -> None:
        """Let go of the cluster; it keeps running."""


def pool(name: str, address: str, most: int | None) -> Parallel:
    """Give joblib's `Parallel` on a cluster.

    Args:
        name: dask or ray.
        address: Where its scheduler or head listens.
        most: Number of calls in work at a time; None for as many as the cluster can take.

    Raises:
        EngineError: The package is missing or the address does not answer.
    """
    if not address:
        example = "tcp://host:8786" if name == "dask" else "host:6379"
        raise EngineError(
            f"UNMASK_ENGINE={name} needs UNMASK_ADDRESS, such as {example}; docs/cluster.md says how to start one."
        )
    module = "distributed" if name == "dask" else "ray"
    try:
        import_module(module)
    except ImportError as error:
        raise EngineError(
            f"UNMASK_ENGINE={name} needs the package {module} ({error}); install requirements-cluster.txt."
        ) from None
    _knock(address)
    backend = _Backend(_Dask(address) if name == "dask" else _Ray(address))
    return Parallel(
        n_jobs=2, backend=backend, pre_dispatch=most or AHEAD, batch_size=1, return_as="generator_unordered"
    )


def _knock(address: str) -> None:
    """Wait a little for something to listen; left to themselves the libraries wait for minutes."""
    if address in NAMES:
        return None
    host, _, port = address.rpartition("//")[2].rpartition(":")
    problem = "it is not host:port"
    end = time.monotonic() + ANSWER
    while port.isdecimal():
        try:
            return socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER).close()
        except (OSError, OverflowError) as error:
            problem = str(error)
        if time.monotonic() > end:
            break
        time.sleep(PAUSE)
    raise EngineError(
        f"Nothing answers at UNMASK_ADDRESS={address} ({problem}). It must be host:port of a running Dask scheduler or "
        "Ray head; docs/cluster.md says how to start one."
    )


class _Backend(ParallelBackendBase):
    """Sends every call of joblib to a cluster.

    The backends that Dask and Ray bring for joblib wait forever, or end in a `TypeError`, when a worker dies, and
    Ray's deals the calls out in turn, also to workers that are busy.
    """

    supports_retrieve_callback = True

    def __init__(self, cluster: Cluster, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster
        self.waiting: set[Future[Any]] = set()

    def configure(self, n_jobs: int = 1, parallel: Any = None, *_: Any, **__: Any) -> int:
        """Remember who asks."""
        self.parallel = parallel
        return self.effective_n_jobs(n_jobs)

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Say "more than one", whatever is asked: with one, joblib would do the work in this process."""
        return max(n_jobs or 0, 2)

    def submit(self, func: Call, callback: Any = None) -> Any:
        """Send a call; joblib is told when it is finished, failed or lost."""
        future = self.cluster.submit(There(func))
        self.waiting.add(future)
        future.add_done_callback(self.waiting.discard)
        future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Any) -> Any:
        """Give a call's result, raise the exception that it raised there, or say that the cluster lost it."""
        try:
            result = out.result()
        except BaseException as error:
            raise WorkersLostError(shorten(f"{type(error).__name__}: {error}", 200)) from None
        if isinstance(result, _Failed):
            raise result.error from _RemoteError(result.text)
        return result

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Call off whatever has not begun."""
        for future in list(self.waiting):
            future.cancel()

    def terminate(self) -> None:
        """Let go of the cluster."""
        self.cluster.close()


class There:
    """A call that is made in the project's folder, by the same code with the same libraries, or not at all."""

    def __init__(self, call: Call) -> None:
        # As bytes: a scheduler on the way need not be able to import what only workers need.
        self.call, self.folder, self.code = dumps(call), str(Path.cwd()), _installed()

    def __call__(self) -> Any:
        """Make the call."""
        try:
            self._check()
            return loads(self.call)()
        except Exception as error:
            return _Failed(error, traceback.format_exc())

    def _check(self) -> None:
        host = socket.gethostname()
        try:
            os.chdir(self.folder)
        except OSError as error:
            raise EngineError(
                f"The worker on {host} cannot enter the project's folder ({error}). It must lie at the same path on "
                "every machine, on a shared file system."
            ) from None
        if self.code != _installed():
            raise EngineError(
                f"The worker on {host} has another version of unmask or of a library than this process, or was "
                "started before the last change. Give all machines the same environment and start the workers anew."
            )


@dataclass(frozen=True)
class _Failed:
    """What the work itself raised, told apart from a failure of the cluster."""

    error: Exception
    text: str


class _RemoteError(Exception):
    """Shows the traceback of another machine."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0])


@cache
def _installed() -> str:
    """Hash unmask's code as this process found it, and the versions of the libraries that it imports."""
    files = [path.relative_to(code.ROOT).with_suffix("").parts for path in sorted(code.ROOT.rglob("*.py"))]
    return code.version(*(".".join(["unmask", *parts]) for parts in files if parts[-1] != "__init__"))


class _Dask:
    """A Dask scheduler with workers."""

    def __init__(self, address: str) -> None:
        distributed: Any = import_module("distributed")
        # It tells in tracebacks what is told here in one line.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self.client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
        except Exception as error:
            raise EngineError(f"What answers at UNMASK_ADDRESS={address} is no Dask scheduler ({error}).") from None
        try:
            self.client.wait_for_workers(1, timeout=FIRST)
        except TimeoutError:
            self.close()
            raise EngineError(
                f"The Dask scheduler at {address} has no worker after {FIRST} s; start some with "
                f"`dask worker {address} --nthreads 1 --nworkers 4`."
            ) from None

    def submit(self, call: Call) -> "Future[Any]":
        future: Future[Any] = self.client.submit(call, key=f"unmask-{uuid4().hex}")
        return future

    def close(self) -> None:
        self.client.close()


class _Ray:
    """A Ray cluster."""

    def __init__(self, address: str) -> None:
        self.ray: Any = import_module("ray")
        try:
            self.ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            raise EngineError(f"What answers at UNMASK_ADDRESS={address} is no Ray head ({error}).") from None
        self.remote = self.ray.remote(_call).options(num_cpus=1, max_retries=RETRIES)

    def submit(self, call: Call) -> "Future[Any]":
        future: Future[Any] = self.remote.remote(call).future()
        return future

    def close(self) -> None:
        self.ray.shutdown()


def _call(call: Call) -> Any:
    return call()
