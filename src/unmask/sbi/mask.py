"""From an outline to a soft mask: drawn, moved, bent, made smaller by the first blur and soft by the second."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.sbi.landmarks import Points, five
from unmask.sbi.part import Elastic, Mask
from unmask.sbi.warp import move_points

Random = np.random.Generator
Weights = NDArray[np.float32]
Binary = NDArray[np.uint8]

# Corners of outlines are drawn to a sixteenth of a pixel.
BITS = 4


def draw(parts: Sequence[Points], size: tuple[int, int], settings: Mask, random: Random) -> Weights:
    """Draw a mask.

    All but the last step happens at a size of its own, so that lengths in pixels mean the same for crops of any size.

    Args:
        parts: Sets of points, pixels of the picture; the mask begins as the union of their convex hulls.
        size: Height and width of the picture.
        settings: Ranges.
        random: What is drawn from.

    Returns:
        Height x width, 0 to 1; the largest value is one, and zero wherever the second blur does not reach. All zero if
        no part of the outline lies in the picture.
    """
    scale = random.integers(*settings.side, endpoint=True) / max(size)
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    moved = _jittered([(points + 0.5) * scale - 0.5 for points in parts], settings.jitter, random)
    binary = bent(filled(moved, small), settings.elastic, random)
    weights = softened(binary, settings, random)
    resized = cv2.resize(weights, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized / (resized.max() or 1), dtype=np.float32)


def still(points: Points, size: tuple[int, int], settings: Mask, random: Random) -> Weights:
    """Draw a mask of a whole face, neither moved nor bent, for one that moves would take out of the picture.

    Args:
        points: 77 x 2, as `shape` gives them; the middle of eyes, nose and mouth lies in the picture.
        size: Height and width of the picture, which is the size that lengths are of here.
        settings: Ranges.
        random: What is drawn from.

    Returns:
        As `draw`, but never all zero.
    """
    binary = filled([points], size)
    x, y = np.rint(five(points[:68]).mean(0)).astype(int)
    binary[y, x] = 255  # of a face at the very edge, rounding may leave nothing else
    return softened(binary, settings, random)


def filled(parts: Sequence[Points], size: tuple[int, int]) -> Binary:
    """Fill the convex hull of each set of points; height x width, 0 or 255."""
    mask = np.zeros(size, dtype=np.uint8)
    for points in parts:
        corners = np.rint(cv2.convexHull(points.astype(np.float32)) * (1 << BITS)).astype(np.int32)
        cv2.fillConvexPoly(mask, corners, 255, shift=BITS)
    return mask


def bent(mask: Binary, settings: Elastic, random: Random) -> Binary:
    """Bend an outline by a smooth random field (Simard et al., Best Practices for Convolutional Neural Networks, 2003).

    Args:
        mask: Height x width, 0 or 255.
        settings: `alpha` times uniform noise of -1 to 1, smoothed by a Gaussian of `sigma`, is the way in pixels.
        random: What is drawn from.

    Returns:
        Such a mask.
    """
    height, width = mask.shape
    across, down = field((height, width), settings, random)
    across += np.arange(width, dtype=np.float32)
    down += np.arange(height, dtype=np.float32)[:, None]
    moved = cv2.remap(mask, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where(moved < 128, 0, 255).astype(np.uint8)


def field(size: tuple[int, int], settings: Elastic, random: Random) -> Weights:
    """Draw a smooth field of ways in pixels, 2 x height x width."""
    # Noise smoothed over `sigma` pixels holds nothing finer: a coarser grid will do, in a fraction of the time.
    step = max(1, int(settings.sigma / 2))
    rows, columns = (-(-side // step) for side in size)
    noise = random.random((2, rows, columns), dtype=np.float32) * 2 - 1
    # The mean of as many independent values as the Gaussian covers is `step` times as large on the coarser grid.
    sigma, alpha = settings.sigma / step, settings.alpha / step
    ways = [cv2.GaussianBlur(part, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) * alpha for part in noise]
    return np.stack([cv2.resize(way, size[::-1], interpolation=cv2.INTER_CUBIC) for way in ways])


def softened(mask: Binary, settings: Mask, random: Random) -> Weights:
    """Blur twice: what the first blur leaves at one is kept, the second makes it soft.

    A blurred mask is one exactly where its whole window is, so what stays is the mask eroded by the window: no
    threshold at 0.999... decides. As the second window may be the larger, the soft rim may cross the outline.

    Args:
        mask: Height x width, 0 or 255.
        settings: Ranges of windows and of the second blur's deviation.
        random: What is drawn from.

    Returns:
        Height x width, 0 to 1.
    """
    erode, blur = (2 * int(random.integers(low // 2, high // 2, endpoint=True)) + 1
                   for low, high in (settings.erode, settings.blur))  # fmt: skip
    sigma = random.uniform(*settings.sigma)
    inside = cv2.erode(mask, np.ones((erode, erode), np.uint8))
    # Of a face so small that nothing stays, all is kept: a fake must not end as its original.
    kept = inside if inside.any() else mask
    soft = cv2.GaussianBlur((kept > 0).astype(np.float32), (blur, blur), sigma)
    return np.asarray(soft / (soft.max() or 1), dtype=np.float32)


def _jittered(parts: Sequence[Points], share: float, random: Random) -> list[Points]:
    """Move three corners of the outline's box, each by its own way: the outline is shifted, stretched and sheared."""
    every = np.vstack(parts)
    low, high = every.min(0), every.max(0)
    corners = np.array([low, [high[0], low[1]], high])
    moved = corners + random.uniform(-share, share, (3, 2)) * (high - low)
    if not (high > low).all():
        return list(parts)
    matrix = cv2.getAffineTransform(corners.astype(np.float32), moved.astype(np.float32))
    return [move_points(points, np.asarray(matrix, dtype=np.float64)) for points in parts]
