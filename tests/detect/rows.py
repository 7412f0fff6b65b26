"""Rows of extracted frames and of faces."""

from pathlib import Path
from typing import Any

from unmask.extract.tables import FRAMES


def changed(folder: Path, video: str, **values: Any) -> None:
    """Change columns of one video in `frames.parquet`."""
    FRAMES.write([row | (values if row["video"] == video else {}) for row in FRAMES.rows(folder)], folder)


def by_video(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {video: [row for row in rows if row["video"] == video] for video in sorted({row["video"] for row in rows})}
