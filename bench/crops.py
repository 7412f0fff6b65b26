"""Measure crops: bytes and time of each format, how many reach beyond the frame, how rough the turn is; write docs.

    make bench-crops

Real videos are sampled, searched and cropped by the pipeline's own functions with the options of `params.yaml`, in one
process and thread. Times are of the processor; of each crop the least of some rounds counts.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import heads
import numpy as np
import torch
from bench import docs
from bench.pipeline import Pipeline

from unmask.crop.align import Image, align, template
from unmask.crop.params import Alignment, Jpeg, Picture, Png
from unmask.crop.pose import yaw
from unmask.crop.reading import decode
from unmask.crop.store import encode
from unmask.errors import UnmaskError, VideoError
from unmask.extract.choose import chooser
from unmask.extract.sample import read
from unmask.pixels import rgb

PART = "crops"
PICTURES: tuple[Picture, ...] = (
    *(Png(format="png", level=level) for level in (1, 6, 9)),
    Jpeg(format="jpeg", quality=95),
)
HEAD = ("`picture`", "bytes", "writing, ms", "reading, ms")
ROUNDS = 3
# Turns and nods of the model head in degrees, and how far away it is, in centimetres.
TURNS, NOD, NEAR, FAR = range(-40, 41, 5), 15, 50, 100_000


def cropped(steps: Pipeline, paths: Sequence[Path]) -> Iterator[tuple[Image, float]]:
    """Cut the faces of videos as the steps do; give each crop and the share of it that lies beyond the frame."""
    black = steps.crop.model_copy(update={"border": "black"})
    for path in paths:
        try:
            choose = chooser(steps.extract.sampling.model_dump())
            found = read(path, "video", steps.extract.reader, choose, steps.limits.max_pixels).pictures
        except VideoError:
            continue
        found.sort(key=lambda picture: picture.index)
        images = [rgb(picture.frame, picture.rotation) for picture in found]
        for row in steps.faces(images):
            image, places = images[row["frame"]], row["landmarks"]
            yield align(image, places, steps.crop), beyond(image, places, black)


def beyond(image: Image, landmarks: Any, options: Alignment) -> float:
    """Give the share of a crop that lies beyond the picture: what stays black of a white one, with a black border."""
    return 1 - float(align(np.full_like(image, 255), landmarks, options).mean()) / 255


def formats(crops: Sequence[Image], chosen: Picture) -> str:
    """Write and read crops in every format; give the table, the mean crop in each row."""
    rows = []
    for picture in PICTURES:
        data = [encode(crop, picture) for crop in crops]
        writing = _least(lambda crop, picture=picture: encode(crop, picture), crops)
        reading = _least(decode, data)
        options = ", ".join(f"{name}: {value}" for name, value in picture.model_dump().items())
        name = f"`{{{options}}}`" + " (default)" * (picture == chosen)
        rows.append([name, f"{np.mean([len(one) for one in data]):,.0f}", f"{writing:.2f}", f"{reading:.2f}"])
    return docs.table(HEAD, rows)


def _least(work: Callable[..., Any], given: Sequence[Any]) -> float:
    """Give the mean milliseconds, of each one's least."""
    times = np.empty((ROUNDS, len(given)))
    for turn, number in np.ndindex(*times.shape):
        start = time.process_time_ns()
        work(given[number])
        times[turn, number] = time.process_time_ns() - start
    return float(times.min(0).mean()) / 1e6


def outside(shares: Sequence[float]) -> str:
    """Say how many crops reach beyond the frame, and how far."""
    return (
        f"{np.count_nonzero(shares)} of {len(shares)} crops reach beyond the frame; "
        f"{np.mean(shares):.1%} of the square lies there in the mean of all, {max(shares):.0%} at most."
    )


def turn(stills: Path) -> str:
    """Say how far the rough turn is from others."""

    def worst(nods: Sequence[int], far: int) -> float:
        return max(abs(yaw(*heads.head(a, b, 0, far)[:3]) - a) for a, b in product(TURNS, nods))

    (found, fitted), (told, truth) = heads.fitted(stills), (part[:, 0] for part in heads.rendered())
    return (
        f"A model head turned by up to {max(TURNS)} degrees: `yaw` is wrong by up to {worst([0], FAR):.1f} degrees "
        f"from afar, {worst([-NOD, NOD], FAR):.0f} with a nod of {NOD} degrees, {worst([0], NEAR):.0f} from {NEAR} "
        f"centimetres. {len(found)} faces of stills: it differs by {np.abs(found - fitted).mean():.0f} degrees in the "
        "mean from a pose fitted to eight published landmarks (which errs too), correlation "
        f"{np.corrcoef(found, fitted)[0, 1]:.2f}. {len(told)} pictures of {len(heads.PEOPLE)} rendered heads: it is "
        f"{told @ truth / (truth @ truth):.2f} of the turn they were rendered with, correlation "
        f"{np.corrcoef(told, truth)[0, 1]:.2f}."
    )


def measured(paths: Sequence[Path], stills: Path) -> str:
    """Measure everything; give Markdown."""
    steps = Pipeline()
    crops, shares = zip(*cropped(steps, paths), strict=True)
    chosen = steps.crop
    left, right = template(chosen)[:2]
    size = (
        f"{len(crops)} crops of {len(paths)} real videos, {chosen.size} pixels a side, margin {chosen.margin:g}, where "
        f"the eyes are {np.hypot(*(right - left)):.0f} pixels apart; for a crop, milliseconds of the processor."
    )
    said = ("Formats. " + size, formats(crops, chosen.picture), "Frame. " + outside(shares), "Turn. " + turn(stills))
    return "\n\n".join(part if part.startswith("|") else docs.wrapped(part) for part in said)


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared"), help="folder with data/videos and data/stills"
    )
    docs.add_write(parser, PART)
    parser.add_argument("--every", type=int, default=1, help="take one of so many videos, for a quick look")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    data = arguments.shared / "data"
    said = measured(sorted((data / "videos").rglob("*.*"))[:: arguments.every], data / "stills")
    docs.tell(said, PART, arguments.write)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
