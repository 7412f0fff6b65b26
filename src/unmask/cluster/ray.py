"""Ray: a head, at whose address nodes with workers come and go."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import Any

from unmask.errors import EngineError

NEEDS = "ray"
EXAMPLE = "host:6379"

# How often Ray itself begins a call again whose worker died, as Dask does (three times); then the stage is told.
RETRIES = 2


class Cluster:
    """A Ray cluster."""

    def __init__(self, address: str, answer: float) -> None:
        """Connect; how long Ray waits cannot be told it."""
        self._ray: Any = import_module(NEEDS)
        try:
            self._ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            raise EngineError(f"What answers at UNMASK_ADDRESS={address} is no Ray head ({error}).") from None
        self._remote = self._ray.remote(_call).options(num_cpus=1, max_retries=RETRIES)

    def submit(self, call: Callable[[], Any]) -> "Future[Any]":
        """Have a worker call a function without arguments."""
        future: Future[Any] = self._remote.remote(call).future()
        return future

    def close(self) -> None:
        """Let go of the cluster."""
        self._ray.shutdown()


def _call(call: Callable[[], Any]) -> Any:
    return call()
