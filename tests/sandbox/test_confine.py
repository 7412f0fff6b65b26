"""Confinement: a child of the sandbox reaches, changes and holds nothing that it does not need."""

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sandbox.calls import (
    LIMITS,
    alive,
    connect,
    empty,
    hang,
    hold_many,
    look_around,
    remove,
    start,
    start_sleeper,
    strike,
    touch,
    wait_until_gone,
    write_file,
)

from unmask import sandbox
from unmask.confine import landlock
from unmask.errors import VideoError


def test_no_file_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"File too large|Permission denied"):
        sandbox.call(write_file, {"path": str(tmp_path / "trace")}, LIMITS)


@pytest.mark.skipif(landlock() < 4, reason="needs Linux 6.7 with Landlock")
def test_nothing_can_be_made_emptied_removed_started_or_reached(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("content")
    server = socket.create_server(("127.0.0.1", 0))
    attempts: list[tuple[sandbox.Function, dict[str, Any]]] = [
        (touch, {"path": str(tmp_path / "new")}),
        (empty, {"path": str(kept)}),
        (remove, {"path": str(kept)}),
        (start, {"path": sys.executable}),
        (connect, {"port": server.getsockname()[1]}),
    ]
    for function, args in attempts:
        with pytest.raises(VideoError, match=r"^PermissionError"):
            sandbox.call(function, args, LIMITS)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.read_text() == "content"


@pytest.mark.skipif(landlock() < 6, reason="needs Linux 6.12 with Landlock")
def test_no_other_process_can_be_struck() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with pytest.raises(VideoError, match="PermissionError"):
        sandbox.call(strike, {"process": other.pid}, LIMITS)
    assert other.poll() is None
    other.communicate()


def test_a_child_holds_nothing_that_it_does_not_need(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        found = sandbox.call(look_around, {}, LIMITS)[0]
    assert "AWS_SECRET_ACCESS_KEY" not in found["names"]
    assert "PATH" in found["names"]
    assert all(name.startswith("pipe:") or name == "/dev/null" for name in found["files"].values())
    assert found["out_of_memory"] == 1000


def test_no_more_files_are_open_than_decoding_needs() -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 300
    with pytest.raises(VideoError, match="Too many open files"):
        sandbox.call(hold_many, {"path": __file__}, LIMITS)


def test_what_a_child_started_ends_with_it() -> None:
    sleeper = int(sandbox.call(start_sleeper, {}, LIMITS)[0])
    assert alive(sleeper)
    with pytest.raises(VideoError, match="gave up"):
        sandbox.call(hang, {}, sandbox.Limits(seconds=0.1, megabytes=512))
    wait_until_gone(sleeper)
