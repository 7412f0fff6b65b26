"""Toy faces to search on, and one thread to do it."""

from pathlib import Path

import pytest
from toy_faces import write_split


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Crops with a planted signal, and the manifests train and val; there is no test split."""
    write_split(tmp_path, "train", 8)
    write_split(tmp_path, "val", 6)
    return tmp_path


@pytest.fixture(autouse=True)
def threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_THREADS", "1")
