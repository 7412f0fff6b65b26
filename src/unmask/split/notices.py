"""What is said on the terminal about a protocol that is allowed, but that one may not have meant."""

from collections.abc import Mapping

import pandas as pd

from unmask.errors import warn
from unmask.index.entry import FAKE
from unmask.split.homes import Role
from unmask.split.params import Params
from unmask.split.protocol import STRADDLING, Protocol, roles_of

# Share of a corpus' videos above which a loss is said.
MUCH = 0.2


def tell(
    videos: pd.DataFrame, found: Protocol, params: Params, layouts: Mapping[str, str | None], kept: Mapping[str, str]
) -> None:
    """Warn of lists that are not followed, corpora that lose much or train with reals alone, and kept names of nobody.

    Args:
        videos: All videos.
        found: Who is where, indexed like the videos.
        params: The section `split`.
        layouts: Layout of each corpus.
        kept: Splits of identities that stay where they are.
    """
    placed = videos[["corpus", "split"]].assign(place=found.split, why=found.why)
    for name, role in roles_of(videos, params, layouts).items():
        if role.takes_part:
            _of_corpus(name, role, placed[placed["corpus"] == name], params)
    _of_reals(videos[found.split == "train"])
    if kept and not params.folds and (lost := set(kept) - {*videos["identities"].explode(), *videos["cluster"]}):
        warn(
            f"{len(lost)} of the {len(kept)} names in the kept list are borne by no video, `{min(lost)}` for one; "
            "take them out if their corpus is gone for good, or look for a change in how it is named."
        )


def _of_reals(train: pd.DataFrame) -> None:
    """Name the corpora that train with reals alone."""
    faked = set(train.loc[train["label"] == FAKE, "corpus"])
    if alone := sorted(set(train["corpus"]) - faked):
        danger = "so only recipes with `blend` can learn from it (docs/sbi.md)"
        if faked:
            danger = (
                f"beside those of {', '.join(sorted(faked))}: without `blend` a network may learn the corpora apart"
            )
        warn(f"train of {', '.join(alone)} has no fake video, {danger}.")


def _of_corpus(name: str, role: Role, own: pd.DataFrame, params: Params) -> None:
    if params.folds:
        if listed := int((own["split"].notna() & (own["place"] != "")).sum()):
            warn(
                f"{listed} of {len(own)} videos of {name} have an official split, which does not count while "
                f"`split.folds` is {params.folds}; published test videos are trained on, and unknown people count as "
                "people of their own."
            )
    elif "train" in role.fills:
        counts = {split: int(((own["split"] == split) & (own["place"] == "train")).sum()) for split in ("test", "val")}
        if any(counts.values()):
            numbers = " and ".join(f"{count} of its official {split}" for split, count in counts.items() if count)
            warn(
                f"train of {name} has {numbers} videos, because its list is not followed (rule `{role.rule}`) or names "
                "people whose home is elsewhere; do not compare with results on the published test set."
            )
    torn = int((own["why"] == STRADDLING).sum())
    if "train" in role.fills and torn > MUCH * len(own):
        warn(
            f"{name} loses {torn} of {len(own)} videos, because their people, pairs or sources live in different "
            "splits (`straddling`)."
        )
