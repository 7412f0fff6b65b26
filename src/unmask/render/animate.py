"""Puts portraits into poses over a background: one frame and where its points lie."""

from collections.abc import Sequence

import cv2
import numpy as np

from unmask.render.draw import eyes, mouth, wear
from unmask.render.draw.background import MARGIN
from unmask.render.draw.canvas import SCALE, Array, to_pixels
from unmask.render.draw.portrait import Portrait
from unmask.render.motion import Pose

PIVOT = np.array([0.0, 1.9])  # the neck stays near here while the head tilts
BODY_SHARE = 0.35  # share of the head's tilt that the shoulders take
TURN_STEPS = 2  # fixed-point steps that undo the parallax of a turned head


def _matrix(pose: Pose, roll: float) -> Array:
    """Affine (2, 3) from eye distances to frame pixels, tilting about the neck."""
    cos, sin = np.cos(roll), np.sin(roll)
    turn: Array = np.array([[cos, -sin], [sin, cos]]) * pose.scale
    anchor: Array = np.array([pose.x, pose.y]) + PIVOT * pose.scale
    matrix: Array = np.concatenate([turn, (anchor - turn @ PIVOT)[:, None]], axis=1)
    return matrix


def _blend(stages: Array, position: float) -> Array:
    """The layer between two neighbouring stages (N, h, w, 4) at a real-valued position in 0..N-1."""
    first = min(int(position), len(stages) - 2)
    part = position - first
    blended: Array = cv2.addWeighted(stages[first], 1.0 - part, stages[first + 1], part, 0.0)
    return blended


def _express(portrait: Portrait, pose: Pose) -> Array:
    """The head's layer with the pose's eyes and mouth."""
    head = portrait.head.copy()
    looks = portrait.eyes.shape[1]
    lids = pose.lids * (len(portrait.eyes) - 1)
    nearest = portrait.eyes[round(lids)] if pose.lids < 0.8 else portrait.eyes[-1]
    head[eyes.AREA] = _blend(nearest, (pose.look + 1.0) * 0.5 * (looks - 1))
    head[mouth.AREA] = _blend(portrait.mouths, pose.mouth * (len(portrait.mouths) - 1))
    return head


def _turned(portrait: Portrait, pose: Pose, size: tuple[int, int]) -> tuple[Array, Array]:
    """Where on the head's canvas each frame pixel comes from, two planes (H, W) float32, by undoing the parallax."""
    matrix = _matrix(pose, pose.roll)
    inverse = cv2.invertAffineTransform(matrix)
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    flat = to_pixels(np.zeros(2))
    seen_u = (inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]).astype(np.float32)
    seen_v = (inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]).astype(np.float32)
    cos, side, up = (np.float32(value) for value in (np.cos(pose.yaw), np.sin(pose.yaw), np.sin(pose.pitch)))
    u, v = seen_u / cos, seen_v
    for _ in range(TURN_STEPS):
        map_x, map_y = u * SCALE + np.float32(flat[0]), v * SCALE + np.float32(flat[1])
        depth = cv2.remap(portrait.depth, map_x, map_y, cv2.INTER_LINEAR)
        u, v = (seen_u - depth * side) / cos, seen_v - depth * up
    return u * SCALE + np.float32(flat[0]), v * SCALE + np.float32(flat[1])


def _put(frame: Array, layer: Array) -> Array:
    """A premultiplied layer (H, W, 4) over a frame (H, W, 3), uint8."""
    through = cv2.cvtColor(255 - layer[..., 3], cv2.COLOR_GRAY2RGB)
    return cv2.add(cv2.multiply(frame, through, scale=1.0 / 255.0), layer[..., :3])


def _body(portrait: Portrait, pose: Pose, size: tuple[int, int]) -> Array:
    """The body's layer (H, W, 4) in the frame."""
    corners = np.array([[-1.0, 1.5], [1.0, 1.5], [0.0, 3.0]])
    matrix = _matrix(pose, pose.roll * BODY_SHARE)
    there = corners @ matrix[:, :2].T + matrix[:, 2]
    there[:, 0] += np.sin(pose.yaw) * 0.2 * pose.scale
    warp = cv2.getAffineTransform(wear.body_pixels(corners).astype(np.float32), there.astype(np.float32))
    return cv2.warpAffine(portrait.body, warp, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def place(portrait: Portrait, pose: Pose) -> Array:
    """Where the portrait's points (N, 2) lie in the frame, float64 pixels, pixel centres at whole numbers."""
    points = mouth.move_mouth(portrait.points, portrait.person, pose.mouth)
    spots = to_pixels(points).astype(np.float32)
    depth = cv2.remap(portrait.depth, spots[None, :, 0], spots[None, :, 1], cv2.INTER_LINEAR)[0]
    turned = points * np.array([np.cos(pose.yaw), 1.0])
    turned += depth[:, None] * np.array([np.sin(pose.yaw), np.sin(pose.pitch)])
    matrix = _matrix(pose, pose.roll)
    placed: Array = turned @ matrix[:, :2].T + matrix[:, 2]
    return placed


def animate(cast: Sequence[tuple[Portrait, Pose]], background: Array) -> Array:
    """Draws one frame.

    Args:
        cast: the people in it, farthest first, each as the clip's layers and the frame's pose.
        background: (H + 2 margins, W + 2 margins, 3) uint8.

    Returns:
        Frame (H, W, 3) uint8, red green blue, before the camera's noise.
    """
    frame = np.ascontiguousarray(background[MARGIN:-MARGIN, MARGIN:-MARGIN])
    size = (frame.shape[1], frame.shape[0])
    for portrait, pose in cast:
        map_x, map_y = _turned(portrait, pose, size)
        if portrait.back is not None:
            frame = _put(frame, cv2.remap(portrait.back, map_x, map_y, cv2.INTER_LINEAR))
        frame = _put(frame, _body(portrait, pose, size))
        frame = _put(frame, cv2.remap(_express(portrait, pose), map_x, map_y, cv2.INTER_LINEAR))
    return frame
