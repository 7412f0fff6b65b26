"""What a worker does for the step crop: the chosen faces of one video, cut out and encoded."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from unmask.crop.align import Image, align
from unmask.crop.params import Params, Png
from unmask.crop.quality import phash, sharpness
from unmask.crop.reading import decode
from unmask.crop.store import encode
from unmask.crop.task import Face
from unmask.extract.load import Clip
from unmask.work import Result

Row = dict[str, Any]

# Frames that are in memory at once, however many a video has.
AT_ONCE = 8


def cut(params: Params, clip: Clip, rows: Sequence[Row], faces: Sequence[Face]) -> Result:
    """Cut the chosen faces of one video.

    Args:
        params: The section `crop`.
        clip: Its sampled frames.
        rows: Its rows of `frames`.
        faces: Which faces, in the order of their frames.

    Returns:
        For each crop a row that says what it looks like, and its bytes.
    """
    blobs, seen = {}, []
    for image, here in _frames(clip, rows, faces):
        for _, name, places in here:
            crop = align(image, None if places is None else np.reshape(places, (5, 2)), params)
            blobs[name] = encode(crop, params.picture)
            kept = crop if isinstance(params.picture, Png) else decode(blobs[name])
            seen.append({"name": name, "sharpness": sharpness(kept), "phash": phash(kept).hex()})
    return Result(seen, blobs, told={"faces": len(seen)})


def _frames(clip: Clip, rows: Sequence[Row], faces: Sequence[Face]) -> Iterator[tuple[Image, list[Face]]]:
    """Give each frame that has a chosen face, and these faces."""
    row_of = {row["frame"]: row for row in rows}
    groups = [(row_of[number], list(here)) for number, here in groupby(faces, key=lambda face: face[0])]
    for start in range(0, len(groups), AT_ONCE):
        some = groups[start : start + AT_ONCE]
        yield from zip(clip.images([row for row, _ in some]), (here for _, here in some), strict=True)
