"""The task of a worker by its name: the step sends it without OpenCV and PyAV, the worker gets it without Parquet."""

from pathlib import Path
from typing import Any

from unmask.crop.params import Params
from unmask.extract.raw import Raw
from unmask.work import Result

Row = dict[str, Any]
# Number of the frame, name of the crop, and the ten numbers of the landmarks; None for a picture that came cropped.
Face = tuple[int, str, list[float] | None]


def cut_video(params: Params, frames: Path, raw: Raw, given: tuple[list[Row], list[Face]]) -> Result:
    """Do what `unmask.crop.cut.cut` says.

    Args:
        params: The section `crop`.
        frames: Folder of the clips' shards.
        raw: Where the raw file is, if no clip is kept.
        given: All rows of the video in `frames`, and which faces are cut out.
    """
    from unmask.crop.cut import cut
    from unmask.extract.load import Clip

    rows, faces = given
    return cut(params, Clip(frames, rows, raw), rows, faces)
