"""Real clusters on the loopback device: a Dask scheduler with two workers, and a Ray head."""

import secrets
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from cluster.processes import documented, free_port, process, until


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler on the loopback device with two workers, which were started in another folder."""
    if not find_spec("distributed"):
        pytest.skip("the package distributed is not installed (requirements-cluster.txt)")
    folder = tmp_path_factory.mktemp("dask")
    logs = folder / "scheduler.log", folder / "worker.log"
    port = str(free_port())
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    scheduler = [*documented("dask scheduler", **{"8786": port}), *local]
    worker = [
        *documented("dask worker", **{"login": "127.0.0.1", "8786": port, "--nworkers 16": "--nworkers 2"}),
        *local,
    ]
    with process(*scheduler, log=logs[0]) as first:
        until(lambda: "Scheduler at" in logs[0].read_text(), first, logs[0])
        with process(*worker, "--local-directory", str(folder), log=logs[1]) as second:
            until(lambda: logs[1].read_text().count("Registered to") == 2, second, logs[1])
            yield f"tcp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Ray head with two processors; nobody without its token can use it."""
    if not find_spec("ray"):
        pytest.skip("the package ray is not installed (requirements-cluster.txt)")
    folder = Path("/tmp") / f"unmask-ray-{secrets.token_hex(4)}"  # a short path: sockets lie below it
    folder.mkdir()
    log, port = folder / "ray.log", str(free_port())
    head = [*documented("ray start --head", **{"6379": port}), "--block", "--node-ip-address", "127.0.0.1"]
    small = ["--num-cpus", "2", "--include-dashboard", "false", "--object-store-memory", "80000000", "--temp-dir"]
    private = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in private.items():
            patch.setenv(name, value)
        try:
            with process(*head, *small, str(folder), log=log) as started:
                until(lambda: "Ray runtime started" in log.read_text(), started, log)
                yield f"127.0.0.1:{port}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
