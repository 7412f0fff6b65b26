"""Balance the classes of train: per video, seeded, keeping pairs, and within each corpus.

Within each corpus, because otherwise the corpus would tell the label: a corpus with many fakes beside one with many
reals can be balanced in sum, and a model that only knows the corpora apart would still profit.
"""

import numpy as np
import pandas as pd

from unmask.hashing import stable_hash
from unmask.split.params import Balance


def balance(videos: pd.DataFrame, how: Balance, seed: int) -> pd.Series:
    """Give each video that stays in train its weight.

    Args:
        videos: Videos of train with at least one crop, both classes in each corpus; columns `video`, `corpus`,
            `label`, `method` and `pair`.
        how: `none`: all weigh 1. `undersample`: as many fakes as reals stay, and weigh 1. `weights`: real and fake sum
            to the same, and within fake all methods do; the mean over videos is 1.
        seed: Which videos `undersample` chooses.

    Returns:
        Weights, indexed like the rows of `videos` that stay.
    """
    if how == "undersample":
        parts = [_undersample(part, seed) for _, part in videos.groupby("corpus", sort=True)]
        return pd.Series(pd.concat(parts).sort_index())
    if how == "weights":
        return _weights(videos)
    return pd.Series(1.0, index=videos.index)


def _weights(videos: pd.DataFrame) -> pd.Series:
    fake = videos["label"] == 1
    size = videos.groupby("corpus")["video"].transform("size")
    alike = videos.groupby(["corpus", "label", "method"])["video"].transform("size")
    methods = videos[fake].groupby("corpus")["method"].nunique()
    # Reals count as one method, whatever the column says.
    alike = alike.where(fake, videos.groupby(["corpus", "label"])["video"].transform("size"))
    kinds = videos["corpus"].map(methods).where(fake, 1)
    return pd.Series(size / (2 * kinds * alike))


def _undersample(videos: pd.DataFrame, seed: int) -> pd.Series:
    """Choose among the larger class of one corpus."""
    chance = videos["video"].map(lambda video: stable_hash(f"{seed}/{video}") / 2**64)
    videos = videos.assign(chance=chance)
    reals, fakes = videos[videos["label"] == 0], videos[videos["label"] == 1]
    if len(fakes) > len(reals):
        chosen = _choose_fakes(reals, fakes)
    else:
        # Reals from which one of the fakes was made stay first.
        paired = reals["video"].isin(fakes["pair"]) | reals["pair"].isin(fakes["pair"].dropna())
        order = reals.assign(unpaired=~paired).sort_values(["unpaired", "chance"])
        chosen = order.index[: len(fakes)].union(fakes.index)
    return pd.Series(1.0, index=chosen.sort_values())


def _choose_fakes(reals: pd.DataFrame, fakes: pd.DataFrame) -> pd.Index:
    """Choose as many fakes as there are reals: evenly over methods, then those whose real stays, then over reals.

    Reals take turns with methods: the first gives its fake of the first method, the second that of the second, and
    so on, so that with all methods at hand each real keeps exactly one fake.
    """
    methods = sorted(set(fakes["method"]))
    quota = _spread(len(reals), fakes["method"].value_counts().reindex(methods).to_numpy())
    order = reals.sort_values("chance")
    turn = pd.Series(np.arange(len(order)), index=order["video"])
    shared = order.dropna(subset="pair").drop_duplicates("pair").set_index("pair")["video"].map(turn)
    turn = pd.concat([turn, shared[~shared.index.isin(turn.index)]])
    number = fakes["pair"].map(turn)
    fakes = fakes.assign(unpaired=number.isna(), again=0, wait=0).sort_values("chance")
    number = number.reindex(fakes.index)
    fakes["again"] = fakes.groupby(["method", "pair"], dropna=False).cumcount()
    which = fakes["method"].map({method: n for n, method in enumerate(methods)})
    fakes["wait"] = ((which - number.fillna(0)) % len(methods)).astype(int)
    fakes = fakes.sort_values(["unpaired", "again", "wait", "chance"])
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
