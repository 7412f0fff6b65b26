"""The step: deal videos to splits, write the manifests, and audit what was written."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import RootModel

from unmask.errors import DataError, LeakError, warn
from unmask.split import audit as check
from unmask.split import manifest, sources
from unmask.split.balance import balance
from unmask.split.examine import examine
from unmask.split.kept import read_kept
from unmask.split.notices import tell
from unmask.split.params import Params
from unmask.split.protocol import CLASSES, Protocol, assign
from unmask.split.tables import SPLITS


def split(
    videos: Path,
    crops: Path,
    kept: Path,
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
        kept: The list of identities that stay where they are, `identity,split`.
        train: Manifest of train to write.
        val: Manifest of val to write.
        test: Manifest of test to write.
        metrics: The audit to write, JSON.
        corpora: The corpora that are read, and the layout of each.
        split: Who is in which split.

    Raises:
        ParamsError: The section names a corpus or a method that is not there.
        DataError: A split is empty or lacks a class, or tables do not fit together.
        LeakError: The audit found something in two splits; the manifests are removed.
    """
    options = corpora.root if isinstance(corpora, RootModel) else corpora
    names = sorted(options)
    sources.check_names(names, split)
    sources.warn_of_strays([videos, crops], names)
    table = sources.read_videos(videos, names)
    sources.check_names(names, split, sources.methods_of(table))
    layouts = {name: getattr(option, "layout", None) for name, option in options.items()}
    protocol = _assign(table, split, layouts, kept)
    placed = _weigh(table, protocol, crops, split)
    used = placed["why"] == ""
    paths = dict(zip(SPLITS, (train, val, test), strict=True))
    manifest.write(placed[used], crops, paths)
    why = dict(zip(placed.loc[~used, "video"], placed.loc[~used, "why"], strict=True))
    found = _examine(paths, table, why, crops, split)
    for name, rule in protocol.rules.items():
        found["corpora"][name]["rule"] = rule
    found["dealing"] = protocol.dealing
    _warn_of_one_class(placed[used])
    metrics.parent.mkdir(parents=True, exist_ok=True)
    metrics.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _weigh(videos: pd.DataFrame, protocol: Protocol, crops: Path, params: Params) -> pd.DataFrame:
    """Add place, number of crops and weight of each video, and why it is in no manifest; `status` is the crops'."""
    faces = manifest.faces(videos, crops)
    placed = videos.assign(
        place=protocol.split, why=protocol.why, weight=1.0, crops=faces["crops"], status=faces["status"]
    )
    placed.loc[(placed["place"] == "train") & (placed["crops"] == 0), "why"] = check.NO_FACE
    _check_classes(placed)
    trained = placed[(placed["place"] == "train") & (placed["crops"] > 0)]
    weight = balance(trained, params.balance, params.seed)
    dropped = check.UNPAIRED if params.balance == "pairs" else check.UNDERSAMPLED
    placed.loc[trained.index.difference(weight.index), "why"] = dropped
    placed.loc[weight.index, "weight"] = weight
    return placed


def _assign(videos: pd.DataFrame, params: Params, layouts: Mapping[str, str | None], path: Path) -> Protocol:
    kept = _kept(path, params)
    try:
        found = assign(videos, params, layouts, kept)
    except DataError as error:
        if not kept or params.folds:
            raise
        raise DataError(
            f"{error} {path} keeps {len(kept)} names where they are, which may be the cause; without them it holds "
            "its first line alone."
        ) from None
    tell(videos, found, params, layouts, kept)
    return found


def _kept(path: Path, params: Params) -> dict[str, str]:
    kept = read_kept(path)
    if kept and params.folds:
        warn(f"{path} keeps {len(kept)} names, which does not count while `split.folds` is {params.folds}.")
    return kept


def _warn_of_one_class(placed: pd.DataFrame) -> None:
    """Name the corpora whose test lacks a class: no metric but the rate of errors can be told there."""
    tested = placed[placed["place"] == "test"]
    for corpus in sorted(set(placed["corpus"])):
        there = set(tested.loc[tested["corpus"] == corpus, "label"])
        for label, name in enumerate(CLASSES):
            if label not in there:
                warn(f"test of {corpus} has no {name} video.")


def _examine(
    paths: Mapping[str, Path], videos: pd.DataFrame, why: Mapping[str, str], crops: Path, params: Params
) -> dict[str, Any]:
    try:
        return examine(paths, videos, why, crops, params)
    except LeakError:
        # Nobody shall train on them by accident.
        for path in paths.values():
            path.unlink(missing_ok=True)
        raise


def _check_classes(placed: pd.DataFrame) -> None:
    """Insist on faces of each class in train (of each corpus) and val that is there, and on a test that is not empty.

    Which classes must be there was asked when videos were assigned.
    """
    seen = placed[placed["crops"] > 0]
    trained = placed[placed["place"] == "train"]
    for corpus in sorted(set(trained["corpus"]) - set(seen.loc[seen["place"] == "train", "corpus"])):
        raise DataError(f"No video of {corpus} in train has a face; look at its `faces.parquet`.")
    groups = {f"train of {corpus}": part for corpus, part in trained.groupby("corpus", sort=True)}
    for where, part in {**groups, "val": placed[placed["place"] == "val"]}.items():
        for label, name in enumerate(CLASSES):
            own = part[part["label"] == label]
            if len(own) and not (own["crops"] > 0).any():
                raise DataError(f"No {name} video in {where} has a face; look at the corpus' `faces.parquet`.")
    if not (seen["place"] == "test").any():
        raise DataError(
            "test is empty: no corpus gives it a video with a face; raise `split.shares.test`, or add a corpus."
        )
