"""The step: deal videos to splits, write the manifests, and audit what was written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import RootModel

from unmask.errors import DataError, LeakError
from unmask.split import audit as check
from unmask.split import manifest, sources
from unmask.split.balance import balance
from unmask.split.deal import CLASSES
from unmask.split.params import Params
from unmask.split.probe import probe
from unmask.split.protocol import assign
from unmask.split.tables import MANIFEST, SPLITS


def split(
    videos: Path,
    crops: Path,
    train: Path,
    val: Path,
    test: Path,
    metrics: Path,
    corpora: RootModel[dict[str, Any]] | Mapping[str, Any],
    split: Params,
) -> None:
    """Deal identities to splits, balance train, and audit that nothing leaks.

    Args:
        videos: Holds `<corpus>/videos.parquet`.
        crops: Holds `<corpus>/crops.parquet`.
        train: Manifest of train to write.
        val: Manifest of val to write.
        test: Manifest of test to write.
        metrics: The audit to write, JSON.
        corpora: The corpora that are read; only the names matter.
        split: Who is in which split.

    Raises:
        ParamsError: A corpus to train on is not among the corpora.
        DataError: A split is empty or lacks a class, or tables do not fit together.
        LeakError: The audit found something in two splits; the manifests are removed.
    """
    names = sorted(corpora.root if isinstance(corpora, RootModel) else corpora)
    sources.check_names(names, split.train_on)
    sources.warn_of_strays([videos, crops], names)
    table = sources.read_videos(videos, names)
    protocol = assign(table, split)
    faces = manifest.faces(table, crops)
    # From here on `status` is the crops' and not the file's.
    placed = table.assign(place=protocol.split, weight=1.0, crops=faces["crops"], status=faces["status"])
    why = protocol.why.copy()
    why[(placed["place"] == "train") & (placed["crops"] == 0)] = check.NO_FACE
    _check_classes(placed)
    trained = placed[(placed["place"] == "train") & (placed["crops"] > 0)]
    weight = balance(trained, split.balance, split.seed)
    why[trained.index.difference(weight.index)] = check.UNDERSAMPLED
    placed.loc[weight.index, "weight"] = weight

    paths = dict(zip(SPLITS, (train, val, test), strict=True))
    for name, path in paths.items():
        rows = placed[(placed["place"] == name) & (why == "")]
        MANIFEST.write(manifest.build(rows, crops, count_missing=name != "train"), path)
    reasons = dict(zip(table.loc[why != "", "video"], why[why != ""], strict=True))
    found = _audit(paths, table, reasons)
    for name, rule in protocol.rules.items():
        found["corpora"][name]["rule"] = rule
    found["probe"] = probe(table[(why == "") | (why == check.UNDERSAMPLED)], split.seed)
    metrics.parent.mkdir(parents=True, exist_ok=True)
    metrics.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _audit(paths: Mapping[str, Path], videos: pd.DataFrame, why: Mapping[str, str]) -> dict[str, Any]:
    try:
        return check.audit({name: check.read_members(path) for name, path in paths.items()}, videos, why)
    except LeakError:
        # Nobody shall train on them by accident.
        for path in paths.values():
            path.unlink(missing_ok=True)
        raise


def _check_classes(placed: pd.DataFrame) -> None:
    """Insist on both classes with faces in train (of each corpus) and val, and on a test that is not empty."""
    seen = placed[placed["crops"] > 0]
    trained = seen[seen["place"] == "train"]
    groups = {f"train of {corpus}": part for corpus, part in trained.groupby("corpus", sort=True)}
    for corpus in sorted(set(placed.loc[placed["place"] == "train", "corpus"]) - set(trained["corpus"])):
        raise DataError(f"No video of {corpus} in train has a face; look at its `faces.parquet`.")
    for where, part in {**groups, "val": seen[seen["place"] == "val"]}.items():
        for label, name in enumerate(CLASSES):
            if not np.any(part["label"] == label):
                raise DataError(f"No {name} video in {where} has a face; look at the corpus' `faces.parquet`.")
    if not (seen["place"] == "test").any():
        raise DataError(
            "test is empty: no corpus gives it a video with a face; raise `split.shares.test`, or add a corpus."
        )
