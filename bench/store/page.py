"""The tables of docs/store.md."""

from collections.abc import Sequence
from statistics import mean

from bench import docs
from bench.store.cost import Cost
from bench.store.material import FRAMES
from bench.store.ours import Ours
from bench.store.way import Video
from bench.store.ways import WAYS, covered

HEAD = ("kept as", "write", "read", "to RGB", "MB", "bytes a pixel", "lossless", "pixel formats")
# Videos with larger frames are a group of their own.
LARGE = 1 << 20
# Data sets by name: number of videos, and size of frames. FaceForensics++ has 480p, 720p and 1080p (Roessler et al.
# 2019), in six lists of 1,000 videos; DFDC is 1080p in the main (Dolhansky et al. 2020).
SETS = (
    ("FaceForensics++, were all 480p", 6000, (640, 480)),
    ("FaceForensics++, were all 720p", 6000, (1280, 720)),
    ("FaceForensics++, were all 1080p", 6000, (1920, 1080)),
    ("DFDC, were all 1080p", 128_154, (1920, 1080)),
)


def title(name: str, videos: Sequence[Video]) -> str:
    """Say of which videos a table is."""
    sides = sorted({max(video.frames[0].width, video.frames[0].height) for video in videos})
    frames = [frame for video in videos for frame in video.frames]
    pixels = mean(frame.width * frame.height for frame in frames) / 1e6
    return docs.wrapped(
        f"{name}: {len(frames)} frames of {len(videos)} videos, longer side {sides[0]} to {sides[-1]}, "
        f"in the mean {pixels:.2f} million pixels; milliseconds and megabytes a frame."
    )


def table(costs: dict[str, Cost]) -> str:
    """Write down what each way costs."""
    rows = []
    for way in WAYS:
        one = costs[way.name]
        times = [f"{value:.2f}" for value in (one.write, one.read, one.convert)]
        size = [f"{one.megabytes:.3f}", f"{one.density:.3f}"]
        formats = "-" if one.lossless == "no" else str(covered(way))
        rows.append([way.name, *times, *size, one.lossless, formats])
    return docs.table(HEAD, rows)


def needs(small: dict[str, Cost], large: dict[str, Cost], crop: float) -> str:
    """Say what data sets need on disk."""
    ours = [way for way in WAYS if isinstance(way, Ours)]
    rows = []
    for name, videos, (width, height) in SETS:
        costs = large if width * height >= LARGE else small
        frames = videos * FRAMES
        sizes = [frames * width * height * costs[way.name].density / 1e9 for way in ours]
        rows.append([name, *(f"{size:,.1f}" for size in [*sizes, frames * crop / 1e9])])
    said = docs.wrapped(
        f"A crop of the real videos takes {crop / 1000:.1f} kB. Eight frames of each of 6,000 videos (FaceForensics++ "
        "c23 with FaceShifter; without it 5,000) and of 128,154 (DFDC), with one face in each frame:"
    )
    return said + "\n\n" + docs.table(("gigabytes", *(way.name for way in ours), "crops"), rows)
