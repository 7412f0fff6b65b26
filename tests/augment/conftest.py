"""Toy faces to change."""

from pathlib import Path

import pytest
from toy_faces import write_split


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Crops with a planted signal, and the manifest train."""
    write_split(tmp_path, "train", 4)
    return tmp_path
