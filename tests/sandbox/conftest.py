"""Children of the sandbox find what they are asked to do."""

import os

import pytest
from sandbox.calls import TESTS

from unmask import sandbox


@pytest.fixture(autouse=True)
def _tests_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children import the functions of `sandbox.calls`, however they were found."""
    sandbox._local.child = None
    monkeypatch.setenv("PYTHONPATH", f"{TESTS}{os.pathsep}{TESTS.parent}")
