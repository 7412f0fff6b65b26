"""MTCNN: three cascaded networks (Zhang et al., Joint Face Detection and Alignment, 2016), weights of facenet-pytorch.

The networks are that library's, the cascade around them stands here. The library squeezes the visible part of a box
that crosses the picture's edge and reads its landmarks as if it had seen the whole box, so that a face cut by the
edge gets landmarks that are off by up to half of the eye distance; it also fails on a box that lies wholly outside.
Here the part outside is black, as in the authors' code, and each frame of a batch keeps to itself. A large picture is
shrunk first, until the smallest face looked for just fills the last network's input: cost and memory then hardly
depend on the resolution.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import cv2
import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torchvision.ops import nms

from unmask.detect import detector
from unmask.detect.detector import Floats, Found, Image

# Sides of the networks' inputs in pixels, and the step of the first one's map; the weights fix them.
PNET, RNET, ONET, STRIDE = 12, 24, 48, 2
# Overlap above which the weaker of two boxes goes: within a level of the pyramid, over all levels, at the end.
WITHIN, OVER, END = 0.5, 0.7, 0.7
# Patches that go through a network at once, the last ones filled up: one shape only, which the library's kernels are
# made for once, keeps memory small in a crowd and makes each patch's result independent of the others.
PATCHES = 16

Owners = NDArray[np.intp]
Share = Annotated[float, Field(gt=0, lt=1)]


class Options(detector.Options):
    """Options of MTCNN.

    Attributes:
        min_face: Side of the smallest face, as a share of the frame's shorter side; no face below 12 pixels is found.
        thresholds: Smallest scores that pass the three networks.
        factor: Step of the image pyramid.
    """

    name: Literal["mtcnn"]
    min_face: Annotated[float, Field(ge=0.01, le=0.9)]
    thresholds: tuple[Share, Share, Share]
    factor: Annotated[float, Field(ge=0.3, le=0.95)]


class Detector:
    """The cascade: proposals on an image pyramid, two rounds of rejection and refinement, landmarks in the last."""

    def __init__(self, options: Options) -> None:
        """Load the three networks."""
        self._options = options
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._pnet, self._rnet, self._onet = (_frozen(net()).to(device) for net in (PNet, RNet, ONet))

    @torch.inference_mode()
    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol says."""
        height, width = frames[0].shape[:2]
        small = [_shrunk(frame, ONET / self._options.min_face) for frame in frames]
        stretch = np.array([width / small[0].shape[1], height / small[0].shape[0]], dtype=np.float32)
        owners, boxes = self._reject(small, *self._propose(small))
        owners, faces = self._describe(small, owners, boxes)
        whole = _stretched(faces, stretch)
        return [whole.take(np.flatnonzero(owners == number)) for number in range(len(frames))]

    def _propose(self, frames: Sequence[Image]) -> tuple[Owners, Floats]:
        """Slide the first network over every level of the pyramid."""
        levels = [self._propose_on(frames, size) for size in self._sizes(*frames[0].shape[:2])]
        if not levels:
            return np.empty(0, dtype=np.intp), np.empty((0, 4), dtype=np.float32)
        owners, boxes, scores, shifts = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        kept = _strongest(owners, boxes, scores, OVER)
        return owners[kept], _moved(boxes, shifts)[kept]

    def _propose_on(self, frames: Sequence[Image], size: tuple[int, int]) -> tuple[Owners, Floats, Floats, Floats]:
        level = np.stack([_resized(frame, size) for frame in frames])
        shift_map, score_map = _asked(self._pnet, level)  # B x 4 or 2 x H x W
        owners, rows, columns = np.nonzero(score_map[:, 1] >= self._options.thresholds[0])
        corners = STRIDE * np.stack([columns, rows, columns, rows], axis=1) + np.array([0, 0, PNET, PNET])
        height, width = frames[0].shape[:2]
        boxes = (corners * np.tile([width / size[0], height / size[1]], 2)).astype(np.float32)
        scores, shifts = score_map[owners, 1, rows, columns], shift_map[owners, :, rows, columns]
        kept = _strongest(owners, boxes, scores, WITHIN)
        return owners[kept], boxes[kept], scores[kept], shifts[kept]

    def _sizes(self, height: int, width: int) -> Iterator[tuple[int, int]]:
        """Give widths and heights of the pyramid's levels, largest first; pictures are never enlarged."""
        short = min(height, width)
        scale = min(PNET / (self._options.min_face * short), 1.0)
        while short * scale >= PNET:
            yield max(round(width * scale), PNET), max(round(height * scale), PNET)
            scale *= self._options.factor

    def _reject(self, frames: Sequence[Image], owners: Owners, boxes: Floats) -> tuple[Owners, Floats]:
        """Reject and refine with the second network."""
        squares = _squares(boxes)
        shifts, scores_2 = _through(self._rnet, _patches(frames, owners, squares, RNET), [4, 2])
        scores = scores_2[:, 1]
        passed = np.flatnonzero(scores > self._options.thresholds[1])
        kept = passed[_strongest(owners[passed], squares[passed], scores[passed], OVER)]
        return owners[kept], _moved(squares, shifts)[kept]

    def _describe(self, frames: Sequence[Image], owners: Owners, boxes: Floats) -> tuple[Owners, Found]:
        """Reject, refine and find landmarks with the third network."""
        squares = _squares(boxes)
        shifts, points, scores_2 = _through(self._onet, _patches(frames, owners, squares, ONET), [4, 10, 2])
        # Five x, then five y, as shares of the square, whose edges lie half a pixel before the pixels' centres.
        sides = (squares[:, 2:] - squares[:, :2])[:, None]
        landmarks = points.reshape(-1, 2, 5).transpose(0, 2, 1) * sides + squares[:, None, :2] - np.float32(0.5)
        faces = Found(_moved(squares, shifts), landmarks, scores_2[:, 1])
        passed = np.flatnonzero(faces.scores > self._options.thresholds[2])
        kept = passed[_outermost(owners[passed], faces.take(passed))]
        return owners[kept], faces.take(kept)


