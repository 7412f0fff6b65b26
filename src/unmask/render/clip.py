"""One clip: people, motion, light and camera drawn from its own seed, and its finished frames."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from unmask.hashing import stable_hash
from unmask.render.animate import animate, place
from unmask.render.camera import choose_camera, choose_light, shoot
from unmask.render.draw.background import background
from unmask.render.draw.canvas import Array
from unmask.render.draw.portrait import draw
from unmask.render.motion import Pose, move
from unmask.render.params import Filmed
from unmask.render.person import invent

ASIDE = 0.21  # two people sit this much left and right of the place of one, as a share of the frame's width


class Seeded(Protocol):
    """What draws at random."""

    @property
    def seed(self) -> int:
        """The corpus' seed."""


@dataclass(frozen=True)
class Clip:
    """A rendered video before encoding.

    Attributes:
        identity: whose video it is, and the only one who is forged in it.
        frames: (N, H, W, 3) uint8.
        points: that person's (N, P, 2) in pixels.
        poses: that person's.
        beside: who else is seen, and their points.
    """

    identity: str
    frames: Array
    points: Array
    poses: list[Pose]
    beside: tuple[tuple[str, Array], ...] = ()


def generator(spec: Seeded, key: str) -> np.random.Generator:
    """The random generator of one thing in a corpus; adding another thing does not change it."""
    return np.random.default_rng([spec.seed, stable_hash(key)])


def film(spec: Filmed, identity: str, take: str, beside: str | None = None) -> Clip:
    """Renders one clip.

    Args:
        spec: the corpus' parameters.
        identity: who is in it; looks are drawn from this key.
        take: which clip; light, clothes, motion and camera are drawn from this key.
        beside: who sits next to them, if anybody.
    """
    rng = generator(spec, f"take/{take}")
    count = int(rng.integers(spec.frames[0], spec.frames[1] + 1))
    size = (spec.width, spec.height)
    light = choose_light(rng, spec.scene)
    camera = choose_camera(rng, spec.scene, size)
    poses = move(rng, count, spec.fps, size, spec.scene)
    behind = background(rng, *size)
    cast = [(draw(invent(generator(spec, f"person/{identity}")), light, rng), poses)]
    if beside is not None:
        other = draw(invent(generator(spec, f"person/{beside}")), light, rng)
        cast.append((other, move(rng, count, spec.fps, size, spec.scene)))
        shift = spec.width * ASIDE * float(rng.choice([-1.0, 1.0]))
        cast = [(who, _aside(moves, way)) for (who, moves), way in zip(cast, (shift, -shift), strict=True)]
    # Either may sit in front; the random numbers of clips of one person do not depend on it.
    seen = cast[::-1] if beside is not None and rng.random() < 0.5 else cast
    frames = [
        shoot(rng, camera, animate([(who, moves[frame]) for who, moves in seen], behind)) for frame in range(count)
    ]
    points = [np.stack([place(who, pose) for pose in moves]) for who, moves in cast]
    others = () if beside is None else ((beside, points[1]),)
    return Clip(identity, np.stack(frames), points[0], cast[0][1], others)


def _aside(poses: list[Pose], way: float) -> list[Pose]:
    return [replace(pose, x=pose.x + way) for pose in poses]
