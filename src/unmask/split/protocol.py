"""Which split each video goes to: by official list, by dealing where there is none, or to test alone."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.split.deal import CLASSES, Dealer
from unmask.split.params import Params
from unmask.split.tables import SPLITS
from unmask.split.ties import ties

Rule = Literal["official", "val_dealt", "dealt", "test_list", "all_test"]

STRADDLING, NOT_LISTED = "straddling", "not_listed"


@dataclass(frozen=True)
class Protocol:
    """Who is where.

    Attributes:
        split: Split of each video, by row; the empty string for one left out.
        why: Why it was left out: `straddling` or `not_listed`; the empty string otherwise.
        rules: Rule by which each corpus was split.
    """

    split: pd.Series
    why: pd.Series
    rules: dict[str, Rule]


def assign(videos: pd.DataFrame, params: Params) -> Protocol:
    """Give every video its split, or the reason why it has none.

    A corpus that is trained on follows its official list if that names train and val. If it names train and test, test
    stands and val is dealt out of train. Any other list (Celeb-DF has one of test videos, whose people also occur in
    the rest) cannot be followed without tearing people apart: identities are dealt, the list decides nothing, and the
    audit counts the videos that went elsewhere. A corpus that only tests consists of its official test list, if there
    is one.

    Args:
        videos: All videos.
        params: The section `split`.

    Raises:
        DataError: A corpus to train on has one class only, or a split of it would.
    """
    parts: list[pd.Series] = []
    rules: dict[str, Rule] = {}
    for name in sorted(set(videos["corpus"])):
        part = videos[videos["corpus"] == name]
        rules[name] = rule = rule_of(part, trains=name in params.train_on)
        if name in params.train_on:
            _check_classes(part, f"{name} is to be trained on (`split.train_on`) but")
        parts.append(_split_corpus(name, part, rule, params))
    split = pd.concat(parts).reindex(videos.index)
    listed = videos["split"].notna() | ~videos["corpus"].map(rules).isin(["official", "val_dealt", "test_list"])
    is_rest = ~listed | ((videos["corpus"].map(rules) == "test_list") & (videos["split"] != "test"))
    why = pd.Series(np.where(split != "", "", np.where(is_rest, NOT_LISTED, STRADDLING)), index=videos.index)
    return Protocol(split, why, rules)


def rule_of(videos: pd.DataFrame, *, trains: bool) -> Rule:
    """Choose the rule for one corpus from the official splits that its videos name."""
    named = set(videos["split"].dropna())
    if not trains:
        return "test_list" if "test" in named else "all_test"
    if {"train", "val"} <= named:
        return "official"
    return "val_dealt" if {"train", "test"} <= named else "dealt"


def settle(videos: pd.DataFrame, split: pd.Series) -> pd.Series:
    """Take out videos that share an identity, cluster, pair or bytes with a more protected split.

    What occurs in several official splits is at home in test before val before train: published test sets stay as
    they are, and training loses.

    Args:
        videos: Videos of one corpus.
        split: Official split of each; the empty string for none.

    Returns:
        The same splits, the empty string for videos taken out.
    """
    number = split.map({"": -1, **{name: n for n, name in enumerate(SPLITS)}}).to_numpy()
    table = ties(videos)
    table["split"] = number[table["row"]]
    home = table.groupby(["kind", "tie"])["split"].transform("max")
    away = np.zeros(len(videos), dtype=bool)
    away[table.loc[home > table["split"], "row"]] = True
    return split.mask(away, "")


def _split_corpus(name: str, videos: pd.DataFrame, rule: Rule, params: Params) -> pd.Series:
    official = videos["split"].astype(object).where(videos["split"].notna(), "")
    if rule == "all_test":
        return pd.Series("test", index=videos.index, dtype=object)
    if rule == "test_list":
        return official.where(official == "test", "")
    if rule == "dealt":
        return Dealer(videos, params.shares.model_dump(), params.whole).deal_both_classes(params.seed, name)
    split = settle(videos, official)
    if rule == "val_dealt":
        rest = videos[split == "train"]
        total = params.shares.train + params.shares.val
        shares = {"train": params.shares.train / total, "val": params.shares.val / total, "test": 0.0}
        split.update(Dealer(rest, shares, params.whole).deal_both_classes(params.seed, name))
    for kind in ("train", "val"):
        _check_classes(videos[split == kind], f"{name}: the official `{kind}`, without what also occurs elsewhere,")
    return split


def _check_classes(videos: pd.DataFrame, where: str) -> None:
    for label, name in enumerate(CLASSES):
        if not (videos["label"] == label).any():
            raise DataError(f"{where} has no {name} video; both classes are needed.")
