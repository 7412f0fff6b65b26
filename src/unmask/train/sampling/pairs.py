"""Real crops, each beside one of a fake that was made from its video, of the same moment and in the same batch."""

from typing import ClassVar, Literal

import numpy as np

from unmask.errors import DataError
from unmask.train.drawing import Epoch, Ints, PerVideo, Rows, Sampling, both, halved, some_of_each, turns


class Settings(Sampling):
    """How many.

    Attributes:
        crops: Crops of each real video that an epoch sees, or `all`; each comes with one of a fake.
    """

    name: Literal["pairs"]
    halves: ClassVar[bool] = True
    crops: PerVideo


def order(rows: Rows, settings: Settings, epoch: Epoch) -> Ints:
    """Give the rows of an epoch, each real one and then its fake; the last batch is filled up with pairs seen before.

    A real video's fakes take turns. A real one that has none in the manifest is put beside fakes that have no real one
    there, or beside any, so that every epoch sees every real video.
    """
    real, fake = both(rows)
    made = _made_from(rows, real, fake)
    pairs, alone = [], []
    for video, own in real.items():
        chosen = some_of_each({video: own}, settings.crops, epoch)
        if not (fakes := made[video]):
            alone.append(chosen)
            continue
        partners = turns({name: np.array([card]) for card, name in enumerate(fakes)}, len(chosen), epoch)
        pairs += [(row, _beside(rows, row, fake[fakes[card]])) for row, card in zip(chosen, partners, strict=True)]
    if alone:
        pairs += _strangers(rows, np.concatenate(alone), made, fake, epoch)
    return halved(np.array(pairs), epoch)


def _made_from(rows: Rows, real: dict[str, Ints], fake: dict[str, Ints]) -> dict[str, list[str]]:
    """List the fakes of every real video.

    Raises:
        DataError: No fake's real video is there.
    """
    linked: dict[str, list[str]] = {}
    for video, own in fake.items():
        linked.setdefault(rows.pair[own[0]] or "", []).append(video)
    # A token that both share stands in the real one's own `pair`.
    made = {video: linked.get(rows.pair[own[0]] or video, []) for video, own in real.items()}
    if not any(made.values()):
        raise DataError(
            "`train.sampling`: in the training manifest no fake's `pair` is a real video of it, as `pairs` needs; "
            "take `balanced`."
        )
    return made


def _strangers(
    rows: Rows, reals: Ints, made: dict[str, list[str]], fake: dict[str, Ints], epoch: Epoch
) -> list[tuple[int, int]]:
    """Put crops of real videos that have no fake beside crops of fakes that have no real video.

    Of the same corpus, where it has any fakes, for otherwise the corpus would tell the label.
    """
    taken = {video for videos in made.values() for video in videos}
    pairs = []
    of = np.array([_corpus(rows.video[row]) for row in reals])
    for corpus in dict.fromkeys(of.tolist()):
        own = {video: held for video, held in fake.items() if _corpus(video) == corpus} or fake
        free = {video: held for video, held in own.items() if video not in taken} or own
        some = reals[of == corpus]
        pairs += list(zip(some, turns(free, len(some), epoch), strict=True))
    return pairs


def _corpus(video: str) -> str:
    return video.split("/")[0]


def _beside(rows: Rows, row: int, others: Ints) -> int:
    """Find the crop of another video that is nearest in time, of the same face where there are several."""
    gap = 2 * np.abs(rows.frame[others] - rows.frame[row]) + (rows.face[others] != rows.face[row])
    return int(others[np.argmin(gap)])
