"""Balance the classes of train: per video, seeded, keeping pairs, and within each corpus.

Within each corpus, because otherwise the corpus would tell the label: a corpus with many fakes beside one with many
reals can be balanced in sum, and a model that only knows the corpora apart would still profit. A corpus of which only
reals train has nothing to balance: all of them stay.
"""

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.split.params import Balance

# A real may be made from a real (only its sound is new, say), which may share a token with others.
HOPS = 2


def balance(videos: pd.DataFrame, how: Balance, seed: int) -> pd.Series:
    """Give each video that stays in train its weight.

    Args:
        videos: Videos of train with at least one crop; columns `video`, `corpus`, `label`, `method` and `pair`. Those
            of a corpus with one class all stay and weigh 1.
        how: `none`: all weigh 1. `undersample`: as many fakes as reals stay, and weigh 1. `weights`: real and fake sum
            to the same, and within fake all methods do; the mean over videos is 1. `pairs`: only reals and fakes that
            belong together stay; all reals weigh the same, and the fakes of each real sum to that; the mean over
            videos is 1.
        seed: Which videos `undersample` chooses.

    Returns:
        Weights, indexed like the rows of `videos` that stay.

    Raises:
        DataError: A corpus of both classes has no pair.
    """
    parts = [_corpus(part, str(name), how, seed) for name, part in videos.groupby("corpus", sort=True)]
    return pd.Series(pd.concat(parts).sort_index())


def _corpus(videos: pd.DataFrame, corpus: str, how: Balance, seed: int) -> pd.Series:
    if how == "none" or videos["label"].nunique() == 1:
        return pd.Series(1.0, index=videos.index)
    if how == "weights":
        return _weights(videos)
    videos = videos.assign(group=_groups(videos))
    return _undersample(videos, seed) if how == "undersample" else _pairs(videos, corpus)


def _weights(videos: pd.DataFrame) -> pd.Series:
    fake = videos["label"] == 1
    alike = videos.groupby(["label", "method"])["video"].transform("size")
    # Reals count as one method, whatever the column says.
    alike = alike.where(fake, (~fake).sum())
    kinds = np.where(fake, videos.loc[fake, "method"].nunique(), 1)
    return pd.Series(len(videos) / (2 * kinds * alike))


def _groups(videos: pd.DataFrame) -> pd.Series:
    """Name the group of each video of one corpus: a real and the fakes made from it, or all that share a token.

    Returns:
        Names, indexed like the videos; a fake of which nobody says what it was made from is a group of its own.
    """
    own, pair = videos["video"].astype(object), videos["pair"].astype(object)
    real = videos["label"] == 0
    group = pair.where(pair.notna(), own)
    home = pd.Series(group[real].to_numpy(), index=own[real])
    for _ in range(HOPS):
        group = group.map(home).fillna(group)
    return group


def _pairs(videos: pd.DataFrame, corpus: str) -> pd.Series:
    """Keep the groups of one corpus that have both classes."""
    real = videos["label"] == 0
    reals, fakes = (videos["group"].map(videos.loc[rows, "group"].value_counts()) for rows in (real, ~real))
    stay = reals.notna() & fakes.notna()
    if not stay.any():
        raise DataError(
            f"train of {corpus} has no fake with a face whose real has one too; choose another `split.balance` than "
            "`pairs`, or train on another corpus."
        )
    weight = (reals / fakes).where(~real, 1.0)[stay]
    return pd.Series(weight / weight.mean())


def _undersample(videos: pd.DataFrame, seed: int) -> pd.Series:
    """Choose among the larger class of one corpus."""
    chance = [stable_hash(f"{seed}/{video}") / 2**64 for video in videos["video"]]
    videos = videos.assign(chance=chance)
    reals, fakes = videos[videos["label"] == 0], videos[videos["label"] == 1]
    if len(fakes) > len(reals):
        chosen = _choose_fakes(reals, fakes)
    else:
        # Reals from which one of the fakes was made stay first.
        order = reals.assign(unpaired=~reals["group"].isin(fakes["group"])).sort_values(["unpaired", "chance"])
        chosen = order.index[: len(fakes)].union(fakes.index)
    return pd.Series(1.0, index=chosen.sort_values())


def _choose_fakes(reals: pd.DataFrame, fakes: pd.DataFrame) -> pd.Index:
    """Choose as many fakes as there are reals: evenly over methods, then those whose real stays, then over reals.

    Reals take turns with methods: the first gives its fake of the first method, the second that of the second, and
    so on, so that with all methods at hand each real keeps exactly one fake.
    """
    methods = sorted(set(fakes["method"]))
    quota = _spread(len(reals), fakes["method"].value_counts().reindex(methods).to_numpy())
    turn = reals.sort_values("chance")["group"].drop_duplicates().reset_index(drop=True)
    fakes = fakes.sort_values("chance")
    number = fakes["group"].map(pd.Series(turn.index, index=turn))
    which = fakes["method"].map({method: n for n, method in enumerate(methods)})
    fakes = fakes.assign(
        unpaired=number.isna(),
        again=fakes.groupby(["method", "group"]).cumcount(),
        wait=((which - number.fillna(0)) % len(methods)).astype(int),
    ).sort_values(["unpaired", "again", "wait", "chance"])
    chosen = [fakes.index[fakes["method"] == method][:count] for method, count in zip(methods, quota, strict=True)]
    return reals.index.append(chosen)


def _spread(total: int, there: np.ndarray) -> list[int]:
    """Share out a total as evenly as the numbers at hand allow.

    Example:
        >>> _spread(10, np.array([1, 20, 20]))
        [1, 5, 4]
    """
    quota = np.zeros(len(there), dtype=int)
    while (rest := total - int(quota.sum())) > 0 and (open_ := np.flatnonzero(quota < there)).size:
        step, extra = divmod(rest, open_.size)
        more = np.full(open_.size, step)
        more[:extra] += 1
        quota[open_] = np.minimum(quota[open_] + more, there[open_])
    return [int(count) for count in quota]
