"""What training left behind: recipe, summary and learning curves."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from unmask.errors import DataError
from unmask.hashing import file_sha256


@dataclass(frozen=True)
class Run:
    """One recipe's training.

    Attributes:
        recipe: Name of the recipe.
        text: The recipe as YAML.
        summary: Numbers of the epoch that was kept.
        curves: For each number `step` and `value`.
        model: Hash of the model's file; empty if there is none.
    """

    recipe: str
    text: str
    summary: dict[str, Any]
    curves: dict[str, pd.DataFrame]
    model: str


def read(folder: Path) -> Run:
    """Read one recipe's training.

    Args:
        folder: With `recipe.yaml`, `summary.json` and `curves/<number>.tsv`.

    Raises:
        DataError: The recipe or the summary is missing or unreadable.
    """
    try:
        text = (folder / "recipe.yaml").read_text(encoding="utf-8")
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{error.filename} does not exist; run the step `train`, or fetch it with `dvc pull`."
        ) from None
    except json.JSONDecodeError as error:
        raise DataError(f"{folder / 'summary.json'} is not valid JSON: {error}") from None
    model = folder / "model.safetensors"
    return Run(folder.name, text, summary, _curves(folder / "curves"), file_sha256(model) if model.is_file() else "")


def _curves(folder: Path) -> dict[str, pd.DataFrame]:
    found = {}
    for path in sorted(folder.rglob("*.tsv")):
        table = pd.read_csv(path, sep="\t")
        # DVCLive writes `step` first and the number under its own name last.
        value = table.columns[-1]
        found[path.relative_to(folder).with_suffix("").as_posix()] = table.rename(columns={value: "value"})
    return found
