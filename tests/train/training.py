"""The step `train` on toy faces, in this process or as a command, and the files that it writes."""

import os
import sys
from pathlib import Path

from unmask.train.step import train

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, recipe: Path, out: str) -> Path:
    train(recipe, folder / "train.parquet", folder / "val.parquet", folder / "shards", folder / out)
    return folder / out


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def words(folder: Path, recipe: Path, out: str) -> list[str]:
    """Give the command line that trains."""
    inputs = [f"--{name}={folder / name}.parquet" for name in ("train", "val")] + [f"--crops={folder / 'shards'}"]
    script = str(ROOT / "stages" / "60_train.py")
    return [sys.executable, script, f"--recipe={recipe}", *inputs, f"--out={folder / out}"]


def environment(**variables: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "src")} | variables
