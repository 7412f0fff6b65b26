"""The parameters of crop."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from unmask.params import Section


class Alignment(Section):
    """How one face is aligned: all that `align` needs, in training and in serving.

    Attributes:
        size: Side of the square crop in pixels.
        margin: Side of the square shown, as a factor of the tight template's; 1.3 shows 30 % more.
        interpolation: Kernel that reads the picture between its pixels.
        border: What lies outside the picture: black, its outermost pixel again, or its mirror image.
    """

    size: Annotated[int, Field(ge=16, le=2048)]
    margin: Annotated[float, Field(ge=0.5, le=5)]
    interpolation: Literal["linear", "cubic", "area", "lanczos"]
    border: Literal["black", "replicate", "reflect"]


class Png(Section):
    """Crops are kept without loss.

    Attributes:
        level: Effort of compression; 1 is fast.
    """

    suffix: ClassVar[str] = ".png"
    format: Literal["png"]
    level: Annotated[int, Field(ge=1, le=9)]


class Jpeg(Section):
    """Crops are kept as JPEG with colours in full resolution (4:4:4), all at one quality.

    Attributes:
        quality: Of the quantisation tables, as libjpeg counts.
    """

    suffix: ClassVar[str] = ".jpg"
    format: Literal["jpeg"]
    quality: Annotated[int, Field(ge=50, le=100)]


Picture = Png | Jpeg


class Params(Alignment):
    """Which faces are cropped, how, and how crops are kept.

    Attributes:
        face: Of each frame, the largest face, the one on the video's best track, or all.
        picture: Format of the crops.
        shards: Number of tar files per corpus.
    """

    face: Literal["largest", "best_track", "all"]
    picture: Annotated[Picture, Field(discriminator="format")]
    shards: Annotated[int, Field(ge=1, le=512)]
