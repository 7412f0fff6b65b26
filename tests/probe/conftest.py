"""Toy faces with a recipe of all heads, and one process to embed them."""

from pathlib import Path

import pytest
from probe.probing import prepare


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return prepare(tmp_path)
