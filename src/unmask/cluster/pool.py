"""The pool on a cluster: its engine chosen by name, its address looked at, joblib's `Parallel` made."""

import socket
import time
from importlib import import_module

from joblib import Parallel

from unmask.cluster.backend import Backend
from unmask.errors import EngineError

# Seconds to wait for a scheduler to answer.
ANSWER = 10.0
PAUSE = 0.2
# Calls that are sent ahead: enough for any cluster, also one that grows, and not all of a huge corpus at once.
AHEAD = 4096

# What Ray takes instead of an address.
NAMES = ("auto", "local")


def pool(name: str, address: str, most: int | None) -> Parallel:
    """Give joblib's `Parallel` on a cluster.

    Args:
        name: Of the engine: the module beside this one that has its `Cluster`.
        address: Where its scheduler or head listens.
        most: Number of calls in work at a time; None for as many as the cluster can take.

    Raises:
        EngineError: The package is missing or the address does not answer.
    """
    engine = import_module(f"unmask.cluster.{name}")
    if not address:
        raise EngineError(
            f"UNMASK_ENGINE={name} needs UNMASK_ADDRESS, such as {engine.EXAMPLE}; "
            "docs/cluster.md says how to start one."
        )
    try:
        import_module(engine.NEEDS)
    except ImportError as error:
        raise EngineError(
            f"UNMASK_ENGINE={name} needs the package {engine.NEEDS} ({error}); install requirements-cluster.txt."
        ) from None
    _knock(address)
    backend = Backend(engine.Cluster(address, ANSWER))
    # With fewer than two jobs joblib would work in this process; how many there are, the cluster decides.
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
