"""Settings of self-blending as published, and rendered faces with the true places of their landmarks."""

from functools import cache
from typing import Any

import numpy as np
from tiny_clips import person

from unmask.crop.align import align, in_crop
from unmask.crop.params import Alignment
from unmask.sbi.part import BlendPart

ALIGNMENT = Alignment(size=256, margin=1.6, interpolation="linear", border="black")

PUBLISHED: dict[str, Any] = {
    "points": {"name": "template"},
    "flip": 0.5,
    "hulls": {"face": 3, "brows": 5, "raised": 4, "halves": 4},
    "transform": {
        "on_source": 0.5,
        "shift": {"p": 0.3, "levels": 20},
        "hsv": {"p": 1.0, "hue": 0.3, "saturation": 0.3, "value": 0.3},
        "light": {"p": 1.0, "brightness": 0.1, "contrast": 0.1},
        "detail": {"p": 1.0, "downscale": [2, 4], "sharpen": {"alpha": [0.2, 0.5], "lightness": [0.5, 1.0]}},
    },
    "warp": {"x": 0.03, "y": 0.015, "scale": [0.95, 1.0526]},
    "mask": {
        "side": [192, 256],
        "jitter": 0.05,
        "elastic": {"alpha": 50, "sigma": 7},
        "erode": [5, 25],
        "blur": [5, 25],
        "sigma": [5, 45],
    },
    "ratios": [0.25, 0.5, 0.75, 1, 1, 1],
}
# Nothing is drawn: no mirror, no change, no move, one hull and one size.
STILL = {
    "flip": 0.0,
    "hulls": {"brows": 1},
    "transform.shift.p": 0.0,
    "transform.hsv.p": 0.0,
    "transform.light.p": 0.0,
    "transform.detail.p": 0.0,
    "warp": {"x": 0, "y": 0, "scale": [1, 1]},
    "mask.side": [256, 256],
    "mask.jitter": 0.0,
    "mask.elastic.alpha": 0,
    "mask.erode": [9, 9],
    "mask.blur": [9, 9],
    "mask.sigma": [5, 5],
    "ratios": [1],
}


def values(changed: dict[str, Any]) -> dict[str, Any]:
    """Give the published settings, with others at some dotted keys."""
    given = _copy(PUBLISHED)
    for key, value in changed.items():
        *above, last = key.split(".")
        room = given
        for name in above:
            room = room[name]
        room[last] = value
    return given


def settings(changed: dict[str, Any] | None = None) -> BlendPart:
    """Give the checked settings."""
    return BlendPart.model_validate(values(changed or {}))


def random(*seed: int) -> np.random.Generator:
    """Give a generator."""
    return np.random.default_rng(seed)


@cache
def crop(name: str = "ann", frame: int = 0) -> tuple[Any, Any]:
    """Give the aligned face of a rendered person, 256 x 256 x 3, and its five landmarks in the crop."""
    film = person(name)
    places = film.points[frame, :5]
    return align(film.frames[frame], places, ALIGNMENT), in_crop(places, ALIGNMENT)


def _copy(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in values.items()}
