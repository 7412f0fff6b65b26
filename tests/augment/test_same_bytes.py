"""The first six operations give the bytes that they gave before policies had names and operations their own streams."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from augment.operations import OPERATIONS, face, settings_of, tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.augment.policy import TOGETHER, Policies, Policy
from unmask.hashing import stable_hash
from unmask.params import read_yaml
from unmask.train.recipe import load

RECIPES = Path(__file__).parent.parent.parent / "recipes"
# SHA-256 over 60 crops each, from the code before the change. Of operations that round, no hash holds on every
# processor; those are compared with what the code did.
ALONE = {
    "flip": "27dee44b18cd42f370989060484f625f806bd22b704391204f85fa6f72b20057",
    "jpeg": "b256a7feea3dfd20d613c6f507c8bc22b82489d9610a18fe9897bd9c781ff525",
}
CROPS = [(f"faceforensics/video{number}/7/0", epoch) for epoch in (1, 2, 3) for number in range(20)]


def digest(policy: Policy) -> str:
    found = hashlib.sha256()
    for key, epoch in CROPS:
        found.update(policy(tensor(face()), key, epoch).contiguous().numpy().tobytes())
    return found.hexdigest()


@pytest.mark.parametrize("name", ALONE)
def test_operations_without_rounding_are_those_of_before(name: str) -> None:
    given = {"flip": {}, "jpeg": {"quality": [30, 90], "subsampling": [420]}}[name]
    assert digest(Policy({name: settings_of(name, **given)}, seed=5)) == ALONE[name]


def as_before(image: torch.Tensor, operations: dict[str, dict[str, Any]], start: list[int]) -> torch.Tensor:
    """Change a crop as the code did that had one stream, one policy and torchvision alone."""
    rng = np.random.default_rng(start)
    for name, given in operations.items():
        if rng.random() >= given["p"]:
            continue
        if name == "flip":
            image = functional.horizontal_flip(image)
        elif name == "rotate":
            image = functional.rotate(image, rng.uniform(*given["degrees"]), interpolation=InterpolationMode.BILINEAR)
        elif name == "colour":
            image = functional.adjust_brightness(image, rng.uniform(*given["brightness"]))
            image = functional.adjust_contrast(image, rng.uniform(*given["contrast"]))
            image = functional.adjust_saturation(image, rng.uniform(*given["saturation"]))
            hue = rng.uniform(*given["hue"])
            image = functional.adjust_hue(image, hue) if hue else image
        elif name == "blur":
            sigma = rng.uniform(*given["sigma"])
            side = 2 * math.ceil(2 * sigma) + 1
            image = functional.gaussian_blur(image, [side, side], [sigma, sigma])
        elif name == "jpeg":
            low, high = given["quality"]
            image = functional.jpeg(image, round(rng.uniform(low, high)))
        else:
            factor = rng.uniform(*given["factor"])
            small = [max(1, round(side * factor)) for side in image.shape[-2:]]
            image = functional.resize(functional.resize(image, small, antialias=True), image.shape[-2:], antialias=True)
    return image


CHANGED: dict[str, dict[str, Any]] = {
    "jpeg": {"p": 0.6, "subsampling": [420]},
    "downscale": {"p": 0.5, "interpolations": ["bilinear"]},
    "rotate": {"p": 0.7},
    "flip": {"p": 0.5},
    "blur": {"p": 0.4},
    "colour": {"p": 0.8},
}


@pytest.mark.parametrize("order", [1, -1])
def test_all_six_together_are_those_of_before_on_every_processor(order: int) -> None:
    given = {name: OPERATIONS[name] | changes for name, changes in list(CHANGED.items())[::order]}
    policy = Policy({name: settings_of(name, **settings) for name, settings in given.items()}, seed=7)
    assert set(given) == TOGETHER
    for key, epoch in CROPS:
        before = as_before(tensor(face()), given, [7, epoch, stable_hash(key)])
        assert torch.equal(policy(tensor(face()), key, epoch), before)


def _of_the_first_six(path: Path) -> bool:
    """Whether a recipe asks for nothing that came later: other operations, or other ways of chroma and resizing."""
    part = read_yaml(path)["augment"]
    given = part["policies"][part["default"]]
    ways = ("subsampling", [420]), ("interpolations", ["bilinear"])
    return set(given) <= TOGETHER and all(one.get(key, way) == way for one in given.values() for key, way in ways)


OLD = [path for path in sorted(RECIPES.glob("*.yaml")) if _of_the_first_six(path)]


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_a_recipe_of_the_first_six_alone_is_that_of_before(path: Path) -> None:
    part = read_yaml(path)["augment"]
    plan = load(path)
    given = part["policies"][part["default"]]
    policies = Policies(plan.augment, plan.seed)
    for key, epoch in CROPS[:10]:
        before = as_before(tensor(face()), given, [plan.seed, epoch, stable_hash(key)])
        assert torch.equal(policies(tensor(face()), key, epoch), before)
