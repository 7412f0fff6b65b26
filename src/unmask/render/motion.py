"""How heads move in a clip: drift, tilt and turns, blinks, glances and speech, as one pose per frame."""

from dataclasses import dataclass

import numpy as np

from unmask.render.draw.canvas import Array
from unmask.render.params import Scene

BLINK = np.array([0.45, 0.0, 0.1, 0.65])  # opening of the lids over the frames of a blink


@dataclass(frozen=True)
class Pose:
    """Where a head is and what its face does in one frame. Angles in radians, the frame's pixels for x, y and scale."""

    x: float  # the point between the eyes
    y: float
    scale: float  # pixels per eye distance
    roll: float
    yaw: float
    pitch: float
    mouth: float  # 0 closed .. 1 wide open
    lids: float  # 0 closed .. 1 open
    look: float  # -1 left .. 1 right


def _drift(rng: np.random.Generator, seconds: Array, slow: float, fast: float) -> Array:
    """A smooth wander about zero of deviation about 0.7: two sines of random phase and rate."""
    rates = rng.uniform(slow, fast, 2) * np.array([1.0, 2.3])
    phases = rng.uniform(0.0, 2 * np.pi, 2)
    wander: Array = 0.75 * np.sin(2 * np.pi * rates[0] * seconds + phases[0]) + 0.35 * np.sin(
        2 * np.pi * rates[1] * seconds + phases[1]
    )
    return wander


def _speech(rng: np.random.Generator, seconds: Array) -> Array:
    """Opening of a speaking mouth: syllables at 3 to 5 a second under a slower loudness; some people listen."""
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(3.0, 5.0) * seconds + rng.uniform(0.0, 6.0))
    loud = np.clip(0.55 + 0.45 * _drift(rng, seconds, 0.4, 0.9), 0.05, 1.0)
    speaks = rng.uniform(0.55, 0.95) if rng.random() < 0.85 else 0.08
    opening: Array = np.clip(speaks * loud * (0.2 + 0.8 * syllables), 0.0, 1.0)
    return opening


def _lids(rng: np.random.Generator, count: int) -> Array:
    lids = np.full(count, rng.uniform(0.88, 1.0))
    if rng.random() < 0.7:
        start = int(rng.integers(0, max(1, count - len(BLINK))))
        span = min(len(BLINK), count - start)
        lids[start : start + span] = BLINK[:span]
    return lids


def move(
    rng: np.random.Generator,
    count: int,
    fps: int,
    size: tuple[int, int],
    scene: Scene,
) -> list[Pose]:
    """Draws the motion of one clip.

    Args:
        rng: the clip's generator.
        count: frames.
        fps: frames per second.
        size: frame width and height in pixels.
        scene: says how large faces are and how far they turn.
    """
    seconds = np.arange(count) / fps
    scale = rng.uniform(*scene.eye_distance)
    x = size[0] * rng.uniform(0.42, 0.58) + 0.18 * scale * _drift(rng, seconds, 0.2, 0.6)
    y = size[1] * rng.uniform(0.42, 0.48) + 0.09 * scale * _drift(rng, seconds, 0.2, 0.7)
    scales = scale * (1.0 + 0.02 * _drift(rng, seconds, 0.1, 0.4))
    roll = rng.normal(0.0, 0.05) + 0.05 * _drift(rng, seconds, 0.2, 0.6)
    yaw = scene.turn * (rng.uniform(-0.7, 0.7) + 0.45 * _drift(rng, seconds, 0.2, 0.7))
    pitch = 0.4 * scene.turn * (rng.uniform(-0.5, 0.5) + 0.5 * _drift(rng, seconds, 0.3, 0.9))
    look = np.clip(0.6 * _drift(rng, seconds, 0.15, 0.5), -1.0, 1.0)
    columns = (x, y, scales, roll, yaw, pitch, _speech(rng, seconds), _lids(rng, count), look)
    return [Pose(*(float(column[frame]) for column in columns)) for frame in range(count)]
