"""Dask: a scheduler, at whose address workers come and go."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import Any
from uuid import uuid4

from unmask.errors import EngineError

NEEDS = "distributed"
EXAMPLE = "tcp://host:8786"

# Seconds to wait for the first worker.
FIRST = 120
# They tell in tracebacks what is told here in one line.
LOUD = ("distributed", "distributed.client")


class Cluster:
    """A Dask scheduler with workers."""

    def __init__(self, address: str, answer: float) -> None:
        """Connect, and wait for a worker."""
        distributed: Any = import_module(NEEDS)
        for name in LOUD:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            asyncio.run(asyncio.wait_for(_greet(address), answer))
            self._client = distributed.Client(address, timeout=answer, set_as_default=False)
        except Exception as error:
            said = str(error) or f"no greeting in {answer:.0f} s"
            raise EngineError(f"What answers at UNMASK_ADDRESS={address} is no Dask scheduler ({said}).") from None
        try:
            self._client.wait_for_workers(1, timeout=FIRST)
        except TimeoutError:
            self.close()
            raise EngineError(
                f"The Dask scheduler at {address} has no worker after {FIRST} s; start some with "
                f"`dask worker {address} --nthreads 1 --nworkers 4`."
            ) from None

    def submit(self, call: Callable[[], Any]) -> "Future[Any]":
        """Have a worker call a function without arguments."""
        future: Future[Any] = self._client.submit(call, key=f"unmask-{uuid4().hex}")
        return future

    def close(self) -> None:
        """Let go of the scheduler."""
        self._client.close()


async def _greet(address: str) -> None:
    """Shake hands; a client waits forever for the hand of something that is no scheduler."""
    security = import_module("distributed.security").Security()
    comm = await import_module("distributed.comm").connect(address, **security.get_connection_args("client"))
    await comm.close()
