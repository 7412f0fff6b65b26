"""The step `train` on toy faces, and the files that it writes."""

from pathlib import Path

from unmask.train.step import train

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, recipe: Path, out: str) -> Path:
    train(recipe, folder / "train.parquet", folder / "val.parquet", folder / "shards", folder / out)
    return folder / out


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
