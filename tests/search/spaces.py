"""A small recipe with its questions, spaces for it, and searches over them on toy faces."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from unmask.search.rewrite import rewrite
from unmask.search.run import search
from unmask.search.trial import Inputs

ROOT = Path(__file__).parent.parent.parent
SMALL = {
    "model.backbone": "test_resnet", "model.options": {}, "input.size": 32, "train.epochs": 3, "train.batch": 8,
    "train.sampling": {"name": "per_video", "crops": 2}, "train.lr": 0.003,
    "augment.policies.strong": {"flip": {"p": 0.5}},
}  # fmt: skip
RATES = {"low": 1e-3, "high": 1e-2, "log": True}


def write_recipe(folder: Path, **changes: Any) -> Path:
    """Write a recipe of the project made small, its comments kept; `train__lr` names a key."""
    text = (ROOT / "recipes" / "mobile_demo.yaml").read_text()
    path = folder / "toy.yaml"
    path.write_text(rewrite(text, SMALL | {name.replace("__", "."): value for name, value in changes.items()}))
    return path


def write_space(folder: Path, keys: dict[str, Any], **changes: Any) -> Path:
    """Write a space."""
    path = folder / "space.yaml"
    with path.open("w") as file:
        YAML().dump({"seed": 1, "random": 2, "prune": "none"} | changes | {"keys": keys}, file)
    return path


def run(folder: Path, trials: int, out: str = "toy_best.yaml") -> str:
    """Search in a folder with toy faces, a recipe and a space."""
    inputs = Inputs(folder / "train.parquet", folder / "val.parquet", folder / "shards")
    return search(folder / "toy.yaml", folder / "space.yaml", trials, folder / out, inputs)


def cells(table: str) -> list[list[str]]:
    """Take a table apart."""
    return [line.split("  ") for line in table.splitlines()]
