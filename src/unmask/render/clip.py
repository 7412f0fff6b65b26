"""One clip of one person: motion, light and camera drawn from its own seed, and its finished frames."""

from dataclasses import dataclass

import numpy as np

from unmask.hashing import stable_hash
from unmask.render.animate import animate, place
from unmask.render.camera import choose_camera, choose_light, shoot
from unmask.render.draw.background import background
from unmask.render.draw.canvas import Array
from unmask.render.draw.portrait import draw
from unmask.render.motion import Pose, move
from unmask.render.params import Corpus
from unmask.render.person import invent


@dataclass(frozen=True)
class Clip:
    """A rendered video before encoding: frames (N, H, W, 3) uint8, points (N, P, 2) in pixels, and poses."""

    identity: str
    frames: Array
    points: Array
    poses: list[Pose]


def generator(spec: Corpus, key: str) -> np.random.Generator:
    """The random generator of one thing in a corpus; adding another thing does not change it."""
    return np.random.default_rng([spec.seed, stable_hash(key)])


def film(spec: Corpus, identity: str, take: str) -> Clip:
    """Renders one clip.

    Args:
        spec: the corpus' parameters.
        identity: who is in it; looks are drawn from this key.
        take: which clip; light, clothes, motion and camera are drawn from this key.
    """
    person = invent(generator(spec, f"person/{identity}"))
    rng = generator(spec, f"take/{take}")
    count = int(rng.integers(spec.frames[0], spec.frames[1] + 1))
    size = (spec.width, spec.height)
    light = choose_light(rng, spec.scene)
    camera = choose_camera(rng, spec.scene, size)
    poses = move(rng, count, spec.fps, size, spec.scene)
    behind = background(rng, *size)
    portrait = draw(person, light, rng)
    frames = [shoot(rng, camera, animate(portrait, pose, behind)) for pose in poses]
    return Clip(identity, np.stack(frames), np.stack([place(portrait, pose) for pose in poses]), poses)
