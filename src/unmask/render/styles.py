"""How each method forges: the numbers that make every method of every corpus leave other traces."""

from dataclasses import dataclass
from typing import Literal

from unmask.render.match import LOWER_POINTS


@dataclass(frozen=True)
class Swap:
    """How a face is swapped in.

    Attributes:
        shape: outline of the region.
        grow: size of the region relative to the inner face.
        detail: pixels per eye distance at which the new face is synthesised.
        matched: share of the target's colour mean and contrast that the new face takes over, 0..1.
        feather: softness of the edge, in eye distances.
        jitter: deviation of the misplacement from frame to frame, in pixels.
        seamless: whether the colour at the edge is carried into the region, as Poisson blending does.
    """

    shape: Literal["hull", "oval"]
    grow: tuple[float, float]
    detail: tuple[float, float]
    matched: tuple[float, float]
    feather: tuple[float, float]
    jitter: float
    seamless: bool


@dataclass(frozen=True)
class Drive:
    """How a mouth is driven.

    Attributes:
        points: numbers of the target's points around the region.
        grow: size of the region relative to them.
        detail: pixels per eye distance at which the region is synthesised.
        feather: softness of the edge, in eye distances.
        smooth: deviation of the blur that follows, in pixels.
        jitter: deviation of the misplacement from frame to frame, in pixels.
    """

    points: tuple[int, ...]
    grow: float
    detail: tuple[float, float]
    feather: float
    smooth: float
    jitter: float


STYLES: dict[str, Swap | Drive] = {
    "Deepfakes": Swap("hull", (0.92, 1.02), (15, 20), (0.75, 1.0), (0.10, 0.16), 0.7, False),
    "FaceSwap": Swap("hull", (0.98, 1.06), (34, 44), (0.15, 0.55), (0.02, 0.05), 0.8, False),
    "Face2Face": Drive(tuple(LOWER_POINTS), 1.0, (22, 28), 0.06, 0.0, 0.6),
    "NeuralTextures": Drive((2, 3, 4, 10, 11, 16, 17), 0.9, (15, 20), 0.10, 0.8, 0.6),
    "Celeb-synthesis": Swap("oval", (0.86, 0.98), (32, 44), (1.0, 1.0), (0.10, 0.16), 0.2, True),
    "DFDC/oval": Swap("oval", (0.90, 1.02), (14, 20), (0.4, 0.75), (0.06, 0.12), 0.6, False),
    "DFDC/hull": Swap("hull", (0.90, 1.00), (22, 32), (0.5, 0.9), (0.01, 0.03), 0.5, False),
    "DeeperForensics/end_to_end": Swap("hull", (0.86, 0.92), (26, 34), (1.0, 1.0), (0.12, 0.18), 0.15, True),
    "FakeAVCeleb/faceswap": Swap("oval", (0.84, 0.94), (18, 24), (0.8, 1.0), (0.12, 0.18), 0.9, False),
    "FakeAVCeleb/fsgan": Swap("hull", (0.88, 0.96), (22, 28), (0.9, 1.0), (0.03, 0.07), 0.5, True),
    "FakeAVCeleb/wav2lip": Drive(tuple(LOWER_POINTS), 0.95, (14, 19), 0.08, 0.0, 0.5),
}
