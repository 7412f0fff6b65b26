"""Again: the sampled frames of a raw file, decoded once more where no clip of them is kept; runs in the sandbox."""

from pathlib import Path

from unmask.extract.clips import FAST, write_clip
from unmask.extract.reader import numbered
from unmask.extract.sample import read
from unmask.hashing import bytes_sha256


def again(
    path: str, kind: str, reader: str, numbers: list[int], sha256: str, max_pixels: int
) -> tuple[None, dict[str, bytes]]:
    """Decode frames whose numbers are known.

    Args:
        path: The video, or the folder of pictures.
        kind: `video` or `faces`.
        reader: Name of the reader that sampled them.
        numbers: Which frames.
        sha256: Hash of the clip of them. Frames of a damaged video may have got their numbers when all was decoded.
        max_pixels: Frames may not have more pixels.

    Returns:
        Nothing, and the `clip` that could have been kept; one with another hash if the frames are others.

    Raises:
        VideoError: They cannot be had.
    """
    clip = b""
    for whole in (False, True):
        found = read(Path(path), kind, reader, numbered(numbers), max_pixels, whole)
        kept = sorted(found.pictures, key=lambda picture: picture.index)
        clip = write_clip([picture.frame for picture in kept], FAST)
        if bytes_sha256(clip) == sha256:
            break
    return None, {"clip": clip}
