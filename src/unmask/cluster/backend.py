"""The joblib backend of every cluster: it sends calls, and tells what came back from what was lost."""

from collections.abc import Callable
from concurrent.futures import Future
from textwrap import shorten
from typing import Any, Protocol

from joblib.parallel import ParallelBackendBase

from unmask.cluster.there import Failed, RemoteError, There
from unmask.errors import WorkersLostError


class Cluster(Protocol):
    """What the module of an engine offers under the name `Cluster`, beside `NEEDS` and `EXAMPLE`."""

    def __init__(self, address: str, answer: float) -> None:
        """Connect to a cluster, waiting for so many seconds.

        Raises:
            EngineError: What answers at the address is something else, or it has no worker.
        """

    def submit(self, call: Callable[[], Any]) -> "Future[Any]":
        """Have a worker call a function without arguments."""

    def close(self) -> None:
        """Let go of the cluster; it keeps running."""


class Backend(ParallelBackendBase):
    """Sends every call of joblib to a cluster; docs/decisions/0012 says why Dask's and Ray's own backends do not."""

    supports_retrieve_callback = True

    def __init__(self, cluster: Cluster, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._cluster = cluster
        self._waiting: set[Future[Any]] = set()

    def configure(self, n_jobs: int = 1, parallel: Any = None, *_: Any, **__: Any) -> int:
        """Remember who asks."""
        self.parallel = parallel
        return self.effective_n_jobs(n_jobs)

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Say "more than one", whatever is asked: with one, joblib would do the work in this process."""
        return max(n_jobs or 0, 2)

    def submit(self, func: Callable[[], Any], callback: Any = None) -> Any:
        """Send a call; joblib is told when it is finished, failed or lost."""
        future = self._cluster.submit(There(func))
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        future.add_done_callback(callback)
        return future

    def retrieve_result_callback(self, out: Any) -> Any:
        """Give a call's result, raise the exception that it raised there, or say that the cluster lost it."""
        try:
            result = out.result()
        except BaseException as error:
            raise WorkersLostError(shorten(f"{type(error).__name__}: {error}", 200)) from None
        if isinstance(result, Failed):
            raise result.error from RemoteError(result.text)
        return result

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Call off whatever has not begun."""
        for future in list(self._waiting):
            future.cancel()

    def terminate(self) -> None:
        """Let go of the cluster."""
        self._cluster.close()
