"""The parameters of crop."""

from typing import Annotated, Literal

from pydantic import Field

from unmask.params import Section


class Alignment(Section):
    """How one face is aligned: all that `align` needs, in training and in serving.

    Attributes:
        size: Side of the square crop in pixels.
        margin: Side of the square shown, as a factor of the tight template's; 1.3 shows 30 % more.
        interpolation: Kernel that reads the picture between its pixels.
    """

    size: Annotated[int, Field(ge=16, le=2048)]
    margin: Annotated[float, Field(ge=0.5, le=5)]
    interpolation: Literal["linear", "cubic", "area", "lanczos"]


class Params(Alignment):
    """Which faces are cropped, and how.

    Attributes:
        face: Of each frame, the largest face, the one on the video's best track, or all.
        shards: Number of tar files per corpus.
    """

    face: Literal["largest", "track", "all"]
    shards: Annotated[int, Field(ge=1, le=512)]
