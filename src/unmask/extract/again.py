"""Again: the sampled frames of a raw file, decoded once more where no clip of them is kept; runs in the sandbox."""

from pathlib import Path

from unmask.extract.clips import FAST, write_clip
from unmask.extract.reader import numbered
from unmask.extract.sample import read


def again(path: str, kind: str, reader: str, numbers: list[int], max_pixels: int) -> tuple[None, dict[str, bytes]]:
    """Decode frames whose numbers are known.

    Args:
        path: The video, or the folder of pictures.
        kind: `video` or `faces`.
        reader: Name of the reader that sampled them.
        numbers: Which frames.
        max_pixels: Frames may not have more pixels.

    Returns:
        Nothing, and the `clip` that could have been kept.

    Raises:
        VideoError: They cannot be had.
    """
    found = read(Path(path), kind, reader, numbered(numbers), max_pixels)
    kept = sorted(found.pictures, key=lambda picture: picture.index)
    return None, {"clip": write_clip([picture.frame for picture in kept], FAST)}
