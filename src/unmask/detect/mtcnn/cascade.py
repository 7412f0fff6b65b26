"""The cascade: proposals on an image pyramid, two rounds of rejection and refinement, landmarks in the last.

The library squeezes the visible part of a box that crosses the picture's edge and reads its landmarks as if it had
seen the whole box, so that a face cut by the edge gets landmarks that are off by up to half of the eye distance; it
also fails on a box that lies wholly outside. Here the part outside is black, as in the authors' code, and each frame
of a batch keeps to itself.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from sys import maxsize

import numpy as np

from unmask.detect.detector import Floats, Found, Image
from unmask.detect.mtcnn import networks
from unmask.detect.mtcnn.networks import Network
from unmask.detect.mtcnn.pyramid import Pyramid
from unmask.detect.suppression import Numbers, strongest

# Sides of the networks' inputs in pixels, and the step of the first one's map; the weights fix them.
PNET, RNET, ONET, STRIDE = 12, 24, 48, 2
# Landmarks of a mirrored face in the order of one that is not, and signs of what its box's edges are off by.
MIRRORED, SIGNS = [1, 0, 2, 4, 3], np.array([-1, 1, -1, 1], dtype=np.float32)
# Numbers that the last network gives for a patch; the others give fewer.
WIDEST = 15
# Overlap above which the weaker of two boxes goes: within a level of the pyramid, over all levels, at the end.
WITHIN, OVER, END = 0.5, 0.5, 0.7
# Pixels that go through a network at once on a CPU: its maps then stay in the cache. It changes no bit. A GPU gets all.
PIXELS = 12_000


class Cascade:
    """The three networks and what passes from one to the next."""

    def __init__(self, min_face: float, thresholds: tuple[float, float, float], factor: float) -> None:
        """Load the networks; the arguments are the options of the same names."""
        self._min_face, self._factor = min_face, factor
        # The networks give logarithms of odds.
        self._odds = [float(np.log(share / (1 - share))) for share in thresholds]
        self._pixels = maxsize if networks.on_gpu() else PIXELS
        self._pnet, self._rnet, self._onet = (networks.load(name) for name in ("pnet", "rnet", "onet"))

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol of detectors says."""
        seen = Pyramid(frames, PNET)
        owners, boxes = self._propose(seen, frames[0].shape[:2])
        owners, boxes = self._reject(seen, owners, boxes)
        owners, faces = self._describe(seen, owners, boxes)
        return [faces.take(np.flatnonzero(owners == number)) for number in range(len(frames))]

    def _propose(self, seen: Pyramid, shape: tuple[int, ...]) -> tuple[Numbers, Floats]:
        """Slide the first network over every level of the pyramid."""
        levels = [self._propose_on(*seen.whole(size)) for size in self._sizes(*shape)]
        if not levels:
            return np.empty(0, dtype=np.intp), np.empty((0, 4), dtype=np.float32)
        owners, boxes, found = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        kept = strongest(owners, boxes, found[:, 0], OVER)
        return owners[kept], _moved(boxes[kept], found[kept, 1:5])

    def _propose_on(self, level: Image, pixel: Floats) -> tuple[Numbers, Floats, Floats]:
        maps = self._through(self._pnet, level)
        owners, rows, columns = np.nonzero(maps[:, 0] >= self._odds[0])
        corners = STRIDE * np.stack([columns, rows], axis=1)
        boxes = (np.concatenate([corners, corners + PNET], axis=1) * np.tile(pixel, 2)).astype(np.float32)
        found = maps[owners, :, rows, columns]
        kept = strongest(owners, boxes, found[:, 0], WITHIN)
        return owners[kept], boxes[kept], found[kept]

    def _sizes(self, height: int, width: int) -> Iterator[tuple[int, int]]:
        """Give widths and heights of the pyramid's levels, largest first; pictures are never enlarged.

        They are even, so that the first network's windows cover them to the edge.
        """
        short = min(height, width)
        scale = min(PNET / (self._min_face * short), 1.0)
        while short * scale >= PNET:
            yield _even(width, scale), _even(height, scale)
            scale *= self._factor

    def _reject(self, seen: Pyramid, owners: Numbers, boxes: Floats) -> tuple[Numbers, Floats]:
        """Reject and refine with the second network."""
        squares = seen.squares(boxes, RNET)
        found = self._through(self._rnet, seen.patches(owners, squares, RNET))
        passed = np.flatnonzero(found[:, 0] > self._odds[1])
        kept = passed[strongest(owners[passed], squares[passed], found[passed, 0], OVER)]
        return owners[kept], _moved(squares[kept], found[kept, 1:5])

    def _describe(self, seen: Pyramid, owners: Numbers, boxes: Floats) -> tuple[Numbers, Found]:
        """Reject, refine and find landmarks with the third network, which looks at each face three times.

        What it answers depends on where in its square the face lies, and the second network places it roughly. So it
        looks again at the box that it gave itself, as it is and mirrored. Score, box and landmarks are means, the
        latter two of the better placed looks.
        """
        # What has less than even odds at first sight is looked at again only where such faces are asked for.
        owners, first = _settled(owners, self._look(seen, owners, boxes), min(0.0, self._odds[2]))
        again, mirrored = (self._look(seen, owners, first.boxes, mirror) for mirror in (False, True))
        scores = _mean(first.scores, again.scores, mirrored.scores)
        boxes, landmarks = _mean(again.boxes, mirrored.boxes), _mean(again.landmarks, mirrored.landmarks)
        owners, faces = _settled(owners, Found(boxes, landmarks, scores), self._odds[2])
        return owners, Found(faces.boxes, faces.landmarks, _share(faces.scores))

    def _look(self, seen: Pyramid, owners: Numbers, boxes: Floats, mirror: bool = False) -> Found:
        """Look at boxes with the third network; the scores are logarithms of odds."""
        squares = seen.squares(boxes, ONET)
        patches = seen.patches(owners, squares, ONET)
        found = self._through(self._onet, np.ascontiguousarray(patches[:, :, ::-1]) if mirror else patches)
        # Edges shift by shares of the square; five x, then five y, are places in it.
        shifts, places = found[:, 1:5], found[:, 5:].reshape(-1, 2, 5).transpose(0, 2, 1)
        if mirror:
            shifts, places = shifts[:, [2, 1, 0, 3]] * SIGNS, places[:, MIRRORED]
            places[..., 0] = 1 - places[..., 0]
        # The square's edges lie half a pixel before the pixels' centres.
        sides = (squares[:, 2:] - squares[:, :2])[:, None]
        landmarks = places * sides + squares[:, None, :2] - np.float32(0.5)
        return Found(_moved(squares, shifts), landmarks, found[:, 0])

    def _through(self, net: Network, pixels: Image) -> Floats:
        """Run a network over n pictures of one size, few at a time."""
        if not len(pixels):
            return np.empty((0, WIDEST), dtype=np.float32)
        most = max(self._pixels // (pixels.shape[1] * pixels.shape[2]), 1)
        return np.concatenate([net(pixels[start : start + most]) for start in range(0, len(pixels), most)])


def _even(side: int, scale: float) -> int:
    """Round a side up to an even number, but not beyond the frame."""
    return min(2 * ceil(side * scale / 2), side // 2 * 2)


def _share(odds: Floats) -> Floats:
    """Turn logarithms of odds into shares."""
    return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)


def _mean(*found: Floats) -> Floats:
    return np.asarray(np.mean(found, axis=0), dtype=np.float32)


def _moved(boxes: Floats, shifts: Floats) -> Floats:
    """Move the edges of boxes by shares of their sides."""
    moved: Floats = boxes + shifts * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return moved


def _settled(owners: Numbers, faces: Found, odds: float) -> tuple[Numbers, Found]:
    """Keep the faces above some odds (their logarithm) that lie in no stronger one."""
    passed = np.flatnonzero(faces.scores > odds)
    kept = passed[_outermost(owners[passed], faces.take(passed))]
    return owners[kept], faces.take(kept)


def _outermost(owners: Numbers, faces: Found) -> Numbers:
    """Pick faces like `strongest`, the overlap being a share of the smaller box, so that none lies in another."""
    kept: list[int] = []
    for face in np.argsort(-faces.scores, kind="stable"):
        stronger = faces.boxes[[other for other in kept if owners[other] == owners[face]]]
        box = faces.boxes[face]
        sides = np.minimum(stronger[:, 2:], box[2:]) - np.maximum(stronger[:, :2], box[:2])
        smaller = np.minimum((stronger[:, 2:] - stronger[:, :2]).prod(1), (box[2:] - box[:2]).prod())
        if not (sides.clip(0).prod(1) > END * smaller).any():
            kept.append(int(face))
    return np.array(kept, dtype=np.intp)
