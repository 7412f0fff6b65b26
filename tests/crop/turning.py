"""Points and pictures turned by a known transform, and what alignment is asked for."""

from typing import Any

import numpy as np

from unmask.crop.params import Alignment


def option(**changed: Any) -> Alignment:
    return Alignment.model_validate(
        {"size": 112, "margin": 1.0, "interpolation": "linear", "border": "black"} | changed
    )


def turned(angle: float, scale: float, shift: tuple[float, float]) -> Any:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])


def moved(matrix: Any, places: Any) -> Any:
    return np.asarray(places) @ matrix[:, :2].T + matrix[:, 2]
