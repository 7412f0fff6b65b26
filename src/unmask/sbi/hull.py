"""Which outline a fake's mask begins with: drawn from the recipe's weights, found by name."""

from collections.abc import Mapping
from importlib import import_module

import numpy as np

from unmask.sbi import hulls
from unmask.sbi.landmarks import Points


def draw_name(weights: Mapping[str, float], random: np.random.Generator) -> str:
    """Draw the name of a hull.

    Args:
        weights: How likely each is, in any unit.
        random: One number is taken from it.
    """
    # In alphabetical order, so that the order in the recipe changes nothing.
    names = sorted(weights)
    edges = np.cumsum([weights[name] for name in names])
    return names[int(np.searchsorted(edges, random.random() * edges[-1], side="right"))]


def parts(name: str, points: Points) -> list[Points]:
    """Give the sets of points whose convex hulls together are an outline.

    Args:
        name: A module in `unmask.sbi.hulls`.
        points: 77 x 2, as `shape` gives them.
    """
    given: list[Points] = import_module(f"{hulls.__name__}.{name}").parts(points)
    return given


def modules(weights: Mapping[str, float]) -> list[str]:
    """Name the modules that the outlines come from, for the code version."""
    return [f"{hulls.__name__}.{name}" for name in sorted(weights)]
