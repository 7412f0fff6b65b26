"""The step: fit every secondary head of a recipe on the frozen network, and score validation and test by each."""

from pathlib import Path
from typing import Any

from unmask.params import read_yaml
from unmask.systems import HEADS


def probe(recipe: Path, model: Path, train: Path, val: Path, test: Path, crops: Path, frames: Path, out: Path) -> None:
    """Fit a recipe's secondary heads on the embeddings of its frozen network, and score validation and test by each.

    Heads learn from the training split alone; validation chooses among their settings. A head's folder holds what
    `predict` writes, and what a training says of itself, so that it is measured like any other detector. Heads on
    sequences give every face of a track the track's score.

    Args:
        recipe: The recipe, a YAML file; its section `probes` says which heads.
        model: Folder of the trained model.
        train: Manifest of the training split.
        val: Manifest of the validation split.
        test: Manifest of the test split.
        crops: Folder with a folder of crop shards for each corpus.
        frames: Folder with `<corpus>/frames.parquet`, which says when frames are.
        out: Gets `embedded/<corpus>.parquet`, `points.parquet` (a map of the test videos), and for each head a folder
            `heads/<recipe>+<head>`.

    Raises:
        ParamsError: The recipe is wrong.
        LeakError: A video stands in two splits.
        DataError: A split has one class and a head learns, the model is missing, or sequences are asked of single
            frames.
    """
    (out / HEADS).mkdir(parents=True, exist_ok=True)
    if not _asked(read_yaml(recipe)):
        return
    # Not where there is nothing to do: it brings torch and scikit-learn, which take seconds.
    from unmask.probe.fitting import Folders, fit

    fit(Folders(recipe, model, train, val, test, crops, frames), out)


def _asked(recipe: dict[str, Any]) -> bool:
    """Whether a recipe names a head; what is wrong in its section is told by the one who reads all of it."""
    section = recipe.get("probes")
    return not isinstance(section, dict) or section.get("heads") != {}
