"""What `params.yaml` says about extract."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from unmask.params import Section

# The place of a frame in its clip is a 16-bit number.
Count = Annotated[int, Field(ge=1, le=10_000)]


class Uniform(Section):
    """So many frames, in the middle of equal stretches of time."""

    policy: Literal["uniform"]
    frames: Count


class Interval(Section):
    """The first frame of every interval of so many seconds; of more than `most`, as many spread evenly."""

    policy: Literal["interval"]
    seconds: Annotated[float, Field(gt=0)]
    most: Count


class KeyFrames(Section):
    """All key frames; of more than `most`, as many spread evenly."""

    policy: Literal["keyframes"]
    most: Count


class WithFace(Section):
    """Up to `tries` frames, in which faces are looked for in a fixed order until `frames` have one."""

    policy: Literal["with_face"]
    frames: Count
    tries: Count

    @field_validator("tries")
    @classmethod
    def _check(cls, tries: int, known: ValidationInfo) -> int:
        if tries < known.data.get("frames", 0):
            raise ValueError("must be at least `frames`")
        return tries


class Lossless(Section):
    """Frames are kept without loss, in their native pixel format.

    Attributes:
        format: Codec: MagicYUV (FFV1 for pixel formats that it does not know), or FFV1 for all.
    """

    format: Literal["magicyuv", "ffv1"]


class Jpeg(Section):
    """Frames are kept as JPEG with colours in full resolution (4:4:4), all at one quality; lossy.

    Attributes:
        quality: Of the quantisation tables, as libjpeg counts.
    """

    format: Literal["jpeg"]
    quality: Annotated[int, Field(ge=50, le=100)]


class NoStore(Section):
    """No frame is kept; each step that needs frames decodes the raw file again."""

    format: Literal["none"]


class Params(Section):
    """Which frames of a video are kept, and how.

    Attributes:
        reader: Name of the module below `unmask.extract.readers`.
        sampling: The policy and its options.
        store: Format in which frames are kept.
        shards: Tar files per corpus; all are open at once.
        max_failed: Share of a corpus' videos that may fail before the stage fails.
    """

    reader: Literal["pyav", "decord", "opencv"]
    sampling: Annotated[Uniform | Interval | KeyFrames | WithFace, Field(discriminator="policy")]
    store: Annotated[Lossless | Jpeg | NoStore, Field(discriminator="format")]
    shards: Annotated[int, Field(ge=1, le=512)]
    max_failed: Annotated[float, Field(ge=0, le=1)]
