"""Sample: the chosen frames of a video, a picture or a folder of pictures, decoded; runs in the sandbox."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np

from unmask import folders, pictures
from unmask.errors import VideoError, few
from unmask.extract.choose import chooser
from unmask.extract.clips import write_clip
from unmask.extract.reader import Choose, Line, Reading, line_of, reader
from unmask.extract.readers import pyav
from unmask.video import Picture


def sample(
    path: str, kind: str, reader: str, sampling: Mapping[str, Any], store: Mapping[str, Any], max_pixels: int
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Decode a video and keep some frames.

    Args:
        path: The video, or the folder of pictures.
        kind: `video` or `faces`.
        reader: Name of the reader of videos.
        sampling: Policy with its options, as in `params.yaml`.
        store: Format of the clip with its options, as in `params.yaml`.
        max_pixels: Frames may not have more pixels.

    Returns:
        Number of frames that could be chosen, what is missing or damaged, and a list of what is known of each kept
        frame, in order of time; and the `clip` of these frames.

    Raises:
        VideoError: No frame can be had.
    """
    choose = chooser(_one_each(sampling) if kind == "faces" else sampling)
    found = read(Path(path), kind, reader, choose, max_pixels)
    ranks = {picture.index: rank for rank, picture in enumerate(found.pictures)}
    kept = sorted(found.pictures, key=lambda picture: picture.index)
    facts = [_facts(picture) | {"rank": ranks[picture.index]} for picture in kept]
    clip = write_clip([picture.frame for picture in kept], store)
    return {"decoded": found.count, "broken": found.reason, "frames": facts}, {"clip": clip}


def read(path: Path, kind: str, name: str, choose: Choose, max_pixels: int, whole: bool = False) -> Reading:
    """Read the chosen frames of a video, of a picture or of a folder of pictures.

    Args:
        path: Where it is.
        kind: `video` or `faces`.
        name: Which reader reads videos; pictures and animations are always read the same way.
        choose: Chooses among the frames.
        max_pixels: Frames may not have more pixels.
        whole: Whether the reader `pyav` decodes all frames, whatever is chosen.

    Raises:
        VideoError: No frame can be had.
    """
    if kind == "faces":
        return _read_folder(path, choose, max_pixels)
    sort = pictures.sort_of(path)
    if sort == pictures.STILL:
        choose(line_of([0.0], [True]))
        return Reading(1, [_picture(0, pictures.decode(path, max_pixels))], "")
    if sort == pictures.WEBP:
        return _read_webp(path, choose, max_pixels)
    if whole and (sort == pictures.ANIMATION or name == "pyav"):
        return pyav.whole(path, choose, max_pixels)
    return (pyav.read if sort == pictures.ANIMATION else reader(name))(path, choose, max_pixels)


def _read_webp(path: Path, choose: Choose, max_pixels: int) -> Reading:
    starts = pictures.webp_times(path, max_pixels)[:-1]
    line = line_of(starts, [place == 0 for place in range(len(starts))])
    chosen = choose(line)
    images = pictures.decode_webp(path, chosen)
    kept = [_picture(place, image, starts[place]) for place, image in zip(chosen, images, strict=True)]
    return Reading(len(line), kept, "")


def _read_folder(path: Path, choose: Choose, max_pixels: int) -> Reading:
    """Decode some pictures of a folder, which lie one second apart; a broken one is left out and told.

    The number of a frame is that in its name (see `folders.numbers`).
    """
    files = folders.pictures(path)
    known = folders.numbers([file.name for file in files])
    kept, broken = [], []
    for place in choose(Line(np.array(known), np.arange(len(files), dtype=float), np.ones(len(files), bool))):
        try:
            kept.append(_picture(known[place], pictures.decode(files[place], max_pixels)))
        except VideoError as error:
            broken.append(str(error))
    if not kept:
        raise VideoError(few(broken))
    return Reading(len(files) - len(broken), kept, few(broken))


def _picture(number: int, image: pictures.Image, seconds: float = 0.0) -> Picture:
    return Picture(number, seconds, 0, av.VideoFrame.from_ndarray(image, format="rgb24"))


def _one_each(sampling: Mapping[str, Any]) -> Mapping[str, Any]:
    """Adapt a policy to pictures without time, each of which shows a face: none is too close to the next."""
    if sampling["policy"] == "interval":
        return {**sampling, "seconds": 1.0}
    if sampling["policy"] == "with_face":
        return {"policy": "uniform", "frames": sampling["frames"]}
    return sampling


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
