"""Choose: which frames of a video are sampled, and in which order faces are looked for in them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from unmask.extract.reader import Choose, Line

# Stamps of some containers are rounded to milliseconds; a frame may begin so many seconds late and count as shown.
ROUNDED = 1e-3


def chooser(sampling: Mapping[str, Any]) -> Choose:
    """Make the choice that `extract.sampling` names, with its options."""
    options = dict(sampling)
    policy = POLICIES[options.pop("policy")]
    return lambda line: policy(line, **options)


def uniform(line: Line, frames: int) -> list[int]:
    """Choose the frames that are shown in the middle of equal stretches of time, or all when there are no more.

    Where frames last long, two stretches may meet the same one; the next free one is taken then.

    Args:
        line: Frames to choose from.
        frames: Number of frames to choose.
    """
    count = len(line)
    if count <= frames:
        return list(range(count))
    chosen: list[int] = []
    for part in range(frames):
        shown = _shown(line, (2 * part + 1) / (2 * frames))
        first = chosen[-1] + 1 if chosen else 0
        chosen.append(max(first, min(shown, count - (frames - part))))
    return chosen


def interval(line: Line, seconds: float, most: int) -> list[int]:
    """Choose the first frame of every interval of time; of more than `most`, as many spread evenly.

    Args:
        line: Frames to choose from.
        seconds: Length of an interval, counted from the first frame of the video.
        most: Largest number of frames.
    """
    number = np.floor((line.seconds + ROUNDED) / seconds)
    firsts = np.flatnonzero(np.diff(number, prepend=-1.0) > 0)
    return [int(firsts[place]) for place in spread(len(firsts), most)]


def keyframes(line: Line, most: int) -> list[int]:
    """Choose the key frames; of more than `most`, as many spread evenly; of a video without any, the first frame.

    Args:
        line: Frames to choose from.
        most: Largest number of frames.
    """
    keys = np.flatnonzero(line.keys)
    return [int(keys[place]) for place in spread(len(keys), most)] or [0]


def with_face(line: Line, frames: int, tries: int) -> list[int]:
    """Choose frames to look for faces in until enough have one: first those of `uniform`, then ever finer between.

    Args:
        line: Frames to choose from.
        frames: Number of frames with a face that are enough.
        tries: Number of frames to choose.
    """
    chosen = dict.fromkeys(uniform(line, frames))
    for part in _bisecting(frames, len(line)):
        if len(chosen) >= min(tries, len(line)):
            break
        chosen.setdefault(_shown(line, part))
    # Where frames last unequally long, some are never met.
    rest = (place for place in range(len(line)) if place not in chosen)
    while len(chosen) < min(tries, len(line)):
        chosen.setdefault(next(rest))
    return list(chosen)


def spread(count: int, wanted: int) -> list[int]:
    """Choose the middle ones of `wanted` equal stretches of things in a row, or all when there are no more.

    Example:
        >>> spread(100, 4)
        [12, 37, 62, 87]
        >>> spread(3, 8)
        [0, 1, 2]
    """
    if count <= wanted:
        return list(range(count))
    return [(2 * part + 1) * count // (2 * wanted) for part in range(wanted)]


def _shown(line: Line, part: float) -> int:
    """Find the frame that is shown at a part of the way from the first frame to the end of the last."""
    time = line.seconds[0] + part * (line.end - line.seconds[0])
    return int(np.searchsorted(line.seconds, time + ROUNDED, side="right")) - 1


def _bisecting(frames: int, count: int) -> Iterator[float]:
    """Give parts of the way between those of `uniform`, ever finer, each level spread over the whole way.

    Example:
        >>> list(_bisecting(2, 8))[:7]
        [0.5, 0.125, 0.625, 0.375, 0.875, 0.0625, 0.5625]
    """
    yield from _scattered([(place + 1) / frames for place in range(frames - 1)])
    cells = 2 * frames
    while cells <= 4 * count:
        yield from _scattered([(2 * place + 1) / (2 * cells) for place in range(cells)])
        cells *= 2


def _scattered(parts: list[float]) -> list[float]:
    """Order by the bits of the place read backwards, so that the first few are far apart (van der Corput, 1935)."""
    bits = (len(parts) - 1).bit_length()
    return [parts[place] for place in sorted(range(len(parts)), key=lambda place: f"{place:0{bits}b}"[::-1])]


POLICIES: dict[str, Callable[..., list[int]]] = {
    "uniform": uniform,
    "interval": interval,
    "keyframes": keyframes,
    "with_face": with_face,
}
