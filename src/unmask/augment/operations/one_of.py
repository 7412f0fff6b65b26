"""Apply one of several operations; the probability `p` of each is its weight in the draw."""

import numpy as np

from unmask.augment.change import Change, Size
from unmask.augment.part import plugin
from unmask.augment.settings import Group


class Settings(Group):
    """How often, and which operations there are."""


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: which operation, and then its own."""
    weights = np.array([inner.p for inner in settings.of.values()])
    name = list(settings.of)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    change: Change = plugin(name).draw(settings.of[name], size, rng)
    return change
