"""Which crops an epoch sees, and in which order: what the plugins in `sampling/` know, and what they share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.train.plugins import Plugin

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
PerVideo = Literal["all"] | Annotated[int, Field(ge=1)]


class Sampling(Plugin):
    """Settings of every sampling.

    Attributes:
        sequences: Whether it gives sequences of crops, and not single ones.
        halves: Whether half of every batch is real, so that its size must be even. Such a draw balances the classes by
            itself; what balances them otherwise, the manifest's weights and `pos_weight: balance`, does not count then.
    """

    package: ClassVar[str] = "unmask.train.sampling"
    sequences: ClassVar[bool] = False
    halves: ClassVar[bool] = False


@dataclass(frozen=True)
class Rows:
    """What a sampling may know of the crops of a manifest; one item for each crop, in the manifest's order.

    Attributes:
        video: Key of the video.
        label: 0 real, 1 fake.
        pair: Key of the real video that a fake was made from, or a token that both share.
        frame: Number of the frame.
        face: Number of the face.
    """

    video: list[str]
    label: Ints
    pair: list[str | None]
    frame: Ints
    face: Ints

    @classmethod
    def of(cls, table: pa.Table) -> "Rows":
        """Take the columns of a manifest."""
        numbers = {name: table[name].to_numpy().astype(np.int64) for name in ("label", "frame", "face")}
        return cls(video=table["video"].to_pylist(), pair=table["pair"].to_pylist(), **numbers)

    @cached_property
    def by_video(self) -> dict[str, Ints]:
        """Give the rows of every video, videos in the order in which they first occur."""
        found: dict[str, list[int]] = {}
        for row, video in enumerate(self.video):
            found.setdefault(video, []).append(row)
        return {video: np.array(rows) for video, rows in found.items()}

    def of_label(self, label: int) -> dict[str, Ints]:
        """Give the rows of every real (0) or fake (1) video."""
        return {video: rows for video, rows in self.by_video.items() if self.label[rows[0]] == label}


@dataclass(frozen=True)
class Epoch:
    """Names the epoch that is drawn.

    Attributes:
        seed: The recipe's seed.
        number: From 1.
        batch: How many crops a step takes.
    """

    seed: int
    number: int
    batch: int

    def rng(self, *keys: str) -> np.random.Generator:
        """Give the generator of this epoch, and of some key in it."""
        return np.random.default_rng([self.seed, self.number, *map(stable_hash, keys)])


class Order(Protocol):
    """What a file in `sampling/` offers under the name `order`; the same arguments give the same order."""

    def __call__(self, rows: Rows, settings: Sampling, epoch: Epoch) -> Ints:
        """Give the rows that an epoch sees, in a random order; a step takes `epoch.batch` of them.

        Every real video is among them. What is missing in the last batch is filled up from the first.

        Raises:
            DataError: The manifest does not have what the sampling needs.
        """


class Often(Protocol):
    """What a file in `sampling/` that does not fill batches by halves offers beside `order`, under the name `often`."""

    def __call__(self, rows: Rows, settings: Sampling) -> Floats:
        """Give how often an epoch is expected to see each row; by this, the loss balances the classes.

        What fills up the last batch is not counted: it falls on all rows of the epoch alike.
        """


def filled(order: Ints, unit: int) -> Ints:
    """Fill up the last unit with the first items; they come in a random order, so no class gains.

    Args:
        order: Shape (n, ...).
        unit: How many items belong together.

    Example:
        >>> filled(np.array([3, 1, 2]), 2).tolist()
        [3, 1, 2, 3]
    """
    return np.resize(order, (-(-len(order) // unit) * unit, *order.shape[1:]))


def some_of_each(groups: dict[str, Ints], per_video: PerVideo, epoch: Epoch) -> Ints:
    """Draw rows of every video; another video changes nothing for the others."""
    most = None if per_video == "all" else per_video
    chosen = [rows[epoch.rng(video).permutation(len(rows))[:most]] for video, rows in groups.items()]
    return np.concatenate(chosen)


def dealt(number: int, take: int, turn: int, shuffled: Callable[[int], Ints]) -> Ints:
    """Deal cards hand by hand; when all have come around, the deck is shuffled anew.

    Args:
        number: Cards of the deck.
        take: Cards of one hand.
        turn: Which hand, from 0.
        shuffled: Gives the deck of a number, from 0, as an order of 0 to `number` - 1.

    Returns:
        The hand. None is in it twice where there are enough; a deck's last hand is filled up from its begin.

    Example:
        >>> decks = [np.array([2, 0, 1]), np.array([1, 2, 0])]
        >>> [dealt(3, 2, turn, decks.__getitem__).tolist() for turn in range(3)]
        [[2, 0], [1, 2], [1, 2]]
    """
    hands = -(-number // take)
    deck = shuffled(turn // hands)
    return np.resize(np.roll(deck, -(turn % hands) * take), take)


def shuffle(keys: Sequence[str], sizes: Sequence[int], seed: int, deck: int) -> Ints:
    """Shuffle cards so that further keys change nothing in the order of the others.

    Args:
        keys: Names of groups of cards, such as videos.
        sizes: How many cards each group has.
        seed: The recipe's seed.
        deck: Which deck, from 0.

    Returns:
        An order of all cards, which are counted group by group.
    """
    drawn = [
        np.random.default_rng([seed, deck, stable_hash(f"deck/{key}")]).random(size)
        for key, size in zip(keys, sizes, strict=True)
    ]
    return np.argsort(np.concatenate(drawn), kind="stable")


def turns(groups: dict[str, Ints], take: int, epoch: Epoch) -> Ints:
    """Draw rows that take turns over the epochs, so that all come around.

    Args:
        groups: Rows of every video.
        take: How many an epoch sees; the same in every epoch.
        epoch: Which epoch.
    """
    cards, keys, sizes = np.concatenate(list(groups.values())), list(groups), [len(own) for own in groups.values()]
    return cards[dealt(len(cards), take, epoch.number - 1, lambda deck: shuffle(keys, sizes, epoch.seed, deck))]


def halved(couples: Ints, epoch: Epoch) -> Ints:
    """Fill batches with couples of a real row and a fake's, in any order; the last one is filled up with the first.

    So every batch is whole, and processes share it alike, also where there are fewer couples than a batch takes.

    Args:
        couples: Shape (n, 2).
        epoch: Which epoch, of an even batch.
    """
    return filled(epoch.rng("couples").permutation(couples), epoch.batch // 2).ravel()


def both(rows: Rows) -> tuple[dict[str, Ints], dict[str, Ints]]:
    """Give the rows of every real video, and of every fake.

    Raises:
        DataError: There are none of one of them.
    """
    real, fake = rows.of_label(0), rows.of_label(1)
    if not real or not fake:
        raise DataError("`train.sampling` needs both real videos and fakes in the training manifest.")
    return real, fake
