"""A worker whose parent is killed ends by itself; one whose parent lives goes on."""

import subprocess
import sys
import time
from pathlib import Path

from unmask import orphans

CHILD = """
import os, time
from unmask.orphans import end_with
end_with(os.getppid())
print(os.getpid(), flush=True)
time.sleep(60)
"""
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_a_worker_ends_with_its_parent_and_not_before() -> None:
    source = str(Path(orphans.__file__).parent.parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": source}
    )
    assert parent.stdout is not None
    child = Path(f"/proc/{int(parent.stdout.readline())}")
    time.sleep(3 * orphans.SECONDS)
    assert child.exists()
    parent.kill()
    # Ends when nobody holds the pipe any more.
    start = time.monotonic()
    parent.communicate(timeout=20)
    assert time.monotonic() - start < 20
    deadline = time.monotonic() + 10
    while child.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
