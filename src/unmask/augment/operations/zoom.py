"""Cut out a part and enlarge it to the full size."""

from typing import Annotated, Literal

import numpy as np

from unmask.augment.change import Change, Size, warped
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, how much is kept, and from where.

    Attributes:
        share: Side of the part, as a share of the side of the picture.
        place: Whether the part lies in the middle or anywhere in the picture.
    """

    share: Annotated[Range, span(0.1, 1)]
    place: Literal["centre", "anywhere"]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: share, and the place of the part's first corner, x and y, in the room that there is."""
    share = rng.uniform(*settings.share)
    room = rng.uniform(size=2) if settings.place == "anywhere" else np.full(2, 0.5)
    corner = room * (1 - share) * size[::-1]
    # Places are counted from the outer edge here, half a pixel before the first pixel's centre.
    matrix = np.column_stack([np.eye(2) / share, (0.5 - corner) / share - 0.5])
    # At the edge the kernel reaches beyond the picture by a pixel or two.
    return Change(warped(matrix, kernel="cubic", border="replicate"), matrix)
