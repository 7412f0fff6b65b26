"""What every reader of videos promises: the frames that can be chosen, and those that were, with number and time.

A reader is a module below `unmask.extract.readers`, found by its name, with one function `read` of the type `Read`. It
is called inside the sandbox.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.video import Picture


@dataclass(frozen=True)
class Line:
    """The frames of a video that can be chosen, in order of time.

    Attributes:
        numbers: Number of each frame in the video, from 0, growing.
        seconds: Its time since the first frame of the video, growing.
        keys: Whether it is a key frame.
    """

    numbers: NDArray[np.int64]
    seconds: NDArray[np.float64]
    keys: NDArray[np.bool_]

    def __len__(self) -> int:
        """Give the number of frames."""
        return len(self.numbers)

    @property
    def end(self) -> float:
        """Give the time at which the last frame ends: it is taken to last as long as the others on average."""
        count = len(self)
        return float(self.seconds[-1] + (self.seconds[-1] - self.seconds[0]) / (count - 1)) if count > 1 else 1.0


@dataclass(frozen=True)
class Reading:
    """What a reader found.

    Attributes:
        count: Number of frames that could be chosen.
        pictures: The chosen ones, in the order in which they were chosen.
        reason: Why frames are missing, or what is damaged; else empty.
    """

    count: int
    pictures: list[Picture]
    reason: str


# From the frames that can be chosen to places on their line, each at most once.
Choose = Callable[[Line], list[int]]
# From a video, a choice, and the most pixels a frame may have, to what was found.
# Raises VideoError if no frame can be had, or if the reader would get the video wrong.
Read = Callable[[Path, Choose, int], Reading]


def line_of(seconds: Any, keys: Any) -> Line:
    """Make the line of all frames of a video from their times and which are key frames."""
    times = np.asarray(seconds, np.float64)
    return Line(np.arange(len(times)), times, np.asarray(keys, np.bool_))


def reader(name: str) -> Read:
    """Find a reader by its name."""
    read: Read = import_module(f"unmask.extract.readers.{name}").read
    return read


def numbered(numbers: list[int]) -> Choose:
    """Make the choice of frames whose numbers are known, those left out that there are not."""
    return lambda line: [int(place) for place in np.flatnonzero(np.isin(line.numbers, numbers))]
