"""What `params.yaml` says about extract."""

from typing import Annotated

from pydantic import Field

from unmask.params import Section


class Params(Section):
    """How many frames of a video are kept, and what a video may cost.

    Attributes:
        frames: Frames of a video, spread evenly over those that decode.
        shards: Tar files per corpus; all are open at once.
        max_seconds: Wall-clock seconds that one video may take.
        max_megabytes: Memory that one video may take.
        max_pixels: Pixels that one frame may have.
        max_failed: Share of a corpus' videos that may fail before the stage fails.
    """

    frames: Annotated[int, Field(ge=1, le=10_000)]
    shards: Annotated[int, Field(ge=1, le=512)]
    max_seconds: Annotated[float, Field(gt=0)]
    max_megabytes: Annotated[int, Field(ge=64)]
    max_pixels: Annotated[int, Field(ge=1, le=2**31 - 1)]
    max_failed: Annotated[float, Field(ge=0, le=1)]
