"""What every RetinaFace has in common: what the network sees, and how its answers become faces.

The network says, for each of its *priors* (squares of two sizes around the centre of each cell of three grids), how
likely a face is there, and where its box and its five landmarks lie relative to the prior (Deng et al., RetinaFace:
Single-shot Multi-level Face Localisation in the Wild, 2020; the numbers below are those of the PyTorch family of
networks that began with biubug6/Pytorch_Retinaface).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, NamedTuple

import cv2
import numpy as np
from pydantic import Field

from unmask.detect import detector
from unmask.detect.detector import Floats, Found, Image
from unmask.detect.suppression import strongest

# Cells of each grid in pixels of the input, and the sides of the two priors around the centre of each.
GRIDS = ((8, (16, 32)), (16, (64, 128)), (32, (256, 512)))
COARSEST = 32
# Factors of the network's answers: places count in tenths of the prior's side, logarithms of sizes in fifths.
PLACE, SIZE = np.float32(0.1), np.float32(0.2)

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class Options(detector.Options):
    """Options of every RetinaFace.

    Attributes:
        min_face: Longer side of the smallest face, as a share of the frame's shorter side; smaller ones are left out.
        side: Longer side of what the network sees, in pixels; larger frames are shrunk, smaller ones stay. Faces of
            less than about 10 pixels there are not found.
        score: Smallest score.
        overlap: Intersection over union above which the weaker of two boxes goes.
    """

    min_face: Annotated[float, Field(ge=0.005, le=0.9)]
    side: Annotated[int, Field(ge=64, le=4096)]
    score: Share
    overlap: Share


class Answers(NamedTuple):
    """What a network says of B frames with P priors.

    Attributes:
        boxes: B x P x 4: place of the centre and logarithm of the size, relative to the prior.
        landmarks: B x P x 10: x and y of five places relative to the prior.
        scores: B x P: 0 to 1.
    """

    boxes: Floats
    landmarks: Floats
    scores: Floats


class Colours(NamedTuple):
    """How bytes become the network's input: (value - mean) / std, colours in the order of an RGB or a BGR picture."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    bgr: bool


# What the first networks were trained with, and their descendants with a MobileNet body.
CAFFE = Colours((104.0, 117.0, 123.0), (1.0, 1.0, 1.0), bgr=True)


def find(
    frames: Sequence[Image],
    network: Callable[[Floats], Answers],
    options: Options,
    colours: Colours,
    size: tuple[int, int] | None = None,
) -> list[Found]:
    """Find the faces of same-size frames.

    Args:
        frames: RGB frames, all of the same height and width.
        network: Takes B x 3 x H x W.
        options: What counts as a face.
        colours: What the network wants to see.
        size: Height and width of the input, where the network takes no other.

    Returns:
        Faces of each frame, in any order, in pixels of the frame.
    """
    height, width = frames[0].shape[:2]
    small = [_shrunk(frame, options.side, size) for frame in frames]
    stretch = np.array([width / small[0].shape[1], height / small[0].shape[0]], dtype=np.float32)
    seen = _seen(np.stack(small), colours, size)
    answers = network(seen)
    least = options.min_face * min(height, width)
    known = priors(*seen.shape[2:])
    return [_faces(Answers(*one), known, stretch, options, least) for one in zip(*answers, strict=True)]


@cache
def priors(height: int, width: int) -> Floats:
    """Give the priors of an input.

    Args:
        height: Height of the input in pixels.
        width: Width of the input in pixels.

    Returns:
        P x 3: x and y of the centre and the side, in pixels; grid after grid, row after row, cell after cell.

    Example:
        >>> priors(32, 32).shape
        (42, 3)
        >>> priors(32, 32)[[0, 1, 2, -1]].tolist()
        [[4.0, 4.0, 16.0], [4.0, 4.0, 32.0], [12.0, 4.0, 16.0], [16.0, 16.0, 512.0]]
    """
    found = []
    for step, sides in GRIDS:
        y, x, side = np.meshgrid(np.arange(-(-height // step)), np.arange(-(-width // step)), sides, indexing="ij")
        found.append(np.stack([(x + 0.5) * step, (y + 0.5) * step, side], axis=-1).reshape(-1, 3))
    return np.concatenate(found).astype(np.float32)


def boxes_of(answers: Floats, known: Floats) -> Floats:
    """Turn answers into boxes.

    Args:
        answers: n x 4, relative to the priors.
        known: n priors.

    Returns:
        n x 4 edges in pixels of the input.

    Example:
        >>> answers, known = np.array([[0, 0, 0, 0], [1, 0, 0, 0]], np.float32), np.array([[8, 8, 16]] * 2, np.float32)
        >>> boxes_of(answers, known).round(1).tolist() == [[0, 0, 16, 16], np.float32([1.6, 0, 17.6, 16]).tolist()]
        True
    """
    centres, sides = known[:, :2], known[:, 2:]
    middles, halves = centres + answers[:, :2] * PLACE * sides, sides * np.exp(answers[:, 2:] * SIZE) / 2
    return np.concatenate([middles - halves, middles + halves], axis=1)


def landmarks_of(answers: Floats, known: Floats) -> Floats:
    """Turn answers into landmarks.

    Args:
        answers: n x 10, relative to the priors.
        known: n priors.

    Returns:
        n x 5 x 2 in pixels of the input, (0, 0) being its corner.
    """
    places: Floats = known[:, None, :2] + answers.reshape(-1, 5, 2) * PLACE * known[:, None, 2:]
    return places


def _shrunk(frame: Image, side: int, size: tuple[int, int] | None) -> Image:
    height, width = frame.shape[:2]
    scale = min(side / max(height, width), *((size[0] / height, size[1] / width) if size else ()), 1.0)
    if scale == 1:
        return frame
    shape = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(frame, shape, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _seen(frames: Image, colours: Colours, size: tuple[int, int] | None) -> Floats:
    """Turn B x H x W x 3 bytes into the network's input, filled up with the mean colour to the right and below."""
    count, height, width = frames.shape[:3]
    whole = size or (height + -height % COARSEST, width + -width % COARSEST)
    seen = np.zeros((count, 3, *whole), dtype=np.float32)
    ordered = frames[..., ::-1] if colours.bgr else frames
    values = (ordered - np.array(colours.mean, np.float32)) / np.array(colours.std, np.float32)
    seen[:, :, :height, :width] = values.transpose(0, 3, 1, 2)
    return seen


def _faces(answers: Answers, known: Floats, stretch: Floats, options: Options, least: float) -> Found:
    """Take the faces of one frame out of what the network says of it."""
    likely = np.flatnonzero(answers.scores >= options.score)
    boxes = boxes_of(answers.boxes[likely], known[likely]) * np.tile(stretch, 2)
    large = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= least
    likely, boxes = likely[large], boxes[large]
    scores = answers.scores[likely]
    kept = strongest(np.zeros(len(boxes), dtype=np.intp), boxes, scores, options.overlap)
    # Landmarks of a face count from the centre of the first pixel, those of the network from its corner.
    landmarks = landmarks_of(answers.landmarks[likely], known[likely]) * stretch - np.float32(0.5)
    return Found(boxes[kept], landmarks[kept], scores[kept])
