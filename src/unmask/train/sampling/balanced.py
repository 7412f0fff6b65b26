"""As many fakes as reals: each epoch sees all real videos, and fakes take turns, so that all come around."""

from typing import ClassVar, Literal

import numpy as np

from unmask.train.drawing import Epoch, Ints, PerVideo, Rows, Sampling, both, halved, some_of_each, turns


class Settings(Sampling):
    """How many.

    Attributes:
        crops: Crops of each real video that an epoch sees, or `all`; as many crops of fakes take their turn.
    """

    name: Literal["balanced"]
    halves: ClassVar[bool] = True
    crops: PerVideo


def order(rows: Rows, settings: Settings, epoch: Epoch) -> Ints:
    """Give the rows of an epoch, a real one and a fake in turns.

    Each corpus is balanced by itself, for otherwise the corpus would tell the label.
    """
    real, fake = both(rows)
    corpora = {_corpus(video) for video in real}
    whole = corpora != {_corpus(video) for video in fake}  # a corpus of one class cannot be balanced by itself
    couples = []
    for corpus in [""] if whole else sorted(corpora):
        reals = some_of_each(_within(real, corpus), settings.crops, epoch)
        couples.append(np.stack([reals, turns(_within(fake, corpus), len(reals), epoch)], axis=1))
    return halved(np.concatenate(couples), epoch)


def _corpus(video: str) -> str:
    return video.partition("/")[0] + "/"


def _within(groups: dict[str, Ints], corpus: str) -> dict[str, Ints]:
    return {video: rows for video, rows in groups.items() if _corpus(video).startswith(corpus)}
