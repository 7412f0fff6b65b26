"""What extract leaves behind, made from pictures in memory, and the frames of a rendered person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from unmask.extract.clips import FAST, write_clip
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256
from unmask.limits import Limits
from unmask.render.clip import Clip, film
from unmask.render.params import Filmed
from unmask.shards import ShardWriter

Image = NDArray[np.uint8]

# What reading one raw file may cost.
LIMITS = Limits(max_seconds=30, max_megabytes=1024, max_pixels=10_000_000)
SCENE = {
    "eye_distance": (38, 48), "turn": 0.16, "key_light": (0.6, 0.9), "sky_light": (0.25, 0.4), "light_side": 0.8,
    "colour_cast": 0.03, "softness": (0.2, 0.7), "noise": (2.0, 3.0), "grain": 0.6,
}  # fmt: skip
SHAPE = {"seed": 5, "width": 320, "height": 256, "fps": 25, "frames": (4, 4), "crf": 23, "preset": "veryfast"}


@cache
def person(name: str) -> Clip:
    """Render four frames of a person, with the true places of the five landmarks."""
    return film(Filmed.model_validate(SHAPE | {"scene": SCENE}), name, name)


def blank(height: int = 256, width: int = 320) -> Image:
    """Draw a picture without a face."""
    return np.full((height, width, 3), 128, np.uint8)


def write_frames(folder: Path, videos: Mapping[str, Sequence[Image] | str]) -> Path:
    """Write `frames.parquet` and one shard.

    Args:
        folder: Where they go.
        videos: For each video its sampled frames, every tenth of it, or the status of a video without any.
    """
    rows: list[dict[str, Any]] = []
    common = {"kind": "video", "reason": "", "seconds": 0.0, "decoded": 99, "rotation": 0, "path": "", "reader": ""} | {
        "pair": "", "rank": -1, "enough": 0,
    }  # fmt: skip
    with ShardWriter(folder / "0.tar") as shard:
        for key, frames in sorted(videos.items()):
            if isinstance(frames, str):
                none = {"position": -1, "width": 0, "height": 0, "shard": "", "offset": 0, "size": 0, "sha256": ""}
                rows.append({"video": key, "frame": -1, "status": frames, **common, **none})
                continue
            clip = write_clip([av.VideoFrame.from_ndarray(frame, format="rgb24") for frame in frames], FAST)
            where = asdict(shard.add(f"{key}.nut", clip)) | {"sha256": bytes_sha256(clip)}
            for position, frame in enumerate(frames):
                shape = {"height": frame.shape[0], "width": frame.shape[1], "position": position, "rank": position}
                rows.append({"video": key, "frame": 10 * position, "status": "ok", **common, **shape, **where})
    FRAMES.write(rows, folder)
    return folder
