"""The section `blend` of a recipe: how a fake is made of one real face; every range and probability is stated there.

The file is not called `params.py`, for that name makes a section of `params.yaml`.
"""

from pkgutil import iter_modules
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from unmask.augment.settings import Probability, Range, span
from unmask.params import Section
from unmask.sbi import hulls
from unmask.wording import near

Share = Annotated[float, Field(ge=0, le=1)]
Levels = Annotated[float, Field(ge=0, le=255)]
Positive = Annotated[float, Field(gt=0)]
Ratio = Annotated[float, Field(gt=0, le=1)]
Factor = Annotated[int, Field(ge=2, le=16)]


def _odd(ends: tuple[int, int]) -> tuple[int, int]:
    if not (1 <= ends[0] <= ends[1] <= 99 and ends[0] % 2 and ends[1] % 2):
        raise ValueError("must be a range [from, to] of odd numbers from 1 to 99, the smaller end first")
    return ends


def _sides(ends: tuple[int, int]) -> tuple[int, int]:
    if not 32 <= ends[0] <= ends[1] <= 1024:
        raise ValueError("must be a range [from, to] of whole numbers from 32 to 1024, the smaller end first")
    return ends


def _hulls(weights: dict[str, float]) -> dict[str, float]:
    known = sorted(module.name for module in iter_modules(hulls.__path__))
    for name in weights:
        if name not in known:
            close = near(name, known)
            hint = f"; did you mean `{close}`?" if close else ""
            raise ValueError(f"there is no hull `{name}`; there are: {', '.join(known)}{hint}")
    if not sum(weights.values()) > 0:
        raise ValueError(f"must give at least one hull a weight above 0; there are: {', '.join(known)}")
    return weights


Window = Annotated[tuple[int, int], AfterValidator(_odd)]


class Template(Section):
    """The points of a face are those of a mean face, turned so that it fits the five landmarks."""

    name: Literal["template"]


class Onnx(Section):
    """The points of a face come from a landmark model that gives the 68 of iBUG's scheme.

    Attributes:
        weights: The ONNX file.
        sha256: Its SHA-256.
        view: Side of the square about the crop's middle that the model sees, as a share of the crop's.
        colours: Order of the input's colours.
        mean: What is subtracted from bytes, in that order.
        std: What the difference is divided by.
        units: Whether it answers in pixels of its input, or in shares of its sides.
    """

    name: Literal["onnx"]
    weights: Annotated[str, Field(pattern=r"\.onnx$", description="the path of an .onnx file")]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="a SHA-256: 64 of the digits 0 to 9 and a to f")]
    view: Ratio
    colours: Literal["rgb", "bgr"]
    mean: tuple[float, float, float]
    std: tuple[Positive, Positive, Positive]
    units: Literal["pixels", "shares"]


class Shift(Section):
    """How often, and by how many levels of 255 at most, red, green and blue are moved, each by its own number."""

    p: Probability
    levels: Levels


class Hsv(Section):
    """How often, and by how much at most, hue (of 180 steps), saturation and value (of 255) are moved."""

    p: Probability
    hue: Annotated[float, Field(ge=0, le=90)]
    saturation: Levels
    value: Levels


class Light(Section):
    """How often, and by which share at most, brightness (of 255) and contrast (of itself) are changed."""

    p: Probability
    brightness: Share
    contrast: Share


class Sharpen(Section):
    """How strongly the sharpened picture is mixed in, and how light it is."""

    alpha: Annotated[Range, span(0, 1)]
    lightness: Annotated[Range, span(0, 2)]


class Detail(Section):
    """How often detail is changed, half of the times lost by one of some factors, else sharpened."""

    p: Probability
    downscale: Annotated[list[Factor], Field(min_length=1)]
    sharpen: Sharpen


class Transform(Section):
    """What is done to one of the two copies of a face; `on_source` is how often it is the one that is put in."""

    on_source: Probability
    shift: Shift
    hsv: Hsv
    light: Light
    detail: Detail


class Warp(Section):
    """How far the face that is put in moves at most, as shares of the picture's sides, and its scale."""

    x: Annotated[float, Field(ge=0, le=0.5)]
    y: Annotated[float, Field(ge=0, le=0.5)]
    scale: Annotated[Range, span(0.5, 2)]


class Elastic(Section):
    """Strength and smoothness, in pixels of the mask, of the field that bends its outline."""

    alpha: Annotated[float, Field(ge=0, le=1000)]
    sigma: Annotated[float, Field(ge=1, le=50)]


class Mask(Section):
    """How a hull becomes a soft mask; lengths are pixels of a mask whose longer side is drawn from `side`.

    Attributes:
        side: Range of the longer side.
        jitter: By which share of the hull's own sides three corners of it move at most.
        elastic: How its outline is bent.
        erode: Range of the window of the first blur, of which only what stays one is kept.
        blur: Range of the window of the second blur.
        sigma: Range of its standard deviation.
    """

    side: Annotated[tuple[int, int], AfterValidator(_sides)]
    jitter: Annotated[float, Field(ge=0, le=0.5)]
    elastic: Elastic
    erode: Window
    blur: Window
    sigma: Annotated[Range, span(0.1, 100)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, window in (("erode", self.erode), ("blur", self.blur)):
            if window[1] > self.side[0]:
                raise ValueError(f"`{name}` takes windows of {window[1]} pixels, wider than the smallest `side`")
        return self


class BlendPart(Section):
    """How self-blended images are made.

    Attributes:
        points: Where the points of a face come from.
        flip: How often a crop is mirrored, with its landmarks, before anything else.
        hulls: Weight of each outline, by name.
        transform: How one of the two copies is changed.
        warp: How the copy that is put in is moved.
        mask: How soft and how bent the mask is.
        ratios: Shares of the face put in, each as likely; one that stands twice is twice as likely.
    """

    points: Annotated[Template | Onnx, Field(discriminator="name")]
    flip: Probability
    hulls: Annotated[dict[str, Annotated[float, Field(ge=0)]], AfterValidator(_hulls)]
    transform: Transform
    warp: Warp
    mask: Mask
    ratios: Annotated[list[Ratio], Field(min_length=1)]

    def modules(self) -> list[str]:
        """Name the modules of the blending and of its outlines, for the code version."""
        return ["unmask.sbi.training", *(f"{hulls.__name__}.{name}" for name in sorted(self.hulls))]
