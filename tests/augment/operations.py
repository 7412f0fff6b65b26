"""Every operation of augmentation, with settings under which it shows, and pictures to try it on."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from unmask.augment.change import Change, Image
from unmask.augment.part import operation, plugin
from unmask.augment.policy import Policy
from unmask.augment.settings import Operation

OPERATIONS: dict[str, dict[str, Any]] = {
    "flip": {"p": 1.0},
    "rotate": {"p": 1.0, "degrees": [-20, 20]},
    "affine": {"p": 1.0, "degrees": [-9, 9], "scale": [0.8, 1.2], "shift": [-0.1, 0.1], "border": "reflect"},
    "zoom": {"p": 1.0, "share": [0.6, 0.9], "place": "anywhere"},
    "colour": {"p": 1.0, "brightness": [0.5, 1.5], "contrast": [0.5, 1.5], "saturation": [0.5, 2], "hue": [-0.1, 0.1]},
    "tint": {"p": 1.0, "shift": [-30, 30]},
    "gamma": {"p": 1.0, "gamma": [0.5, 2]},
    "grey": {"p": 1.0},
    "blur": {"p": 1.0, "sigma": [0.5, 2]},
    "motion_blur": {"p": 1.0, "length": [3, 9], "degrees": [-90, 90]},
    "sharpen": {"p": 1.0, "strength": [0.5, 2]},
    "jpeg": {"p": 1.0, "quality": [30, 60], "subsampling": [420, 444]},
    "h264": {"p": 1.0, "crf": [25, 40], "frames": 2, "preset": "veryfast"},
    "downscale": {"p": 1.0, "factor": [0.3, 0.6], "interpolations": ["bilinear", "bicubic", "area"]},
    "noise": {"p": 1.0, "sigma": [3, 10]},
    "iso_noise": {"p": 1.0, "shot": [0.1, 0.5], "read": [1, 3], "colour": [0.2, 0.8]},
    "erase": {"p": 1.0, "area": [0.05, 0.2], "aspect": [0.5, 2], "fills": ["black", "mean", "noise"]},
    "one_of": {"p": 1.0, "of": {"sharpen": {"p": 1, "strength": [1, 2]}, "noise": {"p": 0.5, "sigma": [3, 9]}}},
}


def settings_of(name: str, **changes: Any) -> Operation:
    """Give the checked settings of an operation, some changed."""
    return operation(name, OPERATIONS[name] | changes, Path("r.yaml"), ("augment", "policies", "a"))


def policy_of(name: str, seed: int = 1, **changes: Any) -> Policy:
    """Give the policy of one operation alone."""
    return Policy({name: settings_of(name, **changes)}, seed)


def drawn(name: str, size: tuple[int, int] = (36, 48), seed: int = 0, **changes: Any) -> Change:
    """Throw an operation's dice; a range may be given by one number."""
    for key, value in changes.items():
        if isinstance(OPERATIONS[name].get(key), list) and isinstance(value, int | float):
            changes[key] = [value, value]
    return plugin(name).draw(settings_of(name, **changes), size, np.random.default_rng(seed))


def tensor(pixels: NDArray[np.uint8]) -> Image:
    """Give an array of height x width x 3 as the tensor (3, height, width) that operations take."""
    return torch.from_numpy(pixels).permute(2, 0, 1)


def array(image: Image) -> NDArray[np.uint8]:
    """Give a tensor (3, height, width) as an array of height x width x 3."""
    return np.ascontiguousarray(image.permute(1, 2, 0).numpy())


def face(height: int = 96, width: int = 128) -> NDArray[np.uint8]:
    """Draw smooth waves of all colours, height x width x 3."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [128 + 90 * np.sin(rows / (5 + 3 * c)) * np.cos(columns / (7 + 2 * c)) for c in range(3)]
    return np.stack(waves, axis=-1).round().astype(np.uint8)
