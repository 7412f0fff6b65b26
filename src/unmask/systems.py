"""The detectors that a recipe gives: its network, named `<recipe>`, and each secondary head, `<recipe>+<head>`."""

from collections.abc import Sequence
from pathlib import Path

# In a recipe's folder of any step; it is there also when the recipe has no head.
HEADS = "heads"


def heads(folder: Path) -> list[str]:
    """Name the heads whose folders lie in a recipe's folder, in order."""
    return sorted(path.name for path in (folder / HEADS).glob("*+*") if path.is_dir())


def place(root: Path, name: str) -> Path:
    """Give the folder of a detector.

    Args:
        root: Folder of a step, with a folder for each recipe.
        name: `<recipe>` or `<recipe>+<head>`.
    """
    recipe = name.split("+")[0]
    return root / recipe if name == recipe else root / recipe / HEADS / name


def evaluated(root: Path, recipes: Sequence[str]) -> list[str]:
    """Name every recipe, each followed by its heads, as `evaluate` left them."""
    return [name for recipe in recipes for name in (recipe, *heads(root / recipe))]
