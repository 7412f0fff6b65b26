"""Borrow real videos: some corpora consist of fakes whose real videos belong to another corpus.

The real class of DeeperForensics is the targets of FaceForensics++, for example. A real video that a fake of another
corpus was made from becomes a video of that corpus too, under a key of its own and with the lender's crops, so that it
is decoded once.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd

from unmask.errors import warn
from unmask.index.entry import REAL
from unmask.split.tables import SPLITS


def borrow(videos: pd.DataFrame) -> pd.DataFrame:
    """Add borrowed reals.

    Args:
        videos: Videos of all corpora.

    Returns:
        The same with a column `lender` (key of the original of a borrowed video, otherwise empty); a fake that was made
        from one has its key as pair. A borrowed video has the official split that its fakes have in their corpus.
    """
    videos = videos.assign(lender="")
    real = videos[videos["label"] == REAL].set_index("video", drop=False)
    fakes = videos[(videos["label"] != REAL) & videos["pair"].isin(real.index)]
    fakes = fakes[fakes["corpus"] != fakes["pair"].map(real["corpus"]).astype(fakes["corpus"].dtype)]
    if fakes.empty:
        return videos
    key = (fakes["corpus"] + "/@" + fakes["pair"]).astype(object)
    first = ~key.duplicated()
    lent = real.loc[fakes.loc[first, "pair"]].reset_index(drop=True)
    lent = lent.assign(
        lender=lent["video"], video=key[first].to_numpy(), corpus=fakes.loc[first, "corpus"].to_numpy(),
        split=_official(key, fakes["split"]).reindex(key[first]).to_numpy(),
    )  # fmt: skip
    videos["pair"] = videos["pair"].astype(object)
    videos.loc[fakes.index, "pair"] = key
    return pd.concat([videos, lent], ignore_index=True)


def warn_of_missing_reals(videos: pd.DataFrame, corpora: Collection[str]) -> None:
    """Say which corpus has fakes alone because the corpus of their reals is not read."""
    for name, part in videos.groupby("corpus", sort=True):
        lenders = {str(pair).partition("/")[0] for pair in part["pair"].dropna()} - set(corpora)
        if lenders and not (part["label"] == REAL).any():
            names = ", ".join(f"`{lender}`" for lender in sorted(lenders))
            warn(
                f"{name} has no real video: its fakes were made from videos of {names}, which `corpora` in params.yaml "
                "does not name. Add it, and they count as reals of both."
            )


def _official(key: pd.Series, split: pd.Series) -> pd.Series:
    """Give each key the most protected split that any of its fakes has, None if none has any."""
    number = split.map({name: n for n, name in enumerate(SPLITS)}).astype(float).fillna(-1).astype(int)
    most = number.groupby(key.to_numpy()).max()
    return pd.Series(np.array([*SPLITS, None], dtype=object)[most.to_numpy()], index=most.index, dtype=object)
