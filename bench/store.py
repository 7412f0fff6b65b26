"""Measure the ways of keeping sampled frames, and what the default needs on disk; write the tables of docs.

    python -m bench.store --shared ../shared --write docs/store.md

Eight frames of each real video, and of some rendered ones where there are any, are written, read and turned into RGB,
all in one process on one thread. Times are of the processor, each the least of some rounds.
"""

import argparse
import os
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, TypeVar

import cv2
import numpy as np
from bench.kept import WAYS, Frames, Image, Ours, Video, Way, coverable, covered

from unmask import params
from unmask.crop.align import align
from unmask.crop.params import Params as CropParams
from unmask.crop.store import encode
from unmask.detect.detector import build
from unmask.detect.params import Params as DetectParams
from unmask.errors import VideoError
from unmask.extract.choose import chooser
from unmask.extract.sample import read
from unmask.pixels import rgb

BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
HEAD = ("kept as", "write", "read", "to RGB", "MB", "bytes a pixel", "lossless", "pixel formats")
SAMPLING = {"policy": "uniform", "frames": 8}
MAX_PIXELS = 1 << 26
# Videos with larger frames are a group of their own.
LARGE = 1 << 20
# One rendered video in so many.
SOME = 16
ROUNDS = 2
# Longest line of the page.
WIDTH = 120
# Data sets by name: number of videos, and size of frames. FaceForensics++ has 480p, 720p and 1080p (Roessler et al.
# 2019), in six lists of 1,000 videos; DFDC is 1080p in the main (Dolhansky et al. 2020).
SETS = (
    ("FaceForensics++, were all 480p", 6000, (640, 480)),
    ("FaceForensics++, were all 720p", 6000, (1280, 720)),
    ("FaceForensics++, were all 1080p", 6000, (1920, 1080)),
    ("DFDC, were all 1080p", 128_154, (1920, 1080)),
)

Made = TypeVar("Made")


@dataclass
class Cost:
    """What one way costs: milliseconds a frame, bytes a pixel."""

    write: float
    read: float
    convert: float
    megabytes: float
    density: float
    lossless: str


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/videos")
    parser.add_argument("--write", type=Path, help="page whose tables are renewed")
    parser.add_argument("--every", type=int, default=1, help="take one of so many videos, for a quick look")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    said = measured(arguments.shared / "data/videos", arguments.every)
    print(said)  # noqa: T201
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        start, stop = page.index(BEGIN) + len(BEGIN), page.index(END)
        arguments.write.write_text(f"{page[:start]}\n{said}\n{page[stop:]}", encoding="utf-8")


def measured(real: Path, every: int) -> str:
    """Measure everything; give Markdown."""
    videos = sampled(sorted(real.rglob("*.*")))
    small = [video for video in videos if _pixels(video) < LARGE][::every]
    large = [video for video in videos if _pixels(video) >= LARGE][::every]
    rendered = sampled(sorted(Path("data/00_raw").rglob("*.mp4"))[:: SOME * every])
    parts, costs = [], {}
    for name, group in (("Real videos", small), ("Real videos, 1920 x 1080", large), ("Rendered videos", rendered)):
        if group:
            costs[name] = {way.name: cost(way, group) for way in WAYS}
            parts += [_title(name, group), _table(costs[name])]
    said = f"Pixel formats: of the {len(coverable())} of FFmpeg that some lossless codec keeps."
    crop = crop_bytes(videos)
    return "\n\n".join([*parts, said, _needs(costs["Real videos"], costs["Real videos, 1920 x 1080"], crop)])


def sampled(paths: Sequence[Path]) -> list[Video]:
    """Sample videos as extract does."""
    videos = []
    for path in paths:
        try:
            found = read(path, "video", "pyav", chooser(SAMPLING), MAX_PIXELS).pictures
        except VideoError:
            continue
        found.sort(key=lambda picture: picture.index)
        videos.append(Video(path, [one.index for one in found], [one.frame for one in found], MAX_PIXELS))
    return videos


