"""Videos, sampled as extract does, and the crops of their faces."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from bench.store.way import Video

from unmask import params
from unmask.crop.align import align
from unmask.crop.params import Params as CropParams
from unmask.crop.store import encode
from unmask.detect.detector import build
from unmask.detect.params import Params as DetectParams
from unmask.errors import VideoError
from unmask.extract.choose import chooser
from unmask.extract.clips import write_clip
from unmask.extract.sample import read
from unmask.hashing import bytes_sha256
from unmask.pixels import rgb

FRAMES = 8
SAMPLING = {"policy": "uniform", "frames": FRAMES}
MAX_PIXELS = 1 << 26


def sampled(paths: Sequence[Path]) -> list[Video]:
    """Sample videos as extract does."""
    videos = []
    for path in paths:
        try:
            found = read(path, "video", "pyav", chooser(SAMPLING), MAX_PIXELS).pictures
        except VideoError:
            continue
        found.sort(key=lambda picture: picture.index)
        frames = [one.frame for one in found]
        clip = write_clip(frames, {"format": "none"})
        videos.append(Video(path, [one.index for one in found], frames, bytes_sha256(clip), MAX_PIXELS))
    return videos


def crop_bytes(videos: Sequence[Video]) -> float:
    """Give the mean bytes of the largest face of one frame of each video, cropped with `params.yaml`."""
    chosen, detection = params.load("crop"), params.load("detect")
    assert isinstance(chosen, CropParams)
    assert isinstance(detection, DetectParams)
    find = build(detection.detector)
    sizes = []
    for video in videos:
        image = rgb(video.frames[len(video.frames) // 2], 0)
        (found,) = find([image])
        if len(found):
            edges = found.boxes
            largest = int(np.argmax((edges[:, 2] - edges[:, 0]) * (edges[:, 3] - edges[:, 1])))
            sizes.append(len(encode(align(image, found.landmarks[largest], chosen), chosen.picture)))
    return mean(sizes)


def pixels(video: Video) -> int:
    """Count the pixels of a frame."""
    return video.frames[0].width * video.frames[0].height
