"""RetinaFace: the networks of retinaface-pytorch, on the GPU where there is one.

With the ResNet-50 body it is that library's network as it stands. With the MobileNet body (of an eighth of the cost
and less) only the body is ours; see `unmask.detect.retina_torch`.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from unmask.detect import retina
from unmask.detect.detector import Found, Image

NEEDS = ("retinaface", "torch", "torchvision", "safetensors")
FILE = "`download`, or the path of a .safetensors, .pth or .zip file"
DIGITS = "a SHA-256: 64 of the digits 0 to 9 and a to f, or for a download the first nine"


class Options(retina.Options):
    """Options of RetinaFace.

    Attributes:
        body: Which network carries it; the weights must be of the same.
        weights: File of weights, .safetensors, .pth or a .zip of one .pth; or `download`, for resnet50 alone.
        sha256: Its SHA-256; for a download the first nine digits are enough, which its name publishes: f168fae3c.
    """

    name: Literal["retinaface"]
    body: Literal["resnet50", "mobilenet0.25"]
    weights: Annotated[str, Field(pattern=r"^download$|\.(safetensors|pth|zip)$", description=FILE)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{9,64}$", description=DIGITS)]

    @model_validator(mode="after")
    def _found(self) -> Self:
        if self.weights == "download" and self.body != "resnet50":
            raise ValueError("`weights: download` is there for `body: resnet50` alone; name a file")
        if self.weights != "download" and len(self.sha256) < 64:
            raise ValueError("`sha256` must have 64 digits for a file")
        return self


class Detector:
    """The network, and how it sees colours."""

    def __init__(self, options: Options) -> None:
        """Build the network and load its weights."""
        # Not where only the options are checked.
        from unmask.detect.retina_torch import Network

        self._options = options
        self._network = Network(options.body, options.weights, options.sha256)

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol says."""
        return retina.find(frames, self._network, self._options, self._network.colours)