def cost(way: Way, videos: Sequence[Video]) -> Cost:
    """Write, read and convert the frames of all videos."""
    spent, size, kinds = [0.0, 0.0, 0.0], 0, {"yes"}
    for video in videos:
        write, data = _least(lambda video=video: way.write(video))
        reading, back = _least(lambda video=video, data=data: way.read(data, video))
        convert, images = _least(lambda back=back: way.rgb(back))
        spent = [sum(pair) for pair in zip(spent, (write, reading, convert), strict=True)]
        size += len(data)
        kinds.add(_same(video.frames, back, images))
    frames = sum(len(video.frames) for video in videos)
    pixels = sum(_pixels(video) * len(video.frames) for video in videos)
    times = [1000 * seconds / frames for seconds in spent]
    lossless = min(kinds, key=("no", "in RGB", "yes").index)
    return Cost(*times, size / frames / 1e6, size / pixels, lossless)


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


def _least(made: Callable[[], Made]) -> tuple[float, Made]:
    """Run several times; give the least time and what was made."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        result = made()
        times.append(time.process_time() - start)
    return min(times), result


def _same(given: Frames, back: Any, images: list[Image]) -> str:
    """Tell whether planes came back exactly, or only RGB did, or not even that."""
    if any(not np.array_equal(rgb(frame, 0), image) for frame, image in zip(given, images, strict=True)):
        return "no"
    planes = all(
        hasattr(frame, "planes") and len(frame.planes) == len(one.planes)
        for frame, one in zip(back, given, strict=True)
    )
    return "yes" if planes and all(_equal(one, frame) for one, frame in zip(given, back, strict=True)) else "in RGB"


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one.to_ndarray(), other.to_ndarray()))


def _pixels(video: Video) -> int:
    return video.frames[0].width * video.frames[0].height


def _title(name: str, videos: Sequence[Video]) -> str:
    sides = sorted({max(video.frames[0].width, video.frames[0].height) for video in videos})
    frames = [frame for video in videos for frame in video.frames]
    pixels = mean(frame.width * frame.height for frame in frames) / 1e6
    return _wrapped(
        f"{name}: {len(frames)} frames of {len(videos)} videos, longer side {sides[0]} to {sides[-1]}, "
        f"in the mean {pixels:.2f} million pixels; milliseconds and megabytes a frame."
    )


def _table(costs: dict[str, Cost]) -> str:
    lines = ["| " + " | ".join(HEAD) + " |", "|---|" + "---:|" * (len(HEAD) - 1)]
    for way in WAYS:
        one = costs[way.name]
        times = [f"{value:.2f}" for value in (one.write, one.read, one.convert)]
        size = [f"{one.megabytes:.3f}", f"{one.density:.3f}"]
        formats = "-" if one.lossless == "no" else str(covered(way))
        lines.append("| " + " | ".join([way.name, *times, *size, one.lossless, formats]) + " |")
    return "\n".join(lines)


def _needs(small: dict[str, Cost], large: dict[str, Cost], crop: float) -> str:
    """Say what data sets need on disk."""
    ours = [way for way in WAYS if isinstance(way, Ours)]
    lines = [
        "| gigabytes | " + " | ".join(way.name for way in ours) + " | crops |",
        "|---|" + "---:|" * (len(ours) + 1),
    ]
    for name, videos, (width, height) in SETS:
        costs = large if width * height >= LARGE else small
        frames = videos * SAMPLING["frames"]
        sizes = [frames * width * height * costs[way.name].density / 1e9 for way in ours]
        lines.append(f"| {name} | " + " | ".join(f"{size:,.1f}" for size in [*sizes, frames * crop / 1e9]) + " |")
    said = _wrapped(
        f"A crop of the real videos takes {crop / 1000:.1f} kB. Eight frames of each of 6,000 videos (FaceForensics++ "
        "c23 with FaceShifter; without it 5,000) and of 128,154 (DFDC), with one face in each frame:"
    )
    return said + "\n\n" + "\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH)


if __name__ == "__main__":
    main()
