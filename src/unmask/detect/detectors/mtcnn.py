"""MTCNN: three cascaded networks (Zhang et al., Joint Face Detection and Alignment, 2016), weights of facenet-pytorch.

The weights are that library's, in its networks' arithmetic; all around them stands in `unmask.detect.mtcnn`.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from unmask.detect import detector
from unmask.detect.detector import Found, Image

NEEDS = ("facenet_pytorch", "onnxruntime")

Share = Annotated[float, Field(gt=0, lt=1)]


class Options(detector.Options):
    """Options of MTCNN.

    Attributes:
        min_face: Side of the smallest face, as a share of the frame's shorter side; no face below 12 pixels is found.
        thresholds: Smallest scores that pass the three networks.
        factor: Step of the image pyramid.
    """

    name: Literal["mtcnn"]
    min_face: Annotated[float, Field(ge=0.01, le=0.9)]
    thresholds: tuple[Share, Share, Share]
    factor: Annotated[float, Field(ge=0.3, le=0.95)]


class Detector:
    """The cascade."""

    def __init__(self, options: Options) -> None:
        """Load the three networks."""
        # Not where only the options are checked.
        from unmask.detect.mtcnn.cascade import Cascade

        self._cascade = Cascade(options.min_face, options.thresholds, options.factor)

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol says."""
        return self._cascade(frames)
