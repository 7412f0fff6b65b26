"""Which split each video goes to: its people's home, if its corpus has a use for that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.index.entry import FAKE, REAL
from unmask.split.case import Case
from unmask.split.homes import Homes, Role, Rule, role_of
from unmask.split.params import Params
from unmask.split.places import TORN, Places
from unmask.split.sources import chosen, leaves_out
from unmask.split.tables import SPLITS
from unmask.split.ties import ties

CLASSES = ("real", "fake")
# Why a video is in no split: its ties fall into different ones; its corpus' list leaves it out; its people live in a
# split that its corpus does not fill; its method or corpus is left out.
STRADDLING, NOT_LISTED, FOLLOWS, LEFT_OUT = "straddling", "not_listed", "follows", "left_out"
# How many further seeds are tried to name one that works; each draws all groups again, or cuts again.
# All tries together place no more than `MOST_PLACED` videos, which takes some seconds.
TRIES, TRIES_WITH_CUT, MOST_DRAWS, MOST_PLACED = 200, 10, 1_000_000, 5_000_000


@dataclass(frozen=True)
class Protocol:
    """Who is where.

    Attributes:
        split: Split of each video, by row; the empty string for one left out.
        why: Why it was left out; the empty string otherwise.
        rules: Rule by which each corpus was split.
        dealing: What was drawn, cut, held together, kept and found straddling; plain values.
    """

    split: pd.Series
    why: pd.Series
    rules: dict[str, Rule]
    dealing: dict[str, Any]


def assign(
    videos: pd.DataFrame, params: Params, layouts: Mapping[str, str | None], kept: Mapping[str, str]
) -> Protocol:
    """Give every video its split, or the reason why it has none.

    A corpus that trains or validates follows its official list if that names train and val. If it names train and
    test, test stands and val is dealt out of train. Of any other list, test and val stand and the rest is dealt;
    but that of Celeb-DF (of test videos, whose people also occur in the rest) cannot be followed without tearing
    people apart: identities are dealt, the list decides nothing, and the audit counts the videos that went
    elsewhere. A corpus that only tests consists of its official test list, if there is one, and of what follows
    another corpus' people into test.

    Real videos are enough to train on, since a recipe may blend its fakes of them; val needs both classes.

    Args:
        videos: All videos.
        params: The section `split`.
        layouts: Layout of each corpus.
        kept: Splits of identities that stay where they are; they do not count in cross-validation.

    Raises:
        DataError: A corpus to train on has no real video, what validates has one class only, or a split would lack
            a class that it needs or that dealing could give it.
    """
    roles = roles_of(videos, params, layouts)
    found = ties(videos)
    homes = Homes(videos, found, roles)
    case = Case(videos, found, roles, homes, params, {} if params.folds else kept)
    _check_corpora(videos, roles)
    placed = case.at(params.seed)
    split, why = _settle(videos, case, placed, roles, params, homes.follow(len(videos), case.settled()))
    if lacking := _lacking(videos, case, placed, roles):
        raise DataError(_advise(videos, case, roles, params.seed, lacking[0]))
    for name in _filling("train", roles):
        if REAL not in set(videos.loc[(videos["corpus"] == name) & (split == "train"), "label"]):
            raise DataError(f"train of {name} has no real video; every corpus that is trained on needs some.")
    for label, kind in enumerate(CLASSES):
        if label not in set(videos.loc[split == "val", "label"]):
            raise DataError(f"val has no {kind} video; both classes are needed.")
    dealing = case.describe(placed, params.seed) | {"kept": len(kept) if not params.folds else 0}
    return Protocol(split, why, {name: role.rule for name, role in roles.items()}, dealing)


def roles_of(videos: pd.DataFrame, params: Params, layouts: Mapping[str, str | None]) -> dict[str, Role]:
    """Say what each corpus is for."""
    roles = {}
    for name in sorted(set(videos["corpus"])):
        asked = (("train", params.train_on), ("val", params.validate_on))
        fills = frozenset(["test", *(split for split, names in asked if name in chosen(names, [name], params))])
        listed = set(videos.loc[videos["corpus"] == name, "split"].dropna())
        roles[name] = role_of(name, layouts.get(name), listed, fills, folds=params.folds > 0)
    return roles


def _settle(
    videos: pd.DataFrame, case: Case, placed: Places, roles: Mapping[str, Role], params: Params, follows: Any
) -> tuple[pd.Series, pd.Series]:
    """Leave out what its corpus has no use for, with the reason."""
    names = np.array([*SPLITS, ""], dtype=object)
    place = names[case.splits(placed.place)]
    rule = videos["corpus"].map({name: role.rule for name, role in roles.items()}).to_numpy(dtype=object)
    official = videos["split"].astype(object).where(videos["split"].notna(), "").to_numpy()
    fills = np.zeros(len(videos), dtype=bool)
    for name, role in roles.items():
        fills |= (videos["corpus"] == name).to_numpy() & np.isin(place, list(role.fills))
    only_tests = np.isin(rule, ("test_list", "all_test"))
    unlisted = (rule == "test_list") & (official != "test") & (~follows | (placed.place == TORN))
    away = np.where((official == place) & (place != ""), NOT_LISTED, FOLLOWS)
    left = left_out(videos, params) & np.isin(place, ("train", "val"))
    why = np.select(
        [unlisted, (placed.place == TORN) & ~only_tests, ~fills, left],
        [NOT_LISTED, STRADDLING, away, LEFT_OUT],
        default="",
    ).astype(object)
    split = np.where(why == "", place, "").astype(object)
    return pd.Series(split, index=videos.index), pd.Series(why, index=videos.index)


def left_out(videos: pd.DataFrame, params: Params) -> np.ndarray:
    """Tell which videos are fakes of a method that is left out."""
    fake = ((videos["label"] == 1) & (videos["method"] != "")).to_numpy(dtype=bool)
    made = list(zip(videos["corpus"], videos["method"], strict=True))
    out = {one for one in set(made) if any(leaves_out(name, *one) for name in params.leave_out)}
    found: np.ndarray = fake & np.array([one in out for one in made], dtype=bool)
    return found


def _lacking(videos: pd.DataFrame, case: Case, placed: Places, roles: Mapping[str, Role]) -> list[str]:
    """Say which class is missing where in the corpora that are dealt."""
    found = []
    label, corpus = videos["label"].to_numpy(), videos["corpus"].to_numpy(dtype=object)
    for name in case.dealt:
        for number, where in enumerate(case.names):
            if case.shares[number] > 0 and (where in roles[name].fills or case.folds):
                here = (corpus == name) & (placed.place == number)
                found += [
                    f"`{where}` without any {kind} video of {name}"
                    for value, kind in enumerate(CLASSES)
                    if np.any(label[corpus == name] == value) and not np.any(label[here] == value)
                ]
    return found


def _advise(videos: pd.DataFrame, case: Case, roles: Mapping[str, Role], seed: int, lacking: str) -> str:
    dealer = case.dealer
    tries = TRIES_WITH_CUT if dealer.cut_components else min(TRIES, MOST_DRAWS // max(dealer.groups, 1))
    tries = max(min(tries, MOST_PLACED // len(videos)), 1)
    seeds = range(seed + 1, seed + 1 + tries)
    better = next((other for other in seeds if not _lacking(videos, case, case.at(other), roles)), None)
    return f"Dealing {dealer.groups} groups of identities with `split.seed: {seed}` leaves {lacking}. " + (
        f"`split.seed: {better}` gives every split both classes; set it in params.yaml."
        if better is not None
        else f"None of the next {tries} seeds does better: use more videos, change `split.shares`, or lower "
        "`split.whole`, so that large groups are cut."
    )


def _filling(split: str, roles: Mapping[str, Role]) -> list[str]:
    return [name for name, role in roles.items() if split in role.fills]


def _check_corpora(videos: pd.DataFrame, roles: Mapping[str, Role]) -> None:
    """Insist on reals in each corpus that trains, and on both classes in those that validate, taken together."""
    trains, validates = _filling("train", roles), _filling("val", roles)
    labels = {name: set(part) for name, part in videos.groupby("corpus")["label"]}
    for name in trains:
        if REAL not in labels[name]:
            raise DataError(f"{name} is to be trained on (`split.train_on`) but has no real video.")
    for label, kind in enumerate(CLASSES):
        if not any(label in labels[name] for name in validates):
            be = "is" if len(validates) == 1 else "are"
            use = "trained on and validated on" if trains == validates else "validated on"
            more = "; reals are enough to train on, but not to validate on" if label == FAKE else ""
            raise DataError(
                f"{', '.join(validates)} {be} to be {use} but {'has' if be == 'is' else 'have'} no {kind} video{more}. "
                f"Add a corpus that has some to `split.validate_on`."
            )