def _frozen(net: nn.Module) -> nn.Module:
    # Channels last is the order that frames have anyway, and twice as fast.
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _shrunk(frame: Image, side: float) -> Image:
    """Shrink a frame until its shorter side has about `side` pixels; a smaller one stays as it is."""
    height, width = frame.shape[:2]
    scale = side / min(height, width)
    if scale >= 1:
        return frame
    return _resized(frame, (round(width * scale), round(height * scale)))


def _resized(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _stretched(faces: Found, stretch: Floats) -> Found:
    """Take faces from the shrunk frame to the whole one; landmarks count from the first pixel's centre."""
    half = np.float32(0.5)
    return Found(faces.boxes * np.tile(stretch, 2), (faces.landmarks + half) * stretch - half, faces.scores)


def _asked(net: nn.Module, images: Image) -> list[Floats]:
    """Run a network over B x H x W x 3 bytes, on the device where it lies."""
    pixels = torch.from_numpy(images).to(next(net.parameters()).device).permute(0, 3, 1, 2)
    outputs: Sequence[Tensor] = net(pixels.float().sub_(127.5).mul_(1 / 128))
    return [output.cpu().numpy() for output in outputs]


def _through(net: nn.Module, patches: Image, widths: Sequence[int]) -> list[Floats]:
    """Run a network over n patches, few at a time.

    Returns:
        Its outputs, each n x its width.
    """
    if not len(patches):
        return [np.empty((0, width), dtype=np.float32) for width in widths]
    full = np.pad(patches, ((0, -len(patches) % PATCHES), (0, 0), (0, 0), (0, 0)))
    parts = [_asked(net, group) for group in np.split(full, len(full) // PATCHES)]
    return [np.concatenate(outputs)[: len(patches)] for outputs in zip(*parts, strict=True)]


def _patches(frames: Sequence[Image], owners: Owners, squares: Floats, side: int) -> Image:
    """Cut squares out of their frames, black where they reach outside, and resize them."""
    height, width = frames[0].shape[:2]
    patches = np.zeros((len(squares), side, side, 3), dtype=np.uint8)
    for patch, owner, (x0, y0, x1, y1) in zip(patches, owners, squares.astype(int), strict=True):
        left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if left >= right or top >= bottom:
            continue
        cut: Image = frames[owner][top:bottom, left:right]
        if cut.shape[:2] != (y1 - y0, x1 - x0):
            cut = np.pad(cut, ((top - y0, y1 - bottom), (left - x0, x1 - right), (0, 0)))
        patch[:] = _resized(cut, (side, side))
    return patches


def _squares(boxes: Floats) -> Floats:
    """Widen boxes to squares with whole-numbered edges and the same centre."""
    side = np.rint((boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True)).clip(1)
    corner = np.rint((boxes[:, :2] + boxes[:, 2:] - side) / 2)
    return np.concatenate([corner, corner + side], axis=1).astype(np.float32)


def _moved(boxes: Floats, shifts: Floats) -> Floats:
    """Move the edges of boxes by shares of their sides."""
    moved: Floats = boxes + shifts * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return moved


def _strongest(owners: Owners, boxes: Floats, scores: Floats, overlap: float) -> Owners:
    """Pick the boxes of each frame that no stronger one overlaps (intersection over union) by more than `overlap`."""
    kept = [np.empty(0, dtype=np.intp)]
    for owner in np.unique(owners):
        own = np.flatnonzero(owners == owner)
        kept.append(own[nms(torch.from_numpy(boxes[own]), torch.from_numpy(scores[own]), overlap).numpy()])
    return np.concatenate(kept)


def _outermost(owners: Owners, faces: Found) -> Owners:
    """Pick faces like `_strongest`, the overlap being a share of the smaller box, so that none lies in another."""
    kept: list[int] = []
    for face in np.argsort(-faces.scores, kind="stable"):
        stronger = faces.boxes[[other for other in kept if owners[other] == owners[face]]]
        box = faces.boxes[face]
        sides = np.minimum(stronger[:, 2:], box[2:]) - np.maximum(stronger[:, :2], box[:2])
        smaller = np.minimum((stronger[:, 2:] - stronger[:, :2]).prod(1), (box[2:] - box[:2]).prod())
        if not (sides.clip(0).prod(1) > END * smaller).any():
            kept.append(int(face))
    return np.array(kept, dtype=np.intp)
