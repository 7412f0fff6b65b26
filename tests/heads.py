"""Heads whose turn is known: a model head, rendered ones, and published faces that a pose is fitted to."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import stills
from tiny_clips import person

from unmask.crop.pose import roll, yaw

PEOPLE = ("ann", "bob", "cleo", "dan", "eve", "fay")

# Eyes, nose and corners of the mouth of MediaPipe's canonical face model, in centimetres, x to the right, y downwards,
# z away from the camera; and its other points that iBUG's 68 and WFLW's 98 landmarks name: corners of the eyes, chin.
HEAD = np.array([
    [-3.151, -2.625, -3.466], [3.151, -2.625, -3.466], [0, 1.127, -7.476],
    [-2.456, 4.343, -4.284], [2.456, 4.343, -4.284],
])  # fmt: skip
EYES = np.array([[-4.446, -2.664, -3.173], [-1.856, -2.585, -3.758], [1.856, -2.585, -3.758], [4.446, -2.664, -3.173]])
MARKS = np.concatenate([EYES, HEAD[2:], [[0, 9.403, -4.264]]])
NAMED = {"ibug": [36, 39, 42, 45, 30, 48, 54, 8], "wflw": [60, 64, 68, 72, 54, 76, 82, 16]}


def head(yaw_: float, pitch: float, roll_: float, far: float) -> Any:
    """Turn a head, nod and tilt it by degrees, and look at it from so many centimetres: its five landmarks."""
    a, b, c = np.radians([yaw_, pitch, roll_])
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    x, y, z = (tilt @ nod @ turn @ HEAD.T) + [[0], [0], [far]]
    return 400 + 1000 * np.stack([x / z, y / z], 1)


def rendered() -> tuple[Any, Any]:
    """Give turn and tilt of rendered heads in degrees, n x 2: as told from landmarks, and as they were rendered."""
    films = [person(name) for name in PEOPLE]
    poses = [(pose, places) for film in films for pose, places in zip(film.poses, film.points, strict=True)]
    found = np.array([[yaw(*places[:3]), roll(*places[:2])] for _, places in poses])
    return found, np.degrees([[pose.yaw, pose.roll] for pose, _ in poses])


def fitted(folder: Path) -> tuple[Any, Any]:
    """Give the turn of published faces in degrees: as told from three points, and as a pose fitted to eight has it."""
    both = []
    for scheme, five, marks, size in stills.marked(folder):
        camera = np.array([[1.2 * max(size), 0, size[0] / 2], [0, 1.2 * max(size), size[1] / 2], [0, 0, 1]])
        good, turn, _ = cv2.solvePnP(MARKS, marks[NAMED[scheme]], camera, None, flags=cv2.SOLVEPNP_SQPNP)
        assert good
        x, _, z = cv2.Rodrigues(turn)[0] @ [0, 0, -1]
        both.append((yaw(*five[:3]), np.degrees(np.arctan2(x, -z))))
    found, turns = np.transpose(both)
    return found, turns
