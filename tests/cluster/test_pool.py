"""The way to a cluster: what is not there, or is something else, is one message."""

import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cluster.processes import free_port
from squares import choose, squares

from unmask.cluster import pool
from unmask.errors import EngineError


@pytest.mark.parametrize("engine", ["dask", "ray"])
def test_a_cluster_that_is_not_there_is_one_message(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = {"dask": "distributed", "ray": "ray"}[engine]
    if find_spec(package):
        for address in (f"127.0.0.1:{free_port()}", "nowhere"):
            choose(monkeypatch, engine, address)
            monkeypatch.setattr(pool, "ANSWER", 0.5)
            with pytest.raises(EngineError, match=f"Nothing answers at UNMASK_ADDRESS={address}"):
                squares(tmp_path)
    choose(monkeypatch, engine)
    with pytest.raises(EngineError, match=f"UNMASK_ENGINE={engine} needs UNMASK_ADDRESS"):
        squares(tmp_path)
    choose(monkeypatch, engine, "127.0.0.1:1")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EngineError, match=f"needs the package {package} .*requirements-cluster.txt"):
        squares(tmp_path)


@pytest.mark.skipif(not find_spec("distributed"), reason="the package distributed is not installed")
def test_what_is_no_dask_scheduler_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "ANSWER", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        choose(monkeypatch, "dask", f"127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(EngineError, match=r"is no Dask scheduler \(no greeting in 1 s\)"):
            squares(tmp_path)
