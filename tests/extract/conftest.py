"""A corpus of a few small videos."""

from pathlib import Path

import pytest
from tiny_video import write_video


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of four videos of different length and make."""
    root = tmp_path / "raw"
    write_video(root / "real" / "a.mp4", frames=20)
    write_video(root / "real" / "b.mkv", frames=3)
    write_video(root / "fake" / "swap" / "a.mov", frames=9)
    write_video(root / "fake" / "swap" / "deep.mkv", frames=5, codec="ffv1", pixel_format="yuv420p10le")
    return root
