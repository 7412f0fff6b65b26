"""Apply a recipe's policies to one crop; the draw depends on seed, epoch and crop alone, and never on the label."""

from collections.abc import Mapping

import numpy as np

from unmask.augment.change import Change, Changes, Image, Size
from unmask.augment.part import Augment, plugin
from unmask.augment.settings import Operation
from unmask.hashing import stable_hash

# These draw from one stream, one after another: among them, one that is added or applied shifts the draws of those
# behind it. They were here before streams were parted, and so every model that was trained with them stays the same
# to the byte. Every other operation has a stream of its own, which nothing else shifts.
TOGETHER = frozenset({"flip", "rotate", "colour", "blur", "jpeg", "downscale"})


class Policy:
    """Operations in order, each with its probability."""

    def __init__(self, operations: Mapping[str, Operation], seed: int) -> None:
        """Import the operations that are chosen.

        Args:
            operations: Name and settings of each.
            seed: Seed of all draws.
        """
        self._steps = [(name, plugin(name).draw, settings) for name, settings in operations.items()]
        self._seed = seed

    def draw(self, size: Size, key: str, epoch: int) -> Changes:
        """Throw the dice for one crop, or for several pictures that shall change alike.

        Args:
            size: Height and width in pixels.
            key: Names the crop.
            epoch: The same crop changes differently in every epoch.

        Returns:
            What happens; apply it to pictures of this size, to places and to masks.
        """
        start = [self._seed, epoch, stable_hash(key)]
        together = np.random.default_rng(start)
        drawn: list[Change] = []
        for name, throw, settings in self._steps:
            rng = together if name in TOGETHER else np.random.default_rng([*start, stable_hash(name)])
            if rng.random() < settings.p:
                drawn.append(throw(settings, size, rng))
        return Changes(drawn)

    def __call__(self, image: Image, key: str, epoch: int) -> Image:
        """Change one crop (3, height, width), uint8; see `draw`."""
        return self.draw((image.shape[-2], image.shape[-1]), key, epoch)(image)


class Policies:
    """The policies of a recipe: which one changes a crop depends on its corpus."""

    def __init__(self, part: Augment, seed: int) -> None:
        """Import the operations of all policies.

        Args:
            part: What the recipe says of augmentation.
            seed: Seed of all draws.
        """
        named = {name: Policy(operations, seed) for name, operations in part.policies.items()}
        self._default = named[part.default]
        self._of = {corpus: named[name] for corpus, name in part.corpora.items()}

    def of(self, corpus: str) -> Policy:
        """Give the policy for the crops of a corpus."""
        return self._of.get(corpus, self._default)

    def draw(self, size: Size, key: str, epoch: int) -> Changes:
        """Throw the dice for one crop; see `Policy.draw`.

        Args:
            size: Height and width in pixels.
            key: The crop's key, which begins with that of its video: `<corpus>/...`.
            epoch: The same crop changes differently in every epoch.
        """
        return self.of(key.partition("/")[0]).draw(size, key, epoch)

    def __call__(self, image: Image, key: str, epoch: int) -> Image:
        """Change one crop (3, height, width), uint8; see `draw`."""
        return self.draw((image.shape[-2], image.shape[-1]), key, epoch)(image)
