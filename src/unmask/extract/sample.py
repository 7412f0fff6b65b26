"""Sample: which frames of a video or folder of pictures are kept, and their decoding, which runs in the sandbox."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import av

from unmask import folders, pictures
from unmask.errors import VideoError, few
from unmask.extract.clips import write_clip
from unmask.video import Picture, decode

# Up to so many bytes of frames are held while counting, so that a short video is decoded once; it changes no result.
HELD = 256 << 20


def choose(count: int, wanted: int) -> list[int]:
    """Choose frames: the middle ones of `wanted` equal stretches, or all when there are no more.

    Args:
        count: Number of frames that decode.
        wanted: Number of frames to choose.

    Example:
        >>> choose(100, 4)
        [12, 37, 62, 87]
        >>> choose(3, 8)
        [0, 1, 2]
    """
    if count <= wanted:
        return list(range(count))
    return [(2 * part + 1) * count // (2 * wanted) for part in range(wanted)]


def sample(path: str, frames: int, max_pixels: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Decode a video and keep some frames, spread evenly by index over those that decode.

    Args:
        path: The video.
        frames: Number of frames to keep.
        max_pixels: Frames may not have more pixels.

    Returns:
        Number of frames that decode, why no more do if the file breaks off, and a list of what is known of each
        kept frame; and the `clip` of these frames.

    Raises:
        VideoError: No frame decodes.
    """
    count, held, broken = _count(Path(path), max_pixels)
    chosen = set(choose(count, frames))
    kept = [picture for picture in held if picture.index in chosen] or _take(Path(path), max_pixels, chosen)
    clip = write_clip([picture.frame for picture in kept])
    return {"decoded": count, "broken": broken, "frames": [_facts(picture) for picture in kept]}, {"clip": clip}


def sample_pictures(path: str, frames: int, max_pixels: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Decode some pictures of a folder, spread evenly over all in the order of their numbers.

    Pictures lie in the clip as RGB. A broken one is left out and told; it is not replaced.

    Args:
        path: The folder, or a single picture.
        frames: Number of pictures to keep.
        max_pixels: Pictures may not have more pixels.

    Returns:
        As of `sample`; the number of a frame is that in its name (see `numbers`).

    Raises:
        VideoError: There is no picture, or none of the chosen ones decodes.
    """
    files = folders.pictures(Path(path))
    known = folders.numbers([file.name for file in files])
    kept, broken = [], []
    for place in choose(len(files), frames):
        try:
            image = pictures.decode(files[place], max_pixels)
        except VideoError as error:
            broken.append(str(error))
            continue
        kept.append(Picture(known[place], 0.0, 0, av.VideoFrame.from_ndarray(image, format="rgb24")))
    if not kept:
        raise VideoError(few(broken))
    found = {"decoded": len(files) - len(broken), "broken": few(broken), "frames": [_facts(one) for one in kept]}
    return found, {"clip": write_clip([one.frame for one in kept])}


def _count(path: Path, max_pixels: int) -> tuple[int, list[Picture], str]:
    """Count the frames that decode, say why no more do; give them too, if they are few enough to be held."""
    count, size, broken = 0, 0, ""
    held: list[Picture] = []
    try:
        for picture in decode(path, max_pixels):
            count += 1
            size += _bytes(picture.frame)
            if size <= HELD:
                held.append(picture)
            else:
                held.clear()
    except VideoError as error:
        if not count:
            raise
        broken = f"breaks off after {count} frames: {error}"
    if not count:
        raise VideoError("no frame decodes")
    return count, held, broken


def _take(path: Path, max_pixels: int, chosen: set[int]) -> list[Picture]:
    """Decode again and hold the chosen frames only."""
    kept: list[Picture] = []
    # Where the file breaks off was found when counting.
    with suppress(VideoError):
        for picture in decode(path, max_pixels):
            if picture.index in chosen:
                kept.append(picture)
            if len(kept) == len(chosen):
                break
    return kept


def _bytes(frame: av.VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)


def _facts(picture: Picture) -> dict[str, Any]:
    width, height = picture.frame.width, picture.frame.height
    if picture.rotation % 180:
        width, height = height, width
    return {
        "frame": picture.index,
        "seconds": picture.seconds,
        "rotation": picture.rotation,
        "width": width,
        "height": height,
    }
